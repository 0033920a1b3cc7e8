//! Against a real file each. A crash is a store that is dropped without being closed, or a copy of its files.

use std::fs::File;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tempfile::TempDir;

use super::*;
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, PersonaId, TurnId, UserId};

mod begin;
mod boot;
mod checkpoint;
mod crash;
mod erase;
mod identifies;
mod join;
mod journal;
mod migrations;
mod model;
mod money;
mod owed;
mod plans;
mod reserve;
mod scopes;
mod settings;
mod spending;
mod sums;
mod tree;
mod usage;
mod writer;

/// A folder with one database.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("data").join("prism.db")
    }

    fn settings(&self) -> Settings {
        Settings::new(self.path())
    }

    async fn try_open(&self) -> Result<Store, OpenError> {
        Store::open(&self.settings(), &Shutdown::default()).await
    }

    async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    /// Drops the store, which must be the last handle, and waits until its writer has let go of the file.
    async fn crash(&self, store: Store) {
        drop(store);
        let path = lock::path_of(&self.path());
        tokio::task::spawn_blocking(move || File::open(path).unwrap().lock().unwrap()).await.unwrap();
    }

    async fn crash_and_open(&self, store: Store) -> Store {
        self.crash(store).await;
        self.open().await
    }

    /// Looks at the file while no store has it open, or beside one.
    async fn raw(&self) -> SqliteConnection {
        connect(&self.path()).await
    }
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).foreign_keys(true).connect().await.unwrap()
}

async fn count(db: &mut SqliteConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

fn ada() -> PersonaId {
    PersonaId::parse("ada").unwrap()
}

fn bo() -> PersonaId {
    PersonaId::parse("bo").unwrap()
}

const GUILD: GuildId = GuildId::new(1);
const ROBIN: UserId = UserId::new(11);
const KIM: UserId = UserId::new(12);

fn channel(number: u64) -> Audience {
    Audience::Guild { guild: GUILD, channel: ChannelId::new(100 + number) }
}

fn dm(user: UserId) -> Audience {
    Audience::Dm { channel: ChannelId::new(200 + user.get()) }
}

fn private(user: UserId) -> Audience {
    Audience::Private { guild: Some(GUILD), channel: ChannelId::new(100), user }
}

/// Robin's message to Ada in channel 0; tests change what they are about.
fn asks(message: u64, text: &str) -> NewTurn {
    NewTurn {
        trigger: Trigger::Message(MessageId::new(message)),
        persona: ada(),
        audience: channel(0),
        author: ROBIN,
        speaker: "Robin".to_owned(),
        text: text.to_owned(),
        replies_to: None,
        only_one: false,
        at: 1_000,
    }
}

fn invokes(interaction: u64, text: &str) -> NewTurn {
    let trigger =
        Trigger::Interaction { id: InteractionId::new(interaction), token: "tok-secret".to_owned() };
    NewTurn { trigger, ..asks(0, text) }
}

fn done(text: &str, messages: &[u64]) -> Closing {
    Closing {
        outcome: Outcome::Done,
        answer: Some(text.to_owned()),
        speaker: Some("Ada".to_owned()),
        messages: messages.iter().copied().map(MessageId::new).collect(),
        history_from: None,
        usage: Vec::new(),
        cause: None,
        at: 2_000,
    }
}

fn ends(outcome: Outcome) -> Closing {
    Closing { outcome, answer: None, messages: Vec::new(), cause: Some("test".to_owned()), ..done("", &[]) }
}

async fn accepted(store: &Store, turn: NewTurn) -> TurnId {
    match store.accept_turn(turn).await.unwrap() {
        Accepted::New(id, ..) => id,
        Accepted::Known(id) => panic!("turn {id} is known"),
    }
}

/// A whole turn. Says its id and what it was begun with.
async fn answered(store: &Store, turn: NewTurn, closing: Closing) -> (TurnId, Begun) {
    let id = accepted(store, turn).await;
    let begun = store.begin_turn(id, 1_500).await.unwrap();
    store.close_turn(id, closing).await.unwrap();
    (id, begun)
}

/// Whether a message of Discord is a stored answer.
async fn is_ours(store: &Store, message: i64) -> bool {
    let found = sqlx::query_scalar::<_, i64>(
        "SELECT count(*) FROM discord_message m JOIN entry e ON e.id = m.entry_id
         WHERE m.discord_id = ?1 AND e.role = 'persona'",
    );
    found.bind(message).fetch_one(&store.inner.readers).await.unwrap() == 1
}

/// What a prompt would show: `-` for what was erased.
fn texts(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.text.as_deref().unwrap_or("-")).collect()
}
