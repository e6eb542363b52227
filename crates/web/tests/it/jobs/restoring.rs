//! Deletions of people undone, and what that needs.

use serde_json::{Value, json};
use throng_directory::ids::{GroupNumber, JobNumber, MemberKey};
use throng_directory::model::groups::Group;
use throng_directory::model::images;
use throng_directory::port::{AccountLock, Class, Cost, Series, Snapshot, StoreExt, Tx};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Instant, Role, limits};
use uuid::Uuid;

use super::{JOBS, Scene, redrive_of};
use crate::house::{Answer, Call};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

impl Scene {
    async fn do_with(&self, job: &str, verb: &str) -> Answer {
        self.house.send(Call::new("POST", &format!("{JOBS}/{job}/{verb}")).key(&self.key)).await
    }

    /// The job that undoes or applies another one, when it has ended.
    pub async fn done_with(&self, job: &str, verb: &str) -> Value {
        let made = self.do_with(job, verb).await.expect(202).json();
        self.ended(&made["number"].to_string()).await
    }

    async fn user_at(&self, id: &str) -> Answer {
        self.house.send(Call::get(&format!("/scim/v2/Users/{id}")).key(&self.key)).await
    }

    /// The images that a deletion keeps.
    async fn images(&self, job: &str) -> Vec<String> {
        let job = JobNumber(job.parse().unwrap());
        let read = move |snapshot: &mut dyn Snapshot| {
            let account = snapshot.account("ACME")?.unwrap().id;
            snapshot.images(account, job, 0, 99)
        };
        let blocks = self.house.store().read(Cost::Scan, read).await.unwrap();
        let images = blocks.iter().flat_map(|block| images::decode(block).unwrap());
        images.map(|image| format!("{image:?}")).collect()
    }

    async fn members_of(&self, group: &str) -> Vec<String> {
        let call = Call::get(&format!("/scim/v2/Groups/{group}")).key(&self.key);
        let group = self.house.send(call).await.expect(200).json();
        let id = |member: &Value| member["value"].as_str().unwrap().to_owned();
        group["members"].as_array().map_or(Vec::new(), |members| members.iter().map(id).collect())
    }
}

