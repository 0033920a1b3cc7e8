//! The gateway in bad weather, met by a bare client.

use std::time::Duration;

use serde_json::json;

use super::Rest;
use super::line::Line;
use crate::emulator::playground::{BOT, GENERAL, GUILD, KIM, KIM_DM, ROBIN};
use crate::emulator::{Order, SessionStarts, Settings};
use crate::ids::MessageId;

fn say(rest: &Rest, text: &str) -> MessageId {
    rest.emulator.say(KIM, GENERAL, text).unwrap()
}

#[tokio::test]
async fn a_session_is_taken_up_again_where_ready_said() {
    let rest = Rest::start().await;
    let lost = Line::ready(&rest.emulator).await;
    assert_eq!(rest.emulator.drop_sockets(), 1);
    say(&rest, "missed");
    let mut again = Line::dial(&lost.resume_url).await;
    again.resume(&lost).await;
    assert_eq!(again.texts(1).await, ["missed"]);
    again.event("RESUMED").await;
    assert_eq!((rest.emulator.resumes(), rest.emulator.resumes_elsewhere()), (1, 0));
    let mut astray = Line::dial(&rest.emulator.gateway_url()).await;
    astray.resume(&lost).await;
    astray.texts(1).await;
    assert_eq!((rest.emulator.resumes(), rest.emulator.resumes_elsewhere()), (2, 1));
}

#[tokio::test]
async fn a_client_that_is_asked_to_reconnect_and_stays_is_closed() {
    let settings = Settings { reconnect_grace: Duration::ZERO, limits: false, ..Settings::default() };
    let rest = Rest::start_with(settings).await;
    let mut line = Line::ready(&rest.emulator).await;
    assert_eq!(rest.emulator.ask_to_reconnect(), 1);
    assert_eq!(line.next().await["op"], 7);
    assert_eq!(line.closed().await, Some(4000));
    let mut again = Line::dial(&line.resume_url).await;
    again.resume(&line).await;
    again.event("RESUMED").await;
}

#[tokio::test]
async fn an_invalid_session_can_be_resumed_only_when_discord_says_so() {
    let rest = Rest::start().await;
    let mut line = Line::ready(&rest.emulator).await;
    assert_eq!(rest.emulator.invalidate_sessions(true), 1);
    let invalid = line.next().await;
    assert_eq!((&invalid["op"], &invalid["d"]), (&json!(9), &json!(true)));
    assert_eq!(rest.emulator.sessions(), 0);
    let mut again = Line::dial(&line.resume_url).await;
    again.resume(&line).await;
    again.event("RESUMED").await;
    rest.emulator.invalidate_sessions(false);
    assert_eq!(again.next().await["d"], false);
    let mut third = Line::dial(&line.resume_url).await;
    third.resume(&line).await;
    let refused = third.next().await;
    assert_eq!((&refused["op"], &refused["d"]), (&json!(9), &json!(false)));
    again.identify(json!([0, 1])).await;
    again.event("READY").await;
}

#[tokio::test]
async fn closing_codes_keep_or_end_the_session_as_discord_does() {
    let rest = Rest::start().await;
    for (code, kept) in [(4000, true), (4008, true), (4007, false), (4009, false), (4014, false)] {
        let mut line = Line::ready(&rest.emulator).await;
        assert_eq!(rest.emulator.close_sockets(code), 1);
        assert_eq!(line.closed().await, Some(code));
        let mut again = Line::dial(&line.resume_url).await;
        again.resume(&line).await;
        assert_eq!(again.next().await["t"] == "RESUMED", kept, "{code}");
        rest.emulator.forget_sessions();
    }
}

#[tokio::test]
async fn identifies_are_refused_with_the_code_that_was_asked_for() {
    let rest = Rest::start().await;
    rest.emulator.refuse_identifies(Some(4013));
    let mut line = Line::dial(&rest.emulator.gateway_url()).await;
    line.identify(json!([0, 1])).await;
    assert_eq!(line.closed().await, Some(4013));
    rest.emulator.refuse_identifies(None);
    Line::ready(&rest.emulator).await;
    assert_eq!(rest.emulator.identifies(), 2);
}

