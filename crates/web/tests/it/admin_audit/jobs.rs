use std::fmt::Write;

use serde_json::{Value, json};

use super::{NATIVE, Scene, USERS};
use crate::house::Call;

fn events(rows: &[Value], job: &str) -> Vec<String> {
    let of_job = rows.iter().rev().filter(|row| row["object"] == job);
    of_job.map(|row| row["event"].as_str().unwrap().to_owned()).collect()
}

async fn import(scene: &Scene, people: usize) -> String {
    let mut csv = "Login Id,First Name,Last Name\r\n".to_owned();
    for n in 0..people {
        write!(csv, "person{n}@example.com,Per,Son\r\n").unwrap();
    }
    let body = format!(
        "--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\ncontent-type: text/csv\r\n\r\n{csv}\r\n--B--\r\n"
    );
    let call = Call::new("POST", &format!("{USERS}/users:bulkAdd")).key(&scene.key);
    let call = call.header("content-type", "multipart/form-data; boundary=B").body(body);
    let job = scene.house.send(call).await.expect(202).json();
    job["jobId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_job_leaves_a_row_for_each_event_of_its_life_and_none_for_its_items() {
    let scene = Scene::start().await;
    let before = scene.told().await.len();
    let job = import(&scene, 1_000).await;
    scene.ended(&job).await;
    // What says much about people is told, once.
    for page in 1..3 {
        scene.get(&format!("{USERS}/jobs/{job}/users?pageNumber={page}")).await.expect(200);
    }
    scene.get(&format!("{USERS}/jobs/{job}:exportFailedUsers?format=csv")).await.expect(200);
    scene.send("POST", &format!("{USERS}/jobs:bulkDelete"), &json!({ "jobIds": [job] })).await.expect(202);
    let rows = scene.rows().await;
    assert_eq!(events(&rows, &job), ["ACCEPTED", "STARTED", "ENDED", "READ", "PURGED"]);
    let of = |event: &str| rows.iter().find(|row| row["object"] == job && row["event"] == event).unwrap();
    assert_eq!((&of("ACCEPTED")["actor"], &of("STARTED")["actor"]), (&json!("ada"), &json!("system")));
    assert_eq!(of("ACCEPTED")["detail"]["items"], 1_000);
    assert_eq!(of("ENDED")["detail"]["items"]["created"], 1_000);
    assert_eq!((&of("READ")["type"], &of("PURGED")["actor"]), (&json!("JOB"), &json!("ada")));
    assert_eq!(scene.told().await.len() - before, 5);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_small_write_of_members_is_a_row_about_the_group_and_a_job() {
    let scene = Scene::start().await;
    let ida = scene.house.user(&scene.key, "ida").await;
    let group =
        scene.scim("POST", "/scim/v2/Groups", &json!({ "displayName": "Staff" })).await.expect(201).json();
    let before = scene.told().await.len();
    let patch = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": ida }] }] });
    let one = format!("/scim/v2/Groups/{}", group["id"].as_str().unwrap());
    let answer = scene.scim("PATCH", &one, &patch).await.expect(200);
    let job: i64 = answer.header("throng-job").parse().unwrap();
    let mut told = scene.told().await.split_off(before);
    told.sort_unstable();
    assert_eq!(told, ["ACCEPTED JOB", "ENDED JOB", "UPDATED GROUP"]);
    let rows = scene.rows().await;
    let row = rows.iter().find(|row| row["event"] == "UPDATED" && row["type"] == "GROUP").unwrap();
    assert_eq!((&row["detail"]["job"], &row["name"]), (&json!(job), &json!("Staff")));
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn who_stops_undoes_and_forgets_is_told() {
    let mut scene = Scene::start().await;
    scene.house.rest().await;
    let job = import(&scene, 3).await;
    scene.send("POST", &format!("{NATIVE}/jobs/{job}/abort"), &json!({})).await.expect(200);
    let rows = scene.rows().await;
    assert_eq!(events(&rows, &job), ["ACCEPTED", "STOPPED", "ENDED"]);
    scene.house.work();
    let ida = scene.house.user(&scene.key, "ida@example.com").await;
    let forget =
        scene.send("POST", &format!("{NATIVE}/users/forget"), &json!({ "id": ida })).await.expect(202);
    scene.ended(forget.json()["id"].as_str().unwrap()).await;
    let rows = scene.rows().await;
    // Who it was is gone, what happened stays, and the chain holds.
    assert!(!format!("{rows:?}").contains("ida@"), "{rows:?}");
    assert!(!format!("{rows:?}").contains(&ida), "{rows:?}");
    let people = rows.iter().rev().filter(|row| row["type"] == "USER" && row["object"] == "");
    let people: Vec<(&Value, &Value)> = people.map(|row| (&row["event"], &row["name"])).collect();
    assert_eq!(people, [(&json!("CREATED"), &Value::Null), (&json!("DELETED"), &Value::Null)]);
    let checked = scene.house.directory.check_audit(&throng_directory::Caller::operator()).await.unwrap();
    assert!(checked.iter().all(|(_, checked)| checked.findings.is_empty()), "{checked:?}");
    scene.house.stop_to_check().await;
}
