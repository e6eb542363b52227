//! What an answer with a job's number means.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use throng_store::CommitFault;
use tokio::time::timeout;

use super::{JOBS, MANY, Server};
use crate::house::Call;

/// What is accepted is there after a crash, with everything that it needs.
#[tokio::test]
async fn g01_an_accepted_job_survives_a_crash_right_after_the_answer() {
    let mut server = Server::of(100).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    server.house.rest().await;
    let call = server.write(&group, &[("add", &people)]);
    let job = {
        // Nobody is told as long as it is not on the disk.
        server.disk.set(|state| state.left = Some(0));
        let mut sending = pin!(server.house.send(call));
        assert!(
            timeout(Duration::from_millis(200), &mut sending).await.is_err(),
            "answered before the commit"
        );
        server.disk.set(|state| state.left = None);
        sending.await.expect(202).header("throng-job").to_owned()
    };
    let after = server.on(server.image()).await;
    let ended = after.ended(&job).await;
    assert_eq!((&ended["state"], &ended["reasons"]), (&json!("COMPLETED"), &json!({ "created": MANY })));
    assert_eq!(after.members(&group).await, people);
    after.stop().await;
    server.stop().await;
}

/// What is refused made nothing.
#[tokio::test]
async fn g03_what_is_refused_leaves_no_job() {
    let mut server = Server::of(100).await;
    let people = server.people(3).await;
    let group = server.group("g").await;
    server.house.rest().await;
    let before = server.jobs().await;

    // Storage that is full when everything else is done.
    let call = server.write(&group, &[("add", &people)]).header("idempotency-key", "k");
    server.disk.set(|state| state.fault = Some(CommitFault::Full));
    let refused = server.house.send(call.clone()).await.expect(503);
    assert!(!refused.header("retry-after").is_empty());
    server.disk.set(|state| state.fault = None);
    assert_eq!(server.jobs().await, before);

    // A request that is found wrong after part of it was written.
    server.house.set(json!({ "unknown_members": "reject" })).await;
    let wrong = json!({ "displayName": "renamed", "Operations": [
        { "op": "replace", "path": "displayName", "value": "renamed" },
        { "op": "add", "path": "members", "value": [{ "value": "nobody" }] } ] });
    let path = format!("/scim/v2/Groups/{group}");
    server.send("PATCH", &path, &wrong).await.expect(400);
    assert_eq!(server.jobs().await, before);
    assert_eq!(server.get(&path).await["displayName"], "g");

    // None of this is in the way of the same request, sent again.
    server.house.send(call).await.expect(202);
    assert_eq!(server.jobs().await.len(), before.len() + 1);
    server.stop().await;
}

/// A request that is half there is nowhere to be seen.
#[tokio::test]
async fn g03_what_is_half_received_is_not_seen() {
    let mut server = Server::of(100).await;
    let group = server.group("g").await;
    server.house.rest().await;
    let before = server.jobs().await;
    // Its second megabyte waits for the disk.
    let long: Vec<String> = (0..2_000).map(|n| format!("{n:0>900}")).collect();
    let large = server.write(&group, &[("add", &long)]);
    server.disk.set(|state| state.left = Some(1));
    let mut sending = Box::pin(server.house.send(large));
    while !server.disk.is_waited_for() {
        assert!(timeout(Duration::from_millis(5), &mut sending).await.is_err(), "nothing of it was stored");
    }
    assert_eq!(server.jobs().await, before);
    let after = server.on(server.image()).await;
    after.house.directory.sweep_staged().await;
    assert_eq!(after.jobs().await, before);
    after.stop().await;
    server.disk.set(|state| (state.left, state.fault) = (None, Some(CommitFault::Full)));
    sending.await.expect(503);
    server.disk.set(|state| state.fault = None);
    assert_eq!(server.jobs().await, before);
    server.stop().await;
}

