//! How long a model is waited for: until its first word, between two words, and over all models together.

use std::time::{Duration, Instant};

use prism::emulator::MessageView;
use prism::emulator::model::{Answer, Ending, Fault, cases};
use prism::emulator::playground::{GENERAL, KIM};

use super::play::{BROKE_OFF, BY_LIGHTER, Play, own_words};
use crate::harness::{LIGHTER_MODEL, MODEL};

const SOON: Duration = Duration::from_millis(150);
/// Signs of life come faster than any clock runs out.
const OFTEN: Duration = Duration::from_millis(20);

#[tokio::test]
async fn signs_of_life_do_not_replace_a_first_word() {
    let mut play = Play::open(|model| model.first_token = SOON).await;
    for (number, case) in cases::endless(OFTEN).into_iter().enumerate() {
        play.model().script_for(MODEL, case.answer);
        play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
        play.reads(&case.name, &format!("Here I am.\n{BY_LIGHTER}")).await;
        assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL], "{}: it is not asked again", case.name);
        let first = play.model().wait_for_end(2 * number as u64).await.unwrap();
        assert_eq!(first.ending, Some(Ending::Left), "{}", case.name);
        play.stores(&case.name, &[(MODEL, Some("silent")), (LIGHTER_MODEL, None)]);
    }
    play.finish().await;
}

#[tokio::test]
async fn an_only_model_is_waited_for_until_the_last() {
    let own = own_words();
    let mut play = Play::open(|model| {
        model.models.truncate(1);
        (model.first_token, model.idle, model.total) = (OFTEN, OFTEN, SOON * 3);
    })
    .await;
    for case in cases::endless(OFTEN) {
        play.model().script(case.answer);
        let started = Instant::now();
        play.is_told(&case.name, &own).await;
        assert!(started.elapsed() >= SOON * 3, "{}: it was cut by the clock for first words", case.name);
        assert_eq!(play.asked(), [MODEL], "{}", case.name);
        play.stores(&case.name, &[(MODEL, Some("silent"))]);
    }
    play.finish().await;
}

#[tokio::test]
async fn the_last_model_may_be_late() {
    let mut play = Play::open(|model| model.first_token = SOON).await;
    play.model().script_for(MODEL, Answer::text("Too late.").after(SOON * 40));
    play.model().script_for(LIGHTER_MODEL, Answer::text("Late.").after(SOON * 3));
    play.reads("hello?", &format!("Late.\n{BY_LIGHTER}")).await;
    play.stores("late", &[(MODEL, Some("silent")), (LIGHTER_MODEL, None)]);
    play.finish().await;
}

#[tokio::test]
async fn signs_of_life_keep_an_answer_that_has_begun() {
    let mut play = Play::open(|model| {
        model.models.truncate(1);
        model.idle = Duration::from_secs(1);
    })
    .await;
    // Each word comes in time, all of them together do not.
    play.model().script(Answer::text("One two three four five six seven.").paced(4.0));
    play.reads("count!", "One two three four five six seven.").await;
    play.stores("slow", &[(MODEL, None)]);
    play.finish().await;
}

#[tokio::test]
async fn all_models_together_have_one_deadline() {
    let mut stage = Play::stage().await;
    let models = ["a/a", "b/b", "c/c", "d/d", "e/e", "f/f"];
    stage.config.model.models = models.map(str::to_owned).to_vec();
    (stage.config.model.first_token, stage.config.model.total) = (SOON, SOON * 3);
    models.iter().for_each(|model| stage.model.always(model, Answer::in_character().fault(Fault::Mute)));
    let mut play = Play::on(stage).await;
    let started = Instant::now();
    play.is_told("hello?", &own_words()).await;
    let took = started.elapsed();
    assert!(took >= SOON * 3, "{took:?}");
    let asked = play.asked();
    assert!((1..=3).contains(&asked.len()) && asked == models[..asked.len()], "{asked:?}");
    let rows: Vec<_> = models[..asked.len()].iter().map(|model| (*model, Some("silent"))).collect();
    play.stores("deadline", &rows);
    play.finish().await;
}

#[tokio::test]
async fn an_answer_ends_at_the_deadline_though_it_still_speaks() {
    let mut play = Play::open(|model| model.total = Duration::from_secs(1)).await;
    play.model().script_for(MODEL, Answer::text("word ".repeat(1_000)).paced(50.0));
    let question = play.asks("talk!");
    let ended = |text: &str| text.starts_with("word word") && text.ends_with(BROKE_OFF);
    let fits = |message: &MessageView| message.reply_to == Some(question) && ended(&message.content);
    play.stage.sees(GENERAL, KIM, fits).await;
    assert_eq!(play.asked(), [MODEL], "there is no time left for another one");
    play.stores("deadline", &[(MODEL, Some("stalled"))]);
    assert_eq!(play.model().wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    play.model().script_for(MODEL, Answer::text("Fresh."));
    play.reads("again?", "Fresh.").await;
    assert_eq!(play.asked(), [MODEL]);
    play.finish().await;
}
