//! A stream, whole and cut: the same reply, an end, and no more text than there may be.
//!
//! The first bytes say how it is cut: a count, then as many lengths of reads, taken in turn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use prism_fuzz::{MAX_TEXT, stream};

fuzz_target!(|input: &[u8]| {
    let Some((count, rest)) = input.split_first() else {
        return;
    };
    let (sizes, bytes) = rest.split_at((usize::from(*count) % 8).min(rest.len()));
    let whole = stream([bytes].into_iter());
    assert!(whole.outcome.is_some());
    assert!(whole.text.len() <= MAX_TEXT);
    assert_eq!(whole, stream(bytes.chunks(1)));
    let mut rest = bytes;
    let cut = sizes.iter().cycle().map_while(|size| {
        let (read, tail) = rest.split_at_checked(usize::from(*size) + 1).unwrap_or((rest, &[]));
        rest = tail;
        (!read.is_empty()).then_some(read)
    });
    if !sizes.is_empty() {
        assert_eq!(whole, stream(cut));
    }
});
