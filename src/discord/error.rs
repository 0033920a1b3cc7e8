//! The one place that turns an error into words for people. Nothing of a question, an answer or a provider's message
//! is in them.

use std::time::Duration;

use super::body::base36;
use crate::chat::{Crowd, Display, Failure, ModelFailure, Pace, TooFast, Turn};
use crate::governor::CallError;
use crate::ids::TurnId;
use crate::persona::Persona;
use crate::store::{Refusal, Shortage, Whose, Window};

/// Discord's error codes that end an answer for good.
const UNKNOWN_CHANNEL: u64 = 10_003;
pub(crate) const UNKNOWN_MESSAGE: u64 = 10_008;
const UNKNOWN_WEBHOOK: u64 = 10_015;
const TOO_MANY_FOLLOW_UPS: u64 = 40_094;
const MISSING_ACCESS: u64 = 50_001;
const MISSING_PERMISSIONS: u64 = 50_013;
const EXPIRED_TOKEN: u64 = 50_027;

/// Discord's code for a reply where the bot may not read what was said before.
pub(crate) const CANNOT_REPLY: u64 = 160_002;

/// Discord's code for a second answer to one interaction.
pub(crate) const ALREADY_ACKNOWLEDGED: u64 = 40_060;

/// Why an answer can be shown no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    ChannelGone,
    MessageGone,
    MissingPermission,
    TokenExpired,
    Rejected,
    /// A call that must not be repeated may have arrived or not.
    Unknown,
    /// It can be taken up later.
    Unreachable,
}

impl Lasting {
    /// `None`: it may work later.
    pub(crate) fn of(failure: &CallError) -> Option<Self> {
        match failure {
            CallError::Discord { code: Some(UNKNOWN_CHANNEL), .. } => Some(Self::ChannelGone),
            CallError::Discord { code: Some(UNKNOWN_MESSAGE), .. } => Some(Self::MessageGone),
            CallError::Discord { code: Some(MISSING_ACCESS | MISSING_PERMISSIONS), .. } => {
                Some(Self::MissingPermission)
            }
            CallError::Discord { code: Some(EXPIRED_TOKEN | UNKNOWN_WEBHOOK), .. } => {
                Some(Self::TokenExpired)
            }
            CallError::Discord { status: 400..=428 | 430..=499, .. }
            | CallError::UnguardedMentions
            | CallError::TooLarge => Some(Self::Rejected),
            CallError::Stopped => Some(Self::Unreachable),
            _ => None,
        }
    }

    /// Whether an interaction can be answered no more by its token: that has ended, or the answer is gone.
    pub(crate) fn ends_token(failure: &CallError) -> bool {
        match failure {
            CallError::Discord { code: Some(UNKNOWN_MESSAGE | UNKNOWN_WEBHOOK | EXPIRED_TOKEN), .. } => true,
            CallError::Discord { status, .. } => matches!(status, 401 | 404),
            _ => false,
        }
    }

    /// How the turn is to be closed, with a short code for the journal and the log.
    pub(crate) fn display(self) -> Display {
        match self {
            Self::ChannelGone => Display::Removed("channel_gone"),
            Self::MessageGone => Display::Removed("reply_deleted"),
            Self::MissingPermission => Display::Failed("missing_permission"),
            Self::TokenExpired => Display::Failed("token_expired"),
            Self::Rejected => Display::Failed("discord_rejected"),
            Self::Unknown => Display::Failed("discord_unsure"),
            Self::Unreachable => Display::Failed("discord_unreachable"),
        }
    }
}

/// Whether a message could not be sent because there may be none after those that stand there. They can still change.
pub(crate) fn takes_no_more(failure: &CallError) -> bool {
    matches!(failure.code(), Some(TOO_MANY_FOLLOW_UPS | MISSING_ACCESS | MISSING_PERMISSIONS))
}

/// Whether a message could not change because of the file that came with it.
pub(crate) fn takes_no_file(failure: &CallError) -> bool {
    matches!(Lasting::of(failure), Some(Lasting::MissingPermission | Lasting::Rejected))
}

/// Whether a call failed only because so many others are made.
pub(crate) fn is_crowded(failure: &CallError) -> bool {
    matches!(failure, CallError::Refused(_) | CallError::Discord { status: 429, .. })
}

/// A short id of a turn that a person can quote and an operator can find: `turn.id` in base 36.
fn reference(turn: TurnId) -> String {
    base36(turn.get().cast_unsigned()).to_uppercase()
}

/// One sentence: what happened, and what the person can do. Then the reference.
pub(crate) fn words(failure: &Failure, turn: &Turn) -> String {
    format!("{}\n-# reference {}", sentence(failure, turn.persona()), reference(turn.id()))
}

