//! Every migration runs over rows that the version before it could have written.

use std::fs;

use sqlx::migrate::Migrate;

use super::*;

/// Rows written by the schema after each migration. A new migration adds its own.
const SAMPLES: &[(i64, &str)] = &[
    (1, include_str!("samples/0001.sql")),
    (2, include_str!("samples/0002.sql")),
    (3, include_str!("samples/0003.sql")),
];

#[test]
fn every_migration_has_sample_rows() {
    let migrations: Vec<i64> =
        super::super::boot::MIGRATIONS.iter().map(|migration| migration.version).collect();
    assert_eq!(SAMPLES.iter().map(|(version, _)| *version).collect::<Vec<_>>(), migrations);
}

#[tokio::test]
async fn samples_of_every_version_survive_all_later_migrations() {
    for (version, _) in SAMPLES {
        let place = Place::new();
        write_as_of(&place, *version).await;
        let store = place.open().await;
        let unfinished = store.unfinished_turns().await.unwrap();
        assert_eq!(unfinished.iter().map(|turn| turn.id.get()).collect::<Vec<_>>(), [2, 3], "from {version}");
        let begun = store.begin_turn(TurnId::new(2), 1).await.unwrap();
        assert_eq!(texts(&begun.history), ["What is this?", "A sample."], "from {version}");
        assert_eq!(store.secret(), &[7; 32]);
        let setting = store.setting(Target::Channel(ChannelId::new(100)), "persona").await.unwrap();
        assert_eq!(setting.as_deref(), Some("ada"));
        store.close().await;
        let mut db = place.raw().await;
        assert_eq!(count(&mut db, "SELECT count(*) FROM pragma_foreign_key_check").await, 0);
        assert_eq!(count(&mut db, "SELECT count(*) FROM usage WHERE failure IS NULL").await, 1);
        assert_eq!(count(&mut db, "SELECT count(*) FROM reserve").await, 0);
        assert_eq!(count(&mut db, super::money::DISAGREEING).await, 0);
    }
}

/// Rows of the first version, with all that its checks allow.
const USED_BEFORE: &str = "
    WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 999)
    INSERT INTO usage (attempt, user_id, guild_id, persona, model, cost_nano_usd, prompt_tokens, completion_tokens, at)
    SELECT 1, nullif(n % 7, 0), nullif(n % 5, 0), 'ada', 'some/model', nullif(n * 1000, 3000), nullif(n % 11, 0), n,
           n * 864000
    FROM n;
    INSERT INTO usage (attempt, user_id, persona, model, cost_nano_usd, at)
    VALUES (1, 11, 'ada', 'some/model', 9223372036854775807, 864000000000),
           (1, 11, 'ada', 'some/model', 9223372036854775807, 864000000001)";

#[tokio::test]
async fn what_was_used_before_there_were_sums_is_in_them() {
    let place = Place::new();
    write_as_of(&place, 1).await;
    sqlx::raw_sql(USED_BEFORE).execute(&mut place.raw().await).await.unwrap();
    let store = place.open().await;
    let most = store.spent(Payer::User(ROBIN), 864_000_000_000).await.unwrap();
    assert_eq!((most.day_nano_usd, most.day_requests), (10_i64.pow(17), 2));
    store.close().await;
    let mut db = place.raw().await;
    for table in ["usage", "spending"] {
        let sql = format!("DELETE FROM {table} WHERE day = 10000");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    }
    assert_eq!(count(&mut db, super::money::DISAGREEING).await, 0);
    assert_eq!(count(&mut db, "SELECT count(*) FROM spending").await, 10 * (6 + 4 + 1) + 1);
}

/// A database as the given version left it after a crash.
async fn write_as_of(place: &Place, version: i64) {
    fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    fs::write(place.path(), "").unwrap();
    let mut db = place.raw().await;
    let table = &super::super::boot::MIGRATIONS.table_name;
    db.ensure_migrations_table(table).await.unwrap();
    for migration in super::super::boot::MIGRATIONS.iter().filter(|migration| migration.version <= version) {
        db.apply(table, migration).await.unwrap();
    }
    let (_, rows) = SAMPLES.iter().find(|(of, _)| *of == version).unwrap();
    sqlx::raw_sql(*rows).execute(&mut db).await.unwrap();
}
