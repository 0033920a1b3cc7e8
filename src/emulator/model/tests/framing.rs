//! Odd framings, each read by the rules of WHATWG and nothing else.

use super::*;

/// The data of the events in these bytes.
fn read(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let mut data: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.is_empty() && !data.is_empty() {
            events.push(data.join("\n"));
            data.clear();
        }
        if let Some(value) = line.strip_prefix("data:") {
            data.push(value.strip_prefix(' ').unwrap_or(value));
        }
    }
    events
}

#[tokio::test]
async fn every_framing_carries_the_same_events() {
    const SAID: &str = "A crab 🦀 and a \u{fffd}: done.";
    let bench = Bench::start().await;
    for case in cases::framings(SAID) {
        let heard = bench.hear(case.answer).await;
        let mut events = read(&heard.writes.concat());
        assert_eq!(events.pop().as_deref(), Some("[DONE]"), "{}", case.name);
        let chunks: Vec<Value> = events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
        let said: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        assert_eq!(said, SAID, "{}", case.name);
    }
}

#[tokio::test]
async fn writes_are_as_small_or_as_large_as_asked() {
    let bench = Bench::start().await;
    let bytewise = bench.hear(Answer::text("🦀").framed(Framing::Bytewise)).await;
    assert!(bytewise.writes.iter().all(|write| write.len() == 1));
    let plain = bench.hear(Answer::text("One two three.")).await;
    assert_eq!(plain.writes.len(), 7, "a comment, three tokens, finish, usage, done");
    let together = bench.hear(Answer::text("One two three.").framed(Framing::Together)).await;
    assert_eq!((together.writes.len(), together.said().as_str()), (1, "One two three."));
    let (held, gate) = Answer::text("One.").framed(Framing::Crlf).hold();
    gate.open();
    assert!(bench.hear(held).await.text().ends_with("data: [DONE]\r\n\r\n"));
    let broken = bench.hear(Answer::text("a \u{fffd}").framed(Framing::Broken)).await;
    assert!(broken.writes.concat().contains(&0xff));
    let large = bench.hear(Answer::text("One.").with_image(1_100_000)).await;
    assert!(large.chunks().iter().any(|chunk| chunk.to_string().len() > 1024 * 1024));
    let raw = bench.hear(Answer::events("data: x\n\ndata: y\n\n").framed(Framing::Bytewise)).await;
    assert_eq!(raw.writes.len(), 18);
}