#[tokio::test]
async fn a_frozen_connection_answers_nothing_and_its_session_goes_on_elsewhere() {
    let rest = Rest::start().await;
    let mut frozen = Line::ready(&rest.emulator).await;
    assert_eq!(rest.emulator.freeze_sockets(), 1);
    frozen.say(json!({ "op": 1, "d": frozen.seq })).await;
    say(&rest, "unheard");
    let mut again = Line::dial(&frozen.resume_url).await;
    again.resume(&frozen).await;
    assert_eq!(again.texts(1).await, ["unheard"]);
    again.event("RESUMED").await;
    again.beats().await;
    assert_eq!(rest.emulator.sessions(), 1);
    rest.emulator.drop_sockets();
    assert_eq!(frozen.closed().await, None, "not a byte came before the end");
}

#[tokio::test]
async fn a_muted_session_beats_and_hears_nothing_until_it_is_resumed() {
    let rest = Rest::start().await;
    let mut muted = Line::ready(&rest.emulator).await;
    rest.emulator.mute_sessions(true);
    say(&rest, "unheard");
    let probe = json!({ "op": 8, "d": { "guild_id": GUILD, "user_ids": [BOT], "limit": 0, "nonce": "n" } });
    muted.say(probe).await;
    muted.beats().await;
    let mut again = Line::dial(&muted.resume_url).await;
    again.resume(&muted).await;
    assert_eq!(again.texts(1).await, ["unheard"]);
    assert_eq!(again.event("GUILD_MEMBERS_CHUNK").await["nonce"], "n");
    again.event("RESUMED").await;
    rest.emulator.mute_sessions(true);
    say(&rest, "kept");
    again.beats().await;
    rest.emulator.mute_sessions(false);
    assert_eq!(again.texts(1).await, ["kept"]);
}

#[tokio::test]
async fn what_was_held_back_arrives_in_the_order_that_was_asked_for() {
    let rest = Rest::start().await;
    let mut line = Line::ready(&rest.emulator).await;
    let texts = ["1", "2", "3", "4", "5", "6"];
    let mut shuffled = Vec::new();
    for order in [Order::AsSent, Order::Reversed, Order::Shuffled(7), Order::Shuffled(7)] {
        rest.emulator.hold_events();
        for text in texts {
            say(&rest, text);
        }
        line.beats().await;
        rest.emulator.release_events(order);
        let heard = line.texts(6).await;
        match order {
            Order::AsSent => assert_eq!(heard, texts),
            Order::Reversed => assert_eq!(heard, ["6", "5", "4", "3", "2", "1"]),
            Order::Shuffled(_) => shuffled.push(heard),
        }
    }
    assert_eq!(shuffled[0], shuffled[1]);
    assert_ne!(shuffled[0], texts);
    say(&rest, "live");
    assert_eq!(line.texts(1).await, ["live"]);
}

#[tokio::test]
async fn a_guild_is_told_to_its_shard_and_direct_messages_to_the_first() {
    let rest = Rest::start().await;
    let shard = (GUILD.get() >> 22) % 3;
    assert_ne!(shard, 0, "the test needs a guild that is not the first shard's");
    let mut first = Line::ready_as(&rest.emulator, json!([0, 3])).await;
    let mut own = Line::ready_as(&rest.emulator, json!([shard, 3])).await;
    assert_eq!(rest.emulator.shards(), [(0, 3), (shard, 3)]);
    say(&rest, "in the guild");
    rest.emulator.say(ROBIN, GENERAL, "also").unwrap();
    rest.emulator.say(KIM, KIM_DM, "in private").unwrap();
    assert_eq!(own.texts(2).await, ["in the guild", "also"]);
    assert_eq!(first.texts(1).await, ["in private"]);
    own.beats().await;
    first.beats().await;
}

