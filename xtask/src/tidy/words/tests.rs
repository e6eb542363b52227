use super::*;
use crate::tidy::tests::shown;

fn tree(package: &str, inside: &str, code: &str) -> Tree {
    let folder = package.trim_start_matches("throng-");
    let manifest = format!("[package]\nname = \"{package}\"\n");
    Tree::of(&[
        (&format!("crates/{folder}/Cargo.toml"), &manifest),
        (&format!("crates/{folder}/{inside}"), code),
    ])
}

#[test]
fn statements_are_told_from_sentences() {
    for sql in [
        "select id from users",
        "  SELECT 1",
        "insert into users (id) values (?1)",
        "update users set name = ?1",
        "delete from users",
        "create unique index x on y (z)",
        "drop table x",
        "pragma journal_mode = wal",
        "begin immediate",
        "savepoint one",
    ] {
        assert!(is_sql(sql), "{sql}");
    }
    for text in [
        "",
        "select",
        "Select a person from the list",
        "select one",
        "update the members",
        "create a group",
        "delete",
        "insert",
        "pragma and dogma are words",
        "User successfully updated",
    ] {
        assert!(!is_sql(text), "{text}");
    }
}

#[test]
fn sql_is_found_outside_the_store_alone() {
    let code = "\nfn f() { g(\"select id\\n from users\"); }";
    assert_eq!(shown(&check_sql(&tree("throng-store", "src/lib.rs", code))), Vec::<String>::new());
    let found =
        shown(&check_sql(&tree("throng-directory", "src/lib.rs", "\nfn f() { g(\"delete from users\"); }")));
    assert_eq!(found, ["crates/directory/src/lib.rs:2: sql: SQL outside the store"]);
    let comment = "// delete from users\n";
    assert_eq!(shown(&check_sql(&tree("throng-directory", "src/lib.rs", comment))), Vec::<String>::new());
}

#[test]
fn databases_are_named_where_they_are_told_apart() {
    let code = "use rusqlite::Connection;";
    for inside in [
        "src/open.rs",
        "src/driver/sqlite.rs",
        "src/driver/sqlite/tests.rs",
        "src/migrate.rs",
        "src/lib.rs",
        "tests/it/main.rs",
    ] {
        assert_eq!(
            shown(&check_backends(&tree("throng-store", inside, code))),
            Vec::<String>::new(),
            "{inside}"
        );
    }
    for (inside, code) in [
        ("src/users.rs", code),
        ("src/users.rs", "fn f(kind: Kind) { if kind == Kind::Postgres {} }"),
        ("src/users.rs", "const X: &str = \"sqlite_master\";"),
        ("src/users/tests.rs", code),
        ("src/opening.rs", code),
    ] {
        let found = shown(&check_backends(&tree("throng-store", inside, code)));
        assert_eq!(found.len(), 1, "{inside}: {code}");
        assert!(found[0].contains(":1: backends: `"), "{found:?}");
    }
    assert_eq!(
        shown(&check_backends(&tree("throng-store", "src/users.rs", "// SQLite\n"))),
        Vec::<String>::new()
    );
    assert_eq!(shown(&check_backends(&tree("throng-web", "src/users.rs", code))), Vec::<String>::new());
}

#[test]
fn pure_crates_stay_pure() {
    for code in [
        "async fn f() {}",
        "use std::time::SystemTime;",
        "use std::{fs, fmt};",
        "fn f() { std::thread::sleep(d); }",
    ] {
        assert_eq!(shown(&check_pure(&tree("throng-jobs", "src/lib.rs", code))).len(), 1, "{code}");
        assert_eq!(
            shown(&check_pure(&tree("throng-web", "src/lib.rs", code))),
            Vec::<String>::new(),
            "{code}"
        );
    }
    let harmless = "// async\nconst X: &str = \"await\"; use std::fmt; struct Asynchronous;";
    assert_eq!(shown(&check_pure(&tree("throng-jobs", "src/lib.rs", harmless))), Vec::<String>::new());
    assert_eq!(
        shown(&check_pure(&tree("throng-scim", "tests/it/main.rs", "use std::fs;"))),
        Vec::<String>::new()
    );
}

#[test]
fn unfinished_work_is_found_everywhere() {
    for word in UNFINISHED {
        let text = format!("one\n// {word}: later\n");
        for path in ["crates/x/src/lib.rs", "README.md", "a.sql", ".ci/x.sh"] {
            let found = shown(&check_unfinished(&Tree::of(&[(path, &text)])));
            assert_eq!(found, [format!("{path}:2: unfinished: `{word}`")]);
        }
    }
    let longer = format!("{}S MAS{} auto_{}_list", UNFINISHED[0], UNFINISHED[0], UNFINISHED[0]);
    assert_eq!(shown(&check_unfinished(&Tree::of(&[("README.md", &longer)]))), Vec::<String>::new());
}

#[test]
fn exceptions_give_their_reason() {
    let found = shown(&check_exceptions(&tree(
        "throng-web",
        "src/lib.rs",
        "#[expect(x, reason = \"y\")]\nfn f() {}\n#[allow(x)]\nfn g() {}",
    )));
    assert_eq!(
        found,
        ["crates/web/src/lib.rs:3: exceptions: `#[allow]`: write `#[expect(.., reason = \"..\")]`"]
    );
    let conditional = "#[cfg_attr(test, allow(x))]\nfn f() { allow(1); }";
    assert_eq!(shown(&check_exceptions(&tree("throng-web", "src/lib.rs", conditional))).len(), 1);
}
