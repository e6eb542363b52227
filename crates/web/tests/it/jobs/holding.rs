//! What holds jobs back, and for how long they are kept.

use serde_json::{Value, json};
use throng_directory::{Dialect, Role};

use super::{JOBS, Scene};
use crate::house::Call;

const DAY: i64 = 86_400_000_000;

fn members(ids: &[String]) -> Value {
    ids.iter().map(|id| json!({ "value": id })).collect()
}

pub fn change(op: &str, ids: &[String]) -> Value {
    json!([{ "op": op, "path": "members", "value": members(ids) }])
}

impl Scene {
    pub async fn people(&self, n: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for n in 0..n {
            ids.push(self.house.user(&self.key, &format!("p{n}")).await);
        }
        ids
    }

    /// A write of members by a job, with these parameters.
    async fn write(&self, group: &str, query: &str, operations: &Value, status: u16) -> crate::house::Answer {
        let call = Call::new("PATCH", &format!("/scim/v2/Groups/{group}{query}")).key(&self.key);
        let call = call.json(&json!({ "Operations": operations })).header("prefer", "respond-async");
        self.house.send(call).await.expect(status)
    }

    pub async fn job_of(&self, group: &str, query: &str, operations: &Value) -> String {
        self.write(group, query, operations, 202).await.header("throng-job").to_owned()
    }

    async fn act(&self, job: &str, verb: &str, key: &str, status: u16) -> Value {
        let call = Call::new("POST", &format!("{JOBS}/{job}/{verb}")).key(key);
        self.house.send(call).await.expect(status).json()
    }

