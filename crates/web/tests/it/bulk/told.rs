//! What dry runs of bulk requests tell, and to whom.

use serde_json::{Value, json};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Class, Dialect, Outcome, Role, Settings};
use throng_scim::Registry;

use super::dry_run::{apply, dry, everything, job, reasons, statuses};
use super::{DEVICES, get, send_with};
use crate::house::{Call, House};

pub const JOBS: &str = "/api/v1/accounts/ACME/jobs";

pub async fn people(house: &House, key: &str, n: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..n {
        ids.push(house.user(key, &format!("p{n}")).await);
    }
    ids
}

pub fn listed<S: AsRef<str>>(ids: &[S]) -> Value {
    ids.iter().map(|id| json!({ "value": id.as_ref() })).collect()
}

pub async fn group(house: &House, key: &str, name: &str, ids: &[String]) -> String {
    let body = json!({ "displayName": name, "members": listed(ids) });
    let made = house.send(Call::new("POST", "/scim/v2/Groups").key(key).json(&body)).await;
    made.expect(201).json()["id"].as_str().unwrap().to_owned()
}

/// A job in the group's queue; its number.
async fn queue(house: &House, key: &str, group: &str) -> String {
    let many: Vec<String> = (0..201).map(|n| format!("x{n}")).collect();
    let change = json!({ "Operations": [{ "op": "add", "path": "members", "value": listed(&many) }] });
    let call = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(key).json(&change);
    house.send(call).await.expect(200).header("throng-job").to_owned()
}

fn patch(group: &str, op: &str, members: &Value) -> Value {
    json!({ "method": "PATCH", "path": format!("/Groups/{group}"),
        "data": [{ "op": op, "path": "members", "value": members }] })
}

fn post(path: &str, id: &str, data: &Value) -> Value {
    json!({ "method": "POST", "path": path, "bulkId": id, "data": data })
}

#[tokio::test]
async fn a_dry_run_says_what_would_wait_for_approval() {
    let house = House::start().await;
    let key = house.admin().await;
    let ids = people(&house, &key, 6).await;
    let (one, other) = (group(&house, &key, "one", &ids).await, group(&house, &key, "other", &ids).await);
    house.set(json!({ "guard_count": 2 })).await;
    let mut held = patch(&one, "remove", &listed(&ids[..4]));
    held["bulkId"] = json!("held");
    // More than is applied before an answer: nobody waits for what its worker finds.
    let mut many: Vec<String> = ids[..3].to_vec();
    many.extend((0..200).map(|n| format!("nobody{n}")));
    let message = json!({ "Operations": [
        held,
        // What waits removes nobody, so that this is free.
        patch(&other, "remove", &listed(&ids[..1])),
        patch(&other, "remove", &listed(&many)),
        { "method": "PATCH", "path": "/Groups/bulkId:held",
            "data": [{ "op": "replace", "path": "displayName", "value": "first" }] },
    ]});
    let before = everything(&house, &key).await;
    let said = dry(&house, &key, &message).await;
    assert_eq!(everything(&house, &key).await, before);
    assert_eq!(statuses(&said), ["202", "200", "200", "200"], "{said}");
    let members = |index: usize| &said["Operations"][index]["members"];
    assert_eq!(
        (
            &members(0)["state"],
            &members(0)["counts"]["removed"],
            members(0)["items"].as_array().unwrap().len()
        ),
        (&json!("AWAITING_APPROVAL"), &json!(4), 4)
    );
    let text = members(0)["message"].as_str().unwrap();
    assert!(text.starts_with("waits for approval: it removes 4 of 6, after 0 removed"), "{text}");
    assert_eq!((&members(1)["state"], members(1).get("message")), (&json!("COMPLETED"), None));
    assert_eq!(
        (&members(2)["state"], &members(2)["counts"]["removed"], &members(2)["counts"]["ignored"]),
        (&json!("AWAITING_APPROVAL"), &json!(2), &json!(201))
    );
    let (plan, items) = job(&house, &key, &said["jobId"]).await;
    assert_eq!(plan["message"], "if it were done, members of 2 operations would wait for approval");
    assert_eq!(reasons(&items), ["updated"; 4]);
    assert_eq!(items[0]["message"].as_str().unwrap(), text);

    let done = send_with(&house, &key, &message).await.expect(200).json();
    assert_eq!(statuses(&done), statuses(&said));
    for (done, said) in
        done["Operations"].as_array().unwrap().iter().zip(said["Operations"].as_array().unwrap())
    {
        assert_eq!(done["location"], said["location"]);
    }
    assert!(done["Operations"][0]["location"].as_str().unwrap().ends_with(&format!("/scim/v2/Groups/{one}")));
    let number = &done["Operations"][0]["response"]["jobId"];
    let waits = get(&house, &key, &format!("{JOBS}/{number}")).await;
    assert_eq!((&waits["state"], waits["message"].as_str().unwrap()), (&json!("AWAITING_APPROVAL"), text));
    house.stop().await;
}

