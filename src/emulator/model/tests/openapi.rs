//! The server's answers, held against OpenRouter's own API document.
//!
//! Needs `OPENROUTER_OPENAPI`, the path of the document, when the tests are built; says so and passes without it.

use super::*;

fn document() -> Option<Value> {
    let Some(path) = option_env!("OPENROUTER_OPENAPI") else {
        println!("skipped: OPENROUTER_OPENAPI does not name OpenRouter's API document");
        return None;
    };
    let text = std::fs::read_to_string(path).expect("OPENROUTER_OPENAPI names a readable file");
    Some(serde_json::from_str(&text).unwrap())
}

fn check(document: &Value, schema: &Value, bodies: &[Value]) {
    let root = json!({"components": document["components"], "allOf": [schema]});
    let validator = jsonschema::validator_for(&root).unwrap();
    for body in bodies {
        let faults: Vec<_> =
            validator.iter_errors(body).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{body}: {faults:#?}");
    }
}

fn answer_of(document: &Value, method: &str, path: &str, status: u16) -> Value {
    let response = &document["paths"][path][method]["responses"][status.to_string()];
    response["content"]["application/json"]["schema"].clone()
}

#[tokio::test]
async fn what_is_answered_has_openrouters_shape() {
    let Some(document) = document() else { return };
    let bench = Bench::start().await;
    let request = |body: &Value| {
        bench.request(&bench.server.base_url(), body).header("X-OpenRouter-Metadata", "enabled")
    };
    bench.server.script(Answer::text("Two words.").thinking("Hm."));
    let streamed = Heard::read(request(&hello("m")).send().await.unwrap()).await;
    let mut chunks = streamed.chunks();
    chunks.extend(bench.hear(Answer::text("Two words.").fault(Fault::ErrorAfter(3, 502))).await.chunks());
    check(&document, &json!({"$ref": "#/components/schemas/ChatStreamChunk"}), &chunks);
    let mut body = hello("m");
    body["stream"] = json!(false);
    let whole = Heard::read(request(&body).send().await.unwrap()).await.json();
    check(&document, &answer_of(&document, "post", "/chat/completions", 200), &[whole]);
    for status in [400, 402, 404, 429, 502] {
        let refused = bench.hear(Answer::status(status)).await.json();
        check(&document, &answer_of(&document, "post", "/chat/completions", status), &[refused]);
    }
    bench
        .server
        .list(vec![Listed::new("a"), Listed::new("~b").alias_of("a").context(None).expiring("2026-12-01")]);
    for path in ["/models".to_owned(), "/key".to_owned(), format!("/generation?id={}", streamed.id())] {
        let (status, body) = bench.get(&path).await;
        let route = path.split('?').next().unwrap();
        check(&document, &answer_of(&document, "get", route, status), &[body]);
    }
}
