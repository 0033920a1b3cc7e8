//! Asking what a generation cost, over loopback.

use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::{Router, serve};
use tokio::net::TcpListener;

use super::*;
use crate::shutdown::Shutdown;

const SETTLED: &str = r#"{"data":{"id":"gen-1","total_cost":0.00014,"usage":9,"native_tokens_prompt":10,
    "native_tokens_completion":25,"native_tokens_reasoning":null,"native_tokens_cached":3,"provider_name":"Infermatic",
    "cancelled":true,"external_user":"x"}}"#;

/// What is made of one answer, and the path and key it was asked with.
async fn ask(id: &str, status: u16, body: &str) -> (Result<Generation, Unsettled>, Vec<String>) {
    let shutdown = Shutdown::default();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (log, body) = (Arc::clone(&asked), body.to_owned());
    let router = Router::new().fallback(async move |request: Request| {
        let key = request.headers()[AUTHORIZATION].to_str().unwrap();
        log.lock().unwrap().push(format!("{} {key}", request.uri()));
        (StatusCode::from_u16(status).unwrap(), body)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/api/v1/", listener.local_addr().unwrap());
    let stop = shutdown.clone();
    shutdown.spawn(async move { stop.unless_begun(async { serve(listener, router).await }).await });
    let key = HeaderValue::from_static("Bearer k");
    let found = fetch(&client(), &base_url, Some(&key), id, Duration::from_secs(600)).await;
    shutdown.begin();
    let asked = asked.lock().unwrap().clone();
    (found, asked)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test]
async fn figures_are_read_and_the_id_cannot_leave_its_place() {
    let (found, asked) = ask("gen-1&x=/../ü", 200, SETTLED).await;
    let expected = Generation {
        cost_nano_usd: 140_000,
        prompt_tokens: Some(10),
        completion_tokens: Some(25),
        reasoning_tokens: None,
        cached_tokens: Some(3),
        provider: Some("Infermatic".to_owned()),
        cancelled: Some(true),
    };
    assert_eq!(found, Ok(expected));
    assert_eq!(asked, ["/api/v1/generation?id=gen-1%26x%3D%2F..%2F%C3%BC Bearer k"]);
}

#[tokio::test]
async fn little_is_enough_and_no_cost_is_not_settled() {
    let (found, _) = ask("g", 200, r#"{"data":{"usage":"0.000000001"}}"#).await;
    let found = found.unwrap();
    assert_eq!((found.cost_nano_usd, found.prompt_tokens, found.cancelled), (1, None, None));
    assert_eq!(ask("g", 200, r#"{"data":{"total_cost":null}}"#).await.0, Err(Unsettled::NotYet));
}

#[tokio::test]
async fn statuses_and_garbage_say_whether_to_ask_again() {
    for status in [401, 402, 403, 404, 429, 500, 502, 503, 524, 529] {
        assert_eq!(ask("g", status, SETTLED).await.0, Err(Unsettled::NotYet), "{status}");
    }
    for status in [301, 400] {
        assert_eq!(ask("g", status, SETTLED).await.0, Err(Unsettled::Never), "{status}");
    }
    for body in ["", "<html>", "[]", "{}", r#"{"data":7}"#, r#"{"data":{"total_cost":-1}}"#] {
        assert_eq!(ask("g", 200, body).await.0, Err(Unsettled::Never), "{body}");
    }
}

#[tokio::test]
async fn the_body_is_bounded() {
    let fitting = format!("{}{SETTLED}", " ".repeat(MAX_BODY - SETTLED.len()));
    assert!(ask("g", 200, &fitting).await.0.is_ok());
    assert_eq!(ask("g", 200, &format!(" {fitting}")).await.0, Err(Unsettled::Never));
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_may_be_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    // It takes the connection and says nothing.
    let silent = fetch(&client(), &base_url, None, "g", Duration::from_millis(50)).await;
    assert_eq!(silent, Err(Unsettled::NotYet));
    drop(listener);
    let away = fetch(&client(), &base_url, None, "g", Duration::from_secs(600)).await;
    assert_eq!(away, Err(Unsettled::NotYet));
}
