//! An answer as a row of steps. Pure: what is sent when is decided here, and done in [`super::playback`].

use std::time::Duration;

use serde_json::Value;

use super::answer::Fault;
use super::shape::Shape;

/// The longest token, in characters: a text without spaces is cut too.
const LONGEST: usize = 12;
/// The sign of life that OpenRouter sends while a model starts.
const PROCESSING: &str = ": OPENROUTER PROCESSING\n\n";

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send(String),
    /// Wait before the first token.
    Pause(Duration),
    /// Send a piece of text, at the pace of the answer and once its gate lets it through.
    Token(String),
    /// Let the time of a token pass.
    Beat,
    /// Break the connection.
    Break,
    /// Send nothing more and keep the connection.
    Hang,
}

/// Cuts a text into tokens: words with the space before them, long ones in pieces. Their concatenation is the text.
pub fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let (mut start, mut length, mut in_word) = (0, 0, false);
    for (at, character) in text.char_indices() {
        let space = character.is_whitespace();
        if (space && in_word) || length == LONGEST {
            tokens.push(&text[start..at]);
            (start, length) = (at, 0);
        }
        in_word = !space;
        length += 1;
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

/// The steps of a streamed answer.
pub(super) fn stream(shape: &Shape, text: &str, fault: Option<&Fault>, timing: Timing) -> Vec<Step> {
    let mut steps = vec![Step::Send(PROCESSING.to_owned())];
    if timing.first_token > Duration::ZERO {
        steps.push(Step::Pause(timing.first_token));
    }
    let said = match fault {
        Some(Fault::Stall(at) | Fault::CutAfter(at) | Fault::EndAfter(at) | Fault::ErrorAfter(at, _)) => {
            &text[..text.char_indices().nth(*at).map_or(text.len(), |(end, _)| end)]
        }
        Some(Fault::Empty | Fault::Silent | Fault::Garbage) => "",
        _ => text,
    };
    let said = tokens(said);
    steps.extend(said.iter().map(|token| Step::Token((*token).to_owned())));
    steps.extend(ending(shape, fault, timing.prompt_tokens, said.len()));
    steps
}

/// What a plan needs to know besides the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) first_token: Duration,
    pub(super) prompt_tokens: usize,
}

fn ending(shape: &Shape, fault: Option<&Fault>, prompt_tokens: usize, said: usize) -> Vec<Step> {
    match fault {
        Some(Fault::Stall(_)) => vec![Step::Hang],
        Some(Fault::Silent) => vec![Step::Send(event(&shape.reasoning("Hm."))), Step::Hang],
        Some(Fault::CutAfter(_)) => vec![Step::Break],
        Some(Fault::EndAfter(_)) => Vec::new(),
        Some(Fault::ErrorAfter(_, code)) => vec![Step::Send(event(&shape.failure(*code)))],
        Some(Fault::Garbage) => vec![Step::Send("data: {\"choices\":[{\n\n".to_owned())],
        _ => {
            let last = match fault {
                Some(Fault::Linger) => Step::Hang,
                _ => Step::Send("data: [DONE]\n\n".to_owned()),
            };
            let usage = shape.usage(prompt_tokens, said);
            vec![Step::Send(event(&shape.finish())), Step::Send(event(&usage)), last]
        }
    }
}

/// An event that carries this.
pub(super) fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_words_and_lose_nothing() {
        assert_eq!(tokens("Good morning,  dear.\n"), ["Good", " morning,", "  dear.", "\n"]);
        assert_eq!(
            tokens("猫".repeat(30).as_str()).iter().map(|token| token.chars().count()).max(),
            Some(LONGEST)
        );
        for text in ["", " ", "a", "one two\n\nthree   four", "🦀🦀🦀"] {
            assert_eq!(tokens(text).concat(), text);
        }
    }
}
