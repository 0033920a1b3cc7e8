//! What a moderator says of somebody's words reaches nobody: neither Discord nor the log, whatever the log's level.

use std::io;

use prism::emulator::model::{Answer, ErrorEvent, Fault, Refusal};
use prism::emulator::playground::{GENERAL, KIM};
use prism::telemetry;
use serde_json::json;

use super::play::{BY_LIGHTER, MODERATED, OPERATOR, Play, own_words};
use crate::harness::{LIGHTER_MODEL, MODEL};
use crate::log::Page;

/// Nowhere to be read. The reason is one that the emulated moderator gives.
const MARKED: [&str; 5] = ["marked-flag", "marked-account", "marked-raw", "marked-prose", "violence"];

fn refusals() -> Vec<(Refusal, String)> {
    let raw = r#"{"error":{"message":"marked-raw","code":"marked-raw"}}"#;
    let patterns = json!({"patterns": ["marked-flag"]});
    vec![
        (Refusal::moderated("marked-flag").user_id("marked-account"), MODERATED.to_owned()),
        (Refusal::new(403).saying("marked-prose").metadata(patterns), MODERATED.to_owned()),
        (Refusal::new(500).raw(raw).user_id("marked-account"), own_words()),
        (Refusal::new(401).saying("marked-prose").user_id("marked-account"), OPERATOR.to_owned()),
        (Refusal::new(400).plain("marked-prose"), own_words()),
    ]
}

async fn provoke(play: &mut Play) {
    for (refusal, words) in refusals() {
        for model in [MODEL, LIGHTER_MODEL] {
            play.model().always(model, refusal.clone());
        }
        play.is_told("may I?", &words).await;
    }
    play.model().always(LIGHTER_MODEL, None);
    play.model().always(MODEL, Refusal::moderated("marked-flag").user_id("marked-account"));
    play.model().script_for(LIGHTER_MODEL, Answer::text("You may."));
    play.reads("and here?", &format!("You may.\n{BY_LIGHTER}")).await;
    let event = json!({"code": 403, "message": "marked-prose", "metadata": {"reasons": ["violence"], "flagged_input": "marked-flag"}});
    let stopped = Answer::text("It was night").fault(Fault::FailAfter(12, ErrorEvent::of(event)));
    play.model().always(MODEL, stopped);
    play.model().script_for(LIGHTER_MODEL, Answer::text(" and then day."));
    play.reads(
        "a story?",
        "It was night and then day.\n-# begun by `first/model`, continued by `lighter/model`",
    )
    .await;
}

#[tokio::test]
async fn nothing_that_a_moderator_says_is_shown_or_logged() {
    let page = Page::default();
    let writer = page.clone();
    let settings = telemetry::Settings { filter: "trace".to_owned(), ..telemetry::Settings::default() };
    let subscriber = telemetry::subscriber(&settings, move || writer.clone()).unwrap();
    // A lone subscriber would be asked on whichever thread meets a log line first.
    let _second = tracing::Dispatch::new(telemetry::subscriber(&settings, io::sink).unwrap());
    let _listening = tracing::subscriber::set_default(subscriber);
    let mut play = Play::open(|_| {}).await;
    provoke(&mut play).await;
    for message in play.stage.discord.messages(GENERAL, KIM) {
        assert!(MARKED.iter().all(|marked| !message.content.contains(marked)), "{}", message.content);
    }
    let (rows, _) = play.stored_of(1).await;
    assert_eq!(rows[0].failure.as_deref(), Some("moderated"));
    assert!(MARKED.iter().all(|marked| !format!("{rows:?}").contains(marked)), "{rows:?}");
    play.finish().await;
    let log = page.text();
    assert!(log.contains("a model failed") && log.contains("moderated"), "nothing was heard");
    for line in log.lines() {
        assert!(MARKED.iter().all(|marked| !line.contains(marked)), "{line}");
    }
}