#[tokio::test]
async fn members_that_a_job_would_change_are_told_one_by_one() {
    let mut house = House::start().await;
    let key = house.admin().await;
    let ids = people(&house, &key, 250).await;
    let (large, busy) =
        (group(&house, &key, "large", &ids[..1]).await, group(&house, &key, "busy", &[]).await);
    house.rest().await;
    // The second waits behind a job of its group.
    queue(&house, &key, &busy).await;
    let mut all = ids.clone();
    all.push("nobody".to_owned());
    let message = json!({ "Operations": [
        patch(&large, "add", &listed(&all)),
        patch(&busy, "add", &listed(&ids[..2])),
        // What comes later sees what the job does.
        patch(&large, "remove", &listed(&ids[9..10])),
    ]});
    let before = everything(&house, &key).await;
    let said = dry(&house, &key, &message).await;
    assert_eq!(everything(&house, &key).await, before);
    assert_eq!(statuses(&said), ["200", "200", "200"], "{said}");
    let members = |index: usize| &said["Operations"][index]["members"];
    assert_eq!(
        (&members(0)["state"], &members(0)["reasons"]),
        (&json!("PENDING"), &json!({ "created": 249, "already_member": 1, "not_found": 1 }))
    );
    assert_eq!(members(0)["items"].as_array().unwrap().len(), 251);
    assert_eq!((&members(1)["state"], &members(1)["counts"]["created"]), (&json!("PENDING"), &json!(2)));
    assert_eq!((&members(2)["state"], &members(2)["counts"]["removed"]), (&json!("COMPLETED"), &json!(1)));
    let (_, items) = job(&house, &key, &said["jobId"]).await;
    assert_eq!(items[0]["message"], "by a job, after the answer: 249 added, 0 removed, 2 without effect");

    let applied = apply(&house, &key, &said["jobId"], "k").await.expect(202).json();
    let (_, items) = job(&house, &key, &applied["number"]).await;
    let text = items[0]["message"].as_str().unwrap();
    assert!(text.starts_with("251 members wait for job "), "{text}");
    house.work();
    let number = text.rsplit(' ').next().unwrap();
    house.finished(&key, number).await;
    let done = get(&house, &key, &format!("{JOBS}/{number}")).await;
    assert_eq!(done["reasons"], members(0)["reasons"]);
    house.stop().await;
}

#[tokio::test]
async fn names_are_compared_where_they_can_be() {
    let mut house = House::start().await;
    let key = house.admin().await;
    people(&house, &key, 1).await;
    let crew = group(&house, &key, "crew", &[]).await;
    let by_name = json!({ "Operations": [{ "method": "PATCH", "path": format!("/Groups/{crew}"), "data": {
        "SocialChorus:1.0:Group": { "identifierField": "userName" },
        "Operations": [{ "op": "add", "path": "members", "value": [{ "value": "p0" }] }] } }] });
    let said = dry(&house, &key, &by_name).await;
    house.rest().await;
    let number = queue(&house, &key, &crew).await;
    let refused = apply(&house, &key, &said["jobId"], "k").await.expect(409).json();
    assert!(
        refused["detail"].as_str().unwrap().contains("apply this when no jobs of their group wait"),
        "{refused}"
    );
    house.work();
    house.finished(&key, &number).await;
    apply(&house, &key, &said["jobId"], "k").await.expect(202);
    house.stop().await;
}

