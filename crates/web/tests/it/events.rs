//! `…/jobs/events` and `…/jobs/{jobId}/events`: jobs as they go on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use http::Response;
use serde_json::{Value, json};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Dialect, Role};
use throng_scim::Registry;
use throng_web::EventSettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use crate::house::Call;
use crate::imports::{part, upload};
use crate::jobs::Scene;

const JOBS: &str = "/api/v1/accounts/ACME/jobs";
/// Longer than streams look back.
const LATER: i64 = 180_000_000;

/// What stands between two empty lines.
#[derive(Debug, Default)]
struct Block {
    id: String,
    event: String,
    data: Value,
    is_comment: bool,
    has_retry: bool,
}

impl Block {
    fn of(text: &str) -> Self {
        let mut block = Self::default();
        for line in text.lines() {
            match line.split_once(": ").unwrap_or((line, "")) {
                ("id", id) => id.clone_into(&mut block.id),
                ("event", event) => event.clone_into(&mut block.event),
                ("data", data) => block.data = serde_json::from_str(data).unwrap(),
                ("retry", _) => block.has_retry = true,
                (":", _) => block.is_comment = true,
                _ => panic!("{line:?}"),
            }
        }
        block
    }

    fn number(&self) -> i64 {
        self.data["number"].as_i64().unwrap()
    }

    fn processed(&self) -> u64 {
        self.data["counts"]["processed"].as_u64().unwrap()
    }

    fn is_end(&self) -> bool {
        self.data.get("endedAt").is_some()
    }

    fn mark(&self) -> String {
        let state = self.data["state"].as_str().unwrap();
        format!("{state}-{}-{}", self.processed(), self.data["counts"]["total"])
    }
}

/// A client that listens.
struct Listener {
    body: BodyDataStream,
    text: String,
    /// The last id that it was told.
    id: String,
}

impl Listener {
    async fn of(scene: &Scene, key: &str, path: &str, seen: &str) -> Self {
        let response = answer(scene, key, path, seen).await;
        assert_eq!(response.status(), 200);
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store"),
            ("x-accel-buffering", "no"),
        ] {
            assert_eq!(response.headers()[name], value);
        }
        let body = response.into_body().into_data_stream();
        let mut listener = Self { body, text: String::new(), id: seen.to_owned() };
        assert!(listener.block().await.unwrap().has_retry);
        listener
    }

    /// The next block; none at the end.
    async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (Block::of(block), rest.to_owned());
                self.text = rest;
                if !block.id.is_empty() {
                    block.id.clone_into(&mut self.id);
                }
                return Some(block);
            }
            let piece = timeout(Duration::from_secs(30), self.body.next()).await.unwrap();
            let Some(piece) = piece else {
                assert_eq!(self.text, "");
                return None;
            };
            self.text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
    }

    /// The next event; none at the end.
    async fn event(&mut self) -> Option<Block> {
        loop {
            let block = self.block().await?;
            if !block.event.is_empty() {
                assert_eq!(block.event, "job");
                return Some(block);
            }
        }
    }

    /// Events until these jobs have ended.
    async fn ends_of(&mut self, jobs: &[&str]) -> Vec<Block> {
        let mut wanted: BTreeSet<&str> = jobs.iter().copied().collect();
        let mut events = Vec::new();
        while !wanted.is_empty() {
            let event = self.event().await.unwrap();
            if event.is_end() {
                wanted.remove(event.number().to_string().as_str());
            }
            events.push(event);
        }
        events
    }
}

async fn answer(scene: &Scene, key: &str, path: &str, seen: &str) -> Response<Body> {
    let call = Call::get(&format!("{JOBS}{path}")).key(key);
    scene.house.open(if seen.is_empty() { call } else { call.header("last-event-id", seen) }).await
}

/// A job of so many items, one a chunk.
async fn job(scene: &Scene, group: &str, items: usize) -> String {
    let many: Vec<Value> = (0..items).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    scene.patch(group, &json!([{ "op": "add", "path": "members", "value": many }])).await
}

/// No event is told twice, and of no job anything after its end.
#[track_caller]
fn check_once(events: &[&Block]) {
    let (mut told, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        assert!(told.insert((event.number(), event.mark())), "twice: {}", event.data);
        assert!(!ended.contains(&event.number()), "after its end: {}", event.data);
        if event.is_end() {
            ended.insert(event.number());
        }
    }
}

