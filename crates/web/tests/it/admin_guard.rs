//! The guard over files of people: what small files take away adds up, and who approves sees what the file says.

use std::fmt::Write as _;

use serde_json::{Value, json};
use throng_directory::{Dialect, Role};

use crate::admin_bulk::Scene;
use crate::house::{Answer, Call};

const JOBS: &str = "/api/v1/accounts/ACME/jobs";

impl Scene {
    async fn act(&self, method: &str, path: &str, key: &str) -> Answer {
        self.house.send(Call::new(method, &format!("{JOBS}{path}")).key(key)).await
    }

    async fn key_of(&self, role: Role) -> String {
        self.house.key_of(Some("ACME"), role, Dialect::Standard).await
    }

    /// Adds people `p00`, `p01`, and so on.
    async fn add_people(&self, n: usize) {
        let (_, state, rows) = self.done("bulkAdd", file_of(0..n)).await;
        assert_eq!(state, "COMPLETED", "{rows:?}");
    }

    /// Sends a file; the id of its job when that has ended or waits, and the job.
    async fn sent(&self, verb: &str, file: &str) -> (String, Value) {
        let accepted = self.send(verb, file).await.expect(202).json();
        let id = accepted["jobId"].as_str().unwrap().to_owned();
        let job = self.ended(&id).await;
        (id, job)
    }
}

fn file_of(people: std::ops::Range<usize>) -> String {
    let mut file = "Login Id,Last Name,First Name\n".to_owned();
    for n in people {
        writeln!(file, "p{n:02},P,P").unwrap();
    }
    file
}

#[tokio::test]
async fn small_files_that_delete_do_not_pass_where_a_large_one_does_not() {
    let scene = Scene::start().await;
    scene.add_people(12).await;
    scene.house.set(json!({ "guard_count": 5 })).await;
    let mut states = Vec::new();
    for n in 0..8 {
        let (_, job) = scene.sent("bulkDelete", &format!("Login Id\np{n:02}\n")).await;
        if n >= 5 {
            let message = job["message"].as_str().unwrap();
            assert!(message.contains("removes 1 of 7, after 5 removed"), "{message}");
        }
        states.push(job["state"].as_str().unwrap().to_owned());
    }
    assert_eq!(states[..5], ["COMPLETED"; 5]);
    assert_eq!(states[5..], ["AWAITING_APPROVAL"; 3]);
    assert_eq!(scene.logins().await.len(), 7);
    // And what files took counts for the next job of another kind.
    let body = json!({ "filter": "userName eq \"p11\"" });
    let call = Call::new("POST", "/api/v1/accounts/ACME/users/delete").key(&scene.key).plain(&body);
    let id = scene.house.send(call).await.expect(202).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.ended(&id).await["state"], "AWAITING_APPROVAL");
    scene.house.stop().await;
}

#[tokio::test]
async fn small_files_that_are_the_whole_truth_add_up() {
    let scene = Scene::start().await;
    scene.add_people(18).await;
    scene.house.set(json!({ "guard_count": 5 })).await;
    let (_, first) = scene.sent("bulkSync", &file_of(0..15)).await;
    assert_eq!((&first["state"], &first["counts"]["removed"]), (&json!("COMPLETED"), &json!(3)));
    let (_, second) = scene.sent("bulkSync", &file_of(0..12)).await;
    assert_eq!(second["state"], "AWAITING_APPROVAL");
    assert!(second["message"].as_str().unwrap().contains("removes 3 of 15, after 3 removed"), "{second}");
    // Two more are five.
    let (_, third) = scene.sent("bulkSync", &file_of(0..13)).await;
    assert_eq!((&third["state"], &third["counts"]["removed"]), (&json!("COMPLETED"), &json!(2)));
    assert_eq!(scene.logins().await.len(), 13);
    // The dry run says so, too, and is not held itself.
    let (_, dry) = scene.sent("bulkDelete?dryRun=true", "Login Id\np00\n").await;
    assert!(dry["message"].as_str().unwrap().contains("after 5 removed"), "{dry}");
    assert_eq!(dry["state"], "COMPLETED");
    scene.house.stop().await;
}

