//! How SQLite goes about the queries, as the committed descriptions have them. A query that reads all of a table that
//! grows for ever would be quick in every other test.

use std::fs;

use super::*;

/// Every query with the steps of its plan.
async fn plans() -> Vec<(String, Vec<String>)> {
    let place = Place::new();
    place.open().await.close().await;
    let mut db = place.raw().await;
    let mut plans = Vec::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let description: serde_json::Value = serde_json::from_str(&text).unwrap();
        // No text of a query has a semicolon in it.
        for sql in description["query"].as_str().unwrap().split(';').map(str::trim) {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let steps: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(&mut db).await.unwrap();
            plans.push((sql.to_owned(), steps.into_iter().map(|(.., step)| step).collect()));
        }
    }
    plans
}

#[tokio::test]
async fn no_query_reads_all_of_what_was_ever_used() {
    let plans = plans().await;
    let about_money = plans.iter().filter(|(sql, _)| sql.contains("usage") || sql.contains("spending"));
    assert!(about_money.count() > 12);
    for (sql, steps) in plans {
        let reads_all = |step: &String| {
            ["usage", "u", "spending"].iter().any(|table| {
                let scan = format!("SCAN {table}");
                *step == scan || step.starts_with(&format!("{scan} "))
            })
        };
        assert!(!steps.iter().any(reads_all), "{steps:?}: {sql}");
    }
}

/// A question is erased, closed and asked again with what was asked together with it: by their indexes alone.
#[tokio::test]
async fn no_change_of_a_turn_reads_all_of_the_journal() {
    let plans = plans().await;
    let changes = plans.iter().filter(|(sql, _)| sql.contains("joined_into"));
    assert!(changes.clone().count() > 6);
    for (sql, steps) in changes {
        let scans =
            |step: &String| ["turn", "own", "t", "j"].iter().any(|table| *step == format!("SCAN {table}"));
        assert!(!steps.iter().any(scans), "{steps:?}: {sql}");
    }
}

#[tokio::test]
async fn the_checks_of_a_budget_and_the_sums_use_their_indexes() {
    let plans = plans().await;
    for (part, step) in [
        ("FROM spending WHERE", "SEARCH spending USING PRIMARY KEY (kind=? AND id=? AND day>? AND day<?)"),
        ("FROM reserve WHERE user_id", "SEARCH reserve USING COVERING INDEX reserve_user (user_id=?)"),
        ("FROM reserve WHERE guild_id", "SEARCH reserve USING COVERING INDEX reserve_guild (guild_id=?)"),
        ("FROM usage WHERE user_id", "SEARCH usage USING INDEX usage_user (user_id=? AND day>?)"),
        ("FROM usage WHERE guild_id", "SEARCH usage USING INDEX usage_guild (guild_id=? AND day>?)"),
        ("FROM usage WHERE ?2 = 0", "SEARCH usage USING INDEX usage_day (day>?)"),
        ("SELECT min(cost_due)", "SEARCH usage USING COVERING INDEX usage_cost_due (cost_due>?)"),
        ("FROM usage WHERE cost_due <=", "SEARCH usage USING INDEX usage_cost_due (cost_due<?)"),
        ("SELECT id AS \"id!\", trigger_id", "SEARCH turn USING INDEX turn_joined (joined_into=?)"),
        ("SELECT text AS", "SEARCH turn USING INDEX turn_joined (joined_into=?)"),
        ("AS \"has_joined!: bool\"", "SEARCH j USING COVERING INDEX turn_joined (joined_into=?)"),
    ] {
        let mut found = plans.iter().filter(|(sql, _)| sql.contains(part) && sql.starts_with("SELECT"));
        let (_, steps) = found.next().unwrap_or_else(|| panic!("no query has {part}"));
        assert!(steps.iter().any(|found| found == step), "{part}: {steps:?}");
        assert_eq!(found.next(), None, "{part} stands in two queries");
    }
}

/// What is asked for on the way to an answer: one look each, none of which reads more than it has to.
#[tokio::test]
async fn the_looks_of_a_turn_use_their_indexes() {
    let plans = plans().await;
    let steps_of = |part: &str| {
        let (_, steps) = plans.iter().find(|(sql, _)| sql.contains(part)).unwrap();
        assert!(
            steps.iter().all(|step| !step.starts_with("SCAN t") && !step.starts_with("SCAN e")),
            "{steps:?}"
        );
        steps
    };
    let has = |steps: &[String], wanted: &str, times: usize| {
        let found = steps.iter().filter(|step| step.starts_with(wanted)).count();
        assert_eq!(found, times, "{wanted}: {steps:?}");
    };
    let budgets = steps_of("WITH days AS");
    has(budgets, "SEARCH spending USING PRIMARY KEY (kind=? AND id=? AND day>? AND day<?)", 3);
    // What is open, which is bounded: once for all three.
    has(budgets, "SCAN reserve", 1);
    let draft = steps_of(r#"AS "replied_to?""#);
    has(draft, "SEARCH m USING INTEGER PRIMARY KEY", 1);
    let arrival = steps_of("WITH place AS");
    has(arrival, "SEARCH turn USING COVERING INDEX sqlite_autoindex_turn_1", 1);
    has(arrival, "SEARCH scope USING INDEX scope_audience", 1);
    has(arrival, "SEARCH scope USING COVERING INDEX scope_audience", 1);
}
