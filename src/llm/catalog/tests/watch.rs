//! Models that are gone or about to go, and what to ask instead.

use super::super::fetch::List;
use super::super::watch::{Finding, Watched, tell};
use super::{NOW, complete, facts, listed};
use crate::llm::catalog::listing::Listed;
use crate::llm::catalog::{ModelFacts, Snapshot};
use crate::status::Status;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const MODEL: &str = "google/gemini-2.5-flash";

fn watched(model: &str) -> Watched {
    Watched::new(vec![(model.to_owned(), model.to_owned())])
}

fn ending(id: &str, day: &str) -> Listed {
    listed(ModelFacts { expires: Some(day.to_owned()), ..facts(id) })
}

fn made(id: &str, created: u64) -> Listed {
    Listed { created: Some(created), ..listed(facts(id)) }
}

/// The one finding about the one model.
fn one(mut findings: Vec<Finding>) -> Finding {
    assert_eq!(findings.len(), 1);
    findings.remove(0)
}

fn notice(snapshot: &Snapshot, model: &str) -> Option<String> {
    one(watched(model).check(snapshot, NOW)).notice
}

#[test]
fn an_end_within_thirty_days_is_warned_of() {
    // 29, 30 and 31 days after 20 November 2026.
    for (day, is_near) in [("2026-12-19", true), ("2026-12-20", true), ("2026-12-21", false)] {
        let told = notice(&complete(vec![ending(MODEL, day)]), MODEL);
        let near = format!("the model {MODEL} ends on {day}; no successor is known");
        assert_eq!(told, is_near.then_some(near), "{day}");
    }
    let past = notice(&complete(vec![ending(MODEL, "2026-11-19")]), MODEL).unwrap();
    assert!(past.contains("was to end on 2026-11-19 and may stop at any time"), "{past}");
    let last_day = notice(&complete(vec![ending(MODEL, "2026-11-20")]), MODEL).unwrap();
    assert!(last_day.contains("ends on 2026-11-20"), "{last_day}");
    assert_eq!(notice(&complete(vec![listed(facts(MODEL))]), MODEL), None);
}

#[test]
fn each_cause_is_new_once() {
    let mut watched = watched(MODEL);
    let (ends, gone) = (complete(vec![ending(MODEL, "2026-12-01")]), complete(vec![]));
    let later = complete(vec![ending(MODEL, "2026-12-05")]);
    let well = complete(vec![listed(facts(MODEL))]);
    let seen = [&ends, &ends, &gone, &gone, &well, &ends, &later].map(|snapshot| {
        let finding = one(watched.check(snapshot, NOW));
        (finding.notice.is_some(), finding.is_new)
    });
    let (new, known, none) = ((true, true), (true, false), (false, false));
    assert_eq!(seen, [new, known, new, known, none, known, new]);
}

#[test]
fn the_notice_stands_until_the_trouble_is_over() {
    let status = Status::default();
    let mut watched = Watched::new(vec![
        (MODEL.to_owned(), format!("mine/{MODEL}")),
        ("google/other".to_owned(), "mine/google/other".to_owned()),
    ]);
    let mut see = |models| tell(watched.check(&complete(models), NOW), &status);
    see(vec![ending(MODEL, "2026-12-01"), listed(facts("google/other"))]);
    assert_eq!(
        status.notices(),
        [format!("the model mine/{MODEL} ends on 2026-12-01; no successor is known")]
    );
    see(vec![listed(facts("google/other"))]);
    assert_eq!(status.notices().len(), 1);
    assert!(status.notices()[0].contains("is not among those its server lists"));
    see(vec![listed(facts(MODEL)), listed(facts("google/other"))]);
    assert_eq!(status.notices(), [""; 0]);
}

#[test]
fn a_list_that_is_old_or_not_whole_says_nothing_about_what_is_not_on_it() {
    let partial = Snapshot::new(List::default(), NOW);
    let old = complete(vec![ending("google/other", "2026-12-01")]);
    assert_eq!(watched(MODEL).check(&partial, NOW), []);
    assert_eq!(watched(MODEL).check(&Snapshot::default(), NOW), []);
    assert_eq!(watched(MODEL).check(&old, NOW + DAY_MS), []);
    assert!(one(watched(MODEL).check(&old, NOW + DAY_MS - 1)).is_new);
    // What is on it keeps its end.
    assert!(one(watched("google/other").check(&old, NOW + DAY_MS)).is_new);
}

#[test]
fn variants_that_no_list_holds_are_not_taken_for_gone() {
    let snapshot = complete(vec![listed(facts(MODEL))]);
    for model in ["google/gemini-2.5-flash:nitro", "google/gemini-2.5-flash:floor", "@preset/mine"] {
        assert_eq!(notice(&snapshot, model), None, "{model}");
    }
    let free = notice(&snapshot, "google/gemini-2.5-flash:free").unwrap();
    assert!(free.contains("is not among those its server lists"), "{free}");
    let soon = complete(vec![ending(MODEL, "2026-12-01")]);
    assert!(notice(&soon, "google/gemini-2.5-flash:nitro").is_some());
}

#[test]
fn the_alias_of_the_family_comes_first() {
    let alias = |id: &str, target: Option<&str>| {
        listed(ModelFacts { alias_target: target.map(str::to_owned), ..facts(id) })
    };
    let snapshot = complete(vec![
        alias("~google/gemini-pro-latest", None),
        alias("~google/gemini-flash-latest", Some("google/gemini-3.5-flash")),
        alias("~other/gemini-flash-latest", None),
        listed(facts("google/gemini-2.5-flash-next")),
        listed(facts("google/gemini-2.5-flash-lite-next")),
    ]);
    let told = notice(&snapshot, MODEL).unwrap();
    assert!(
        told.ends_with("a successor: ~google/gemini-flash-latest (now google/gemini-3.5-flash)"),
        "{told}"
    );
    // The lighter family has no alias.
    let lite = notice(&snapshot, "google/gemini-2.5-flash-lite").unwrap();
    assert!(lite.ends_with("a successor: google/gemini-2.5-flash-lite-next"), "{lite}");
}

#[test]
fn otherwise_the_newest_of_those_named_most_like_it() {
    let snapshot = complete(vec![
        Listed { created: Some(50), ..ending("google/gemini-2.5-flash-lite", "2026-12-01") },
        // Of the same family beats alike in letters.
        made("google/gemini-3.5-flash-lite", 90),
        made("google/gemini-2.5-flash-lite-image", 80),
        made("google/gemini-2.0-flash-lite", 40),
        made("google/gemini-3.5-flash-lite:free", 99),
        made("google/gemma-9", 99),
        made("openai/gemini-2.5-flash-lite", 99),
        Listed { created: Some(95), ..ending("google/gemini-3.6-flash-lite", "2026-12-02") },
    ]);
    let told = notice(&snapshot, "google/gemini-2.5-flash-lite").unwrap();
    assert!(told.ends_with("a successor: google/gemini-3.5-flash-lite"), "{told}");
    let alike = complete(vec![made("x/a-1-b", 1), made("x/a-1-c", 2), made("x/a-2-d", 9)]);
    assert!(notice(&alike, "x/a-1-z").unwrap().ends_with("a successor: x/a-1-c"));
    assert!(notice(&alike, "y/a-1-z").unwrap().ends_with("no successor is known"));
    let local = complete(vec![listed(facts("qwen3:8b")), listed(facts("llama3.2:3b"))]);
    assert!(notice(&local, "mistral").unwrap().ends_with("no successor is known"));
}
