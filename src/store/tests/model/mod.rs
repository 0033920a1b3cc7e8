//! The store against a small model of it: whatever arrives, twice or late, is deleted, stopped or cut off by a crash,
//! both say the same.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use reference::{Reference, Refused};

mod reference;

/// Messages are few, so that they arrive twice and are replied to.
const MESSAGES: u64 = 6;

/// How many turns are worked on at once.
const LATEST: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Arrive {
        message: u64,
        to_bo: bool,
        replies_to: Option<u64>,
    },
    Begin(Index),
    /// The second one to the first.
    Join(Index, Index),
    ReplySent(Index),
    Close {
        turn: Index,
        outcome: Outcome,
        with_answer: bool,
    },
    Reopen(Index),
    Delete(u64),
    /// The conversation of a turn.
    Forget(Index),
    Crash,
    Stop,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Done),
        1 => Just(Outcome::Partial),
        3 => Just(Outcome::Failed),
        1 => Just(Outcome::Refused),
        1 => Just(Outcome::Cancelled),
        1 => Just(Outcome::Abandoned),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let message = || 1..=MESSAGES;
    let turn = any::<Index>;
    let arrive = (message(), any::<bool>(), prop::option::of(message()))
        .prop_map(|(message, to_bo, replies_to)| Step::Arrive { message, to_bo, replies_to });
    let close = (turn(), outcome(), prop::bool::weighted(0.7))
        .prop_map(|(turn, outcome, with_answer)| Step::Close { turn, outcome, with_answer });
    prop_oneof![
        8 => arrive,
        8 => turn().prop_map(Step::Begin),
        4 => (turn(), turn()).prop_map(|(first, other)| Step::Join(first, other)),
        2 => turn().prop_map(Step::ReplySent),
        8 => close,
        3 => turn().prop_map(Step::Reopen),
        2 => message().prop_map(Step::Delete),
        2 => turn().prop_map(Step::Forget),
        1 => Just(Step::Crash),
        1 => Just(Step::Stop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_agrees_with_the_model(steps in prop::collection::vec(step(), 1..80)) {
        tokio::runtime::Runtime::new().unwrap().block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let place = Place::new();
    let mut pair = Pair { store: place.open().await, model: Reference::default(), turns: Vec::new() };
    for step in steps {
        match step {
            Step::Crash => pair.store = place.crash_and_open(pair.store).await,
            Step::Stop => {
                pair.store.close().await;
                pair.store = place.open().await;
            }
            Step::Arrive { message, to_bo, replies_to } => pair.arrive(message, to_bo, replies_to).await,
            Step::Delete(message) => pair.delete(message).await,
            Step::Forget(turn) => pair.forget(turn).await,
            Step::Begin(turn) => pair.begin(turn).await,
            Step::Join(first, other) => pair.join(first, other).await,
            Step::ReplySent(turn) => pair.reply_sent(turn).await,
            Step::Close { turn, outcome, with_answer } => pair.close(turn, outcome, with_answer).await,
            Step::Reopen(turn) => pair.reopen(turn).await,
        }
        pair.compare().await;
    }
    pair.store.close().await;
    let mut db = place.raw().await;
    assert_eq!(count(&mut db, "SELECT count(*) FROM pragma_foreign_key_check").await, 0);
    let integrity: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await.unwrap();
    assert_eq!(integrity, "ok");
}

fn persona(bo_speaks: bool) -> PersonaId {
    if bo_speaks { bo() } else { ada() }
}

/// Messages are spread over two channels.
fn channel_of(message: u64) -> u64 {
    message % 2
}

struct Pair {
    store: Store,
    model: Reference,
    /// The store's ids of the model's turns.
    turns: Vec<TurnId>,
}

impl Pair {
    /// One of the latest, so that a few steps in a row meet the same turn.
    fn pick(&self, turn: Index) -> Option<(usize, TurnId)> {
        let latest = self.turns.len().min(LATEST);
        let back = (latest > 0).then(|| turn.index(latest))?;
        let at = self.turns.len() - 1 - back;
        Some((at, self.turns[at]))
    }

    fn expected(&self, refused: Refused, turn: usize) -> StoreError {
        let id = self.turns[turn];
        match refused {
            Refused::State => StoreError::TurnState { turn: id, state: self.model.state(turn) },
            Refused::Erased => StoreError::TurnErased(id),
        }
    }

    async fn arrive(&mut self, message: u64, to_bo: bool, replies_to: Option<u64>) {
        let replies_to = replies_to.filter(|replied| *replied < message);
        let (known, text) = self.model.arrive(message, to_bo, replies_to);
        let turn = NewTurn {
            persona: persona(to_bo),
            audience: channel(channel_of(message)),
            replies_to: replies_to.map(MessageId::new),
            ..asks(message, &text)
        };
        match self.store.accept_turn(turn).await.unwrap() {
            Accepted::Known(id) => assert_eq!(Some(id), known.map(|at| self.turns[at])),
            Accepted::New(id, ..) => {
                assert_eq!(known, None);
                self.turns.push(id);
            }
        }
    }

    async fn begin(&mut self, turn: Index) {
        let Some((at, id)) = self.pick(turn) else { return };
        let expected = self.model.begin(at).map_err(|refused| self.expected(refused, at));
        let found = self.store.begin_turn(id, 1).await.map(|begun| {
            let history = texts(&begun.history).into_iter().map(str::to_owned).collect::<Vec<_>>();
            (history, begun.question.text, begun.attempt)
        });
        assert_eq!(found, expected);
    }

    async fn join(&mut self, first: Index, other: Index) {
        let (Some((first_at, first)), Some((other_at, other))) = (self.pick(first), self.pick(other)) else {
            return;
        };
        self.model.join(first_at, other_at);
        self.store.join_turns(first, &[other]).await.unwrap();
    }

    async fn reply_sent(&mut self, turn: Index) {
        let Some((at, id)) = self.pick(turn) else { return };
        let message = self.model.reply_sent(at);
        self.store.reply_sent(id, MessageId::new(message), 0).await.unwrap();
    }

    async fn close(&mut self, turn: Index, outcome: Outcome, with_answer: bool) {
        let Some((at, id)) = self.pick(turn) else { return };
        let before = self.expected(Refused::State, at);
        let (answer, message) = self.model.answer_of(at);
        let expected = self.model.close(at, outcome, with_answer);
        let closing = if with_answer { done(&answer, &[message]) } else { ends(outcome) };
        let found = self.store.close_turn(id, Closing { outcome, ..closing }).await;
        assert_eq!(found, if expected { Ok(()) } else { Err(before) });
    }

    async fn reopen(&mut self, turn: Index) {
        let Some((at, id)) = self.pick(turn) else { return };
        assert_eq!(self.store.reopen_turn(id, 1).await.unwrap(), self.model.reopen(at));
    }

    async fn delete(&mut self, message: u64) {
        let entries = self.model.delete(message);
        assert_eq!(self.store.erase_question(MessageId::new(message)).await.unwrap(), entries);
    }

    async fn forget(&mut self, turn: Index) {
        let Some((at, _)) = self.pick(turn) else { return };
        let (number, bo_speaks) = self.model.conversation(at);
        let entries = self.model.forget((number, bo_speaks));
        let forgotten = self.store.forget_conversation(&channel(number), &persona(bo_speaks)).await.unwrap();
        assert_eq!(forgotten.entries, entries);
    }

    /// No open turn is lost, none is open that should be closed, and every state is the model's.
    async fn compare(&self) {
        let unfinished = self.store.unfinished_turns().await.unwrap();
        let first = |turn: &OpenTurn| turn.messages.first().map(|message| message.get());
        let found: Vec<_> = unfinished.iter().map(|turn| (turn.id, turn.state, first(turn))).collect();
        let expected: Vec<_> = self
            .model
            .open_turns()
            .into_iter()
            .map(|(at, state, reply)| (self.turns[at], state, reply))
            .collect();
        assert_eq!(found, expected);
        for (at, id) in self.turns.iter().enumerate() {
            assert_eq!(self.store.turn(*id).await.unwrap().unwrap().state, self.model.state(at));
        }
    }
}
