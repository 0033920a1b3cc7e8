//! The server as a plain client meets it, over loopback; what becomes of a stream in the real client is tested in `llm`.

mod account;
mod catalog;
mod dialects;
mod failover;
mod faults;
mod framing;
mod generation;
mod openapi;
mod surface;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::*;
use crate::shutdown::Shutdown;

/// A server and a client that reads whatever comes.
struct Bench {
    server: ModelServer,
    client: reqwest::Client,
    shutdown: Shutdown,
}

/// What came back.
#[derive(Debug)]
struct Heard {
    status: u16,
    headers: HeaderMap,
    /// As they were written.
    writes: Vec<Vec<u8>>,
    /// The connection broke before the body's end.
    broken: bool,
}

impl Bench {
    async fn start() -> Self {
        Self::with(ModelSettings::default()).await
    }

    async fn with(settings: ModelSettings) -> Self {
        let shutdown = Shutdown::default();
        let server = ModelServer::start(settings, &shutdown).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { server, client, shutdown }
    }

    /// One answer, streamed under OpenRouter's path.
    async fn hear(&self, answer: Answer) -> Heard {
        self.server.script(answer);
        self.ask(&hello("m")).await
    }

    async fn ask(&self, body: &Value) -> Heard {
        self.post(&self.server.base_url(), body).await
    }

    async fn post(&self, base: &str, body: &Value) -> Heard {
        Heard::read(self.request(base, body).send().await.unwrap()).await
    }

    fn request(&self, base: &str, body: &Value) -> reqwest::RequestBuilder {
        self.client.post(format!("{base}/chat/completions")).json(body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.server.base_url());
        let response = self.client.get(url).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
    }

    /// The figures of an answer that has ended, by its id.
    async fn generation(&self, id: &str) -> Value {
        let (status, body) = self.get(&format!("/generation?id={id}")).await;
        assert_eq!(status, 200, "{body}");
        body["data"].clone()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

impl Heard {
    async fn read(mut response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut heard = Self { status, headers, writes: Vec::new(), broken: false };
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => heard.writes.push(piece.to_vec()),
                Ok(None) => return heard,
                Err(_) => {
                    heard.broken = true;
                    return heard;
                }
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.writes.concat()).into_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The JSON of the events, in the plain framing.
    fn chunks(&self) -> Vec<Value> {
        let text = self.text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    /// The text that was said.
    fn said(&self) -> String {
        let chunks = self.chunks();
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect()
    }

    fn is_done(&self) -> bool {
        self.text().ends_with("data: [DONE]\n\n")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn id(&self) -> String {
        self.header("x-generation-id").unwrap().to_owned()
    }

    fn usage(&self) -> Value {
        let chunks = self.chunks();
        chunks.iter().rfind(|chunk| chunk.get("usage").is_some()).unwrap()["usage"].clone()
    }
}

/// A streamed request for this model.
fn hello(model: &str) -> Value {
    json!({"model": model, "stream": true, "messages": [{"role": "user", "content": "hello"}]})
}
