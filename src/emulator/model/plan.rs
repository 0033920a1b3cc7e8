//! An answer as a row of steps. Pure: what is sent when is decided here, and done in [`super::playback`].

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::Placed;
use super::dialect::Dialect;
use super::fault::Fault;
use super::shape::{self, Shape};
use super::telling::Telling;

/// The longest token, in characters: a text without spaces is cut too.
const LONGEST: usize = 12;
const DONE: &str = "data: [DONE]\n\n";
/// A comment, where the dialect has no sign of life of its own.
const COMMENT: &str = ":\n\n";

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send(String),
    /// Wait before the first token.
    Pause(Duration),
    /// Send a piece of text, at the pace of the answer and once its gate lets it through.
    Token(String),
    /// The same for an event that is written already.
    TokenAs(String),
    /// Let the time of a token pass.
    Beat,
    /// Send this for ever, each time after a wait.
    Drip(Duration, String),
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
pub(super) fn stream(shape: &mut Shape, telling: &Telling) -> VecDeque<Step> {
    let fault = telling.answer.fault.as_ref();
    match fault {
        Some(Fault::CutAtHead) => return [Step::Break].into(),
        Some(Fault::OnlyDone) => return [Step::Send(DONE.to_owned())].into(),
        _ => {}
    }
    let keep_alive = shape.dialect.keep_alive();
    let mut steps: VecDeque<Step> = keep_alive.map(|line| Step::Send(line.to_owned())).into_iter().collect();
    if telling.first_token > Duration::ZERO {
        steps.push_back(Step::Pause(telling.first_token));
    }
    if let Some(Fault::Drip(every)) = fault {
        steps.push_back(Step::Drip(*every, keep_alive.unwrap_or(COMMENT).to_owned()));
        return steps;
    }
    steps.extend(shape.opening().as_ref().map(send));
    steps.extend(telling.answer.thought.as_deref().map(|thought| send(&shape.reasoning(thought))));
    let mut said: Vec<&str> = tokens(telling.said());
    let shares_finish = shape.dialect == Dialect::Vllm && finishes(fault);
    let last = if shares_finish { said.pop() } else { None };
    let first = said.len().min(1);
    steps.extend(said[..first].iter().map(|token| Step::Token((*token).to_owned())));
    steps.extend(telling.answer.amid.iter().map(|more| send(&shape.with(more))));
    steps.extend(said[first..].iter().map(|token| Step::Token((*token).to_owned())));
    steps.extend(ending(shape, telling, last));
    steps
}

/// Whether an answer with this fault comes to its finish.
fn finishes(fault: Option<&Fault>) -> bool {
    matches!(fault, None | Some(Fault::Empty | Fault::Linger | Fault::NoDone))
}

fn ending(shape: &mut Shape, telling: &Telling, last: Option<&str>) -> Vec<Step> {
    match &telling.answer.fault {
        Some(Fault::Stall(_)) => vec![Step::Hang],
        Some(Fault::Silent) => vec![send(&shape.reasoning("Hm.")), Step::Hang],
        Some(Fault::CutAfter(_)) => vec![Step::Break],
        Some(Fault::EndAfter(_)) => Vec::new(),
        Some(Fault::ErrorAfter(_, code)) => failure(shape, *code),
        Some(Fault::FailAfter(_, error)) => vec![Step::Send(error.event(shape))],
        Some(Fault::Garbage) => vec![Step::Send("data: {\"choices\":[{\n\n".to_owned())],
        fault => {
            let mut steps = closing(shape, telling, last);
            match fault {
                Some(Fault::Linger) => steps.push(Step::Hang),
                Some(Fault::NoDone) => {}
                _ => steps.push(Step::Send(DONE.to_owned())),
            }
            steps
        }
    }
}

/// A failure in the middle, as each dialect has it.
fn failure(shape: &Shape, code: i64) -> Vec<Step> {
    let mut error = shape.dialect.error(code, "scripted");
    match shape.dialect {
        Dialect::OpenRouter => {
            let mut chunk = shape.failed();
            error["error"]["metadata"] = json!({"error_type": "provider_unavailable"});
            chunk["error"] = error["error"].take();
            vec![send(&chunk)]
        }
        Dialect::Ollama => vec![send(&shape.nothing())],
        Dialect::OpenAi | Dialect::LlamaCpp | Dialect::LiteLlm => vec![send(&error)],
        Dialect::Vllm => vec![send(&error), Step::Send(DONE.to_owned())],
        Dialect::LmStudio => {
            let data = json!({"error": {"message": "scripted"}, "message": "scripted"});
            vec![Step::Send(format!("event: error\n{}", event(&data)))]
        }
    }
}