#[tokio::test]
async fn a_job_is_told_as_it_goes_on_until_it_has_ended() {
    let scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let number = job(&scene, &group, 4_000).await;
    let begun = Instant::now();
    let mut listener = Listener::of(&scene, &scene.key, &format!("/{number}/events"), "").await;
    let mut events = Vec::new();
    while let Some(event) = listener.event().await {
        assert_eq!((event.number().to_string(), &event.id), (number.clone(), &event.mark()));
        events.push(event);
    }
    assert!(events.is_sorted_by_key(Block::processed), "{events:?}");
    assert!(events.len() >= 3, "{events:?}");
    let most = begun.elapsed().as_millis() / 500 + 1;
    assert!(events.len() as u128 <= most, "{} events, {most} at most", events.len());
    check_once(&events.iter().collect::<Vec<_>>());
    assert_eq!(events.iter().filter(|event| event.is_end()).count(), 1);
    let last = events.last().unwrap();
    assert_eq!(last.data, scene.get(&format!("/{number}")).await);

    // Who has seen the end need not come back; who has not is told it.
    let path = format!("/{number}/events");
    assert_eq!(answer(&scene, &scene.key, &path, &last.id).await.status(), 204);
    for seen in ["", "IN_PROGRESS-7-4000"] {
        let mut listener = Listener::of(&scene, &scene.key, &path, seen).await;
        assert_eq!(listener.event().await.unwrap().data, last.data);
        assert!(listener.block().await.is_none());
    }
    scene.house.stop().await;
}

#[tokio::test]
async fn a_job_goes_on_being_told_behind_the_last_event() {
    let scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let number = job(&scene, &group, 2_000).await;
    let path = format!("/{number}/events");
    let mut events: Vec<Block> = Vec::new();
    // The client loses its connection after each event.
    let mut id = String::new();
    while !events.last().is_some_and(Block::is_end) {
        let mut listener = Listener::of(&scene, &scene.key, &path, &id).await;
        let event = listener.event().await.unwrap();
        event.id.clone_into(&mut id);
        events.push(event);
    }
    assert!(events.is_sorted_by_key(Block::processed));
    check_once(&events.iter().collect::<Vec<_>>());
    assert_eq!(answer(&scene, &scene.key, &path, &id).await.status(), 204);
    scene.house.stop().await;
}

#[tokio::test]
async fn all_jobs_are_told_and_what_was_missed_is_told_after_coming_back() {
    let scene = Scene::of(1).await;
    let (one, other) = (scene.group("one", &[]).await, scene.group("other", &[]).await);
    let mut listener = Listener::of(&scene, &scene.key, "/events", "").await;
    let (first, second) = (job(&scene, &one, 300).await, job(&scene, &other, 300).await);
    let before = listener.ends_of(&[&first, &second]).await;
    // One is on its way when the connection breaks, and the client has seen of it.
    let long = job(&scene, &one, 1_500).await;
    let begun = loop {
        let event = listener.event().await.unwrap();
        if event.number().to_string() == long && event.processed() > 0 {
            break event;
        }
    };
    let id = listener.id.clone();
    drop(listener);

    // More than one look finds. The last ends long after the first.
    let mut missed = vec![long.clone()];
    for _ in 0..40 {
        let small = job(&scene, &other, 1).await;
        scene.ended(&small).await;
        missed.push(small);
    }
    scene.ended(&long).await;
    scene.house.advance(LATER);
    let late = job(&scene, &other, 1).await;
    scene.ended(&late).await;
    missed.push(late);
    let jobs: Vec<&str> = missed.iter().map(String::as_str).collect();
    let mut listener = Listener::of(&scene, &scene.key, "/events", &id).await;
    let after = listener.ends_of(&jobs).await;
    let all: Vec<&Block> = before.iter().chain([&begun]).chain(&after).collect();
    check_once(&all);
    assert_eq!(after.len(), jobs.len(), "{after:?}");
    drop(listener);

    // From the id of each event on: what came behind it, and nothing else.
    for (at, event) in after.iter().enumerate() {
        let mut listener = Listener::of(&scene, &scene.key, "/events", &event.id).await;
        for expected in &after[at + 1..] {
            assert_eq!(listener.event().await.unwrap().data, expected.data);
        }
        if at == after.len() - 1 {
            let fresh = job(&scene, &one, 1).await;
            let told = listener.ends_of(&[&fresh]).await;
            assert!(told.iter().all(|event| event.number().to_string() == fresh), "{told:?}");
        }
    }
    // Whoever comes without an id is told what goes on, and not what was.
    let mut listener = Listener::of(&scene, &scene.key, "/events", "").await;
    let fresh = job(&scene, &one, 1).await;
    let told = listener.ends_of(&[&fresh]).await;
    assert!(told.iter().all(|event| event.number().to_string() == fresh), "{told:?}");
    scene.house.stop().await;
}