#[tokio::test]
async fn a_dry_run_shows_no_ids_of_what_is_never_made() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = house.user(&key, "ann").await;
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let message = json!({ "Operations": [
        post("/Users", "new", &json!({ "userName": "new", (enterprise): { "manager": { "value": ann } } })),
        { "method": "PATCH", "path": format!("/Users/{ann}"), "data":
            [{ "op": "add", "path": format!("{enterprise}:manager"), "value": { "value": "bulkId:new" } }] },
        { "method": "PATCH", "path": "/Users/bulkId:new",
            "data": [{ "op": "replace", "path": "displayName", "value": "New" }] },
        post("/Groups", "inner", &json!({ "displayName": "inner", "members": [{ "value": "bulkId:new" }] })),
        post("/Groups", "outer", &json!({ "displayName": "outer", "members": [{ "value": "bulkId:inner" }],
            "SocialChorus:1.0:Group": { "identifierField": "id" } })),
        post("/Groups", "named", &json!({ "displayName": "named", "members": [{ "value": "new" }, { "value": "1" }],
            "SocialChorus:1.0:Group": { "identifierField": "userName" } })),
        { "method": "PATCH", "path": format!("/Users/{ann}"),
            "data": [{ "op": "remove", "path": format!("{enterprise}:manager") }] },
        { "method": "PUT", "path": "/Groups/bulkId:inner", "data": { "displayName": "inner", "members": [] } },
        { "method": "DELETE", "path": "/Users/bulkId:new", "version": "W/\"7\"" },
    ]});
    let said = dry(&house, &key, &message).await;
    assert_eq!(statuses(&said), ["201", "200", "200", "201", "201", "201", "200", "200", "412"], "{said}");
    let operations = said["Operations"].as_array().unwrap();
    for (index, operation) in operations.iter().enumerate() {
        assert_eq!(operation.get("location").is_some(), [1, 6].contains(&index), "{operation}");
    }
    let manager = format!("{enterprise}:manager.value");
    let changes = |index: usize| operations[index]["changes"].as_array().unwrap();
    assert!(changes(1).contains(&json!({ "attribute": manager, "to": "bulkId:new" })), "{said}");
    assert!(changes(6).contains(&json!({ "attribute": manager, "from": "bulkId:new" })), "{said}");
    let member = |index: usize, item: usize| {
        let item = &operations[index]["members"]["items"][item];
        json!([item["value"], item["member"]])
    };
    assert_eq!(member(3, 0), json!(["bulkId:new", "bulkId:new"]));
    assert_eq!(member(4, 0), json!(["bulkId:inner", "bulkId:inner"]));
    assert_eq!(member(5, 0), json!(["new", "bulkId:new"]));
    assert_eq!(member(5, 1), json!(["1", null]));
    assert_eq!(member(7, 0), json!(["bulkId:new", "bulkId:new"]));
    // No id is left anywhere but that of who is there.
    let (_, items) = job(&house, &key, &said["jobId"]).await;
    for text in [said.to_string(), json!(items).to_string()] {
        let text = text.replace(&ann, "");
        let is_id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
        assert!(!text.split(|c: char| !c.is_ascii_hexdigit() && c != '-').any(is_id), "{text}");
    }
    // Whom a name names that the request makes is whom it named; and what is done has its ids.
    let applied = apply(&house, &key, &said["jobId"], "k").await.expect(202).json();
    let (_, items) = job(&house, &key, &applied["number"]).await;
    assert!(!json!(items[1]["changes"]).to_string().contains("bulkId"), "{items:?}");
    house.stop().await;
}

#[tokio::test]
async fn a_number_of_a_group_that_is_never_made_is_told_from_other_numbers() {
    let mut registry = Registry::standard();
    registry.define(serde_json::from_str(DEVICES).unwrap()).unwrap();
    let house = House::of(Settings::default(), registry).await;
    let key = house.admin().await;
    let message = json!({ "Operations": [
        post("/Groups", "g", &json!({ "displayName": "g" })),
        post("/Devices", "d", &json!({ "serialNumber": "x", "holders": [{ "value": "bulkId:g" }] })),
        // The number that the first group of an account would have.
        post("/Devices", "e", &json!({ "serialNumber": "1" })),
    ]});
    let said = dry(&house, &key, &message).await;
    let changes = |index: usize| said["Operations"][index]["changes"].to_string();
    assert!(changes(1).contains("bulkId:g"), "{said}");
    assert!(changes(2).contains("\"1\"") && !changes(2).contains("bulkId"), "{said}");
    house.stop().await;
}

