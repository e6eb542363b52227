//! Stopping a job, doing the rest of it, and what becomes of an item that nothing survives.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use throng_backends::RealClock;
use throng_directory::Clock;
use throng_directory::port::{Claim, Class, StoreExt};
use throng_jobs::Token;

use super::{JOBS, MANY, Server};
use crate::house::Call;

/// An answer that a job is stopped holds through a crash, at most one more chunk comes after it, and it can be given
/// again.
#[tokio::test]
async fn g14_a_stop_is_durable_and_at_most_a_chunk_late() {
    let server = Server::of(2).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    server.disk.slow_down();
    let job = server.submit(&group, &[("add", &people)]).await;
    server.when(&job, |job| job["counts"]["processed"].as_u64() > Some(0)).await;
    let stopping = server.abort(&job, 200).await;
    let done = stopping["counts"]["processed"].as_u64().unwrap();
    assert!(done < 190, "it was to last until here: {stopping}");
    let again = server.abort(&job, 200).await;
    assert!(["ABORT_IN_PROGRESS", "ABORTED"].contains(&again["state"].as_str().unwrap()), "{again}");

    let after = server.on(server.image()).await;
    for server in [&server, &after] {
        let ended = server.ended(&job).await;
        assert_eq!(ended["state"], "ABORTED");
        let created = ended["counts"]["created"].as_u64().unwrap();
        assert!((done..=done + 2).contains(&created), "{done} at the stop, {created} in the end");
        assert_eq!(ended["counts"]["skipped"], MANY as u64 - created);
        assert_eq!(server.members(&group).await.len() as u64, created);
        assert_eq!(server.abort(&job, 200).await["state"], "ABORTED");
    }
    // The end came first: the answer says so.
    let small = server.submit(&group, &[("remove", &people[..1])]).await;
    assert_eq!(server.ended(&small).await["state"], "COMPLETED");
    server.abort(&small, 409).await;
    after.stop().await;
    server.stop().await;
}

/// What a job did not do is done by another, which is told nothing but its number, and does not do the rest again.
#[tokio::test]
async fn g15_the_rest_of_a_stopped_job_is_done_by_a_linked_one() {
    let mut server = Server::of(1).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    server.disk.slow_down();
    let job = server.submit(&group, &[("add", &people)]).await;
    server.halfway(&job).await;
    server.abort(&job, 200).await;
    server.house.work();
    let stopped = server.ended(&job).await;
    let skipped = stopped["counts"]["skipped"].as_u64().unwrap();
    assert!((1..MANY as u64).contains(&skipped), "{stopped}");

    let redrive = async |job: &str, status: u16| {
        let call = Call::new("POST", &format!("{JOBS}/{job}/redrive")).key(&server.key);
        let call = call.header("content-type", "application/json").body("{}");
        server.house.send(call).await.expect(status).json()
    };
    let made = redrive(&job, 202).await;
    assert_eq!(made["redrives"], stopped["number"]);
    let ended = server.ended(&made["number"].to_string()).await;
    assert_eq!(ended["counts"]["total"], skipped);
    assert_eq!(ended["reasons"], json!({ "created": skipped }));
    assert_eq!(server.members(&group).await, people);
    // Nothing is left of the second one, and the first is as it was.
    redrive(&made["number"].to_string(), 409).await;
    assert_eq!(server.job(&job).await["counts"], stopped["counts"]);
    server.stop().await;
}

/// A job whose workers die again and again loses the one item at which they die, and goes on.
#[tokio::test]
async fn g16_the_item_that_kills_its_workers_is_set_aside() {
    let mut server = Server::of(4).await;
    let people = server.people(MANY).await;
    let group = server.group("g").await;
    server.house.rest().await;
    let job = server.submit(&group, &[("add", &people)]).await;

    let image = server.image();
    let settings = throng_store::Settings::default();
    // Three deaths change nothing, two halve the chunk to one item, three more are its own.
    for death in 0..8 {
        // Whoever claimed the job is gone before anything of it was committed.
        let store = throng_store::open(image.path(), &settings, Arc::new(RealClock)).unwrap();
        let (lease, now) = (Duration::from_secs(15), RealClock.now());
        let claim = Claim { after: None, token: Token::from_bytes([death; 16]), lease, now };
        let held = store.write(Class::Chunk, move |tx| tx.claim(&claim)).await.unwrap().unwrap();
        assert_eq!(held.job.number.to_string(), job);
    }
    let after = server.on(image).await;
    let ended = after.ended(&job).await;
    assert_eq!(ended["reasons"], json!({ "poison": 1, "created": MANY - 1 }));
    let items = after.items(&job).await;
    assert_eq!((&items[0]["outcome"], &items[0]["reason"]), (&json!("failed"), &json!("poison")));
    assert_eq!(after.members(&group).await, people[1..]);
    after.stop().await;

    // Where nobody dies nobody is given up.
    server.house.work();
    assert_eq!(server.ended(&job).await["reasons"], json!({ "created": MANY }));
    server.stop().await;
}
