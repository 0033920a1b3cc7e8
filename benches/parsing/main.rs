//! How fast an answer is read, from its bytes to its text: `cargo bench --bench parsing`.
//!
//! Compiles the decoder by itself, without the rest of the crate. One core, no input or output: streams of several
//! sizes, in reads of the size that a socket gives. Reading is linear when a row's figures are alike.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "a part of the crate, without those who use it"
)]

#[path = "../../src/llm"]
mod llm {
    mod chunk;
    mod cost;
    mod decoder;
    mod facts;
    mod failure;
    mod literal;
    mod reading;
    mod report;
    mod shape;
    mod sse;
    mod trouble;

    /// Reads a stream in reads of this many bytes.
    pub fn read(stream: &[u8], size: usize) {
        let mut decoder = decoder::Decoder::default();
        for bytes in stream.chunks(size) {
            std::hint::black_box(decoder.feed(std::hint::black_box(bytes)));
        }
        assert!(decoder.is_finishing(), "the stream was not read to its end");
    }
}

#[path = "../common/mod.rs"]
mod common;

use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use common::arguments::Arguments;
use common::figures::Limit;
use common::page::Page;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const SIZES: [(&str, usize); 3] = [("64 KiB", 64 * KIB), ("1 MiB", MIB), ("8 MiB", 8 * MIB)];
/// One read from a socket.
const READ: usize = 16 * KIB;
/// Read at least this often and this much; the best round counts, as the others were disturbed.
const ROUNDS: usize = 7;
const ROUND: usize = 32 * MIB;

/// How fast an answer is read
#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> Result<()> {
    let arguments = Command::parse().arguments;
    let mut page = Page::default();
    page.machine();
    page.title(&format!("from bytes to text, in reads of {} KiB, the best of {ROUNDS} rounds", READ / KIB));
    for (name, event) in kinds() {
        for (size_name, size) in SIZES {
            let speed = speed(&stream(&event, size));
            page.value(&format!("{name}, {size_name}"), Some(speed), "MB/s", Limit::None);
        }
    }
    page.publish("parsing", arguments.json.as_deref())
}

/// The events of which a stream is made, as OpenRouter writes them.
fn kinds() -> [(&'static str, String); 4] {
    let chunk = |delta: &str| {
        format!(
            "data: {{\"id\":\"gen-1763634000-aBcDeFgHiJkLmNoPqRsT\",\"provider\":\"Google\",\"model\":\"google/gemini-2.5-flash\",\"object\":\"chat.completion.chunk\",\"created\":1763634000,\"choices\":[{{\"index\":0,\"delta\":{{\"role\":\"assistant\",{delta}}},\"finish_reason\":null,\"native_finish_reason\":null,\"logprobs\":null}}]}}\n\n"
        )
    };
    let thought = "Now the \\\"visitor\\\" wants to know whether it rains. ".repeat(600);
    let image = "iVBORw0KGgo".repeat(64 * KIB);
    [
        ("small chunks (a word)", chunk("\"content\":\" word\"")),
        ("small chunks (an escaped character)", chunk("\"content\":\"\\ud83e\\udd80\"")),
        (
            "large chunks (30 KiB of reasoning)",
            chunk(&format!("\"content\":\"\",\"reasoning\":\"{thought}\"")),
        ),
        ("large chunks (an image of 700 KiB)", chunk(&format!("\"content\":\".\",\"images\":[\"{image}\"]"))),
    ]
}

/// At least `size` bytes of `event`, and a proper end.
fn stream(event: &str, size: usize) -> Vec<u8> {
    let mut stream = event.repeat(size.div_ceil(event.len()));
    stream.push_str("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    stream.into_bytes()
}

/// Millions of bytes a second.
fn speed(stream: &[u8]) -> f64 {
    let repeats = ROUND.div_ceil(stream.len());
    let rounds = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        (0..repeats).for_each(|_| llm::read(stream, READ));
        started.elapsed().as_secs_f64()
    });
    let best = rounds.fold(f64::INFINITY, f64::min);
    (repeats * stream.len()) as f64 / best / 1e6
}
