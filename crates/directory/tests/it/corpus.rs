//! Every input that the fuzzer has found worth keeping, through the function that the fuzzer calls.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn cursor() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/cursor");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let input = std::fs::read(&file).unwrap();
        let outcome = std::panic::catch_unwind(|| targets::cursor(&input));
        assert!(outcome.is_ok(), "cursor fails on {}", file.display());
    }
}