    /// The job when it is in this state.
    pub async fn in_state(&self, job: &str, state: &str) -> Value {
        for _ in 0..3_000 {
            let found = self.get(&format!("/{job}")).await;
            if found["state"] == state {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("job {job} never is {state}");
    }

    async fn count(&self, group: &str) -> usize {
        let group = self.house.send(Call::get(&format!("/scim/v2/Groups/{group}")).key(&self.key)).await;
        group.expect(200).json()["members"].as_array().map_or(0, Vec::len)
    }
}

#[tokio::test]
async fn what_removes_too_much_waits_until_somebody_else_approves_it() {
    let scene = Scene::of(100).await;
    let ids = scene.people(12).await;
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    scene.house.set(json!({ "guard_count": 3, "guard_percent": 10 })).await;
    let approver = scene.house.key_of(Some("ACME"), Role::Approver, Dialect::Standard).await;
    let reader = scene.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;

    // Three are free, whatever is added.
    let free = scene.job_of(&group, "", &change("remove", &ids[..2])).await;
    assert_eq!(scene.ended(&free).await["counts"]["removed"], 2);
    // Two more are four in a day.
    let held = scene.job_of(&group, "", &change("remove", &ids[2..4])).await;
    let waits = scene.in_state(&held, "AWAITING_APPROVAL").await;
    assert!(waits["message"].as_str().unwrap().contains("removes 2 of 10, after 2 removed"), "{waits}");
    assert!(waits.get("heldAt").is_some() && waits.get("jobsAhead").is_none(), "{waits}");
    assert_eq!((&waits["counts"]["pending"], &waits["counts"]["total"]), (&json!(2), &json!(2)));
    let report = scene.house.send(Call::get(&format!("/v2/Groups/JobReport/{held}")).key(&scene.key)).await;
    assert_eq!(report.expect(200).json()["status"], "ongoing");
    assert_eq!(scene.count(&group).await, 10);

    // It is in nobody's way, and adding is no matter of guards.
    let added = scene.job_of(&group, "", &change("add", &ids[..2])).await;
    assert_eq!(scene.ended(&added).await["counts"]["created"], 2);
    // A replace is judged by whom it removes.
    let replace = scene.job_of(&group, "", &change("replace", &ids[..6])).await;
    let waits = scene.in_state(&replace, "AWAITING_APPROVAL").await;
    assert!(waits["message"].as_str().unwrap().contains("removes 6 of 12, after 2"), "{waits}");

    let refused = scene.act(&held, "approve", &scene.key, 403).await;
    assert!(refused["detail"].as_str().unwrap().contains("another client"), "{refused}");
    scene.act(&held, "approve", &reader, 403).await;
    scene.act(&added, "approve", &approver, 409).await;
    // Who says 200 says that it is done: a small write that waits is 202.
    let small = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(&scene.key);
    let small = small.json(&json!({ "Operations": change("remove", &ids[7..9]) }));
    let small = scene.house.send(small).await.expect(202).header("throng-job").to_owned();
    let refused = scene.abort(&small, 200).await;
    assert!(refused["message"].as_str().unwrap().starts_with("refused: it removes 2"), "{refused}");
    assert_eq!(refused["reasons"], json!({ "skipped": 2 }));

    let goes_on = scene.act(&held, "approve", &approver, 200).await;
    assert!(goes_on["message"].as_str().unwrap().starts_with("approved: it removes 2 of 10"), "{goes_on}");
    assert!(goes_on.get("approvedBy").is_some(), "{goes_on}");
    assert_eq!(scene.ended(&held).await["counts"]["removed"], 2);
    scene.act(&held, "approve", &approver, 409).await;

    // Nobody has to wait for ever: abort is no.
    let stopped = scene.job_of(&group, "", &change("replace", &ids[..6])).await;
    scene.in_state(&stopped, "AWAITING_APPROVAL").await;
    assert_eq!(scene.abort(&stopped, 200).await["state"], "ABORTED");
    assert_eq!(scene.abort(&replace, 200).await["state"], "ABORTED");
    scene.house.advance(8 * DAY);
    assert_eq!(scene.count(&group).await, 10);
    // What was removed a day ago does not count.
    let free = scene.job_of(&group, "", &change("remove", &ids[6..9])).await;
    assert_eq!(scene.ended(&free).await["counts"]["removed"], 3);
    scene.house.stop().await;
}

#[tokio::test]
async fn what_is_approved_is_what_was_seen_and_no_more() {
    let scene = Scene::of(100).await;
    let ids = scene.people(9).await;
    let named: Vec<&str> = ids[..4].iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    scene.house.set(json!({ "guard_count": 1 })).await;
    let approver = scene.house.key_of(Some("ACME"), Role::Approver, Dialect::Standard).await;
    let replace = scene.job_of(&group, "", &change("replace", &ids[..2])).await;
    scene.in_state(&replace, "AWAITING_APPROVAL").await;
    let added = scene.job_of(&group, "", &change("add", &ids[4..])).await;
    scene.ended(&added).await;
    // Two were seen; it would be seven by now.
    scene.act(&replace, "approve", &approver, 200).await;
    let again = scene.in_state(&replace, "AWAITING_APPROVAL").await;
    assert!(
        again["message"].as_str().unwrap().contains("removes 7 of 9") && again.get("approvedBy").is_none(),
        "{again}"
    );
    assert_eq!(scene.count(&group).await, 9);
    scene.act(&replace, "approve", &approver, 200).await;
    let ended = scene.ended(&replace).await;
    assert_eq!((&ended["counts"]["removed"], ended.get("approvedBy").is_some()), (&json!(7), true));
    // What clears away a group that was deleted is nobody's removal.
    let other = scene.group("other", &named).await;
    scene
        .house
        .send(Call::new("DELETE", &format!("/scim/v2/Groups/{other}")).key(&scene.key))
        .await
        .expect(204);
    scene.house.advance(DAY + 1_000_000);
    let free = scene.job_of(&group, "", &change("remove", &ids[..1])).await;
    assert_eq!(scene.ended(&free).await["counts"]["removed"], 1);
    scene.house.stop().await;
}

#[tokio::test]
async fn what_was_held_is_undone_by_when_it_ran() {
    let scene = Scene::timed(100).await;
    let ids = scene.people(7).await;
    let named: Vec<&str> = ids[..4].iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    scene.house.set(json!({ "guard_count": 1 })).await;
    let approver = scene.house.key_of(Some("ACME"), Role::Approver, Dialect::Standard).await;
    let held = scene.job_of(&group, "", &change("replace", &ids[..1])).await;
    scene.in_state(&held, "AWAITING_APPROVAL").await;
    let added = scene.job_of(&group, "", &change("add", &ids[4..])).await;
    scene.ended(&added).await;
    scene.act(&held, "approve", &approver, 200).await;
    scene.in_state(&held, "AWAITING_APPROVAL").await;
    scene.act(&held, "approve", &approver, 200).await;
    assert_eq!(scene.ended(&held).await["counts"]["removed"], 6);
    // The held job was accepted first, and ran last.
    let undo = async |job: &str| {
        let dry = scene.act(job, "undo?dryRun=true", &scene.key, 202).await["number"].to_string();
        (scene.ended(&dry).await["reasons"].clone(), dry)
    };
    assert_eq!(undo(&held).await.0, json!({ "created": 6 }));
    let (reasons, dry) = undo(&added).await;
    assert_eq!(reasons, json!({ "changed_since": 3 }));
    // Whom it leaves alone is found, too.
    let items = scene.get(&format!("/{dry}/items?filter=member={}", ids[5])).await;
    assert_eq!((&items["totalItems"], &items["items"][0]["reason"]), (&json!(1), &json!("changed_since")));
    scene.house.stop().await;
}

#[tokio::test]
async fn jobs_begin_at_their_time_and_after_others() {
    let scene = Scene::timed(100).await;
    let ids = scene.people(3).await;
    let group = scene.group("g", &[]).await;
    let later = scene.job_of(&group, "?notBefore=2024-04-12T00:00:00Z", &change("add", &ids[..1])).await;
    let after =
        scene.job_of(&group, &format!("?after={later}&priority=high"), &change("add", &ids[1..2])).await;
    let waits = scene.get(&format!("/{after}")).await;
    assert_eq!(waits["after"].to_string(), later);
    assert_eq!((&waits["state"], &waits["priority"]), (&json!("PENDING"), &json!("high")));
    // They hold nobody back.
    let now = scene.job_of(&group, "", &change("add", &ids[2..])).await;
    assert_eq!(scene.ended(&now).await["counts"]["created"], 1);
    for job in [&later, &after] {
        assert_eq!(scene.get(&format!("/{job}")).await["state"], "PENDING");
    }
    scene.house.advance(DAY);
    let (first, second) = (scene.ended(&later).await, scene.ended(&after).await);
    assert!(first["endedAt"].as_str().unwrap() <= second["startedAt"].as_str().unwrap());
    assert_eq!(scene.count(&group).await, 3);

    // What has passed holds nothing back: such a small job is done before the answer.
    let done = scene
        .job_of(&group, &format!("?after={later}&notBefore=2020-01-01T00:00:00Z"), &change("remove", &ids))
        .await;
    assert_eq!(scene.get(&format!("/{done}")).await["state"], "COMPLETED");
    let bad = [
        "?notBefore=soon",
        "?notBefore=2999-01-01T00:00:00Z",
        "?after=999",
        "?after=x",
        "?priority=urgent",
        "?when=1",
    ];
    for query in bad {
        scene.write(&group, query, &change("add", &ids), 400).await;
    }
    let name = json!([{ "op": "replace", "path": "displayName", "value": "later" }]);
    let refused = scene.write(&group, "?notBefore=2024-04-20T00:00:00Z", &name, 400).await;
    assert!(refused.json()["detail"].as_str().unwrap().contains("at once"), "{}", refused.json());
    scene.house.stop().await;
}

#[tokio::test]
async fn an_account_has_no_more_waiting_than_its_quota() {
    let scene = Scene::timed(100).await;
    let ids = scene.people(2).await;
    let group = scene.group("g", &[]).await;
    let tomorrow = "?notBefore=2024-04-12T00:00:00Z";
    scene.house.set(json!({ "jobs_waiting_max": 2, "items_waiting_max": 3 })).await;
    let first = scene.job_of(&group, tomorrow, &change("add", &ids)).await;
    let refused = scene.write(&group, tomorrow, &change("add", &ids), 429).await;
    // Nothing begins before tomorrow.
    let seconds = refused.header("retry-after").parse::<u32>().unwrap();
    assert!((3_600..=86_400).contains(&seconds), "{seconds}");
    assert!(refused.json()["detail"].as_str().unwrap().contains("account's jobs: 2;"), "{}", refused.json());
    let second = scene.job_of(&group, tomorrow, &change("add", &ids[..1])).await;
    let refused = scene.write(&group, tomorrow, &change("remove", &ids[..1]), 429).await;
    assert!(refused.json()["detail"].as_str().unwrap().contains("may have (2)"), "{}", refused.json());
    scene.abort(&second, 200).await;
    let third = scene.job_of(&group, "?notBefore=2024-04-11T23:00:00Z", &change("add", &ids[..1])).await;
    let refused = scene.write(&group, tomorrow, &change("remove", &ids[..1]), 429).await;
    assert!(refused.header("retry-after").parse::<u32>().unwrap() < seconds);
    scene.abort(&third, 200).await;
    // What waits for another job alone may begin at any time.
    scene.job_of(&group, &format!("?after={first}"), &change("add", &ids[..1])).await;
    let refused = scene.write(&group, tomorrow, &change("remove", &ids[..1]), 429).await;
    assert_eq!(refused.header("retry-after"), "1");
    // Small changes that need not wait are no jobs that wait.
    scene.job_of(&group, "", &change("add", &ids)).await;
    scene.abort(&first, 200).await;
    scene.job_of(&group, tomorrow, &change("add", &ids)).await;
    scene.house.stop().await;
}

#[tokio::test]
async fn ended_jobs_are_kept_for_a_time_then_gone_then_unknown() {
    let scene = Scene::timed(100).await;
    let ids = scene.people(1).await;
    let group = scene.group("g", &[]).await;
    let (old, waiting) = (
        scene.job_of(&group, "", &change("add", &ids)).await,
        scene.job_of(&group, "?notBefore=2024-12-01T00:00:00Z", &change("remove", &ids)).await,
    );
    let shown = scene.get(&format!("/{old}")).await;
    assert_eq!(
        (&shown["endedAt"].as_str().unwrap()[..10], &shown["expiresAt"].as_str().unwrap()[..10]),
        ("2024-04-11", "2024-05-11")
    );
    assert!(scene.get(&format!("/{waiting}")).await.get("expiresAt").is_none());
    scene.house.set(json!({ "job_retention_days": 10 })).await;
    scene.house.advance(9 * DAY);
    scene.house.throw_away().await;
    assert_eq!(scene.items(&old, "", 10).await.len(), 1);

    scene.house.advance(2 * DAY);
    let young = scene.job_of(&group, "", &change("add", &ids)).await;
    scene.house.throw_away().await;
    let look = async |path: &str, status: u16| {
        scene.house.send(Call::get(path).key(&scene.key)).await.expect(status).json()
    };
    for path in
        [format!("{JOBS}/{old}"), format!("{JOBS}/{old}/items"), format!("{JOBS}/{old}/items/download")]
    {
        let gone = look(&path, 410).await;
        assert!(gone["detail"].as_str().unwrap().contains("not kept"), "{gone}");
    }
    look(&format!("/v2/Groups/JobReport/{old}"), 404).await;
    let listed = look(JOBS, 200).await.to_string();
    assert!(!listed.contains(&format!("\"number\":{old},")), "{listed}");
    assert_eq!(scene.items(&young, "", 10).await.len(), 1);
    assert_eq!(scene.get(&format!("/{waiting}")).await["state"], "PENDING");

    scene.house.advance(31 * DAY);
    scene.house.throw_away().await;
    look(&format!("{JOBS}/{old}"), 404).await;
    look(&format!("{JOBS}/{young}"), 410).await;
    scene.house.stop().await;
}

#[tokio::test]
async fn who_waits_for_a_job_waits_for_its_approval_too() {
    let scene = Scene::of(100).await;
    let ids = scene.people(8).await;
    let named: Vec<&str> = ids[..6].iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    scene.house.set(json!({ "guard_count": 1 })).await;
    let approver = scene.house.key_of(Some("ACME"), Role::Approver, Dialect::Standard).await;
    let look = |job: &str, wait: &str, tag: &str| {
        let call = Call::get(&format!("{JOBS}/{job}")).key(&scene.key).header("prefer", wait);
        if tag.is_empty() { call } else { call.header("if-none-match", tag) }
    };
    let mut tags = Vec::new();
    for approves in [true, false] {
        let job = scene.job_of(&group, "", &change("remove", &ids[..2])).await;
        scene.in_state(&job, "AWAITING_APPROVAL").await;
        // It does not end while nobody decides; that it waits is news to who has not heard of it, once.
        let held = scene.house.send(look(&job, "wait=60", "W/\"none\"")).await.expect(200);
        let tag = held.header("etag").to_owned();
        assert_eq!(held.json()["state"], "AWAITING_APPROVAL");
        assert_eq!(scene.house.send(look(&job, "wait=0", &tag)).await.status, 304);
        for tag in ["", &tag] {
            let waiting = scene.house.send(look(&job, "wait=60", tag));
            assert!(tokio::time::timeout(std::time::Duration::from_millis(100), waiting).await.is_err());
        }
        let (by_end, by_news) = (look(&job, "wait=60", ""), look(&job, "wait=60", &tag));
        let deciding = async {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            if approves {
                scene.act(&job, "approve", &approver, 200).await
            } else {
                scene.abort(&job, 200).await
            }
        };
        let (end, news, decided) =
            tokio::join!(scene.house.send(by_end), scene.house.send(by_news), deciding);
        let state = if approves { "COMPLETED" } else { "ABORTED" };
        assert_eq!(end.expect(200).json()["state"], state);
        assert_ne!(news.expect(200).header("etag"), tag);
        assert_ne!(decided["state"], "AWAITING_APPROVAL");
        tags.push(tag);
    }
    assert_ne!(tags[0], tags[1]);

    // Held back anew after its approval, it is news again.
    let again = scene.job_of(&group, "", &change("replace", &ids[..4])).await;
    scene.in_state(&again, "AWAITING_APPROVAL").await;
    let tag = scene.house.send(look(&again, "wait=0", "")).await.header("etag").to_owned();
    let more = scene.job_of(&group, "", &change("add", &ids[6..])).await;
    scene.ended(&more).await;
    scene.act(&again, "approve", &approver, 200).await;
    scene.in_state(&again, "AWAITING_APPROVAL").await;
    let anew = scene.house.send(look(&again, "wait=0", &tag)).await.expect(200);
    assert!(anew.json()["message"].as_str().unwrap().contains("removes 4 of 6"), "{}", anew.json());
    scene.house.stop().await;
}

#[tokio::test]
async fn what_nobody_approves_for_a_week_is_stopped() {
    let scene = Scene::timed(100).await;
    let ids = scene.people(6).await;
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    scene.house.set(json!({ "guard_count": 1 })).await;
    let held = scene.job_of(&group, "", &change("remove", &ids)).await;
    scene.in_state(&held, "AWAITING_APPROVAL").await;
    scene.house.advance(6 * DAY);
    scene.house.throw_away().await;
    scene.in_state(&held, "AWAITING_APPROVAL").await;
    scene.house.advance(2 * DAY);
    scene.house.throw_away().await;
    let ended = scene.in_state(&held, "ABORTED").await;
    assert_eq!(
        (&ended["message"], &ended["counts"]["skipped"]),
        (&json!("nobody approved it in time"), &json!(6))
    );
    scene.house.stop().await;
}

#[tokio::test]
async fn g21_nothing_is_thrown_away_by_a_clock_that_has_jumped() {
    let scene = Scene::timed(100).await;
    let ids = scene.people(1).await;
    let group = scene.group("g", &[]).await;
    let job = scene.job_of(&group, "", &change("add", &ids)).await;
    scene.ended(&job).await;
    let directory = &scene.house.directory;
    let jumped = async || {
        let health = scene.house.send(Call::get("/health")).await.expect(200).json();
        health["clockJumped"].as_bool().unwrap()
    };
    let items = async || scene.house.send(Call::get(&format!("{JOBS}/{job}/items")).key(&scene.key)).await;
    assert!(directory.throw_away(true).await.unwrap());
    // As long as somebody looks in between, time may pass.
    for _ in 0..20 {
        scene.house.advance(DAY - 3_600_000_000);
        assert!(directory.throw_away(true).await.unwrap());
    }
    // A clock that is wrong by years, until it is set right again.
    scene.house.advance(3_650 * DAY);
    assert!(!directory.throw_away(true).await.unwrap());
    assert!(jumped().await);
    items().await.expect(200);
    scene.house.advance(-3_650 * DAY);
    assert!(directory.throw_away(true).await.unwrap());
    assert!(!jumped().await);
    items().await.expect(200);
    // Or until an operator says that it is right.
    scene.house.advance(40 * DAY);
    assert!(!directory.throw_away(true).await.unwrap());
    let operator = scene.house.key_of(None, Role::Operator, Dialect::Standard).await;
    let confirm = |key: &str| Call::new("POST", "/api/v1/clock/confirm").key(key);
    scene.house.send(confirm(&scene.key)).await.expect(403);
    scene.house.send(confirm(&operator)).await.expect(204);
    assert!(!jumped().await);
    // Whoever keeps house does the next time what was not done.
    scene.house.advance(61_000_000);
    let mut left = 500;
    while items().await.status != 410 {
        left -= 1;
        assert!(left > 0, "nobody throws it away");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    scene.house.stop().await;
}
