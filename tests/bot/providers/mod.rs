//! Servers that call themselves OpenAI-compatible, each in its own way, and several of them at once.

mod dialects;
mod named;
