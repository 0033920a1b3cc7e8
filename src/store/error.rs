//! What can go wrong once the store is open. Nothing here ever holds a bound value: texts and tokens are bound values.

use crate::ids::TurnId;

use super::turn::TurnState;

/// Why the store did not do what it was asked for. A failed write has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("the store is closed")]
    Closed,
    #[error("the database was busy for too long")]
    Busy,
    #[error("the disk is full")]
    Full,
    #[error("the database file is damaged")]
    Damaged,
    #[error("there is no turn {0}")]
    NoSuchTurn(TurnId),
    #[error("turn {turn} is {state} already")]
    TurnState { turn: TurnId, state: TurnState },
    #[error("the question of turn {0} was erased")]
    TurnErased(TurnId),
    /// Everything else: a broken constraint, an I/O error, a column that does not hold what it should.
    #[error("the database failed: {what}")]
    Sql {
        /// SQLite's extended result code.
        code: Option<u32>,
        what: String,
    },
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CONSTRAINT: u32 = 19;
const NOT_A_DATABASE: u32 = 26;

impl StoreError {
    /// A column holds something this version does not know.
    pub(super) fn unexpected(column: &str) -> Self {
        Self::Sql { code: None, what: format!("unexpected value in {column}") }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => of_database(&*database),
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::ColumnDecode { index, .. } => Self::unexpected(&index),
            sqlx::Error::Io(io) => Self::Sql { code: None, what: io.kind().to_string() },
            sqlx::Error::RowNotFound => Self::Sql { code: None, what: "a row is missing".to_owned() },
            sqlx::Error::WorkerCrashed => Self::Sql { code: None, what: "its thread ended".to_owned() },
            _ => Self::Sql { code: None, what: "see the database's own log".to_owned() },
        }
    }
}

/// SQLite names tables and columns when a constraint breaks; other messages may quote what was searched for.
fn of_database(error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(BUSY | LOCKED) => StoreError::Busy,
        Some(FULL) => StoreError::Full,
        Some(CORRUPT | NOT_A_DATABASE) => StoreError::Damaged,
        Some(CONSTRAINT) => StoreError::Sql { code, what: error.message().to_owned() },
        _ => StoreError::Sql { code, what: format!("SQLite code {}", code.unwrap_or_default()) },
    }
}
