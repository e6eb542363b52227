//! `/scim/v2/Bulk?dryRun=true`, and what `apply` makes of it.

use serde_json::{Value, json};
use throng_directory::{Dialect, Role, Settings};
use throng_scim::Registry;

use super::{DEVICES, get, send_to, send_with};
use crate::house::{Call, House};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

pub async fn dry(house: &House, key: &str, body: &Value) -> Value {
    send_to(house, key, "/scim/v2/Bulk?dryRun=true", body).await.expect(200).json()
}

pub fn statuses(message: &Value) -> Vec<&str> {
    let operations = message["Operations"].as_array().unwrap();
    operations.iter().map(|answer| answer["status"].as_str().unwrap()).collect()
}

/// All that clients can see of an account, but for jobs that are dry runs.
pub async fn everything(house: &House, key: &str) -> (Value, Vec<Value>) {
    let resources = get(house, key, "/scim/v2?count=1000").await;
    let jobs = get(house, key, "/api/v1/accounts/ACME/jobs?count=1000").await;
    let jobs = jobs["jobs"].as_array().unwrap().iter().filter(|job| job["kind"] != "bulk_plan");
    (resources, jobs.cloned().collect())
}

pub async fn job(house: &House, key: &str, number: &Value) -> (Value, Vec<Value>) {
    let path = format!("/api/v1/accounts/ACME/jobs/{number}");
    let items = get(house, key, &format!("{path}/items")).await["items"].clone();
    (get(house, key, &path).await, items.as_array().unwrap().clone())
}

pub async fn apply(house: &House, key: &str, number: &Value, idempotency: &str) -> crate::house::Answer {
    let call = Call::new("POST", &format!("/api/v1/accounts/ACME/jobs/{number}/apply")).key(key);
    house.send(call.header("idempotency-key", idempotency)).await
}

pub fn reasons(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["reason"].as_str().unwrap()).collect()
}

/// People, a group, and a message that changes them in every way.
struct Scene {
    house: House,
    key: String,
    ann: String,
    bob: String,
    group: String,
    message: Value,
}

impl Scene {
    async fn start() -> Self {
        let mut registry = Registry::standard();
        registry.define(serde_json::from_str(DEVICES).unwrap()).unwrap();
        let house = House::of(Settings::default(), registry).await;
        let key = house.admin().await;
        let (ann, bob) = (house.user(&key, "ann").await, house.user(&key, "bob").await);
        let crew = json!({ "displayName": "crew", "members": [{ "value": ann }] });
        let crew = Call::new("POST", "/scim/v2/Groups").key(&key).json(&crew);
        let group = house.send(crew).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        let message = Self::message(&ann, &bob, &group);
        Self { house, key, ann, bob, group, message }
    }