#[tokio::test]
async fn an_undone_deletion_brings_people_back_as_they_were() {
    let scene = Scene::of(2).await;
    let okta = KeyRequest {
        client: Some("okta".to_owned()),
        source: Some("okta".to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    let okta = scene.house.key(okta).await;
    let mut ids = Vec::new();
    for name in ["old-1", "old-2", "old-3", "old-4", "old-5", "new"] {
        ids.push(scene.house.user(&scene.key, name).await);
    }
    scene.patch_user(&ids[0], "Boss").await;
    let calls = json!({ "Operations": [{ "op": "add", "path": "externalId", "value": "O-1" }] });
    let call = Call::new("PATCH", &format!("/scim/v2/Users/{}", ids[1])).key(&okta).json(&calls);
    scene.house.send(call).await.expect(200);
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (kept, gone) = (scene.group("kept", &all).await, scene.group("gone", &all[..2]).await);
    let before = scene.user_at(&ids[0]).await.expect(200).json();
    let members = scene.members_of(&kept).await;

    let deletion = scene.deletion("", "userName sw \"old-\"").await;
    assert_eq!(scene.ended(&deletion).await["counts"]["removed"], 5);
    let drop = Call::new("DELETE", &format!("/scim/v2/Groups/{gone}")).key(&scene.key);
    scene.house.send(drop).await.expect(204);
    // Somebody else has a login of theirs now.
    scene.house.user(&scene.key, "Old-3").await;

    let dry = scene.done_with(&deletion, "undo?dryRun=true").await;
    assert_eq!(dry["kind"], "restore_plan");
    assert_eq!(dry["reasons"], json!({ "created": 4, "conflict": 1 }));
    assert_eq!(scene.everybody().await.len(), 2);

    let undo = scene.done_with(&deletion, "undo").await;
    assert_eq!((&undo["kind"], &undo["outcome"]), (&json!("restore"), &json!("partial")));
    assert_eq!((&undo["undoes"].to_string(), &undo["askedCreate"]), (&deletion, &json!(5)));
    assert_eq!(undo["reasons"], json!({ "created": 4, "conflict": 1 }));
    let number = undo["number"].to_string();
    let items = scene.items(&number, "", 2).await;
    let told: Vec<String> = items.iter().map(super::short).collect();
    assert_eq!(told[1..3], ["1 add created created", "2 add failed conflict"]);
    assert_eq!((&items[0]["value"], &items[0]["member"]), (&json!("old-1"), &json!(ids[0])));
    let download = format!("{JOBS}/{number}/items/download?format=csv");
    let csv = scene.house.send(Call::get(&download).key(&scene.key)).await.expect(200);
    assert!(String::from_utf8_lossy(&csv.body).contains("old-4"));

    // The same person, one version on; memberships as far as there are groups.
    let after = scene.user_at(&ids[0]).await.expect(200).json();
    assert_eq!((&after["title"], &after["meta"]["created"]), (&json!("Boss"), &before["meta"]["created"]));
    assert_eq!(
        (&before["meta"]["version"], &after["meta"]["version"]),
        (&json!("W/\"2\""), &json!("W/\"3\""))
    );
    assert_eq!(after["groups"].as_array().unwrap().len(), 1);
    let mut wanted = members.clone();
    wanted.retain(|id| *id != ids[2]);
    assert_eq!(scene.members_of(&kept).await, wanted);
    let called = Call::get(&format!("/scim/v2/Users/{}", ids[1])).key(&okta);
    assert_eq!(scene.house.send(called).await.expect(200).json()["externalId"], "O-1");

    // Administrators only.
    let manager =
        scene.house.key_of(Some("ACME"), Role::GroupManager, throng_directory::Dialect::Standard).await;
    scene.house.send(Call::get(&format!("{JOBS}/{number}")).key(&manager)).await.expect(404);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_restoration_is_tried_again_applied_and_undone() {
    let scene = Scene::of(2).await;
    let mut ids = Vec::new();
    for name in ["old-1", "old-2", "old-3", "old-4", "old-5", "new"] {
        ids.push(scene.house.user(&scene.key, name).await);
    }
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let kept = scene.group("kept", &all).await;
    let members = scene.members_of(&kept).await;
    let deletion = scene.deletion("", "userName sw \"old-\"").await;
    scene.ended(&deletion).await;
    let other = scene.house.user(&scene.key, "Old-3").await;
    let dry = scene.done_with(&deletion, "undo?dryRun=true").await;
    let number = scene.done_with(&deletion, "undo").await["number"].to_string();

    // What was kept of people is older by now, so that it is used once; who could not be restored is tried again.
    let again = scene.do_with(&deletion, "undo").await.expect(409).json();
    assert!(again["detail"].as_str().unwrap().contains(&format!("job {number} has restored")), "{again}");
    let drop = Call::new("DELETE", &format!("/scim/v2/Users/{other}")).key(&scene.key);
    scene.house.send(drop).await.expect(204);
    let redriven = scene.house.send(redrive_of(&scene, &number, &json!({}))).await.expect(202).json();
    let redriven = scene.ended(&redriven["number"].to_string()).await;
    let restored = json!({ "outcomes": ["created"] });
    scene.house.send(redrive_of(&scene, &number, &restored)).await.expect(400);
    assert_eq!((&redriven["kind"], &redriven["reasons"]), (&json!("restore"), &json!({ "created": 1 })));
    assert_eq!(scene.members_of(&kept).await, members);
    // What a dry run said is done as far as it can be done still.
    let applied = scene.done_with(&dry["number"].to_string(), "apply").await;
    assert_eq!(applied["reasons"], json!({ "changed_since": 4 }));

    // Undone in its turn: whom it restored goes, unless somebody changed them.
    scene.patch_user(&ids[3], "Boss").await;
    let undone = scene.done_with(&number, "undo").await;
    assert_eq!((&undone["kind"], &undone["undoes"].to_string()), (&json!("deletion"), &number));
    assert_eq!(undone["reasons"], json!({ "removed": 3, "changed_since": 1 }));
    assert_eq!(scene.everybody().await, ["new", "old-3", "old-4"]);
    let back = scene.done_with(&undone["number"].to_string(), "undo").await;
    assert_eq!(back["reasons"], json!({ "created": 3 }));
    assert_eq!(scene.user_at(&ids[0]).await.expect(200).json()["meta"]["version"], "W/\"3\"");
    assert_eq!(scene.members_of(&kept).await, members);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_stopped_restoration_goes_on_by_another_and_no_guard_minds() {
    let scene = Scene::of(1).await;
    for n in 0..30 {
        scene.house.user(&scene.key, &format!("p{n:02}")).await;
    }
    let deletion = scene.deletion("", "userName sw \"p\"").await;
    assert_eq!(scene.ended(&deletion).await["counts"]["removed"], 30);
    scene.house.set(json!({ "guard_percent": 1 })).await;
    let undo = scene.do_with(&deletion, "undo").await.expect(202).json()["number"].to_string();
    scene.house.send(Call::new("POST", &format!("{JOBS}/{undo}/abort")).key(&scene.key)).await;
    let ended = scene.ended(&undo).await;
    let back = ended["counts"]["created"].as_u64().unwrap();
    assert_eq!(scene.everybody().await.len() as u64, back);
    if back < 30 {
        assert_eq!(ended["state"], "ABORTED");
        let rest = scene.house.send(redrive_of(&scene, &undo, &json!({}))).await.expect(202).json();
        let rest = scene.ended(&rest["number"].to_string()).await;
        assert_eq!(rest["counts"]["created"].as_u64().unwrap(), 30 - back);
    }
    assert_eq!(scene.everybody().await.len(), 30);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn nobody_is_restored_after_the_window() {
    let scene = Scene::timed(10).await;
    scene.house.user(&scene.key, "ann").await;
    scene.house.user(&scene.key, "bob").await;
    scene.house.set(json!({ "job_retention_days": 90 })).await;
    let ann = scene.deletion("", "userName eq \"ann\"").await;
    scene.ended(&ann).await;
    scene.house.advance(20 * DAY);
    let bob = scene.deletion("", "userName eq \"bob\"").await;
    scene.ended(&bob).await;
    scene.house.advance(11 * DAY);
    // Before and after what is old is thrown away.
    for _ in 0..2 {
        let undo = scene.done_with(&ann, "undo").await;
        assert_eq!((&undo["outcome"], &undo["reasons"]), (&json!("failed"), &json!({ "not_restorable": 1 })));
        scene.house.throw_away().await;
    }
    assert_eq!(scene.images(&ann).await, Vec::<String>::new());
    assert_eq!(scene.images(&bob).await.len(), 1);
    assert_eq!(scene.done_with(&bob, "undo").await["reasons"], json!({ "created": 1 }));
    assert_eq!(scene.everybody().await, ["bob"]);
    // The images go with the items.
    scene.house.set(json!({ "job_retention_days": 1 })).await;
    scene.house.advance(2 * DAY);
    scene.house.throw_away().await;
    assert_eq!(scene.images(&bob).await, Vec::<String>::new());
    scene.do_with(&bob, "undo").await.expect(410);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn who_is_forgotten_is_in_no_image() {
    let scene = Scene::of(3).await;
    let mary = scene.house.user(&scene.key, "mary@x.example").await;
    for name in ["mo", "mia"] {
        scene.house.user(&scene.key, name).await;
    }
    let deletion = scene.deletion("", "userName sw \"m\"").await;
    scene.ended(&deletion).await;
    assert!(scene.images(&deletion).await.concat().contains("mary"));
    let forget = scene.forget(&json!({ "names": [mary, "mary@x.example"] })).await.expect(202).json();
    scene.ended(&forget["number"].to_string()).await;
    let left = scene.images(&deletion).await;
    assert_eq!(left.len(), 2);
    assert!(!left.concat().contains("mary") && !left.concat().contains(&mary), "{left:?}");
    let undo = scene.done_with(&deletion, "undo").await;
    assert_eq!(undo["reasons"], json!({ "created": 2 }));
    assert_eq!(scene.everybody().await, ["mia", "mo"]);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn memberships_that_a_job_cleared_away_are_restored_as_well() {
    let scene = Scene::of(50).await;
    let ann = scene.house.user(&scene.key, "ann").await;
    let bob = scene.house.user(&scene.key, "bob").await;
    let mut last = String::new();
    // More groups than anybody leaves at once.
    for n in 0..203 {
        last = scene.group(&format!("g{n}"), &[&ann, &bob]).await;
    }
    let deletion = scene.deletion("", "userName eq \"ann\"").await;
    scene.ended(&deletion).await;
    let clearing = scene.get("?kind=clear_user").await["jobs"][0]["number"].to_string();
    scene.ended(&clearing).await;
    assert_eq!(scene.members_of(&last).await, std::slice::from_ref(&bob));
    let undo = scene.done_with(&deletion, "undo").await;
    assert_eq!((&undo["reasons"], undo.get("message")), (&json!({ "created": 1 }), None));
    let groups = scene.user_at(&ann).await.expect(200).json()["groups"].as_array().unwrap().len();
    assert_eq!((groups, scene.members_of(&last).await), (203, vec![ann.clone(), bob.clone()]));
    // Undone in its turn: she is in as many groups as it put her in, until she joins one more.
    let one_more = scene.group("one more", &[&ann]).await;
    let restoration = undo["number"].to_string();
    let undone = scene.done_with(&restoration, "undo").await;
    assert_eq!(undone["reasons"], json!({ "changed_since": 1 }));
    let leave = json!({ "Operations": [{ "op": "remove", "path": "members" }] });
    let call = Call::new("PATCH", &format!("/scim/v2/Groups/{one_more}")).key(&scene.key).json(&leave);
    scene.house.send(call).await.expect(200);
    assert_eq!(scene.done_with(&restoration, "undo").await["reasons"], json!({ "removed": 1 }));
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn who_was_deleted_anew_is_restored_by_that_deletion_alone() {
    let scene = Scene::of(2).await;
    let mut ids = Vec::new();
    for name in ["old-1", "old-2", "old-3"] {
        ids.push(scene.house.user(&scene.key, name).await);
    }
    let deletion = scene.deletion("", "userName sw \"old-\"").await;
    scene.ended(&deletion).await;
    let dry = scene.done_with(&deletion, "undo?dryRun=true").await["number"].to_string();
    // Somebody has a login of theirs for a while, so that this one stays to be tried again.
    let other = scene.house.user(&scene.key, "old-3").await;
    let first = scene.done_with(&deletion, "undo").await["number"].to_string();
    scene.patch_user(&ids[0], "Boss").await;
    for gone in [&ids[0], &other] {
        let drop = Call::new("DELETE", &format!("/scim/v2/Users/{gone}")).key(&scene.key);
        scene.house.send(drop).await.expect(204);
    }
    // The dry run looked before: one was deleted on purpose since, one is there, one can be restored still.
    let applied = scene.done_with(&dry, "apply").await;
    assert_eq!(applied["reasons"], json!({ "created": 1, "changed_since": 2 }));
    assert_eq!(scene.everybody().await, ["old-2", "old-3"]);
    // So it is with another try of the one who could not be restored then.
    let drop = Call::new("DELETE", &format!("/scim/v2/Users/{}", ids[2])).key(&scene.key);
    scene.house.send(drop).await.expect(204);
    let redriven = scene.house.send(redrive_of(&scene, &first, &json!({}))).await.expect(202).json();
    let redriven = scene.ended(&redriven["number"].to_string()).await;
    assert_eq!(redriven["reasons"], json!({ "not_restorable": 1 }));
    assert_eq!(scene.everybody().await, ["old-2"]);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn who_was_in_more_groups_than_are_kept_is_back_in_the_first_of_them() {
    let scene = Scene::of(5_000).await;
    let id = scene.house.user(&scene.key, "ann").await;
    let most = limits::RESTORED_GROUPS_MAX;
    let uuid = Uuid::parse_str(&id).unwrap();
    let join = move |tx: &mut dyn Tx| {
        let account = tx.account("ACME")?.unwrap().id;
        tx.lock_account(account, AccountLock::Exclusive)?;
        let member = MemberKey::user(tx.lock_user(account, uuid)?.unwrap().key);
        for _ in 0..=most {
            let number = GroupNumber(tx.allocate_number(account, Series::Groups)?);
            let name = format!("g{number}");
            let doc = json!({ "displayName": name }).to_string();
            let now = Instant::from_micros(1);
            tx.insert_group(
                account,
                &Group {
                    number,
                    uuid: Uuid::from_u128(number.0.unsigned_abs().into()),
                    version: 1,
                    created_at: now,
                    modified_at: now,
                    name_key: name.clone(),
                    display_name: name,
                    external_id: None,
                    members: 0,
                    doc,
                },
            )?;
            tx.add_members(account, number, &[member])?;
            tx.touch_group(account, number, 1, now)?;
        }
        Ok(())
    };
    scene.house.store().write(Class::Interactive, join).await.unwrap();
    let deletion = scene.deletion("", "userName eq \"ann\"").await;
    scene.ended(&deletion).await;
    let clearing = scene.get("?kind=clear_user").await["jobs"][0]["number"].to_string();
    scene.ended(&clearing).await;
    let undo = scene.done_with(&deletion, "undo").await;
    assert_eq!(undo["reasons"], json!({ "created": 1 }));
    assert!(undo["message"].as_str().unwrap().contains("more groups than are kept"), "{undo}");
    let count = move |snapshot: &mut dyn Snapshot| {
        let account = snapshot.account("ACME")?.unwrap().id;
        let key = snapshot.user(account, uuid)?.unwrap().key;
        Ok(snapshot.groups_of(account, MemberKey::user(key), GroupNumber(0), 9_999)?.len())
    };
    assert_eq!(scene.house.store().read(Cost::Scan, count).await.unwrap(), most);
    // No jobs say why she was in them.
    scene.house.stop().await;
}
