//! The playground's page in a real browser, as a stranger meets it.

use std::net::SocketAddr;

use fantoccini::key::Key;
use prism::emulator::model::{Answer, tokens};
use prism::emulator::playground::{GENERAL, KIM_DM, TEA_AND_BISCUITS, WORKSHOP};
use prism::ids::MessageId;
use prism::persona::Library;
use prism::web::Access;
use serde_json::Value;

use crate::asked::conversation;
use crate::browser::Browser;
use crate::harness::{LIGHTER_MODEL, MODEL, Stage};
use crate::playground::{MODEL_LINE, open};

const RETRY: &str = "[data-custom-id^=\"v1:retry\"]";

/// A bot and a browser on its page.
pub(crate) struct Visit {
    pub(crate) stage: Stage,
    pub(crate) browser: Browser,
}

impl Visit {
    pub(crate) async fn begin() -> Option<Self> {
        let (stage, address): (_, SocketAddr) = open(Access::Loopback).await;
        let Some(browser) = Browser::open(&format!("http://{address}/")).await else {
            stage.finish().await;
            return None;
        };
        browser.until("document.activeElement.id === 'composer'").await;
        Some(Self { stage, browser })
    }

    /// Waits until a message with these words stands on the page, and counts it as looked at.
    pub(crate) async fn reads(&self, words: &str) -> MessageId {
        let found = format!(
            "[...document.querySelectorAll('.message .text')]
                .find((text) => text.innerText.includes({words:?}))?.closest('.message').dataset.messageId"
        );
        let id = self.browser.until(&found).await;
        let id = MessageId::new(id.as_str().unwrap().parse().unwrap());
        self.stage.read(id);
        id
    }

    /// Waits until a message reads exactly so.
    pub(crate) async fn reads_all(&self, id: MessageId, words: &str) {
        self.browser.until(&format!("{}.innerText.trim() === {words:?}", text_of(id))).await;
    }

    /// What a person types into the message box and sends.
    pub(crate) async fn say(&self, words: &str) {
        self.browser.keys(words).await;
        self.browser.keys(&Key::Enter.to_string()).await;
    }

    pub(crate) async fn press(&self, key: Key) {
        self.browser.keys(&key.to_string()).await;
    }

    pub(crate) async fn finish(self) {
        self.browser.finish().await;
        self.stage.finish().await;
    }
}

fn text_of(id: MessageId) -> String {
    format!("document.querySelector('[data-message-id=\"{id}\"] .text')")
}

fn default_name() -> String {
    Library::embedded().default_persona().name.clone()
}

#[tokio::test]
async fn a_mention_is_completed_and_its_reply_streams() {
    let Some(visit) = Visit::begin().await else { return };
    let browser = &visit.browser;
    browser.until(&format!("document.getElementById('source').textContent === {MODEL_LINE:?}")).await;
    let (answer, gate) = Answer::text("Come in, come in. The kettle has just boiled.").hold();
    visit.stage.model.script(answer);

    browser.keys("@pri").await;
    browser
        .until("document.querySelector('#palette [aria-selected=true]')?.innerText.includes('@Prism')")
        .await;
    visit.press(Key::Enter).await;
    visit.say("is anybody home?").await;
    gate.release(tokens("Come in, come in.").len());
    let id = visit.reads("Come in, come in.").await;
    assert_eq!(browser.look(&format!("{}.innerText.includes('boiled')", text_of(id))).await, false);
    gate.open();
    visit.reads_all(id, "Come in, come in. The kettle has just boiled.").await;

    let figures = format!("document.querySelector('[data-message-id=\"{id}\"] .figures').textContent");
    let figures = browser.until(&figures).await;
    assert!(figures.as_str().unwrap().starts_with(&format!("{MODEL} · first words after ")), "{figures}");
    assert!(figures.as_str().unwrap().ends_with(" tokens"), "{figures}");
    visit.finish().await;
}