#[tokio::test]
async fn the_reason_of_a_refusal_is_its_own() {
    let house = House::start().await;
    let key = house.admin().await;
    let manager = house.key_of(Some("ACME"), Role::GroupManager, Dialect::Standard).await;
    let ids = people(&house, &key, 1).await;
    let crew = group(&house, &key, "crew", &ids).await;
    house.set(json!({ "large_group_writes": "refuse" })).await;
    let many: Vec<String> = (0..201).map(|n| format!("x{n}")).collect();
    let message = json!({ "Operations": [
        post("/Users", "a", &json!({ "userName": "p0" })),
        post("/Users", "b", &json!({})),
        { "method": "DELETE", "path": "/Groups/999" },
        { "method": "DELETE", "path": format!("/Groups/{crew}"), "version": "W/\"77\"" },
        patch(&crew, "add", &listed(&many)),
    ]});
    let said = dry(&house, &key, &message).await;
    assert_eq!(statuses(&said), ["409", "400", "404", "412", "413"]);
    let (plan, items) = job(&house, &key, &said["jobId"]).await;
    assert_eq!(reasons(&items), ["conflict", "invalid", "not_found", "version_mismatch", "too_large"]);
    assert!(items.iter().all(|item| item["outcome"] == "failed"), "{items:?}");
    let text = |index: usize| items[index]["message"].as_str().unwrap();
    assert!(text(0).starts_with("uniqueness: ") && text(1).starts_with("invalidValue: "), "{items:?}");
    assert_eq!(plan["reasons"]["not_found"], 1);
    // A reason is one of its own outcome: what is not found is no fault where members are named.
    let path = format!("{JOBS}/{}/items", said["jobId"]);
    for (query, found) in
        [("reason=not_found", 1), ("reason=not_found&outcome=failed", 1), ("outcome=ignored", 0)]
    {
        assert_eq!(get(&house, &key, &format!("{path}?{query}")).await["totalItems"], found, "{query}");
    }
    let unknown = patch(&crew, "add", &listed(&["nobody"]));
    let answer = send_with(&house, &key, &json!({ "Operations": [unknown] })).await.expect(200);
    assert_eq!(answer.json()["Operations"][0]["status"], "200");
    let jobs =
        get(&house, &key, &format!("{JOBS}?kind=membership&count=1")).await["jobs"][0]["number"].clone();
    let items = get(&house, &key, &format!("{JOBS}/{jobs}/items?outcome=failed")).await;
    assert_eq!(items["totalItems"], 0, "{items}");

    let said = dry(&house, &manager, &message).await;
    let (_, items) = job(&house, &key, &said["jobId"]).await;
    assert_eq!(reasons(&items)[..2], ["forbidden", "forbidden"]);
    house.stop().await;
}

