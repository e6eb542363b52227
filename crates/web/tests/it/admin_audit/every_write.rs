//! Every route that writes leaves a row: the table of routes is gone through, and one that nobody tries here fails.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Caller, Dialect, Role, Settings};
use throng_scim::Registry;
use throng_web::{Verb, routes};

use super::{GROUPS, NATIVE, Scene, USERS};
use crate::house::{Answer, Call, House};

/// What only reads, although its verb says otherwise, and what is refused to everybody.
const READS: [&str; 13] = [
    "POST /oauth/introspect",
    "POST /scim/v2/Me",
    "POST /scim/v2/.search",
    "POST /scim/v2/Users/.search",
    "POST /scim/v2/Groups/.search",
    "POST /scim/v2/{type}/.search",
    "POST /api/admin/user/v1/accounts/{accountId}/users:search",
    "POST /api/admin/user/v1/accounts/{accountId}/users:listStatuses",
    "POST /api/admin/user/v1/accounts/{accountId}/profiles:listStatuses",
    "POST /api/admin/user/v1/accounts/{accountId}/audit-records:search",
    "POST /api/admin/user/v1/accounts/{accountId}/audit-records:export",
    "POST /api/admin/group/v1/accounts/{accountId}/audit-records:search",
    "POST /api/admin/group/v1/accounts/{accountId}/audit-records:export",
];

struct Walk {
    scene: Scene,
    tried: BTreeSet<String>,
}

impl Walk {
    async fn rows(&self) -> i64 {
        let directory = &self.scene.house.directory;
        directory.number_audit().await.unwrap();
        let logs = directory.check_audit(&Caller::operator()).await.unwrap();
        logs.iter().map(|(_, checked)| checked.head.seq).sum()
    }

    /// A request to this route, while no worker adds rows.
    async fn writes(&mut self, route: &str, call: Call, status: u16) -> Answer {
        let before = self.rows().await;
        let answer = self.scene.house.send(call).await.expect(status);
        assert!(self.rows().await > before, "{route} left no row");
        self.tried.insert(route.to_owned());
        answer
    }