#[tokio::test]
async fn a_failed_reply_is_tried_again_and_a_question_is_answered_by_a_button() {
    let Some(visit) = Visit::begin().await else { return };
    for model in [MODEL, LIGHTER_MODEL] {
        visit.stage.model.always(model, Answer::status(500));
    }
    visit.say("@Prism are you there?").await;
    let failed = format!("document.querySelector('{RETRY}')?.closest('.message').dataset.messageId");
    let id = visit.browser.until(&failed).await;
    let id = MessageId::new(id.as_str().unwrap().parse().unwrap());
    visit.stage.read(id);
    for model in [MODEL, LIGHTER_MODEL] {
        visit.stage.model.always(model, None);
    }
    visit.stage.model.script(Answer::text("Here I am."));
    visit.browser.click(RETRY).await;
    visit.reads_all(id, "Here I am.").await;
    visit.browser.until(&format!("!document.querySelector('{RETRY}')")).await;

    visit.browser.click("#composer").await;
    visit.say("/forget").await;
    visit.browser.until("document.activeElement.name === 'what'").await;
    visit.press(Key::Enter).await;
    let question = visit.reads("Forget this conversation with").await;
    visit.browser.click("[data-custom-id=\"v1:keep\"]").await;
    visit.reads_all(question, "Nothing was forgotten.").await;
    visit.finish().await;
}

#[tokio::test]
async fn a_press_that_is_answered_elsewhere_frees_its_button() {
    let Some(visit) = Visit::begin().await else { return };
    for model in [MODEL, LIGHTER_MODEL] {
        visit.stage.model.always(model, Answer::status(500));
    }
    visit.say("@Prism are you there?").await;
    let failed = format!("document.querySelector('{RETRY}')?.closest('.message').dataset.messageId");
    let id = visit.browser.until(&failed).await;
    visit.stage.read(MessageId::new(id.as_str().unwrap().parse().unwrap()));

    visit.browser.click("#as-user label:nth-of-type(2)").await;
    visit.browser.until("document.getElementById('composer').placeholder.endsWith('as Kim')").await;
    visit.browser.click(RETRY).await;
    visit.reads("Only the person who asked can try again.").await;
    visit.browser.until(&format!("!document.querySelector('{RETRY}').hasAttribute('data-waiting')")).await;
    visit.finish().await;
}

#[tokio::test]
async fn a_typed_command_takes_whole_sentences() {
    let Some(visit) = Visit::begin().await else { return };
    for (typed, asked) in [
        ("/chat message: tell me a story private: True", "tell me a story"),
        ("/chat message: \"what does persona: mean?\"", "what does persona: mean?"),
        ("/chat sing: anything you like", "sing: anything you like"),
    ] {
        visit.stage.model.script(Answer::text(format!("As to {asked:?}: gladly.")));
        visit.say(typed).await;
        let id = visit.reads(&format!("As to {asked:?}: gladly.")).await;
        let private = visit.stage.discord.message(id).unwrap().ephemeral;
        assert_eq!(private, typed.contains("private"), "{typed}");
        let requests = visit.stage.model.requests();
        let (_, heard) = conversation(&requests.last().unwrap().body).pop().unwrap();
        assert!(heard.ends_with(&format!("] {asked}")), "{typed} asked {heard:?}");
    }
    visit.finish().await;
}

#[tokio::test]
async fn a_field_that_is_only_passed_chooses_nothing() {
    let Some(visit) = Visit::begin().await else { return };
    let browser = &visit.browser;
    browser.keys("/chat").await;
    visit.press(Key::Tab).await;
    browser.until("document.activeElement.name === 'message'").await;
    visit.press(Key::Tab).await;
    browser.until("document.activeElement.name === 'persona' && document.getElementById('palette').children.length > 1").await;
    assert_eq!(browser.look("document.querySelector('#palette [aria-selected=true]')").await, Value::Null);
    visit.press(Key::Tab).await;
    browser.until("document.activeElement.name === 'private'").await;
    assert_eq!(browser.look("document.querySelector('#command [name=persona]').value").await, "");

    browser.keys(&(Key::Shift + &Key::Tab.to_string())).await;
    browser.until("!document.getElementById('palette').hidden").await;
    visit.press(Key::Down).await;
    visit.press(Key::Enter).await;
    browser.until("document.querySelector('#command [name=persona]').dataset.value").await;
    visit.finish().await;
}

