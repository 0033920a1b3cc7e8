//! What goes wrong, as it stands on the wire.

use std::time::Duration;

use super::*;

const SAID: &str = "Two words.";

#[tokio::test]
async fn a_connection_can_close_before_the_head_or_after_it() {
    let bench = Bench::start().await;
    bench.server.script(Answer::text(SAID).fault(Fault::CutBeforeHead));
    let error = bench.request(&bench.server.base_url(), &hello("m")).send().await.unwrap_err();
    assert!(error.is_request() && error.status().is_none(), "{error:?}");
    let heard = bench.hear(Answer::text(SAID).fault(Fault::CutAtHead)).await;
    assert_eq!((heard.status, heard.broken, heard.text().as_str()), (200, true, ""));
    assert_eq!(bench.hear(Answer::text(SAID)).await.said(), SAID, "the next connection is whole");
    let requests = bench.server.requests();
    assert!(
        requests[..2].iter().all(|request| request.ending == Some(Ending::Sent)),
        "the server closed them"
    );
}

#[tokio::test]
async fn every_error_event_stands_after_the_text_and_ends_it() {
    let bench = Bench::start().await;
    for case in cases::errors(SAID, 3) {
        let heard = bench.hear(case.answer).await;
        let text = heard.text();
        let (_, after) = text.rsplit_once("\"Two\"").unwrap_or_else(|| panic!("{}: {text}", case.name));
        let fails = after.contains("scripted") || after.contains("Provider returned error");
        assert!(fails || case.name == "Ollama fails", "{}: {text}", case.name);
        assert!(!text.contains("words") && !heard.broken, "{}: {text}", case.name);
    }
}

#[tokio::test]
async fn error_events_have_the_form_that_was_asked_for() {
    let bench = Bench::start().await;
    let fail = async |error: ErrorEvent| {
        let heard = bench.hear(Answer::text(SAID).fault(Fault::FailAfter(3, error))).await;
        (heard.chunks().pop().unwrap_or_default(), heard.text())
    };
    assert_eq!(fail(ErrorEvent::new("server_error")).await.0["error"]["code"], "server_error");
    assert_eq!(fail(ErrorEvent::without_code()).await.0["error"].get("code"), None);
    assert_eq!(fail(ErrorEvent::text("no")).await.0["error"], "no");
    let (inside, _) = fail(ErrorEvent::new(502).in_choice()).await;
    assert_eq!((&inside["choices"][0]["error"]["code"], inside.get("error")), (&json!(502), None));
    assert_eq!(fail(ErrorEvent::new(502).as_object()).await.0["object"], "error");
    assert!(fail(ErrorEvent::new(502).named("error")).await.1.contains("event: error\ndata: {"));
    assert!(fail(ErrorEvent::new(502).outside_events()).await.1.ends_with("\n  }\n}\n\n"));
    let availability = Availability::new("model_deprecated").or(&["b"]);
    let (chunk, _) = fail(ErrorEvent::new(404).available(&availability).raw("because")).await;
    assert_eq!(chunk["error"]["availability"]["fallback_models"], json!(["b"]));
    assert_eq!(chunk["error"]["metadata"]["raw"], "because");
}

