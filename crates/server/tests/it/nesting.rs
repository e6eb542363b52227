//! Groups in groups, against a model: plain sets.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use throng_directory::Error;
use throng_directory::limits::{NESTED_GROUPS_MAX, NESTING_DEPTH_MAX};
use throng_directory::use_cases::group_writes::{GroupWrite, Wait};
use throng_directory::use_cases::lists::{ListQuery, Paging, Scope, Shown, Wanted};
use throng_directory::use_cases::members::MembersQuery;
use throng_directory::use_cases::schedules::ScheduleAsked;
use throng_directory::use_cases::versions::Precondition;
use throng_directory::use_cases::writes::Asked;
use throng_scim::error::ScimType;
use throng_scim::filter::Filter;

use crate::house::House;

const GROUPS: usize = 7;
const USERS: usize = 6;

fn write(body: &Value) -> GroupWrite {
    GroupWrite {
        body: body.to_string().into_bytes(),
        precondition: Precondition::default(),
        idempotency_key: None,
        request: "PATCH /scim/v2/Groups/1".to_owned(),
        wait: Wait::Seconds(30),
        with_members: false,
        schedule: ScheduleAsked::default(),
        dry_run: false,
    }
}

async fn user(house: &House, name: &str) -> String {
    let Value::Object(attributes) = json!({ "userName": name }) else { unreachable!() };
    house.directory.create_user(&house.caller, attributes, &Asked::default()).await.unwrap().uuid.to_string()
}

async fn group(house: &House, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = write(&json!({ "displayName": name, "members": members }));
    let written = house.directory.create_group(&house.caller, body).await.unwrap();
    written.view.unwrap().group.number.to_string()
}

async fn add(house: &House, group: &str, member: &str) {
    let body = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": member }] }] });
    house.directory.patch_group(&house.caller, group, write(&body)).await.unwrap();
}

/// The numbers of a user's groups: their own, and the others.
async fn groups_of(house: &House, id: &str) -> (Vec<String>, Vec<String>) {
    let view = house.directory.user(&house.caller, id, true).await.unwrap();
    let (direct, indirect): (Vec<_>, Vec<_>) = view.groups.into_iter().partition(|of| of.is_direct);
    let numbers = |groups: Vec<throng_directory::model::groups::UserGroup>| {
        groups.into_iter().map(|of| of.group.number.to_string()).collect()
    };
    (numbers(direct), numbers(indirect))
}

async fn list(
    house: &House,
    filter: &str,
    start_index: u64,
    count: usize,
) -> Result<(Vec<String>, u64), Error> {
    let query = ListQuery {
        filter: Some(Filter::parse(filter).unwrap()),
        sort: None,
        paging: Paging::Index(start_index),
        count: Some(count),
        shown: String::new(),
    };
    let wanted = Wanted { groups: false, members: false };
    let listed = house.directory.list(&house.caller, &Scope::Users, &query, wanted).await?;
    let id = |shown: &Shown| match shown {
        Shown::User(view) if view.groups.is_empty() => view.user.uuid.to_string(),
        other => panic!("groups were not asked for: {other:?}"),
    };
    Ok((listed.resources.iter().map(id).collect(), listed.total.unwrap()))
}

/// The users under a group, and the groups over a user, by brute force.
fn reach(edges: &[(usize, usize)], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut reached = from.clone();
    loop {
        let more: Vec<usize> =
            edges.iter().filter(|(_, child)| reached.contains(child)).map(|(parent, _)| *parent).collect();
        let before = reached.len();
        reached.extend(more);
        if reached.len() == before {
            return reached;
        }
    }
}