#[tokio::test]
async fn the_keyboard_alone_suffices() {
    let Some(visit) = Visit::begin().await else { return };
    let browser = &visit.browser;
    visit.say("/persona list").await;
    let list = visit.reads(&default_name()).await;
    let shown = format!("document.querySelector('[data-message-id=\"{list}\"]')");
    assert_eq!(browser.look(&format!("{shown}.hasAttribute('data-private')")).await, true);

    visit.stage.model.script(Answer::text("Certainly, with milk."));
    browser.keys("/ch").await;
    browser
        .until("document.querySelector('#palette [aria-selected=true]')?.innerText.startsWith('/chat')")
        .await;
    visit.press(Key::Tab).await;
    browser.until("document.activeElement.name === 'message'").await;
    visit.say("Tea, please.").await;
    visit.reads("Certainly, with milk.").await;
    browser.until("document.activeElement.id === 'composer'").await;

    browser.keys("@").await;
    browser.until("!document.getElementById('palette').hidden").await;
    visit.press(Key::Escape).await;
    browser.until("document.getElementById('palette').hidden").await;
    visit.press(Key::Backspace).await;
    for (name, channel) in [("tea", TEA_AND_BISCUITS), ("gen", GENERAL)] {
        browser.keys(&(Key::Control + "k")).await;
        browser.until("document.activeElement.id === 'jump-to'").await;
        visit.say(name).await;
        let current =
            format!("document.querySelector('#places [aria-current]').dataset.channelId === '{channel}'");
        browser.until(&current).await;
    }
    browser.keys(&(Key::Shift + &Key::Tab.to_string())).await;
    browser.until("document.activeElement.matches('.hints button, .message *, .message')").await;
    visit.finish().await;
}

#[tokio::test]
async fn two_people_talk_in_several_places_by_day_and_by_night() {
    let Some(visit) = Visit::begin().await else { return };
    let browser = &visit.browser;
    visit.say("/persona list").await;
    let whispered = visit.reads(&default_name()).await;
    browser.click("#as-user label:nth-of-type(2)").await;
    browser.until("document.getElementById('composer').placeholder === 'Write in #general as Kim'").await;
    browser.until(&format!("!{}", text_of(whispered))).await;

    visit.stage.model.script(Answer::text("Between you and me: yes."));
    browser.click(&format!("#places [data-channel-id=\"{KIM_DM}\"]")).await;
    browser.until("document.getElementById('composer').placeholder === 'Write to Prism as Kim'").await;
    visit.say("can you keep a secret?").await;
    visit.reads("Between you and me: yes.").await;

    browser.click("#as-user label:nth-of-type(1)").await;
    browser.until("document.getElementById('composer').placeholder === 'Write to Prism as Robin'").await;
    browser.until("!document.querySelector('.message')").await;

    browser.click("#theme").await;
    browser.until("document.documentElement.dataset.theme === 'dark'").await;
    assert_eq!(browser.look("getComputedStyle(document.body).colorScheme").await, "dark");
    visit.finish().await;
}

#[tokio::test]
async fn the_head_says_who_answers_after_a_choice() {
    let Some(visit) = Visit::begin().await else { return };
    let library = Library::embedded();
    let default = library.default_persona();
    let everybody = library.list();
    let other = everybody.iter().find(|persona| persona.id != default.id).unwrap();
    let answers = |name: &str| {
        format!(
            "document.querySelector('#head .answering').textContent.trim().endsWith({:?})",
            format!("{name} answers here")
        )
    };
    visit.browser.until(&answers(&default.name)).await;
    visit.browser.click(&format!("[data-action=persona][data-persona=\"{}\"]", other.id)).await;
    visit.browser.until(&answers(&other.name)).await;
    visit.reads(&other.name).await;
    visit
        .browser
        .until(&format!("document.querySelector('.card[data-here]').dataset.personaId === '{}'", other.id))
        .await;

    visit.browser.click(&format!("#places [data-channel-id=\"{WORKSHOP}\"]")).await;
    visit.browser.until(&answers(&default.name)).await;
    visit.finish().await;
}
