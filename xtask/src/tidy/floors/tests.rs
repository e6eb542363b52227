use super::*;
use crate::tidy::tests::shown;

const MANIFEST: (&str, &str) = ("crates/directory/Cargo.toml", "[package]\nname = \"throng-directory\"\n");
const FRONT: &str = "mod caller; mod directory; mod model; mod port; mod use_cases; mod workers;\n\
                     pub use workers::membership::Worker; pub use model::User; pub use directory::Directory;";

fn findings(path: &str, text: &str) -> Vec<String> {
    let path = format!("crates/directory/src/{path}");
    shown(&check(&Tree::of(&[MANIFEST, ("crates/directory/src/lib.rs", FRONT), (&path, text)])))
}

#[test]
fn downwards_and_sideways_is_allowed() {
    assert_eq!(
        findings("model/users.rs", "use crate::model::groups::Group;\nuse super::jobs;"),
        Vec::<String>::new()
    );
    assert_eq!(findings("port.rs", "use crate::model::User;"), Vec::<String>::new());
    assert_eq!(findings("use_cases/users.rs", "use crate::{model, port::Tx, User};"), Vec::<String>::new());
    assert_eq!(findings("use_cases/users.rs", "use crate::Directory;"), Vec::<String>::new());
    assert_eq!(findings("workers.rs", "use crate::use_cases;"), Vec::<String>::new());
    assert_eq!(findings("directory.rs", "use crate::{use_cases, workers};"), Vec::<String>::new());
}

#[test]
fn upwards_is_found() {
    let expected = "crates/directory/src/model/users.rs:2: floors: `crate::port::Tx` stands on the floor `port`, above this file";
    assert_eq!(findings("model/users.rs", "\nuse crate::{model, port::Tx};"), [expected]);
    for (path, text) in [
        ("port.rs", "use crate::use_cases::users;"),
        ("use_cases/groups.rs", "fn f() { crate::workers::start(); }"),
        ("use_cases/groups.rs", "use super::super::workers::start;"),
        ("model.rs", "use super::use_cases;"),
        ("use_cases/groups.rs", "use crate::Worker;"),
        ("caller.rs", "use crate::use_cases::users;"),
        ("port/users.rs", "use crate::directory::Directory;"),
        ("port/users.rs", "use crate::Directory;"),
    ] {
        assert_eq!(findings(path, text).len(), 1, "{path}: {text}");
    }
}

#[test]
fn super_from_a_deep_module_stays_inside() {
    assert_eq!(findings("model/users/deep.rs", "use super::super::workers;"), Vec::<String>::new());
}