    fn message(ann: &str, bob: &str, group: &str) -> Value {
        let manager = |id: &str| json!({ "manager": { "value": format!("bulkId:{id}") } });
        let named = |to: &str| json!([{ "op": "replace", "path": "name.givenName", "value": to }]);
        let post = |path: &str, id: &str, data: Value| json!({ "method": "POST", "path": path, "bulkId": id, "data": data });
        let patch = |path: String, data: Value| json!({ "method": "PATCH", "path": path, "data": data });
        let delete = |path: String| json!({ "method": "DELETE", "path": path });
        let mut second = patch(format!("/Users/{ann}"), named("Anne"));
        second["version"] = json!("W/\"2\"");
        json!({ "Operations": [
            post("/Users", "cyd", json!({ "userName": "cyd", "name": { "givenName": "Cyd", "familyName": "C" },
                (ENTERPRISE): manager("dan") })),
            post("/Users", "dan", json!({ "userName": "dan", (ENTERPRISE): manager("cyd") })),
            patch(format!("/Users/{ann}"), json!([
                { "op": "replace", "path": "name.givenName", "value": "Anna" },
                { "op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "X" } ])),
            // These see what the one before would do.
            second,
            patch(format!("/Users/{ann}"), named("Anne")),
            delete(format!("/Users/{bob}")),
            post("/Users", "bob", json!({ "userName": "BOB" })),
            post("/Users", "twin", json!({ "userName": "Cyd" })),
            patch(format!("/Groups/{group}"), json!([
                { "op": "replace", "path": "displayName", "value": "gang" },
                { "op": "add", "path": "members",
                    "value": [{ "value": "bulkId:cyd" }, { "value": ann }, { "value": "nobody" }] } ])),
            post("/Devices", "d", json!({ "serialNumber": "1" })),
            post("/Devices", "e", json!({ "serialNumber": "1" })),
            delete("/Groups/999".to_owned()),
        ]})
    }

    async fn dry(&self) -> Value {
        dry(&self.house, &self.key, &self.message).await
    }

    async fn apply(&self, number: &Value, idempotency: &str) -> crate::house::Answer {
        apply(&self.house, &self.key, number, idempotency).await.expect(202)
    }
}

fn change(attribute: &str, from: &str, to: &str) -> Value {
    if from.is_empty() {
        return json!({ "attribute": attribute, "to": to });
    }
    json!({ "attribute": attribute, "from": from, "to": to })
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let scene = Scene::start().await;
    let (house, key) = (&scene.house, &scene.key);
    let before = everything(house, key).await;
    let said = scene.dry().await;
    assert_eq!(everything(house, key).await, before, "a dry run changed something");
    assert_eq!(
        statuses(&said),
        ["201", "201", "200", "200", "200", "204", "201", "409", "200", "201", "409", "404"],
        "{said}"
    );
    let operations = said["Operations"].as_array().unwrap();
    assert_eq!(operations[3]["changes"], json!([change("name.givenName", "Anna", "Anne")]));
    assert_eq!(operations[4]["changes"], json!([]));
    let department = change(&format!("{ENTERPRISE}:department"), "", "X");
    assert!(operations[2]["changes"].as_array().unwrap().contains(&department), "{}", operations[2]);
    let created = operations[0]["changes"].as_array().unwrap();
    assert!(created.contains(&change("name.familyName", "", "C")), "{created:?}");
    assert!(operations[0].get("location").is_none(), "what is not made has no address");
    assert_eq!(operations[7]["response"]["scimType"], "uniqueness");
    assert_eq!(operations[8]["changes"], json!([change("displayName", "crew", "gang")]));
    let members = &operations[8]["members"];
    assert_eq!((&members["counts"]["created"], &members["counts"]["ignored"]), (&json!(1), &json!(2)));
    assert_eq!(reasons(members["items"].as_array().unwrap()), ["created", "already_member", "not_found"]);
    let counts = &said["counts"];
    let found =
        ["created", "updated", "removed", "ignored", "failed"].map(|name| counts[name].as_u64().unwrap());
    assert_eq!((found, &counts["total"]), ([4, 3, 1, 1, 3], &json!(12)));

    let (plan, items) = job(house, key, &said["jobId"]).await;
    assert_eq!(
        (&plan["kind"], &plan["outcome"], &plan["counts"]),
        (&json!("bulk_plan"), &json!("partial"), counts)
    );
    let expected = [
        "created",
        "created",
        "updated",
        "updated",
        "unchanged",
        "removed",
        "created",
        "conflict",
        "updated",
        "created",
        "conflict",
        "not_found",
    ];
    assert_eq!(reasons(&items), expected);
    assert_eq!((&items[0]["value"], &items[2]["operation"]), (&json!("/Users/bulkId:cyd"), &json!("patch")));
    assert_eq!(items[3]["changes"], operations[3]["changes"]);
    scene.house.stop().await;
}

#[tokio::test]
async fn what_a_dry_run_said_is_done_once() {
    let scene = Scene::start().await;
    let (house, key) = (&scene.house, &scene.key);
    let plan = scene.dry().await["jobId"].clone();
    let applied = scene.apply(&plan, "once").await;
    let (done, items) = job(house, key, &applied.json()["number"]).await;
    assert_eq!(
        (&done["kind"], &done["applies"], &done["outcome"]),
        (&json!("bulk"), &plan, &json!("succeeded"))
    );
    let expected = ["created", "created", "updated", "updated", "removed", "created", "updated", "created"];
    assert_eq!(reasons(&items), expected, "{items:?}");
    let anna = get(house, key, &format!("/scim/v2/Users/{}", scene.ann)).await;
    assert_eq!((&anna["name"]["givenName"], &anna["meta"]["version"]), (&json!("Anne"), &json!("W/\"3\"")));
    house.send(Call::get(&format!("/scim/v2/Users/{}", scene.bob)).key(key)).await.expect(404);
    let gang = get(house, key, &format!("/scim/v2/Groups/{}", scene.group)).await;
    assert_eq!((&gang["displayName"], gang["members"].as_array().unwrap().len()), (&json!("gang"), 2));

    // The same key is answered with the same job; under another one everything has changed.
    let after = everything(house, key).await;
    let again = scene.apply(&plan, "once").await;
    assert_eq!((again.header("idempotent-replayed"), &again.json()["number"]), ("true", &done["number"]));
    assert_eq!(everything(house, key).await, after);
    let twice = scene.apply(&plan, "twice").await;
    let (_, items) = job(house, key, &twice.json()["number"]).await;
    assert_eq!(reasons(&items), ["changed_since"; 8]);
    assert_eq!(everything(house, key).await.0, after.0);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_dry_run_that_takes_too_long_is_refused() {
    let scene = Scene::start().await;
    let before = everything(&scene.house, &scene.key).await;
    // Each look at the clock takes a while: the time of a rehearsal is over after some operations.
    scene.house.slow_down(100_000);
    let refused = send_to(&scene.house, &scene.key, "/scim/v2/Bulk?dryRun=true", &scene.message).await;
    assert_eq!(refused.expect(400).json()["scimType"], "tooMany");
    scene.house.slow_down(1);
    assert_eq!(everything(&scene.house, &scene.key).await, before);
    scene.dry().await;
    scene.house.stop().await;
}

/// Forgets somebody, and waits until that is done.
async fn forget(house: &House, key: &str, whom: &Value) {
    let call = Call::new("POST", "/api/v1/accounts/ACME/users/forget").key(key);
    let made = house.send(call.plain(whom)).await.expect(202).json();
    let path = format!("/api/v1/accounts/ACME/jobs/{}", made["number"]);
    house.send(Call::get(&path).key(key).header("prefer", "wait=30")).await.expect(200);
}

#[tokio::test]
async fn a_dry_run_forgets_people_too() {
    let scene = Scene::start().await;
    let (house, key) = (&scene.house, &scene.key);
    let plan = scene.dry().await["jobId"].clone();
    forget(house, key, &json!({ "names": ["CYD"] })).await;
    let (_, items) = job(house, key, &plan).await;
    let text = json!(items).to_string();
    assert!(!text.contains("cyd") && !text.contains("Cyd") && text.contains("forgotten"), "{text}");
    // What was done to what kind of resource stays.
    let left =
        |index: usize| json!([items[index]["operation"], items[index]["value"], items[index]["message"]]);
    assert_eq!(left(0), json!(["add", "/Users", "forgotten"]));
    assert_eq!(left(8), json!(["patch", format!("/Groups/{}", scene.group), "forgotten"]));
    // It is not what it was any more, and is not applied in part.
    let before = everything(house, key).await;
    let refused = apply(house, key, &plan, "k").await.expect(409).json();
    assert!(refused["detail"].as_str().unwrap().contains("was forgotten since: send"), "{refused}");
    assert_eq!(everything(house, key).await, before);
    // Of whom an operation names by id the kind is left, and what does not speak of them is applied.
    let named = |id: &str, to: &str| {
        json!({ "method": "PATCH", "path": format!("/Users/{id}"),
        "data": [{ "op": "replace", "path": "displayName", "value": to }] })
    };
    let said =
        dry(house, key, &json!({ "Operations": [named(&scene.ann, "A"), named(&scene.bob, "B")] })).await;
    let other = dry(house, key, &json!({ "Operations": [named(&scene.ann, "A")] })).await;
    forget(house, key, &json!({ "id": scene.bob })).await;
    let (_, items) = job(house, key, &said["jobId"]).await;
    assert_eq!((&items[1]["operation"], &items[1]["value"]), (&json!("patch"), &json!("/Users/forgotten")));
    apply(house, key, &said["jobId"], "l").await.expect(409);
    apply(house, key, &other["jobId"], "m").await.expect(202);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_name_that_somebody_else_has_since_is_nobody_that_was_found() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = house.user(&key, "ann").await;
    let message = json!({ "Operations": [
        { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "g",
            "SocialChorus:1.0:Group": { "identifierField": "userName" }, "members": [{ "value": "ann" }] } },
    ]});
    let said = dry(&house, &key, &message).await;
    let other = dry(&house, &key, &message).await;
    assert_eq!(said["Operations"][0]["members"]["items"][0]["member"], json!(ann));
    let renamed = json!({ "userName": "anna" });
    house.send(Call::new("PUT", &format!("/scim/v2/Users/{ann}")).key(&key).json(&renamed)).await.expect(200);
    house.user(&key, "ann").await;
    let before = everything(&house, &key).await;
    let refused = apply(&house, &key, &said["jobId"], "k").await.expect(409).json();
    assert!(refused["detail"].as_str().unwrap().contains("name others"), "{refused}");
    assert_eq!(everything(&house, &key).await, before);
    // As soon as the name is theirs again it is what was found.
    let taken = get(&house, &key, "/scim/v2/Users?filter=userName%20eq%20%22ann%22").await;
    let path = format!("/scim/v2/Users/{}", taken["Resources"][0]["id"].as_str().unwrap());
    house.send(Call::new("DELETE", &path).key(&key)).await.expect(204);
    let back = json!({ "userName": "ann" });
    house.send(Call::new("PUT", &format!("/scim/v2/Users/{ann}")).key(&key).json(&back)).await.expect(200);
    let (done, _) =
        job(&house, &key, &apply(&house, &key, &other["jobId"], "l").await.expect(202).json()["number"])
            .await;
    assert_eq!(done["outcome"], "succeeded");
    house.stop().await;
}

#[tokio::test]
async fn what_changed_since_a_dry_run_is_not_touched() {
    let house = House::start().await;
    let key = house.admin().await;
    let mut ids = Vec::new();
    for name in ["ann", "bob", "cyd"] {
        ids.push(house.user(&key, name).await);
    }
    let rename = |id: &str, to: &str| {
        json!({ "method": "PATCH", "path": format!("/Users/{id}"),
            "data": [{ "op": "replace", "path": "displayName", "value": to }] })
    };
    let message = json!({ "Operations": [
        rename(&ids[0], "A"),
        rename(&ids[1], "B"),
        rename(&ids[1], "BB"),
        { "method": "DELETE", "path": format!("/Users/{}", ids[2]) },
        { "method": "POST", "path": "/Users", "bulkId": "dan", "data": { "userName": "dan" } },
        { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "g",
            "members": [{ "value": "bulkId:dan" }, { "value": ids[0] }] } },
        { "method": "POST", "path": "/Users", "bulkId": "eve", "data": { "userName": "eve" } },
    ]});
    let said = dry(&house, &key, &message).await;
    assert_eq!(statuses(&said), ["200", "200", "200", "204", "201", "201", "201"]);
    let change = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "displayName", "value": "Bobby" }] });
    for id in &ids[1..] {
        house
            .send(Call::new("PATCH", &format!("/scim/v2/Users/{id}")).key(&key).json(&change))
            .await
            .expect(200);
    }
    house.user(&key, "dan").await;
    let applied = apply(&house, &key, &said["jobId"], "k").await.expect(202).json();
    let (done, items) = job(&house, &key, &applied["number"]).await;
    assert_eq!(
        reasons(&items),
        [
            "updated",
            "changed_since",
            "changed_since",
            "changed_since",
            "changed_since",
            "changed_since",
            "created"
        ]
    );
    assert_eq!((&done["state"], &done["outcome"]), (&json!("COMPLETED"), &json!("succeeded")));
    let name =
        async |id: &str| get(&house, &key, &format!("/scim/v2/Users/{id}")).await["displayName"].clone();
    assert_eq!(
        (name(&ids[0]).await, name(&ids[1]).await, name(&ids[2]).await),
        (json!("A"), json!("Bobby"), json!("Bobby"))
    );
    assert_eq!(get(&house, &key, "/scim/v2/Groups").await["totalResults"], 0, "its member is another one");
    assert_eq!(get(&house, &key, "/scim/v2/Users").await["totalResults"], 5);
    house.stop().await;
}

