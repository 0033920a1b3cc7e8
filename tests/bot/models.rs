//! What people see when models fail.

use std::time::Duration;

use prism::emulator::model::{Answer, Ending, Fault};
use prism::emulator::playground::{GENERAL, KIM, ROBIN};
use prism::emulator::{Invocation, MessageView, Settings};
use prism::ids::MessageId;
use prism::persona::Library;
use serde_json::json;

use crate::asked::{conversation, said};
use crate::harness::{LIGHTER_MODEL, MODEL, Setting, Stage};

const TALE: &str = "Once there was a lamp that would not go out, whatever anybody tried.";

/// A stage without rate limits that is not started yet.
async fn unhurried() -> Stage {
    let emulator = Settings { limits: false, ..Settings::default() };
    Stage::set(Setting { emulator, ..Setting::default() }).await
}

async fn opened() -> Stage {
    let mut stage = unhurried().await;
    stage.start().await;
    stage
}

fn all_dead(stage: &Stage) {
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::status(500));
    }
}

/// Whoever breaks off has nobody who goes on.
fn nobody_goes_on(stage: &Stage) {
    stage.model.always(LIGHTER_MODEL, Answer::status(500));
}

/// What stands under an answer that the second model has written.
fn by_the_lighter(text: &str) -> String {
    format!("{text}\n-# written by `{LIGHTER_MODEL}`")
}

fn all_well(stage: &Stage) {
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, None);
    }
}

/// What the default persona says when no model answers.
fn own_words() -> String {
    Library::embedded().default_persona().failure.clone().unwrap()
}

/// The id of the one button under a message.
fn button(message: &MessageView) -> String {
    let buttons: Vec<_> = message.components.iter().flatten().collect();
    assert_eq!(buttons.len(), 1, "{buttons:?}");
    assert_eq!(buttons[0].label.as_deref(), Some("Try again"));
    buttons[0].custom_id().unwrap().to_owned()
}

/// Waits for the answer to a question that begins so.
async fn begins(stage: &Stage, question: MessageId, words: &str) -> MessageView {
    let fits =
        |message: &MessageView| message.reply_to == Some(question) && message.content.starts_with(words);
    stage.sees(GENERAL, KIM, fits).await
}

#[tokio::test]
async fn a_lighter_model_answers_for_a_dead_one() {
    let stage = opened().await;
    stage.model.always(MODEL, Answer::status(503));
    stage.model.script_for(LIGHTER_MODEL, Answer::text("Here I am."));
    let question = stage.mention("hello?");
    let answer = stage.answered(question, &by_the_lighter("Here I am.")).await;
    assert_eq!(answer.edits, 0, "it came at once");
    let asked: Vec<_> = stage.model.requests().into_iter().map(|request| request.model).collect();
    assert_eq!(asked, [MODEL, LIGHTER_MODEL]);
    stage.finish().await;
}

#[tokio::test]
async fn when_no_model_answers_the_persona_says_so_and_the_button_works() {
    let stage = opened().await;
    all_dead(&stage);
    let question = stage.mention("hello?");
    let failed = begins(&stage, question, &own_words()).await;
    let reference = failed.content.strip_prefix(&own_words()).unwrap();
    assert!(reference.starts_with("\n-# reference "), "{reference}");
    all_well(&stage);
    stage.model.script(Answer::text("Here I am."));
    stage.discord.press(KIM, failed.id, &button(&failed)).unwrap();
    let answer = stage.answered(question, "Here I am.").await;
    assert_eq!(answer.id, failed.id);
    assert!(answer.components.is_empty());
    stage.finish().await;
}

#[tokio::test]
async fn the_button_still_works_after_a_restart() {
    let mut stage = opened().await;
    all_dead(&stage);
    let question = stage.mention("hello?");
    let failed = begins(&stage, question, &own_words()).await;
    stage.stop().await;
    all_well(&stage);
    stage.start().await;
    stage.model.script(Answer::text("Here I am."));
    stage.discord.press(KIM, failed.id, &button(&failed)).unwrap();
    assert_eq!(stage.answered(question, "Here I am.").await.id, failed.id);
    let prompt = conversation(&stage.model.requests()[2].body);
    assert_eq!(prompt, [said("user", "[Kim] hello?")]);
    stage.finish().await;
}