#[tokio::test]
async fn endings_can_lack_a_part_or_have_one_too_many() {
    let bench = Bench::start().await;
    let finishes = |heard: &Heard| {
        heard.chunks().iter().filter(|chunk| chunk["choices"][0]["finish_reason"].is_string()).count()
    };
    let heard = bench.hear(Answer::text(SAID).fault(Fault::NoDone)).await;
    assert_eq!((heard.is_done(), finishes(&heard)), (false, 2));
    let heard = bench.hear(Answer::text(SAID).fault(Fault::NoFinish)).await;
    assert_eq!((heard.is_done(), finishes(&heard)), (true, 0));
    let heard = bench.hear(Answer::text(SAID).finishing_twice().usage(Placed::Never)).await;
    assert_eq!((heard.is_done(), finishes(&heard)), (true, 2));
    assert_eq!(bench.hear(Answer::text(SAID).fault(Fault::OnlyDone)).await.text(), "data: [DONE]\n\n");
    let heard = bench.hear(Answer::only_thinks("Hm.")).await;
    assert_eq!((heard.said().as_str(), &heard.usage()["completion_tokens"]), ("", &json!(1)));
    assert_eq!(heard.chunks().pop().unwrap()["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn usage_stands_where_it_was_put() {
    let bench = Bench::start().await;
    for (placed, choices, usage) in [
        (Placed::Apart, json!([]), true),
        (Placed::WithFinish, json!("stop"), true),
        (Placed::WithNull, Value::Null, true),
        (Placed::OnFinish, json!("stop"), true),
        (Placed::Never, json!("stop"), false),
        (Placed::Null, json!("stop"), false),
        (Placed::Empty, json!("stop"), false),
    ] {
        let heard = bench.hear(Answer::text(SAID).usage(placed)).await;
        let chunks = heard.chunks();
        let last = chunks.last().unwrap();
        let stands =
            if placed == Placed::Apart { &last["choices"] } else { &last["choices"][0]["finish_reason"] };
        assert_eq!(stands, &choices, "{placed:?}");
        assert_eq!(last["usage"]["completion_tokens"].is_number(), usage, "{placed:?}");
        let alone = matches!(placed, Placed::OnFinish | Placed::Never);
        assert_eq!(chunks.len(), if alone { 3 } else { 4 }, "{placed:?}");
    }
}

#[tokio::test]
async fn comments_can_come_for_ever() {
    let bench = Bench::start().await;
    bench.server.script(Answer::text(SAID).fault(Fault::Drip(Duration::from_millis(1))));
    let mut response = bench.request(&bench.server.base_url(), &hello("m")).send().await.unwrap();
    let mut heard = String::new();
    while heard.matches(": OPENROUTER PROCESSING\n\n").count() < 5 {
        heard.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert!(!heard.contains("data"));
    drop(response);
    assert_eq!(bench.server.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
}

#[tokio::test]
async fn refusals_carry_any_body_and_header() {
    let bench = Bench::start().await;
    let page = bench.hear(Refusal::new(502).html().into()).await;
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html")));
    let empty = bench.hear(Refusal::new(524).empty().header("cf-ray", "1").into()).await;
    assert_eq!((empty.status, empty.text().as_str(), empty.header("cf-ray")), (524, "", Some("1")));
    assert_eq!(empty.header("content-type"), None);
    let blank = bench.hear(Refusal::new(500).after_blank_lines().into()).await;
    assert!(blank.text().starts_with("\n\n") && blank.json()["error"]["code"] == 500);
    let flagged = bench.hear(Refusal::moderated("secret").user_id("user_1").into()).await.json();
    assert_eq!(
        (&flagged["error"]["metadata"]["flagged_input"], &flagged["user_id"]),
        (&json!("secret"), &json!("user_1"))
    );
    for case in cases::refusals() {
        assert!(bench.hear(case.answer).await.status >= 400, "{}", case.name);
    }
}

#[tokio::test]
async fn an_answer_without_a_stream_goes_wrong_too() {
    let bench = Bench::start().await;
    let mut body = hello("m");
    body["stream"] = json!(false);
    let hear = async |answer: Answer| {
        bench.server.script(answer);
        bench.ask(&body).await
    };
    let padded = hear(Answer::text(SAID).after_blank_lines()).await;
    assert!(padded.text().starts_with("\n\n"));
    assert_eq!(padded.json()["choices"][0]["message"]["content"], SAID);
    let failed = hear(Answer::text(SAID).fault(Fault::ErrorAfter(3, 502))).await;
    assert_eq!((failed.status, failed.json().get("choices")), (200, None));
    let inside = Fault::FailAfter(3, ErrorEvent::new(502).in_choice());
    let inside = hear(Answer::text(SAID).fault(inside)).await.json();
    assert_eq!(inside["choices"][0]["finish_reason"], "error");
    assert_eq!(inside["choices"][0]["error"]["code"], 502);
    assert!(hear(Answer::text(SAID).fault(Fault::CutAfter(3))).await.broken);
    assert_eq!(hear(Answer::text(SAID).amid(json!({"choices": []}))).await.json()["choices"], json!([]));
    assert_eq!(
        hear(Answer::text(SAID).fault(Fault::Empty)).await.json()["choices"][0]["message"]["content"],
        ""
    );
}

#[tokio::test]
async fn every_named_case_can_be_played() {
    let bench = Bench::start().await;
    for case in cases::whole(SAID).into_iter().chain(cases::broken(SAID, 3)) {
        if case.name == "body that does not end" {
            continue;
        }
        let heard = bench.hear(case.answer).await;
        assert_eq!(heard.status, 200, "{}", case.name);
        assert!(!heard.text().is_empty(), "{}", case.name);
    }
    for case in cases::wordless().into_iter().filter(|case| case.name != "cut before the head") {
        let heard = bench.hear(case.answer).await;
        assert!(heard.status == 200 && !heard.text().contains("Never"), "{}", case.name);
    }
}
