//! What is left behind deleted groups and users: nothing.

use serde_json::{Value, json};
use throng_directory::Error;
use throng_directory::use_cases::group_writes::{GroupWrite, Wait};
use throng_directory::use_cases::groups::GroupView;
use throng_directory::use_cases::lists::{ListQuery, Paging, Scope, Wanted};
use throng_directory::use_cases::schedules::ScheduleAsked;
use throng_directory::use_cases::versions::Precondition;
use throng_directory::use_cases::writes::Asked;
use throng_jobs::State;
use throng_scim::filter::Filter;

use crate::house::House;

fn write(body: &Value, wait: Wait) -> GroupWrite {
    GroupWrite {
        body: body.to_string().into_bytes(),
        precondition: Precondition::default(),
        idempotency_key: None,
        request: "POST /scim/v2/Groups".to_owned(),
        wait,
        with_members: false,
        schedule: ScheduleAsked::default(),
        dry_run: false,
    }
}

async fn user(house: &House, name: &str) -> String {
    let Value::Object(attributes) = json!({ "userName": name }) else { unreachable!() };
    house.directory.create_user(&house.caller, attributes, &Asked::default()).await.unwrap().uuid.to_string()
}

async fn group(house: &House, name: &str, members: &[String]) -> (String, Option<i64>) {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "displayName": name, "members": members });
    let written = house.directory.create_group(&house.caller, write(&body, Wait::Seconds(30))).await.unwrap();
    (written.view.unwrap().group.number.to_string(), written.job.map(|job| job.number.0))
}

async fn groups_of(house: &House, id: &str) -> usize {
    house.directory.user(&house.caller, id, true).await.unwrap().groups.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_group_is_gone_at_once_and_cleared_by_a_job() {
    let house = House::start(10).await;
    let mut ids = Vec::new();
    for n in 0..250 {
        ids.push(user(&house, &format!("user{n}")).await);
    }
    let (number, _) = group(&house, "Crew", &ids).await;
    assert_eq!(groups_of(&house, &ids[249]).await, 1);
    // A job that waits or runs when its group goes is stopped, and says of every item what became of it.
    let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    let patch = json!({ "Operations": [{ "op": "remove", "path": "members", "value": members }] });
    let queued =
        house.directory.patch_group(&house.caller, &number, write(&patch, Wait::Async(0))).await.unwrap();
    house.directory.delete_group(&house.caller, &number, &Asked::default()).await.unwrap();
    let gone = house.directory.group(&house.caller, &number, false).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
    let job = house.ended(queued.job.unwrap().number.0).await;
    assert!(matches!(job.state, State::Aborted | State::Completed), "{:?}", job.state);
    assert_eq!((job.counts.total, job.counts.pending()), (250, 0));
    assert_eq!(job.counts.removed + job.counts.skipped, 250);
    for id in &ids {
        assert_eq!(groups_of(&house, id).await, 0);
    }
    // A group of the same name is another group.
    let (again, _) = group(&house, "Crew", &[]).await;
    assert_ne!(again, number);
    assert_eq!(house.directory.group(&house.caller, &again, true).await.unwrap().group.members, 0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_leaves_every_group() {
    let house = House::start(10).await;
    let (ada, bob) = (user(&house, "ada").await, user(&house, "bob").await);
    // More groups than one answering transaction takes anybody out of.
    let mut numbers = Vec::new();
    for n in 0..203 {
        numbers.push(group(&house, &format!("Group {n}"), &[ada.clone(), bob.clone()]).await.0);
    }
    house.directory.delete_user(&house.caller, &ada, &Asked::default()).await.unwrap();
    house.directory.delete_user(&house.caller, &bob, &Asked::default()).await.unwrap();
    for number in &numbers {
        for tries in 0.. {
            let view = house.directory.group(&house.caller, number, true).await.unwrap();
            assert_eq!(view.members, Some(vec![]), "nobody sees a deleted user");
            if view.group.members == 0 {
                break;
            }
            assert!(tries < 2_000, "the clearing job does not end");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    // The name is free, and its new owner is in no group.
    assert_eq!(groups_of(&house, &user(&house, "ADA").await).await, 0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_group_leaves_every_group() {
    let house = House::start(10).await;
    let ada = user(&house, "ada").await;
    let (few, _) = group(&house, "In few", std::slice::from_ref(&ada)).await;
    let (many, _) = group(&house, "In many", std::slice::from_ref(&ada)).await;
    let mut numbers = Vec::new();
    for n in 0..203 {
        let members = if n < 2 { vec![few.clone(), many.clone()] } else { vec![many.clone()] };
        numbers.push(group(&house, &format!("Group {n}"), &members).await.0);
    }
    let itself = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": few }] }] });
    house.directory.patch_group(&house.caller, &few, write(&itself, Wait::Default)).await.unwrap();
    let version = |view: &GroupView| (view.group.members, view.group.version);
    let before = house.directory.group(&house.caller, &numbers[0], true).await.unwrap();
    house.directory.delete_group(&house.caller, &few, &Asked::default()).await.unwrap();
    let after = house.directory.group(&house.caller, &numbers[0], true).await.unwrap();
    assert_eq!(version(&after), (1, before.group.version + 1));
    assert_eq!(groups_of(&house, &ada).await, 1 + 203);

    house.directory.delete_group(&house.caller, &many, &Asked::default()).await.unwrap();
    assert_eq!(groups_of(&house, &ada).await, 0, "nobody is in a group by way of one that is gone");
    for number in &numbers {
        for tries in 0.. {
            let view = house.directory.group(&house.caller, number, true).await.unwrap();
            assert_eq!(view.members, Some(vec![]), "nobody sees a deleted group");
            if view.group.members == 0 {
                break;
            }
            assert!(tries < 2_000, "the clearing job does not end");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_finds_a_name_exactly_when_creating_it_is_refused() {
    let house = House::start(10).await;
    for name in ["Anna@Example.com", "Müller", "Ｗｉｄｅ", "Σίσυφος", "straße", "日下部"] {
        user(&house, name).await;
    }
    let tried = [
        "anna@example.COM",
        "ANNA@example.com",
        "anna",
        "MÜLLER",
        "mu\u{308}ller",
        "muller",
        "wide",
        "WIDE",
        "σίσυφοσ",
        "ΣΊΣΥΦΟΣ",
        "STRASSE",
        "strasse",
        "straße",
        "日下部",
        "日下",
        "nobody",
    ];
    for name in tried {
        let filter = Filter::parse(&format!("userName eq {}", json!(name))).unwrap();
        let query = ListQuery {
            filter: Some(filter),
            sort: None,
            paging: Paging::Index(1),
            count: Some(1),
            shown: String::new(),
        };
        let wanted = Wanted { groups: false, members: false };
        let listed = house.directory.list(&house.caller, &Scope::Users, &query, wanted).await;
        let found = listed.unwrap().total;
        let Value::Object(attributes) = json!({ "userName": name }) else { unreachable!() };
        let created = house.directory.create_user(&house.caller, attributes, &Asked::default()).await;
        let refused = matches!(created, Err(Error::AlreadyExists { field: "userName", .. }));
        assert_eq!(found == Some(1), refused, "{name}: {created:?}");
        if let Ok(made) = created {
            let id = made.uuid.to_string();
            house.directory.delete_user(&house.caller, &id, &Asked::default()).await.unwrap();
        }
    }
    house.stop().await;
}
