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
fn filter() {
    replay("filter", targets::filter);
}

#[test]
fn path() {
    replay("path", targets::path);
}

#[test]
fn patch_apply() {
    replay("patch_apply", targets::patch_apply);
}

#[test]
fn json_decode() {
    replay("json_decode", targets::json_decode);
}

#[test]
fn definitions() {
    replay("definitions", targets::definitions);
}