/// Where nobody knows, the answer says so, and the same request sent again tells what is true.
#[tokio::test]
async fn g04_an_unknown_outcome_is_said_and_found_out_by_a_retry() {
    for (fault, is_there) in [(CommitFault::Before, false), (CommitFault::After, true)] {
        let server = Server::of(100).await;
        let people = server.people(3).await;
        let group = server.group("g").await;
        let before = server.jobs().await.len();
        let call = server.write(&group, &[("add", &people)]).header("idempotency-key", "k");
        server.disk.set(|state| state.fault = Some(fault));
        let unknown = server.house.send(call.clone()).await.expect(503);
        assert!(!unknown.header("retry-after").is_empty());
        let detail = unknown.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("commit-outcome-unknown"), "{detail}");

        let after = server.on(server.image()).await;
        assert_eq!(after.jobs().await.len(), before + usize::from(is_there), "{fault:?}");
        let known = after.house.send(call).await.expect(202);
        let replayed = if is_there { "true" } else { "" };
        assert_eq!(known.header("idempotent-replayed"), replayed, "{fault:?}");
        let ended = after.ended(known.header("throng-job")).await;
        assert_eq!(ended["reasons"], json!({ "created": 3 }));
        assert_eq!(after.jobs().await.len(), before + 1);
        after.stop().await;
    }
}

/// The same request is the same job, however often and from wherever it is sent at once.
#[tokio::test]
async fn g05_duplicates_with_one_key_make_one_job() {
    let server = Server::of(100).await;
    let people = server.people(3).await;
    let group = server.group("g").await;
    let before = server.jobs().await.len();
    let call = server.write(&group, &[("add", &people)]).header("idempotency-key", "k");
    let answers = join_all((0..50).map(|_| server.house.send(call.clone()))).await;
    let job = answers[0].header("throng-job").to_owned();
    assert_eq!(server.jobs().await.len(), before + 1);
    let mut first = 0;
    for answer in answers {
        let answer = answer.expect(202);
        assert_eq!(answer.header("throng-job"), job);
        first += u32::from(answer.header("idempotent-replayed") != "true");
    }
    assert_eq!(first, 1);
    // Not with another body, and after a week still.
    let other = server.write(&group, &[("remove", &people)]).header("idempotency-key", "k");
    server.house.send(other).await.expect(422);
    server.house.advance(7 * 86_400 * 1_000_000);
    let replayed = server.house.send(call).await.expect(202);
    assert_eq!((replayed.header("throng-job"), replayed.header("idempotent-replayed")), (&*job, "true"));
    server.stop().await;
}

/// As long as a job is shown its key stands for it, and no longer.
#[tokio::test]
async fn g05_a_key_is_remembered_as_long_as_its_job() {
    let server = Server::of(100).await;
    let people = server.people(3).await;
    let group = server.group("g").await;
    server.house.set(json!({ "job_retention_days": 90 })).await;
    let call = server.write(&group, &[("add", &people)]).header("idempotency-key", "k");
    let job = server.house.send(call.clone()).await.expect(202).header("throng-job").to_owned();
    server.ended(&job).await;
    // Twice past the time that keys without a job have: at first nobody keeps house, because the clock has jumped.
    server.house.advance(40 * 86_400 * 1_000_000);
    let replayed = server.house.send(call.clone()).await.expect(202);
    assert_eq!(replayed.header("throng-job"), job);
    server.house.advance_far(40 * 86_400 * 1_000_000).await;
    // Keeping house comes every minute, and looks for it every 20 ms.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let replayed = server.house.send(call.clone()).await.expect(202);
    assert_eq!(replayed.header("throng-job"), job);
    server.house.advance_far(40 * 86_400 * 1_000_000).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.house.send(Call::get(&format!("{JOBS}/{job}")).key(&server.key)).await.expect(410);
    // It is looked at once a day.
    server.house.advance_far(25 * 3_600 * 1_000_000).await;
    let again = server.house.send(call).await.expect(202);
    assert_ne!(again.header("throng-job"), job);
    server.stop().await;
}

/// A job is found under each of its names as soon as it is accepted.
#[tokio::test]
async fn g06_a_job_is_there_at_once() {
    let mut server = Server::of(100).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    // Nobody works: what is accepted waits.
    server.house.rest().await;
    for _ in 0..3 {
        let job = server.submit(&group, &[("add", &people)]).await;
        let found = server.job(&job).await;
        assert_eq!(found["state"], "PENDING");
        assert_eq!(server.job(found["id"].as_str().unwrap()).await["number"], found["number"]);
        let report = server.get(&format!("/v2/Groups/JobReport/{job}")).await;
        assert_eq!((&report["id"], &report["status"]), (&found["number"], &json!("ongoing")));
        assert_eq!(server.jobs().await[0]["number"], found["number"]);
        let chosen = server.get(&format!("{JOBS}?state=PENDING&target={group}")).await;
        assert_eq!(chosen["jobs"][0]["number"], found["number"]);
    }
    let refused = Call::get(&format!("{JOBS}/999999")).key(&server.key);
    server.house.send(refused).await.expect(404);
    server.stop().await;
}
