//! Items chosen by filters, in any order, by number and by cursor: against the same done here with all of them.

use serde_json::{Value, json};

use super::holding::change;
use super::{JOBS, Scene};
use crate::house::Call;

/// A field of an item as it is compared.
fn text(item: &Value, field: &str) -> String {
    let name = if field == "loginId" { "value" } else { field };
    match &item[name] {
        Value::String(text) => text.to_lowercase(),
        Value::Number(index) => format!("{:09}", index.as_u64().unwrap()),
        _ => status_or_nothing(item, field),
    }
}

fn status_or_nothing(item: &Value, field: &str) -> String {
    let status = match item["outcome"].as_str().unwrap() {
        "failed" => "FAILED",
        "skipped" => "ABORTED",
        "pending" => "PENDING",
        _ => "COMPLETED",
    };
    if field == "status" { status.to_lowercase() } else { String::new() }
}

impl Scene {
    async fn by_number(&self, job: &str, query: &str, count: usize) -> Vec<Value> {
        let mut items = Vec::new();
        loop {
            let start = items.len() + 1;
            let path = format!("/{job}/items?startIndex={start}&count={count}{query}");
            let page = self.get(&path).await;
            let found = page["items"].as_array().unwrap();
            items.extend(found.iter().cloned());
            assert_eq!(page.get("nextCursor"), None);
            if found.len() < count {
                assert_eq!(page["totalItems"], items.len(), "{path}");
                return items;
            }
        }
    }

    /// Every filter and order, alone and together, in pages of several sizes.
    async fn check_lists(&self, job: &str, fields: &[&str]) {
        let all = self.items(job, "", 1_000).await;
        assert!(all.len() > 4);
        let (natural, mut filters) = (all.clone(), vec![(String::new(), all.clone())]);
        for field in fields {
            let value = text(&all[all.len() / 2], field);
            let (head, tail) = (value.get(..2).unwrap_or(&value), value.get(2..).unwrap_or(&value));
            let chosen = |is_chosen: &dyn Fn(&str) -> bool| -> Vec<Value> {
                natural.iter().filter(|item| is_chosen(&text(item, field))).cloned().collect()
            };
            if *field == "index" {
                let index = all[2]["index"].to_string();
                filters.push((format!("&filter=index={index}"), vec![all[2].clone()]));
                continue;
            }
            if value.is_empty() {
                continue;
            }
            filters.push((format!("&filter={field}={value}"), chosen(&|text| text == value)));
            filters.push((format!("&filter={field}:{head}*"), chosen(&|text| text.starts_with(head))));
            filters.push((format!("&filter={field}:*{tail}"), chosen(&|text| text.ends_with(tail))));
            filters.push((format!("&filter={field}:*"), chosen(&|text| !text.is_empty())));
        }
        let outcome = all[all.len() / 2]["outcome"].as_str().unwrap();
        for at in 0..filters.len() {
            let (filter, chosen) = filters[at].clone();
            let chosen = chosen.into_iter().filter(|item| item["outcome"] == outcome).collect();
            filters.push((format!("{filter}&outcome={outcome}"), chosen));
        }
        for (filter, _) in &mut filters {
            *filter = filter.replace(' ', "%20");
        }
        for (filter, chosen) in &filters {
            assert_eq!(self.items(job, filter, 1_000).await, *chosen, "{filter}");
            assert_eq!(self.by_number(job, filter, 3).await, *chosen, "{filter}");
            assert_eq!(self.items(job, filter, 3).await, *chosen, "{filter}");
        }
        for order in fields {
            for (filter, chosen) in filters.iter().step_by(3) {
                for descending in [false, true] {
                    let mut chosen = chosen.clone();
                    // Both keep the order of those that are alike.
                    if descending {
                        chosen.sort_by_key(|item| std::cmp::Reverse(text(item, order)));
                    } else {
                        chosen.sort_by_key(|item| text(item, order));
                    }
                    // The order that they have anyway is turned round as a whole.
                    if descending
                        && ["loginId", "value"].contains(order)
                        && all.iter().any(|item| item["message"].is_string())
                    {
                        continue;
                    }
                    let query =
                        format!("{filter}&orderBy={order}{}", if descending { "%20desc" } else { "" });
                    assert_eq!(self.by_number(job, &query, 3).await, chosen, "{query}");
                    assert_eq!(self.items(job, &query, 2).await, chosen, "{query}");
                }
            }
        }
    }
}

