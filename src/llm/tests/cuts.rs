//! However the bytes of an answer are cut into reads, the same reply comes out.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use crate::llm::Failure;
use crate::llm::decoder::Decoder;
use crate::llm::facts::Facts;

/// What a reader learns: the text, how it ended, and the facts.
type Heard = (String, Option<Result<(), Failure>>, Facts);

fn read<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> Heard {
    let mut decoder = Decoder::default();
    let mut text: String = reads.into_iter().map(|read| decoder.feed(read)).collect();
    text.push_str(&decoder.close());
    (text, decoder.outcome(), decoder.facts().clone())
}

/// Reads of these sizes, in turn.
fn cut<'a>(mut rest: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut reads = Vec::new();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (read, tail) = rest.split_at((*size).clamp(1, rest.len()));
        reads.push(read);
        rest = tail;
    }
    reads
}

const PIECES: [&str; 26] = [
    "\n",
    "\r",
    "\r\n\r\n",
    "\u{feff}",
    ": OPENROUTER PROCESSING\n\n",
    ":\n\n",
    "event: error\n",
    "data: it broke\n\n",
    "data",
    "data: [DONE]\n\n",
    "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"Hi 猫\"}}]}\n\n",
    "data:{\"id\":\"gen-1\",\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\" \\ud83e\"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"content\":\"\\udd80\"}}]}\r\n\r\n",
    "data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"part\"}]}}]}\n\n",
    "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"two lines\"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"content\":\" \\n\"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"refusal\":\"No.\"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[{\"finish_reason\":\"content_filter\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"cost\":0.1}}\n\n",
    "data: {\"choices\":[{\"finish_reason\":null}],\"usage\":null}\n\n",
    "data: {\"error\":{\"code\":502,\"metadata\":{\"provider_name\":\"P\"}}}\n\n",
    "{\"error\":\n{\"code\":429,\n\n\"message\":\"bare\"}}",
    "{\"choices\":[{\"message\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}]}",
    "<html>",
    "data: {\"cut",
];

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => (0..PIECES.len()).prop_map(|at| PIECES[at].as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_reply(stream in stream(), sizes in proptest::collection::vec(1_usize..40, 1..20)) {
        prop_assert_eq!(read(cut(&stream, &sizes)), read([stream.as_slice()]));
    }
}

/// What the fuzzer found worth keeping. Its first byte counts the sizes that follow it, by which the rest is cut.
#[test]
fn the_fuzzers_corpus_gives_the_same_replies() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/decoder");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        let Some((count, rest)) = input.split_first() else { continue };
        let (sizes, bytes) = rest.split_at((usize::from(*count) % 8).min(rest.len()));
        let sizes: Vec<_> = sizes.iter().map(|size| usize::from(*size) + 1).collect();
        let whole = read([bytes]);
        assert!(whole.1.is_some(), "{} has no end", path.display());
        assert_eq!(read(cut(bytes, &[1])), whole, "{}", path.display());
        assert_eq!(
            read(cut(bytes, if sizes.is_empty() { &[7] } else { &sizes })),
            whole,
            "{}",
            path.display()
        );
        files += 1;
    }
    assert!(files > 50, "the corpus holds only {files} files");
}

#[test]
fn a_long_blank_beginning_is_read_in_linear_time() {
    // Quadratic, this takes minutes.
    let event = b"data: {\"choices\":[{\"delta\":{\"content\":\" \"}}]}\n\n";
    let stream = event.repeat(64 * 1024);
    let (text, outcome, _) = read(stream.chunks(event.len()));
    assert_eq!((text.as_str(), outcome), ("", Some(Err(Failure::Interrupted))));
}
