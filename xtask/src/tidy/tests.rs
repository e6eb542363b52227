use super::*;

/// Findings as they are printed.
pub fn shown(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

/// A tree that breaks every rule there is.
fn ruin() -> Tree {
    let unfinished = concat!("// TO", "DO\n");
    let long = "\n".repeat(501);
    Tree::of(&[
        ("Cargo.lock", "source = \"git+https://example.org/a\"\n"),
        ("crates/scim/Cargo.toml", "[package]\nname = \"throng-scim\"\n[dependencies]\ntokio = \"1\"\n"),
        (
            "crates/scim/src/lib.rs",
            "mod helpers;\nmod long;\n#[cfg(test)]\nmod tests {}\n#[allow(dead_code)]\n",
        ),
        ("crates/scim/src/helpers.rs", "async fn f() { tokio::spawn(g); tokio::spawn(g); }"),
        ("crates/scim/src/long.rs", &long),
        ("crates/scim/src/dead.rs", unfinished),
        ("crates/directory/Cargo.toml", "[package]\nname = \"throng-directory\"\n"),
        ("crates/directory/src/lib.rs", "mod model; mod workers;"),
        ("crates/directory/src/model.rs", "use crate::workers;\nconst X: &str = \"select id from users\";"),
        ("crates/directory/src/workers.rs", ""),
        ("crates/store/Cargo.toml", "[package]\nname = \"throng-store\"\n"),
        ("crates/store/src/lib.rs", "mod users;"),
        ("crates/store/src/users.rs", "struct Sqlite;"),
        ("crates/store/migrations/sqlite/0002_a.sql", ""),
        ("docs/adr/0002-a.md", ""),
    ])
}

#[test]
fn every_rule_is_run() {
    let findings = check(&ruin());
    let rules: std::collections::BTreeSet<&str> = findings.iter().map(|finding| finding.rule).collect();
    let expected = [
        "adr",
        "backends",
        "dead-file",
        "exceptions",
        "file-size",
        "floors",
        "imports",
        "lints",
        "lock",
        "migrations",
        "names",
        "papers",
        "pure",
        "sql",
        "tests-apart",
        "unfinished",
    ];
    assert_eq!(rules.into_iter().collect::<Vec<_>>(), expected);
    let imports: Vec<_> = findings.iter().filter(|finding| finding.rule == "imports").collect();
    assert_eq!(imports.len(), 2, "the manifest and the code: {imports:?}");
}

#[test]
fn findings_are_sorted_and_each_is_shown_once() {
    let findings = check(&ruin());
    let mut sorted = findings.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(findings, sorted);
}

#[test]
fn this_very_tree_can_be_read() {
    let root = crate::root().unwrap();
    let tree = Tree::read(root).unwrap();
    let xtask = tree.crates().iter().find(|package| package.name == "xtask").unwrap();
    let code = modules::code_of(&tree, xtask);
    assert!(code.contains(&"xtask/src/tidy/words.rs"), "{code:?}");
    assert!(!code.contains(&"xtask/src/tidy/words/tests.rs"), "{code:?}");
}
