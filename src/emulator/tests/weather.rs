//! REST in bad weather.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Answered, Rest};
use crate::emulator::playground::{GENERAL, KIM};
use crate::emulator::{RestFault, RestFaultKind, Scope};

const CREATE: &str = "POST /channels/{channel_id}/messages";

impl Rest {
    fn fail(&self, kind: RestFaultKind) {
        self.emulator.fail_rest(RestFault { template: Some(CREATE), times: 1, kind });
    }

    async fn post(&self) -> Answered {
        self.call("POST", &format!("/channels/{GENERAL}/messages"), &json!({ "content": "x" })).await
    }

    /// Whether the connection breaks without an answer.
    async fn breaks(&self) -> bool {
        let url = format!("{}/api/v10/channels/{GENERAL}/messages", self.emulator.origin());
        let request = self.client.post(url).header("authorization", "Bot emulator.dummy.token");
        request.json(&json!({ "content": "x" })).send().await.is_err()
    }

    fn written(&self) -> usize {
        self.emulator.messages(GENERAL, KIM).len()
    }
}

#[tokio::test]
async fn a_status_comes_instead_of_the_work_or_after_it() {
    let rest = Rest::start().await;
    rest.fail(RestFaultKind::Status(503));
    rest.fail(RestFaultKind::StatusAfter(500));
    assert_eq!(
        (rest.call("GET", "/users/@me", &Value::Null).await.status, rest.emulator.rest_faults()),
        (200, 2)
    );
    assert_eq!((rest.post().await.status, rest.written()), (503, 0));
    assert_eq!((rest.post().await.status, rest.written()), (500, 1));
    assert_eq!((rest.post().await.status, rest.written()), (200, 2));
    let statuses: Vec<_> = rest.emulator.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 503, 500, 200]);
}

#[tokio::test]
async fn a_connection_breaks_before_the_work_or_after_it() {
    let rest = Rest::start().await;
    rest.fail(RestFaultKind::Break);
    rest.fail(RestFaultKind::BreakAfter);
    assert!(rest.breaks().await);
    assert_eq!(rest.written(), 0);
    assert!(rest.breaks().await);
    assert_eq!(rest.written(), 1);
    assert!(!rest.breaks().await);
    let statuses: Vec<_> = rest.emulator.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [0, 0, 200]);
}

#[tokio::test]
async fn a_request_hangs_until_its_client_leaves_and_others_do_not() {
    let rest = Rest::start().await;
    rest.fail(RestFaultKind::Hang);
    let hanging = rest.post();
    tokio::pin!(hanging);
    while rest.emulator.rest_faults() > 0 {
        let other = rest.call("GET", "/users/@me", &Value::Null);
        tokio::select! {
            _ = &mut hanging => panic!("it was answered"),
            answered = other => assert_eq!(answered.status, 200),
        }
    }
    assert_eq!((rest.post().await.status, rest.written()), (200, 1));
}

#[tokio::test]
async fn a_limit_names_its_scope() {
    let rest = Rest::start().await;
    let retry_after = Duration::from_millis(1_500);
    for (scope, name) in [(Scope::User, "user"), (Scope::Shared, "shared"), (Scope::Global, "global")] {
        rest.fail(RestFaultKind::Limited { scope, retry_after });
        let limited = rest.post().await;
        assert_eq!((limited.status, limited.headers["x-ratelimit-scope"].to_str().unwrap()), (429, name));
        assert_eq!(limited.body["retry_after"], 1.5);
        assert_eq!(limited.body["global"], scope == Scope::Global);
        assert_eq!(limited.headers.contains_key("x-ratelimit-bucket"), scope == Scope::User);
    }
    assert_eq!((rest.emulator.refused(), rest.written()), (3, 0));
    rest.emulator.share_limit(GENERAL, Duration::from_secs(60));
    assert_eq!(rest.post().await.status, 429);
    assert_eq!((rest.emulator.refused(), rest.emulator.made_refusals()), (4, 3), "the last was a real one");
}

#[tokio::test]
async fn cloudflare_answers_with_a_page_and_no_time() {
    let rest = Rest::start().await;
    rest.emulator.fail_rest(RestFault { template: None, times: 2, kind: RestFaultKind::Cloudflare });
    let limited = rest.post().await;
    assert_eq!((limited.status, &limited.body), (429, &Value::Null));
    assert!(!limited.headers.contains_key("retry-after"));
    assert!(limited.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    rest.emulator.clear_rest_faults();
    assert_eq!(rest.post().await.status, 200);
}

#[tokio::test]
async fn a_slow_discord_takes_its_time() {
    let rest = Rest::start().await;
    let latency = Duration::from_millis(40);
    rest.emulator.slow_rest(latency);
    rest.fail(RestFaultKind::Latency(latency));
    let began = Instant::now();
    assert_eq!(rest.post().await.status, 200);
    assert!(began.elapsed() >= latency * 2);
    rest.emulator.slow_rest(Duration::ZERO);
    assert_eq!(rest.post().await.status, 200);
    assert_eq!(rest.written(), 2);
}