    /// The same by the administrator.
    async fn admin(&mut self, route: &str, path: &str, body: &Value, status: u16) -> Value {
        let (verb, _) = route.split_once(' ').unwrap();
        let call = Call::new(verb, path).key(&self.scene.key);
        let is_scim = path.starts_with("/scim");
        let call = if is_scim { call.json(body) } else { call.plain(body) };
        let answer = self.writes(route, call, status).await;
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    async fn file(&mut self, verb: &str, csv: &str) -> String {
        let body = format!(
            "--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{csv}\r\n--B--\r\n"
        );
        let call = Call::new("POST", &format!("{USERS}/users:{verb}")).key(&self.scene.key);
        let call = call.header("content-type", "multipart/form-data; boundary=B").body(body);
        let route = format!("POST /api/admin/user/v1/accounts/{{accountId}}/users:{verb}");
        let job = self.writes(&route, call, 202).await.json();
        job["jobId"].as_str().unwrap().to_owned()
    }

    /// Lets the workers end a job.
    async fn ended(&mut self, job: &str) {
        self.scene.house.work();
        self.scene.ended(job).await;
        self.scene.house.rest().await;
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_route_that_writes_leaves_a_row() {
    let mut registry = Registry::standard();
    let devices = include_str!("../../../../../examples/scim/devices.json");
    registry.define(serde_json::from_str(devices).unwrap()).unwrap();
    let scene = Scene::of(House::of(Settings::default(), registry).await).await;
    let mut walk = Walk { scene, tried: BTreeSet::new() };
    walk.scene.house.rest().await;
    scim(&mut walk).await;
    people(&mut walk).await;
    groups(&mut walk).await;
    files(&mut walk).await;
    jobs(&mut walk).await;
    operators(&mut walk).await;
    logins(&mut walk).await;
    let writing = routes().filter(|route| route.verb() != Verb::Get);
    let writing: BTreeSet<String> =
        writing.map(|route| format!("{} {}", route.verb().as_str(), route.path())).collect();
    let known = READS.map(str::to_owned).into_iter().chain(walk.tried.clone()).collect();
    let untried: Vec<&String> = writing.difference(&known).collect();
    assert!(untried.is_empty(), "try these, too: {untried:#?}");
    let gone: Vec<&String> = known.difference(&writing).collect();
    assert!(gone.is_empty(), "there is no such route: {gone:#?}");
    walk.scene.house.stop_to_check().await;
}

async fn scim(walk: &mut Walk) {
    for (collection, pattern, attribute) in [
        ("Users", "/scim/v2/Users", "userName"),
        ("Groups", "/scim/v2/Groups", "displayName"),
        ("Devices", "/scim/v2/{type}", "serialNumber"),
    ] {
        let all = format!("/scim/v2/{collection}");
        let made = walk.admin(&format!("POST {pattern}"), &all, &json!({ attribute: "first" }), 201).await;
        let one = format!("{all}/{}", id(&made));
        let whole = json!({ attribute: "first", "externalId": "e" });
        walk.admin(&format!("PUT {pattern}/{{id}}"), &one, &whole, 200).await;
        let patch = json!({ "Operations": [{ "op": "replace", "path": "externalId", "value": "f" }] });
        walk.admin(&format!("PATCH {pattern}/{{id}}"), &one, &patch, 200).await;
        let delete = Call::new("DELETE", &one).key(&walk.scene.key);
        walk.writes(&format!("DELETE {pattern}/{{id}}"), delete, 204).await;
    }
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{ "method": "POST", "path": "/Users", "bulkId": "a", "data": { "userName": "bulk" } }],
    });
    walk.admin("POST /scim/v2/Bulk", "/scim/v2/Bulk", &bulk, 200).await;
    walk.scene.house.user(&walk.scene.key, "me").await;
    let request = KeyRequest {
        user: Some("me".to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    let key = walk.scene.house.key(request).await;
    let me = |verb: &str| Call::new(verb, "/scim/v2/Me").key(&key);
    walk.writes("PUT /scim/v2/Me", me("PUT").json(&json!({ "userName": "me", "title": "x" })), 200).await;
    let patch = json!({ "Operations": [{ "op": "replace", "path": "title", "value": "y" }] });
    walk.writes("PATCH /scim/v2/Me", me("PATCH").json(&patch), 200).await;
    walk.writes("DELETE /scim/v2/Me", me("DELETE"), 204).await;
}

async fn people(walk: &mut Walk) {
    const BASE: &str = "/api/admin/user/v1/accounts/{accountId}";
    let person = |first: &str| json!({ "loginId": "p@example.com", "firstName": first, "lastName": "Son", "organizationNodeId": "ACME" });
    let users = format!("{USERS}/users");
    let made = walk.admin(&format!("POST {BASE}/users"), &users, &person("Per"), 202).await;
    let one = format!("{users}/{}", made["userId"].as_str().unwrap());
    walk.admin(&format!("PUT {BASE}/users/{{userId}}"), &one, &person("Pia"), 202).await;
    let change = json!({ "firstName": "Pim" });
    walk.admin(&format!("PATCH {BASE}/users/{{userId}}"), &one, &change, 200).await;
    let delete = Call::new("DELETE", &one).key(&walk.scene.key);
    walk.writes(&format!("DELETE {BASE}/users/{{userId}}"), delete, 204).await;
    let policy = format!("{USERS}/password-policy");
    walk.admin(&format!("PUT {BASE}/password-policy"), &policy, &json!({ "length": 10 }), 200).await;
    let profiles = format!("{USERS}/profiles");
    let named = |name: &str| json!({ "profileName": name });
    let made = walk.admin(&format!("POST {BASE}/profiles"), &profiles, &named("One"), 202).await;
    let one = made["url"].as_str().unwrap().to_owned();
    walk.admin(&format!("PUT {BASE}/profiles/{{profileId}}"), &one, &named("Two"), 202).await;
    let delete = Call::new("DELETE", &one).key(&walk.scene.key);
    walk.writes(&format!("DELETE {BASE}/profiles/{{profileId}}"), delete, 204).await;
}

async fn groups(walk: &mut Walk) {
    const BASE: &str = "/api/admin/group/v1/accounts/{accountId}/groups";
    let person = walk.scene.house.user(&walk.scene.key, "member").await;
    let groups = format!("{GROUPS}/groups");
    let made = walk.admin(&format!("POST {BASE}"), &groups, &json!({ "name": "One" }), 201).await;
    let one = format!("{groups}/{}", made["groupId"].as_str().unwrap());
    walk.admin(&format!("PUT {BASE}/{{groupId}}"), &one, &json!({ "name": "Two" }), 200).await;
    let ids = json!({ "resourceIds": [person] });
    for verb in ["add", "remove"] {
        let route = format!("POST {BASE}/{{groupId}}/members:{verb}");
        walk.admin(&route, &format!("{one}/members:{verb}"), &ids, 202).await;
    }
    let delete = Call::new("DELETE", &one).key(&walk.scene.key);
    walk.writes(&format!("DELETE {BASE}/{{groupId}}"), delete, 204).await;
}

async fn files(walk: &mut Walk) {
    const BASE: &str = "/api/admin/user/v1/accounts/{accountId}";
    let person = "Login Id,First Name,Last Name\r\nfile@example.com,Fi,Le";
    for verb in ["bulkAdd", "bulkUpdate", "bulkUpsert", "bulkSync"] {
        let job = walk.file(verb, person).await;
        walk.ended(&job).await;
    }
    let job = walk.file("bulkDelete", "Login Id\r\nfile@example.com").await;
    walk.ended(&job).await;
    let delete = json!({ "jobIds": [job] });
    walk.admin(&format!("POST {BASE}/jobs:bulkDelete"), &format!("{USERS}/jobs:bulkDelete"), &delete, 202)
        .await;
    let export = Call::new("POST", &format!("{USERS}/users:bulkExport")).key(&walk.scene.key);
    let export = walk.writes(&format!("POST {BASE}/users:bulkExport"), export, 202).await.json();
    let stop = format!("{USERS}/jobs/{}:stop", export["jobId"].as_str().unwrap());
    let stop = Call::new("POST", &stop).key(&walk.scene.key);
    walk.writes(&format!("POST {BASE}/jobs/{{jobId}}:stop"), stop, 202).await;
    let begun =
        walk.admin(&format!("POST {BASE}/uploads"), &format!("{USERS}/uploads"), &json!({}), 201).await;
    let upload = begun["url"].as_str().unwrap().to_owned();
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(b"part")));
    let part = Call::new("PUT", &format!("{upload}/parts/1")).key(&walk.scene.key);
    let part = part.header("content-type", "application/octet-stream").header("content-digest", &digest);
    walk.writes(&format!("PUT {BASE}/uploads/{{uploadId}}/parts/{{number}}"), part.body("part"), 200).await;
    let delete = Call::new("DELETE", &upload).key(&walk.scene.key);
    walk.writes(&format!("DELETE {BASE}/uploads/{{uploadId}}"), delete, 204).await;
}

