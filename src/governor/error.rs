//! What can go wrong on the way to Discord.

use serde_json::Value;

use super::limiter::Refused;

/// Why a call did not succeed. None of the texts holds anything that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Refused(Refused),
    /// Discord answered with an error, and repeating the request was of no use or not safe.
    #[error("Discord answered {status}{}", code.map(|code| format!(", code {code}")).unwrap_or_default())]
    Discord {
        status: u16,
        /// Discord's own number of the error, for example 10008 for an unknown message.
        code: Option<u64>,
        /// Discord's words; not part of the text of this error.
        message: String,
    },
    #[error("Discord could not be reached")]
    Unreachable,
    #[error("Discord did not answer in time")]
    Timeout,
    /// Discord has refused the bot token: nothing more is sent.
    #[error("Discord has refused the bot token, so nothing more is sent")]
    Stopped,
    #[error("the message does not say that it mentions nobody, so it was not sent")]
    UnguardedMentions,
    #[error("the message with its files is larger than 25 MiB")]
    TooLarge,
    /// The answer is larger than any of Discord's, or not what the route answers.
    #[error("Discord's answer could not be read")]
    Garbled,
}

impl From<Refused> for CallError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stopped => Self::Stopped,
            Refused::QueueFull | Refused::TooLong | Refused::Paused => Self::Refused(refused),
        }
    }
}

impl CallError {
    /// From the body of an answer that is no success.
    pub(super) fn from_discord(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Self::Discord {
            status,
            code: body["code"].as_u64(),
            message: body["message"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// Discord's number of the error, if it gave one.
    pub const fn code(&self) -> Option<u64> {
        match self {
            Self::Discord { code, .. } => *code,
            _ => None,
        }
    }
}
