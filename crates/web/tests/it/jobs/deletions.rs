//! People deleted by jobs: whom a filter finds, and whom an import made.

use serde_json::{Value, json};

use super::{JOBS, Scene};
use crate::house::{Answer, Call};
use crate::imports::{part, upload};

const DELETE: &str = "/api/v1/accounts/ACME/users/delete";

impl Scene {
    async fn delete(&self, query: &str, filter: &str, key: &str) -> Answer {
        let call = Call::new("POST", &format!("{DELETE}{query}")).key(&self.key);
        let call =
            call.header("content-type", "application/json").body(json!({ "filter": filter }).to_string());
        self.house.send(if key.is_empty() { call } else { call.header("idempotency-key", key) }).await
    }

    pub async fn deletion(&self, query: &str, filter: &str) -> String {
        self.delete(query, filter, "").await.expect(202).json()["number"].to_string()
    }

    /// The logins of everybody.
    pub async fn everybody(&self) -> Vec<String> {
        let path = "/scim/v2/Users?count=1000&sortBy=userName";
        let list = self.house.send(Call::get(path).key(&self.key)).await.expect(200).json();
        let login = |user: &Value| user["userName"].as_str().unwrap().to_owned();
        list["Resources"].as_array().map_or(Vec::new(), |all| all.iter().map(login).collect())
    }

    async fn members(&self, group: &str) -> usize {
        let group = self.house.send(Call::get(&format!("/scim/v2/Groups/{group}")).key(&self.key)).await;
        group.expect(200).json()["members"].as_array().map_or(0, Vec::len)
    }

    pub async fn patch_user(&self, id: &str, title: &str) {
        let body = json!({ "Operations": [{ "op": "add", "path": "title", "value": title }] });
        let call = Call::new("PATCH", &format!("/scim/v2/Users/{id}")).key(&self.key).json(&body);
        self.house.send(call).await.expect(200);
    }
}

#[tokio::test]
async fn whom_a_filter_finds_is_deleted_with_their_memberships() {
    let scene = Scene::of(2).await;
    let mut ids = Vec::new();
    for name in ["ann", "bob", "old-1", "old-2", "old-3", "old-4", "old-5"] {
        ids.push(scene.house.user(&scene.key, name).await);
    }
    let (all, some) = (
        scene.group("all", &ids.iter().map(String::as_str).collect::<Vec<_>>()).await,
        scene.group("some", &[&ids[1], &ids[4], &ids[6]]).await,
    );
    let old = "userName sw \"old-\"";
    let dry = scene.deletion("?dryRun=true", old).await;
    let would = scene.ended(&dry).await;
    assert_eq!((&would["kind"], &would["counts"]["removed"]), (&json!("deletion_plan"), &json!(5)));
    assert_eq!(scene.everybody().await.len(), 7);

    let made = scene.delete("", old, "k").await.expect(202);
    let job = made.json()["number"].to_string();
    assert_eq!(made.header("location"), format!("{JOBS}/{job}"));
    let again = scene.delete("", old, "k").await.expect(202);
    assert_eq!(
        (again.header("idempotent-replayed"), again.json()["number"].to_string()),
        ("true", job.clone())
    );
    scene.delete("", "userName sw \"new\"", "k").await.expect(422);
    let ended = scene.ended(&job).await;
    assert_eq!((&ended["kind"], &ended["state"]), (&json!("deletion"), &json!("COMPLETED")));
    assert_eq!((&ended["counts"]["removed"], &ended["askedDestroy"]), (&json!(5), &json!(5)));
    assert_eq!(scene.everybody().await, ["ann", "bob"]);
    assert_eq!((scene.members(&all).await, scene.members(&some).await), (2, 1));
    let items = scene.items(&job, "", 2).await;
    let removed: Vec<&str> = items.iter().map(|item| item["value"].as_str().unwrap()).collect();
    assert_eq!(removed, ["old-1", "old-2", "old-3", "old-4", "old-5"]);
    let who: Vec<&str> = items.iter().map(|item| item["member"].as_str().unwrap()).collect();
    assert_eq!(who, ids[2..].iter().map(String::as_str).collect::<Vec<_>>());
    assert!(
        items.iter().all(|item| item["operation"] == "remove" && item["outcome"] == "removed"),
        "{items:?}"
    );

    // There is nobody any more.
    assert!(
        scene.delete("", old, "").await.expect(409).json()["detail"].as_str().unwrap().contains("nobody")
    );
    scene.delete("", "userName", "").await.expect(400);
    scene.delete("?outcome=x", old, "").await.expect(400);
    let done = Call::new("POST", &format!("{JOBS}/{dry}/apply")).key(&scene.key);
    let done = scene.house.send(done).await.expect(202).json()["number"].to_string();
    assert_eq!(scene.ended(&done).await["reasons"], json!({ "not_found": 5 }));
    // Administrators only.
    let manager = throng_directory::Role::GroupManager;
    let manager = scene.house.key_of(Some("ACME"), manager, throng_directory::Dialect::Standard).await;
    let call = Call::new("POST", DELETE).key(&manager).header("content-type", "application/json");
    scene.house.send(call.body(json!({ "filter": old }).to_string())).await.expect(403);
    scene.house.send(Call::get(&format!("{JOBS}/{job}")).key(&manager)).await.expect(404);
    scene.house.stop().await;
}

