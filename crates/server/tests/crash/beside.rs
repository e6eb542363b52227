//! Roads past the points that the script does not meet: plain writes, guards, approvals, forgetting, exports, uploads. A
//! server that dies there is followed by one that does not, and what was asked is asked again.

use std::collections::BTreeSet;
use std::iter;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::crash::client::ACCOUNT;
use crate::crash::http::{self, Answer, Request};
use crate::crash::numbered;
use crate::crash::place::{Ground, Place};
use crate::crash::process::{Death, Server};

/// A server that has not met its point by then will not.
const MET_WITHIN: Duration = Duration::from_secs(10);
/// Jobs that have not ended by then hang.
const ENDED_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Where a write is lost, and where it is done although nobody was told.
const WRITES: [(&str, bool); 3] =
    [("write.before_key", false), ("write.after_key", false), ("write.after_commit", true)];
/// The same of a dry run of a bulk request that is applied.
const REHEARSALS: [(&str, bool); 2] = [("rehearsal.before_keep", false), ("rehearsal.after_keep", true)];
/// Where a job that is held back is lost, with where its approval is, and whether that was done.
const GUARDS: [(&str, &str, bool); 2] = [
    ("guard.before_hold", "approve.before_commit", false),
    ("guard.after_hold", "approve.after_commit", true),
];
/// Where a part of an upload is lost, and where it is there although nobody was told.
const UPLOADS: [(&str, bool); 2] = [("upload.after_blocks", false), ("upload.after_part", true)];
const FORGETS: [&str; 3] = ["forget.before_write", "forget.after_write", "forget.before_terminal"];
/// Where an export is lost, or what it just did is not known.
const EXPORTS: [&str; 4] =
    ["export.before_keys", "export.after_keys", "export.before_pages", "export.after_pages"];

/// Where a server dies that throws away the items of a job, and then what is known of it.
const PURGES: [&str; 3] = ["purge.before_mark", "purge.after_mark", "purge.after_items"];
const LAST_PURGES: [&str; 2] = ["purge.before_forget", "purge.after_forget"];
/// Where a server dies that throws away an upload.
const UPLOAD_DROPPED: &str = "upload.after_drop";
/// Longer than jobs and what is known of them are kept.
const AGE: Duration = Duration::from_hours(40 * 24);
/// More than workers die of a job before it is given up.
const DEATHS_MAX: usize = 20;

/// Goes all roads. The points at which a server died.
pub fn roads(ground: &Ground) -> BTreeSet<&'static str> {
    let mut met = BTreeSet::new();
    for (point, is_done) in WRITES {
        plain_writes(&Road::on(ground), point, is_done);
        met.insert(point);
    }
    for (point, is_done) in REHEARSALS {
        applied(&Road::on(ground), point, is_done);
        met.insert(point);
    }
    for (hold, approval, is_done) in GUARDS {
        guarded(&Road::on(ground), hold, (approval, is_done));
        met.extend([hold, approval]);
    }
    for point in FORGETS {
        forgetting(&Road::on(ground), point);
        met.insert(point);
    }
    for point in EXPORTS {
        exporting(&Road::on(ground), point);
        met.insert(point);
    }
    for (first, last) in PURGES.into_iter().zip(LAST_PURGES.into_iter().cycle()) {
        purging(&Road::on(ground), first, last);
        met.extend([first, last]);
    }
    uploaded(&Road::on(ground));
    met.extend(UPLOADS.map(|(point, _)| point));
    met.insert(UPLOAD_DROPPED);
    met.extend(numbered::roads(ground));
    given_up(&Road::on(ground));
    met
}

/// A place with an account.
pub(super) struct Road<'a> {
    pub(super) place: Place<'a>,
    token: String,
}

/// A request.
struct Ask<'a> {
    method: &'static str,
    path: String,
    key: &'a str,
    body: Value,
}