fn sentence(failure: &Failure, persona: &Persona) -> String {
    match failure {
        Failure::Model(failure) => model_words(*failure, persona.failure.as_deref()),
        Failure::Store(_) => {
            "My memory could not be written just now, so I did not answer. Please try again.".to_owned()
        }
        Failure::Spent(refusal) => spent(refusal),
        Failure::Deleted => question_deleted().to_owned(),
        Failure::Stopped => stopped().to_owned(),
        Failure::OutOfTime => {
            "I did not get to this within the fifteen minutes that Discord gives me for an answer. Please try again."
                .to_owned()
        }
        Failure::Joined | Failure::Stopping => stopping().to_owned(),
    }
}

/// What is used up, and when there is more. Discord shows the time as each reader's own clock has it.
fn spent(refusal: &Refusal) -> String {
    let period = match refusal.window {
        Window::Day => "today",
        Window::Month => "this month",
    };
    let whose = match refusal.whose {
        Whose::User => "We have talked as much as I can afford with you",
        Whose::Guild => "This server has talked with me as much as I can afford",
        Whose::Bot => "I have talked as much as I can afford",
    };
    match refusal.shortage {
        Shortage::Held => {
            "I am in the middle of so many answers that I cannot afford another one just now. Please try again in a moment."
                .to_owned()
        }
        Shortage::Spent => format!("{whose} {period}. I am back <t:{}:R>.", refusal.resets_at.div_euclid(1_000)),
        Shortage::TooSmall => {
            "My budget is smaller than what one answer may cost, so I cannot answer: whoever runs me has to look at it."
                .to_owned()
        }
    }
}

/// For a turn that comes too soon after others.
pub(crate) fn too_fast(persona: &str, early: TooFast) -> String {
    let seconds = match early.wait.as_secs() {
        0 => "a second".to_owned(),
        seconds => format!("{} seconds", seconds + 1),
    };
    match early.whose {
        Pace::User => format!("{persona} cannot keep up with you. Give me {seconds}, please."),
        Pace::Channel => {
            format!("There is much going on in this channel. Give {persona} {seconds}, please.")
        }
        Pace::Guild => {
            format!("There is much going on in this server. Give {persona} {seconds}, please.")
        }
        Pace::Bot => {
            format!("Many people are talking with me just now. Give {persona} {seconds}, please.")
        }
    }
}

/// The line that names the models which wrote an answer, where that was not the first choice alone.
pub(crate) fn byline(speakers: &[String]) -> Option<String> {
    let named: Vec<_> = speakers.iter().map(|model| format!("`{}`", model.replace('`', ""))).collect();
    match named.as_slice() {
        [] => None,
        [only] => Some(format!("-# written by {only}")),
        [first, rest @ ..] => Some(format!("-# begun by {first}, continued by {}", rest.join(", then "))),
    }
}

/// For whoever asks while the process stops.
pub(crate) fn stopping() -> &'static str {
    "I am being restarted and will answer in a moment."
}

/// `own`: what the persona says when the models were asked and none had an answer.
fn model_words(failure: ModelFailure, own: Option<&str>) -> String {
    let sentence = match failure {
        ModelFailure::KeyRefused | ModelFailure::NoCredit | ModelFailure::NoSuchModel => {
            "I cannot reach a language model: whoever runs me has to look at its key, credit or name. Your message is safe."
        }
        ModelFailure::Moderated => {
            "The model's provider would not take this message. Please say it another way."
        }
        ModelFailure::TooLong => "This is more than my model can read at once. A shorter message will work.",
        ModelFailure::Busy { retry_after: Some(after) } => return busy(after),
        ModelFailure::Busy { retry_after: None } => "All my models are busy. Please try again in a minute.",
        ModelFailure::BrokenOff
        | ModelFailure::CutShort
        | ModelFailure::Filtered
        | ModelFailure::Unavailable => {
            own.unwrap_or("No model answered me this time. Please try again, it often works at once.")
        }
    };
    sentence.to_owned()
}

fn busy(after: Duration) -> String {
    match after.as_secs() {
        0..=90 => format!("All my models are busy. Please try again in {} seconds.", after.as_secs().max(1)),
        seconds @ 91..=5_400 => {
            format!("All my models are busy. Please try again in {} minutes.", seconds.div_ceil(60))
        }
        seconds => format!("All my models are busy. Please try again in {} hours.", seconds.div_ceil(3_600)),
    }
}

/// The line that stands under a text that has no end.
pub(crate) fn mark(failure: &Failure) -> &'static str {
    match failure {
        Failure::Joined | Failure::Stopping => "-# (I was restarted in the middle of this)",
        Failure::Stopped => "-# (stopped)",
        Failure::Deleted => "-# (stopped: the question was deleted)",
        Failure::OutOfTime => "-# (stopped: Discord gives an answer here fifteen minutes)",
        Failure::Model(ModelFailure::CutShort) => "-# (cut at the length limit)",
        Failure::Model(ModelFailure::Filtered) => "-# (the provider's filter stopped this)",
        Failure::Model(_) | Failure::Store(_) | Failure::Spent(_) => "-# (the model broke off here)",
    }
}