#[tokio::test]
async fn what_cannot_be_undone_or_tried_again_is_refused_by_its_own_name() {
    let house = House::start().await;
    let key = house.admin().await;
    let crew = group(&house, &key, "crew", &[]).await;
    let said =
        dry(&house, &key, &json!({ "Operations": [post("/Users", "a", &json!({ "userName": "a" }))] })).await;
    let applied = apply(&house, &key, &said["jobId"], "k").await.expect(202).json();
    let people = Call::new("POST", "/api/v1/accounts/ACME/users/delete?dryRun=true").key(&key);
    let people = house.send(people.plain(&json!({ "filter": "userName pr" }))).await.expect(202).json();
    let members = Call::new("PATCH", &format!("/scim/v2/Groups/{crew}?dryRun=true")).key(&key);
    let members = members.json(&json!({ "Operations": [{ "op": "add", "path": "members", "value": [] }] }));
    let members = house.send(members).await.expect(202).header("throng-job").to_owned();
    let forget = Call::new("POST", "/api/v1/accounts/ACME/users/forget").key(&key);
    let forget = house.send(forget.plain(&json!({ "names": ["x"] }))).await.expect(202).json();
    let dry =
        ["a dry run changed nothing: undo the job that applied it", "a dry run tried nothing: apply it"];
    for (number, texts) in [
        (said["jobId"].to_string(), dry),
        (people["number"].to_string(), dry),
        (members, dry),
        (
            applied["number"].to_string(),
            ["a bulk request is not undone: send another", "in another bulk request"],
        ),
        (forget["number"].to_string(), ["kept nowhere", "send users/forget again"]),
    ] {
        for (verb, text) in ["undo", "redrive"].into_iter().zip(texts) {
            let call = Call::new("POST", &format!("{JOBS}/{number}/{verb}")).key(&key).plain(&json!({}));
            let refused = house.send(call).await.expect(409).json();
            assert!(refused["detail"].as_str().unwrap().contains(text), "{verb}: {refused}");
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn nobody_is_chosen_in_four_ways() {
    let house = House::start().await;
    let key = house.admin().await;
    let delete = async |query: &str, filter: &str| {
        let path = format!("/api/v1/accounts/ACME/users/delete{query}");
        house.send(Call::new("POST", &path).key(&key).plain(&json!({ "filter": filter }))).await
    };
    let ended = async |number: &Value| {
        let call = Call::get(&format!("{JOBS}/{number}")).key(&key).header("prefer", "wait=30");
        house.send(call).await.expect(200).json()
    };
    let refused = delete("", "userName eq \"ann\"").await.expect(409).json();
    assert_eq!(refused["detail"], "the filter finds nobody");
    let ann = house.user(&key, "ann").await;
    let dry = delete("?dryRun=true", "userName eq \"ann\"").await.expect(202).json();
    ended(&dry["number"]).await;
    let gone = delete("", "userName eq \"ann\"").await.expect(202).json();
    ended(&gone["number"]).await;
    house.send(Call::get(&format!("/scim/v2/Users/{ann}")).key(&key)).await.expect(404);
    let follow = async |number: &Value, verb: &str| {
        let call = Call::new("POST", &format!("{JOBS}/{number}/{verb}")).key(&key).plain(&json!({}));
        house.send(call).await.expect(409).json()["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        follow(&gone["number"], "redrive").await,
        "the job has no items of these outcomes and reasons"
    );
    let again = apply(&house, &key, &dry["number"], "k").await.expect(202).json();
    ended(&again["number"]).await;
    assert_eq!(
        follow(&again["number"], "undo").await,
        "the job changed nobody who is still known: there is nothing to undo"
    );
    house.stop().await;
}

#[tokio::test]
async fn who_sent_a_bulk_request_finds_its_jobs_in_the_list() {
    let house = House::start().await;
    let admin = house.admin().await;
    let manager = house.key_of(Some("ACME"), Role::GroupManager, Dialect::Standard).await;
    let other = house.key_of(Some("ACME"), Role::GroupManager, Dialect::Standard).await;
    let message = json!({ "Operations": [post("/Groups", "g", &json!({ "displayName": "mine" }))] });
    let said = dry(&house, &manager, &message).await;
    let applied = apply(&house, &manager, &said["jobId"], "k").await.expect(202).json();
    let theirs = dry(&house, &admin, &message).await;
    let numbers = async |key: &str, query: &str| -> Vec<Value> {
        let list = get(&house, key, &format!("{JOBS}{query}")).await;
        list["jobs"].as_array().unwrap().iter().map(|job| job["number"].clone()).collect()
    };
    let (plan, bulk) = (said["jobId"].clone(), applied["number"].clone());
    assert_eq!(numbers(&manager, "").await, [bulk.clone(), plan.clone()]);
    assert_eq!(numbers(&manager, "?kind=bulk_plan,import").await, std::slice::from_ref(&plan));
    assert_eq!(numbers(&manager, "?kind=import").await, [Value::Null; 0]);
    assert_eq!(numbers(&other, "").await, [Value::Null; 0]);
    // What it changes is the account as a whole; a dry run changes nothing.
    assert_eq!(applied["target"], json!({ "type": "account" }));
    assert_eq!(get(&house, &admin, &format!("{JOBS}/{plan}")).await["target"], json!({ "type": "nothing" }));
    let all = [theirs["jobId"].clone(), bulk.clone(), plan.clone()];
    assert_eq!(numbers(&admin, "?target=account").await, all);
    assert_eq!(numbers(&admin, "?target=nothing").await, [theirs["jobId"].clone(), plan.clone()]);
    assert_eq!(numbers(&admin, "?target=users").await, [Value::Null; 0]);
    // A page ends where it ends, also among one's own.
    let page = get(&house, &manager, &format!("{JOBS}?count=1")).await;
    assert_eq!(page["jobs"][0]["number"], bulk);
    let rest = format!("{JOBS}?cursor={}", page["nextCursor"].as_str().unwrap());
    assert_eq!(get(&house, &manager, &rest).await["jobs"][0]["number"], plan);
    house.stop().await;
}

#[tokio::test]
async fn a_dry_run_is_applied_for_the_source_that_sent_it() {
    let house = House::start().await;
    let admin = house.admin().await;
    let client = async |name: &str| {
        let source = Some("hr".to_owned());
        let request = KeyRequest {
            client: Some(name.to_owned()),
            source,
            ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
        };
        house.key(request).await
    };
    let (hr, colleague) = (client("one").await, client("two").await);
    let message =
        json!({ "Operations": [post("/Users", "a", &json!({ "userName": "ann", "externalId": "7" }))] });
    let said = dry(&house, &hr, &message).await;
    let refused = apply(&house, &admin, &said["jobId"], "k").await.expect(409).json();
    assert!(refused["detail"].as_str().unwrap().contains("externalIds of the source \"hr\""), "{refused}");
    let theirs = dry(&house, &admin, &message).await;
    let refused = apply(&house, &hr, &theirs["jobId"], "k").await.expect(409).json();
    assert!(refused["detail"].as_str().unwrap().contains("of the default source"), "{refused}");
    apply(&house, &colleague, &said["jobId"], "k").await.expect(202);
    let found = "/scim/v2/Users?filter=externalId%20eq%20%227%22";
    assert_eq!(get(&house, &hr, found).await["totalResults"], 1);
    assert_eq!(get(&house, &admin, found).await["totalResults"], 0);
    house.stop().await;
}

#[tokio::test]
async fn a_table_of_items_has_their_changes() {
    let house = House::start().await;
    let key = house.admin().await;
    let message = json!({ "Operations": [
        post("/Users", "a", &json!({ "userName": "ann", "name": { "familyName": "A, \"B\"" } })),
        { "method": "DELETE", "path": "/Users/x" },
    ]});
    let said = dry(&house, &key, &message).await;
    let path = format!("{JOBS}/{}/items/download", said["jobId"]);
    let answer = house.send(Call::get(&path).key(&key)).await.expect(200);
    let text = String::from_utf8(answer.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(",message,changes") && lines[2].ends_with(','), "{text}");
    let cell = lines[1].split_once(",\"").unwrap().1.trim_end_matches('"').replace("\"\"", "\"");
    let (_, items) = job(&house, &key, &said["jobId"]).await;
    assert_eq!(serde_json::from_str::<Value>(&cell).unwrap(), items[0]["changes"], "{text}");
    house.stop().await;
}

#[test]
fn every_reason_is_described() {
    let description = throng_web::openapi();
    let item = &description["components"]["schemas"]["JobItem"]["properties"];
    assert_eq!(item["reason"]["enum"], json!(Outcome::names()));
    let book = include_str!("../../../../../docs/book/src/jobs.md");
    for outcome in Outcome::ALL {
        let class = format!("`{}`", outcome.class().name());
        let row = book.lines().find(|line| line.starts_with('|') && line.contains(&class)).unwrap();
        let is_same = matches!(outcome.class(), Class::Created | Class::Updated | Class::Removed);
        assert!(is_same || row.contains(&format!("`{}`", outcome.name())), "{row} has no {}", outcome.name());
    }
}
