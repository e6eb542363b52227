//! Every input that the fuzzer has found worth keeping, through the functions that the fuzzer calls.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let input = std::fs::read(&file).unwrap();
        let outcome = std::panic::catch_unwind(|| check(&input));
        assert!(outcome.is_ok(), "{} fails on {}", target, file.display());
    }
}

#[test]
fn csv() {
    replay("csv", targets::csv);
}

#[test]
fn xlsx() {
    replay("xlsx", targets::xlsx);
}

#[test]
fn jsonl() {
    replay("jsonl", targets::jsonl);
}

#[test]
fn write_read() {
    replay("write_read", targets::write_read);
}
