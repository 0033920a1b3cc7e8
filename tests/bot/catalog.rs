//! The list of models: kept, looked up rarely, missed by nobody, and watched.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prism::chat::{Budget, Budgets};
use prism::emulator::Invocation;
use prism::emulator::model::{Answer, Fault, Listed};
use prism::emulator::playground::{GENERAL, KIM, ROBIN};
use prism::store::Payer;
use prism::telemetry;

use crate::harness::{LIGHTER_MODEL, MODEL, Stage, within};
use crate::http::get;
use crate::prices::{MILLI, UNBOUND, UNBOUNDED, flat, now};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn two() -> Vec<Listed> {
    vec![flat(MODEL, "0.001"), flat(LIGHTER_MODEL, "0.001")]
}

#[tokio::test]
async fn without_a_list_the_bot_answers_all_the_same() {
    let refused = Answer::status(503);
    for fault in [refused, Answer::raw("text/html", "<html>"), Answer::text("").fault(Fault::Mute)] {
        let mut stage = Stage::selling(two(), UNBOUNDED).await;
        stage.model.catalog_fault(fault);
        stage.start().await;
        stage.answers(KIM, GENERAL).await;
        let told = stage.whispered(KIM, GENERAL, &Invocation::new("model list")).await;
        assert_eq!(told, "I do not know yet which models there are. Please try again in a minute.");
        let invocation = Invocation::new("model use").with("model", LIGHTER_MODEL);
        let told = stage.whispered(ROBIN, GENERAL, &invocation).await;
        assert_eq!(told, "I cannot look that model up at the moment. Please try again in a minute.");
        let told = stage.whispered(KIM, GENERAL, &Invocation::new("model show")).await;
        assert!(told.contains("\n1. `first/model`\n2. `lighter/model`"), "{told}");
        stage.finish().await;
    }
}

#[tokio::test]
async fn a_start_without_network_knows_the_models_from_disk() {
    let user = Budget { day: Some(MILLI), ..UNBOUND };
    let mut stage = Stage::selling(two(), Budgets { user, ..UNBOUNDED }).await;
    // Nothing is new enough.
    stage.config.model.catalog.fresh = Duration::ZERO;
    stage.open_shop().await;
    stage.stop().await;
    assert!(stage.folder().join("models.json").exists());
    let asked = stage.model.catalog_requests();
    stage.model.catalog_fault(Answer::status(503));
    // What is not on the list would cost too much for this budget.
    stage.config.model.turn_price = 2 * MILLI;
    stage.start().await;
    let told = stage.whispered(KIM, GENERAL, &Invocation::new("model list")).await;
    assert_eq!(told.lines().count(), 2, "{told}");
    stage.answers(KIM, GENERAL).await;
    assert!(stage.model.catalog_requests() > asked, "a newer list was not asked for");
    stage.stop().await;
    assert_eq!(stage.spent(Payer::User(KIM)).await.day_nano_usd, MILLI);
    stage.finish().await;
}

#[tokio::test]
async fn a_list_on_disk_that_is_broken_or_of_another_server_is_read_anew() {
    for text in [
        "{",
        "",
        "{\"version\": 1, \"source\": \"x\", \"fetched_at\": 1, \"complete\": true, \"any_name\": false, \"models\": []}",
    ] {
        let mut stage = Stage::selling(two(), UNBOUNDED).await;
        std::fs::write(stage.folder().join("models.json"), text).unwrap();
        stage.open_shop().await;
        stage.answers(KIM, GENERAL).await;
        assert_eq!(stage.model.catalog_requests(), 1);
        stage.finish().await;
    }
}

#[tokio::test]
async fn many_turns_ask_for_the_list_once() {
    let mut stage = Stage::selling(two(), UNBOUNDED).await;
    stage.open_shop().await;
    for _ in 0..10 {
        stage.answers(KIM, GENERAL).await;
    }
    stage.stop().await;
    assert_eq!(stage.model.catalog_requests(), 1);
    // Nor does a start soon after.
    stage.open_shop().await;
    stage.answers(KIM, GENERAL).await;
    assert_eq!(stage.model.catalog_requests(), 1);
    stage.finish().await;
}

