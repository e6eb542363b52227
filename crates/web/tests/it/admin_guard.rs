//! The guard over files of people: what small files take away adds up.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::admin_bulk::Scene;
use crate::house::Call;

impl Scene {
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
