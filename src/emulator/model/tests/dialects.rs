//! The dialects of section 8, as they stand on the wire.

use super::*;

/// The events of one answer in this dialect, usage asked for.
async fn speak(answer: Answer) -> Heard {
    let bench = Bench::start().await;
    bench.server.script(answer);
    let mut body = hello("m");
    body["stream_options"] = json!({"include_usage": true});
    let url = bench.server.openai_url();
    bench.post(&url, &body).await
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_plain_path_speaks_the_plain_shape() {
    let bench = Bench::start().await;
    bench.server.script(Answer::text("Two words."));
    let heard = bench.post(&bench.server.openai_url(), &hello("m")).await;
    let chunks = heard.chunks();
    assert!(heard.text().starts_with("data: {") && heard.is_done(), "{}", heard.text());
    assert_eq!(heard.header("x-generation-id"), None);
    assert_eq!((heard.said().as_str(), chunks.len()), ("Two words.", 4));
    for chunk in &chunks {
        assert!(chunk["id"].as_str().unwrap().starts_with("chatcmpl-"));
        assert_eq!(
            keys(chunk),
            ["choices", "created", "id", "model", "object"],
            "neither usage nor provider"
        );
        assert_eq!(keys(&chunk["choices"][0]), ["delta", "finish_reason", "index", "logprobs"]);
    }
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!(chunks[3]["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn the_plain_path_tells_usage_on_request_and_whole() {
    let heard = speak(Answer::text("Two words.")).await;
    let last = heard.chunks().pop().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["completion_tokens"], 2);
    assert_eq!(last["usage"].get("cost"), None);
    let bench = Bench::start().await;
    bench.server.script(Answer::text("Two words."));
    let mut body = hello("m");
    body["stream"] = json!(false);
    let whole = bench.post(&bench.server.openai_url(), &body).await.json();
    assert_eq!(whole["choices"][0]["message"], json!({"role": "assistant", "content": "Two words."}));
    assert_eq!((whole.get("provider"), &whole["usage"]["completion_tokens"]), (None, &json!(2)));
}

#[tokio::test]
async fn each_dialect_says_the_same_in_its_own_way() {
    for dialect in Dialect::ALL {
        let heard = speak(Answer::text("Two words.").spoken(dialect).thinking("Hm.")).await;
        assert_eq!(heard.said(), "Two words.", "{dialect:?}");
        assert!(heard.is_done(), "{dialect:?}");
        let chunks = heard.chunks();
        let (first, last) = (&chunks[0]["choices"][0], chunks.last().unwrap());
        let thought = chunks.iter().find_map(|chunk| {
            let delta = &chunk["choices"][0]["delta"];
            delta
                .get("reasoning")
                .and(Some("reasoning"))
                .or(delta.get("reasoning_content").and(Some("reasoning_content")))
        });
        let key = match dialect {
            Dialect::OpenRouter | Dialect::Ollama | Dialect::Vllm => "reasoning",
            _ => "reasoning_content",
        };
        assert_eq!(thought, Some(key), "{dialect:?}");
        assert_eq!(first["delta"]["role"], "assistant", "{dialect:?}");
        assert_eq!(last["usage"]["completion_tokens"], 3, "{dialect:?}: thought counts too");
        assert_eq!(first.get("finish_reason").is_none(), dialect == Dialect::LiteLlm, "{dialect:?}");
        match dialect {
            Dialect::LlamaCpp => {
                assert!(heard.text().starts_with(":\n\n"));
                assert_eq!(first["delta"]["content"], Value::Null);
                assert_eq!(last["timings"]["predicted_n"], 3);
            }
            Dialect::LiteLlm => assert_eq!(last["choices"], json!([{"index": 0, "delta": {}}])),
            Dialect::Vllm => {
                let finish = &chunks[chunks.len() - 2]["choices"][0];
                assert_eq!(
                    (&finish["delta"]["content"], &finish["finish_reason"]),
                    (&json!(" words."), &json!("stop"))
                );
            }
            Dialect::Ollama => {
                let again = speak(Answer::text("More.").spoken(dialect)).await;
                assert_eq!(again.chunks()[0]["id"], chunks[0]["id"], "ids repeat");
                let roles = chunks.iter().filter(|chunk| chunk["choices"][0]["delta"]["role"].is_string());
                assert_eq!(roles.count(), 1);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn each_dialect_fails_in_its_own_way() {
    for dialect in Dialect::ALL {
        let heard = speak(Answer::text("Two words.").spoken(dialect).fault(Fault::ErrorAfter(3, 502))).await;
        assert_eq!((heard.status, heard.said().as_str()), (200, "Two"), "{dialect:?}");
        let last = heard.chunks().pop().unwrap();
        let error = &last["error"];
        assert_eq!(heard.is_done(), dialect == Dialect::Vllm, "{dialect:?}");
        match dialect {
            Dialect::OpenRouter => {
                assert_eq!(
                    (&error["code"], &last["choices"][0]["finish_reason"]),
                    (&json!(502), &json!("error"))
                );
            }
            Dialect::Ollama => {
                assert_eq!(last["choices"][0]["delta"], json!({"content": ""}));
                assert_eq!((last["choices"][0]["finish_reason"].as_str(), error), (None, &Value::Null));
            }
            Dialect::OpenAi => assert_eq!(error["code"], Value::Null),
            Dialect::LlamaCpp | Dialect::Vllm => {
                assert_eq!((&error["code"], keys(&last)), (&json!(502), vec!["error"]))
            }
            Dialect::LmStudio => assert!(heard.text().contains("\n\nevent: error\ndata: {\"error\":")),
            Dialect::LiteLlm => assert_eq!(error["code"], "502"),
        }
    }
    let heard = speak(Answer::text("Two.").spoken(Dialect::LiteLlm).fault(Fault::ErrorAfter(0, 502))).await;
    assert_eq!((heard.status, &heard.json()["error"]["code"]), (500, &json!("500")));
}

#[tokio::test]
async fn each_dialect_refuses_in_its_own_way() {
    for (dialect, code) in [
        (Dialect::OpenRouter, json!(429)),
        (Dialect::OpenAi, Value::Null),
        (Dialect::Ollama, Value::Null),
        (Dialect::LlamaCpp, json!(429)),
        (Dialect::Vllm, json!(429)),
        (Dialect::LiteLlm, json!("429")),
    ] {
        let heard = speak(Answer::status(429).spoken(dialect)).await;
        assert_eq!((heard.status, &heard.json()["error"]["code"]), (429, &code), "{dialect:?}");
        assert_eq!(heard.json()["error"]["message"], "scripted", "{dialect:?}");
    }
    assert_eq!(
        speak(Answer::status(400).spoken(Dialect::LmStudio)).await.json(),
        json!({"error": "scripted"})
    );
}
