//! What a job that runs does, and what its counters and items say.

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::ids::{AccountId, JobNumber};
use throng_directory::model::parts::PartsBuilder;
use throng_directory::model::rows;
use throng_directory::port::{Class, StoreExt, Tx};
use throng_directory::{Dialect, Role, Settings};

use super::{MANY, Server, assert_sum};
use crate::house::Call;
use crate::imports::{part, upload};

/// The account of the tests.
const ACME: AccountId = AccountId(1);

/// A replace names the members that it removes once: neither a crash nor what happens to them changes the total.
#[tokio::test]
async fn g02_the_total_is_fixed_when_the_job_is_planned() {
    let mut server = Server::of(1).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    let filled = server.submit(&group, &[("add", &people[..])]).await;
    server.ended(&filled).await;
    server.disk.slow_down();
    let job = server.submit(&group, &[("replace", &people[..1])]).await;
    let halfway = server.halfway(&job).await;
    assert_eq!(halfway["counts"]["total"], MANY);
    let gone = server.get("/scim/v2/Users?filter=userName%20eq%20%22u200%22").await;
    let path = format!("/scim/v2/Users/{}", gone["Resources"][0]["id"].as_str().unwrap());
    server.send("DELETE", &path, &json!({})).await.expect(204);

    let after = server.on(server.image()).await;
    let ended = after.when(&job, |job| {
        assert_eq!(
            (&job["counts"]["total"], &job["requestDigest"]),
            (&json!(MANY), &halfway["requestDigest"])
        );
        job.get("endedAt").is_some()
    });
    let ended = ended.await;
    assert_eq!(ended["reasons"], json!({ "already_member": 1, "removed": MANY - 2, "not_found": 1 }));
    assert_eq!(after.members(&group).await, people[..1]);
    after.stop().await;
    server.stop().await;
}

/// What is stored of a request is what was accepted, or nothing more is done.
#[tokio::test]
async fn g02_a_payload_that_is_another_is_not_worked() {
    let mut server = Server::of(20).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    server.house.rest().await;
    let change = server.submit(&group, &[("add", &people)]).await;
    let import = server.import(&["x1".to_owned(), "x2".to_owned()]).await;
    let numbers = [&change, &server.job(&import).await["number"].as_i64().unwrap().to_string()]
        .map(|number| JobNumber(number.parse().unwrap()));
    // Other values in blocks that are as well-formed as before.
    let tamper = move |tx: &mut dyn Tx| {
        let mut others = PartsBuilder::new();
        people.iter().map(|name| name.replace("u1", "u0")).try_for_each(|name| others.push(&name))?;
        tx.put_parts(ACME, numbers[0], &others.finish().list)?;
        let mut pages = tx.row_pages(ACME, numbers[1], 1, 0, 1)?;
        let mut rows = rows::decode(&pages[0])?;
        rows[1].last_name = "Other".to_owned();
        pages[0] = rows::encode(1, 0, &rows);
        tx.put_row_pages(ACME, numbers[1], &pages)
    };
    server.house.store.write(Class::Interactive, tamper).await.unwrap();
    server.house.work();
    for (job, items) in [(&change, MANY), (&import, 2)] {
        let ended = server.ended(job).await;
        assert_eq!(
            (&ended["state"], &ended["counts"]["skipped"]),
            (&json!("FAILED"), &json!(items)),
            "{ended}"
        );
        assert!(ended["message"].as_str().unwrap().starts_with("payload-corrupt: "), "{ended}");
    }
    assert_eq!(server.members(&group).await, Vec::<String>::new());
    let found = server.get("/scim/v2/Users?filter=userName%20sw%20%22x%22").await;
    assert_eq!(found["totalResults"], 0);
    server.stop().await;
}

/// Wherever a crash meets a job, each of its items takes effect once and is counted once.
#[tokio::test]
async fn g07_each_item_takes_effect_once_whenever_a_crash_comes() {
    let mut server = Server::of(2).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    server.disk.slow_down();
    let job = server.submit(&group, &[("add", &people)]).await;
    server.when(&job, |job| job["counts"]["processed"].as_u64() > Some(0)).await;
    // While it runs, and at rest: not all of it is done.
    let images = [server.image(), server.image()];
    let halfway = server.halfway(&job).await;
    assert_eq!(halfway["counts"]["processed"], server.members(&group).await.len());
    for image in images.into_iter().chain([server.image()]) {
        let after = server.on(image).await;
        let ended = after.ended(&job).await;
        assert_eq!((&ended["reasons"], &ended["state"]), (&json!({ "created": MANY }), &json!("COMPLETED")));
        assert_eq!(after.members(&group).await, people);
        let items = after.items(&job).await;
        assert!(items.iter().all(|item| item["outcome"] == "created"), "{items:?}");
        after.stop().await;
    }
    server.stop().await;
}

