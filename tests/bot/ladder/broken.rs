//! Answers that end before their end, or never begin: another model writes or goes on, or the person is told.

use std::time::Duration;

use prism::emulator::model::{Answer, Fault, cases};

use super::play::{BROKE_OFF, BY_LIGHTER, IN_TURNS, MODERATED, Play, own_words, times};
use crate::harness::{LIGHTER_MODEL, MODEL};

const TEXT: &str = "Once there was a lamp 🦀 that would not go out.";
/// Characters that come before something breaks.
const SHOWN: usize = 14;

/// Where the text breaks off.
fn halves() -> (String, String) {
    (TEXT.chars().take(SHOWN).collect(), TEXT.chars().skip(SHOWN).collect())
}

/// The failure of an error event after so many characters.
fn code_of(case: &str, at: usize) -> &'static str {
    match case {
        "with availability" => "rate_limited",
        // It tells nothing but its end.
        "Ollama fails" => "interrupted",
        "error outside events" if at > 0 => "interrupted",
        "cut in the middle" | "end without finish" => "interrupted",
        "event above 1 MiB" => "garbled",
        _ => "provider",
    }
}

/// Everything that breaks off in the middle.
fn breaks() -> Vec<cases::Case> {
    let mut all = cases::errors(TEXT, SHOWN);
    all.extend(cases::broken(TEXT, SHOWN));
    all
}

#[tokio::test]
async fn another_model_goes_on_in_the_same_message() {
    let (begun, rest) = halves();
    let mut play = Play::open(|_| {}).await;
    for case in breaks() {
        play.model().script_for(MODEL, case.answer);
        play.model().script_for(LIGHTER_MODEL, Answer::text(rest.clone()));
        play.reads(&case.name, &format!("{TEXT}\n{IN_TURNS}")).await;
        assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL], "{}", case.name);
        let body = play.model().requests().pop().unwrap().body;
        let last = body["messages"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["role"], &last["content"]), (&"assistant".into(), &begun.as_str().into()));
        let code = code_of(&case.name, SHOWN);
        play.stores(&case.name, &[(MODEL, Some(code)), (LIGHTER_MODEL, None)]);
    }
    play.finish().await;
}

#[tokio::test]
async fn where_nobody_can_go_on_the_text_is_kept_and_marked() {
    let (begun, _) = halves();
    let mut play = Play::open(|model| model.models.truncate(1)).await;
    for case in breaks() {
        play.model().script(case.answer);
        play.reads(&case.name, &format!("{begun}\n{BROKE_OFF}")).await;
        assert_eq!(play.asked(), [MODEL], "{}: it is not asked to begin again", case.name);
        play.stores(&case.name, &[(MODEL, Some(code_of(&case.name, SHOWN)))]);
    }
    play.finish().await;
}

#[tokio::test]
async fn an_event_without_bounds_ends_an_answer() {
    let mut play = Play::open(|_| {}).await;
    play.model().script_for(MODEL, cases::oversized(TEXT).answer);
    play.model().script_for(LIGHTER_MODEL, Answer::text(" upon a time."));
    play.reads("how big?", &format!("Once upon a time.\n{IN_TURNS}")).await;
    play.stores("oversized", &[(MODEL, Some("garbled")), (LIGHTER_MODEL, None)]);
    play.finish().await;
}

#[tokio::test]
async fn a_continuation_that_fails_too_leaves_what_was_shown() {
    let (begun, _) = halves();
    let mut play = Play::open(|_| {}).await;
    play.model().script_for(MODEL, Answer::text(TEXT).fault(Fault::CutAfter(SHOWN)));
    play.model().always(LIGHTER_MODEL, Answer::status(500));
    play.reads("a tale?", &format!("{begun}\n{BROKE_OFF}")).await;
    assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL, LIGHTER_MODEL]);
    let down = (LIGHTER_MODEL, Some("provider"));
    // The one whose text was shown stands last.
    play.stores("nobody goes on", &[down, down, (MODEL, Some("interrupted"))]);
    play.model().always(LIGHTER_MODEL, Answer::text(" a lam and more").fault(Fault::CutAfter(6)));
    play.model().script_for(MODEL, Answer::text(TEXT).fault(Fault::CutAfter(SHOWN)));
    play.reads("another?", &format!("{begun} a lam\n{BROKE_OFF}\n{IN_TURNS}")).await;
    play.finish().await;
}

#[tokio::test]
async fn a_model_that_takes_no_beginning_is_told_to_go_on() {
    let (begun, rest) = halves();
    let mut play = Play::open(|_| {}).await;
    play.model().script_for(MODEL, Answer::text(TEXT).fault(Fault::CutAfter(SHOWN)));
    play.model().script_for(LIGHTER_MODEL, Answer::status(400));
    play.model().script_for(LIGHTER_MODEL, Answer::text(rest));
    play.reads("a tale?", &format!("{TEXT}\n{IN_TURNS}")).await;
    assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL, LIGHTER_MODEL]);
    let body = play.model().requests().pop().unwrap().body;
    let [.., said, told] = body["messages"].as_array().unwrap().as_slice() else { panic!("{body}") };
    assert_eq!((&said["role"], &said["content"]), (&"assistant".into(), &begun.as_str().into()));
    assert!(told["role"] == "user" && told["content"].as_str().unwrap().contains("Continue it"), "{told}");
    play.finish().await;
}

