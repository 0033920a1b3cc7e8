//! Every kind of plain server, as its own documents and sources describe it.

use std::time::Duration;

use prism::emulator::model::{Answer, Dialect, Fault, Placed, tokens};

use crate::harness::{LIGHTER_MODEL, MODEL};
use crate::ladder::play::{BROKE_OFF, BY_LIGHTER, IN_TURNS, OPERATOR, Play, own_words, times};

const TEXT: &str = "Grüße from 猫 and 🦀, who keep the lamp.";
const SHOWN: usize = 16;

/// A plain server in OpenRouter's place. `free`: it is the operator's own.
async fn plain(free: bool) -> Play {
    let mut stage = Play::stage().await;
    stage.config.model.server.base_url = stage.model.openai_url();
    stage.config.model.server.free = free;
    stage.config.model.tail = Duration::from_millis(500);
    // What OpenRouter can do, other servers cannot.
    stage.config.model.server_fallback = true;
    Play::on(stage).await
}

fn name(dialect: Dialect) -> String {
    format!("{dialect:?}")
}

#[tokio::test]
async fn the_text_is_read_and_counted() {
    let mut play = plain(true).await;
    for dialect in Dialect::ALL {
        play.model().script(Answer::text(TEXT).spoken(dialect));
        play.reads(&name(dialect), TEXT).await;
        assert_eq!(play.asked(), [MODEL], "{dialect:?}");
    }
    for (turn, dialect) in (1..).zip(Dialect::ALL) {
        let (rows, _) = play.stored_of(turn).await;
        let [row] = rows.as_slice() else { panic!("{dialect:?}: {rows:?}") };
        let words = i64::try_from(tokens(TEXT).len()).unwrap();
        assert_eq!((row.completion_tokens, row.failure.as_ref()), (Some(words), None), "{dialect:?}");
        assert!(row.prompt_tokens > Some(100), "{dialect:?}: {row:?}");
        let is_priced = dialect == Dialect::OpenRouter;
        assert_eq!(row.cost_nano_usd.is_some_and(|cost| cost > 0), is_priced, "{dialect:?}: {row:?}");
        assert!(row.cost_nano_usd.is_some() && !row.owed, "{dialect:?}: one's own costs nothing: {row:?}");
        assert!(row.generation_id.is_some() && row.model_answered.as_deref() == Some(MODEL), "{row:?}");
    }
    play.finish().await;
}

#[tokio::test]
async fn only_common_fields_are_sent() {
    let mut play = plain(true).await;
    play.model().script(Answer::text("Yes."));
    play.reads("hello?", "Yes.").await;
    let request = play.model().requests().remove(0);
    let mut keys: Vec<_> = request.body.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["max_tokens", "messages", "model", "stream", "stream_options", "temperature", "user"]);
    assert_eq!(request.body["stream_options"]["include_usage"], true);
    assert!(request.headers.keys().all(|key| !key.contains("openrouter") && key != "http-referer"));
    play.finish().await;
}

#[tokio::test]
async fn a_failure_in_the_middle_is_seen_and_another_model_goes_on() {
    let (begun, rest): (String, String) =
        (TEXT.chars().take(SHOWN).collect(), TEXT.chars().skip(SHOWN).collect());
    let mut play = plain(true).await;
    for dialect in Dialect::ALL {
        let broken = Answer::text(TEXT).spoken(dialect).fault(Fault::ErrorAfter(SHOWN, 502));
        play.model().script_for(MODEL, broken);
        play.model().script_for(LIGHTER_MODEL, Answer::text(rest.clone()).spoken(dialect));
        play.reads(&name(dialect), &format!("{TEXT}\n{IN_TURNS}")).await;
        assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL], "{dialect:?}");
        let body = play.model().requests().pop().unwrap().body;
        let [.., said, told] = body["messages"].as_array().unwrap().as_slice() else { panic!("{body}") };
        // A plain server may close a last message of the assistant: the model is told to go on instead.
        assert_eq!((&said["role"], &said["content"]), (&"assistant".into(), &begun.as_str().into()));
        assert_eq!(told["role"], "user");
        let code = if dialect == Dialect::Ollama { "interrupted" } else { "provider" };
        play.stores(&name(dialect), &[(MODEL, Some(code)), (LIGHTER_MODEL, None)]);
    }
    play.finish().await;
}

