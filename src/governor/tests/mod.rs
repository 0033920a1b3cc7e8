//! The governor against a small Discord on loopback that answers what it is told and remembers what it was asked.

mod calls;
mod doorway;
mod standin;

use serde_json::json;

use super::*;
use crate::ids::{ApplicationId, ChannelId, InteractionId, MessageId};
use standin::{Script, StandIn};

const TOKEN: &str = "test-token";
const CHANNEL: ChannelId = ChannelId::new(1);

/// Small settings, so that repeats take milliseconds.
fn settings(origin: String) -> Settings {
    Settings {
        guard: Guard::Refuse,
        backoff: Duration::from_millis(1),
        patience: Duration::from_secs(10),
        ..Settings::new(origin, secrecy::SecretString::new(TOKEN.to_owned()))
    }
}

fn client() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

struct Bench {
    discord: StandIn,
    governor: Governor,
    shutdown: Shutdown,
}

impl Bench {
    async fn new(script: impl IntoIterator<Item = Script>) -> Self {
        Self::with(script, |settings| settings).await
    }

    async fn with(
        script: impl IntoIterator<Item = Script>,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let shutdown = Shutdown::default();
        let discord = StandIn::start(script, &shutdown).await;
        let settings = change(settings(discord.origin.clone()));
        let governor = Governor::start(settings, client(), &shutdown).await.unwrap();
        Self { discord, governor, shutdown }
    }

    async fn call(&self, call: Call, class: Class) -> Result<Answer, CallError> {
        self.governor.call(call, class, &message()).await
    }

    /// A request as serenity makes it: `POST /api/v10/...`.
    fn knock(&self, request: &str) -> reqwest::RequestBuilder {
        let (method, path) = request.split_once(' ').unwrap();
        let url = format!("{}{path}", self.governor.door());
        client().request(method.parse().unwrap(), url).header("authorization", format!("Bot {TOKEN}"))
    }

    /// Completes when so many requests wait for a place.
    async fn until_waiting(&self, number: usize) {
        while self.governor.counters().waiting != number {
            tokio::task::yield_now().await;
        }
    }
}

fn message() -> Value {
    json!({ "content": "hello", "allowed_mentions": { "parse": [] } })
}

fn webhook_token() -> String {
    "webhook-token".to_owned()
}