impl<'a> Road<'a> {
    pub(super) fn on(ground: &'a Ground) -> Self {
        let place = ground.place();
        let token = place.create_account(ACCOUNT);
        Self { place, token }
    }

    pub(super) fn start(&self) -> Server {
        Server::start(&self.place, None).unwrap()
    }

    fn send(server: SocketAddr, token: &str, ask: &Ask<'_>) -> std::io::Result<Answer> {
        let token = format!("Bearer {token}");
        let mut headers = vec![("authorization", token.as_str()), ("content-type", "application/json")];
        if !ask.key.is_empty() {
            headers.push(("idempotency-key", ask.key));
        }
        let body = if ask.body.is_null() { Vec::new() } else { ask.body.to_string().into_bytes() };
        http::send(server, &Request { method: ask.method, path: &ask.path, headers, body: &body })
    }

    pub(super) fn get(&self, server: &Server, path: &str) -> Answer {
        let ask = Ask { method: "GET", path: path.to_owned(), key: "", body: Value::Null };
        Self::send(server.address, &self.token, &ask).unwrap()
    }

    fn make(&self, server: &Server, path: &str, body: Value) -> Value {
        let ask = Ask { method: "POST", path: path.to_owned(), key: "", body };
        let answer = Self::send(server.address, &self.token, &ask).unwrap();
        assert!(matches!(answer.status, 201 | 202), "{path}: {}", answer.text());
        answer.json()
    }

    /// Sends a request to a server that dies at the point because of it.
    fn die(&self, point: &'static str, token: &str, ask: &Ask<'_>) {
        let server = Server::start(&self.place, Some((point, 1))).unwrap();
        // Of what a worker does it may be answered before.
        drop(Self::send(server.address, token, ask));
        server.kill_after(MET_WITHIN);
        assert_eq!(server.wait_for_death(), Death::AtFailpoint, "{point}: {} {}", ask.method, ask.path);
    }

    fn wait_for_jobs(&self, server: &Server) {
        let since = Instant::now();
        let path = format!("{}?state=PENDING,IN_PROGRESS", jobs());
        while self.get(server, &path).json()["jobs"] != json!([]) {
            assert!(since.elapsed() < ENDED_WITHIN, "jobs do not end");
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Whether the items of a job are being thrown away, or were when a server died.
    fn is_throwing_away(&self) -> bool {
        let report = self.place.read(|source| throng_checker::check(source)).unwrap();
        report.notes.iter().any(|note| note.contains("is being thrown away"))
    }

    pub(super) fn check(&self) {
        let report = self.place.read(|source| throng_checker::check(source)).unwrap();
        assert!(report.violations.is_empty(), "{:#?}\n{}", report.violations, self.place.log_end());
        assert_eq!(report.totals.poison, 0, "an item was set aside");
    }
}

fn jobs() -> String {
    format!("/api/v1/accounts/{ACCOUNT}/jobs")
}

fn rename(method: &'static str, path: &str) -> Ask<'static> {
    let body = match method {
        "PATCH" => json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "displayName", "value": "Ann" }] }),
        "PUT" => json!({ "userName": "ann", "displayName": "Anna" }),
        _ => Value::Null,
    };
    Ask { method, path: path.to_owned(), key: method, body }
}

