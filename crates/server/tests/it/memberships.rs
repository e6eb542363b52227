//! Membership jobs against a model: plain sets, operation by operation.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use throng_directory::use_cases::group_writes::{GroupWrite, GroupWritten, Wait};
use throng_directory::use_cases::schedules::ScheduleAsked;
use throng_directory::use_cases::versions::Precondition;
use throng_directory::use_cases::writes::Asked;
use throng_jobs::{Counts, Outcome, Tally};

use crate::house::House;

/// Users and groups that exist and can be members; higher numbers name nobody.
const KNOWN: usize = 12;
/// How many of these are users; the others are groups.
const USERS: usize = 9;

#[derive(Clone, Debug)]
struct Op {
    op: &'static str,
    /// Numbers of members; `None` for an operation without values.
    members: Option<Vec<usize>>,
}

fn op() -> impl Strategy<Value = Op> {
    let members = prop::collection::vec(0..KNOWN + 3, 0..8);
    (prop::sample::select(vec!["add", "remove", "replace"]), prop::option::weighted(0.9, members)).prop_map(
        |(op, members)| Op { op, members: if op == "remove" { members } else { members.or(Some(vec![])) } },
    )
}

fn write(body: &Value, wait: Wait) -> GroupWrite {
    GroupWrite {
        body: body.to_string().into_bytes(),
        precondition: Precondition::default(),
        idempotency_key: None,
        request: "PATCH /scim/v2/Groups/1".to_owned(),
        wait,
        with_members: true,
        schedule: ScheduleAsked::default(),
        dry_run: false,
    }
}

/// The ids of users, of groups, of nobody.
async fn candidates(house: &House) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..USERS {
        let user = json!({ "userName": format!("user{n}@example.com") });
        let Value::Object(attributes) = user else { unreachable!() };
        let made = house.directory.create_user(&house.caller, attributes, &Asked::default()).await.unwrap();
        ids.push(made.uuid.to_string());
    }
    for n in USERS..KNOWN {
        ids.push(named_group(house, &format!("Team {n}")).await);
    }
    let unknown = ["00000000-0000-7000-8000-000000000000", "9007199254740991", "007"];
    ids.extend(unknown.map(str::to_owned));
    ids
}

