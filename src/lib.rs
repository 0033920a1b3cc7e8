//! Prism: personas that talk in Discord.

pub mod ids;
pub mod shutdown;

pub mod chat;
pub mod discord;
pub mod document;
pub mod emulator;
pub mod governor;
pub mod llm;
pub mod persona;
pub mod status;
pub mod store;
pub mod web;
pub mod config;
pub mod telemetry;