#[tokio::test]
async fn what_can_be_applied_by_whom_and_how_long() {
    let house = House::start().await;
    let (admin, manager) =
        (house.admin().await, house.key_of(Some("ACME"), Role::GroupManager, Dialect::Standard).await);
    let other = house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    let mixed = json!({ "Operations": [
        { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "mine" } },
        { "method": "POST", "path": "/Users", "bulkId": "u", "data": { "userName": "ann" } },
    ]});
    let said = dry(&house, &manager, &mixed).await;
    assert_eq!(statuses(&said), ["201", "403"]);
    let path = format!("/api/v1/accounts/ACME/jobs/{}", said["jobId"]);
    house.send(Call::get(&path).key(&manager)).await.expect(200);
    house.send(Call::get(&path).key(&other)).await.expect(404);
    // Whoever applies it does it by his own right.
    let call = |key: &str, query: &str| Call::new("POST", &format!("{path}/apply{query}")).key(key);
    for query in ["?dryRun=true", "?notBefore=2100-01-01T00:00:00Z", "?after=1"] {
        house.send(call(&admin, query)).await.expect(400);
    }
    let applied = house.send(call(&manager, "")).await.expect(202).json();
    assert_eq!(applied["counts"]["created"], 1);
    house.send(call(&admin, "")).await.expect(202);
    house.send(Call::new("POST", &format!("{path}/abort")).key(&admin)).await.expect(409);

    let nothing = json!({ "Operations": [{ "method": "DELETE", "path": "/Users/x" }] });
    let said = dry(&house, &admin, &nothing).await;
    apply(&house, &admin, &said["jobId"], "k").await.expect(409);
    apply(&house, &admin, &applied["number"], "k").await.expect(409);
    send_to(&house, &admin, "/scim/v2/Bulk?dryRun=maybe", &nothing).await.expect(400);

    // As many errors as are asked for, and what was not tried is skipped.
    let user = |name: &str| json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": { "userName": name } });
    let stops = json!({ "failOnErrors": 1, "Operations": [user("a"), { "method": "DELETE", "path": "/Users/x" }, user("b")] });
    let said = dry(&house, &admin, &stops).await;
    assert_eq!(statuses(&said), ["201", "404"]);
    let (_, items) = job(&house, &admin, &said["jobId"]).await;
    assert_eq!(reasons(&items), ["created", "not_found", "skipped"]);
    house.advance(25 * 3_600 * 1_000_000);
    apply(&house, &admin, &said["jobId"], "late").await.expect(410);
    house.stop().await;
}