const FIELDS: &[&str] = &["value", "member", "operation", "status", "outcome", "reason", "index"];
const OF_PEOPLE: &[&str] =
    &["loginId", "value", "member", "operation", "status", "outcome", "reason", "index"];

/// A job with items of every operation and many outcomes: the values that it lists.
async fn changes(scene: &Scene) -> (String, Value) {
    let ids = scene.people(8).await;
    let nested = scene.group("nested", &[]).await;
    let group = scene.group("g", &[&ids[0], &ids[1], &ids[2], &ids[3]]).await;
    let list = |values: &[&str]| -> Vec<Value> { values.iter().map(|id| json!({ "value": id })).collect() };
    let operations = json!([
        { "op": "add", "path": "members", "value": list(&[&ids[4], "nobody", "Somebody"]) },
        { "op": "replace", "path": "members", "value": list(&[&ids[3], &ids[4], &nested, "nobody", &ids[5]]) },
        { "op": "remove", "path": "members", "value": list(&[&ids[5], &ids[6], "nobody else"]) },
        { "op": "add", "path": "members", "value": list(&[&ids[7], &ids[7]]) },
    ]);
    (group, operations)
}

#[tokio::test]
async fn items_of_group_jobs_are_filtered_and_ordered() {
    let scene = Scene::of(3).await;
    let (group, operations) = changes(&scene).await;
    let dry = scene.job_of(&group, "?dryRun=true", &operations).await;
    scene.ended(&dry).await;
    scene.check_lists(&dry, FIELDS).await;
    let job = scene.patch(&group, &operations).await;
    scene.ended(&job).await;
    scene.check_lists(&job, FIELDS).await;
    // Whoever is deleted is nobody's id any more, on whichever page.
    let items = scene.items(&job, "&filter=member:*", 100).await;
    let gone = items[0]["member"].as_str().unwrap();
    let path = format!("/scim/v2/Users/{gone}");
    scene.house.send(Call::new("DELETE", &path).key(&scene.key)).await.expect(204);
    assert_eq!(scene.items(&job, &format!("&filter=member={gone}"), 100).await, [Value::Null; 0]);
    scene.house.stop().await;
}

#[tokio::test]
async fn items_of_a_job_that_runs_are_filtered_and_ordered() {
    let mut scene = Scene::of(1).await;
    let (group, operations) = changes(&scene).await;
    let many: Vec<String> = (0..400).map(|n| format!("nobody{n}")).collect();
    let first = scene.patch(&group, &change("add", &many)).await;
    let waiting = scene.patch(&group, &operations).await;
    while scene.get(&format!("/{first}")).await["counts"]["processed"].as_u64().unwrap() < 3 {
        tokio::task::yield_now().await;
    }
    scene.house.rest().await;
    assert_eq!(scene.get(&format!("/{first}")).await["state"], "IN_PROGRESS");
    for query in ["&outcome=pending", "&filter=status=pending", "&filter=reason:not*", "&filter=value:*7"] {
        let all = scene.items(&first, query, 1_000).await;
        assert!(!all.is_empty(), "{query}");
        for order in ["", "&orderBy=value", "&orderBy=reason%20desc", "&orderBy=index%20desc"] {
            let query = format!("{query}{order}");
            assert_eq!(scene.items(&first, &query, 1_000).await, scene.items(&first, &query, 7).await);
        }
    }
    scene.check_lists(&waiting, FIELDS).await;
    // A cursor of the time when the job ran goes on where it was after the end, too.
    let path = |cursor: &str| format!("/{first}/items?orderBy=value&count=100&cursor={cursor}");
    let mut page = scene.get(&path("")).await;
    scene.house.work();
    scene.ended(&first).await;
    let mut walked = Vec::new();
    loop {
        assert_eq!(page["totalItems"], 400);
        walked.extend(page["items"].as_array().unwrap().iter().map(|item| text(item, "value")));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        page = scene.get(&path(cursor)).await;
    }
    let mut sorted = many;
    sorted.sort_unstable();
    assert_eq!(walked, sorted);
    scene.house.stop().await;
}

