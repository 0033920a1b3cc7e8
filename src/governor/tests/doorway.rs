use super::*;

/// Status and words of a refusal in Discord's shape.
async fn refusal(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], 0);
    (status, body["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_door_passes_on_what_discord_needs_and_nothing_else() {
    let bench = Bench::new([Script::json(201, &json!({ "id": "5" }))]).await;
    let answer = bench
        .knock("PUT /api/v10/guilds/1/bans/2?reason=a%20b")
        .header("x-audit-log-reason", "because")
        .header("x-private", "secret")
        .json(&json!({ "delete_message_seconds": 0 }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "id": "5" }));
    let [asked] = bench.discord.asked().try_into().unwrap();
    assert_eq!(asked.line, "PUT /api/v10/guilds/1/bans/2?reason=a%20b");
    assert_eq!(asked.headers["authorization"], "Bot test-token");
    assert_eq!(asked.headers["x-audit-log-reason"], "because");
    assert!(!asked.headers.contains_key("x-private"));
    assert_eq!(asked.json(), json!({ "delete_message_seconds": 0 }));
}

#[tokio::test]
async fn discords_errors_pass_unchanged() {
    let bench = Bench::new([Script::status(404)]).await;
    let answer = bench.knock("GET /api/v10/channels/1").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], 50_001);
}

#[tokio::test]
async fn without_the_secret_there_is_nothing() {
    let bench = Bench::new([]).await;
    let door = bench.governor.door();
    let (address, secret) = door.rsplit_once('/').unwrap();
    assert_eq!(secret.len(), 32);
    for url in [
        format!("{address}/api/v10/gateway"),
        format!("{address}/{}/api/v10/gateway", "0".repeat(32)),
        format!("{door}x/api/v10/gateway"),
        door.clone(),
    ] {
        let request = client().get(url).header("authorization", format!("Bot {TOKEN}"));
        assert_eq!(refusal(request).await.0, 404);
    }
    assert!(bench.discord.asked().is_empty());
}

#[tokio::test]
async fn only_the_bots_token_opens_the_door() {
    let bench = Bench::new([]).await;
    let url = format!("{}/api/v10/users/@me", bench.governor.door());
    for header in [None, Some("Bot other-token"), Some("test-token"), Some("Bot test-tokens")] {
        let mut request = client().get(&url);
        if let Some(value) = header {
            request = request.header("authorization", value);
        }
        assert_eq!(refusal(request).await, (401, "401: Unauthorized".to_owned()), "{header:?}");
    }
    let callback = format!("{}/api/v10/interactions/5/tok/callback", bench.governor.door());
    let answer = client().post(callback).json(&json!({ "type": 1 })).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(bench.discord.lines(), ["POST /api/v10/interactions/5/tok/callback"]);
}

#[tokio::test]
async fn a_path_outside_the_api_goes_nowhere() {
    let bench = Bench::new([]).await;
    for path in ["/oauth2/token", "/api/v10//channels/1", "/api/v10/channels/1%2F2"] {
        assert_eq!(refusal(bench.knock(&format!("GET {path}"))).await.0, 400, "{path}");
    }
    assert!(bench.discord.asked().is_empty());
}

#[tokio::test]
async fn the_guard_stands_at_the_door_too() {
    let bench = Bench::new([]).await;
    let post = || bench.knock("POST /api/v10/channels/1/messages");
    let (status, words) = refusal(post().json(&json!({ "content": "@everyone" }))).await;
    assert_eq!((status, words.contains("mentions nobody")), (400, true), "{words}");
    let form = post().header("content-type", "application/x-www-form-urlencoded").body("content=%40everyone");
    assert_eq!(refusal(form).await.0, 400);
    let legacy = "--x\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\n@everyone\r\n--x--";
    let legacy = post().header("content-type", "multipart/form-data; boundary=x").body(legacy);
    assert!(refusal(legacy).await.1.contains("form"));
    let (status, words) = refusal(form_of(&bench, "{\"content\":\"@everyone\"}")).await;
    assert_eq!((status, words.contains("mentions nobody")), (400, true), "{words}");
    let slack = bench.knock("POST /api/v10/webhooks/1/tok/slack").json(&json!({ "text": "<!channel>" }));
    assert_eq!(refusal(slack).await.0, 400);
    assert!(bench.discord.asked().is_empty());
    assert_eq!(post().json(&message()).send().await.unwrap().status(), 200);
}