#[tokio::test]
async fn an_error_before_the_first_word_costs_nothing_but_time() {
    let mut play = Play::open(|_| {}).await;
    for case in cases::errors(TEXT, 0).into_iter().chain(cases::broken(TEXT, 0)) {
        play.model().always(MODEL, case.answer);
        play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
        play.reads(&case.name, &format!("Here I am.\n{BY_LIGHTER}")).await;
        let code = code_of(&case.name, 0);
        let asked = if code == "rate_limited" { 1 } else { 2 };
        assert_eq!(play.asked(), [times(MODEL, asked), times(LIGHTER_MODEL, 1)].concat(), "{}", case.name);
        let mut rows = vec![(MODEL, Some(code)); asked];
        rows.push((LIGHTER_MODEL, None));
        play.stores(&case.name, &rows);
    }
    play.finish().await;
}

#[tokio::test]
async fn an_only_model_that_fails_before_its_first_word_is_told() {
    let own = own_words();
    let mut play = Play::open(|model| model.models.truncate(1)).await;
    for case in cases::errors(TEXT, 0).into_iter().chain(cases::broken(TEXT, 0)) {
        play.model().always(MODEL, case.answer);
        let code = code_of(&case.name, 0);
        let busy = "All my models are busy. Please try again in 7 seconds.";
        let (words, asked) = if code == "rate_limited" { (busy, 1) } else { (own.as_str(), 2) };
        play.is_told(&case.name, words).await;
        assert_eq!(play.asked(), times(MODEL, asked), "{}", case.name);
        play.stores(&case.name, &vec![(MODEL, Some(code)); asked]);
    }
    play.finish().await;
}

/// What becomes of an answer without a word: how often the model is asked, and why it failed.
fn wordless(case: &str) -> (usize, &'static str) {
    match case {
        "filtered at once" => (1, "moderated"),
        "garbage" | "page as success" => (1, "garbled"),
        "cut before the head" | "cut at the head" | "empty body" => (2, "interrupted"),
        "error as success" => (2, "provider"),
        _ => (2, "empty"),
    }
}

#[tokio::test]
async fn an_answer_without_a_word_is_a_failure() {
    let mut play = Play::open(|_| {}).await;
    for case in cases::wordless() {
        play.model().always(MODEL, case.answer);
        play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
        play.reads(&case.name, &format!("Here I am.\n{BY_LIGHTER}")).await;
        let (asked, code) = wordless(&case.name);
        assert_eq!(play.asked(), [times(MODEL, asked), times(LIGHTER_MODEL, 1)].concat(), "{}", case.name);
        let mut rows = vec![(MODEL, Some(code)); asked];
        rows.push((LIGHTER_MODEL, None));
        play.stores(&case.name, &rows);
    }
    play.finish().await;
}

#[tokio::test]
async fn an_only_model_without_a_word_is_told() {
    let own = own_words();
    let mut play = Play::open(|model| model.models.truncate(1)).await;
    for case in cases::wordless() {
        play.model().always(MODEL, case.answer);
        let (asked, code) = wordless(&case.name);
        play.is_told(&case.name, if code == "moderated" { MODERATED } else { &own }).await;
        assert_eq!(play.asked(), times(MODEL, asked), "{}", case.name);
        play.stores(&case.name, &vec![(MODEL, Some(code)); asked]);
    }
    play.finish().await;
}

#[tokio::test]
async fn thoughts_that_used_up_the_answer_are_given_more_room() {
    let mut play = Play::open(|model| model.models.truncate(1)).await;
    play.model().script(Answer::only_thinks("Hm. Let me see."));
    play.model().script(Answer::text("Now I know."));
    play.reads("well?", "Now I know.").await;
    let most: Vec<_> =
        play.model().requests().iter().map(|request| request.body["max_tokens"].clone()).collect();
    assert_eq!(most, [800, 1_600]);
    play.stores("only thoughts", &[(MODEL, Some("empty")), (MODEL, None)]);
    play.finish().await;
}

#[tokio::test]
async fn a_model_that_stalls_is_left_and_another_goes_on() {
    let (_, rest) = halves();
    let mut play = Play::open(|model| model.idle = Duration::from_millis(300)).await;
    play.model().script_for(MODEL, Answer::text(TEXT).fault(Fault::Stall(SHOWN)));
    play.model().script_for(LIGHTER_MODEL, Answer::text(rest));
    play.reads("a tale?", &format!("{TEXT}\n{IN_TURNS}")).await;
    play.stores("stall", &[(MODEL, Some("stalled")), (LIGHTER_MODEL, None)]);
    play.finish().await;
}
