//! Every status of an error in place of an answer: who is asked then, and what the person reads.

use std::time::{Duration, SystemTime};

use prism::emulator::model::{Answer, Availability, Refusal};
use serde_json::json;

use super::play::{BUSY, BY_LIGHTER, MODERATED, OPERATOR, Play, own_words, times};
use crate::harness::{LIGHTER_MODEL, MODEL};

/// An error, and what is made of it.
struct Case {
    name: String,
    refusal: Refusal,
    /// What the person is told when no other model is there.
    words: String,
    /// How often the same model is asked.
    asked: usize,
    code: &'static str,
    /// Whether another model of the account may answer.
    goes_on: bool,
}

fn case(name: &str, refusal: Refusal, (words, asked, code): (&str, usize, &'static str)) -> Case {
    let goes_on = !matches!(code, "key_refused" | "no_credit" | "forbidden");
    Case { name: name.to_owned(), refusal, words: words.to_owned(), asked, code, goes_on }
}

fn status(status: u16, outcome: (&str, usize, &'static str)) -> Case {
    let case = case(&status.to_string(), Refusal::new(status), outcome);
    // Nobody would take such a request.
    Case { goes_on: case.goes_on && !matches!(status, 412 | 422), ..case }
}

/// Bodies that say more than the status, or nothing.
fn odd() -> Vec<Case> {
    let own = own_words();
    let (own, region) = (own.as_str(), Availability::new("region_restricted"));
    let cold = Availability::new("no_endpoints").retryable(0);
    let quota = json!({"error": {"code": "insufficient_quota", "message": "scripted"}});
    let coded = json!({"error": {"code": "429", "message": "scripted"}});
    let behind = r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}"#;
    let gone = (OPERATOR, 1, "no_such_model");
    let down = (own, 2, "provider");
    let busy = (BUSY, 1, "rate_limited");
    vec![
        case("unknown model", Refusal::unknown_model(MODEL), gone),
        case("no endpoints", Refusal::no_endpoints(&["a/b"]), gone),
        case("deprecated", Refusal::deprecated(&["a/b"]), gone),
        case("not in this region", Refusal::new(403).available(region), gone),
        case("on its way back", Refusal::new(404).available(cold), (own, 2, "overloaded")),
        case("key limit", Refusal::new(403).saying("Key limit exceeded."), (OPERATOR, 1, "forbidden")),
        case("moderated", Refusal::moderated("tea"), (MODERATED, 1, "moderated")),
        case("affords too little", Refusal::can_only_afford(800, 12), (OPERATOR, 1, "no_credit")),
        case("negative balance", Refusal::negative_balance(), (OPERATOR, 1, "no_credit")),
        case("quota", Refusal::new(429).json(&quota), (OPERATOR, 1, "no_credit")),
        case("code a string", Refusal::new(429).json(&coded), busy),
        case("limit behind a 429", Refusal::new(429).raw(behind), busy),
        case("limit behind a 502", Refusal::new(502).raw(behind), busy),
        case("error a string", Refusal::new(400).json(&json!({"error": "scripted"})), (own, 1, "rejected")),
        case("no error", Refusal::new(500).json(&json!({"detail": "scripted"})), down),
        case("page", Refusal::new(502).html(), down),
        case("plain text", Refusal::new(500).plain("Internal Server Error"), down),
        case("empty", Refusal::new(502).empty(), down),
        case("blank lines first", Refusal::new(502).after_blank_lines(), down),
    ]
}

/// Limits, with and without a time to wait. A pause that is waited out has a test of its own.
fn limits() -> Vec<Case> {
    let own = own_words();
    let wait = |seconds: &str| Refusal::new(429).retry_after(seconds);
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(119));
    let told = |when: &str| format!("All my models are busy. Please try again in {when}.");
    let (one, two, three) = (told("1 seconds"), told("2 seconds"), told("3 seconds"));
    let (minutes, hour) = (told("2 minutes"), told("60 minutes"));
    let upstream = |seconds: u32| Refusal::upstream_limit(seconds);
    vec![
        case("limit", Refusal::new(429), (BUSY, 1, "rate_limited")),
        case("wait 0", wait("0"), (&one, 2, "rate_limited")),
        case("wait 2", wait("2"), (&two, 1, "rate_limited")),
        case("wait 3600", wait("3600"), (&hour, 1, "rate_limited")),
        case("wait until", wait(&soon), (&minutes, 1, "rate_limited")),
        case("wait nonsense", wait("soon"), (BUSY, 1, "rate_limited")),
        case("upstream 0", upstream(0), (&one, 2, "rate_limited")),
        case("upstream 3", upstream(3), (&three, 1, "rate_limited")),
        case("daily cap", Refusal::daily_cap(), (BUSY, 1, "rate_limited")),
        case("overloaded", Refusal::new(503), (&own, 1, "overloaded")),
        case("overloaded 0", Refusal::new(503).retry_after("0"), (&own, 2, "overloaded")),
        case("provider overloaded", Refusal::new(529), (&own, 1, "overloaded")),
    ]
}

