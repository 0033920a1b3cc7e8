//! Slash commands and buttons.

mod chat;
mod forget;
mod model;
mod persona;
mod private;
mod repeat;
mod retry;
mod tell;
mod usage;
