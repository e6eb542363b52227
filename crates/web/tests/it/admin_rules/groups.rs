//! Groups: A2, A5 to A9, A12, A14, A24, A38, A40, A41, A54, A55 where they are about these.

use serde_json::{Value, json};
use throng_directory::Settings;

use super::{GROUPS, Scene, names, violation, violations};
use crate::house::{Answer, Call, House};

async fn listed(scene: &Scene, query: &str) -> Vec<String> {
    let list = scene.get(&format!("{GROUPS}{query}")).await.expect(200).json();
    names(&list, "groups", "name")
}

fn users(ids: &[&str]) -> Value {
    json!([{ "type": "User", "resourceIds": ids }])
}

/// The job that an answer is about, when it has ended.
async fn ended(scene: &Scene, url: &str) -> Value {
    for _ in 0..3_000 {
        let job = scene.get(url).await.expect(200).json();
        if job.get("endedAt").is_some() {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{url} does not end");
}

#[tokio::test]
async fn a37_a_group_is_there_when_it_is_answered() {
    let scene = Scene::start().await;
    let body = json!({
        "name": "Agents", "description": "Who answers", "organizationNodeId": "",
        "resources": users(&scene.ids(&[1, 0])),
    });
    let answer = scene.send("POST", GROUPS, &body).await.expect(201);
    let group = answer.json();
    let path = format!("{GROUPS}/{}", group["groupId"].as_str().unwrap());
    assert_eq!(
        group,
        json!({
            "groupId": group["groupId"], "name": "Agents", "description": "Who answers",
            "organizationNodeId": "ACME", "resources": users(&scene.ids(&[0, 1])),
        })
    );
    assert_eq!(answer.header("location"), path);
    let report = scene.house.finished(&scene.key, answer.header("throng-job")).await;
    assert_eq!(report["membersCreatedCount"], 2);
    assert!(answer.header("link").starts_with("</v2/Groups/JobReport/"));
    let shown = scene.get(&path).await.expect(200);
    assert_eq!((shown.json(), shown.header("etag")), (group.clone(), answer.header("etag")));
    let unchanged = Call::get(&path).key(&scene.key).header("if-none-match", shown.header("etag"));
    scene.house.send(unchanged).await.expect(304);
    // SCIM sees the same group.
    let number = scene.number("Agents").await;
    let same = scene.get(&format!("/scim/v2/Groups/{number}")).await.expect(200).json();
    assert_eq!(same["urn:throng:scim:1.0:Group"]["description"], "Who answers");
    assert_eq!(same["members"].as_array().unwrap().len(), 2);
    // Paths have the UUID alone.
    scene.get(&format!("{GROUPS}/{number}")).await.expect(404);
    // Nobody spoke of users: no job.
    let empty = scene.send("POST", GROUPS, &json!({ "name": "Empty" })).await.expect(201);
    assert_eq!((empty.header("throng-job"), &empty.json()["resources"]), ("", &users(&[])));
    scene.stop().await;
}

#[tokio::test]
async fn a40_deleting_a_group_is_204_and_then_404() {
    let scene = Scene::start().await;
    let path = scene.group("One", &[0]).await;
    let tag = scene.get(&path).await.expect(200).header("etag").to_owned();
    let delete = |key: &str, tag: &str| {
        let call = Call::new("DELETE", &path).key(&scene.key).header("idempotency-key", key);
        scene.house.send(call.header("if-match", tag))
    };
    delete("a", "W/\"77\"").await.expect(412);
    delete("b", &tag).await.expect(204);
    assert_eq!(delete("b", &tag).await.expect(204).header("idempotent-replayed"), "true");
    delete("c", &tag).await.expect(404);
    for path in [
        &path,
        &format!("{GROUPS}/7"),
        &path
            .to_uppercase()
            .replace("/API/ADMIN/GROUP/V1/ACCOUNTS", "/api/admin/group/v1/accounts")
            .replace("GROUPS", "groups"),
    ] {
        scene.delete(path).await.expect(404);
        scene.get(path).await.expect(404);
        scene.send("PUT", path, &json!({ "name": "x" })).await.expect(404);
    }
    scene.stop().await;
}

#[tokio::test]
async fn a02_pages_of_groups_have_five_or_any_size_up_to_fifty() {
    let scene = Scene::start().await;
    for n in 0..7 {
        scene.send("POST", GROUPS, &json!({ "name": format!("G{n}") })).await.expect(201);
    }
    let list = scene.get(GROUPS).await.expect(200).json();
    assert_eq!(list["pagination"], json!({ "pageNumber": 1, "pageSize": 5, "total": 7 }));
    assert_eq!(names(&list, "groups", "name"), ["G0", "G1", "G2", "G3", "G4"]);
    assert_eq!(listed(&scene, "?pageNumber=2").await, ["G5", "G6"]);
    assert_eq!(listed(&scene, "?pageSize=3&pageNumber=3").await, ["G6"]);
    assert_eq!(listed(&scene, "?pageSize=50&orderBy=name%20desc").await[0], "G6");
    scene.get(&format!("{GROUPS}?pageSize=51")).await.expect(400);
    scene.stop().await;
}

#[tokio::test]
async fn a06_links_are_an_array_for_groups() {
    let scene = Scene::start().await;
    for n in 0..3 {
        scene.send("POST", GROUPS, &json!({ "name": format!("G{n}") })).await.expect(201);
    }
    let list = scene.get(&format!("{GROUPS}?pageSize=1&pageNumber=2&filter=name:g")).await.expect(200).json();
    let link = |page: u64| format!("{GROUPS}?pageNumber={page}&pageSize=1&filter=name%3Ag");
    assert_eq!(list["links"], json!([{ "prev": link(1), "next": link(3) }]));
    let ends = scene.get(&format!("{GROUPS}?pageSize=3")).await.expect(200).json();
    assert_eq!(ends["links"], json!([{ "prev": "", "next": "" }]));
    // Behind the end.
    let behind = scene.get(&format!("{GROUPS}?pageNumber=5&pageSize=2")).await.expect(200).json();
    assert_eq!((&behind["groups"], &behind["pagination"]["total"]), (&json!([]), &json!(3)));
    assert_eq!(behind["links"][0]["prev"], format!("{GROUPS}?pageNumber=2&pageSize=2"));
    scene.stop().await;
}

#[tokio::test]
async fn a09_a_bare_colon_is_contains_in_groups() {
    let scene = Scene::start().await;
    for name in ["Sales Agents", "Agents", "Leads"] {
        scene.send("POST", GROUPS, &json!({ "name": name })).await.expect(201);
    }
    let all = vec!["Agents", "Leads", "Sales Agents"];
    for (filter, found) in [
        ("name:agent", vec!["Agents", "Sales Agents"]),
        ("name=AGENTS", vec!["Agents"]),
        ("name:agent*", vec!["Agents"]),
        ("name:*agents", vec!["Agents", "Sales Agents"]),
        ("name:l*s", vec!["Leads"]),
        ("organizationNodeId:acm", all.clone()),
        ("organizationNodeId=ACME", all.clone()),
        ("organizationNodeId=OTHER", vec![]),
        ("membershipType=User", all.clone()),
        ("membershipType:se", all.clone()),
        ("membershipType=Agent", vec![]),
    ] {
        assert_eq!(listed(&scene, &format!("?filter={filter}")).await, found, "{filter}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn a14_unknown_fields_of_groups_are_named() {
    let scene = Scene::start().await;
    for (query, field) in
        [("?filter=displayName:x", "filter"), ("?filter=name", "filter"), ("?orderBy=groupId", "orderBy")]
    {
        let refused = scene.get(&format!("{GROUPS}{query}")).await.expect(400);
        assert_eq!(violations(&refused), [violation(field, "20006")]);
    }
    scene.stop().await;
}

#[tokio::test]
async fn a24_a_taken_group_name_is_409_with_whose_it_is() {
    let scene = Scene::start().await;
    let (path, other) = (scene.group("Agents", &[]).await, scene.group("Leads", &[]).await);
    for (method, at) in [("POST", GROUPS), ("PUT", other.as_str())] {
        let taken = scene.send(method, at, &json!({ "name": " AGENTS " })).await.expect(409);
        assert_eq!(taken.json()["existingId"], path.rsplit('/').next().unwrap());
        assert_eq!(violations(&taken), [violation("name", "20009")]);
    }
    // SCIM's answer is as it was.
    let taken = scene.scim("POST", "/scim/v2/Groups", &json!({ "displayName": "agents" })).await.expect(409);
    assert_eq!((&taken.json()["scimType"], taken.json().get("existingId")), (&json!("uniqueness"), None));
    scene.stop().await;
}

#[tokio::test]
async fn a38_put_clears_what_a_group_lacks_but_not_its_users() {
    let scene = Scene::start().await;
    let body = json!({ "displayName": "Agents", "externalId": "e-1", "members": [{ "value": scene.people[2] }],
        "urn:throng:scim:1.0:Group": { "description": "d" } });
    let number = scene.scim("POST", "/scim/v2/Groups", &body).await.expect(201).json()["id"].clone();
    let list = scene.get(GROUPS).await.expect(200).json();
    let path = format!("{GROUPS}/{}", list["groups"][0]["groupId"].as_str().unwrap());
    let first = scene.get(&path).await.expect(200);
    // What was read can be sent back as it is, and changes nothing.
    let same = scene.send("PUT", &path, &first.json()).await.expect(200);
    assert_eq!((same.json(), same.header("etag")), (first.json(), first.header("etag")));
    for body in [json!({ "name": "Others" }), json!({ "name": "Others", "resources": null })] {
        let replaced = scene.send("PUT", &path, &body).await.expect(200);
        assert_eq!((replaced.json().get("description"), replaced.header("throng-job")), (None, ""));
        assert_eq!(scene.inside(&path).await, [2]);
    }
    // What only SCIM knows stays.
    let shown = scene.get(&format!("/scim/v2/Groups/{}", number.as_str().unwrap())).await.expect(200).json();
    assert_eq!((&shown["externalId"], &shown["displayName"]), (&json!("e-1"), &json!("Others")));
    let body = json!({ "name": "Others", "resources": users(&scene.ids(&[0, 3])) });
    scene.send("PUT", &path, &body).await.expect(200);
    assert_eq!(scene.inside(&path).await, [0, 3]);
    scene.send("PUT", &path, &json!({ "name": "Others", "resources": [] })).await.expect(400);
    assert_eq!(scene.inside(&path).await, [0, 3]);
    let nobody = scene.send("PUT", &path, &json!({ "name": "Others", "resources": users(&[]) })).await;
    assert_eq!(nobody.expect(200).json()["resources"], users(&[]));
    scene.stop().await;
}

#[tokio::test]
async fn a41_groups_in_a_group_stay_when_users_are_replaced() {
    for settings in [Settings::default(), Settings { chunk_items: 50, ..Settings::default() }] {
        let scene = Scene::with(settings).await;
        scene.group("Inner", &[]).await;
        let outer = scene.group("Outer", &[0, 1]).await;
        let (inner, number) = (scene.number("Inner").await, scene.number("Outer").await);
        let nest =
            json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": inner }] }] });
        let scim = format!("/scim/v2/Groups/{number}");
        scene.scim("PATCH", &scim, &nest).await.expect(200);
        let shown = scene.get(&outer).await.expect(200);
        assert_eq!((shown.header("throng-members-omitted"), scene.inside(&outer).await), ("1", vec![0, 1]));
        // Few, and so many that a worker replaces them.
        let many: Vec<String> = (0..400).map(|n| format!("{n:08}-0000-7000-8000-000000000000")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).chain(scene.ids(&[3])).collect();
        for listed in [scene.ids(&[2]), many] {
            let body = json!({ "name": "Outer", "resources": users(&listed) });
            let replaced = scene.send("PUT", &outer, &body).await.expect(200);
            let report = scene.house.finished(&scene.key, replaced.header("throng-job")).await;
            assert_eq!(report["membersCreatedCount"], 1, "{report}");
            let members = scene.get(&scim).await.expect(200).json()["members"].clone();
            let values: Vec<&str> =
                members.as_array().unwrap().iter().map(|member| member["value"].as_str().unwrap()).collect();
            assert_eq!(values, [*listed.last().unwrap(), inner.as_str()]);
        }
        scene.stop().await;
    }
}

#[tokio::test]
async fn a41_users_are_added_and_removed_without_the_rest() {
    let scene = Scene::in_house(House::timed(Settings::default()).await).await;
    let path = scene.group("One", &[0]).await;
    let change = |verb: &str, query: &str, ids: &[&str]| {
        let at = format!("{path}/members:{verb}{query}");
        let call = Call::new("POST", &at).key(&scene.key).plain(&json!({ "resourceIds": ids }));
        call.header("idempotency-key", &format!("{verb}{query}{}", ids.len()))
    };
    let (one, three) = (scene.ids(&[1]), scene.ids(&[0, 2, 3]));
    let added = scene.house.send(change("add", "", &three)).await.expect(202);
    let answer = added.json();
    let job = ended(&scene, answer["url"].as_str().unwrap()).await;
    assert_eq!(
        (&job["id"], &job["number"].to_string()),
        (&answer["jobId"], &added.header("throng-job").to_owned())
    );
    assert_eq!((&job["counts"]["created"], &job["reasons"]["already_member"]), (&json!(2), &json!(1)));
    assert_eq!(scene.inside(&path).await, [0, 2, 3]);
    let again = scene.house.send(change("add", "", &three)).await.expect(202);
    assert_eq!((again.json(), again.header("idempotent-replayed")), (answer, "true"));
    // A dry run changes nobody.
    let dry = scene.house.send(change("remove", "?dryRun=true", &three)).await.expect(202).json();
    let dry = ended(&scene, dry["url"].as_str().unwrap()).await;
    assert_eq!((&dry["kind"], &dry["counts"]["removed"]), (&json!("plan"), &json!(3)));
    assert_eq!(scene.inside(&path).await, [0, 2, 3]);
    scene.house.send(change("remove", "", &three[1..])).await.expect(202);
    assert_eq!(scene.inside(&path).await, [0]);
    let later = scene.house.send(change("add", "?notBefore=2024-06-01T00:00:00Z&priority=high", &one)).await;
    let later = scene.get(later.expect(202).json()["url"].as_str().unwrap()).await.expect(200).json();
    assert_eq!((&later["state"], &later["priority"]), (&json!("PENDING"), &json!("high")));
    assert_eq!(scene.inside(&path).await, [0]);
    scene.stop().await;
}

#[tokio::test]
async fn a41_lists_of_users_may_be_long_and_are_checked() {
    let scene = Scene::start().await;
    let path = scene.group("One", &[]).await;
    let many: Vec<String> = (0..60_000).map(|n| format!("{n:08}-0000-7000-8000-000000000000")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).chain(scene.ids(&[2])).collect();
    let add = format!("{path}/members:add");
    let added = scene.send("POST", &add, &json!({ "resourceIds": many })).await.expect(202).json();
    let job = ended(&scene, added["url"].as_str().unwrap()).await;
    assert_eq!((&job["counts"]["total"], &job["counts"]["created"]), (&json!(60_001), &json!(1)));
    let number = scene.number("One").await;
    for (body, code) in [
        (json!({}), "20002"),
        (json!({ "resourceIds": null }), "20002"),
        (json!({ "resourceIds": "x" }), "20006"),
        // A number would name a group.
        (json!({ "resourceIds": [scene.people[0], number] }), "20006"),
        (json!({ "resourceIds": ["USER0"] }), "20006"),
        (json!({ "resourceIds": [7] }), "20006"),
        (json!({ "ids": [] }), "20006"),
    ] {
        let refused = scene.send("POST", &add, &body).await.expect(400);
        assert_eq!(violations(&refused), [violation("resourceIds", code)], "{body}");
    }
    scene.send("POST", &add, &json!({ "resourceIds": [] })).await.expect(202);
    let nobody = format!("{GROUPS}/0190163d-8694-739b-aea5-966c26f8ad91/members:add");
    scene.send("POST", &nobody, &json!({ "resourceIds": [] })).await.expect(404);
    scene.stop().await;
}

#[tokio::test]
async fn a41_a_large_group_is_shown_in_lists_and_a_larger_one_without() {
    let scene = Scene::start().await;
    let path = scene.group("One", &[]).await;
    import(&scene, 0..1_200).await;
    let shown = scene.get(&path).await.expect(200);
    let sizes = |group: &Value| -> Vec<usize> {
        let lists = group["resources"].as_array().unwrap();
        lists.iter().map(|list| list["resourceIds"].as_array().unwrap().len()).collect()
    };
    assert_eq!((sizes(&shown.json()), shown.header("throng-members-omitted")), (vec![500, 500, 200], ""));
    // Read, edited and written back, nobody is lost.
    let mut group = shown.json();
    group["description"] = json!("edited");
    let written = scene.send("PUT", &path, &group).await.expect(200);
    scene.house.finished(&scene.key, written.header("throng-job")).await;
    assert_eq!(sizes(&scene.get(&path).await.expect(200).json()), [500, 500, 200]);
    // On a list only groups of up to 1,000 have theirs.
    let list = scene.get(GROUPS).await.expect(200);
    assert_eq!(list.json()["groups"][0].get("resources"), None);
    assert_eq!(list.header("throng-members-omitted"), "1200");
    // What was read of a larger one can be written back, too.
    import(&scene, 1_200..25_001).await;
    let shown = scene.get(&path).await.expect(200);
    assert_eq!((shown.json().get("resources"), shown.header("throng-members-omitted")), (None, "25001"));
    let mut group = shown.json();
    group["description"] = json!("edited again");
    let written = scene.send("PUT", &path, &group).await.expect(200);
    assert_eq!((written.header("throng-job"), written.header("throng-members-omitted")), ("", "25001"));
    scene.stop().await;
}

/// Imports so many people into the group One.
async fn import(scene: &Scene, which: std::ops::Range<u32>) {
    let rows: Vec<String> = which.map(|n| format!("p{n:05}@x.example,L,F,[One]")).collect();
    let file = format!("Login Id,Last Name,First Name,Member Of\n{}\n", rows.join("\n"));
    let body = format!("{}--XX--\r\n", crate::imports::part("file", &file));
    let job = scene.house.send(crate::imports::upload(&scene.key, "", &body)).await.expect(202).json();
    let url = job["url"].as_str().unwrap();
    for _ in 0..3_000 {
        if scene.get(url).await.expect(200).json().get("endTime").is_some() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{url} does not end");
}

#[tokio::test]
async fn a54_every_fault_of_a_group_is_told_with_a_code() {
    let scene = Scene::start().await;
    let ids: Vec<&str> = std::iter::repeat_n(scene.people[0].as_str(), 501).collect();
    let body = json!({
        "name": "a:b", "description": "x".repeat(256), "organizationNodeId": "OTHER",
        "resources": [
            { "type": "Agent", "resourceIds": [] },
            { "type": "User", "resourceIds": ["7"] },
            { "type": "User", "resourceIds": ids },
        ],
    });
    let refused = scene.send("POST", GROUPS, &body).await.expect(400);
    assert_eq!(
        violations(&refused),
        [
            violation("name", "20006"),
            violation("description", "20006"),
            violation("organizationNodeId", "20006"),
            violation("resources[0].type", "20006"),
            violation("resources[1].resourceIds[0]", "20006"),
            violation("resources[2].resourceIds", "20007"),
        ]
    );
    let many: Vec<Value> = std::iter::repeat_n(json!({ "type": "User", "resourceIds": [] }), 51).collect();
    let refused = scene.send("POST", GROUPS, &json!({ "resources": many })).await.expect(400);
    assert_eq!(violations(&refused), [violation("name", "20002"), violation("resources", "20007")]);
    for name in ["a=b", "a*", "a,b", "\u{200b}", &"x".repeat(256)] {
        let refused = scene.send("POST", GROUPS, &json!({ "name": name })).await.expect(400);
        assert_eq!(violations(&refused), [violation("name", "20006")]);
    }
    // Fields that are not known are passed over, a body of another shape is not.
    let body = json!({ "name": "Agents", "organizationNodeId": "ACME", "features": [1] });
    scene.send("POST", GROUPS, &body).await.expect(201);
    scene.send("POST", GROUPS, &json!([1])).await.expect(400);
    scene.send("POST", GROUPS, &json!({ "name": 7 })).await.expect(400);
    scene.stop().await;
}

#[tokio::test]
async fn a41_writes_know_versions_and_keys() {
    let scene = Scene::start().await;
    let path = scene.group("One", &[0]).await;
    let tag = scene.get(&path).await.expect(200).header("etag").to_owned();
    let put = |tag: String, name: &str| {
        let call = Call::new("PUT", &path).key(&scene.key).plain(&json!({ "name": name }));
        scene.house.send(call.header("if-match", &tag))
    };
    put("W/\"99\"".to_owned(), "Two").await.expect(412);
    let answer: Answer = put(tag.clone(), "Two").await.expect(200);
    assert_ne!(answer.header("etag"), tag);
    put(tag, "Three").await.expect(412);
    let body = json!({ "name": "New", "resources": users(&scene.ids(&[1])) });
    let call = Call::new("POST", GROUPS).key(&scene.key).plain(&body).header("idempotency-key", "k");
    let first = scene.house.send(call.clone()).await.expect(201);
    let again = scene.house.send(call.clone()).await.expect(201);
    assert_eq!((again.json(), again.header("throng-job")), (first.json(), first.header("throng-job")));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = call.plain(&json!({ "name": "Newer" }));
    scene.house.send(other).await.expect(422);
    scene.stop().await;
}

#[tokio::test]
async fn a41_a_write_that_is_held_back_is_202() {
    let scene = Scene::start().await;
    scene.house.set(json!({ "guard_count": 1, "guard_percent": 1 })).await;
    let path = scene.group("One", &[0, 1, 2]).await;
    let held = scene.send("PUT", &path, &json!({ "name": "One", "resources": users(&[]) })).await.expect(202);
    assert_eq!((held.json().get("resources"), held.header("throng-members-omitted")), (None, "3"));
    assert!(!held.header("throng-job").is_empty());
    assert_eq!(scene.inside(&path).await, [0, 1, 2]);
    scene.stop().await;
}
