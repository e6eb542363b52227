//! Credentials that are none, are no longer any, or are somebody else's.

use std::time::Duration;

use serde_json::json;
use throng_directory::Role;
use throng_directory::use_cases::access::KeyRequest;
use throng_web::{Guard, Policy};

use super::samples::named;
use super::{Scene, assert_refused, guarded, sample_of, tenant};
use crate::house::Call;

/// Headers by which some servers let a client say another path, method or person.
const OVERRIDES: [(&str, &str); 8] = [
    ("x-original-url", "/health"),
    ("x-rewrite-url", "/health"),
    ("x-forwarded-prefix", "/health"),
    ("x-forwarded-uri", "/health"),
    ("x-http-method-override", "OPTIONS"),
    ("x-forwarded-user", "ada"),
    ("x-forwarded-for", "127.0.0.1"),
    ("cookie", "access_token=x"),
];

/// Credentials that are close to a good one. None names another account, whose log would tell of it.
fn malformed(good: &str) -> Vec<Vec<(&'static str, String)>> {
    let pieces: Vec<&str> = good.splitn(4, '_').collect();
    let [prefix, account, id, secret] = pieces[..] else { panic!("{good}") };
    let other_end = if secret.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{other_end}", &secret[..secret.len() - 1]);
    let mut values = vec![
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        good.to_owned(),
        format!("Basic {good}"),
        "Basic YWRhOnNlY3JldA==".to_owned(),
        format!("Digest {good}"),
        format!("Bearer: {good}"),
        format!("Bearer={good}"),
        format!("Bearer {good} x"),
        format!("Bearer {good},{good}"),
        format!("Bearer \"{good}\""),
        format!("xBearer {good}"),
    ];
    let tokens = [
        good[..good.len() - 1].to_owned(),
        format!("{good}0"),
        good.to_uppercase(),
        format!("{prefix}_{account}_{id}_{wrong}"),
        format!("{prefix}_{account}_{id}_"),
        format!("{prefix}_{account}_{id}"),
        format!("{prefix}_{account}_0000000000000000_{secret}"),
        format!("{prefix}_{account}__{secret}"),
        format!("{prefix}__{id}_{secret}"),
        format!("{prefix}_Nobody_{id}_{secret}"),
        format!("{prefix}_{account}%00_{id}_{secret}"),
        format!("{prefix}_{account}_{id}%_{secret}"),
        format!("{account}_{id}_{secret}"),
        format!("{prefix}_' or 1=1 --_{id}_{secret}"),
    ];
    // The account of an operator has no name.
    let tokens = tokens.into_iter().filter(|token| token != good);
    values.extend(tokens.map(|token| format!("Bearer {token}")));
    let mut all: Vec<_> = values.into_iter().map(|value| vec![("authorization", value)]).collect();
    let bearer = format!("Bearer {good}");
    all.push(vec![("authorization", bearer.clone()), ("authorization", bearer.clone())]);
    all.push(vec![("authorization", "Basic YTpi".to_owned()), ("authorization", bearer)]);
    for header in ["appkey", "x-api-key", "proxy-authorization", "cookie", "x-authorization"] {
        all.push(vec![(header, format!("Bearer {good}"))]);
    }
    all
}

#[tokio::test]
async fn s01_without_a_good_credential_no_route_answers() {
    let scene = Scene::start().await;
    for route in guarded() {
        let sample = sample_of(route);
        let good = scene.key_for(route);
        let call = |things| sample.call(things, scene.fresh());
        for things in [&scene.ours, &scene.theirs] {
            assert_refused(&scene.house.send(call(things)).await, 401, &named(route));
        }
        for headers in malformed(good) {
            let mut call = call(&scene.ours);
            for (name, value) in &headers {
                call = call.header(name, value);
            }
            let answer = scene.house.send(call).await;
            assert_refused(&answer, 401, &format!("{} with {headers:?}", named(route)));
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{}", named(route));
        }
        for (name, value) in OVERRIDES {
            let answer = scene.house.send(call(&scene.ours).header(name, value)).await;
            assert_refused(&answer, 401, &format!("{} with {name}: {value}", named(route)));
        }
    }
    scene.end().await;
}

#[tokio::test]
async fn s39_a_credential_in_a_url_is_none() {
    let scene = Scene::start().await;
    for route in guarded() {
        let good = scene.key_for(route);
        let path = sample_of(route).path_with(&scene.ours);
        for name in ["access_token", "token", "api_key", "key", "authorization", "Authorization"] {
            let call = Call::new(route.verb().as_str(), &format!("{path}?{name}={good}"));
            assert_refused(&scene.house.send(call).await, 401, &format!("{} ?{name}", named(route)));
        }
        let bearer = format!("{path}?authorization=Bearer%20{good}");
        let call = Call::new(route.verb().as_str(), &bearer);
        assert_refused(&scene.house.send(call).await, 401, &named(route));
    }
    scene.end().await;
}

