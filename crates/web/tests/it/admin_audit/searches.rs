use serde_json::{Value, json};

use super::{GROUPS, NATIVE, Scene, USERS};
use crate::house::{Answer, Call};

async fn search(scene: &Scene, base: &str, query: &str, body: Value) -> Answer {
    scene.send("POST", &format!("{base}/audit-records:search{query}"), &body).await
}

fn names(page: &Value) -> Vec<&str> {
    let records = page["auditRecords"].as_array().unwrap();
    records.iter().map(|record| record["auditData"]["name"].as_str().unwrap_or("")).collect()
}

fn violation(answer: &Answer) -> (String, String) {
    let violation = answer.json()["violations"][0].clone();
    (violation["field"].as_str().unwrap().to_owned(), violation["code"].as_str().unwrap().to_owned())
}

async fn scene() -> Scene {
    let scene = Scene::start().await;
    for n in 0..7 {
        scene.house.user(&scene.key, &format!("user{n}")).await;
    }
    for name in ["One", "Two"] {
        scene.scim("POST", "/scim/v2/Groups", &json!({ "displayName": name })).await.expect(201);
    }
    scene
}

#[tokio::test]
async fn pages_of_five_in_order_of_time_with_links_and_totals() {
    let scene = scene().await;
    let asked = json!({ "type": "USER" });
    let first = search(&scene, USERS, "", asked.clone()).await.expect(200).json();
    assert_eq!(first["pagination"], json!({ "pageNumber": 1, "pageSize": 5, "total": 7 }));
    assert_eq!(names(&first), ["user0", "user1", "user2", "user3", "user4"]);
    let path = format!("{USERS}/audit-records:search");
    assert_eq!(first["links"], json!({ "prev": "", "next": format!("{path}?pageNumber=2&pageSize=5") }));
    let query = "?pageNumber=2&pageSize=5&orderBy=date%20desc";
    let second = search(&scene, USERS, query, asked.clone()).await.expect(200).json();
    assert_eq!(names(&second), ["user1", "user0"]);
    let prev = format!("{path}?pageNumber=1&pageSize=5&orderBy=date%20desc");
    assert_eq!(second["links"], json!({ "prev": prev, "next": "" }));
    let record = &first["auditRecords"][0];
    assert_eq!(
        (&record["event"], &record["author"], &record["type"]),
        (&json!("CREATED"), &json!("ada"), &json!("USER"))
    );
    assert_eq!(record["ipAddress"], "");
    assert!(record["date"].as_str().unwrap().ends_with('Z'));
    for (query, field, code) in [
        ("?pageSize=51", "pageSize", "20007"),
        ("?pageSize=0", "pageSize", "20006"),
        ("?orderBy=type", "orderBy", "20006"),
        ("?orderBy=Date", "orderBy", "20006"),
    ] {
        let refused = search(&scene, USERS, query, json!({})).await.expect(400);
        assert_eq!(violation(&refused), (field.to_owned(), code.to_owned()), "{query}");
    }
    search(&scene, USERS, "?filter=x:y", json!({})).await.expect(400);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn groups_have_their_own_records_the_latest_first() {
    let scene = scene().await;
    let found = search(&scene, GROUPS, "", json!({})).await.expect(200).json();
    assert_eq!(names(&found), ["Two", "One"]);
    assert!(found["auditRecords"].as_array().unwrap().iter().all(|record| record["type"] == "GROUP"));
    for (query, order) in [
        ("?orderBy=date", ["Two", "One"]),
        ("?orderBy=date%20desc", ["Two", "One"]),
        ("?orderBy=date%20asc", ["One", "Two"]),
        ("?orderBy=author%20asc", ["One", "Two"]),
    ] {
        let found = search(&scene, GROUPS, query, json!({})).await.expect(200).json();
        assert_eq!(names(&found), order, "{query}");
    }
    let refused = search(&scene, GROUPS, "", json!({ "type": "USER" })).await.expect(400);
    assert_eq!(violation(&refused), ("type".to_owned(), "20006".to_owned()));
    let refused = search(&scene, USERS, "", json!({ "type": "GROUP" })).await.expect(400);
    assert_eq!(violation(&refused), ("type".to_owned(), "20006".to_owned()));
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn every_field_of_a_search_narrows_it() {
    let scene = scene().await;
    let all = search(&scene, USERS, "?pageSize=50", json!({ "type": "USER" })).await.expect(200).json();
    let date = |at: usize| all["auditRecords"][at]["date"].clone();
    let found = async |mut asked: Value| {
        asked["type"] = json!("user");
        let found = search(&scene, USERS, "?pageSize=50", asked).await.expect(200).json();
        found["pagination"]["total"].as_u64().unwrap()
    };
    assert_eq!(found(json!({ "startDate": date(2) })).await, 5);
    assert_eq!(found(json!({ "startDate": date(2), "endDate": date(3) })).await, 2, "both of them");
    assert_eq!(found(json!({ "endDate": "2000-01-01T00:00:00.000+00:00" })).await, 0);
    assert_eq!(found(json!({ "event": "CREATED" })).await, 7);
    assert_eq!(found(json!({ "event": "DELETED" })).await, 0);
    assert_eq!(found(json!({ "author": "ADA" })).await, 7);
    assert_eq!(found(json!({ "author": "bob" })).await, 0);
    assert_eq!(found(json!({ "ipAddress": "192.0.2.1" })).await, 0);
    assert_eq!(found(json!({ "searchKeyword": "USER3" })).await, 1);
    assert_eq!(found(json!({ "searchKeyword": "administrator" })).await, 7);
    assert_eq!(found(json!({ "searchKeyword": " " })).await, 7);
    for (asked, field) in [
        (json!({ "startDate": "yesterday" }), "startDate"),
        (json!({ "endDate": "2021-02-30T00:00:00Z" }), "endDate"),
        (json!({ "startDate": "2021-02-03T00:00:00Z", "endDate": "2021-02-02T00:00:00Z" }), "endDate"),
        (json!({ "event": "MADE" }), "event"),
        (json!({ "type": "QUEUE" }), "type"),
    ] {
        let refused = search(&scene, USERS, "", asked).await.expect(400);
        assert_eq!(violation(&refused), (field.to_owned(), "20006".to_owned()));
    }
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_export_is_a_file_of_a_thousand_records_at_most() {
    let scene = Scene::start().await;
    scene.house.user(&scene.key, "=1+1@example.com").await;
    let path = format!("{USERS}/audit-records:export");
    let file = scene.send("POST", &path, &json!({ "type": "USER" })).await.expect(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit-records.csv\"");
    let text = String::from_utf8(file.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "Date,Event,Author,IP Address,Type,Audit Data"));
    assert!(lines[1].contains(",CREATED,ada,,USER,"), "{text}");
    for n in 0..1_000 {
        scene.house.user(&scene.key, &format!("u{n}")).await;
    }
    let refused = scene.send("POST", &path, &json!({ "type": "USER" })).await.expect(400);
    assert_eq!(violation(&refused), ("auditRecords".to_owned(), "20007".to_owned()));
    scene.send("POST", &path, &json!({ "searchKeyword": "u99" })).await.expect(200);
    let groups = format!("{GROUPS}/audit-records:export");
    let empty = scene.send("POST", &groups, &json!({})).await.expect(200);
    assert_eq!(String::from_utf8(empty.body).unwrap().lines().count(), 1);
    // Pages by cursor, and one file, have them all.
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = scene.get(&format!("{NATIVE}/audit?type=USER&count=300{next}")).await.expect(200).json();
        seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(seen.len(), 1_001);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]));
    let file = scene.get(&format!("{NATIVE}/audit/download?type=USER")).await.expect(200);
    assert_eq!(String::from_utf8(file.body).unwrap().lines().count(), 1_001);
    let file = scene.get(&format!("{NATIVE}/audit/download?type=USER&format=csv")).await.expect(200);
    assert_eq!(String::from_utf8(file.body).unwrap().lines().count(), 1_002);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn one_thing_has_its_own_rows() {
    let scene = scene().await;
    let ida = scene.house.user(&scene.key, "ida").await;
    scene.delete(&format!("/scim/v2/Users/{ida}")).await.expect(204);
    let page = scene.get(&format!("{NATIVE}/audit?object={ida}")).await.expect(200).json();
    let events: Vec<&Value> = page["rows"].as_array().unwrap().iter().map(|row| &row["event"]).collect();
    assert_eq!(events, ["DELETED", "CREATED"]);
    let page = scene.get(&format!("{NATIVE}/audit?object={ida}&count=1")).await.expect(200).json();
    let next = page["nextCursor"].as_str().unwrap();
    let page =
        scene.get(&format!("{NATIVE}/audit?object={ida}&count=1&cursor={next}")).await.expect(200).json();
    assert_eq!(page["rows"][0]["event"], "CREATED");
    for query in ["event=MADE", "type=x", "from=now", "format=xlsx", "count=x", "other=1"] {
        scene.get(&format!("{NATIVE}/audit?{query}")).await.expect(400);
    }
    scene.get(&format!("{NATIVE}/audit/download?format=xlsx")).await.expect(400);
    let other = Call::get("/api/v1/accounts/OTHER/audit").key(&scene.key);
    scene.house.send(other).await.expect(403);
    scene.house.stop_to_check().await;
}