/// The finish and the figures.
fn closing(shape: &Shape, telling: &Telling, last: Option<&str>) -> Vec<Step> {
    let finish = (telling.answer.fault != Some(Fault::NoFinish)).then(|| shape.finish(&telling.finish, last));
    let mut chunks: Vec<Value> = finish.into_iter().collect();
    if telling.answer.finishes_twice {
        chunks.extend(chunks.first().cloned());
    }
    let repeated = || match chunks.len() {
        0 => shape.nothing(),
        _ => shape.finish(&telling.finish, None),
    };
    let figures = match telling.placed {
        Placed::Null => Value::Null,
        Placed::Empty => json!({}),
        _ => shape::usage(shape.dialect, &telling.counted(), &telling.tariff),
    };
    match telling.placed {
        Placed::Apart => chunks.push(shape.apart()),
        Placed::WithFinish | Placed::Null | Placed::Empty => chunks.push(repeated()),
        Placed::WithNull => chunks.push(shape.nothing()),
        Placed::OnFinish | Placed::Never => {}
    }
    if let Some(chunk) = chunks.last_mut() {
        if telling.placed != Placed::Never {
            chunk["usage"] = figures;
        }
        if shape.dialect == Dialect::LlamaCpp {
            chunk["timings"] = shape::timings(&telling.counted());
        }
        if let Some(routing) = &shape.routing {
            chunk["openrouter_metadata"] = routing.clone();
        }
    }
    // Text that shares the finish is a token like the others.
    let paced = usize::from(last.is_some());
    let write = |(index, chunk): (usize, &Value)| {
        if index < paced { Step::TokenAs(event(chunk)) } else { send(chunk) }
    };
    chunks.iter().enumerate().map(write).collect()
}

/// The steps of the same answer without a stream: it comes when its last token would have come.
pub(super) fn whole(shape: &Shape, telling: &Telling) -> VecDeque<Step> {
    let fault = telling.answer.fault.as_ref();
    if let Some(Fault::CutAtHead) = fault {
        return [Step::Break].into();
    }
    let mut steps: VecDeque<Step> = [Step::Pause(telling.first_token)].into();
    if telling.answer.padded {
        steps.push_back(Step::Send("\n\n   \n".to_owned()));
    }
    steps.extend(tokens(telling.said()).iter().map(|_| Step::Beat));
    let body = body(shape, telling).to_string();
    let half = || Step::Send(body.chars().take(body.chars().count() / 2).collect());
    match fault {
        Some(Fault::Drip(every)) => steps.push_back(Step::Drip(*every, "\n".to_owned())),
        Some(Fault::Silent) => steps.push_back(Step::Hang),
        Some(Fault::Stall(_)) => steps.extend([half(), Step::Hang]),
        Some(Fault::CutAfter(_)) => steps.extend([half(), Step::Break]),
        Some(Fault::EndAfter(_) | Fault::Garbage) => steps.push_back(half()),
        Some(Fault::OnlyDone) => {}
        Some(Fault::Linger) => steps.extend([Step::Send(body), Step::Hang]),
        _ => steps.push_back(Step::Send(body)),
    }
    steps
}

fn body(shape: &Shape, telling: &Telling) -> Value {
    match &telling.answer.fault {
        Some(Fault::ErrorAfter(_, code)) => return shape.dialect.error(*code, "scripted"),
        Some(Fault::FailAfter(_, error)) => return error.whole(shape),
        _ => {}
    }
    let mut whole = shape.whole(telling.said(), telling.answer.thought.as_deref(), &telling.finish);
    match (telling.answer.placed, shape.dialect) {
        (Some(Placed::Never), _) => {}
        (Some(Placed::Null), _) => whole["usage"] = Value::Null,
        (Some(Placed::Empty), _) => whole["usage"] = json!({}),
        (_, dialect) => whole["usage"] = shape::usage(dialect, &telling.counted(), &telling.tariff),
    }
    for (key, value) in telling.answer.amid.iter().filter_map(Value::as_object).flatten() {
        whole[key] = value.clone();
    }
    if let Some(routing) = &shape.routing {
        whole["openrouter_metadata"] = routing.clone();
    }
    whole
}

fn send(data: &Value) -> Step {
    Step::Send(event(data))
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
