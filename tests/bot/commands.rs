//! Slash commands and buttons.

mod chat;
mod forget;
mod persona;
mod private;
mod repeat;
mod retry;
mod tell;
