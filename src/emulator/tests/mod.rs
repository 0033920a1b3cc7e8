//! The emulator met over its socket, as a bot meets it: by plain HTTP, and by the real serenity and poise.

mod bot;
mod flows;
mod interactions;
mod openapi;
mod rest;
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
        let shutdown = Shutdown::default();
        let emulator = Emulator::start(settings, World::playground(), &shutdown).await.unwrap();
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
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.unwrap();
        Answered { status, headers, body: serde_json::from_str(&body).unwrap_or_default() }
    }
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