/// A message with a file, as serenity sends it.
fn form_of(bench: &Bench, payload: &str) -> reqwest::RequestBuilder {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"a.txt\"\r\n\
         Content-Type: text/plain\r\n\r\nwords\r\n\
         --x\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{payload}\r\n--x--\r\n"
    );
    let post = bench.knock("POST /api/v10/channels/1/messages");
    post.header("content-type", "multipart/form-data; boundary=x").body(body)
}

#[tokio::test]
async fn files_pass_the_door_with_their_message() {
    let bench = Bench::new([]).await;
    assert_eq!(form_of(&bench, &message().to_string()).send().await.unwrap().status(), 200);
    let body = String::from_utf8(bench.discord.asked()[0].body.clone()).unwrap();
    assert!(body.contains(&message().to_string()), "{body}");
    assert!(body.contains("filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nwords\r\n"), "{body}");
}

#[tokio::test]
async fn repaired_bodies_reach_discord_without_a_ping() {
    let bench = Bench::with([], |settings| Settings { guard: Guard::Repair, ..settings }).await;
    let body = json!({ "type": 4, "data": { "content": "@everyone", "allowed_mentions": { "parse": ["everyone"] } } });
    let post = bench.knock("POST /api/v10/interactions/5/tok/callback");
    assert_eq!(post.json(&body).send().await.unwrap().status(), 200);
    let data = &bench.discord.asked()[0].json()["data"];
    assert_eq!(data["content"], "@everyone");
    assert_eq!(data["allowed_mentions"], json!({ "parse": [], "replied_user": false }));
}

#[tokio::test]
async fn a_request_larger_than_discord_takes_is_refused() {
    let bench = Bench::new([]).await;
    let body = vec![b' '; (25 << 20) + 1];
    let answer = bench.knock("POST /api/v10/guilds/1/emojis").body(body).send().await;
    // The door answers without reading to the end; the client may see that as a broken connection.
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == 413));
    assert!(bench.discord.asked().is_empty());
}

#[tokio::test]
async fn a_governor_before_this_one_is_told_of_the_limits() {
    let headers = vec![("x-ratelimit-bucket", "abc"), ("x-ratelimit-remaining", "4"), ("x-other", "1")];
    let bench = Bench::new([Script::Answer { status: 200, headers, body: "{}".to_owned() }]).await;
    let answer = bench.knock("GET /api/v10/channels/1").send().await.unwrap();
    assert_eq!(answer.headers()["x-ratelimit-bucket"], "abc");
    assert_eq!(answer.headers()["x-ratelimit-remaining"], "4");
    assert!(!answer.headers().contains_key("x-other"));
}

#[tokio::test]
async fn limits_hold_at_the_door() {
    let bench = Bench::new([Script::refusal("user"), Script::status(502)]).await;
    let answer = bench.knock("GET /api/v10/channels/1").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(bench.governor.counters().sent, 3);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_the_queue() {
    let bench = Bench::new([]).await;
    let place = bench.governor.place(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap();
    let request = bench.knock("POST /api/v10/channels/1/messages").json(&message()).send();
    tokio::select! {
        _ = request => panic!("there was no place"),
        () = bench.until_waiting(1) => {}
    }
    bench.until_waiting(0).await;
    drop(place);
    assert!(bench.discord.asked().is_empty());
}

#[tokio::test]
async fn closing_ends_the_door_and_spares_the_stop() {
    let bench = Bench::new([]).await;
    bench.shutdown.begin();
    bench.shutdown.drain(Duration::from_secs(10)).await;
    assert!(bench.governor.close(Duration::from_secs(10)).await);
    assert!(bench.knock("GET /api/v10/channels/1").send().await.is_err());
}
