//! What an unscripted answer is spoken from: who speaks, to whom, about what, and the lines the character is known by.

use serde_json::Value;

use super::words::{contains, is_light};

/// The longest name that a message is believed to begin with, in characters.
const LONGEST_NAME: usize = 32;
/// The labels under which examples inside a system text give the person's line.
const PERSON_LABELS: [&str; 5] = ["user", "{{user}}", "person", "human", "them"];

/// A conversation, as far as the request shows it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scene {
    /// The character, as its system text names it.
    pub(super) persona: Option<String>,
    /// The person who wrote the last message.
    pub(super) speaker: Option<String>,
    /// The last message, without what the prompt puts around it.
    pub(super) message: String,
    pub(super) lines: Vec<Line>,
    /// How many messages people have written before the last one, the examples left out.
    pub(super) turns: usize,
}

/// A line of the character, and the one it answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) prompt: String,
    pub(super) reply: String,
    /// How often it has been said in this conversation.
    pub(super) said: usize,
    /// Only the last sentence of a line: it can be said to anything, if need be.
    pub(super) closing: bool,
}

impl Scene {
    pub(super) fn read(body: &Value) -> Self {
        let messages: Vec<(&str, String, Option<&str>)> = body["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|message| {
                (message["role"].as_str().unwrap_or_default(), text(message), message["name"].as_str())
            })
            .collect();
        let mut scene = Self::default();
        let last = messages.iter().rposition(|(role, ..)| *role == "user").unwrap_or(0);
        let mut asked = None;
        for (role, text, _) in messages.iter().take(last) {
            match *role {
                "system" | "developer" => scene.take_system(text),
                "user" => asked = Some(text.as_str()),
                _ => scene.take_line(asked.take().unwrap_or_default(), text),
            }
        }
        if let Some((_, text, name)) = messages.get(last) {
            scene.take_last(text, *name);
        }
        scene
    }

    fn take_system(&mut self, text: &str) {
        self.persona = self.persona.take().or_else(|| persona(text));
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2) {
            let (Some((label, prompt)), Some((_, reply))) =
                (pair[0].split_once(':'), pair[1].split_once(':'))
            else {
                continue;
            };
            if PERSON_LABELS.contains(&label.to_lowercase().as_str()) && !reply.trim().is_empty() {
                self.take_line(prompt.trim(), reply.trim());
            }
        }
    }

    /// A line that holds an earlier one was woven from it: the conversation, not an example.
    fn take_line(&mut self, prompt: &str, reply: &str) {
        let reply = reply.trim();
        let mut known = false;
        for line in self.lines.iter_mut().filter(|line| line.is_in(reply)) {
            line.said += 1;
            known = true;
        }
        if known {
            self.turns += 1;
        } else if !reply.is_empty() {
            let closing = closing(reply).filter(|_| is_light(prompt));
            self.lines.push(Line::new(prompt, reply, false));
            self.lines.extend(closing.map(|closing| Line::new("", closing, true)));
        }
    }

    /// The message stands last in its text, after whatever a prompt tells with it.
    fn take_last(&mut self, text: &str, name: Option<&str>) {
        let paragraph = text.trim().rsplit("\n\n").next().unwrap_or_default();
        let (label, message) = labelled(paragraph).unwrap_or(("", paragraph));
        let speaker = name.unwrap_or(label).trim();
        self.speaker = Some(speaker).filter(|speaker| !speaker.is_empty()).map(str::to_owned);
        message.trim().clone_into(&mut self.message);
    }
}

impl Line {
    fn new(prompt: &str, reply: &str, closing: bool) -> Self {
        Self { prompt: prompt.to_owned(), reply: reply.to_owned(), said: 0, closing }
    }

    /// A closing counts only where little else was said: many lines end in `How about you?`
    fn is_in(&self, said: &str) -> bool {
        (!self.closing || said.len() <= self.reply.len() + 2 * LONGEST_NAME) && contains(said, &self.reply)
    }
}

/// The last sentence of several, when it can stand alone.
fn closing(reply: &str) -> Option<&str> {
    let body = reply.strip_suffix(['.', '!', '?'])?;
    let start = body.rfind(['.', '!', '?', '\n']).map(|end| end + 1)?;
    let closing = reply[start..].trim();
    let words = closing.split_whitespace().count();
    let is_plain = !closing.contains(['`', '"', '”', '*', ')']) && reply[start..].starts_with(' ');
    let long_enough = words >= if closing.ends_with('?') { 3 } else { 5 };
    (is_plain && long_enough && words <= 20).then_some(closing)
}

