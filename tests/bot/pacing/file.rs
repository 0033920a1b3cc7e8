//! Where Discord takes no further message, a file has the rest.

use prism::emulator::model::{Answer, tokens};
use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::world::Permissions;
use prism::emulator::{Invocation, MessageView};

use super::{SONG, buttons, by_bot, opened_with, shown, two_messages};

const REST: &str = "\n-# (the rest is in the file)";

/// The text of the only file of a message.
fn file(message: &MessageView) -> Option<&str> {
    match &message.attachments[..] {
        [file] if file.name == "answer.md" => file.text.as_deref(),
        _ => None,
    }
}

/// All words of an answer, in its messages and then in its file.
fn words(messages: &[MessageView]) -> Vec<String> {
    let texts = messages.iter().map(|message| message.content.trim_end_matches(REST));
    let rest = messages.last().and_then(file).unwrap_or_default();
    texts.chain([rest]).flat_map(str::split_whitespace).map(str::to_owned).collect()
}

fn numbers(count: usize) -> String {
    (0..count).map(|number| format!("number-{number}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn what_five_follow_ups_cannot_show_is_in_a_file() {
    for private in [false, true] {
        let stage = opened_with(|_| {}).await;
        let text = numbers(1_500);
        stage.model.script(Answer::text(&text));
        let asked = Invocation::new("chat").with("message", "count!").with("private", private);
        stage.discord.invoke_user_installed(KIM, GENERAL, &asked).unwrap();
        let messages =
            shown(&stage, |messages| messages.last().is_some_and(|last| file(last).is_some())).await;
        assert_eq!(messages.len(), 6, "the first answer and five more");
        assert!(messages[5].content.ends_with(REST));
        assert!(messages.iter().all(|message| buttons(message).is_empty()));
        assert_eq!(words(&messages)[3..].join(" "), text);
        stage.finish().await;
    }
}

#[tokio::test]
async fn an_answer_whose_bot_is_silenced_half_way_brings_its_rest_in_a_file() {
    let stage = opened_with(|_| {}).await;
    let (one, two) = two_messages();
    let text = format!("{one}\n\n{two}");
    let (answer, gate) = Answer::text(&text).hold();
    stage.model.script(answer);
    let question = stage.mention("count!");
    gate.release(5);
    stage.answered(question, tokens(&text)[..5].concat().trim_end()).await;
    stage.discord.set_permission(GENERAL, false).unwrap();
    gate.open();
    let messages = shown(&stage, |messages| messages.last().is_some_and(|last| file(last).is_some())).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(words(&messages).join(" "), text.split_whitespace().collect::<Vec<_>>().join(" "));
    // The conversation knows all of it.
    stage.discord.set_permission(GENERAL, true).unwrap();
    stage.model.script(Answer::text(SONG));
    let next = stage.discord.reply(KIM, messages[0].id, "and then?", true).unwrap();
    stage.answered(next, SONG).await;
    let prompt = crate::asked::conversation(&stage.model.requests()[1].body);
    assert_eq!(prompt[1], crate::asked::said("assistant", &text));
    assert_eq!(by_bot(&stage).len(), 2);
    stage.finish().await;
}

#[tokio::test]
async fn where_the_bot_may_not_attach_a_file_either_that_is_said() {
    let stage = opened_with(|_| {}).await;
    let (one, two) = two_messages();
    let text = format!("{one}\n\n{two}");
    let (answer, gate) = Answer::text(&text).hold();
    stage.model.script(answer);
    let question = stage.mention("count!");
    gate.release(5);
    stage.answered(question, tokens(&text)[..5].concat().trim_end()).await;
    stage.discord.set_permission(GENERAL, false).unwrap();
    stage.discord.set_bot_permission(GENERAL, Permissions::ATTACH_FILES, false).unwrap();
    gate.open();
    let marked = |messages: &[MessageView]| {
        messages[0].content.ends_with("\n-# (the rest could not be attached)")
            && buttons(&messages[0]).is_empty()
    };
    let messages = shown(&stage, marked).await;
    assert_eq!((messages.len(), messages[0].attachments.len()), (1, 0));
    assert!(messages[0].content.starts_with("One. One."));
    stage.finish().await;
}