async fn jobs(walk: &mut Walk) {
    const BASE: &str = "/api/v1/accounts/{accountId}";
    let job = |answer: &Value| answer["id"].as_str().unwrap().to_owned();
    let act = |id: &str, verb: &str| format!("{NATIVE}/jobs/{id}/{verb}");
    let nothing = json!({});
    // Stopped before it began, and tried again.
    let stopped = walk.file("bulkAdd", "Login Id,First Name,Last Name\r\nagain@example.com,A,B").await;
    walk.admin(&format!("POST {BASE}/jobs/{{jobId}}/abort"), &act(&stopped, "abort"), &nothing, 200).await;
    let route = format!("POST {BASE}/jobs/{{jobId}}/redrive");
    let again = walk.admin(&route, &act(&stopped, "redrive"), &nothing, 202).await;
    walk.ended(&job(&again)).await;
    // A membership that is undone, and one that is tried first.
    let person = walk.scene.house.user(&walk.scene.key, "moves").await;
    let key = walk.scene.key.clone();
    let group = Call::new("POST", "/scim/v2/Groups").key(&key).json(&json!({ "displayName": "Moves" }));
    let group = id(&walk.scene.house.send(group).await.expect(201).json());
    let add = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": person }] }] });
    let one = format!("/scim/v2/Groups/{group}");
    let patch = |query: &str| Call::new("PATCH", &format!("{one}{query}")).key(&key).json(&add);
    let done = walk.scene.house.send(patch("")).await.expect(200).header("throng-job").to_owned();
    let route = format!("POST {BASE}/jobs/{{jobId}}/undo");
    let undone = walk.admin(&route, &act(&done, "undo"), &nothing, 202).await;
    walk.ended(&job(&undone)).await;
    let tried =
        walk.scene.house.send(patch("?dryRun=true").header("prefer", "respond-async")).await.expect(202);
    let tried = tried.header("throng-job").to_owned();
    walk.ended(&tried).await;
    let route = format!("POST {BASE}/jobs/{{jobId}}/apply");
    let applied = walk.admin(&route, &act(&tried, "apply"), &nothing, 202).await;
    walk.ended(&job(&applied)).await;
    // A deletion that waits until somebody else approves it.
    walk.scene.house.set(json!({ "guard_count": 0 })).await;
    let approver = walk.scene.house.key_of(Some("ACME"), Role::Approver, Dialect::Standard).await;
    let delete = json!({ "filter": "userName eq \"moves\"" });
    let route = format!("POST {BASE}/users/delete");
    let held = job(&walk.admin(&route, &format!("{NATIVE}/users/delete"), &delete, 202).await);
    walk.scene.house.work();
    walk.scene.until(&held, &["AWAITING_APPROVAL"]).await;
    walk.scene.house.rest().await;
    let approve = Call::new("POST", &act(&held, "approve")).key(&approver);
    walk.writes(&format!("POST {BASE}/jobs/{{jobId}}/approve"), approve, 200).await;
    walk.ended(&held).await;
    let forget = json!({ "names": ["moves"] });
    let route = format!("POST {BASE}/users/forget");
    let forgets = walk.admin(&route, &format!("{NATIVE}/users/forget"), &forget, 202).await;
    walk.ended(&job(&forgets)).await;
}