fn patch(ids: &[String], ops: &[Op]) -> Value {
    let operations: Vec<Value> = ops
        .iter()
        .map(|op| match &op.members {
            None => json!({ "op": op.op, "path": "members" }),
            Some(members) => {
                let values: Vec<Value> = members.iter().map(|at| json!({ "value": ids[*at] })).collect();
                json!({ "op": op.op, "path": "members", "value": values })
            }
        })
        .collect();
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

/// What a list of operations comes to: who is a member then.
fn model(before: &BTreeSet<usize>, ops: &[Op]) -> BTreeSet<usize> {
    let mut members = before.clone();
    for op in ops {
        let known =
            |listed: &[usize]| listed.iter().copied().filter(|at| *at < KNOWN).collect::<BTreeSet<_>>();
        match (op.op, &op.members) {
            ("add", Some(listed)) => members.extend(known(listed)),
            ("remove", Some(listed)) => members.retain(|member| !listed.contains(member)),
            ("replace", Some(listed)) if listed.is_empty() || !known(listed).is_empty() => {
                members = known(listed);
            }
            ("remove", None) => members.clear(),
            _ => {}
        }
    }
    members
}

async fn group(house: &House) -> String {
    named_group(house, "Crew").await
}

async fn named_group(house: &House, name: &str) -> String {
    let body = json!({ "displayName": name });
    let written = house.directory.create_group(&house.caller, write(&body, Wait::Default)).await.unwrap();
    written.view.unwrap().group.number.to_string()
}

async fn apply(house: &House, group: &str, body: Value, wait: Wait) -> GroupWritten {
    house.directory.patch_group(&house.caller, group, write(&body, wait)).await.unwrap()
}

async fn members(house: &House, group: &str, ids: &[String]) -> BTreeSet<usize> {
    let view = house.directory.group(&house.caller, group, true).await.unwrap();
    let members: BTreeSet<usize> = view
        .members
        .unwrap()
        .iter()
        .map(|member| ids.iter().position(|id| *id == member.id.to_string()).unwrap())
        .collect();
    assert_eq!(view.group.members, members.len() as u64);
    members
}

/// Plays requests; after each the members are those of the model, and the report adds up.
async fn play(chunk_items: usize, requests: &[Vec<Op>], padding: usize) -> Vec<(Counts, Tally)> {
    let house = House::start(chunk_items).await;
    let ids = candidates(&house).await;
    let group = group(&house).await;
    let (mut expected, mut reports) = (BTreeSet::new(), Vec::new());
    for ops in requests {
        let mut padded = ops.clone();
        // Unknown members in front make a request too large to be applied inline, and change nothing else.
        padded.insert(0, Op { op: "add", members: Some(vec![KNOWN; padding]) });
        let body = patch(&ids, &padded);
        let written = apply(&house, &group, body, Wait::Seconds(20)).await;
        let job = house.ended(written.job.unwrap().number.0).await;
        let after = model(&expected, ops);
        assert_eq!(members(&house, &group, &ids).await, after, "{ops:?} on {expected:?}");
        assert_eq!(job.counts.created, after.difference(&expected).count() as u64, "{ops:?}");
        assert_eq!(job.counts.removed, expected.difference(&after).count() as u64, "{ops:?}");
        assert_eq!(job.asked_create + job.asked_destroy, job.counts.total);
        assert_eq!(job.tally.sum(), job.counts.total);
        assert_eq!((job.counts.failed, job.counts.skipped), (0, 0));
        let mut counted = Counts::of_total(job.counts.total);
        counted.add(&job.tally);
        assert_eq!(counted, job.counts, "the counters are the items'");
        expected = after;
        reports.push((job.counts, job.tally));
    }
    house.stop().await;
    reports
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn jobs_come_to_what_sets_come_to_in_whatever_chunks(
        requests in prop::collection::vec(prop::collection::vec(op(), 1..5), 1..6)
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let inline = runtime.block_on(play(5_000, &requests, 1));
        let queued = runtime.block_on(play(5_000, &requests, 201));
        let chunked = runtime.block_on(play(3, &requests, 201));
        prop_assert_eq!(&queued, &chunked);
        // The padding is all that tells an inline request from a queued one.
        for ((small, small_tally), (large, large_tally)) in inline.iter().zip(&queued) {
            prop_assert_eq!(small.total + 200, large.total);
            for outcome in Outcome::ALL {
                let unknown = [Outcome::NotFound, Outcome::ReplaceUnresolved].contains(&outcome);
                if !unknown {
                    prop_assert_eq!(small_tally.get(outcome), large_tally.get(outcome), "{:?}", outcome);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_one_group_take_effect_in_order_of_acceptance() {
    let house = House::start(2).await;
    let ids = candidates(&house).await;
    let group = group(&house).await;
    let mut last = 0;
    for round in 0..20 {
        let op = if round % 2 == 0 { "add" } else { "remove" };
        let mut listed = vec![KNOWN; 201];
        listed.push(round % KNOWN);
        let body = patch(&ids, &[Op { op, members: Some(listed) }]);
        last = apply(&house, &group, body, Wait::Async(0)).await.job.unwrap().number.0;
    }
    // A small write waits for its turn behind them, and answers when it is done.
    let body = patch(&ids, &[Op { op: "add", members: Some(vec![11]) }]);
    let written = apply(&house, &group, body, Wait::Seconds(30)).await;
    assert!(written.job.unwrap().state.is_terminal());
    assert!(house.ended(last).await.state.is_terminal());
    // Even rounds added, odd rounds removed; no number comes twice with different parity.
    let expected: BTreeSet<usize> = (0..20).step_by(2).map(|round| round % KNOWN).chain([11]).collect();
    let removed: BTreeSet<usize> = (1..20).step_by(2).map(|round| round % KNOWN).collect();
    assert!(expected.iter().all(|member| *member == 11 || !removed.contains(member)));
    assert_eq!(members(&house, &group, &ids).await, expected);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_makes_one_job_and_another_body_is_refused() {
    use throng_directory::Error;
    use throng_directory::error::IdempotencyFault;

    let house = House::start(50).await;
    let ids = candidates(&house).await;
    let group = group(&house).await;
    let keyed = |users: Vec<usize>| GroupWrite {
        idempotency_key: Some("key-1".to_owned()),
        ..write(&patch(&ids, &[Op { op: "add", members: Some(users) }]), Wait::Async(0))
    };
    let first = house.directory.patch_group(&house.caller, &group, keyed(vec![1, 2])).await.unwrap();
    let again = house.directory.patch_group(&house.caller, &group, keyed(vec![1, 2])).await.unwrap();
    assert!(!first.replayed && again.replayed);
    assert_eq!(again.replayed_status, Some(202));
    assert_eq!(first.job.unwrap().number, again.job.unwrap().number);
    let other = house.directory.patch_group(&house.caller, &group, keyed(vec![3])).await;
    assert_eq!(other.unwrap_err(), Error::Idempotency(IdempotencyFault::OtherRequest));
    assert_eq!(members(&house, &group, &ids).await, BTreeSet::from([1, 2]));
    // Also when the group is gone, the repeated request learns which job it made.
    house.directory.delete_group(&house.caller, &group, &Asked::default()).await.unwrap();
    let late = house.directory.patch_group(&house.caller, &group, keyed(vec![1, 2])).await.unwrap();
    assert!(late.replayed && late.view.is_none() && late.job.is_some());
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_found_by_a_member_and_by_nothing_else_of_members() {
    use throng_directory::use_cases::lists::{ListQuery, Paging, Scope, Wanted};
    use throng_scim::filter::Filter;

    let house = House::start(50).await;
    let ids = candidates(&house).await;
    let group = group(&house).await;
    apply(&house, &group, patch(&ids, &[Op { op: "add", members: Some(vec![3, 10]) }]), Wait::Default).await;
    for (filter, found) in [
        (format!("members.value eq \"{}\"", ids[3]), Some(1)),
        (format!("members[value eq \"{}\"]", ids[3]), Some(1)),
        (format!("members eq \"{}\" and displayName eq \"crew\"", ids[3]), Some(1)),
        (format!("members.value eq \"{}\" and displayName eq \"other\"", ids[3]), Some(0)),
        (format!("members.value eq \"{}\"", ids[4]), Some(0)),
        (format!("members.value eq \"{}\"", ids[10]), Some(1)),
        (format!("members.value eq \"{}\" and displayName eq \"crew\"", ids[10]), Some(1)),
        (format!("members.value eq \"{}\"", ids[11]), Some(0)),
        (format!("members.value eq \"{}\"", ids[KNOWN + 1]), Some(0)),
        ("members.value eq \"nobody\"".to_owned(), Some(0)),
        ("members pr".to_owned(), None),
        (format!("displayName eq \"x\" or members.value eq \"{}\"", ids[3]), None),
    ] {
        let filter = Filter::parse(&filter).unwrap();
        let query = ListQuery {
            filter: Some(filter.clone()),
            sort: None,
            paging: Paging::Index(1),
            count: Some(10),
            shown: String::new(),
        };
        let wanted = Wanted { groups: false, members: false };
        let listed = house.directory.list(&house.caller, &Scope::Groups, &query, wanted).await;
        let total = listed.as_ref().ok().and_then(|listed| listed.total);
        assert_eq!(total, found, "{filter}: {listed:?}");
    }
    house.stop().await;
}