#[tokio::test]
async fn the_id_before_the_first_event_is_good() {
    let mut scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let listener = Listener::of(&scene, &scene.key, "/events", "").await;
    let id = listener.id.clone();
    assert!(!id.is_empty());
    drop(listener);
    let missed = job(&scene, &group, 1).await;
    scene.ended(&missed).await;
    scene.house.advance(LATER);
    // Also on another node, which hears no bell of the one that works.
    let works = Arc::clone(&scene.house.directory);
    scene.house.redefine(Registry::standard()).await.unwrap();
    let mut listener = Listener::of(&scene, &scene.key, "/events", &id).await;
    assert_eq!(listener.ends_of(&[&missed]).await.len(), 1);
    let next = job(&scene, &group, 300).await;
    check_once(&listener.ends_of(&[&next]).await.iter().collect::<Vec<_>>());
    drop(works);

    // Only as it was made, and only for whom it was made.
    let other = scene.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    let shorter = &id[..id.len() - 1];
    let long = "x".repeat(5_000);
    for (key, seen) in [(&other, id.as_str()), (&scene.key, shorter), (&scene.key, "7"), (&scene.key, &long)]
    {
        assert_eq!(answer(&scene, key, "/events", seen).await.status(), 400, "{seen}");
    }
    scene.house.stop().await;
}

#[tokio::test]
async fn an_end_that_appears_behind_others_is_told() {
    let scene = Scene::of(1).await;
    let (one, other) = (scene.group("one", &[]).await, scene.group("other", &[]).await);
    let mut listener = Listener::of(&scene, &scene.key, "/events", "").await;
    let (small, long) = (job(&scene, &other, 1).await, job(&scene, &one, 2_000).await);
    let mut events = listener.ends_of(&[&small]).await;
    while !events.iter().any(|event| event.number().to_string() == long) {
        events.push(listener.event().await.unwrap());
    }
    // As if its end had been on its way for longer than streams look back.
    scene.house.advance(-2 * LATER);
    let id = listener.id.clone();
    events.extend(listener.ends_of(&[&long]).await);
    let last = job(&scene, &other, 1).await;
    events.extend(listener.ends_of(&[&last]).await);
    check_once(&events.iter().collect::<Vec<_>>());
    // And to who comes back.
    let mut listener = Listener::of(&scene, &scene.key, "/events", &id).await;
    let again = listener.ends_of(&[&long, &last]).await;
    assert_eq!(again.len(), 2, "{again:?}");
    scene.house.stop().await;
}

#[tokio::test]
async fn imports_are_told_to_administrators_alone() {
    let scene = Scene::of(2).await;
    let reader = scene.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    let mut ours = Listener::of(&scene, &scene.key, "/events", "").await;
    let mut theirs = Listener::of(&scene, &reader, "/events", "").await;
    let body = format!("{}--XX--\r\n", part("file", "Login Id,Last Name,First Name\nzoe,Z,Zoe\n"));
    let accepted = scene.house.send(upload(&scene.key, "", &body)).await.expect(202).json();
    let import = scene.ended(accepted["jobId"].as_str().unwrap()).await;
    let number = import["number"].to_string();
    let group = scene.group("g", &[]).await;
    let after = job(&scene, &group, 1).await;
    scene.ended(&after).await;
    let told = ours.ends_of(&[&number, &after]).await;
    assert!(told.iter().any(|event| event.data == import));
    let told = theirs.ends_of(&[&after]).await;
    assert!(told.iter().all(|event| event.data["kind"] == "membership"), "{told:?}");
    let path = format!("/{number}/events");
    assert_eq!(answer(&scene, &reader, &path, "").await.status(), 404);
    // And not when they come back.
    let id = theirs.id.clone();
    let mut theirs = Listener::of(&scene, &reader, "/events", &id).await;
    let last = job(&scene, &group, 1).await;
    let told = theirs.ends_of(&[&last]).await;
    assert!(told.iter().all(|event| event.number().to_string() == last), "{told:?}");
    scene.house.stop().await;
}

