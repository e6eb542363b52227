use super::*;
use crate::tidy::tests::shown;

fn tree(package: &str, dependencies: &str, code: &str) -> Tree {
    let folder = package.trim_start_matches("throng-");
    let manifest = format!("[package]\nname = \"{package}\"\n{dependencies}");
    Tree::of(&[
        (&format!("crates/{folder}/Cargo.toml"), &manifest),
        (&format!("crates/{folder}/src/lib.rs"), code),
    ])
}

fn dependencies(package: &str, text: &str) -> Vec<String> {
    shown(&check_dependencies(&tree(package, text, "")))
}

fn paths(package: &str, code: &str) -> Vec<String> {
    shown(&check_paths(&tree(package, "", code)))
}

#[test]
fn the_wings_do_not_see_each_other() {
    let found = dependencies(
        "throng-web",
        "[dependencies]\nthrong-directory = { workspace = true }\nthrong-store.workspace = true\n",
    );
    assert_eq!(found, ["crates/web/Cargo.toml:5: imports: `throng-web` may not depend on `throng-store`"]);
    let found = dependencies("throng-store", "[dependencies]\nthrong-web.workspace = true\n");
    assert_eq!(found, ["crates/store/Cargo.toml:4: imports: `throng-store` may not depend on `throng-web`"]);
}

#[test]
fn tests_see_what_is_listed_for_them_and_no_more() {
    assert_eq!(
        dependencies("throng-store", "[dev-dependencies]\nthrong-tables.workspace = true\n"),
        Vec::<String>::new()
    );
    assert_eq!(dependencies("throng-store", "[dependencies]\nthrong-tables.workspace = true\n").len(), 1);
    assert_eq!(dependencies("throng-web", "[dev-dependencies]\nthrong-client.workspace = true\n").len(), 1);
}

#[test]
fn throw_away_servers_are_for_tests_benches_and_tasks() {
    let cluster = "throng-cluster.workspace = true\n";
    for package in ["throng-store", "throng-web", "throng-server"] {
        assert_eq!(dependencies(package, &format!("[dev-dependencies]\n{cluster}")), Vec::<String>::new());
        assert_eq!(dependencies(package, &format!("[dependencies]\n{cluster}")).len(), 1, "{package}");
    }
    for package in ["throng-bench", "xtask"] {
        assert_eq!(dependencies(package, &format!("[dependencies]\n{cluster}")), Vec::<String>::new());
    }
    assert_eq!(dependencies("throng-directory", &format!("[dev-dependencies]\n{cluster}")).len(), 1);
    assert_eq!(dependencies("throng-cluster", "[dependencies]\nthrong-store.workspace = true\n").len(), 1);
}

#[test]
fn forbidden_crates_are_found_in_every_table() {
    for (package, text) in [
        ("throng-scim", "[dependencies]\ntokio = \"1\"\n"),
        ("throng-jobs", "[dev-dependencies]\ntokio = \"1\"\n"),
        ("throng-directory", "[target.'cfg(unix)'.dependencies]\nrusqlite = \"0.41\"\n"),
        ("throng-directory", "[dependencies.db]\npackage = \"rusqlite\"\n"),
        ("throng-web", "[dependencies]\nanyhow = \"1\"\n"),
        ("throng-client", "[build-dependencies]\naxum = \"0.8\"\n"),
    ] {
        assert_eq!(dependencies(package, text).len(), 1, "{package}: {text}");
    }
    assert_eq!(
        dependencies("throng-server", "[dependencies]\nanyhow = \"1\"\nthrong-store.workspace = true\n"),
        Vec::<String>::new()
    );
    assert_eq!(dependencies("throng-bench", "[dependencies]\nrusqlite = \"1\"\n"), Vec::<String>::new());
}

#[test]
fn an_unknown_crate_is_found() {
    let found = dependencies("throng-email", "");
    assert_eq!(
        found,
        ["crates/email/Cargo.toml:1: imports: `throng-email` is not in the table of xtask's imports.rs"]
    );
}

#[test]
fn forbidden_paths_are_found_in_code() {
    let found = paths("throng-directory", "\nfn f() -> http::StatusCode { todo }");
    assert_eq!(
        found,
        ["crates/directory/src/lib.rs:2: imports: `throng-directory` may not name `http::StatusCode`"]
    );
    assert_eq!(paths("throng-scim", "#[tokio::test]\nasync fn f() {}").len(), 1);
    assert_eq!(paths("throng-jobs", "use tokio_postgres::Client;").len(), 1);
    assert_eq!(paths("throng-web", "use {axum::Router, rusqlite as r};").len(), 1);
    assert_eq!(paths("throng-web", "use http::StatusCode; use tower::Service;"), Vec::<String>::new());
    assert_eq!(paths("throng-store", "use crate::http::x; // axum::Router"), Vec::<String>::new());
}

#[test]
fn lints_come_from_the_workspace() {
    assert_eq!(
        shown(&check_lints(&tree("throng-scim", "[lints]\nworkspace = true\n", ""))),
        Vec::<String>::new()
    );
    let found = shown(&check_lints(&tree("throng-scim", "[lints.rust]\nunsafe_code = \"allow\"\n", "")));
    assert_eq!(found, ["crates/scim/Cargo.toml:1: lints: `[lints]` lacks `workspace = true`"]);
}

#[test]
fn dependencies_come_from_crates_io() {
    let good = format!("[[package]]\nname = \"a\"\nsource = \"{CRATES_IO}\"\n");
    assert_eq!(shown(&check_lock(&Tree::of(&[("Cargo.lock", &good)]))), Vec::<String>::new());
    let tree = Tree::of(&[("Cargo.lock", "[[package]]\nsource = \"git+https://example.org/a\"\n")]);
    assert_eq!(
        shown(&check_lock(&tree)),
        ["Cargo.lock:2: lock: `git+https://example.org/a` is not crates.io"]
    );
}