fn statuses() -> Vec<Case> {
    let own = own_words();
    let rejected = [400, 403, 412, 418, 422].map(|code| status(code, (&own, 1, "rejected")));
    let failed = [408, 500, 502, 504, 524, 599].map(|code| status(code, (&own, 2, "provider")));
    let operator = [(401, "key_refused"), (402, "no_credit"), (404, "no_such_model")];
    let operator = operator.map(|(code, why)| status(code, (OPERATOR, 1, why)));
    rejected.into_iter().chain(failed).chain(operator).chain(odd()).chain(limits()).collect()
}

#[tokio::test]
async fn an_only_model_that_refuses_is_told_in_words() {
    let mut play = Play::open(|model| {
        model.models.truncate(1);
        model.retry_wait = Duration::ZERO;
    })
    .await;
    for Case { name, refusal, words, asked, code, .. } in statuses() {
        play.model().always(MODEL, refusal);
        play.is_told(&name, &words).await;
        assert_eq!(play.asked(), times(MODEL, asked), "{name}");
        play.stores(&name, &vec![(MODEL, Some(code)); asked]);
    }
    play.finish().await;
}

#[tokio::test]
async fn a_second_model_answers_where_that_helps() {
    let mut play = Play::open(|model| model.retry_wait = Duration::ZERO).await;
    for Case { name, refusal, words, asked, code, goes_on } in statuses() {
        play.model().always(MODEL, refusal);
        let mut rows = vec![(MODEL, Some(code)); asked];
        let mut models = times(MODEL, asked);
        if goes_on {
            play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
            play.reads(&name, &format!("Here I am.\n{BY_LIGHTER}")).await;
            models.push(LIGHTER_MODEL.to_owned());
            rows.push((LIGHTER_MODEL, None));
        } else {
            play.is_told(&name, &words).await;
        }
        assert_eq!(play.asked(), models, "{name}");
        play.stores(&name, &rows);
    }
    play.finish().await;
}

#[tokio::test]
async fn a_failure_that_passes_is_not_noticed() {
    let mut play = Play::open(|model| model.models.truncate(1)).await;
    for status in [408, 500, 502, 504, 524, 529] {
        let name = status.to_string();
        play.model().script_for(MODEL, Answer::status(status));
        play.model().script_for(MODEL, Answer::text("Here I am."));
        play.reads(&name, "Here I am.").await;
        assert_eq!(play.asked(), times(MODEL, 2), "{name}");
        let code = if status == 529 { "overloaded" } else { "provider" };
        play.stores(&name, &[(MODEL, Some(code)), (MODEL, None)]);
    }
    play.finish().await;
}

#[tokio::test]
async fn a_short_pause_is_waited_out_where_nobody_else_could_answer() {
    let mut play = Play::open(|model| model.models.truncate(1)).await;
    play.model().script_for(MODEL, Refusal::new(429).retry_after("1").into());
    play.model().script_for(MODEL, Answer::text("Here I am."));
    play.reads("hello?", "Here I am.").await;
    let requests = play.model().requests();
    assert!(requests[1].at - requests[0].at >= Duration::from_millis(900), "it came too soon");
    play.stores("wait 1", &[(MODEL, Some("rate_limited")), (MODEL, None)]);
    play.finish().await;
}

#[tokio::test]
async fn when_all_fail_the_person_reads_what_somebody_can_do() {
    let mut play = Play::open(|model| model.retry_wait = Duration::ZERO).await;
    let own = own_words();
    for (first, second, words) in [
        (Refusal::new(500), Refusal::moderated("tea"), MODERATED),
        (Refusal::moderated("tea"), Refusal::new(401), OPERATOR),
        (Refusal::new(500), Refusal::new(402), OPERATOR),
        (Refusal::new(429), Refusal::new(500), &own),
        (Refusal::new(500), Refusal::new(503), &own),
    ] {
        play.model().always(MODEL, first.clone());
        play.model().always(LIGHTER_MODEL, second.clone());
        play.is_told(&format!("{first:?} then {second:?}")[..200], words).await;
    }
    play.finish().await;
}
