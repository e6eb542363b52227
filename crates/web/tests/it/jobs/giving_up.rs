//! Jobs that no worker survives.

use serde_json::{Value, json};
use throng_directory::ids::{GroupNumber, JobNumber};
use throng_directory::model::jobs::Target;
use throng_directory::port::{AccountLock, Class, StoreExt, Tx};

use super::holding::change;
use super::{JOBS, Scene};
use crate::house::Call;

impl Scene {
    /// Lets so many workers have died of the jobs of a target.
    async fn died(&self, target: Target, deaths: u32) {
        let kill = move |tx: &mut dyn Tx| {
            let account = tx.account("ACME")?.unwrap().id;
            tx.lock_account(account, AccountLock::Exclusive)?;
            for mut job in tx.lock_unfinished(account, target, 9)? {
                job.attempts = deaths;
                tx.update_job(&job)?;
            }
            Ok(())
        };
        self.house.store().write(Class::Interactive, kill).await.unwrap();
    }
}

#[tokio::test]
async fn g16_a_plan_that_no_worker_survives_ends_its_job_and_nothing_is_done() {
    let mut scene = Scene::of(100).await;
    let ids = scene.people(3).await;
    let group = scene.group("g", &[&ids[0]]).await;
    let target = Target::Group(GroupNumber(group.parse().unwrap()));
    for (deaths, state) in [(9, "COMPLETED"), (10, "FAILED"), (10, "ABORTED")] {
        scene.house.rest().await;
        // More than is done before the answer.
        let mut listed = ids[1..].to_vec();
        listed.extend((0..200).map(|n| format!("nobody{n}")));
        let job = scene.job_of(&group, "?priority=high", &change("replace", &listed)).await;
        let behind = scene.job_of(&group, "", &change("replace", &ids[..1])).await;
        scene.died(target, deaths).await;
        if state == "ABORTED" {
            // Stopped while it was tried.
            let number = JobNumber(job.parse().unwrap());
            let stop = move |tx: &mut dyn Tx| {
                let account = tx.account("ACME")?.unwrap().id;
                tx.lock_account(account, AccountLock::Exclusive)?;
                let jobs = tx.lock_unfinished(account, target, 9)?;
                let mut job = jobs.into_iter().find(|job| job.number == number).unwrap();
                job.state = throng_directory::State::AbortInProgress;
                tx.update_job(&job)
            };
            scene.house.store().write(Class::Interactive, stop).await.unwrap();
        }
        scene.house.work();
        let ended = scene.ended(&job).await;
        assert_eq!(ended["state"], state, "{ended}");
        if deaths < 10 {
            scene.ended(&behind).await;
            continue;
        }
        let message = ended["message"].as_str().unwrap();
        assert!(message.starts_with("given-up: 10 workers in a row died"), "{message}");
        assert!(message.contains("nothing was done"), "{message}");
        assert_eq!(ended["reasons"], json!({ "skipped": 202 }));
        // Nobody behind it has to wait.
        scene.ended(&behind).await;
        if state == "FAILED" {
            let again = Call::new("POST", &format!("{JOBS}/{job}/redrive")).key(&scene.key);
            let again = again.header("content-type", "application/json").body("{}");
            let again = scene.house.send(again).await.expect(202).json()["number"].to_string();
            let ended: Value = scene.ended(&again).await;
            assert_eq!(ended["counts"]["created"], 2);
        }
    }
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_deletion_that_no_worker_survives_deletes_nobody() {
    let mut scene = Scene::of(100).await;
    scene.people(3).await;
    scene.house.rest().await;
    let deletion = scene.deletion("", "userName sw \"p\"").await;
    scene.died(Target::Users, 10).await;
    scene.house.work();
    let ended = scene.ended(&deletion).await;
    assert_eq!((&ended["outcome"], &ended["reasons"]), (&json!("failed"), &json!({ "skipped": 3 })));
    assert_eq!(scene.everybody().await.len(), 3);
    scene.house.stop_to_check().await;
}