/// A generator for messages: the same ones in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'v>(&mut self, of: &'v [String]) -> &'v str {
        let sides = of.len() as u64;
        &of[usize::try_from(self.roll(sides)).unwrap()]
    }
}

/// A message of operations that go well, that are refused, and that come of each other.
fn message(dice: &mut Dice, users: &[String], groups: &[String]) -> Value {
    let mut operations = Vec::new();
    for index in 0..=dice.roll(8) {
        let name = format!("n{}", dice.roll(12));
        let version = (dice.roll(4) == 0).then(|| format!("W/\"{}\"", 1 + dice.roll(3)));
        let member = match dice.roll(3) {
            0 => format!("bulkId:{}", dice.roll(index + 2)),
            _ => dice.pick(users).to_owned(),
        };
        let (user, group) = (dice.pick(users), dice.pick(groups));
        let op = ["add", "remove", "replace"][usize::try_from(dice.roll(3)).unwrap()];
        let operation = match dice.roll(11) {
            0 | 1 => json!({ "method": "POST", "path": "/Users", "data": { "userName": name } }),
            2 => json!({ "method": "POST", "path": "/Users", "data": { "userName": name,
                (ENTERPRISE): { "manager": { "value": member } } } }),
            3 => {
                json!({ "method": "POST", "path": "/Groups", "data": { "displayName": name, "members": [{ "value": member }] } })
            }
            4 => json!({ "method": "PUT", "path": format!("/Users/{user}"), "data": { "userName": name } }),
            5 => json!({ "method": "PATCH", "path": format!("/Users/{user}"),
                "data": [{ "op": op, "path": "displayName", "value": name }] }),
            6 | 7 => json!({ "method": "PATCH", "path": format!("/Groups/{group}"),
                "data": [{ "op": op, "path": "members", "value": [{ "value": member }] }] }),
            8 => {
                json!({ "method": "PUT", "path": format!("/Groups/{group}"), "data": { "displayName": name } })
            }
            9 => json!({ "method": "DELETE", "path": format!("/Users/{user}") }),
            _ => json!({ "method": "DELETE", "path": format!("/Groups/{group}") }),
        };
        let mut operation = operation;
        operation["bulkId"] = json!(index.to_string());
        if let Some(version) = version.filter(|_| operation["method"] != "POST") {
            operation["version"] = json!(version);
        }
        operations.push(operation);
    }
    let mut message = json!({ "Operations": operations });
    if dice.roll(4) == 0 {
        message["failOnErrors"] = json!(1 + dice.roll(2));
    }
    message
}

