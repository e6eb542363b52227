use super::*;
use crate::tidy::tests::shown;

const MANIFEST: (&str, &str) = ("crates/x/Cargo.toml", "[package]\nname = \"throng-x\"\n");

#[test]
fn declared_files_live() {
    let tree = Tree::of(&[
        MANIFEST,
        ("crates/x/src/lib.rs", "mod a;\nmod inner { mod b; }\n#[path = \"odd.rs\"]\nmod c;"),
        ("crates/x/src/a.rs", "mod deep;\n#[cfg(test)]\nmod tests;"),
        ("crates/x/src/a/deep.rs", ""),
        ("crates/x/src/a/tests.rs", "mod more;"),
        ("crates/x/src/a/tests/more.rs", ""),
        ("crates/x/src/inner/b.rs", ""),
        ("crates/x/src/odd.rs", ""),
        ("crates/x/src/bin/tool.rs", ""),
        ("crates/x/tests/it/main.rs", "mod one;"),
        ("crates/x/tests/it/one.rs", ""),
        ("crates/x/build.rs", ""),
    ]);
    assert_eq!(shown(&check_dead(&tree)), Vec::<String>::new());
    assert_eq!(code_of(&tree, &tree.crates()[0]).len(), 6);
}

#[test]
fn undeclared_files_are_dead() {
    let tree = Tree::of(&[
        MANIFEST,
        ("crates/x/src/lib.rs", "// mod a;\nmod b;"),
        ("crates/x/src/a.rs", "mod deep;"),
        ("crates/x/src/a/deep.rs", ""),
        ("crates/x/src/b.rs", ""),
        ("crates/x/tests/it/main.rs", ""),
        ("crates/x/tests/it/forgotten.rs", ""),
    ]);
    let message = "1: dead-file: no `mod` declares this file";
    let files = ["crates/x/src/a.rs", "crates/x/src/a/deep.rs", "crates/x/tests/it/forgotten.rs"];
    assert_eq!(shown(&check_dead(&tree)), files.map(|file| format!("{file}:{message}")));
}

#[test]
fn long_code_is_found_and_long_tests_are_not() {
    let allowed = "\n".repeat(500);
    let long = "\n".repeat(501);
    let tree = Tree::of(&[
        MANIFEST,
        ("crates/x/src/lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod tests;"),
        ("crates/x/src/a.rs", &allowed),
        ("crates/x/src/b.rs", &long),
        ("crates/x/src/tests.rs", &long),
        ("crates/x/tests/it/main.rs", &long),
    ]);
    let expected = ["crates/x/src/b.rs:501: file-size: 501 lines, at most 500: split it by subject"];
    assert_eq!(shown(&check_sizes(&tree)), expected);
}

#[test]
fn tests_inside_the_code_are_found() {
    let tree = Tree::of(&[
        MANIFEST,
        ("crates/x/src/lib.rs", "mod a { }\n#[cfg(test)]\nmod tests {\n    mod deeper { }\n}"),
    ]);
    let found = shown(&check_tests_apart(&tree));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("crates/x/src/lib.rs:3: tests-apart: test module `tests`"), "{found:?}");
}
