//! What is told of an answer afterwards.

use super::*;

/// Reads the head and so many tokens of a held answer, then leaves. The id of the answer.
async fn leave_after(bench: &Bench, text: &str, tokens: usize) -> String {
    let (answer, gate) = Answer::text(text).hold();
    bench.server.script(answer);
    let mut response = bench.request(&bench.server.base_url(), &hello("m")).send().await.unwrap();
    let number = bench.server.wait_for_request().await.number;
    gate.release(tokens);
    let mut heard = String::new();
    while heard.matches("\"content\"").count() < tokens {
        heard.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    let id = response.headers()["x-generation-id"].to_str().unwrap().to_owned();
    assert_eq!(bench.get(&format!("/generation?id={id}")).await.0, 404, "it is still running");
    drop(response);
    let request = bench.server.wait_for_end(number).await.unwrap();
    assert_eq!(request.ending, Some(Ending::Left));
    assert!(request.ended_at.unwrap() >= request.last_token_at.unwrap());
    id
}

#[tokio::test]
async fn an_answer_that_ended_is_told_with_its_cost() {
    let bench = Bench::start().await;
    let heard =
        bench.hear(Answer::text("Two words.").thinking("Hm, well.").cached(3).provided_by("Google")).await;
    let (told, usage) = (bench.generation(&heard.id()).await, heard.usage());
    assert_eq!(told["total_cost"], usage["cost"]);
    assert_eq!(told["native_tokens_prompt"], usage["prompt_tokens"]);
    assert_eq!((&told["native_tokens_completion"], &told["native_tokens_reasoning"]), (&json!(4), &json!(2)));
    assert_eq!((&told["native_tokens_cached"], &told["provider_name"]), (&json!(3), &json!("Google")));
    assert_eq!((&told["cancelled"], &told["streamed"]), (&json!(false), &json!(true)));
    assert_eq!((&told["finish_reason"], &told["model"]), (&json!("stop"), &json!("m")));
}

#[tokio::test]
async fn a_cancelled_answer_costs_what_was_sent_or_all_of_it() {
    for (bills_cancelled, counted) in [(false, 2), (true, 4)] {
        let bench = Bench::with(ModelSettings { bills_cancelled, ..ModelSettings::default() }).await;
        let id = leave_after(&bench, "One two three four.", 2).await;
        let told = bench.generation(&id).await;
        assert_eq!((&told["cancelled"], &told["finish_reason"]), (&json!(true), &Value::Null));
        assert_eq!(told["native_tokens_completion"], counted);
        let pico = told["native_tokens_prompt"].as_i64().unwrap() * 300_000 + counted * 2_500_000;
        assert_eq!(
            told["total_cost"].as_f64().unwrap().to_string(),
            format!("0.{pico:012}").trim_end_matches('0')
        );
    }
}

#[tokio::test]
async fn what_failed_is_not_charged() {
    let bench = Bench::start().await;
    for (fault, finish, charged) in [
        (Fault::ErrorAfter(3, 502), json!("error"), false),
        (Fault::OnlyDone, Value::Null, false),
        (Fault::EndAfter(0), Value::Null, false),
        (Fault::EndAfter(3), Value::Null, true),
        (Fault::Empty, json!("stop"), true),
    ] {
        let heard = bench.hear(Answer::text("Two words.").fault(fault.clone())).await;
        let told = bench.generation(&heard.id()).await;
        assert_eq!(told["finish_reason"], finish, "{fault:?}");
        assert_eq!(told["total_cost"].as_f64().unwrap() > 0.0, charged, "{fault:?}");
    }
}

#[tokio::test]
async fn it_is_told_after_some_asking_and_to_the_right_key_only() {
    let key = Some("sk-test".to_owned());
    let bench = Bench::with(ModelSettings { key, ..ModelSettings::default() }).await;
    bench.server.generation_after(2);
    let request = bench.request(&bench.server.base_url(), &hello("m")).bearer_auth("sk-test");
    let id = Heard::read(request.send().await.unwrap()).await.id();
    let url = format!("{}/generation?id={id}", bench.server.base_url());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(bench.client.get(&url).bearer_auth("sk-test").send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [404, 404, 200, 200]);
    assert_eq!(bench.get(&format!("/generation?id={id}")).await.0, 401);
    assert_eq!(bench.server.generations_asked(), vec![id; 4]);
}