#[tokio::test]
async fn who_approves_sees_the_file_that_waits_and_no_other() {
    let scene = Scene::start().await;
    scene.add_people(6).await;
    let (free, _) = scene.sent("bulkDelete", "Login Id\np05\n").await;
    scene.house.set(json!({ "guard_count": 1 })).await;
    let approver = scene.key_of(Role::Approver).await;
    let others = [scene.key_of(Role::Reader).await, scene.key_of(Role::GroupManager).await];
    let (dry, _) = scene.sent("bulkDelete?dryRun=true", "Login Id\np00\np01\n").await;
    let (held, waits) = scene.sent("bulkDelete", "Login Id\np00\np01\n").await;
    assert_eq!(waits["state"], "AWAITING_APPROVAL", "{waits}");

    let seen = scene.act("GET", &format!("/{held}"), &approver).await.expect(200).json();
    assert_eq!((&seen["state"], &seen["message"]), (&waits["state"], &waits["message"]));
    let page = scene.act("GET", &format!("/{held}/items"), &approver).await.expect(200).json();
    let values: Vec<&str> =
        page["items"].as_array().unwrap().iter().filter_map(|item| item["value"].as_str()).collect();
    assert_eq!(values, ["p00", "p01"], "{page}");
    scene.act("GET", &format!("/{held}/items/download"), &approver).await.expect(200);
    let listed = |jobs: &Value| -> Vec<Value> {
        jobs["jobs"].as_array().unwrap().iter().map(|job| job["id"].clone()).collect()
    };
    for query in ["", "?kind=import", "?state=AWAITING_APPROVAL"] {
        let jobs = scene.act("GET", query, &approver).await.expect(200).json();
        assert_eq!(listed(&jobs), [json!(held)], "{query}: {jobs}");
    }
    // Nothing else of files, and no more than to let it go on.
    for other in [&free, &dry] {
        scene.act("GET", &format!("/{other}"), &approver).await.expect(404);
        scene.act("GET", &format!("/{other}/items"), &approver).await.expect(404);
        scene.act("POST", &format!("/{other}/approve"), &approver).await.expect(404);
    }
    scene.act("POST", &format!("/{held}/abort"), &approver).await.expect(403);
    for key in &others {
        scene.act("GET", &format!("/{held}"), key).await.expect(404);
        scene.act("GET", &format!("/{held}/items"), key).await.expect(404);
        scene.act("POST", &format!("/{held}/approve"), key).await.expect(403);
        scene.act("POST", &format!("/{held}/abort"), key).await.expect(404);
        assert_eq!(listed(&scene.act("GET", "", key).await.expect(200).json()), [] as [Value; 0]);
    }

    let goes_on = scene.act("POST", &format!("/{held}/approve"), &approver).await.expect(200).json();
    assert!(goes_on.get("approvedBy").is_some(), "{goes_on}");
    while scene.ended(&held).await.get("endedAt").is_none() {}
    // What came of it is seen as well, and taken back by an administrator alone.
    let ended = scene.act("GET", &format!("/{held}"), &approver).await.expect(200).json();
    assert_eq!((&ended["state"], &ended["counts"]["removed"]), (&json!("COMPLETED"), &json!(2)));
    for verb in ["undo", "redrive", "apply"] {
        let call = Call::new("POST", &format!("{JOBS}/{held}/{verb}")).key(&approver).plain(&json!({}));
        let status = scene.house.send(call).await.status.as_u16();
        assert!([403, 409].contains(&status), "{verb}: {status}");
    }
    assert_eq!(scene.logins().await, ["p02", "p03", "p04"]);
    scene.house.stop().await;
}
