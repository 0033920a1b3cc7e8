use super::*;

#[tokio::test]
async fn a_call_goes_out_with_the_bots_token_and_tells_the_message() {
    let bench = Bench::new([]).await;
    let answer = bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap();
    assert_eq!(answer.message_id(), Some(MessageId::new(77)));
    let [asked] = bench.discord.asked().try_into().unwrap();
    assert_eq!(asked.line, "POST /api/v10/channels/1/messages");
    assert_eq!(asked.headers["authorization"], "Bot test-token");
    assert_eq!(asked.headers["content-type"], "application/json");
    assert!(asked.headers["user-agent"].to_str().unwrap().starts_with("DiscordBot ("));
    assert_eq!(asked.json(), message());
}

#[tokio::test]
async fn an_interactions_token_is_its_own_credential() {
    let bench = Bench::new([Script::Answer { status: 204, headers: vec![], body: String::new() }]).await;
    let body = json!({ "type": 5 });
    let callback = Call::Callback(InteractionId::new(5), webhook_token());
    let answer = bench.governor.call(callback, Class::Callback, &body).await.unwrap();
    assert_eq!((answer.status, answer.body), (204, Value::Null));
    assert!(!bench.discord.asked()[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn typing_has_no_body() {
    let bench = Bench::new([]).await;
    bench.governor.call(Call::Typing(CHANNEL), Class::Typing, &()).await.unwrap();
    let [asked] = bench.discord.asked().try_into().unwrap();
    assert!(asked.body.is_empty());
    assert_eq!(asked.headers["content-length"], "0");
    assert!(!asked.headers.contains_key("content-type"));
}

#[tokio::test]
async fn discords_errors_are_told_by_number_and_never_by_their_words() {
    let bench = Bench::new([Script::status(403)]).await;
    let error = bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap_err();
    let expected = CallError::Discord { status: 403, code: Some(50_001), message: "Some Words".to_owned() };
    assert_eq!(error, expected);
    assert_eq!(error.to_string(), "Discord answered 403, code 50001");
}

#[tokio::test]
async fn a_refusal_of_any_scope_is_waited_for() {
    for scope in ["user", "shared", "global"] {
        let bench = Bench::new([Script::refusal(scope)]).await;
        bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap();
        let counters = bench.governor.counters();
        assert_eq!(counters.sent, 2, "{scope}");
        let by_scope = [counters.refused_user, counters.refused_shared, counters.refused_global];
        assert_eq!(by_scope, ["user", "shared", "global"].map(|name| u64::from(name == scope)));
    }
}

#[tokio::test]
async fn refusals_are_repeated_five_times_and_intermediate_edits_never() {
    for (class, sent) in [(Class::FinalEdit, 6), (Class::Intermediate, 1)] {
        let bench = Bench::new(vec![Script::refusal("user"); 10]).await;
        let error = bench.call(Call::EditMessage(CHANNEL, MessageId::new(2)), class).await.unwrap_err();
        assert!(matches!(error, CallError::Discord { status: 429, .. }), "{error:?}");
        assert_eq!(bench.discord.asked().len(), sent, "{class:?}");
    }
}

#[tokio::test]
async fn a_refusal_without_a_wait_is_not_repeated() {
    let page = Script::Answer { status: 429, headers: vec![], body: "<html>blocked</html>".to_owned() };
    let bench = Bench::new([page]).await;
    bench.call(Call::EditMessage(CHANNEL, MessageId::new(2)), Class::FinalEdit).await.unwrap_err();
    assert_eq!(bench.governor.counters().refused_outside, 1);
    assert_eq!(bench.discord.asked().len(), 1);
}

#[tokio::test]
async fn faults_are_repeated_only_where_discord_tells_the_repeat_apart() {
    let edit = || Call::EditMessage(CHANNEL, MessageId::new(2));
    let create = || Call::CreateMessage(CHANNEL);
    let plain = message();
    let mut with_nonce = message();
    with_nonce["nonce"] = json!("abc");
    with_nonce["enforce_nonce"] = json!(true);
    for (call, body, sent) in [(edit(), &plain, 3), (create(), &with_nonce, 3), (create(), &plain, 1)] {
        let bench = Bench::new([502, 503].map(Script::status)).await;
        let result = bench.governor.call(call, Class::FinalEdit, body).await;
        assert_eq!(result.is_ok(), sent == 3);
        assert_eq!(bench.discord.asked().len(), sent);
    }
}

#[tokio::test]
async fn faults_are_repeated_three_times() {
    let bench = Bench::new(vec![Script::status(500); 10]).await;
    let error =
        bench.call(Call::EditMessage(CHANNEL, MessageId::new(2)), Class::FinalEdit).await.unwrap_err();
    assert!(matches!(error, CallError::Discord { status: 500, .. }), "{error:?}");
    assert_eq!(bench.discord.asked().len(), 4);
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_fault_too() {
    for (call, expected) in
        [(Call::EditMessage(CHANNEL, MessageId::new(2)), 4), (Call::CreateMessage(CHANNEL), 1)]
    {
        let shutdown = Shutdown::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let governor = Governor::start(settings(origin), client(), &shutdown).await.unwrap();
        let mut broken = 0;
        let breaking = async {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.readable().await.unwrap();
                broken += 1;
            }
        };
        let body = message();
        tokio::select! {
            () = breaking => {}
            result = governor.call(call, Class::FinalEdit, &body) => assert_eq!(result, Err(CallError::Unreachable)),
        }
        assert_eq!(broken, expected);
    }
}

#[tokio::test]
async fn a_silent_discord_is_given_up() {
    let quick = |settings| Settings { attempt: Duration::from_millis(20), ..settings };
    let bench = Bench::with([Script::Silence], quick).await;
    let result = bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await;
    assert_eq!(result, Err(CallError::Timeout));
}

#[tokio::test]
async fn nothing_is_sent_after_the_token_was_refused() {
    let bench = Bench::new([Script::status(401)]).await;
    let first = bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await;
    assert!(matches!(first, Err(CallError::Discord { status: 401, .. })), "{first:?}");
    let second = bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await;
    assert_eq!(second, Err(CallError::Stopped));
    assert_eq!(bench.knock("GET /api/v10/users/@me").send().await.unwrap().status(), 401);
    assert_eq!(bench.discord.asked().len(), 1);
}

#[tokio::test]
async fn a_refused_interaction_token_is_no_reason_to_stop() {
    let bench = Bench::new([Script::status(401)]).await;
    bench.call(Call::FollowUp(ApplicationId::new(3), webhook_token()), Class::FirstWords).await.unwrap_err();
    bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap();
}

#[tokio::test]
async fn a_body_that_could_ping_is_refused_or_repaired() {
    let body = json!({ "content": "@everyone" });
    let bench = Bench::new([]).await;
    let refused = bench.governor.call(Call::CreateMessage(CHANNEL), Class::FirstWords, &body).await;
    assert_eq!(refused, Err(CallError::UnguardedMentions));
    assert!(bench.discord.asked().is_empty());

    let bench = Bench::with([], |settings| Settings { guard: Guard::Repair, ..settings }).await;
    bench.governor.call(Call::CreateMessage(CHANNEL), Class::FirstWords, &body).await.unwrap();
    assert_eq!(
        bench.discord.asked()[0].json()["allowed_mentions"],
        json!({ "parse": [], "replied_user": false })
    );
    assert_eq!(bench.governor.counters().repaired, 1);
}

/// A place that keeps others of its route waiting: nothing is known of the route before its answer.
async fn only_place(bench: &Bench) -> Place {
    bench.governor.place(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap()
}

#[tokio::test]
async fn a_full_queue_is_told_in_words() {
    let bench = Bench::with([], |settings| Settings { queue: 1, ..settings }).await;
    let place = only_place(&bench).await;
    let others = async {
        bench.until_waiting(1).await;
        let refused = bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await;
        assert_eq!(refused, Err(CallError::Refused(Refused::QueueFull)));
        let post = bench.knock("POST /api/v10/channels/1/messages").json(&message());
        assert_eq!(post.send().await.unwrap().status(), 503);
        drop(place);
    };
    tokio::join!(only_place(&bench), others);
    assert_eq!(bench.governor.counters().waits.waited, 1);
}

#[tokio::test]
async fn a_wait_without_end_is_given_up() {
    let bench =
        Bench::with([], |settings| Settings { patience: Duration::from_millis(20), ..settings }).await;
    let _place = only_place(&bench).await;
    let late = bench.governor.place(Call::CreateMessage(CHANNEL), Class::FirstWords).await;
    assert_eq!(late.err(), Some(Refused::TooLong));
    let counters = bench.governor.counters();
    assert_eq!(counters.waiting, 0);
    assert_eq!((counters.waits.waited, counters.waits.all), (1, 2), "what waited in vain counts, too");
    assert!(counters.waits.p99_ms >= 20, "{counters:?}");
}

#[tokio::test]
async fn patience_is_over_once_for_the_place_and_the_repeats_together() {
    let brief = |settings| Settings { patience: Duration::from_millis(50), ..settings };
    let bench = Bench::with([Script::status(503)], brief).await;
    let edit = || bench.governor.place(Call::EditMessage(CHANNEL, MessageId::new(2)), Class::FinalEdit);
    let first = edit().await.unwrap();
    // It came later, so the patience of the first is over, too.
    assert_eq!(edit().await.err(), Some(Refused::TooLong));
    let sent = first.send(&message()).await;
    assert!(matches!(sent, Err(CallError::Discord { status: 503, .. })), "{sent:?}");
    assert_eq!(bench.discord.asked().len(), 1);
}

#[tokio::test]
async fn a_callback_is_not_waited_for_when_it_is_too_late() {
    let slow = |settings| Settings {
        patience: Duration::from_millis(50),
        attempt: Duration::from_secs(3600),
        ..settings
    };
    let bench = Bench::with([Script::Silence], slow).await;
    let callback = Call::Callback(InteractionId::new(5), webhook_token());
    let body = json!({ "type": 5 });
    let called = bench.governor.call(callback, Class::Callback, &body);
    let called = tokio::time::timeout(Duration::from_secs(30), called).await;
    assert_eq!(called, Ok(Err(CallError::Timeout)));
}

#[tokio::test]
async fn the_gateway_is_asked_for_until_discord_answers() {
    let address = json!({ "url": "ws://127.0.0.1:9" });
    let faults = vec![Script::status(503); 6];
    let bench = Bench::new(faults.into_iter().chain([Script::json(200, &address)])).await;
    assert_eq!(bench.governor.gateway().await.unwrap().url, "ws://127.0.0.1:9");
    assert_eq!(bench.discord.lines()[0], "GET /api/v10/gateway/bot");
}

#[tokio::test]
async fn asking_for_the_gateway_ends_with_its_time_a_refusal_or_the_stop() {
    let brief = |settings| Settings { start: Duration::from_millis(20), ..settings };
    let bench = Bench::with(vec![Script::status(503); 100], brief).await;
    assert!(matches!(bench.governor.gateway().await, Err(CallError::Discord { status: 503, .. })));

    let bench = Bench::new([Script::status(401)]).await;
    assert!(matches!(bench.governor.gateway().await, Err(CallError::Discord { status: 401, .. })));

    let bench = Bench::new([Script::Silence]).await;
    bench.shutdown.begin();
    assert_eq!(bench.governor.gateway().await, Err(CallError::Stopped));
}

#[tokio::test]
async fn a_file_goes_along_with_its_message_and_is_named_in_it() {
    let bench = Bench::new([]).await;
    let place =
        bench.governor.place(Call::EditMessage(CHANNEL, MessageId::new(2)), Class::FinalEdit).await.unwrap();
    let file = File { name: "an\"swer.md".to_owned(), bytes: b"# All of it".to_vec() };
    place.send_with_file(&message(), file).await.unwrap();
    let [asked] = bench.discord.asked().try_into().unwrap();
    assert!(asked.headers["content-type"].to_str().unwrap().starts_with("multipart/form-data; boundary="));
    let body = String::from_utf8(asked.body).unwrap();
    assert!(body.contains("name=\"files[0]\"; filename=\"an%22swer.md\""), "{body}");
    assert!(body.contains("# All of it"), "{body}");
    let payload = body.split("\r\n").find(|line| line.starts_with('{')).unwrap();
    let mut expected = message();
    expected["attachments"] = json!([{ "id": "0", "filename": "an\"swer.md" }]);
    assert_eq!(serde_json::from_str::<Value>(payload).unwrap(), expected);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_in_words_and_never_sent() {
    let bench = Bench::new([]).await;
    let file = |size| File { name: "a".to_owned(), bytes: vec![b'x'; size] };
    for (size, fits) in [((25 << 20) - 2_000, true), (25 << 20, false)] {
        let place = bench.governor.place(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap();
        let sent = place.send_with_file(&message(), file(size)).await;
        assert_eq!(sent.is_ok(), fits, "{sent:?}");
        assert!(fits || sent == Err(CallError::TooLarge));
    }
    assert_eq!(bench.discord.asked().len(), 1);
}

#[tokio::test]
async fn a_message_with_a_file_passes_the_guard_like_any_other() {
    let bench = Bench::new([]).await;
    let place = bench.governor.place(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap();
    let file = File { name: "a.md".to_owned(), bytes: Vec::new() };
    let refused = place.send_with_file(&json!({ "content": "@everyone" }), file).await;
    assert_eq!(refused, Err(CallError::UnguardedMentions));
    assert!(bench.discord.asked().is_empty());
}

#[tokio::test]
async fn what_discord_refuses_is_counted_and_then_stops_what_can_be_done_without() {
    let careful = |settings: Settings| {
        let invalid = InvalidBounds { sparing: 2, paused: 4, silent: 5 };
        Settings { rules: Rules { invalid, ..Rules::default() }, ..settings }
    };
    let shared = Script::refusal("shared");
    let script =
        [shared, Script::status(403), Script::status(403), Script::status(403), Script::refusal("user")];
    let bench = Bench::with(script, careful).await;
    let edit = |class| bench.call(Call::EditMessage(CHANNEL, MessageId::new(2)), class);
    edit(Class::FinalEdit).await.unwrap_err();
    assert_eq!(bench.governor.counters().invalid, 1, "a shared limit does not count");
    edit(Class::FinalEdit).await.unwrap_err();
    assert_eq!(bench.governor.counters().standing, Standing::Sparing);
    assert!(bench.governor.pressure().sparing);
    let sent = bench.governor.counters().sent;
    assert_eq!(edit(Class::Intermediate).await, Err(CallError::Refused(Refused::Paused)));
    assert_eq!(
        bench.governor.call(Call::Typing(CHANNEL), Class::Typing, &()).await,
        Err(CallError::Refused(Refused::Paused))
    );
    assert_eq!(bench.governor.counters().sent, sent);
    edit(Class::FinalEdit).await.unwrap_err();
    // The fourth: its repeat finds the door closed.
    edit(Class::FinalEdit).await.unwrap_err();
    assert_eq!(bench.governor.counters().standing, Standing::Paused);
    assert_eq!(edit(Class::FinalEdit).await, Err(CallError::Refused(Refused::Paused)));
    let door = bench.knock("GET /api/v10/channels/1").send().await.unwrap();
    assert_eq!(door.status(), 503);
    let callback = Call::Callback(InteractionId::new(5), webhook_token());
    bench.governor.call(callback, Class::Callback, &json!({ "type": 5 })).await.unwrap();
    let counters = bench.governor.counters();
    assert_eq!((counters.unsent.paused, counters.invalid), (5, 4), "{counters:?}");
}

#[tokio::test]
async fn with_the_limits_kept_elsewhere_a_refusal_is_waited_for_all_the_same() {
    let bench =
        Bench::with([Script::refusal("user")], |settings| Settings { mode: Mode::Off, ..settings }).await;
    bench.call(Call::CreateMessage(CHANNEL), Class::FirstWords).await.unwrap();
    let counters = bench.governor.counters();
    assert_eq!((counters.sent, counters.refused_user, counters.standing), (2, 1, Standing::Off));
}

#[tokio::test]
async fn what_was_not_sent_is_counted_by_its_reason() {
    let bench =
        Bench::with([], |settings| Settings { queue: 1, patience: Duration::from_millis(50), ..settings })
            .await;
    let _place = only_place(&bench).await;
    let ask = || bench.governor.place(Call::CreateMessage(CHANNEL), Class::FirstWords);
    let (first, second) = tokio::join!(ask(), ask());
    assert_eq!((first.err(), second.err()), (Some(Refused::TooLong), Some(Refused::QueueFull)));
    let counters = bench.governor.counters();
    assert_eq!((counters.unsent.too_long, counters.unsent.queue_full), (1, 1));
    assert_eq!(counters.waiting_by_class, ByClass::default());
}