#[tokio::test]
async fn who_is_no_longer_meant_stays_and_what_was_stopped_goes_on() {
    let scene = Scene::timed(1).await;
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(scene.house.user(&scene.key, &format!("p{n:02}")).await);
    }
    let tomorrow = "?notBefore=2024-04-12T00:00:00Z";
    let job = scene.deletion(tomorrow, "not (title pr) and userName lt \"p30\"").await;
    scene.patch_user(&ids[3], "Boss").await;
    let gone = Call::new("DELETE", &format!("/scim/v2/Users/{}", ids[4])).key(&scene.key);
    scene.house.send(gone).await.expect(204);
    scene.house.advance(86_400_000_000);
    // Stopped when some are gone.
    loop {
        let found = scene.get(&format!("/{job}")).await;
        if found["counts"]["processed"].as_u64().unwrap() > 6 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    scene.abort(&job, 200).await;
    let ended = scene.ended(&job).await;
    assert_eq!(ended["state"], "ABORTED");
    let removed = ended["counts"]["removed"].as_u64().unwrap();
    assert_eq!((&ended["reasons"]["changed_since"], &ended["reasons"]["not_found"]), (&json!(1), &json!(1)));
    assert_eq!(scene.everybody().await.len() as u64, 39 - removed);
    assert_eq!(scene.items(&job, "&outcome=removed", 10).await.len() as u64, removed);
    let redriven = scene.house.send(super::redrive_of(&scene, &job, &json!({}))).await.expect(202).json();
    // The outcomes asked for are part of the request.
    let again = async |body: &Value| {
        scene.house.send(super::redrive_of(&scene, &job, body).header("idempotency-key", "r")).await
    };
    let changed = json!({ "reasons": ["changed_since"] });
    let first = again(&changed).await.expect(202).json()["number"].clone();
    assert_eq!(again(&changed).await.expect(202).json()["number"], first);
    again(&json!({ "reasons": ["not_found"] })).await.expect(422);
    again(&json!({})).await.expect(422);
    assert_eq!(scene.ended(&first.to_string()).await["reasons"], json!({ "changed_since": 1 }));
    let rest = scene.ended(&redriven["number"].to_string()).await;
    assert_eq!(rest["counts"]["removed"].as_u64().unwrap(), 28 - removed);
    let left = scene.everybody().await;
    assert_eq!((left.len(), left[0].as_str()), (11, "p03"));

    // A guard counts people, too.
    scene.house.set(json!({ "guard_percent": 50 })).await;
    let held = scene.deletion("", "userName pr").await;
    let held = scene.in_state(&held, "AWAITING_APPROVAL").await;
    assert!(held["message"].as_str().unwrap().contains("removes 11 of 11"), "{held}");
    assert_eq!(scene.everybody().await, left);
    scene.house.stop().await;
}

#[tokio::test]
async fn an_import_is_undone_but_for_whom_somebody_changed() {
    let scene = Scene::of(2).await;
    let (staff, club) = (scene.group("Staff", &[]).await, scene.group("Club", &[]).await);
    let file = "Login Id,Last Name,First Name,Member Of\nann,A,A,Staff\nbob,B,B,\ncyd,C,C,Staff\ndan,D,D,\neve,E,E,\n";
    let body = format!("{}--XX--\r\n", part("file", file));
    let import = scene.house.send(upload(&scene.key, "", &body)).await.expect(202).json()["jobId"].clone();
    let import = import.as_str().unwrap();
    assert_eq!(scene.ended(import).await["counts"]["created"], 5);
    let id = async |login: &str| {
        let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{login}%22");
        let list = scene.house.send(Call::get(&path).key(&scene.key)).await.json();
        list["Resources"][0]["id"].as_str().unwrap().to_owned()
    };
    // Bob got a title, Cyd joined another group; Dan is gone.
    scene.patch_user(&id("bob").await, "Boss").await;
    let join = json!([{ "op": "add", "path": "members", "value": [{ "value": id("cyd").await }] }]);
    let joined = scene.patch(&club, &join).await;
    scene.ended(&joined).await;
    let gone = Call::new("DELETE", &format!("/scim/v2/Users/{}", id("dan").await)).key(&scene.key);
    scene.house.send(gone).await.expect(204);

    let undo = Call::new("POST", &format!("{JOBS}/{import}/undo")).key(&scene.key);
    let undo = scene.house.send(undo).await.expect(202).json();
    let ended = scene.ended(&undo["number"].to_string()).await;
    assert_eq!(ended["undoes"], scene.get(&format!("/{import}")).await["number"]);
    assert_eq!(ended["reasons"], json!({ "removed": 2, "changed_since": 2, "not_found": 1 }));
    assert_eq!(scene.everybody().await, ["bob", "cyd"]);
    assert_eq!((scene.members(&staff).await, scene.members(&club).await), (1, 1));
    let values = scene.items(&undo["number"].to_string(), "&outcome=removed", 10).await;
    assert!(
        values.iter().all(|item| ["ann", "eve"].contains(&item["value"].as_str().unwrap())),
        "{values:?}"
    );
    scene.house.stop().await;
}
