//! The emulator met over its socket, as a bot meets it: by plain HTTP, and by the real serenity and poise.

mod attachments;
mod bot;
mod crowd;
mod flows;
mod gateway;
mod interactions;
mod line;
mod openapi;
mod rest;
mod weather;
mod world_changes;

use serde_json::Value;

use super::{Emulator, Settings, World};
use crate::shutdown::Shutdown;

/// An emulator with a plain HTTP client that has the bot's token.
struct Rest {
    emulator: Emulator,
    client: reqwest::Client,
    shutdown: Shutdown,
}

/// An answer with its status.
struct Answered {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Rest {
    async fn start() -> Self {
        Self::start_with(Settings { limits: false, ..Settings::default() }).await
    }

    async fn start_with(settings: Settings) -> Self {
        Self::start_where(settings, World::playground()).await
    }

    async fn start_where(settings: Settings, world: World) -> Self {
        let shutdown = Shutdown::default();
        let emulator = Emulator::start(settings, world, &shutdown).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { emulator, client, shutdown }
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Answered {
        self.call_as("Bot emulator.dummy.token", method, path, body).await
    }

    async fn call_as(&self, authorization: &str, method: &str, path: &str, body: &Value) -> Answered {
        let url = format!("{}/api/v10{path}", self.emulator.origin());
        let request =
            self.client.request(method.parse().unwrap(), url).header("authorization", authorization);
        let request = if body.is_null() { request } else { request.json(body) };
        Self::answered(request).await
    }

    /// A call with files beside its body.
    async fn attach(&self, method: &str, path: &str, body: &Value, files: &[(&str, &[u8])]) -> Answered {
        let url = format!("{}/api/v10{path}", self.emulator.origin());
        let request = self.client.request(method.parse().unwrap(), url);
        let (kind, bytes) = with_files(body, files);
        let request = request.header("authorization", "Bot emulator.dummy.token");
        Self::answered(request.header("content-type", kind).body(bytes)).await
    }

    async fn answered(request: reqwest::RequestBuilder) -> Answered {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.unwrap();
        Answered { status, headers, body: serde_json::from_str(&body).unwrap_or_default() }
    }
}

/// A body with files, and its media type.
fn with_files(body: &Value, files: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut part = |disposition: String, content: &[u8]| {
        bytes.extend_from_slice(
            format!("--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").as_bytes(),
        );
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(b"\r\n");
    };
    part("name=\"payload_json\"".to_owned(), body.to_string().as_bytes());
    for (number, (name, content)) in files.iter().enumerate() {
        part(format!("name=\"files[{number}]\"; filename=\"{name}\""), content);
    }
    bytes.extend_from_slice(b"--x--\r\n");
    ("multipart/form-data; boundary=x".to_owned(), bytes)
}

impl Answered {
    /// Status and error code.
    fn refusal(&self) -> (u16, u64) {
        (self.status, self.body["code"].as_u64().unwrap())
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}