async fn operators(walk: &mut Walk) {
    let key = walk.scene.house.key_of(None, Role::Operator, Dialect::Standard).await;
    let call = |verb: &str, path: &str| Call::new(verb, path).key(&key);
    let account = call("POST", "/api/v1/accounts").plain(&json!({ "name": "NEW" }));
    walk.writes("POST /api/v1/accounts", account, 201).await;
    let reader = call("POST", "/api/v1/accounts/NEW/keys").plain(&json!({ "role": "reader" }));
    let keys = "/api/v1/accounts/{accountId}/keys";
    let made = walk.writes(&format!("POST {keys}"), reader, 201).await.json();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    tokens(walk, &text("clientId"), &text("key")).await;
    let one = format!("/api/v1/accounts/NEW/keys/{}", text("keyId"));
    let rotate = call("POST", &format!("{one}/rotate")).plain(&json!({}));
    walk.writes(&format!("POST {keys}/{{keyId}}/rotate"), rotate, 201).await;
    walk.writes(&format!("DELETE {keys}/{{keyId}}"), call("DELETE", &one), 204).await;
    let client = format!("/api/v1/accounts/NEW/clients/{}", text("clientId"));
    let route = "DELETE /api/v1/accounts/{accountId}/clients/{clientId}";
    walk.writes(route, call("DELETE", &client), 204).await;
    let settings = call("PATCH", "/api/v1/accounts/NEW/settings").plain(&json!({ "job_weight": 2 }));
    walk.writes("PATCH /api/v1/accounts/{account}/settings", settings, 200).await;
    walk.writes("POST /api/v1/clock/confirm", call("POST", "/api/v1/clock/confirm"), 204).await;
}

async fn tokens(walk: &mut Walk, id: &str, secret: &str) {
    let form = |path: &str, rest: &str| {
        let body = format!("client_id={id}&client_secret={secret}&{rest}");
        Call::new("POST", path).header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    let grant = "grant_type=client_credentials";
    let route = "POST /api/auth/v1/{accountId}/protocol/openid-connect/token";
    walk.writes(route, form("/api/auth/v1/NEW/protocol/openid-connect/token", grant), 200).await;
    let made = walk.writes("POST /oauth/token", form("/oauth/token", grant), 200).await.json();
    let named = format!("token={}", made["access_token"].as_str().unwrap());
    walk.writes("POST /oauth/revoke", form("/oauth/revoke", &named), 200).await;
}

async fn logins(walk: &mut Walk) {
    let password = "Corr-Ect7-Hors9";
    let person = json!({ "userName": "logs.in", "password": password });
    let person = id(&walk.admin("POST /scim/v2/Users", "/scim/v2/Users", &person, 201).await);
    let account = NATIVE.to_owned();
    let back = "https://a.example/";
    let asked = json!({ "name": "App", "role": "reader", "redirectUris": [back], "public": true });
    let route = "POST /api/v1/accounts/{accountId}/clients";
    let made = walk.admin(route, &format!("{account}/clients"), &asked, 201).await;
    let client = made["clientId"].as_str().unwrap().to_owned();
    let route = "PATCH /api/v1/accounts/{accountId}/clients/{clientId}";
    let change = json!({ "redirectUris": [back] });
    walk.admin(route, &format!("{account}/clients/{client}"), &change, 200).await;
    let route = "PUT /api/v1/accounts/{accountId}/members/{userId}";
    let member = format!("{account}/members/{person}");
    walk.admin(route, &member, &json!({ "role": "reader" }), 200).await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let form = format!(
        "response_type=code&client_id={client}&redirect_uri={back}&code_challenge={challenge}\
         &code_challenge_method=S256&login=logs.in&password={password}&decision=allow"
    );
    walk.writes("POST /oauth/authorize", crate::oauth::form("/oauth/authorize", &form), 303).await;
    let route = "DELETE /api/v1/accounts/{accountId}/members/{userId}";
    let call = Call::new("DELETE", &member).key(&walk.scene.key);
    walk.writes(route, call, 204).await;
}
