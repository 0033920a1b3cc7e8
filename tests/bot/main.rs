//! Flows: the real bot against the embedded Discord and model server over loopback, driven as people would.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a broken test may end anywhere")]

mod asked;
mod browser;
mod cast;
mod harness;
mod http;
mod log;
mod openapi;
mod panics;
mod prices;

mod catalog;
mod commandline;
mod commands;
mod connection;
mod direct;
mod gateway;
mod governor;
mod ladder;
mod lanes;
mod layers;
mod mention;
mod models;
mod money;
mod pacing;
mod page;
mod panel;
mod playground;
mod providers;
mod refused;
mod restart;
mod resumed;
mod safety;
mod streaming;