#[tokio::test]
async fn a_shard_that_cannot_be_is_turned_away() {
    let rest = Rest::start().await;
    Line::ready_as(&rest.emulator, json!([0, 1])).await.beats().await;
    let _first = Line::ready_as(&rest.emulator, json!([0, 1])).await;
    for shard in [json!([1, 1]), json!([0, 0]), json!([1, 2])] {
        let mut line = Line::dial(&rest.emulator.gateway_url()).await;
        line.identify(shard).await;
        assert_eq!(line.closed().await, Some(4010));
    }
}

#[tokio::test]
async fn members_are_told_to_who_asks() {
    let rest = Rest::start().await;
    let mut line = Line::ready(&rest.emulator).await;
    let ask = |body: serde_json::Value| json!({ "op": 8, "d": body });
    line.say(ask(json!({ "guild_id": GUILD, "user_ids": [BOT, "1"], "limit": 0, "nonce": "a" }))).await;
    let chunk = line.event("GUILD_MEMBERS_CHUNK").await;
    assert_eq!(chunk["members"][0]["user"]["id"], json!(BOT));
    assert_eq!((&chunk["not_found"], &chunk["nonce"]), (&json!(["1"]), &json!("a")));
    assert_eq!((&chunk["chunk_index"], &chunk["chunk_count"]), (&json!(0), &json!(1)));
    line.say(ask(json!({ "guild_id": GUILD, "query": "k", "limit": 5 }))).await;
    assert_eq!(line.event("GUILD_MEMBERS_CHUNK").await["members"][0]["user"]["username"], "kim");
    line.say(ask(json!({ "guild_id": "7", "user_ids": BOT }))).await;
    line.beats().await;
}

#[tokio::test]
async fn session_starts_are_counted_and_the_last_one_costs_the_token() {
    let rest = Rest::start().await;
    let starts = SessionStarts { total: 1_000, remaining: 1, max_concurrency: 2, shards: 2 };
    rest.emulator.set_session_starts(starts);
    Line::ready(&rest.emulator).await;
    let bot = rest.call("GET", "/gateway/bot", &serde_json::Value::Null).await.body;
    assert_eq!(bot["shards"], 2);
    assert_eq!(bot["session_start_limit"]["remaining"], 0);
    assert_eq!(bot["session_start_limit"]["max_concurrency"], 2);
    assert_eq!(rest.emulator.unexpected().len(), 0);
    let mut line = Line::dial(&rest.emulator.gateway_url()).await;
    line.identify(json!([0, 1])).await;
    assert_eq!(line.closed().await, Some(4004));
    assert_eq!(rest.emulator.unexpected().len(), 1);
}

#[tokio::test]
async fn identifies_in_quick_succession_are_invalid_until_five_seconds_have_passed() {
    let rest = Rest::start_with(Settings::default()).await;
    let _first = Line::ready(&rest.emulator).await;
    let mut line = Line::dial(&rest.emulator.gateway_url()).await;
    line.identify(json!([0, 1])).await;
    let refused = line.next().await;
    assert_eq!((&refused["op"], &refused["d"]), (&json!(9), &json!(false)));
    rest.emulator.advance(Duration::from_secs(5));
    line.identify(json!([0, 1])).await;
    line.event("READY").await;
}

#[tokio::test]
async fn guilds_come_packed_to_who_can_unpack_them() {
    let rest = Rest::start().await;
    let mut line = Line::dial(&rest.emulator.gateway_url()).await;
    line.identify_with(json!({ "compress": true })).await;
    let ready = line.event("READY").await;
    assert_eq!(ready["guilds"], json!([{ "id": GUILD, "unavailable": true }]));
    assert_eq!(line.event("GUILD_CREATE").await["unavailable"], false);
    assert_eq!(line.packed, 2);
    say(&rest, "plain");
    assert_eq!((line.texts(1).await, line.packed), (vec!["plain".to_owned()], 2));
}