/// What an answer says that is the same in a dry run.
fn said(message: &Value) -> Vec<Value> {
    let operations = message["Operations"].as_array().unwrap().iter();
    operations
        .map(|answer| {
            let error = answer.get("response").filter(|_| answer["status"].as_str().unwrap() >= "400");
            json!([answer["method"], answer["bulkId"], answer["status"], answer["version"], error])
        })
        .collect()
}

#[tokio::test]
async fn a_dry_run_says_what_the_request_then_does() {
    let house = House::start().await;
    let key = house.admin().await;
    let mut dice = Dice(20_261_130);
    let (mut went_well, mut refused) = (0, 0);
    for round in 0..60 {
        let ids = async |path: &str| -> Vec<String> {
            let list = get(&house, &key, path).await;
            let found = list["Resources"].as_array().cloned().unwrap_or_default();
            let ids = found.iter().map(|resource| resource["id"].as_str().unwrap().to_owned());
            ids.chain(["4711".to_owned()]).collect()
        };
        let (users, groups) = (ids("/scim/v2/Users").await, ids("/scim/v2/Groups").await);
        let message = message(&mut dice, &users, &groups);
        let before = everything(&house, &key).await;
        let dry = dry(&house, &key, &message).await;
        assert_eq!(everything(&house, &key).await, before, "round {round}: {message}");
        let done = send_with(&house, &key, &message).await.expect(200).json();
        assert_eq!(said(&dry), said(&done), "round {round}: {message}");
        for status in statuses(&done) {
            *(if status < "300" { &mut went_well } else { &mut refused }) += 1;
        }
    }
    assert!(went_well > 60 && refused > 30, "{went_well} went well, {refused} were refused");
    house.stop().await;
}

