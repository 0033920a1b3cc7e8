use std::time::Duration;

use futures_util::future::join_all;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, TEA_AND_BISCUITS, WORKSHOP};
use prism::emulator::{Emulator, RestFault, RestFaultKind, Settings as Weather, World};
use prism::governor::{Call, CallError, Class, Governor, Mode, Settings, Standing};
use prism::ids::MessageId;
use prism::shutdown::Shutdown;
use serde_json::json;

use crate::harness::{Setting, Stage};

/// More than the emulator's channel takes in one window.
const BURST: usize = 7;

async fn governor(origin: String, mode: Mode, shutdown: &Shutdown) -> Governor {
    let token = Weather::default().token.into();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let settings = Settings { mode, ..Settings::new(origin, token) };
    Governor::start(settings, client.build().unwrap(), shutdown).await.unwrap()
}

async fn say(governor: &Governor, text: &str) -> MessageId {
    let body = json!({ "content": text, "allowed_mentions": { "parse": [] } });
    let answer = governor.call(Call::CreateMessage(GENERAL), Class::FirstWords, &body).await.unwrap();
    answer.message_id().unwrap()
}

#[tokio::test]
async fn a_second_governor_behind_ours_keeps_the_limits_whether_ours_is_on_or_off() {
    for mode in [Mode::On, Mode::Off] {
        let shutdown = Shutdown::default();
        let discord = Emulator::start(Weather::default(), World::playground(), &shutdown).await.unwrap();
        let behind = governor(discord.origin(), Mode::On, &shutdown).await;
        let ours = governor(behind.door(), mode, &shutdown).await;
        let texts: Vec<String> = (0..BURST).map(|number| format!("message {number}")).collect();
        join_all(texts.iter().map(|text| say(&ours, text))).await;
        let mut shown: Vec<String> =
            discord.messages(GENERAL, KIM).into_iter().map(|message| message.content).collect();
        shown.sort();
        assert_eq!(shown, texts, "{mode:?}");
        assert_eq!(discord.refused(), 0, "{mode:?}");
        let expected = if mode == Mode::On { Standing::Well } else { Standing::Off };
        assert_eq!(ours.counters().standing, expected);
        shutdown.begin();
    }
}

#[tokio::test]
async fn the_bot_works_through_a_second_governor_with_its_own_and_without() {
    for mode in [Mode::On, Mode::Off] {
        let mut stage = Stage::set(Setting::default()).await;
        let shutdown = Shutdown::default();
        let behind = governor(stage.discord.origin(), Mode::On, &shutdown).await;
        (stage.config.discord_url, stage.config.governor) = (behind.door(), mode);
        stage.start().await;
        for (channel, text) in [(GENERAL, "one"), (TEA_AND_BISCUITS, "two"), (WORKSHOP, "three")] {
            stage.model.script(Answer::text(text));
            let question = stage.mention_in(channel, KIM, "hello?");
            stage.answered(question, text).await;
        }
        assert_eq!(stage.discord.refused(), 0);
        assert!(behind.counters().sent > 3, "everything went through it: {:?}", behind.counters());
        stage.finish().await;
        shutdown.begin();
    }
}

#[tokio::test]
async fn a_page_of_cloudflares_is_not_asked_for_again_and_counts_against_us() {
    let shutdown = Shutdown::default();
    let discord = Emulator::start(Weather::default(), World::playground(), &shutdown).await.unwrap();
    let ours = governor(discord.origin(), Mode::On, &shutdown).await;
    let message = say(&ours, "hello").await;
    discord.fail_rest(RestFault { template: None, times: 2, kind: RestFaultKind::Cloudflare });
    let body = json!({ "content": "hello again", "allowed_mentions": { "parse": [] } });
    let edit = ours.call(Call::EditMessage(GENERAL, message), Class::FinalEdit, &body).await;
    assert!(matches!(edit, Err(CallError::Discord { status: 429, .. })), "{edit:?}");
    assert_eq!(discord.rest_faults(), 1, "it was asked once");
    let counters = ours.counters();
    assert_eq!((counters.refused_outside, counters.invalid), (1, 1));
    discord.clear_rest_faults();
    shutdown.begin();
    assert!(ours.close(Duration::from_secs(10)).await);
}
