//! What several tests need.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use throng_scim::schema::ResourceType;
use throng_scim::{Error, Registry, ScimType};

/// What a server has without any configuration.
pub(crate) static STANDARD: LazyLock<Registry> = LazyLock::new(Registry::standard);

pub(crate) fn user_type() -> &'static ResourceType {
    STANDARD.user()
}

pub(crate) fn group_type() -> &'static ResourceType {
    STANDARD.group()
}

/// A fixture as JSON.
pub(crate) fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("the fixture is JSON")
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

/// Asserts status 400 and the keyword, and that the detail mentions something.
#[track_caller]
pub(crate) fn assert_refused<T: std::fmt::Debug>(
    result: Result<T, Error>,
    scim_type: ScimType,
    mentions: &str,
) {
    let error = result.expect_err("should be refused");
    assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "{error}");
    assert!(error.detail.contains(mentions), "{error} does not mention {mentions:?}");
}

/// A test per fixture file; the file's name is the test's.
macro_rules! fixtures {
    ($folder:literal, $check:path, $($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            let text = include_str!(concat!("../fixtures/", $folder, "/", stringify!($name), ".json"));
            $check(&crate::support::read(text));
        })+

        #[test]
        fn every_fixture_has_its_test() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/", $folder);
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".json", ""))
                .collect();
            files.sort();
            let mut tests = vec![$(stringify!($name)),+];
            tests.sort_unstable();
            assert_eq!(files, tests);
        }
    };
}
pub(crate) use fixtures;