async fn play(edges: &[(usize, usize)], joined: &[(usize, usize)]) {
    let house = House::start(50).await;
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for n in 0..USERS {
        users.push(user(&house, &format!("user{n}")).await);
    }
    for n in 0..GROUPS {
        groups.push(group(&house, &format!("Group {n}"), &[]).await);
    }
    for (parent, child) in edges {
        add(&house, &groups[*parent], &groups[*child]).await;
    }
    for (group, user) in joined {
        add(&house, &groups[*group], &users[*user]).await;
    }
    let mut within = vec![BTreeSet::new(); GROUPS];
    for (n, id) in users.iter().enumerate() {
        let own: BTreeSet<usize> =
            joined.iter().filter(|(_, user)| *user == n).map(|(group, _)| *group).collect();
        let all = reach(edges, &own);
        for group in &all {
            within[*group].insert(n);
        }
        let (direct, indirect) = groups_of(&house, id).await;
        let names =
            |set: BTreeSet<usize>| set.into_iter().map(|n| groups[n].clone()).collect::<BTreeSet<_>>();
        assert_eq!(direct.len() + indirect.len(), all.len(), "each once");
        assert_eq!(direct.into_iter().collect::<BTreeSet<_>>(), names(own.clone()));
        assert_eq!(indirect.into_iter().collect::<BTreeSet<_>>(), names(&all - &own));
    }
    for (n, number) in groups.iter().enumerate() {
        let want: Vec<String> = within[n].iter().map(|user| users[*user].clone()).collect();
        let filter = format!("groups.value eq \"{number}\"");
        let (found, total) = list(&house, &filter, 1, 100).await.unwrap();
        assert_eq!((&found, total), (&want, want.len() as u64), "in order of creation");
        let (page, total) = list(&house, &filter, 2, 2).await.unwrap();
        assert_eq!(page, want.iter().skip(1).take(2).cloned().collect::<Vec<_>>());
        assert_eq!(total, want.len() as u64);
        let narrowed = format!("{filter} and userName ne \"user0\"");
        let want: Vec<String> = want.into_iter().filter(|id| *id != users[0]).collect();
        assert_eq!(list(&house, &narrowed, 1, 100).await.unwrap(), (want.clone(), want.len() as u64));
        let elsewhere = format!("groups[value eq \"{number}\"] and userName ne \"user0\"");
        assert_eq!(list(&house, &elsewhere, 1, 100).await.unwrap().0, want, "whoever decides");
    }
    house.stop().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_is_reached_is_a_member(
        edges in prop::collection::vec((0..GROUPS, 0..GROUPS), 0..12),
        joined in prop::collection::vec((0..GROUPS, 0..USERS), 0..9),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(play(&edges, &joined));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nesting_is_followed_to_its_depth_from_either_end() {
    let house = House::start(50).await;
    let ann = user(&house, "ann").await;
    let mut chain = vec![group(&house, "Depth 1", &[&ann]).await];
    for depth in 2..NESTING_DEPTH_MAX + 4 {
        let below = chain.last().unwrap().clone();
        chain.push(group(&house, &format!("Depth {depth}"), &[&below]).await);
    }
    let (direct, indirect) = groups_of(&house, &ann).await;
    assert_eq!((direct, indirect.as_slice()), (chain[..1].to_vec(), &chain[1..NESTING_DEPTH_MAX]));
    for (at, number) in chain.iter().enumerate() {
        let (found, _) = list(&house, &format!("groups.value eq \"{number}\""), 1, 10).await.unwrap();
        assert_eq!(found.len(), usize::from(at < NESTING_DEPTH_MAX), "depth {}", at + 1);
    }
    // A circle changes nothing.
    add(&house, &chain[0], &chain[5]).await;
    add(&house, &chain[5], &chain[5]).await;
    assert_eq!(groups_of(&house, &ann).await.1, chain[1..NESTING_DEPTH_MAX]);
    let (found, total) = list(&house, &format!("groups.value eq \"{}\"", chain[5]), 1, 10).await.unwrap();
    assert_eq!((found, total), (vec![ann], 1));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_of_many_nested_groups_come_once_and_in_order() {
    let house = House::start(500).await;
    let mut users = Vec::new();
    for n in 0..120 {
        users.push(user(&house, &format!("user{n}")).await);
    }
    // Every third, every fourth … user, so that many are in several of the groups.
    let mut groups = Vec::new();
    for step in 3..9 {
        let members: Vec<&str> = users.iter().step_by(step).map(String::as_str).collect();
        groups.push(group(&house, &format!("Every {step}"), &members).await);
    }
    let nested: Vec<&str> = groups.iter().map(String::as_str).collect();
    let top = group(&house, "Top", &nested).await;
    let want: Vec<String> =
        (0..120).filter(|n| (3..9).any(|step| n % step == 0)).map(|n| users[n].clone()).collect();
    let filter = format!("groups.value eq \"{top}\"");
    let mut found = Vec::new();
    while found.len() < want.len() {
        let (page, total) = list(&house, &filter, found.len() as u64 + 1, 7).await.unwrap();
        assert!(!page.is_empty() && total == want.len() as u64);
        found.extend(page);
    }
    assert_eq!(found, want);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_over_too_many_nested_groups_is_refused() {
    let house = House::start(5_000).await;
    let ann = user(&house, "ann").await;
    let mut nested = Vec::new();
    for n in 0..NESTED_GROUPS_MAX {
        nested.push(group(&house, &format!("Nested {n}"), &[]).await);
    }
    add(&house, &nested[0], &ann).await;
    let listed: Vec<&str> = nested.iter().skip(1).map(String::as_str).collect();
    let top = group(&house, "Top", &listed).await;
    let filter = format!("groups.value eq \"{top}\"");
    assert_eq!(list(&house, &filter, 1, 10).await.unwrap().1, 0);
    // The group itself counts, so one more is one too many.
    add(&house, &top, &nested[0]).await;
    let refused = list(&house, &filter, 1, 10).await;
    assert!(
        matches!(&refused, Err(Error::Scim(error)) if error.scim_type == Some(ScimType::TooMany)),
        "{refused:?}"
    );
    let (direct, indirect) = groups_of(&house, &ann).await;
    assert_eq!((direct, indirect), (vec![nested[0].clone()], vec![top]));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_in_pages_with_their_names() {
    let house = House::start(500).await;
    let mut ids = Vec::new();
    for n in 0..23 {
        ids.push(user(&house, &format!("user{n}")).await);
    }
    for n in 0..4 {
        ids.push(group(&house, &format!("Team {n}"), &[]).await);
    }
    let listed: Vec<&str> = ids.iter().rev().map(String::as_str).collect();
    let top = group(&house, "Top", &listed).await;
    for limit in [1, 4, 23, 26, 27, 500] {
        for with_display in [false, true] {
            let (mut found, mut cursor, mut pages) = (Vec::new(), None, 0);
            loop {
                let query = MembersQuery { cursor, count: Some(limit), with_display };
                let page = house.directory.members(&house.caller, &top, &query).await.unwrap();
                assert_eq!(page.group.members, 27);
                found.extend(page.members);
                pages += 1;
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(pages, 27_usize.div_ceil(limit));
            assert_eq!(found.iter().map(|member| member.id.to_string()).collect::<Vec<_>>(), ids);
            let names: Vec<&str> = found.iter().filter_map(|member| member.display.as_deref()).collect();
            let want = if with_display { 27 } else { 0 };
            assert_eq!(names.len(), want);
            assert!(!with_display || (names[22] == "user22" && names[23] == "Team 0"));
        }
    }
    let query = MembersQuery { cursor: None, count: Some(5), with_display: false };
    let unknown = house.directory.members(&house.caller, "99", &query).await;
    assert!(matches!(unknown, Err(Error::NotFound(_))), "{unknown:?}");
    house.stop().await;
}
