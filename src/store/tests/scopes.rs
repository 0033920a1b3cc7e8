use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

#[tokio::test]
async fn an_audience_has_one_scope_and_each_persona_one_conversation_in_it() {
    let place = Place::new();
    let store = place.open().await;
    let thread = |parent| Audience::Thread { guild: GUILD, channel: ChannelId::new(100), parent };
    let audiences =
        [channel(0), channel(1), thread(ChannelId::new(5)), dm(ROBIN), private(ROBIN), private(KIM)];
    let mut conversations = HashMap::new();
    for (number, audience) in (1..).zip(audiences) {
        assert_eq!(store.conversation(&audience, &ada()).await.unwrap(), None);
        for (offset, persona) in [(0, ada()), (100, bo())] {
            let turn = NewTurn { audience, persona: persona.clone(), ..asks(number + offset, "hello") };
            let Accepted::New(_, conversation, scope) = store.accept_turn(turn).await.unwrap() else {
                panic!("it is new")
            };
            assert_eq!(store.conversation(&audience, &persona).await.unwrap(), Some(conversation));
            assert!(conversations.insert(conversation, scope).is_none());
        }
    }
    let mut scopes: Vec<_> = conversations.values().collect();
    scopes.sort_unstable();
    scopes.dedup();
    assert_eq!(scopes.len(), audiences.len());
    let again = store.accept_turn(NewTurn { audience: private(KIM), ..asks(500, "hello") }).await.unwrap();
    let Accepted::New(_, conversation, _) = again else { panic!("it is new") };
    assert!(conversations.contains_key(&conversation));
}

#[tokio::test]
async fn the_schema_refuses_an_edge_between_scopes() {
    let place = Place::new();
    let store = place.open().await;
    let (_, here) = answered(&store, asks(1, "here"), done("1", &[2])).await;
    let (_, there) =
        answered(&store, NewTurn { audience: channel(1), ..asks(3, "there") }, done("2", &[4])).await;
    store.close().await;
    let mut db = place.raw().await;
    for column in ["parent_id", "active_child_id", "history_from"] {
        let sql = format!("UPDATE entry SET {column} = ?1 WHERE id = ?2");
        let crossing = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(there.question.id.get())
            .bind(here.question.id.get())
            .execute(&mut db)
            .await;
        assert!(crossing.unwrap_err().to_string().contains("CHECK"), "{column}");
    }
    let moved = sqlx::query("UPDATE entry SET conversation_id = 3 - conversation_id").execute(&mut db).await;
    assert!(moved.unwrap_err().to_string().contains("FOREIGN KEY"));
    let head = sqlx::query("UPDATE conversation SET head_id = ?1")
        .bind(here.question.id.get())
        .execute(&mut db)
        .await;
    assert!(head.unwrap_err().to_string().contains("CHECK"));
}

/// Somebody says something somewhere, perhaps in reply to a message from anywhere.
#[derive(Clone, Debug)]
struct Said {
    audience: usize,
    persona: bool,
    replies_to: Option<prop::sample::Index>,
}

fn said() -> impl Strategy<Value = Said> {
    let reply = prop::option::of(any::<prop::sample::Index>());
    (0..6_usize, any::<bool>(), reply).prop_map(|(audience, persona, replies_to)| Said {
        audience,
        persona,
        replies_to,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_never_leaves_its_scope(all in prop::collection::vec(said(), 1..40)) {
        tokio::runtime::Runtime::new().unwrap().block_on(talk(all));
    }
}

async fn talk(all: Vec<Said>) {
    let audiences = [channel(0), channel(1), dm(ROBIN), dm(KIM), private(ROBIN), private(KIM)];
    let place = Place::new();
    let store = place.open().await;
    let mut messages = Vec::new();
    for (number, said) in (1_u64..).zip(all) {
        let audience = audiences[said.audience];
        let replies_to = said.replies_to.filter(|_| !messages.is_empty()).map(|index| *index.get(&messages));
        let persona = if said.persona { ada() } else { bo() };
        let text = format!("{audience:?}");
        let turn = NewTurn { audience, persona, replies_to, ..asks(number * 2, &text) };
        let (id, begun) = answered(&store, turn, done(&text, &[number * 2 + 1])).await;
        let scope = store.turn(id).await.unwrap().unwrap().scope;
        for entry in begun.history.iter().chain([&begun.question]) {
            assert_eq!(entry.id.scope(), scope);
            assert_eq!(entry.text.as_ref(), Some(&text));
        }
        messages.extend([number * 2, number * 2 + 1].map(MessageId::new));
    }
}