/// What was logged.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn lines_with(&self, part: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).lines().filter(|line| line.contains(part)).count()
    }
}

/// A day from now, `YYYY-MM-DD`. By Howard Hinnant's `civil_from_days`.
fn day(from_now: i64) -> String {
    let day = now() / DAY_MS + from_now + 719_468;
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 3, year) } else { (month - 9, year + 1) };
    format!("{:04}-{month:02}-{date:02}", year + day.div_euclid(146_097) * 400)
}

/// Waits until the health page has, or no longer has, this notice.
async fn notices(stage: &mut Stage, part: &str, stands: bool) -> String {
    let address = stage.address().await;
    let looking = async {
        loop {
            let ready = get(address, "/health/ready").await;
            if ready.body.contains(part) == stands {
                return ready;
            }
            // Whoever looks at the models makes the bot look for newer ones.
            stage.suggested(KIM, GENERAL, ("model show", "")).await;
        }
    };
    let ready = within(part, looking).await;
    assert_eq!(ready.status, 200, "a notice is no illness");
    ready.body
}

#[tokio::test]
async fn a_model_that_ends_or_is_gone_is_told_to_the_operator_once() {
    let page = Page::default();
    let writer = page.clone();
    let settings = telemetry::Settings::default();
    let subscriber = telemetry::subscriber(&settings, move || writer.clone()).unwrap();
    // See `safety/logs.rs`: a lone subscriber could be silent here.
    let _second = tracing::Dispatch::new(telemetry::subscriber(&settings, io::sink).unwrap());
    let _listening = tracing::subscriber::set_default(subscriber);
    let (soon, later) = (day(30), day(31));
    let ids = ["maker/swift-1", "maker/swift-2", "maker/sound-1", "maker/gone-1"];
    let listed = || {
        let older = |listed: Listed| listed.with("created", 1_700_000_000.into());
        vec![
            older(flat(ids[0], "0.001")).expiring(&soon),
            flat(ids[1], "0.001"),
            flat(ids[2], "0.001").expiring(&later),
        ]
    };
    let mut stage = Stage::selling(listed(), UNBOUNDED).await;
    stage.config.model.models = [ids[0], ids[2], ids[3]].map(str::to_owned).to_vec();
    // Every look reads the list anew.
    stage.config.model.catalog.fresh = Duration::ZERO;
    stage.open_shop().await;
    let ends = format!("the model maker/swift-1 ends on {soon}; a successor: maker/swift-2");
    let gone = "the model maker/gone-1 is not among those its server lists; no successor is known";
    let ready = notices(&mut stage, gone, true).await;
    assert!(ready.contains(&ends) && !ready.contains("sound-1"), "{ready}");
    for _ in 0..3 {
        stage.answers(KIM, GENERAL).await;
    }
    // Listed again: the notice goes.
    stage.model.list([listed(), vec![flat(ids[3], "0.001")]].concat());
    let ready = notices(&mut stage, gone, false).await;
    assert!(ready.contains(&ends), "{ready}");
    assert!(stage.model.catalog_requests() >= 3);
    stage.finish().await;
    for said in [ends.as_str(), gone] {
        assert_eq!(page.lines_with(said), 1, "{said}");
        assert_eq!(page.lines_with("WARN").min(page.lines_with(said)), 1);
    }
    assert_eq!(page.lines_with("sound-1 ends"), 0);
}

#[tokio::test]
async fn a_model_whose_day_has_passed_is_told_of_and_still_asked() {
    let yesterday = day(-1);
    let sold = vec![flat(MODEL, "0.001").expiring(&yesterday)];
    let mut stage = Stage::selling(sold, UNBOUNDED).await;
    stage.open_shop().await;
    let part = format!("the model first/model was to end on {yesterday} and may stop at any time");
    notices(&mut stage, &part, true).await;
    stage.answers(KIM, GENERAL).await;
    stage.finish().await;
}
