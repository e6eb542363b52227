//! `/api/v1/accounts/{accountId}/jobs`: jobs of every kind, their items, and how they are stopped.

mod deletions;
mod following;
mod forgetting;
mod giving_up;
mod holding;
mod items;
mod restoring;

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::{Dialect, Role, Settings};

use crate::house::{Call, House};
use crate::imports::{part, upload};

const JOBS: &str = "/api/v1/accounts/ACME/jobs";

pub struct Scene {
    pub house: House,
    pub key: String,
}

impl Scene {
    /// Jobs settle so many items a chunk.
    pub async fn of(chunk_items: usize) -> Self {
        let house = House::with(Settings { chunk_items, ..Settings::default() }).await;
        let key = house.admin().await;
        Self { house, key }
    }

    /// The same on the database inside, whose clock is the test's: time stands still until it is moved on.
    pub async fn timed(chunk_items: usize) -> Self {
        let settings = Settings { chunk_items, ..Settings::default() };
        let house = House::timed(settings).await;
        let key = house.admin().await;
        Self { house, key }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.house.send(Call::get(&format!("{JOBS}{path}")).key(&self.key)).await.expect(200).json()
    }

    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "displayName": name, "members": members });
        let made = self.house.send(Call::new("POST", "/scim/v2/Groups").key(&self.key).json(&body)).await;
        made.expect(201).json()["id"].as_str().unwrap().to_owned()
    }

    /// A write of members without waiting for it; its job's number.
    pub async fn patch(&self, group: &str, operations: &Value) -> String {
        let call = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(&self.key);
        let call = call.json(&json!({ "Operations": operations })).header("prefer", "respond-async");
        self.house.send(call).await.expect(202).header("throng-job").to_owned()
    }

    pub async fn abort(&self, job: &str, status: u16) -> Value {
        let call = Call::new("POST", &format!("{JOBS}/{job}/abort")).key(&self.key);
        self.house.send(call).await.expect(status).json()
    }

    /// The job when it has ended.
    pub async fn ended(&self, job: &str) -> Value {
        for _ in 0..3_000 {
            let found = self.get(&format!("/{job}")).await;
            if found.get("endedAt").is_some() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("job {job} does not end");
    }

    /// All items, page by page.
    async fn items(&self, job: &str, query: &str, count: usize) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/{job}/items?count={count}&cursor={cursor}{query}")).await;
            let found = page["items"].as_array().unwrap();
            assert!(found.len() <= count);
            items.extend(found.iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return items,
            }
        }
    }
}

fn redrive_of(scene: &Scene, job: &str, body: &Value) -> Call {
    let call = Call::new("POST", &format!("{JOBS}/{job}/redrive")).key(&scene.key);
    call.header("content-type", "application/json").body(body.to_string())
}

fn short(item: &Value) -> String {
    let text = |name: &str| item[name].as_str().unwrap_or("-").to_owned();
    format!("{} {} {} {}", item["index"], text("operation"), text("outcome"), text("reason"))
}

