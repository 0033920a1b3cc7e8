//! A body that came whole: an end, no more text than there may be, and the same when it claims to be a stream.

#![no_main]

use libfuzzer_sys::fuzz_target;
use prism_fuzz::{MAX_TEXT, stream, whole};

fuzz_target!(|body: &[u8]| {
    let heard = whole(body);
    assert!(heard.outcome.is_some());
    assert!(heard.text.len() <= MAX_TEXT);
    if !body.contains(&b'\n') && !body.contains(&b'\r') && body.len() < 64 * 1024 {
        assert_eq!(heard, stream(body.chunks(7)));
    }
});