/// Each method of a user: asked again with its key it is done once, and answered as it would have been.
fn plain_writes(road: &Road<'_>, point: &'static str, is_done: bool) {
    let post = Ask {
        method: "POST",
        path: "/scim/v2/Users".to_owned(),
        key: "post",
        body: json!({ "userName": "ann" }),
    };
    let mut path = String::new();
    for (method, status, version) in
        [("POST", 201, 1), ("PATCH", 200, 2), ("PUT", 200, 3), ("DELETE", 204, 0)]
    {
        let change = rename(method, &path);
        let ask = if method == "POST" { &post } else { &change };
        road.die(point, &road.token, ask);
        let server = road.start();
        let again = Road::send(server.address, &road.token, ask).unwrap();
        assert_eq!(again.status, status, "{point} {method}: {}", again.text());
        let is_replayed = again.header("idempotent-replayed") == Some("true");
        assert_eq!(is_replayed, is_done, "{point} {method}");
        let third = Road::send(server.address, &road.token, ask).unwrap();
        assert_eq!((third.status, third.text()), (again.status, again.text()), "{point} {method}");
        assert_eq!(third.header("idempotent-replayed"), Some("true"), "{point} {method}");
        if method == "POST" {
            path = format!("/scim/v2/Users/{}", again.json()["id"].as_str().unwrap());
        }
        let all = road.get(&server, "/scim/v2/Users").json()["totalResults"].clone();
        let now = road.get(&server, &path);
        if method == "DELETE" {
            assert_eq!((now.status, all), (404, json!(0)), "{point}");
        } else {
            let expected = json!(format!("W/\"{version}\""));
            assert_eq!((&now.json()["meta"]["version"], all), (&expected, json!(1)), "{point} {method}");
        }
        server.stop();
    }
    road.check();
}

/// A dry run of a bulk request that is applied: all of it once, or nothing.
fn applied(road: &Road<'_>, point: &'static str, is_done: bool) {
    let user = |name: &str| json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": { "userName": name } });
    let message = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [user("ann"), user("bob"), { "method": "POST", "path": "/Groups", "bulkId": "g",
            "data": { "displayName": "crew", "members": [{ "value": "bulkId:ann" }] } }] });
    let dry_run =
        Ask { method: "POST", path: "/scim/v2/Bulk?dryRun=true".to_owned(), key: "", body: message };
    let server = road.start();
    let plan = Road::send(server.address, &road.token, &dry_run).unwrap().json()["jobId"].clone();
    server.stop();
    let path = format!("{}/{plan}/apply", jobs());
    let apply = Ask { method: "POST", path, key: "apply", body: Value::Null };
    road.die(point, &road.token, &apply);
    let server = road.start();
    let total = |server: &Server| road.get(server, "/scim/v2").json()["totalResults"].as_u64().unwrap();
    assert_eq!(total(&server), if is_done { 3 } else { 0 }, "{point}");
    for is_replayed in [is_done, true] {
        let again = Road::send(server.address, &road.token, &apply).unwrap();
        assert_eq!((again.status, &again.json()["counts"]["created"]), (202, &json!(3)), "{point}");
        assert_eq!(again.header("idempotent-replayed") == Some("true"), is_replayed, "{point}");
        assert_eq!(total(&server), 3, "{point}");
    }
    server.stop();
    road.check();
}