#[tokio::test]
async fn as_many_operations_as_a_request_may_have_can_be_rehearsed() {
    let house = House::start().await;
    let key = house.admin().await;
    // A step of the clock a look would be longer than the whole takes.
    house.slow_down(1);
    let user = |n: u32| json!({ "method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": { "userName": format!("u{n}") } });
    let most: Vec<Value> = (0..1_000).map(user).collect();
    let said = dry(&house, &key, &json!({ "Operations": most })).await;
    assert_eq!(said["counts"]["created"], 1_000);
    let (plan, items) = job(&house, &key, &said["jobId"]).await;
    assert_eq!((&plan["counts"]["created"], items.len()), (&json!(1_000), 100));
    let path = format!("/api/v1/accounts/ACME/jobs/{}/items", said["jobId"]);
    let last = get(&house, &key, &format!("{path}?startIndex=1000")).await;
    assert_eq!(
        (&last["items"][0]["value"], &last["totalItems"]),
        (&json!("/Users/bulkId:999"), &json!(1_000))
    );
    let file = house.send(Call::get(&format!("{path}/download")).key(&key)).await.expect(200);
    assert_eq!(String::from_utf8(file.body).unwrap().lines().count(), 1_001);
    house.send(Call::get(&format!("{path}/download?columns=input")).key(&key)).await.expect(400);
    house.stop().await;
}
