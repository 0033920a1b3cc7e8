//! Secrets and chat text never enter a log, however much is logged.

use std::io;

use prism::emulator::model::{Answer, Fault};
use prism::emulator::playground::{GENERAL, KIM, ROBIN, WORKSHOP};
use prism::emulator::{Invocation, Settings};
use prism::telemetry;
use secrecy::SecretString;

use crate::harness::{LIGHTER_MODEL, Setting, Stage};
use crate::log::Page;

/// Never in a log. The last is how an interaction's token begins.
const MARKED: [&str; 8] = [
    "marked-token",
    "marked-key",
    "marked-question",
    "marked-answer",
    "marked-persona",
    "marked-name",
    "marked-prose",
    "emulated-",
];

async fn stage() -> Stage {
    let token = "marked-token.of.bot".to_owned();
    let emulator = Settings { token, message_content: true, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, message_content: true, ..Setting::default() }).await;
    stage.cast(&[("odd", "greeting = 'marked-persona'\nfailure = 'marked-persona'")]);
    stage.config.model.server.api_key = Some(SecretString::new("marked-key".into()));
    stage.start().await;
    stage
}

#[tokio::test]
async fn nothing_that_anybody_said_and_no_secret_is_logged() {
    let page = Page::default();
    let writer = page.clone();
    let settings = telemetry::Settings { filter: "trace".to_owned(), ..telemetry::Settings::default() };
    let subscriber = telemetry::subscriber(&settings, move || writer.clone()).unwrap();
    // A lone subscriber would be asked on whichever thread meets a log line first: in another test that is nobody, and
    // the line would stay silent here too.
    let _second = tracing::Dispatch::new(telemetry::subscriber(&settings, io::sink).unwrap());
    // The harness hands this on to the thread of its bot, so it hears the whole bot, and no other test.
    let _listening = tracing::subscriber::set_default(subscriber);
    let stage = stage().await;
    talk(&stage).await;
    break_things(&stage).await;
    stage.finish().await;
    let log = page.text();
    assert!(log.contains("turn closed") && log.contains("DEBUG"), "nothing was heard: {log}");
    for line in log.lines() {
        for marked in MARKED {
            assert!(!line.contains(marked), "{line}");
        }
    }
}

async fn talk(stage: &Stage) {
    stage.model.script(Answer::text("marked-answer"));
    let question = stage.mention("marked-question");
    stage.answered(question, "marked-answer").await;
    stage.model.script(Answer::text("marked-answer"));
    let asked = stage.invoke(&Invocation::new("chat").with("message", "marked-question"));
    stage.replied(asked, |message| message.content.ends_with("marked-answer")).await;
    let unknown = stage.invoke(&Invocation::new("chat").with("message", "hi").with("persona", "marked-name"));
    stage.replied(unknown, |message| message.content.contains("marked-name")).await;
    stage.offered(KIM, GENERAL, ("chat", "marked-name")).await;
    let greeted = stage.mention("");
    stage.answered(greeted, "marked-persona").await;
}

/// Everything that is worth a warning.
async fn break_things(stage: &Stage) {
    let body = r#"{"error": {"code": 500, "message": "marked-prose", "metadata": {"raw": "marked-prose"}}}"#;
    for _ in 0..2 {
        let fault = Fault::Status { status: 500, body: body.to_owned(), retry_after: None };
        stage.model.script(Answer::text("").fault(fault));
    }
    let failed = stage.mention("marked-question");
    stage.sees(GENERAL, KIM, |message| message.reply_to == Some(failed)).await;
    // Nobody goes on where it breaks off.
    stage.model.always(LIGHTER_MODEL, Answer::status(500));
    stage.model.script(Answer::text("marked-answer is cut").fault(Fault::CutAfter(14)));
    let cut = stage.mention("marked-question");
    stage
        .sees(GENERAL, KIM, |message| message.reply_to == Some(cut) && message.content.contains("broke off"))
        .await;
    // Told twice, a command is refused by Discord.
    let helped = stage.invoke(&Invocation::new("help"));
    stage.replied(helped, |_| true).await;
    stage.discord.repeat_interaction(helped).unwrap();
    // An answer that may not be shown.
    stage.discord.set_permission(WORKSHOP, false).unwrap();
    stage.model.script(Answer::text("marked-answer"));
    stage.mention_in(WORKSHOP, ROBIN, "marked-question");
    stage.model.script(Answer::text("marked-answer"));
    let last = stage.mention("marked-question");
    stage.answered(last, "marked-answer").await;
}
