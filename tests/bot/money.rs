//! What answers cost, and what is refused.

mod budgets;
mod owed;
mod rates;
mod reserves;
mod storm;