/// At every look, on either face, in every state.
#[tokio::test]
async fn g08_the_counters_add_up_at_every_look() {
    let server = Server::of(1).await;
    let people = server.people(40).await;
    let group = server.group("g").await;
    let filled = server.submit(&group, &[("add", &people[..20])]).await;
    server.ended(&filled).await;
    let nobody = (0..MANY).map(|n| format!("nobody{n}"));
    let asked: Vec<String> = people[10..].iter().cloned().chain(nobody).collect();
    server.disk.slow_down();
    for stops in [false, true] {
        let job = server.submit(&group, &[("replace", &asked)]).await;
        let mut last = 0;
        let (mut looks, mut stopped) = (0, false);
        let ended = loop {
            let report = server.get(&format!("/v2/Groups/JobReport/{job}")).await;
            let of = |name: &str| report[name].as_u64().unwrap();
            let reported = of("membersProcessedCount");
            // The removals of a replace join when it is planned.
            assert!([231, 241].contains(&(reported + of("membersPendingCount"))), "{report}");
            let found = server.job(&job).await;
            assert_sum(&found);
            let processed = found["counts"]["processed"].as_u64().unwrap();
            assert!(last <= reported && reported <= processed, "after {last}: {report} {found}");
            last = processed;
            looks += 1;
            if found.get("endedAt").is_some() {
                break found;
            }
            if stops && processed > 0 && !stopped {
                assert_sum(&server.abort(&job, 200).await);
                stopped = true;
            }
            tokio::task::yield_now().await;
        };
        assert!(looks > 3, "it was to be met at work");
        assert_eq!((ended["counts"]["skipped"].as_u64() > Some(0), stopped), (stops, stops), "{ended}");
    }
    server.stop().await;
}

/// Read on its own, the report of a job tells what the group is now from what it was.
#[tokio::test]
async fn g09_report_counters_and_members_agree() {
    let server = Server::of(7).await;
    let people = server.people(60).await;
    let group = server.group("g").await;
    let filled = server.submit(&group, &[("add", &people[..40])]).await;
    server.ended(&filled).await;
    let mut asked: Vec<String> = people[20..].to_vec();
    asked.extend((0..MANY).map(|n| format!("nobody{n}")));
    asked.push(people[30].clone());
    let (mut members, one) = (server.members(&group).await, std::slice::from_ref(&people[59]));
    let job = server.submit(&group, &[("replace", &asked), ("remove", one), ("remove", &people[..1])]).await;
    let ended = server.ended(&job).await;
    let items = server.items(&job).await;
    assert_eq!(ended["counts"]["total"], items.len());
    for (index, item) in items.iter().enumerate() {
        assert_eq!(item["index"], index);
    }
    for class in ["created", "removed", "ignored", "failed", "skipped", "updated"] {
        let counted = items.iter().filter(|item| item["outcome"] == class).count();
        assert_eq!(ended["counts"][class], counted, "{class}");
    }
    for (reason, counted) in ended["reasons"].as_object().unwrap() {
        assert_eq!(items.iter().filter(|item| item["reason"] == **reason).count(), *counted, "{reason}");
    }
    let by_id = server.get("/scim/v2/Users?count=1000&attributes=userName").await;
    let users = by_id["Resources"].as_array().unwrap();
    let name = |item: &Value| -> String {
        let user = users.iter().find(|user| user["id"] == item["member"]).unwrap();
        user["userName"].as_str().unwrap().to_owned()
    };
    for item in &items {
        match item["outcome"].as_str().unwrap() {
            "created" => members.push(name(item)),
            "removed" => {
                let at = members.iter().position(|member| *member == name(item)).unwrap();
                members.remove(at);
            }
            _ => {}
        }
    }
    members.sort_unstable();
    assert_eq!(members, server.members(&group).await);
    assert_eq!(members, people[20..59]);
    server.stop().await;
}

