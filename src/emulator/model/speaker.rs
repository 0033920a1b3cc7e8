//! Unscripted answers: the character's own example lines, chosen for the message and woven to fit it.
//!
//! Deterministic: the same request gets the same answer, and a conversation that goes on does not repeat itself while
//! there is something left to say.

use serde_json::Value;

use super::scene::{Line, Scene};
use super::weave::{address, echo};
use super::words::{is_greeting, is_small_talk, likeness};

/// Longer lines are about something of their own: they are said only where they fit.
const LONGEST_ASIDE: usize = 280;
/// How much of its likeness a line loses each time it is said.
const STALE: i32 = 2;

/// The answer to a request.
pub(super) fn speak(body: &Value) -> String {
    let scene = Scene::read(body);
    if scene.lines.is_empty() {
        return without_examples(&scene);
    }
    if let Some(line) = fitting(&scene) {
        return addressed(&scene, line.reply.clone());
    }
    let aside = aside(&scene).map_or_else(|| without_examples(&scene), |line| line.reply.clone());
    match echo(&scene.message) {
        Some(echo) => format!("{} {aside}", addressed(&scene, echo)),
        None => addressed(&scene, aside),
    }
}

/// The line whose prompt is most like the message, unless it is worn out.
fn fitting(scene: &Scene) -> Option<&Line> {
    let score = |line: &Line| {
        let said = i32::try_from(line.said).unwrap_or(i32::MAX);
        likeness(&line.prompt, &scene.message).saturating_sub(said.saturating_mul(STALE))
    };
    let best = scene.lines.iter().rev().max_by_key(|line| score(line))?;
    (score(best) > 0).then_some(best)
}

/// A line to say when none fits: what was said least, small talk and questions before the rest, in turn.
fn aside(scene: &Scene) -> Option<&Line> {
    let short = |line: &&Line| line.reply.len() <= LONGEST_ASIDE && !line.reply.contains("```");
    let mut pool: Vec<&Line> = scene.lines.iter().filter(short).collect();
    if pool.iter().any(|line| suits_all(line)) {
        pool.retain(|line| suits_all(line));
    }
    let rank = |line: &&Line| (line.said, line.closing && !line.reply.ends_with('?'));
    let best = pool.iter().map(rank).min()?;
    pool.retain(|line| rank(line) == best);
    pool.get((fingerprint(&scene.message) + scene.turns) % pool.len()).copied()
}

fn suits_all(line: &Line) -> bool {
    line.closing || is_small_talk(&line.prompt)
}

/// Names the person every second time: nobody is called by name in every sentence.
fn addressed(scene: &Scene, line: String) -> String {
    match &scene.speaker {
        Some(name) if scene.turns.is_multiple_of(2) => address(&line, name),
        _ => line,
    }
}

fn without_examples(scene: &Scene) -> String {
    let name = scene.persona.as_deref().unwrap_or("the one you called");
    if is_greeting(&scene.message) {
        return addressed(
            scene,
            format!("Hello. It's {name}, and you have my whole attention. What brings you?"),
        );
    }
    let lines = [
        format!("You are talking to {name}, so take your time. What would a good answer change for you?"),
        "I had a thought about that and it has wandered off. Walk with me a little, we may meet it."
            .to_owned(),
        "That deserves better than the first thing in my head. Tell me how it began.".to_owned(),
        format!("Ask three people and you get three answers. Ask {name} and you get a question: why now?"),
    ];
    let line = lines[(fingerprint(&scene.message) + scene.turns) % lines.len()].clone();
    addressed(scene, line)
}

/// A number that depends on the text alone.
fn fingerprint(text: &str) -> usize {
    text.bytes().fold(7, |sum: usize, byte| (sum * 31 + usize::from(byte)) % 10_007)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EXAMPLES: [(&str, &str); 5] = [
        ("hi", "Stool's free. What's broken?"),
        ("how are you?", "Can't complain. Three toasters came in, two went home."),
        (
            "why does metal feel colder than wood?",
            "It isn't. Metal carries the heat out of your fingers faster.",
        ),
        ("my python script is broken", "Wrong drawer.\n```python\nprint(1)\n```"),
        ("tell me a joke", "Man brings me a clock, says it's stopped. It needed a battery."),
    ];

    /// What is said to these messages, one after the other, each answer standing in the next request.
    fn talk(messages: &[&str]) -> Vec<String> {
        let mut request = vec![json!({"role": "system", "content": "You are Odile Brankov, a mender."})];
        let mut line = |role: &str, text: &str| {
            request.push(json!({"role": role, "content": text}));
            json!({ "messages": request })
        };
        for (prompt, reply) in EXAMPLES {
            line("user", prompt);
            line("assistant", reply);
        }
        let answer = |message: &&str| {
            let said = speak(&line("user", message));
            line("assistant", &said);
            said
        };
        messages.iter().map(answer).collect()
    }

    #[test]
    fn it_answers_what_was_said() {
        assert_eq!(talk(&["Robin: hello there!"]), ["Stool's free, Robin. What's broken?"]);
        assert_eq!(
            talk(&["Why is metal cold?"]),
            ["It isn't. Metal carries the heat out of your fingers faster."]
        );
        assert!(talk(&["Kim: my rust program is broken"])[0].starts_with("Wrong drawer, Kim.\n```python"));
    }

    #[test]
    fn what_it_has_no_line_for_it_turns_over() {
        let said = talk(&["Robin: do you like marmalade?"]);
        assert!(said[0].starts_with("Marmalade, Robin? "), "{said:?}");
        let known = |line: &str| EXAMPLES.iter().any(|(_, reply)| reply.ends_with(line));
        assert!(known(&said[0]["Marmalade, Robin? ".len()..]), "{said:?}");
    }

    #[test]
    fn it_does_not_repeat_itself_while_something_is_left() {
        let said = talk(&["hi", "hi", "hi", "hi"]);
        for (index, line) in said.iter().enumerate() {
            assert!(!said[..index].contains(line), "{said:#?}");
        }
        assert_eq!(said, talk(&["hi", "hi", "hi", "hi"]), "the same conversation goes the same way");
    }

    #[test]
    fn without_examples_it_still_has_a_name_and_something_to_say() {
        let ask = |text: &str| {
            speak(&json!({"messages": [
                {"role": "system", "content": "You are Teo Abara, a driver."}, {"role": "user", "content": text},
            ]}))
        };
        assert!(ask("Robin: hello").starts_with("Hello, Robin. It's Teo Abara"));
        assert!(!ask("what is love?").is_empty());
        assert!(!speak(&json!({})).is_empty());
    }
}
