//! Replays of what identity providers send: `tests/fixtures/idp/<provider>/NN-what-it-does.http`, explained beside them.

mod fixture;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::house::{Call, House};
use fixture::{Capture, Fixture, From, Values};

/// The providers; a folder each.
const PROVIDERS: &[&str] =
    &["aws", "entra", "google", "jumpcloud", "keycloak", "okta", "postman", "salesforce", "wso2"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/idp")
}

/// The files of a provider, in order.
fn files(provider: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder().join(provider)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Plays a provider's files on a fresh server.
async fn replay(provider: &str) {
    let house = House::start().await;
    let key = house.admin().await;
    // Of the passwords that some send none has as many characters as an account asks for that has not said anything.
    let policy = Call::new("PUT", "/api/admin/user/v1/accounts/ACME/password-policy").key(&key);
    house.send(policy.plain(&serde_json::json!({ "length": 8 }))).await.expect(200);
    let mut values = Values::from([("key".to_owned(), key)]);
    for path in files(provider) {
        play(&house, &path, &mut values).await;
    }
    house.stop().await;
}

async fn play(house: &House, path: &Path, values: &mut Values) {
    let shown = path.strip_prefix(folder()).unwrap().display().to_string();
    let text = fs::read_to_string(path).unwrap();
    let fixture = Fixture::parse(&fixture::fill(&text, values, &shown), &shown);
    let mut call = Call::new(&fixture.method, &fixture.target).key(&values["key"]);
    for (name, value) in &fixture.headers {
        call = call.header(name, value);
    }
    let answer = house.send(call.body(fixture.body.clone())).await;
    fixture.check(&answer, &shown);
    for Capture { name, from } in &fixture.captures {
        let value = match from {
            From::Header(header) => answer.header(header).to_owned(),
            From::Body(pointer) => {
                let json = answer.json();
                let found = json.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
                found.unwrap_or_else(|| panic!("{shown}: nothing at {pointer}: {json}"))
            }
        };
        assert!(!value.is_empty(), "{shown}: {name} is empty");
        values.insert(name.clone(), value);
    }
}

macro_rules! replays {
    ($($provider:ident)*) => {
        $(
            #[tokio::test]
            async fn $provider() {
                replay(stringify!($provider)).await;
            }
        )*

        const REPLAYED: &[&str] = &[$(stringify!($provider)),*];
    };
}

replays!(aws entra google jumpcloud keycloak okta postman salesforce wso2);

#[test]
fn every_folder_is_replayed_and_every_file_has_its_number() {
    assert_eq!(REPLAYED, PROVIDERS);
    let folders = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<String> = folders
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, PROVIDERS);
    for provider in PROVIDERS {
        for (at, path) in files(provider).iter().enumerate() {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let numbered = name.starts_with(&format!("{:02}-", at + 1));
            let is_request = path.extension().is_some_and(|extension| extension == "http");
            assert!(numbered && is_request, "{}: this is file {}", path.display(), at + 1);
        }
    }
}

/// The page for administrators names files that exist, and no provider is missing on it.
#[test]
fn the_page_for_administrators_names_the_files() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scim-clients.md");
    let page = fs::read_to_string(page).unwrap();
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for word in page.split(|c: char| c.is_whitespace() || c == '`' || c == ',') {
        let Some((provider, number)) = word.split_once('/') else { continue };
        let Some(provider) = PROVIDERS.iter().find(|known| **known == provider) else { continue };
        let found = files(provider).iter().any(|path| path.file_stem().unwrap() == number);
        assert!(found, "docs/scim-clients.md names {word}, which does not exist");
        *named.entry(provider).or_default() += 1;
    }
    assert_eq!(named.into_keys().collect::<Vec<_>>(), PROVIDERS);
}