#[tokio::test]
async fn every_item_of_a_membership_job_is_told() {
    let scene = Scene::of(2).await;
    let mut ids = Vec::new();
    for name in ["ann", "bob", "cyd", "dan"] {
        ids.push(scene.house.user(&scene.key, name).await);
    }
    let nested = scene.group("nested", &[]).await;
    let group = scene.group("g", &[&ids[0], &ids[3]]).await;
    let add = |values: &[&str]| -> Vec<Value> { values.iter().map(|id| json!({ "value": id })).collect() };
    let job = scene
        .patch(
            &group,
            &json!([
                { "op": "replace", "path": "members", "value": add(&[&ids[0], &ids[1], "nobody", &nested]) },
                { "op": "add", "path": "members", "value": add(&[&ids[2], &ids[2]]) },
            ]),
        )
        .await;
    let ended = scene.ended(&job).await;
    assert_eq!(ended["counts"]["total"], 7);
    assert_eq!(
        ended["reasons"],
        json!({ "created": 3, "removed": 1, "already_member": 1, "not_found": 1, "duplicate_in_request": 1 })
    );
    assert_eq!((&ended["outcome"], &ended["state"]), (&json!("succeeded"), &json!("COMPLETED")));
    assert_eq!(ended["target"], json!({ "type": "group", "id": group }));

    let want = [
        "0 replace ignored already_member",
        "1 replace created created",
        "2 replace ignored not_found",
        "3 replace created created",
        "4 add ignored duplicate_in_request",
        "5 add created created",
        "6 remove removed removed",
    ];
    for count in [1, 2, 3, 1_000] {
        let items = scene.items(&job, "", count).await;
        assert_eq!(items.iter().map(short).collect::<Vec<_>>(), want, "{count} a page");
    }
    let items = scene.items(&job, "", 100).await;
    assert_eq!((&items[2]["value"], items[2].get("member")), (&json!("nobody"), None));
    assert_eq!((&items[1]["value"], &items[1]["member"]), (&json!(ids[1]), &json!(ids[1])));
    assert_eq!(items[3]["member"], nested.as_str());
    assert_eq!((&items[6]["value"], &items[6]["member"]), (&json!(ids[3]), &json!(ids[3])));

    let chosen = async |query: &str, count| {
        let items = scene.items(&job, query, count).await;
        items.iter().map(|item| item["index"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    for count in [1, 100] {
        assert_eq!(chosen("&outcome=created", count).await, [1, 3, 5]);
        assert_eq!(chosen("&outcome=ignored,removed", count).await, [0, 2, 4, 6]);
        assert_eq!(chosen("&reason=not_found,already_member", count).await, [0, 2]);
        assert_eq!(chosen("&outcome=ignored&reason=not_found", count).await, [2]);
        assert_eq!(chosen("&outcome=failed", count).await, [0u64; 0]);
    }
    // By its UUID, too; and a person who is gone has no id any more.
    let uuid = ended["id"].as_str().unwrap();
    scene
        .house
        .send(Call::new("DELETE", &format!("/scim/v2/Users/{}", ids[1])).key(&scene.key))
        .await
        .expect(204);
    let items = scene.items(uuid, "", 100).await;
    assert_eq!((&items[1]["value"], items[1].get("member")), (&json!(ids[1]), None));
    scene.house.stop().await;
}

#[tokio::test]
async fn items_of_many_parts_and_pages_are_found_wherever_a_page_begins() {
    let scene = Scene::of(1_000).await;
    let group = scene.group("g", &[]).await;
    // Long values fill a part before its number of items does; 9,000 results are three pages.
    let values: Vec<String> =
        (0..9_000).map(|n| format!("{n}-{}", "x".repeat(if n < 3_000 { 900 } else { 3 }))).collect();
    let members: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
    let job = scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": members }])).await;
    let ended = scene.ended(&job).await;
    assert_eq!((&ended["reasons"], &ended["outcome"]), (&json!({ "not_found": 9_000 }), &json!("succeeded")));
    let items = scene.items(&job, "", 700).await;
    assert_eq!(items.len(), 9_000);
    for (at, (item, value)) in items.iter().zip(&values).enumerate() {
        assert_eq!((&item["index"], &item["value"]), (&json!(at), &json!(value)));
    }
    assert_eq!(scene.items(&job, "&outcome=created", 10).await.len(), 0);
    scene.house.stop().await;
}

#[tokio::test]
async fn rows_of_an_import_are_items_and_the_administrators() {
    let scene = Scene::of(2).await;
    let csv = "Login Id,Last Name,First Name\nzoe,Z,Zoe\nann,A,Ann\nb ad,B,Bad\nann,A,Again\n";
    let body = format!("{}--XX--\r\n", part("file", csv));
    let accepted = scene.house.send(upload(&scene.key, "?jobName=j", &body)).await.expect(202).json();
    let job = accepted["jobId"].as_str().unwrap();
    let ended = scene.ended(job).await;
    assert_eq!((&ended["kind"], &ended["outcome"]), (&json!("import"), &json!("partial")));
    assert_eq!((&ended["target"], &ended["name"]), (&json!({ "type": "users" }), &json!("j")));
    let items = scene.items(job, "", 1).await;
    let shown: Vec<String> =
        items.iter().map(|item| format!("{} {}", short(item), item["value"].as_str().unwrap())).collect();
    assert_eq!(
        shown,
        [
            "1 add created created ann",
            "3 add failed conflict ann",
            "2 add failed invalid b ad",
            "0 add created created zoe"
        ]
    );
    assert!(items[2]["message"].as_str().unwrap().contains("U+0020"), "{}", items[2]);
    let failed = scene.items(job, "&outcome=failed", 1).await;
    assert_eq!(failed.iter().map(|item| &item["index"]).collect::<Vec<_>>(), [&json!(3), &json!(2)]);

    // Others see the jobs of groups alone.
    let group = scene.group("g", &[]).await;
    let of_group = scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": [] }])).await;
    let reader = scene.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    let call = |path: &str| Call::get(&format!("{JOBS}{path}")).key(&reader);
    let listed = scene.house.send(call("")).await.expect(200).json();
    let kinds: Vec<&Value> = listed["jobs"].as_array().unwrap().iter().map(|job| &job["kind"]).collect();
    assert!(!kinds.is_empty() && kinds.iter().all(|kind| **kind == "membership"), "{kinds:?}");
    for path in [format!("/{job}"), format!("/{job}/items")] {
        scene.house.send(call(&path)).await.expect(404);
    }
    scene.house.send(call(&format!("/{of_group}/items"))).await.expect(200);
    for job in [job, &of_group] {
        let status = if job == of_group { 403 } else { 404 };
        scene.house.send(Call::new("POST", &format!("{JOBS}/{job}/abort")).key(&reader)).await.expect(status);
    }
    let theirs = scene.house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    scene.house.send(Call::get(&format!("{JOBS}/{of_group}")).key(&theirs)).await.expect(403);
    let other = "/api/v1/accounts/OTHER/jobs";
    scene.house.send(Call::get(&format!("{other}/{job}")).key(&theirs)).await.expect(404);
    assert_eq!(scene.house.send(Call::get(other).key(&theirs)).await.expect(200).json()["jobs"], json!([]));
    scene.house.stop().await;
}

#[tokio::test]
async fn jobs_are_listed_the_latest_first_by_what_they_are() {
    let scene = Scene::of(100).await;
    let ann = scene.house.user(&scene.key, "ann").await;
    let (one, other) = (scene.group("one", &[&ann]).await, scene.group("other", &[]).await);
    for _ in 0..3 {
        let job = scene
            .patch(&other, &json!([{ "op": "add", "path": "members", "value": [{ "value": ann }] }]))
            .await;
        scene.ended(&job).await;
    }
    let body = format!("{}--XX--\r\n", part("file", "Login Id,Last Name,First Name\nzoe,Z,Zoe\n"));
    let accepted = scene.house.send(upload(&scene.key, "", &body)).await.expect(202).json();
    scene.ended(accepted["jobId"].as_str().unwrap()).await;
    let numbers = |list: &Value| -> Vec<i64> {
        list["jobs"].as_array().unwrap().iter().map(|job| job["number"].as_i64().unwrap()).collect()
    };
    let all = numbers(&scene.get("").await);
    assert!(all.len() >= 5 && all.is_sorted_by(|a, b| a > b), "{all:?}");

    let (mut walked, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = scene.get(&format!("?count=2&cursor={cursor}")).await;
        walked.extend(numbers(&page));
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(walked, all);
    let chosen = async |query: &str| scene.get(query).await["jobs"].as_array().unwrap().clone();
    let imports = chosen("?kind=import").await;
    assert_eq!(imports.len(), 1);
    assert_eq!(imports[0]["counts"]["created"], 1);
    assert!(chosen(&format!("?target={one}")).await.iter().all(|job| job["target"]["id"] == one.as_str()));
    assert_eq!(chosen("?state=NO_CHANGE&kind=membership").await.len(), 2);
    assert_eq!(chosen("?state=COMPLETED,NO_CHANGE").await.len(), all.len());
    assert_eq!(chosen("?state=PENDING,IN_PROGRESS").await.len(), 0);
    let received = imports[0]["receivedAt"].as_str().unwrap();
    assert!(chosen(&format!("?receivedFrom={received}")).await.iter().any(|job| job["kind"] == "import"));
    assert!(chosen(&format!("?receivedBefore={received}")).await.iter().all(|job| job["kind"] != "import"));

    for bad in [
        "?kind=x",
        "?state=done",
        "?target=0",
        "?receivedFrom=yesterday",
        "?count=0",
        "?count=1001",
        "?cursor=x",
        "/1/items?outcome=x",
        "/1/items?reason=x",
        "/1/items?outcome=created&reason=not_found",
        "?states=COMPLETED",
        "/1?fields=state",
        "/1/items?pageSize=3",
    ] {
        let refused = scene.house.send(Call::get(&format!("{JOBS}{bad}")).key(&scene.key)).await;
        assert_eq!(refused.status, 400, "{bad}");
    }
    let refused = scene.house.send(Call::get(&format!("{JOBS}?states=x")).key(&scene.key)).await.json();
    assert!(refused["detail"].as_str().unwrap().contains("no parameter states"), "{refused}");
    // A cursor of another list is none here.
    let page = scene.get("?count=2").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    let elsewhere = format!("{JOBS}?count=2&kind=import&cursor={cursor}");
    scene.house.send(Call::get(&elsewhere).key(&scene.key)).await.expect(400);
    for unknown in ["/999999", "/01890a5d-ac96-774b-bcce-b302099a8057", "/x"] {
        scene.house.send(Call::get(&format!("{JOBS}{unknown}")).key(&scene.key)).await.expect(404);
    }
    scene.house.stop().await;
}

#[tokio::test]
async fn a_job_is_stopped_before_it_begins_and_while_it_runs() {
    // One item a chunk: the first job lasts.
    let scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let many: Vec<Value> = (0..3_000).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    let operations = json!([{ "op": "add", "path": "members", "value": many }]);
    let (first, second) = (scene.patch(&group, &operations).await, scene.patch(&group, &operations).await);
    let waiting = scene.get(&format!("/{second}")).await;
    assert_eq!((&waiting["state"], &waiting["jobsAhead"]), (&json!("PENDING"), &json!(1)));

    let aborted = scene.abort(&second, 200).await;
    assert_eq!((&aborted["state"], &aborted["outcome"]), (&json!("ABORTED"), &json!("aborted")));
    assert_eq!((&aborted["counts"]["skipped"], &aborted["counts"]["pending"]), (&json!(3_000), &json!(0)));
    assert_eq!(scene.abort(&second, 200).await, aborted);
    assert!(scene.items(&second, "&outcome=skipped", 1_000).await.len() == 3_000);

    // Until some of it is done.
    let running = loop {
        let found = scene.get(&format!("/{first}")).await;
        if found["counts"]["processed"].as_u64().unwrap() > 0 {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    assert_eq!(running["state"], "IN_PROGRESS", "it was to last until here");
    let items = scene.items(&first, "&outcome=ignored", 1_000).await;
    assert!(!items.is_empty());
    let stopping = scene.abort(&first, 200).await;
    assert!(["ABORT_IN_PROGRESS", "ABORTED"].contains(&stopping["state"].as_str().unwrap()), "{stopping}");
    let done = stopping["counts"]["processed"].as_u64().unwrap();
    let ended = scene.ended(&first).await;
    assert_eq!(ended["state"], "ABORTED");
    let counts = &ended["counts"];
    // At most one more chunk.
    let settled = counts["ignored"].as_u64().unwrap();
    assert!(settled >= 1 && settled <= done + 1, "{done} at the stop, {settled} in the end");
    assert_eq!(settled + counts["skipped"].as_u64().unwrap(), 3_000);
    assert_eq!(scene.items(&first, "&outcome=ignored", 1_000).await.len() as u64, settled);
    assert_eq!(scene.items(&first, "&outcome=skipped", 1_000).await.len() as u64, 3_000 - settled);

    // What has ended by itself stays so; the queue goes on.
    let third =
        scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": [{ "value": "x" }] }])).await;
    assert_eq!(scene.ended(&third).await["outcome"], "succeeded");
    let refused = scene.abort(&third, 409).await;
    assert!(refused["detail"].as_str().unwrap().contains("ended"), "{refused}");
    scene.house.stop().await;
}

#[tokio::test]
async fn whoever_polls_waits_for_news_and_is_not_told_twice() {
    let scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let many: Vec<Value> = (0..200).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    let job = scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": many }])).await;
    for path in [format!("{JOBS}/{job}"), format!("/v2/Groups/JobReport/{job}")] {
        let look = |tag: &str| {
            let call = Call::get(&path).key(&scene.key).header("prefer", "wait=30");
            if tag.is_empty() { call } else { call.header("if-none-match", tag) }
        };
        // With a tag each answer is news, until the job has ended.
        let (mut tag, mut seen) = ("W/\"none\"".to_owned(), 0);
        loop {
            let answer = scene.house.send(look(&tag)).await;
            if answer.status == 304 {
                assert!(answer.body.is_empty() && answer.header("etag") == tag);
                break;
            }
            let answer = answer.expect(200);
            assert_ne!(answer.header("etag"), tag);
            answer.header("etag").clone_into(&mut tag);
            seen += 1;
        }
        assert!(seen >= 1);
        // Without one it is the end that is waited for.
        let ended = scene.house.send(look("")).await.expect(200);
        assert_eq!(ended.header("etag"), tag);
        let ended = ended.json();
        assert!(ended.get("endedAt").is_some() || ended["status"] == "finished", "{ended}");
    }
    scene.house.stop().await;
}

#[tokio::test]
async fn nobody_waits_when_the_server_stops() {
    let scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let many: Vec<Value> = (0..20_000).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    let job = scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": many }])).await;
    scene.in_state(&job, "IN_PROGRESS").await;
    let call = Call::get(&format!("{JOBS}/{job}")).key(&scene.key).header("prefer", "wait=60");
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        scene.house.directory.stop_waiting();
    };
    let waiting = tokio::time::timeout(Duration::from_secs(10), scene.house.send(call));
    let (answer, ()) = tokio::join!(waiting, stopping);
    assert_eq!(answer.unwrap().expect(200).json()["state"], "IN_PROGRESS");
    scene.house.stop().await;
}

#[tokio::test]
async fn items_are_tried_again_by_a_linked_job() {
    let scene = Scene::of(100).await;
    let ann = scene.house.user(&scene.key, "ann").await;
    let group = scene.group("g", &[&ann]).await;
    // By userName: one is there, two come later, one is misspelt.
    let call = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(&scene.key);
    let named = json!({ "SocialChorus:1.0:Group": { "identifierField": "userName" }, "Operations": [
        { "op": "replace", "path": "members",
          "value": [{ "value": "bob" }, { "value": "cyd" }, { "value": "ana" }, { "value": "ann" }] },
        { "op": "remove", "path": "members", "value": [{ "value": "dan" }] } ] });
    let first = scene.house.send(call.json(&named).header("prefer", "respond-async")).await.expect(202);
    let first = first.header("throng-job").to_owned();
    assert_eq!(scene.ended(&first).await["reasons"], json!({ "already_member": 1, "not_found": 4 }));
    let redrive = async |job: &str, body: &Value, status: u16| {
        scene.house.send(redrive_of(&scene, job, body)).await.expect(status)
    };
    // Nothing failed, and nothing was skipped.
    redrive(&first, &json!({}), 409).await;
    for bad in [json!({ "outcomes": ["x"] }), json!({ "reasons": ["x"] }), json!({ "other": 1 }), json!([])] {
        redrive(&first, &bad, 400).await;
    }
    for name in ["bob", "cyd", "dan"] {
        scene.house.user(&scene.key, name).await;
    }
    let body = json!({ "reasons": ["not_found"], "values": { "2": "ann", "0": "bob" } });
    let call = |body: &Value| redrive_of(&scene, &first, body).header("idempotency-key", "again-1");
    let again = scene.house.send(call(&body)).await.expect(202);
    let second = again.json()["number"].to_string();
    assert_eq!(again.header("location"), format!("{JOBS}/{second}"));
    assert_eq!(again.json()["redrives"].to_string(), first);
    let ended = scene.ended(&second).await;
    assert_eq!(ended["reasons"], json!({ "created": 2, "already_member": 1, "not_member": 1 }));
    let items = scene.items(&second, "", 100).await;
    let asked: Vec<(&str, &str)> = items
        .iter()
        .map(|item| (item["operation"].as_str().unwrap(), item["value"].as_str().unwrap()))
        .collect();
    assert_eq!(asked, [("add", "bob"), ("add", "cyd"), ("add", "ann"), ("remove", "dan")]);
    // The same request is the same job.
    let replayed = scene.house.send(call(&body)).await.expect(202);
    assert_eq!(
        (replayed.json()["number"].to_string(), replayed.header("idempotent-replayed")),
        (second, "true")
    );
    scene.house.send(call(&json!({ "reasons": ["not_found"] }))).await.expect(422);
    // Another body is another request, also one that chooses nothing.
    scene.house.send(call(&json!({ "outcomes": ["updated"] }))).await.expect(422);
    let nothing = redrive_of(&scene, &first, &json!({ "outcomes": ["updated"] }));
    scene.house.send(nothing.header("idempotency-key", "nothing")).await.expect(409);
    scene.house.stop().await;
}

#[tokio::test]
async fn what_a_stopped_job_did_not_do_is_done_by_another() {
    let scene = Scene::of(1).await;
    let mut ids = Vec::new();
    for n in 0..300 {
        ids.push(scene.house.user(&scene.key, &format!("u{n}")).await);
    }
    let (old, new): (Vec<&str>, Vec<&str>) =
        (ids[..150].iter().map(String::as_str).collect(), ids[150..].iter().map(String::as_str).collect());
    let group = scene.group("g", &old).await;
    let members: Vec<Value> = new.iter().map(|id| json!({ "value": id })).collect();
    let replace = json!([{ "op": "replace", "path": "members", "value": members }]);
    let job = scene.patch(&group, &replace).await;
    while scene.get(&format!("/{job}")).await["counts"]["processed"] == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let redrive = async |job: &str, status: u16| {
        scene.house.send(redrive_of(&scene, job, &json!({}))).await.expect(status)
    };
    redrive(&job, 409).await;
    scene.abort(&job, 200).await;
    let stopped = scene.ended(&job).await;
    let left = stopped["counts"]["skipped"].as_u64().unwrap();
    assert!(left > 0 && stopped["counts"]["total"] == 300, "{stopped}");
    let again = redrive(&job, 202).await.json()["number"].to_string();
    let ended = scene.ended(&again).await;
    assert_eq!((&ended["counts"]["total"], &ended["outcome"]), (&json!(left), &json!("succeeded")));
    // Together they did what was asked: the old ones are gone, the new ones are there.
    let path = format!("/scim/v2/Groups/{group}");
    let shown = scene.house.send(Call::get(&path).key(&scene.key)).await.expect(200).json();
    let mut have: Vec<&str> =
        shown["members"].as_array().unwrap().iter().map(|member| member["value"].as_str().unwrap()).collect();
    let mut want = new.clone();
    have.sort_unstable();
    want.sort_unstable();
    assert_eq!(have, want);
    scene.house.stop().await;
}
