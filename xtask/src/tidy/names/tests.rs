use super::*;
use crate::tidy::tests::shown;

#[test]
fn names_that_say_nothing_are_found() {
    for path in [
        "crates/x/src/util.rs",
        "crates/x/src/common/a.rs",
        "crates/x/tests/it/helpers.rs",
        "crates/job_x/src/manager.rs",
    ] {
        let found = shown(&check(&Tree::of(&[(path, "")])));
        assert_eq!(found.len(), 1, "{path}");
        assert!(found[0].starts_with(&format!("{path}:1: names: `")), "{found:?}");
    }
    let tree =
        Tree::of(&[("crates/x/src/utility.rs", ""), ("crates/x/src/model.rs", ""), ("docs/common.md", "")]);
    assert_eq!(shown(&check(&tree)), Vec::<String>::new());
}

#[test]
fn mod_rs_is_found() {
    let found = shown(&check(&Tree::of(&[("crates/x/src/a/mod.rs", "")])));
    assert_eq!(found, ["crates/x/src/a/mod.rs:1: names: mod.rs: write crates/x/src/a.rs beside the folder"]);
}
