use super::PRAGMAS;

/// How the product opens the connection that writes.
const CONNECT: &str = include_str!("../../../crates/store/src/driver/sqlite/connect.rs");
/// It checkpoints itself, as soon as a commit would.
const WRITER: &str = include_str!("../../../crates/store/src/driver/sqlite/writer.rs");

#[test]
fn the_product_has_the_same_settings() {
    let expected = [
        ("page_size", "\"page_size\", 4096"),
        ("journal_mode", "\"journal_mode\", \"wal\""),
        ("synchronous", "\"synchronous\", \"full\""),
        ("cache_size", "const WRITER_CACHE_KIB: i64 = 64 << 10;"),
        ("wal_autocheckpoint", "const CHECKPOINT_FRAMES: i32 = 1_000;"),
        ("journal_size_limit", "const LOG_BYTES_KEPT: i64 = 64 << 20;"),
        ("temp_store", "\"temp_store\", \"memory\""),
        ("mmap_size", "\"mmap_size\", 0"),
        ("foreign_keys", "\"foreign_keys\", false"),
    ];
    assert_eq!(expected.map(|(name, _)| name), PRAGMAS.map(|(name, _)| name));
    for (name, text) in expected {
        let file = if name == "wal_autocheckpoint" { WRITER } else { CONNECT };
        assert!(file.contains(text), "the product's {name} is no longer {text}");
    }
    // Everything that the writer sets is in the list (max_page_count is for tests; query_only for readers).
    let set = CONNECT.matches("pragma_update").count();
    assert_eq!(set, PRAGMAS.len() - 1 + 3, "the product sets something that raw does not");
}
