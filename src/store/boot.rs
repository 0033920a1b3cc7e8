//! From a path to an open database: folder, lock, version of SQLite, health, migrations, connections.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use tokio::time::sleep;
use tracing::info;

use super::Settings;
use super::error::StoreError;
use super::lock::{Lock, LockError};
use super::reserve;

/// How long a connection waits for another process that writes (a backup tool, a shell).
pub(super) const BUSY_WAIT: Duration = Duration::from_secs(5);

/// How often the lock is looked at again while somebody has it, and how long between two looks.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Earlier ones may damage a database in WAL mode when two connections write and checkpoint at once.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// The log shrinks back to this after a burst.
const WAL_LIMIT_BYTES: &str = "67108864";

/// A commit that finds the log longer than this folds it itself: then it grows faster than it is folded beside.
const WAL_BOUND_PAGES: &str = "8192";

/// Rows that a query may be ahead of its reader: a whole path, so that they do not wait for each other at each.
const ROWS_AHEAD: usize = 512;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Why the database cannot be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{} is in use by another process{}: stop that one, or choose another database with DATABASE_URL",
        path.display(), holder.map(|pid| format!(" (id {pid})")).unwrap_or_default()
    )]
    Locked { path: PathBuf, holder: Option<u32> },
    #[error(
        "{} cannot be written ({source}): give this user the right to write there, or choose another database with \
         DATABASE_URL", path.display()
    )]
    NotWritable { path: PathBuf, source: io::Error },
    #[error("{} was written by a newer version: install that version again, or restore an older backup", path.display())]
    Newer { path: PathBuf },
    #[error(
        "{} is damaged ({detail}): restore a backup, or move the file away to begin with an empty database",
        path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    #[error("SQLite {found} may damage databases: build with SQLite 3.51.3 or newer")]
    OldSqlite { found: String },
    #[error("{} lies on a file system without shared memory ({mode} mode): use a local disk", path.display())]
    NoWal { path: PathBuf, mode: String },
    #[error("the stop began before the database was open: start again")]
    Stopped,
    #[error("{} cannot be upgraded ({source}): restore a backup, or report this", path.display())]
    Upgrade { path: PathBuf, source: MigrateError },
    #[error(
        "the system has no thread for the database ({source}): raise its limit of threads, or start again"
    )]
    NoThread { source: io::Error },
    #[error("{} cannot be opened ({source}): try again, or restore a backup", path.display())]
    Failed { path: PathBuf, source: StoreError },
}

pub(super) struct Opened {
    pub(super) writer: SqliteConnection,
    pub(super) readers: SqlitePool,
    pub(super) lock: Lock,
    pub(super) secret: [u8; 32],
}

pub(super) async fn open(settings: &Settings) -> Result<Opened, OpenError> {
    let path = &settings.path;
    prepare_folder(path)?;
    let lock = take_free_lock(path).await?;
    prepare_file(path).map_err(|source| not_writable(path, source))?;
    let mut writer = connect(path).await?;
    check_version(&mut writer).await.map_err(|error| of_opening(path, error))??;
    check_wal(path, &mut writer).await?;
    upgrade(path, &mut writer).await?;
    write_off(&mut writer).await.map_err(|error| of_opening(path, error))?;
    let secret = mark_running(&mut writer).await.map_err(|error| of_opening(path, error))?;
    Ok(Opened { writer, readers: reader_pool(settings), lock, secret })
}

/// What an earlier run had set aside and did not close counts as used.
async fn write_off(db: &mut SqliteConnection) -> sqlx::Result<()> {
    let mut both = db.begin().await?;
    reserve::write_off(&mut both, i64::MAX).await?;
    both.commit().await
}

fn not_writable(path: &Path, source: io::Error) -> OpenError {
    OpenError::NotWritable { path: path.to_owned(), source }
}

fn prepare_folder(path: &Path) -> Result<(), OpenError> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            fs::create_dir_all(folder).map_err(|source| not_writable(path, source))
        }
        _ => Ok(()),
    }
}

/// Whoever had it may be about to let go: a handle of the store in the hands of a page, or a child process that is just
/// being made and holds every file for a moment.
async fn take_free_lock(path: &Path) -> Result<Lock, OpenError> {
    for _ in 0..LOOKS {
        match take_lock(path) {
            Err(OpenError::Locked { .. }) => sleep(BETWEEN_LOOKS).await,
            other => return other,
        }
    }
    take_lock(path)
}