#[tokio::test]
async fn who_sent_a_bulk_request_is_told_of_its_job() {
    let scene = Scene::of(1).await;
    let key = async || scene.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    let (sender, other) = (key().await, key().await);
    let mut ours = Listener::of(&scene, &sender, "/events", "").await;
    let mut theirs = Listener::of(&scene, &other, "/events", "").await;
    let message = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{ "method": "DELETE", "path": "/Users/x" }] });
    let dry = Call::new("POST", "/scim/v2/Bulk?dryRun=true").key(&sender).json(&message);
    let plan = scene.house.send(dry).await.expect(200).json()["jobId"].to_string();
    let group = scene.group("g", &[]).await;
    let after = job(&scene, &group, 1).await;
    scene.ended(&after).await;
    let told = ours.ends_of(&[&plan, &after]).await;
    assert!(told.iter().any(|event| event.data["kind"] == "bulk_plan"), "{told:?}");
    let told = theirs.ends_of(&[&after]).await;
    assert!(told.iter().all(|event| event.data["kind"] == "membership"), "{told:?}");
    scene.house.stop().await;
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let number = job(&scene, &group, 20_000).await;
    let mut one = Listener::of(&scene, &scene.key, &format!("/{number}/events"), "").await;
    let mut all = Listener::of(&scene, &scene.key, "/events", "").await;
    assert!(!one.event().await.unwrap().is_end() && !all.event().await.unwrap().is_end());
    scene.house.directory.stop_waiting();
    let end = async {
        while one.event().await.is_some() {}
        while all.event().await.is_some() {}
    };
    timeout(Duration::from_secs(5), end).await.unwrap();
    // Nor does anybody wait who comes now.
    let mut late = answer(&scene, &scene.key, "/events", "").await.into_body().into_data_stream();
    timeout(Duration::from_secs(5), async { while late.next().await.is_some() {} }).await.unwrap();
    scene.house.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_key() {
    let mut scene = Scene::of(1).await;
    let (heartbeat, key_checked_every) = (Duration::from_millis(50), Duration::from_millis(20));
    scene.house.tell_by(EventSettings { heartbeat, key_checked_every, ..EventSettings::default() });
    let ann = scene.house.user(&scene.key, "ann").await;
    let request = KeyRequest { user: Some(ann.clone()), ..KeyRequest::new(Some("ACME"), Role::Reader) };
    let key = scene.house.key(request).await;
    let mut listener = Listener::of(&scene, &key, "/events", "").await;
    // Comments with an id that moves on, while the key is good.
    let mut ids = BTreeSet::new();
    while ids.len() < 3 {
        let block = listener.block().await.unwrap();
        if block.is_comment {
            ids.insert(block.id);
        }
    }
    scene.house.send(Call::new("DELETE", &format!("/scim/v2/Users/{ann}")).key(&scene.key)).await.expect(204);
    scene.house.advance(2_000_000);
    timeout(Duration::from_secs(5), async { while listener.block().await.is_some() {} }).await.unwrap();
    assert_eq!(answer(&scene, &key, "/events", &listener.id).await.status(), 401);
    scene.house.stop().await;
}