/// For a turn that somebody has stopped before it said anything.
pub(crate) fn stopped() -> &'static str {
    "I was stopped before I said anything."
}

/// For somebody who would stop the answer to another person's question.
pub(crate) fn not_yours_to_stop() -> &'static str {
    "Only the person who asked can stop this, or somebody who may manage messages here."
}

pub(crate) fn nothing_to_stop() -> &'static str {
    "This has ended already: there is nothing left to stop."
}

pub(crate) fn question_deleted() -> &'static str {
    "-# The question was deleted."
}

/// In the place of an answer that outlives the token of its question: it stands in messages of its own.
pub(crate) fn goes_on_below() -> &'static str {
    "-# This takes longer than Discord lets me wait here. My answer comes below."
}

/// For a turn that an earlier run of the process left behind.
pub(crate) fn too_late() -> String {
    "I was away when you wrote this and it is a while ago, so I did not answer it unasked.".to_owned()
}

/// For a turn whose answer may have been shown, where that cannot be seen.
pub(crate) fn unsure() -> String {
    "I was restarted while I answered this and cannot see what became of my answer. If it is not here, please ask again."
        .to_owned()
}

/// For an answer that Discord takes in no form.
pub(crate) fn refused(turn: TurnId) -> String {
    format!(
        "Discord would not show my answer, perhaps because of a word in it. Another try may work.\n-# reference {}",
        reference(turn)
    )
}

/// The line under the part of an answer behind which Discord takes no more.
pub(crate) fn refused_mark() -> &'static str {
    "-# (Discord would not show the rest)"
}

/// The line under the part of an answer behind which nobody knows what Discord has taken.
pub(crate) fn unsure_mark() -> &'static str {
    "-# (Discord did not say whether it took the rest)"
}

/// The line under the last message where a file has the rest.
pub(crate) fn rest_in_file() -> &'static str {
    "-# (the rest is in the file)"
}

/// The same where the bot may not attach one.
pub(crate) fn rest_not_attached() -> &'static str {
    "-# (the rest could not be attached)"
}

/// For a message that the journal could not take.
pub(crate) fn not_accepted() -> &'static str {
    "My memory could not be written just now, so I cannot answer this. Please try again in a moment."
}

/// For something that the store could not erase.
pub(crate) fn not_forgotten() -> &'static str {
    "My memory could not be written just now, so nothing was forgotten. Please use `/forget` again in a moment."
}

/// For a turn that there is no room for.
pub(crate) fn too_many_waiting(persona: &str, crowd: Crowd) -> String {
    match crowd {
        Crowd::Conversation => format!(
            "{persona} has more messages here than can be answered at once. Please say it again in a moment."
        ),
        Crowd::Bot => format!(
            "So many people are talking with me that {persona} cannot answer just now. Please say it again in a moment."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discord(status: u16, code: Option<u64>) -> CallError {
        CallError::Discord { status, code, message: String::new() }
    }

    #[test]
    fn what_cannot_work_later_ends_the_answer() {
        for (failure, lasting) in [
            (discord(404, Some(10_003)), Some(Lasting::ChannelGone)),
            (discord(404, Some(10_008)), Some(Lasting::MessageGone)),
            (discord(403, Some(50_013)), Some(Lasting::MissingPermission)),
            (discord(401, Some(50_027)), Some(Lasting::TokenExpired)),
            (discord(400, None), Some(Lasting::Rejected)),
            (discord(429, None), None),
            (discord(502, None), None),
        ] {
            assert_eq!(Lasting::of(&failure), lasting, "{failure}");
        }
    }

    #[test]
    fn a_token_has_ended_only_when_discord_says_so() {
        for ended in [discord(404, Some(10_008)), discord(404, Some(10_015)), discord(401, Some(50_027))] {
            assert!(Lasting::ends_token(&ended), "{ended}");
        }
        assert!(Lasting::ends_token(&discord(404, None)));
        for open in [discord(500, None), discord(429, None), discord(403, None), CallError::Unreachable] {
            assert!(!Lasting::ends_token(&open), "{open}");
        }
    }

    #[test]
    fn people_read_what_they_can_do_about_it() {
        let busy = ModelFailure::Busy { retry_after: Some(Duration::from_secs(200)) };
        assert_eq!(model_words(busy, None), "All my models are busy. Please try again in 4 minutes.");
        assert_eq!(reference(TurnId::new(123_456)), "2N9C");
    }

    #[test]
    fn a_persona_has_its_own_words_when_no_model_answers() {
        let own = Some("The candle is out.");
        assert_eq!(model_words(ModelFailure::Unavailable, own), "The candle is out.");
        for somebody_has_to_act in [ModelFailure::KeyRefused, ModelFailure::Moderated, ModelFailure::TooLong]
        {
            assert_ne!(model_words(somebody_has_to_act, own), "The candle is out.");
        }
    }
}