/// A bad item is its own affair.
#[tokio::test]
async fn g10_a_bad_item_leaves_its_neighbours_alone() {
    let server = Server::of(100).await;
    server.people(1).await;
    // One that is there already, one that cannot be, one that is given twice.
    let file = "Login Id,Last Name,First Name\na,L,F\nu000,L,F\nb ad,L,F\nc,L,F\nc,L,F\nd,L,F\n";
    let sent = upload(&server.key, "", &format!("{}--XX--\r\n", part("file", file)));
    let accepted = server.house.send(sent).await.expect(202).json();
    let ended = server.ended(accepted["jobId"].as_str().unwrap()).await;
    assert_eq!(ended["reasons"], json!({ "created": 3, "conflict": 2, "invalid": 1 }));
    let group = server.group("g").await;
    let names = ["a", "nobody", "c", "d"].map(str::to_owned);
    let job = server.submit(&group, &[("add", &names)]).await;
    assert_eq!(server.ended(&job).await["reasons"], json!({ "created": 3, "not_found": 1 }));
    assert_eq!(server.members(&group).await, ["a", "c", "d"]);
    server.stop().await;
}

/// What others write while a job runs stays, and the job sees it.
#[tokio::test]
async fn g12_writes_beside_a_job_are_kept_and_seen() {
    let server = Server::of(1).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    server.disk.slow_down();
    let path = format!("/scim/v2/Groups/{group}");
    let version = async |server: &Server| {
        let found = server.house.send(Call::get(&path).key(&server.key)).await.expect(200);
        let digits: String = found.header("etag").chars().filter(char::is_ascii_digit).collect();
        (digits.parse::<u64>().unwrap(), found.json()["displayName"].clone())
    };
    let (before, _) = version(&server).await;
    let job = server.submit(&group, &[("add", &people)]).await;
    server.when(&job, |job| job["counts"]["processed"].as_u64() > Some(0)).await;
    let rename = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "renamed" }] });
    server.send("PATCH", &path, &rename).await.expect(200);
    let user = async |name: &str| {
        let found = server.get(&format!("/scim/v2/Users?filter=userName%20eq%20%22{name}%22")).await;
        format!("/scim/v2/Users/{}", found["Resources"][0]["id"].as_str().unwrap())
    };
    server.send("DELETE", &user("u200").await, &json!({})).await.expect(204);
    let changed = user("u199").await;
    let title = json!({ "Operations": [{ "op": "add", "path": "title", "value": "Dr" }] });
    server.send("PATCH", &changed, &title).await.expect(200);

    let beside = server.job(&job).await;
    assert!(beside["counts"]["processed"].as_u64() < Some(199), "two were still to come: {beside}");
    let ended = server.ended(&job).await;
    assert_eq!(ended["reasons"], json!({ "created": 200, "not_found": 1 }));
    // Each chunk that changed something is a version, and so is the new name.
    assert_eq!(version(&server).await, (before + 201, json!("renamed")));
    assert_eq!(server.get(&changed).await["title"], "Dr");
    assert_eq!(server.members(&group).await, people[..200]);
    server.stop().await;
}

/// Somebody else's millions do not keep one waiting.
#[tokio::test]
async fn g17_a_small_job_passes_the_large_ones_of_another_account() {
    let mut settings = Settings { chunk_items: 1, ..Settings::default() };
    settings.runner.turn = Duration::from_millis(10);
    let mut server = Server::with(settings).await;
    server.house.rest().await;
    let nobody: Vec<String> = (0..20_000).map(|n| format!("nobody{n}")).collect();
    let mut large = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let group = server.group(name).await;
        large.push(server.submit(&group, &[("add", &nobody)]).await);
    }
    server.house.work();
    server.when(&large[0], |job| job["counts"]["processed"].as_u64() > Some(0)).await;
    // The other account: people who are not there, so many that they are queued.
    let key = server.house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    let made = Call::new("POST", "/scim/v2/Groups").key(&key).json(&json!({ "displayName": "small" }));
    let group = server.house.send(made).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let values: Vec<Value> = (0..MANY).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    let body = json!({ "Operations": [{ "op": "add", "path": "members", "value": values }] });
    let small = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(&key).json(&body);
    let sent = server.house.send(small.header("prefer", "respond-async")).await.expect(202);
    let path = format!("/v2/Groups/JobReport/{}", sent.header("throng-job"));
    for looks in 0.. {
        assert!(looks < 1_000, "it is kept waiting");
        let report = server.house.send(Call::get(&path).key(&key)).await.expect(200).json();
        if report["status"] == "finished" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for job in &large {
        assert!(server.job(job).await.get("endedAt").is_none(), "it waited for the end of another job");
    }
    server.stop().await;
}
