//! What every input must satisfy. The fuzzer calls it with what it makes up, and `tests/it/corpus.rs` with every file of
//! the corpus.

use throng_directory::use_cases::lists::cursor::{open, seal};

const SECRET: [u8; 32] = [7; 32];

/// A cursor that nobody sealed does not open, nor does one that was changed or is bound to something else; and what was
/// sealed, whatever it says, is read or refused without a panic.
pub fn cursor(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        assert!(open(&SECRET, b"query", text).is_none(), "{text:?} opens");
    }
    let sealed = seal(&SECRET, [1; 12], b"query", input.to_vec()).expect("anything can be sealed");
    assert!(sealed.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    let _ = open(&SECRET, b"query", &sealed);
    assert!(open(&SECRET, b"another query", &sealed).is_none());
    assert!(open(&[8; 32], b"query", &sealed).is_none());
    let mut changed = sealed.into_bytes();
    let at = input.len() % changed.len();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("it is ASCII");
    assert!(open(&SECRET, b"query", &changed).is_none());
}
