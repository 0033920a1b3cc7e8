use super::super::message::show;
use super::super::scene::Scene;
use super::site::Site;
use crate::emulator::playground::{BOT, GENERAL, KIM, ROBIN};
use crate::emulator::{AuthorView, Button, ButtonAction, ButtonStyle, MessageView};
use crate::ids::MessageId;
use crate::web::Access;

/// A message of the bot's, as Robin sees it after a change.
async fn drawn(change: impl FnOnce(&mut MessageView)) -> String {
    let site = Site::start(Access::Loopback).await;
    let id = site.emulator.say(KIM, GENERAL, "words").unwrap();
    let mut message = site.emulator.message(id).unwrap();
    message.author = AuthorView { id: BOT, name: "Prism".into(), bot: true, color: 0 };
    change(&mut message);
    let scene = Scene::exact(&site.emulator, GENERAL, ROBIN).unwrap();
    show(&scene, &site.emulator, &message).into_string()
}

fn button(action: ButtonAction) -> Vec<Vec<Button>> {
    vec![vec![Button {
        style: ButtonStyle::Danger,
        label: Some("Forget <it>".into()),
        emoji: None,
        action,
        disabled: false,
    }]]
}

#[tokio::test]
async fn buttons_can_be_pressed_and_their_words_are_text() {
    let html = drawn(|message| message.components = button(ButtonAction::Press("v1:\"go\"".into()))).await;
    assert!(
        html.contains(
            "data-custom-id=\"v1:&quot;go&quot;\" data-style=\"danger\">Forget &lt;it&gt;</button>"
        )
    );
}

#[tokio::test]
async fn a_button_opens_web_addresses_only() {
    let good =
        drawn(|message| message.components = button(ButtonAction::Open("https://a.example".into()))).await;
    assert!(
        good.contains("href=\"https://a.example\" target=\"_blank\" rel=\"noopener nofollow noreferrer\"")
    );
    let bad =
        drawn(|message| message.components = button(ButtonAction::Open("javascript:alert(1)".into()))).await;
    assert!(!bad.contains("javascript:") && bad.contains("disabled"), "{bad}");
}

#[tokio::test]
async fn a_private_message_says_so_and_cannot_be_answered() {
    let html = drawn(|message| (message.ephemeral, message.only_for) = (true, Some(ROBIN))).await;
    assert!(html.contains("Only you can see this") && !html.contains("data-action=\"reply\""));
}

#[tokio::test]
async fn a_placeholder_thinks() {
    let html = drawn(|message| message.pending = true).await;
    assert!(html.contains("Prism is thinking…") && !html.contains("words"));
}

#[tokio::test]
async fn names_cannot_break_out_of_their_line() {
    let html = drawn(|message| message.author.name = "\u{202E}<b>Eve\"".into()).await;
    assert!(html.contains("<bdi>&lt;b&gt;Eve&quot;</bdi>") && !html.contains('\u{202E}'), "{html}");
}

#[tokio::test]
async fn an_answer_to_a_lost_message_says_that_it_is_lost() {
    let html = drawn(|message| message.reply_to = Some(MessageId::new(5))).await;
    assert!(html.contains("The message was deleted."));
}
