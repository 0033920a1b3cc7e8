//! A process that is killed while it writes. What it was told to be written is there afterwards, and nothing by half.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write, stdout};
use std::process::{Command, Stdio};

use futures_util::future::join_all;

use super::*;

/// Without it in its folder, the victim does nothing: it is a test by name only.
const INVITATION: &str = "write-until-killed";

/// Turns written before the kill, at least.
const ENOUGH: usize = 120;

#[tokio::test]
async fn what_a_killed_process_was_answered_is_there() {
    let place = Place::new();
    fs::write(place.folder.path().join(INVITATION), "").unwrap();
    let folder = place.folder.path().to_owned();
    let answered = tokio::task::spawn_blocking(move || kill_one(&folder)).await.unwrap();
    assert!(answered.len() >= ENOUGH);

    let store = place.open().await;
    let mut found = Vec::new();
    for turn in store.unfinished_turns().await.unwrap() {
        let Trigger::Message(message) = turn.trigger else { panic!("it wrote messages only") };
        found.push(message.get());
        assert!(store.begin_turn(turn.id, 1).await.unwrap().question.text.is_some());
    }
    for message in answered {
        assert!(found.binary_search(&message).is_ok(), "turn of {message} is lost");
    }
    store.close().await;
    let mut db = place.raw().await;
    let integrity: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await.unwrap();
    assert_eq!(integrity, "ok");
}

/// Runs the victim in the folder, kills it, and says what it was answered until then.
fn kill_one(folder: &Path) -> Vec<u64> {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::crash::victim", "--ignored", "--nocapture"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(victim.stdout.take().unwrap());
    let mut text = String::new();
    while text.lines().filter_map(message_of).count() < ENOUGH {
        assert!(output.read_line(&mut text).unwrap() > 0, "it ended by itself: {text}");
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    output.read_to_string(&mut text).unwrap();
    text.lines().filter_map(message_of).collect()
}

/// Lines end with a dot, so that one cut short by the kill is none.
fn message_of(line: &str) -> Option<u64> {
    line.strip_suffix('.')?.parse().ok()
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn victim() {
    if !Path::new(INVITATION).exists() {
        return;
    }
    let settings = Settings::new(Path::new("data").join("prism.db"));
    let store = Store::open(&settings, &Shutdown::default()).await.unwrap();
    for burst in 0_u64.. {
        join_all((1..=8).map(|number| write_one(&store, burst * 8 + number))).await;
    }
}

async fn write_one(store: &Store, message: u64) {
    let turn = accepted(store, asks(message, "written until killed")).await;
    if message.is_multiple_of(2) {
        store.begin_turn(turn, 1).await.unwrap();
    }
    writeln!(stdout(), "{message}.").unwrap();
}