/// Other methods than the route's, also those that nobody has.
#[tokio::test]
async fn s01_no_method_is_answered_without_a_credential() {
    let scene = Scene::start().await;
    for route in guarded() {
        let path = sample_of(route).path_with(&scene.ours);
        for method in
            ["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "X", "POST", "PUT", "PATCH", "DELETE"]
        {
            let status = scene.house.open(Call::new(method, &path)).await.status().as_u16();
            assert!(matches!(status, 401 | 405), "{method} {path}: {status}");
        }
    }
    scene.end().await;
}

#[tokio::test]
async fn s14_what_was_revoked_or_made_inactive_is_refused_everywhere() {
    let scene = Scene::start().await;
    let house = &scene.house;
    let role = Role::AccountAdministrator;
    for login in ["inactive", "deleted"] {
        house.user(&scene.admin, login).await;
    }
    let inactive = tenant::key_of(house, "ACME", "inactive", role, Some("inactive")).await;
    let deleted = tenant::key_of(house, "ACME", "deleted", role, Some("deleted")).await;
    let me = "/scim/v2/Me";
    let id = |answer: crate::house::Answer| answer.json()["id"].as_str().unwrap().to_owned();
    let person = id(house.send(Call::get(me).key(&inactive)).await.expect(200));
    let gone = id(house.send(Call::get(me).key(&deleted)).await.expect(200));
    let off = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    let path = format!("/scim/v2/Users/{person}");
    house.send(Call::new("PATCH", &path).key(&scene.admin).json(&off)).await.expect(200);
    let path = format!("/scim/v2/Users/{gone}");
    house.send(Call::new("DELETE", &path).key(&scene.admin)).await.expect(204);
    let [taken, revoked] = revoked_keys(&scene).await;
    let request = KeyRequest { days: Some(1), ..KeyRequest::new(Some("ACME"), role) };
    let ended = scene.house.key(request).await;
    scene.house.pass(Duration::from_hours(24));
    // So long a key that was looked up is believed.
    house.advance(1_000_000);
    for route in guarded() {
        for (key, what) in [
            (&inactive, "inactive"),
            (&deleted, "deleted"),
            (&taken, "whose key was taken away"),
            (&revoked, "revoked"),
            (&ended, "whose key has ended"),
        ] {
            let answer = scene.send(&sample_of(route), &scene.ours, Some(key)).await;
            assert_refused(&answer, 401, &format!("{} by who is {what}", named(route)));
        }
    }
    scene.end().await;
}

/// A key that was taken away, and one whose client was revoked.
async fn revoked_keys(scene: &Scene) -> [String; 2] {
    let role = Role::AccountAdministrator;
    let made =
        |client: &str| KeyRequest { client: Some(client.to_owned()), ..KeyRequest::new(Some("ACME"), role) };
    let (gone, revoked) = (scene.house.made(made("gone")).await, scene.house.made(made("revoked")).await);
    for key in [&gone, &revoked] {
        scene.house.send(Call::get("/scim/v2/Users").key(&key.token)).await.expect(200);
    }
    for path in [format!("keys/{}", gone.key_id), format!("clients/{}", revoked.client_id)] {
        let path = format!("/api/v1/accounts/ACME/{path}");
        scene.house.send(Call::new("DELETE", &path).key(&scene.admin)).await.expect(204);
    }
    [gone.token, revoked.token]
}

/// The account is the credential's: a path that names another one is refused, whether there is one or not, whoever asks.
#[tokio::test]
async fn s03_another_accounts_path_is_refused_and_says_nothing() {
    let scene = Scene::start().await;
    let mut tried = 0;
    for route in guarded().filter(|route| route.path().contains("{accountId}")) {
        tried += 1;
        let sample = sample_of(route);
        let mut nobodys = scene.theirs.clone();
        nobodys.insert("account", "Nobody".to_owned());
        // A client's id begins with its account.
        nobodys.insert("client", scene.theirs["client"].replace("OTHER", "Nobody"));
        let mut answers = Vec::new();
        for things in [&scene.theirs, &nobodys] {
            let answer = scene.send(&sample, things, Some(&scene.admin)).await;
            assert_refused(&answer, 403, &named(route));
            answers.push(super::crossed::told(&answer, &[]));
            // Operators see nothing inside an account but its keys.
            if matches!(route.policy(), Policy::Guarded(Guard::OperatorOr(_))) {
                continue;
            }
            assert_refused(&scene.send(&sample, things, Some(&scene.operator)).await, 403, &named(route));
        }
        let shown = answers[0].replace("OTHER", "Nobody");
        assert_eq!(shown, answers[1], "{}", named(route));
        for case in ["acme", "Acme", "ACME%20", "ACM"] {
            let mut things = scene.ours.clone();
            things.insert("account", case.to_owned());
            assert_refused(&scene.send(&sample, &things, Some(&scene.admin)).await, 403, &named(route));
        }
    }
    assert!(tried > 40, "only {tried} routes name an account");
    scene.end().await;
}