#[tokio::test]
async fn only_who_asked_can_try_again() {
    let stage = opened().await;
    all_dead(&stage);
    let question = stage.mention("hello?");
    let failed = begins(&stage, question, &own_words()).await;
    let pressed = stage.discord.press(ROBIN, failed.id, &button(&failed)).unwrap();
    let whisper = stage.replied(pressed, |message| message.ephemeral).await;
    assert!(whisper.content.contains("Only the person who asked"), "{}", whisper.content);
    assert_eq!(stage.model.requests().len(), 2);
    stage.finish().await;
}

#[tokio::test]
async fn a_retry_that_fails_again_can_be_retried() {
    let stage = opened().await;
    all_dead(&stage);
    let question = stage.mention("hello?");
    let failed = begins(&stage, question, &own_words()).await;
    stage.discord.press(KIM, failed.id, &button(&failed)).unwrap();
    let edited = |message: &MessageView| message.id == failed.id && message.edits > 0;
    let again = stage.sees(GENERAL, KIM, edited).await;
    all_well(&stage);
    stage.model.script(Answer::text("Here I am."));
    stage.discord.press(KIM, again.id, &button(&again)).unwrap();
    stage.answered(question, "Here I am.").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_slash_question_can_be_tried_again() {
    let stage = opened().await;
    all_dead(&stage);
    let asked = stage.invoke(&Invocation::new("chat").with("message", "hello?"));
    let failed = stage.replied(asked, |message| message.content.starts_with(&own_words())).await;
    all_well(&stage);
    stage.model.script(Answer::text("Here I am."));
    stage.discord.press(KIM, failed.id, &button(&failed)).unwrap();
    let answer = stage.reads("-# Kim: hello?\nHere I am.").await;
    assert_eq!(answer.id, failed.id);
    stage.finish().await;
}

#[tokio::test]
async fn a_text_that_breaks_off_is_kept_and_marked() {
    let stage = opened().await;
    nobody_goes_on(&stage);
    stage.model.script(Answer::text(TALE).fault(Fault::CutAfter(33)));
    let question = stage.mention("a tale, please");
    let told = TALE[..33].trim_end();
    stage.answered(question, &format!("{told}\n-# (the model broke off here)")).await;
    stage.model.script(Answer::text("It went on."));
    let next = stage.mention("and then?");
    stage.answered(next, "It went on.").await;
    let prompt = conversation(&stage.model.requests().last().unwrap().body);
    assert_eq!(prompt[1], said("assistant", &TALE[..33]), "the mark is no part of what was said");
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_that_is_cut_says_by_what() {
    let stage = opened().await;
    for (reason, mark) in
        [("length", "cut at the length limit"), ("content_filter", "the provider's filter stopped this")]
    {
        let chunk = |content: &str, finish: Option<&str>| {
            let choice = json!({"index": 0, "delta": {"content": content}, "finish_reason": finish});
            format!("data: {}\n\n", json!({"id": "gen-1", "model": MODEL, "choices": [choice]}))
        };
        let told = format!("{}{}data: [DONE]\n\n", chunk("Once there was", None), chunk("", Some(reason)));
        stage.model.script(Answer::events(told));
        let question = stage.mention("a tale, please");
        stage.answered(question, &format!("Once there was\n-# ({mark})")).await;
    }
    stage.finish().await;
}

#[tokio::test]
async fn the_mark_stands_outside_a_code_block_that_broke_off() {
    let stage = opened().await;
    nobody_goes_on(&stage);
    let code = "Look:\n```rust\nlet lamp = true;\nlet more = 1;\n```";
    stage.model.script(Answer::text(code).fault(Fault::EndAfter(31)));
    let question = stage.mention("code, please");
    let shown = "Look:\n```rust\nlet lamp = true;\n```\n-# (the model broke off here)";
    stage.answered(question, shown).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_model_that_stalls_is_left_and_its_text_kept() {
    let mut stage = unhurried().await;
    stage.config.model.idle = Duration::from_millis(50);
    stage.start().await;
    nobody_goes_on(&stage);
    stage.model.script(Answer::text(TALE).fault(Fault::Stall(15)));
    let question = stage.mention("a tale, please");
    stage.answered(question, "Once there was\n-# (the model broke off here)").await;
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    stage.finish().await;
}

#[tokio::test]
async fn silence_and_nothing_are_failures_like_others() {
    let mut stage = unhurried().await;
    stage.config.model.first_token = Duration::from_millis(50);
    // Each of them is to be met by a model that nobody suspects yet.
    stage.config.model.breaker.threshold = u32::MAX;
    stage.start().await;
    for fault in [Fault::Silent, Fault::Mute, Fault::Empty, Fault::Garbage] {
        stage.model.always(MODEL, Answer::text(TALE).fault(fault.clone()));
        stage.model.script_for(LIGHTER_MODEL, Answer::text(format!("Not {fault:?}.")));
        let question = stage.mention("hello?");
        stage.answered(question, &by_the_lighter(&format!("Not {fault:?}."))).await;
    }
    stage.finish().await;
}

#[tokio::test]
async fn an_empty_answer_of_all_models_is_told() {
    let stage = opened().await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::text(" \u{200b}\n"));
    }
    let question = stage.mention("hello?");
    button(&begins(&stage, question, &own_words()).await);
    stage.finish().await;
}

#[tokio::test]
async fn what_only_the_operator_can_mend_is_said_so() {
    for (status, asked) in [(401, 1), (402, 1)] {
        let stage = opened().await;
        stage.model.script(Answer::status(status));
        let question = stage.mention("hello?");
        begins(&stage, question, "I cannot reach a language model: whoever runs me").await;
        assert_eq!(stage.model.requests().len(), asked, "the key is the same for every model");
        stage.finish().await;
    }
}

#[tokio::test]
async fn a_busy_provider_is_named_with_the_time_to_wait() {
    let stage = opened().await;
    let body = r#"{"error":{"code":429,"message":"slow down"}}"#.to_owned();
    let busy = Fault::Status { status: 429, body, retry_after: Some("7".to_owned()) };
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::text("").fault(busy.clone()));
    }
    let question = stage.mention("hello?");
    begins(&stage, question, "All my models are busy. Please try again in 7 seconds.\n-# reference ").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_no_silence() {
    let mut stage = unhurried().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    stage.config.model.server.base_url = format!("http://{closed}/api/v1");
    stage.start().await;
    let question = stage.mention("hello?");
    button(&begins(&stage, question, &own_words()).await);
    stage.finish().await;
}

#[tokio::test]
async fn what_an_answer_used_and_cost_is_kept() {
    let mut stage = opened().await;
    stage.model.always(MODEL, Answer::status(500));
    stage.model.script_for(LIGHTER_MODEL, Answer::text("Four words are here."));
    let question = stage.mention("hello?");
    let answer = stage.answered(question, &by_the_lighter("Four words are here.")).await;
    stage.stop().await;
    let store = stage.store().await;
    let used = store.usage_of_message(answer.id).await.unwrap().unwrap();
    store.close().await;
    assert_eq!(used.model, LIGHTER_MODEL);
    assert_eq!(used.completion_tokens, Some(4));
    assert!(used.prompt_tokens.is_some_and(|tokens| tokens > 100), "{used:?}");
    assert!(used.cost_nano_usd.is_some_and(|cost| cost > 0), "{used:?}");
    assert!(used.first_token_ms <= used.total_ms, "{used:?}");
    stage.finish().await;
}
