//! Prism: personas that talk in Discord.
//!
//! # Map
//! In reading order. A folder is a part of the machine, a file is one noun; `ARCHITECTURE.md` follows one mention
//! through all of them.
//!
//! - [`ids`], [`shutdown`], [`status`], [`document`]: leaves that everybody may name. [`watchdog`] reads the status.
//! - [`persona`]: what a character is. [`store`]: SQLite, and the only SQL. [`llm`]: completions over a ladder of models.
//! - [`chat`]: the engine, between them. It knows no Discord and no HTTP.
//! - [`governor`]: Discord's REST limits. [`gateway`]: the sockets that tell what happens. [`discord`]: the surface;
//!   serenity and poise live there alone.
//! - [`emulator`]: an embedded Discord and model server. The bot meets them over loopback only.
//! - [`web`]: health checks and the playground.
//! - [`config`], [`telemetry`], [`app`], [`cli`]: how it is put together and started.
//!
//! # Promises
//! Every accepted turn is closed, once. No text is lost. Nobody is pinged. Nothing crosses a scope. Money is bounded.
//! Turns of a conversation keep their order and conversations never wait for each other. Discord's announced limits
//! are never broken. Secrets and chat text never enter a log. Everything is bounded. No privileged intent is needed.
//!
//! # Glossary
//! - **persona**: a character, one TOML file.
//! - **scope**: an audience: channel, thread, direct message or private exchange. The privacy boundary.
//! - **conversation**: a scope with one persona.
//! - **entry**: one message in the tree of a conversation.
//! - **turn**: a trigger (message or interaction) and what became of it; a row of the journal.
//! - **lane**: the order in which the turns of one conversation run.
//! - **window**: the part of the history that is in the prompt.
//! - **ladder**: the models to try, in order.
//! - **place**: the right to make one request to Discord now.
//! - **surface**: what shows an answer: Discord, or the terminal.

pub mod document;
pub mod ids;
pub mod shutdown;
pub mod status;
pub mod watchdog;

pub mod persona;

pub mod store;

pub mod llm;

pub mod chat;

pub mod governor;

pub mod gateway;

pub mod discord;

pub mod emulator;

pub mod web;

pub mod config;

pub mod telemetry;

pub mod app;

pub mod cli;