fn take_lock(path: &Path) -> Result<Lock, OpenError> {
    Lock::take(path).map_err(|error| match error {
        LockError::Held(holder) => OpenError::Locked { path: path.to_owned(), holder },
        LockError::Io(source) => not_writable(path, source),
    })
}

/// A new file is for its owner alone; SQLite gives its log the same rights. An existing file keeps its own.
fn prepare_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_WAIT)
        .foreign_keys(true)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging()
}

async fn connect(path: &Path) -> Result<SqliteConnection, OpenError> {
    options(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "on")
        .pragma("journal_size_limit", WAL_LIMIT_BYTES)
        .pragma("wal_autocheckpoint", WAL_BOUND_PAGES)
        .connect()
        .await
        .map_err(|error| of_opening(path, error))
}

/// Connections are made when they are first needed, so that a start does not wait for them.
fn reader_pool(settings: &Settings) -> SqlitePool {
    let read_only = options(&settings.path).pragma("query_only", "on");
    SqlitePoolOptions::new()
        .max_connections(settings.readers.max(1))
        .acquire_timeout(BUSY_WAIT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(read_only)
}

fn of_opening(path: &Path, error: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    match StoreError::from(error) {
        StoreError::Damaged => OpenError::Damaged { path, detail: "it is not a database".to_owned() },
        StoreError::Sql { code: Some(code), .. } if matches!(code & 0xff, 8 | 14) => {
            OpenError::NotWritable { path, source: io::ErrorKind::PermissionDenied.into() }
        }
        source => OpenError::Failed { path, source },
    }
}

async fn check_version(db: &mut SqliteConnection) -> sqlx::Result<Result<(), OpenError>> {
    let found: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(db).await?;
    Ok(if is_sound(&found) { Ok(()) } else { Err(OpenError::OldSqlite { found }) })
}

pub(super) fn is_sound(version: &str) -> bool {
    let parts: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts.is_some_and(|parts| parts.as_slice() >= OLDEST_SQLITE.as_slice())
}

async fn check_wal(path: &Path, db: &mut SqliteConnection) -> Result<(), OpenError> {
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(db)
        .await
        .map_err(|error| of_opening(path, error))?;
    if mode == "wal" { Ok(()) } else { Err(OpenError::NoWal { path: path.to_owned(), mode }) }
}

async fn upgrade(path: &Path, db: &mut SqliteConnection) -> Result<(), OpenError> {
    let failed = |source| of_upgrade(path, source);
    db.ensure_migrations_table(&MIGRATIONS.table_name).await.map_err(failed)?;
    let applied = db.list_applied_migrations(&MIGRATIONS.table_name).await.map_err(failed)?;
    if applied.iter().any(|migration| !MIGRATIONS.version_exists(migration.version)) {
        return Err(OpenError::Newer { path: path.to_owned() });
    }
    if !applied.is_empty() {
        check_health(path, db).await?;
    }
    MIGRATIONS.run(db).await.map_err(failed)
}

fn of_upgrade(path: &Path, error: MigrateError) -> OpenError {
    match error {
        MigrateError::Execute(error) => of_opening(path, error),
        source => OpenError::Upgrade { path: path.to_owned(), source },
    }
}

/// A full look takes long on a large file, so it is only taken when the last stop gives a reason.
async fn check_health(path: &Path, db: &mut SqliteConnection) -> Result<(), OpenError> {
    let failed = |error| of_opening(path, error);
    let clean = sqlx::query_scalar!("SELECT stopped_cleanly FROM meta WHERE id = 1")
        .fetch_optional(&mut *db)
        .await
        .map_err(failed)?;
    if clean == Some(1) {
        return Ok(());
    }
    info!("the last stop was not clean: checking the database");
    let detail: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(db).await.map_err(failed)?;
    if detail == "ok" { Ok(()) } else { Err(OpenError::Damaged { path: path.to_owned(), detail }) }
}

async fn mark_running(db: &mut SqliteConnection) -> sqlx::Result<[u8; 32]> {
    let fresh: [u8; 32] = rand::random();
    let fresh = fresh.as_slice();
    let secret = sqlx::query_scalar!(
        r#"INSERT INTO meta (id, secret, stopped_cleanly) VALUES (1, ?1, 0)
           ON CONFLICT (id) DO UPDATE SET stopped_cleanly = 0 RETURNING secret AS "secret!""#,
        fresh
    )
    .fetch_one(db)
    .await?;
    secret.try_into().map_err(|_| sqlx::Error::ColumnNotFound("meta.secret".to_owned()))
}