/// A job that is held back, and approved.
fn guarded(road: &Road<'_>, hold: &'static str, (approval, is_done): (&'static str, bool)) {
    let approver = road.place.command(&["key", "create", ACCOUNT, "--role", "approver", "--client", "boss"]);
    road.place.command(&["account", "set", ACCOUNT, "guard_count=1", "guard_percent=1"]);
    let server = road.start();
    let users: Vec<Value> = ["ann", "bob", "cyd"]
        .into_iter()
        .map(|name| road.make(&server, "/scim/v2/Users", json!({ "userName": name }))["id"].clone())
        .collect();
    let members: Vec<Value> = users.iter().map(|id| json!({ "value": id })).collect();
    let crew = json!({ "displayName": "crew", "members": members });
    let group = road.make(&server, "/scim/v2/Groups", crew)["id"].as_str().unwrap().to_owned();
    server.stop();

    let path = format!("/scim/v2/Groups/{group}");
    let count = |server: &Server| road.get(server, &path).json()["members"].as_array().map_or(0, Vec::len);
    let body = json!({ "displayName": "crew", "members": [] });
    let empty = Ask { method: "PUT", path: path.clone(), key: "empty", body };
    road.die(hold, &road.token, &empty);
    let server = road.start();
    let again = Road::send(server.address, &road.token, &empty).unwrap();
    let job = format!("{}/{}", jobs(), again.header("throng-job").unwrap());
    let state = |server: &Server| road.get(server, &job).json()["state"].as_str().unwrap().to_owned();
    road.wait_for_jobs(&server);
    assert_eq!((state(&server).as_str(), count(&server)), ("AWAITING_APPROVAL", 3), "{hold}");
    server.stop();

    let approve = Ask { method: "POST", path: format!("{job}/approve"), key: "", body: Value::Null };
    road.die(approval, &approver, &approve);
    let server = road.start();
    road.wait_for_jobs(&server);
    assert_eq!(state(&server) != "AWAITING_APPROVAL", is_done, "{approval}");
    if !is_done {
        assert_eq!(count(&server), 3, "{approval}");
        let answer = Road::send(server.address, &approver, &approve).unwrap();
        assert_eq!(answer.status, 200, "{approval}: {}", answer.text());
        road.wait_for_jobs(&server);
    }
    let ended = road.get(&server, &job).json();
    assert_eq!((&ended["state"], &ended["counts"]["removed"]), (&json!("COMPLETED"), &json!(3)), "{ended}");
    assert_eq!(count(&server), 0, "{approval}");
    server.stop();
    road.check();
}

/// A name that is taken out of the items of a job.
fn forgetting(road: &Road<'_>, point: &'static str) {
    let server = road.start();
    let id = road.make(&server, "/scim/v2/Users", json!({ "userName": "ann" }))["id"].clone();
    let crew = json!({ "displayName": "crew", "members": [{ "value": id }, { "value": "nobody" }] });
    road.make(&server, "/scim/v2/Groups", crew);
    server.stop();
    let forget = Ask {
        method: "POST",
        path: format!("/api/v1/accounts/{ACCOUNT}/users/forget"),
        key: "",
        body: json!({ "names": [id, "nobody"] }),
    };
    road.die(point, &road.token, &forget);
    let server = road.start();
    road.wait_for_jobs(&server);
    let list = road.get(&server, &format!("{}?kind=forget,membership", jobs())).json();
    let [forgotten, membership] = list["jobs"].as_array().unwrap().as_slice() else {
        panic!("{point}: {list}");
    };
    assert_eq!((&forgotten["state"], &forgotten["counts"]["pending"]), (&json!("COMPLETED"), &json!(0)));
    let items = road.get(&server, &format!("{}/{}/items", jobs(), membership["number"])).json();
    assert_eq!(items["items"][1]["value"], "forgotten", "{point}: {items}");
    assert!(!items["items"][0]["value"].as_str().unwrap().contains(id.as_str().unwrap()), "{point}: {items}");
    assert_eq!(membership["counts"]["created"], 1, "{point}: {membership}");
    server.stop();
    road.check();
}

/// An export in each kind of order: everybody is in it once.
fn exporting(road: &Road<'_>, point: &'static str) {
    let server = road.start();
    for login in ["ann", "bob", "cyd"] {
        road.make(&server, "/scim/v2/Users", json!({ "userName": login, "name": { "familyName": "x" } }));
    }
    server.stop();
    let users = format!("/api/admin/user/v1/accounts/{ACCOUNT}");
    for order in ["loginId%20desc", "lastName"] {
        let path = format!("{users}/users:bulkExport?orderBy={order}");
        let ask = Ask { method: "POST", path, key: order, body: Value::Null };
        road.die(point, &road.token, &ask);
        let server = road.start();
        let again = Road::send(server.address, &road.token, &ask).unwrap();
        assert_eq!(again.status, 202, "{point}: {}", again.text());
        road.wait_for_jobs(&server);
        let job = again.json()["jobId"].as_str().unwrap().to_owned();
        let items = road.get(&server, &format!("{}/{job}/items", jobs())).json();
        let logins: Vec<&Value> =
            items["items"].as_array().unwrap().iter().map(|item| &item["value"]).collect();
        let expected = if order == "lastName" { ["ann", "bob", "cyd"] } else { ["cyd", "bob", "ann"] };
        assert_eq!(logins, expected, "{point} {order}");
        server.stop();
    }
    let server = road.start();
    let made = road.get(&server, &format!("{}?kind=export", jobs())).json();
    assert_eq!(made["jobs"].as_array().unwrap().len(), 2, "{point}: {made}");
    server.stop();
    road.check();
}

/// A job that was kept long enough.
fn purging(road: &Road<'_>, first: &'static str, last: &'static str) {
    let server = road.start();
    let id = road.make(&server, "/scim/v2/Users", json!({ "userName": "ann" }))["id"].clone();
    let crew = json!({ "displayName": "crew", "members": [{ "value": id }] });
    let group = road.make(&server, "/scim/v2/Groups", crew)["id"].as_str().unwrap().to_owned();
    let all = road.get(&server, &jobs()).json();
    let [job] = all["jobs"].as_array().unwrap().as_slice() else { panic!("{first}: {all}") };
    let path = format!("{}/{}", jobs(), job["number"]);
    server.stop();
    for (point, status) in [(first, 410), (last, 404)] {
        road.place.let_time_pass(ACCOUNT, AGE);
        // So much time at once is believed when somebody says so.
        let server = road.start();
        let since = Instant::now();
        while road.get(&server, "/health").json()["clockJumped"] != true {
            assert!(since.elapsed() < ENDED_WITHIN, "{point}: the clock is believed");
            thread::sleep(LOOK_EVERY);
        }
        let kept = if status == 410 { 200 } else { 410 };
        assert_eq!(road.get(&server, &path).status, kept, "{point}");
        server.stop();
        road.place.command(&["clock", "confirm"]);
        // A server does it as soon as it runs, maybe before it answers.
        if let Ok(server) = Server::start(&road.place, Some((point, 1))) {
            server.kill_after(MET_WITHIN);
            assert_eq!(server.wait_for_death(), Death::AtFailpoint, "{point}");
        }
        let since = Instant::now();
        loop {
            let server = road.start();
            thread::sleep(10 * LOOK_EVERY);
            let answer = road.get(&server, &path);
            server.stop();
            if answer.status == status && !road.is_throwing_away() {
                break;
            }
            assert!(since.elapsed() < ENDED_WITHIN, "{point}: {}", answer.text());
        }
        let server = road.start();
        // What it did stays.
        let members = road.get(&server, &format!("/scim/v2/Groups/{group}")).json()["members"].clone();
        assert_eq!(members[0]["value"], id, "{point}");
        server.stop();
        road.check();
    }
}

/// A part on its way to a server.
fn send_part(server: &Server, road: &Road<'_>, path: &str, bytes: &[u8]) -> std::io::Result<Answer> {
    let token = format!("Bearer {}", road.token);
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)));
    let headers = vec![("authorization", token.as_str()), ("content-digest", digest.as_str())];
    http::send(server.address, &Request { method: "PUT", path, headers, body: bytes })
}