#[tokio::test]
async fn items_of_imports_and_deletions_are_filtered_and_ordered() {
    let scene = Scene::of(3).await;
    scene.group("Staff", &[]).await;
    let (import, _) = scene.import("").await;
    scene.ended(&import).await;
    scene.check_lists(&import, OF_PEOPLE).await;
    let values = async |query: &str| -> Vec<String> {
        let items = scene.items(&import, query, 1).await;
        items.iter().map(|item| item["value"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(values("&filter=lastName=z").await, ["zoe@x.example"]);
    let by_name = values("&orderBy=firstName").await;
    assert_eq!(values("&orderBy=firstName%20desc&outcome=created,failed").await.len(), by_name.len());
    let turned: Vec<String> = values("").await.into_iter().rev().collect();
    assert_eq!(values("&orderBy=loginId%20desc").await, turned);
    assert_eq!(values("&orderBy=value%20desc&filter=status:*").await, turned);
    assert_eq!(values("&orderBy=loginId%20desc&filter=loginId:*").await, turned);

    scene.people(9).await;
    let path = "/api/v1/accounts/ACME/users/delete";
    let body = json!({ "filter": "userName sw \"p\"" }).to_string();
    let call = Call::new("POST", path).key(&scene.key).header("content-type", "application/json").body(body);
    let deletion = scene.house.send(call).await.expect(202).json()["number"].to_string();
    scene.ended(&deletion).await;
    scene.check_lists(&deletion, OF_PEOPLE).await;
    scene.house.stop().await;
}

#[tokio::test]
async fn what_items_do_not_have_is_refused() {
    let scene = Scene::of(3).await;
    scene.group("Staff", &[]).await;
    let (import, _) = scene.import("").await;
    scene.ended(&import).await;
    let group = scene.group("g", &[]).await;
    let job = scene.patch(&group, &change("add", &["x".to_owned()])).await;
    scene.ended(&job).await;
    for (job, bad, why) in [
        (&import, "startIndex=0", "startIndex"),
        (&import, "filter=age=3", "firstName, lastName, loginId, value"),
        (&import, "orderBy=age", "orderBy must be"),
        (&job, "startIndex=1&cursor=x", "startIndex"),
        (&job, "startIndex=1&cursor=", "startIndex"),
        (&job, "filter=loginId=x", "value, member, operation, status, outcome, reason and index"),
        (&job, "filter=operation=delete", "add, remove, replace"),
        (&job, "filter=reason=none", "not_found"),
        (&job, "orderBy=lastName", "value, member"),
        (&job, "orderBy=value%20down", "orderBy must be"),
    ] {
        let call = Call::get(&format!("{JOBS}/{job}/items?{bad}")).key(&scene.key);
        let refused = scene.house.send(call).await.expect(400).json();
        assert!(refused["detail"].as_str().unwrap().contains(why), "{bad}: {refused}");
    }
    // A cursor belongs to its filter and its order.
    let page = scene.get(&format!("/{import}/items?count=1&orderBy=lastName")).await;
    let cursor = page["nextCursor"].as_str().unwrap();
    for (query, status) in [("orderBy=lastName", 200), ("orderBy=firstName", 400), ("outcome=failed", 400)] {
        let path = format!("{JOBS}/{import}/items?cursor={cursor}&{query}");
        scene.house.send(Call::get(&path).key(&scene.key)).await.expect(status);
    }
    scene.house.stop().await;
}
