use super::*;

const TEXT: &str = r#"
[package]
name = "throng-x"
version.workspace = true

[lints]
workspace = true

[dependencies]
throng-scim = { workspace = true }
# throng-jobs = { workspace = true }
serde.workspace = true
db = { package = "rusqlite", version = "0.41" }

[dependencies.http]
version = "1"

[target.'cfg(unix)'.dependencies]
libc = "0.2"

[dev-dependencies]
tempfile = "3"

[build-dependencies.cc]
package = "cc-renamed"
version = "1"

[[test]]
name = "crash"
path = "tests/crash.rs"
"#;

#[test]
fn every_table_is_read() {
    let manifest = Manifest::of(TEXT);
    assert_eq!(manifest.package.as_deref(), Some("throng-x"));
    assert!(manifest.workspace_lints);
    assert_eq!(manifest.target_paths, ["tests/crash.rs"]);
    let found: Vec<_> =
        manifest.dependencies.iter().map(|each| (each.name.as_str(), each.kind, each.line)).collect();
    let expected = [
        ("throng-scim", Kind::Normal, 10),
        ("serde", Kind::Normal, 12),
        ("rusqlite", Kind::Normal, 13),
        ("http", Kind::Normal, 15),
        ("libc", Kind::Normal, 19),
        ("tempfile", Kind::Dev, 22),
        ("cc-renamed", Kind::Build, 24),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_workspace_is_no_package() {
    let manifest = Manifest::of("[workspace]\nmembers = []\n[workspace.dependencies]\nserde = \"1\"\n");
    assert_eq!(manifest, Manifest::default());
}