/// A file in parts: servers die between them, and when it is thrown away. Every row is there once.
fn uploaded(road: &Road<'_>) {
    let base = format!("/api/admin/user/v1/accounts/{ACCOUNT}");
    let server = road.start();
    let url = road.make(&server, &format!("{base}/uploads"), json!({}))["url"].as_str().unwrap().to_owned();
    server.stop();
    // More than a block each.
    let rows = (0..20_000).map(|row| format!("person{row},Last,First name of somebody\n"));
    let file: String = iter::once("Login Id,Last Name,First Name\n".to_owned()).chain(rows).collect();
    let (first, second) = file.as_bytes().split_at(file.len() / 2);
    let parts = |server: &Server| road.get(server, &url).json()["parts"].as_array().unwrap().len();
    for (number, (bytes, (point, is_done))) in (1..).zip([first, second].into_iter().zip(UPLOADS)) {
        let path = format!("{url}/parts/{number}");
        let server = Server::start(&road.place, Some((point, 1))).unwrap();
        drop(send_part(&server, road, &path, bytes));
        assert_eq!(server.wait_for_death(), Death::AtFailpoint, "{point}");
        road.check();
        let server = road.start();
        assert_eq!(parts(&server), number - 1 + usize::from(is_done), "{point}");
        if !is_done {
            assert_eq!(send_part(&server, road, &path, bytes).unwrap().status, 200, "{point}");
        }
        server.stop();
        road.check();
    }
    let id = url.rsplit('/').next().unwrap();
    let path = format!("{base}/users:bulkAdd?uploadId={id}");
    let commit = Ask { method: "POST", path, key: "commit", body: Value::Null };
    let server = Server::start(&road.place, Some(("accept.after_stage", 1))).unwrap();
    drop(Road::send(server.address, &road.token, &commit));
    assert_eq!(server.wait_for_death(), Death::AtFailpoint);
    // The key is held until its lease ends.
    let commit = Ask { key: "again", ..commit };
    let server = road.start();
    assert_eq!(parts(&server), 2);
    let accepted = Road::send(server.address, &road.token, &commit).unwrap();
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    server.stop();
    // It is thrown away as soon as a server runs, maybe before it answers.
    if let Ok(server) = Server::start(&road.place, Some((UPLOAD_DROPPED, 1))) {
        server.kill_after(MET_WITHIN);
        assert_eq!(server.wait_for_death(), Death::AtFailpoint);
    }
    let server = road.start();
    let again = Road::send(server.address, &road.token, &commit).unwrap();
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "{}", again.text());
    road.wait_for_jobs(&server);
    assert_eq!(road.get(&server, "/scim/v2/Users?count=0").json()["totalResults"], 20_000);
    assert_eq!(road.get(&server, &url).status, 404);
    server.stop();
    road.check();
}