/// Text as a string, or as parts.
fn text(message: &Value) -> String {
    let content = &message["content"];
    let parts = content.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
    content.as_str().map_or_else(|| parts.collect::<Vec<_>>().join("\n"), str::to_owned)
}

/// `Robin: hello`, `[Robin] hello` and `<Robin> hello` name who speaks.
fn labelled(text: &str) -> Option<(&str, &str)> {
    let (label, rest) = match text.chars().next()? {
        '[' => text[1..].split_once("] ")?,
        '<' => text[1..].split_once("> ")?,
        _ => text.split_once(": ")?,
    };
    let plain =
        |character: char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_' | '.' | '\'');
    let fits =
        label.chars().count() <= LONGEST_NAME && label.split(' ').count() <= 3 && label.chars().all(plain);
    (fits && label.chars().any(char::is_alphanumeric)).then_some((label, rest))
}

/// The name in `You are Ada Example, who ...`.
fn persona(system: &str) -> Option<String> {
    let (_, rest) = system.split_once("You are ")?;
    let name = rest
        .split(|character: char| !(character.is_alphanumeric() || matches!(character, ' ' | '-' | '\'')))
        .next()?;
    let words = name.split(' ').take_while(|word| word.chars().next().is_some_and(char::is_uppercase));
    let name = words.take(3).collect::<Vec<_>>().join(" ");
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(messages: &Value) -> Scene {
        Scene::read(&json!({ "messages": messages }))
    }

    #[test]
    fn examples_are_told_from_the_conversation() {
        let scene = read(&json!([
            {"role": "system", "content": "You are Odile Brankov, fifty-eight."},
            {"role": "user", "content": "hi"}, {"role": "assistant", "content": "Stool's free."},
            {"role": "user", "content": "Robin: hey"}, {"role": "assistant", "content": "Stool's free, Robin."},
            {"role": "user", "content": "It is Tuesday.\n\nRobin: how goes it?"},
        ]));
        assert_eq!(scene.persona.as_deref(), Some("Odile Brankov"));
        assert_eq!((scene.speaker.as_deref(), scene.message.as_str()), (Some("Robin"), "how goes it?"));
        let line = Line { said: 1, ..Line::new("hi", "Stool's free.", false) };
        assert_eq!((scene.lines, scene.turns), (vec![line], 1));
    }

    #[test]
    fn examples_may_stand_in_the_system_text() {
        let system = "You are a colony.\nUser: hello\nWe: We noticed you.\nNothing: else";
        let scene = read(
            &json!([{"role": "system", "content": system}, {"role": "user", "content": [{"type": "text", "text": "x"}]}]),
        );
        assert_eq!(scene.persona, None);
        assert_eq!(scene.lines, [Line::new("hello", "We noticed you.", false)]);
        assert_eq!(scene.message, "x");
    }

    #[test]
    fn a_closing_is_a_line_of_its_own() {
        let examples = |said: &str| {
            json!([
                {"role": "user", "content": "hi"}, {"role": "assistant", "content": "Evening, sit anywhere you like. Where are you headed?"},
                {"role": "user", "content": "I feel sad"}, {"role": "assistant", "content": "Sit. What went wrong today?"},
                {"role": "user", "content": "x"}, {"role": "assistant", "content": said},
                {"role": "user", "content": "y"},
            ])
        };
        let scene = read(&examples("Rain, Robin? Where are you headed?"));
        let lines: Vec<_> = scene.lines.iter().map(|line| (line.reply.as_str(), line.said)).collect();
        let expected = [
            ("Evening, sit anywhere you like. Where are you headed?", 0),
            ("Where are you headed?", 1),
            ("Sit. What went wrong today?", 0),
        ];
        assert_eq!(lines, expected, "what somebody sad is asked is not asked of others");
    }

    #[test]
    fn names_stand_before_messages_in_several_ways() {
        for (text, speaker, message) in [
            ("Robin: hi", Some("Robin"), "hi"),
            ("[Kim T.] hi: there", Some("Kim T."), "hi: there"),
            ("<Kim> hi", Some("Kim"), "hi"),
            ("see https://x.example: it works", None, "see https://x.example: it works"),
            ("what I mean by that is: hi", None, "what I mean by that is: hi"),
            ("", None, ""),
            ("[", None, "["),
        ] {
            let scene = read(&json!([{"role": "user", "content": text}]));
            assert_eq!((scene.speaker.as_deref(), scene.message.as_str()), (speaker, message), "{text}");
        }
        assert_eq!(read(&json!([])), Scene::default());
    }
}