#[tokio::test]
async fn a_failure_in_the_middle_of_an_only_model_is_marked() {
    let begun: String = TEXT.chars().take(SHOWN).collect();
    let mut stage = Play::stage().await;
    stage.config.model.server.base_url = stage.model.openai_url();
    stage.config.model.models.truncate(1);
    let mut play = Play::on(stage).await;
    for dialect in Dialect::ALL {
        play.model().script(Answer::text(TEXT).spoken(dialect).fault(Fault::ErrorAfter(SHOWN, 502)));
        play.reads(&name(dialect), &format!("{begun}\n{BROKE_OFF}")).await;
    }
    play.finish().await;
}

#[tokio::test]
async fn a_failure_before_the_first_word_leads_to_the_next_model() {
    let mut play = plain(true).await;
    for dialect in Dialect::ALL {
        let broken = Answer::text(TEXT).spoken(dialect).fault(Fault::ErrorAfter(0, 502));
        play.model().always(MODEL, broken);
        play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am.").spoken(dialect));
        play.reads(&name(dialect), &format!("Here I am.\n{BY_LIGHTER}")).await;
        assert_eq!(play.asked(), [times(MODEL, 2), times(LIGHTER_MODEL, 1)].concat(), "{dialect:?}");
    }
    play.finish().await;
}

#[tokio::test]
async fn errors_in_every_dialects_words_are_understood() {
    let own = own_words();
    let mut play = plain(true).await;
    for dialect in Dialect::ALL {
        for (status, words, asked) in [(401, OPERATOR, 1), (404, OPERATOR, 2), (500, own.as_str(), 4)] {
            for model in [MODEL, LIGHTER_MODEL] {
                play.model().always(model, Answer::status(status).spoken(dialect));
            }
            play.is_told(&format!("{dialect:?} {status}"), words).await;
            assert_eq!(play.asked().len(), asked, "{dialect:?} {status}");
        }
    }
    play.finish().await;
}

#[tokio::test]
async fn figures_that_never_come_count_as_the_turns_price() {
    let mut play = plain(false).await;
    for dialect in Dialect::ALL {
        play.model().script(Answer::text(TEXT).spoken(dialect).usage(Placed::Never));
        play.reads(&name(dialect), TEXT).await;
    }
    let price = play.stage.config.model.turn_price;
    for (turn, dialect) in (1..).zip(Dialect::ALL) {
        let (rows, _) = play.stored_of(turn).await;
        let [row] = rows.as_slice() else { panic!("{dialect:?}: {rows:?}") };
        assert_eq!((row.prompt_tokens, row.completion_tokens, row.cost_nano_usd), (None, None, None));
        assert_eq!(
            (row.estimate_nano_usd, row.owed),
            (Some(price), false),
            "{dialect:?}: nobody can be asked"
        );
    }
    play.finish().await;
}

#[tokio::test]
async fn ids_that_repeat_confuse_nobody() {
    let mut play = plain(true).await;
    for text in ["One.", "Two."] {
        play.model().script(Answer::text(text).spoken(Dialect::Ollama));
        play.reads("count!", text).await;
    }
    let (one, _) = play.stored_of(1).await;
    let (two, _) = play.stored_of(2).await;
    assert_eq!(one[0].generation_id, two[0].generation_id);
    assert_eq!((one.len(), two.len()), (1, 1));
    play.finish().await;
}

#[tokio::test]
async fn thoughts_are_never_shown() {
    let mut play = plain(true).await;
    for dialect in Dialect::ALL {
        play.model().script(Answer::text(TEXT).thinking("Hm. A lamp?").spoken(dialect));
        play.reads(&name(dialect), TEXT).await;
    }
    play.finish().await;
}