/// A job that kills each server when it is planned.
fn given_up(road: &Road<'_>) {
    let server = road.start();
    let crew = json!({ "displayName": "crew" });
    let group = road.make(&server, "/scim/v2/Groups", crew)["id"].as_str().unwrap().to_owned();
    server.stop();
    let nobody = |n: usize| json!({ "value": format!("nobody{n}") });
    let members: Vec<Value> = (0..300).map(nobody).collect();
    let path = format!("/scim/v2/Groups/{group}");
    let body = json!({ "Operations": [{ "op": "add", "path": "members", "value": members }] });
    let point = "plan.before_store";
    road.die(point, &road.token, &Ask { method: "PATCH", path, key: "", body });
    let mut deaths = 1;
    let server = loop {
        let Ok(server) = Server::start(&road.place, Some((point, 1))) else {
            deaths += 1;
            continue;
        };
        let failed = format!("{}?state=FAILED", jobs());
        let request = Ask { method: "GET", path: failed, key: "", body: Value::Null };
        let is_over = loop {
            match Road::send(server.address, &road.token, &request) {
                Ok(answer) if answer.json()["jobs"] != json!([]) => break true,
                Ok(_) => thread::sleep(LOOK_EVERY),
                Err(_) => break false,
            }
        };
        if is_over {
            break server;
        }
        assert_eq!(server.wait_for_death(), Death::AtFailpoint);
        deaths += 1;
        assert!(deaths < DEATHS_MAX, "the job is tried for ever");
    };
    let list = road.get(&server, &format!("{}?state=FAILED", jobs())).json();
    let message = list["jobs"][0]["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("given-up: {deaths} workers in a row")), "{deaths} deaths: {list}");
    assert_eq!(list["jobs"][0]["counts"]["skipped"], 300, "{list}");
    server.stop();
    road.check();
}
