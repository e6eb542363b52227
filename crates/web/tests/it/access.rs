//! Who may call what, over every route of the table.

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Dialect, Role};
use throng_jobs::State;
use throng_web::{Face, Guard, Policy, Route, Verb, routes};

use crate::house::{Answer, Call, House};

/// A path of the route, in this account.
pub fn path(route: &Route, account: &str) -> String {
    let path = route.path().replace("{accountId}", account).replace("{account}", account);
    path.replace("{id}", "7").replace("{jobId}", "7")
}

fn check_shape(route: &Route, answer: &Answer) {
    let status = answer.status.as_u16();
    let (media_type, expected) = match route.face() {
        Face::Scim => ("application/scim+json", json!(status.to_string())),
        Face::Report | Face::OAuth => ("application/json", json!(status)),
        Face::Admin | Face::Native | Face::Public => ("application/problem+json", json!(status)),
    };
    assert_eq!(answer.header("content-type"), media_type, "{}", route.path());
    assert_eq!(answer.json()["status"], expected, "{}", route.path());
}

#[tokio::test]
async fn without_a_good_credential_every_guarded_route_is_401() {
    let house = House::start().await;
    let key = house.admin().await;
    for route in routes().filter(|route| route.policy() != Policy::Public) {
        let call = Call::new(route.verb().as_str(), &path(route, "ACME"));
        let with_query =
            Call::new(route.verb().as_str(), &format!("{}?access_token={key}", path(route, "ACME")));
        let attempts = [
            call.clone(),
            call.clone().key("thr_ACME_0000_0000"),
            call.clone().key(&format!("{key}0")),
            call.clone().header("authorization", "Basic YTpi"),
            call.clone().key(&key).key(&key),
            with_query,
        ];
        for attempt in attempts {
            let answer = house.send(attempt).await.expect(401);
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{}", route.path());
            check_shape(route, &answer);
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn a_role_without_the_permission_is_403() {
    let house = House::start().await;
    for role in Role::ALL {
        let account = (role != Role::Operator).then_some("ACME");
        let key = house.key_of(account, role, Dialect::Standard).await;
        for route in routes() {
            let Policy::Guarded(guard) = route.policy() else { continue };
            let allowed = match guard {
                Guard::Permission(permission) | Guard::AccountPath(permission) => role.allows(permission),
                Guard::OperatorOr(permission) => role == Role::Operator || role.allows(permission),
                Guard::Operator => role == Role::Operator,
            };
            let answer = house.send(Call::new(route.verb().as_str(), &path(route, "ACME")).key(&key)).await;
            let refused = matches!(answer.status.as_u16(), 401 | 403);
            assert_eq!(
                refused,
                !allowed,
                "{role:?} {} {}: {}",
                route.verb().as_str(),
                route.path(),
                answer.status
            );
            assert!(answer.status.as_u16() != 500, "{}", route.path());
            if refused {
                check_shape(route, &answer.expect(403));
            }
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn another_accounts_path_is_403_and_its_things_are_404() {
    let house = House::start().await;
    let (ours, theirs) = (
        house.admin().await,
        house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await,
    );
    let names_account = |route: &&Route| route.path().contains("{accountId}");
    let is_guarded = |route: &&Route| route.policy() != Policy::Public;
    for route in routes().filter(|route| route.face() == Face::Admin).filter(names_account).filter(is_guarded)
    {
        let call = Call::new(route.verb().as_str(), &path(route, "ACME"));
        check_shape(route, &house.send(call.key(&theirs)).await.expect(403));
        let lower = Call::new(route.verb().as_str(), &path(route, "acme"));
        house.send(lower.key(&ours)).await.expect(403);
    }
    let id = house.user(&ours, "ann").await;
    let path = format!("/scim/v2/Users/{id}");
    house.send(Call::get(&path).key(&ours)).await.expect(200);
    for method in ["GET", "DELETE"] {
        house.send(Call::new(method, &path).key(&theirs)).await.expect(404);
    }
    let list = house.send(Call::get("/scim/v2/Users").key(&theirs)).await.expect(200).json();
    assert_eq!(list["totalResults"], 0);
    house.stop().await;
}

#[tokio::test]
async fn public_routes_need_no_credential() {
    let house = House::start().await;
    let reads = routes().filter(|route| route.verb() == Verb::Get);
    for route in reads.filter(|route| route.policy() == Policy::Public) {
        let answer = house.send(Call::get(&path(route, "ACME"))).await;
        let expected = match route.path() {
            // It says that no application was named.
            "/oauth/authorize" => 400,
            path if path.contains("{id}") => 404,
            _ => 200,
        };
        assert_eq!(answer.status.as_u16(), expected, "{}", route.path());
    }
    let config = house.send(Call::get("/scim/v2/ServiceProviderConfig")).await.expect(200);
    assert_eq!(config.header("content-type"), "application/scim+json");
    assert_eq!(config.json()["meta"]["location"], "https://throng.example/scim/v2/ServiceProviderConfig");
    house.send(Call::get("/scim/v2/Schemas?filter=id+pr")).await.expect(403);
    let wrong = house.send(Call::new("POST", "/scim/v2/Schemas")).await.expect(405);
    assert_eq!(wrong.header("allow"), "GET, HEAD");
    let urn = "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User";
    assert_eq!(house.send(Call::get(urn)).await.expect(200).json()["name"], "User");
    assert_eq!(house.send(Call::get("/health")).await.expect(200).json()["status"], "ok");
    let described = house.send(Call::get("/openapi.json")).await.expect(200).json();
    assert!(described["paths"]["/v2/Groups/JobReport/{jobId}"]["get"].is_object());
    house.stop().await;
}

#[tokio::test]
async fn operators_make_accounts_and_keys_over_http() {
    let house = House::start().await;
    let operator = house.key_of(None, Role::Operator, Dialect::Standard).await;
    let create = |body: &serde_json::Value| {
        Call::new("POST", "/api/v1/accounts")
            .key(&operator)
            .header("content-type", "application/json")
            .body(body.to_string())
    };
    house.send(create(&json!({ "name": "Third" }))).await.expect(201);
    let taken = house.send(create(&json!({ "name": "Third" }))).await.expect(409).json();
    assert_eq!(taken["violations"][0]["code"], "20009");
    house.send(create(&json!({ "name": "1st" }))).await.expect(400);
    house.send(create(&json!({ "name": "Fourth", "admin": true }))).await.expect(400);
    let mint = |path: &str, body: &serde_json::Value| {
        Call::new("POST", path)
            .key(&operator)
            .header("content-type", "application/json")
            .body(body.to_string())
    };
    let path = "/api/v1/accounts/Third/keys";
    let made = house.send(mint(path, &json!({ "role": "reader" }))).await.expect(201);
    assert_eq!(made.header("cache-control"), "no-store");
    let key = made.json()["key"].as_str().unwrap().to_owned();
    house.send(Call::get("/scim/v2/Users").key(&key)).await.expect(200);
    for role in ["operator", "root", ""] {
        house.send(mint(path, &json!({ "role": role }))).await.expect(400);
    }
    house.send(mint("/api/v1/accounts/Nobody/keys", &json!({ "role": "reader" }))).await.expect(404);
    house.stop().await;
}

/// Whatever is asked and whatever the answer, a browser guesses, runs and frames nothing of it.
#[tokio::test]
async fn s58_a_browser_is_told_what_not_to_do() {
    let house = House::start().await;
    let key = house.admin().await;
    let calls = [
        Call::get("/scim/v2/Users").key(&key),
        Call::get("/scim/v2/Users"),
        Call::get("/nothing"),
        Call::get("/scim/v2/%00"),
        Call::get("/health"),
        Call::new("POST", "/oauth/token"),
    ];
    for call in calls {
        let answer = house.send(call).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    }
    house.stop().await;
}

#[tokio::test]
async fn s14_of_a_suspended_account_nobody_is_let_in_and_its_jobs_wait() {
    let mut house = House::start().await;
    let key = house.admin().await;
    let theirs = house.key(KeyRequest::new(Some("OTHER"), Role::AccountAdministrator)).await;
    let operator = house.key_of(None, Role::Operator, Dialect::Standard).await;
    let caller = house.directory.authenticate(&key, "").await.unwrap();
    house.rest().await;
    let file = Call::new("POST", "/api/admin/user/v1/accounts/ACME/users:bulkAdd").key(&key);
    let file = file.file("a.csv", "Login Id,First Name,Last Name\nann,A,A\n");
    let job = house.send(file).await.expect(202).json();
    let set = |status: &str| {
        let call = Call::new("PATCH", "/api/v1/accounts/ACME/settings").key(&operator);
        call.plain(&json!({ "status": status }))
    };
    house.send(set("asleep")).await.expect(400);
    assert_eq!(house.send(set("suspended")).await.expect(200).json()["status"], "suspended");
    house.pass(Duration::from_secs(2));
    house.work();
    for path in ["/scim/v2/Users", "/scim/v2/Me", "/api/v1/accounts/ACME/keys"] {
        house.send(Call::get(path).key(&key)).await.expect(401);
    }
    house.send(Call::get("/scim/v2/Users").key(&theirs)).await.expect(200);
    // Another account's job is worked meanwhile, this one's is not.
    let file = Call::new("POST", "/api/admin/user/v1/accounts/OTHER/users:bulkAdd").key(&theirs);
    let file = file.file("a.csv", "Login Id,First Name,Last Name\nann,A,A\n");
    let other = house.send(file).await.expect(202).json();
    let path = |job: &Value| job["url"].as_str().unwrap().to_owned();
    let ended = async |key: &str, path: &str| loop {
        let shown = house.send(Call::get(path).key(key)).await.expect(200).json();
        if shown["endTime"].is_string() {
            break shown;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    ended(&theirs, &path(&other)).await;
    let waiting = house.directory.any_job(&caller, job["jobId"].as_str().unwrap()).await.unwrap();
    assert_eq!((waiting.state, waiting.started_at), (State::Pending, None));
    house.send(set("active")).await.expect(200);
    house.pass(Duration::from_secs(2));
    ended(&key, &path(&job)).await;
    house.stop().await;
}