/// Tries until there is room again, or fails.
async fn room(scene: &Scene) -> Response<Body> {
    let tries = async {
        loop {
            let response = answer(scene, &scene.key, "/events", "").await;
            if response.status() == 200 {
                return response;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), tries).await.unwrap()
}

#[tokio::test]
async fn there_are_so_many_streams_and_whoever_goes_makes_room() {
    let mut scene = Scene::of(1).await;
    scene.house.tell_by(EventSettings { streams_max: 2, streams_in_all_max: 3, ..EventSettings::default() });
    let theirs = scene.house.key_of(Some("OTHER"), Role::Reader, Dialect::Standard).await;
    let first = answer(&scene, &scene.key, "/events", "").await;
    let second = answer(&scene, &scene.key, "/events", "").await;
    let refused = answer(&scene, &scene.key, "/events", "").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    // HEAD takes no place.
    let head = Call::new("HEAD", &format!("{JOBS}/events")).key(&scene.key);
    let head = scene.house.open(head).await;
    assert_eq!(
        (head.status().as_u16(), &head.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    assert!(!head.headers().contains_key("content-length"));
    let elsewhere = Call::get("/api/v1/accounts/OTHER/jobs/events").key(&theirs);
    let third = scene.house.open(elsewhere.clone()).await;
    assert_eq!(third.status(), 200);
    assert_eq!(scene.house.open(elsewhere).await.status(), 429);
    drop(second);
    let again = room(&scene).await;
    assert_eq!(answer(&scene, &scene.key, "/events", "").await.status(), 429);
    drop((first, third, again));

    // Over a socket, too: closing the connection makes room.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(axum::serve(listener, scene.house.router()).into_future());
    let mut sockets = Vec::new();
    for _ in 0..2 {
        drop(room(&scene).await);
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET {JOBS}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", scene.key);
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0u8; 12];
        socket.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        sockets.push(socket);
    }
    assert_eq!(answer(&scene, &scene.key, "/events", "").await.status(), 429);
    sockets.pop();
    drop(room(&scene).await);
    serving.abort();
    scene.house.stop().await;
}

#[tokio::test]
async fn a_slow_client_is_told_what_is_and_not_all_that_was() {
    let mut scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let number = job(&scene, &group, 3_000).await;
    let mut listener = Listener::of(&scene, &scene.key, &format!("/{number}/events"), "").await;
    let first = listener.event().await.unwrap();
    scene.ended(&number).await;
    // What waited for it meanwhile is at most one event.
    let mut events = vec![first];
    while let Some(event) = listener.event().await {
        events.push(event);
    }
    assert!(events.len() <= 3 && events.last().unwrap().is_end(), "{events:?}");
    check_once(&events.iter().collect::<Vec<_>>());

    // One that takes nothing at all is given up, and makes room.
    let stalled_max = Duration::from_millis(50);
    scene.house.tell_by(EventSettings { streams_max: 1, stalled_max, ..EventSettings::default() });
    let stalled = answer(&scene, &scene.key, "/events", "").await;
    drop(room(&scene).await);
    drop(stalled);
    scene.house.stop().await;
}

#[tokio::test]
async fn who_may_not_see_a_job_may_not_listen_to_it() {
    let scene = Scene::timed(100).await;
    let group = scene.group("g", &[]).await;
    let number = job(&scene, &group, 1).await;
    scene.ended(&number).await;
    let theirs = scene.house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    for (path, status) in [
        (format!("{JOBS}/{number}/events"), 403),
        (format!("{JOBS}/events"), 403),
        (format!("/api/v1/accounts/OTHER/jobs/{number}/events"), 404),
    ] {
        scene.house.send(Call::get(&path).key(&theirs)).await.expect(status);
    }
    let head = Call::new("HEAD", &format!("{JOBS}/{number}/events")).key(&scene.key);
    scene.house.send(head).await.expect(200);
    for unknown in ["/999999/events", "/x/events"] {
        assert_eq!(answer(&scene, &scene.key, unknown, "").await.status(), 404);
    }
    let mut listener = Listener::of(&scene, &scene.key, "/events", "").await;
    let last = job(&scene, &group, 1).await;
    let id = listener.ends_of(&[&last]).await.remove(0).id;
    scene.house.set(json!({ "job_retention_days": 1 })).await;
    scene.house.advance(2 * 86_400_000_000);
    scene.house.throw_away().await;
    let path = format!("{JOBS}/{number}/events");
    scene.house.send(Call::get(&path).key(&scene.key)).await.expect(410);
    // What is not kept any more is not told either.
    let mut listener = Listener::of(&scene, &scene.key, "/events", &id).await;
    let now = job(&scene, &group, 1).await;
    let told = listener.ends_of(&[&now]).await;
    assert!(told.iter().all(|event| event.number().to_string() == now), "{told:?}");
    scene.house.stop().await;
}
