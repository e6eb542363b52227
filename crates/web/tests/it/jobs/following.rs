//! Jobs of jobs: dry runs, what is done of them, and what is undone.

use serde_json::{Value, json};

use super::holding::change;
use super::{JOBS, Scene};
use crate::house::Call;
use crate::imports::{part, upload};

const DAY: i64 = 86_400_000_000;

impl Scene {
    /// A new job of a job; its number.
    async fn follow(&self, job: &str, verb: &str) -> String {
        let call = Call::new("POST", &format!("{JOBS}/{job}/{verb}")).key(&self.key);
        let made = self.house.send(call).await.expect(202);
        let number = made.json()["number"].to_string();
        assert_eq!(made.header("location"), format!("{JOBS}/{number}"));
        number
    }

    async fn refused(&self, job: &str, verb: &str, status: u16) -> String {
        let call = Call::new("POST", &format!("{JOBS}/{job}/{verb}")).key(&self.key);
        self.house.send(call).await.expect(status).json()["detail"].as_str().unwrap().to_owned()
    }

    /// The ids of the members, sorted.
    async fn who(&self, group: &str) -> Vec<String> {
        let group = self.house.send(Call::get(&format!("/scim/v2/Groups/{group}")).key(&self.key)).await;
        let members = group.expect(200).json()["members"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<String> =
            members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
        ids.sort_unstable();
        ids
    }
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn what_a_job_did_is_undone_but_for_whom_a_later_one_changed() {
    let scene = Scene::timed(3).await;
    let ids = scene.people(8).await;
    let named: Vec<&str> = ids[..4].iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    // 0, 1 go; 2, 3 stay; 4 to 7 come.
    let replace = scene.job_of(&group, "", &change("replace", &ids[2..])).await;
    assert_eq!(
        scene.ended(&replace).await["reasons"],
        json!({ "created": 4, "removed": 2, "already_member": 2 })
    );
    // 4 goes and comes, 0 comes, 3 goes: of these only 4 and 0 are about what is undone.
    for (op, who) in [("remove", 4), ("add", 4), ("add", 0), ("remove", 3)] {
        let job = scene.job_of(&group, "", &change(op, &ids[who..=who])).await;
        scene.ended(&job).await;
    }
    let before = scene.who(&group).await;

    // First what it would do.
    let dry = scene.follow(&replace, "undo?dryRun=true").await;
    let would = scene.ended(&dry).await;
    assert_eq!((&would["kind"], &would["undoes"].to_string()), (&json!("plan"), &replace));
    assert_eq!(would["reasons"], json!({ "created": 1, "removed": 3, "changed_since": 2 }));
    assert_eq!(scene.who(&group).await, before);

    let undo = scene.follow(&replace, "undo").await;
    let undone = scene.ended(&undo).await;
    assert_eq!((&undone["kind"], &undone["undoes"].to_string()), (&json!("membership"), &replace));
    assert_eq!(undone["reasons"], would["reasons"]);
    // 1 is back; 5 to 7 are gone; 0 and 4 are as they were, and so is everybody else.
    let want: Vec<String> = [0, 1, 2, 4].map(|n| ids[n].clone()).to_vec();
    assert_eq!(scene.who(&group).await, sorted(&want));

    // What was undone can be undone.
    let again = scene.follow(&undo, "undo").await;
    assert_eq!(scene.ended(&again).await["reasons"], json!({ "created": 3, "removed": 1 }));
    assert_eq!(scene.who(&group).await, before);
    // An undo of what has been undone finds that everything has changed since.
    let late = scene.follow(&replace, "undo").await;
    assert_eq!(scene.ended(&late).await["reasons"], json!({ "changed_since": 6 }));

    assert!(scene.refused(&late, "undo", 409).await.contains("nothing to undo"));
    assert!(scene.refused(&dry, "undo", 409).await.contains("dry run"));
    for values in [json!({ "6": "x" }), json!({ "0": "" })] {
        let call = super::redrive_of(&scene, &replace, &json!({ "values": values }));
        let refused = scene.house.send(call).await.expect(400).json();
        assert!(refused["detail"].as_str().unwrap().contains("item "), "{refused}");
    }
    let gone = scene.group("gone", &[]).await;
    let filled = scene.job_of(&gone, "", &change("add", &ids)).await;
    scene.ended(&filled).await;
    scene
        .house
        .send(Call::new("DELETE", &format!("/scim/v2/Groups/{gone}")).key(&scene.key))
        .await
        .expect(204);
    assert!(scene.refused(&filled, "undo", 409).await.contains("deleted"));
    let waiting = scene.job_of(&group, "?notBefore=2024-05-01T00:00:00Z", &change("add", &ids)).await;
    assert!(scene.refused(&waiting, "undo", 409).await.contains("not ended"));
    scene.house.stop().await;
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let scene = Scene::of(2).await;
    let ids = scene.people(5).await;
    let named: Vec<&str> = ids[..3].iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    let path = format!("/scim/v2/Groups/{group}");
    let tag = scene.house.send(Call::get(&path).key(&scene.key)).await.header("etag").to_owned();

    let body = json!({ "displayName": "new name", "members":
        [{ "value": ids[2] }, { "value": ids[3] }, { "value": "nobody" }, { "value": ids[3] }] });
    let send = |method: &str, path: &str, body: &Value| {
        scene.house.send(Call::new(method, path).key(&scene.key).json(body))
    };
    let answer = send("PUT", &format!("{path}?dryRun=true"), &body).await.expect(202);
    assert!(answer.body.is_empty());
    let number = answer.header("throng-job").to_owned();
    assert_eq!(answer.header("location"), format!("{JOBS}/{number}"));
    let job = scene.ended(&number).await;
    assert_eq!((&job["kind"], &job["state"]), (&json!("plan"), &json!("COMPLETED")));
    assert_eq!(
        job["dryRun"],
        json!({ "group": group, "changes": [{ "attribute": "displayName", "from": "g", "to": "new name" }] })
    );
    assert_eq!(
        job["reasons"],
        json!({ "already_member": 1, "created": 1, "not_found": 1, "duplicate_in_request": 1, "removed": 2 })
    );
    assert_eq!(scene.items(&number, "&outcome=removed", 10).await.len(), 2);
    let now = scene.house.send(Call::get(&path).key(&scene.key)).await;
    assert_eq!((now.header("etag"), &now.json()["displayName"]), (tag.as_str(), &json!("g")));
    let report = scene.house.send(Call::get(&format!("/v2/Groups/JobReport/{number}")).key(&scene.key)).await;
    assert_eq!(report.status, 404);
    // A new group; and what would be refused is.
    let new = json!({ "displayName": "another", "members": [{ "value": ids[0] }] });
    let dry =
        send("POST", "/scim/v2/Groups?dryRun=true", &new).await.expect(202).header("throng-job").to_owned();
    let dry = scene.ended(&dry).await;
    assert_eq!((&dry["counts"]["created"], dry["dryRun"].get("group")), (&json!(1), None));
    send("POST", "/scim/v2/Groups?dryRun=true", &json!({ "displayName": "G" })).await.expect(409);
    send("PUT", &format!("{path}?dryRun=true"), &json!({ "displayName": "" })).await.expect(400);
    send("PUT", &format!("{path}?dryRun=perhaps"), &body).await.expect(400);
    send("PUT", "/scim/v2/Groups/999?dryRun=true", &body).await.expect(404);
    let stale = Call::new("PUT", &format!("{path}?dryRun=true")).key(&scene.key).json(&body);
    scene.house.send(stale.header("if-match", "W/\"77\"")).await.expect(412);
    let all = scene.house.send(Call::get("/scim/v2/Groups").key(&scene.key)).await.json();
    assert_eq!(all["totalResults"], 1);
    // With one key the dry run and the write are two requests.
    for (query, status) in [("?dryRun=true", 202), ("", 200)] {
        let call = Call::new("PUT", &format!("{path}{query}")).key(&scene.key).json(&body);
        let answer = scene.house.send(call.header("idempotency-key", "k")).await.expect(status);
        assert!(answer.headers.get("idempotent-replayed").is_none());
    }
    assert_eq!(scene.who(&group).await, sorted(&ids[2..4]));
    scene.house.stop().await;
}

#[tokio::test]
async fn a_dry_run_is_done_as_far_as_nothing_has_changed_since() {
    let scene = Scene::of(2).await;
    let ids = scene.people(6).await;
    let named: Vec<&str> = ids[..3].iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    let dry = scene.job_of(&group, "?dryRun=true", &change("replace", &ids[2..])).await;
    assert_eq!(
        scene.ended(&dry).await["reasons"],
        json!({ "already_member": 1, "created": 3, "removed": 2 })
    );
    // 3 comes and 0 goes without it; 2 goes, of whom it said nothing; 5 is deleted.
    for (op, who) in [("add", 3), ("remove", 0), ("remove", 2)] {
        let job = scene.job_of(&group, "", &change(op, &ids[who..=who])).await;
        scene.ended(&job).await;
    }
    let gone = Call::new("DELETE", &format!("/scim/v2/Users/{}", ids[5])).key(&scene.key);
    scene.house.send(gone).await.expect(204);
    let done = scene.follow(&dry, "apply").await;
    let done = scene.ended(&done).await;
    assert_eq!(done["applies"].to_string(), dry);
    assert_eq!(done["reasons"], json!({ "created": 1, "removed": 1, "changed_since": 2, "not_found": 1 }));
    assert_eq!(scene.who(&group).await, sorted(&ids[3..5]));

    assert!(scene.refused(&done["number"].to_string(), "apply", 409).await.contains("no dry run"));
    let body = json!({ "displayName": "other", "members": [] });
    let call = Call::new("PUT", &format!("/scim/v2/Groups/{group}?dryRun=true")).key(&scene.key).json(&body);
    let more = scene.house.send(call).await.expect(202).header("throng-job").to_owned();
    scene.ended(&more).await;
    assert!(scene.refused(&more, "apply", 409).await.contains("more than members"));
    let old = scene.job_of(&group, "?dryRun=true", &change("add", &ids[..1])).await;
    scene.ended(&old).await;
    scene.house.advance(DAY + 1_000_000);
    assert!(scene.refused(&old, "apply", 410).await.contains("24 hours"));
    scene.house.stop().await;
}

#[tokio::test]
async fn a_dry_run_says_that_the_guard_would_object() {
    let scene = Scene::of(100).await;
    let ids = scene.people(4).await;
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let group = scene.group("g", &named).await;
    scene.house.set(json!({ "guard_count": 1 })).await;
    let dry = scene.job_of(&group, "?dryRun=true", &change("remove", &ids[..2])).await;
    let would = scene.ended(&dry).await;
    assert_eq!(would["counts"]["removed"], 2);
    assert!(
        would["message"].as_str().unwrap().contains("it waits for approval: it removes 2 of 4"),
        "{would}"
    );
    // What a dry run would remove counts for nobody.
    let free = scene.job_of(&group, "", &change("remove", &ids[..1])).await;
    assert_eq!(scene.ended(&free).await["counts"]["removed"], 1);
    // Undoing what removes is guarded like any other job.
    let back = scene.job_of(&group, "", &change("add", &ids[..1])).await;
    scene.ended(&back).await;
    let undo = scene.follow(&back, "undo").await;
    scene.in_state(&undo, "AWAITING_APPROVAL").await;
    scene.house.stop().await;
}

const PEOPLE: &str = "Login Id,Last Name,First Name,Member Of\n\
                      zoe@x.example,Z,Zoe,Staff\n\
                      ann@x.example,A,Ann,\n\
                      bob@x.example,B,Bob,\n\
                      ann@x.example,A,Again,\n\
                      not a login,N,No,\n";

impl Scene {
    /// An import of these people; its UUID and where it is told to be.
    pub async fn import(&self, query: &str) -> (String, String) {
        let body = format!("{}--XX--\r\n", part("file", PEOPLE));
        let accepted = self.house.send(upload(&self.key, query, &body)).await.expect(202).json();
        let text = |name: &str| accepted[name].as_str().unwrap().to_owned();
        (text("jobId"), text("url"))
    }
}

#[tokio::test]
async fn rows_that_failed_are_tried_again() {
    let scene = Scene::of(2).await;
    scene.house.user(&scene.key, "bob@x.example").await;
    let (first, _) = scene.import("").await;
    assert_eq!(scene.ended(&first).await["reasons"], json!({ "created": 1, "conflict": 2, "invalid": 2 }));
    // What was wrong with Zoe's row is put right; Bob gives way; Ann is there by now.
    scene.group("Staff", &[]).await;
    let list = scene
        .house
        .send(Call::get("/scim/v2/Users?filter=userName%20eq%20%22bob@x.example%22").key(&scene.key));
    let bob = list.await.json()["Resources"][0]["id"].as_str().unwrap().to_owned();
    let gone = Call::new("DELETE", &format!("/scim/v2/Users/{bob}")).key(&scene.key);
    scene.house.send(gone).await.expect(204);

    let redrive = |body: Value| {
        scene.house.send(super::redrive_of(&scene, &first, &body).header("idempotency-key", "k"))
    };
    redrive(json!({ "values": { "1": "x" } })).await.expect(400);
    let made = redrive(json!({})).await.expect(202);
    let second = made.json()["number"].to_string();
    let again = redrive(json!({})).await.expect(202);
    assert_eq!(
        (again.header("idempotent-replayed"), again.json()["number"].to_string()),
        ("true", second.clone())
    );
    redrive(json!({ "reasons": ["conflict"] })).await.expect(422);

    let ended = scene.ended(&second).await;
    assert_eq!(ended["reasons"], json!({ "created": 2, "conflict": 1, "invalid": 1 }));
    assert_eq!(ended["redrives"], scene.get(&format!("/{first}")).await["number"]);
    let rows = scene.items(&second, "&outcome=failed", 10).await;
    let values: Vec<&str> = rows.iter().map(|row| row["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["ann@x.example", "not a login"]);
    let group =
        scene.house.send(Call::get("/scim/v2/Groups?filter=displayName%20eq%20%22Staff%22").key(&scene.key));
    assert_eq!(group.await.json()["Resources"][0]["members"].as_array().unwrap().len(), 1);
    // A reader may not.
    let manager = scene.house.key_of(
        Some("ACME"),
        throng_directory::Role::GroupManager,
        throng_directory::Dialect::Standard,
    );
    let call = Call::new("POST", &format!("{JOBS}/{first}/redrive"))
        .key(&manager.await)
        .header("content-type", "application/json")
        .body("{}");
    scene.house.send(call).await.expect(404);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_dry_run_of_an_import_adds_nobody_until_it_is_applied() {
    let scene = Scene::of(2).await;
    scene.group("Staff", &[]).await;
    scene.house.user(&scene.key, "bob@x.example").await;
    let (dry, url) = scene.import("?dryRun=true&jobName=autumn").await;
    let job = scene.ended(&dry).await;
    assert_eq!(url, format!("{JOBS}/{}", job["number"]));
    assert_eq!((&job["kind"], &job["target"]["type"]), (&json!("import_plan"), &json!("nothing")));
    assert_eq!(job["reasons"], json!({ "created": 2, "conflict": 2, "invalid": 1 }));
    let items = scene.items(&dry, "&outcome=created", 10).await;
    assert_eq!(items[1]["value"], "zoe@x.example");
    assert_eq!(
        items[1]["changes"],
        json!([
            { "attribute": "userName", "to": "zoe@x.example" },
            { "attribute": "name.givenName", "to": "Zoe" },
            { "attribute": "name.familyName", "to": "Z" },
            { "attribute": "groups", "to": ["Staff"] },
        ])
    );
    let download = async |query: &str| {
        let path = format!("{JOBS}/{dry}/items/download?outcome=created{query}");
        let answer = scene.house.send(Call::get(&path).key(&scene.key)).await.expect(200);
        String::from_utf8(answer.body).unwrap()
    };
    let lines = download("&format=jsonl").await;
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["changes"], items[1]["changes"]);
    let cell = items[1]["changes"].to_string().replace('"', "\"\"");
    assert!(download("").await.trim_end().ends_with(&format!(",\"{cell}\"")));
    let count = async || {
        scene.house.send(Call::get("/scim/v2/Users?count=0").key(&scene.key)).await.json()["totalResults"]
            .clone()
    };
    assert_eq!(count().await, 1);
    assert!(job.get("name").is_none(), "the name is left for the import: {job}");
    let admin = "/api/admin/user/v1/accounts/ACME/jobs";
    scene.house.send(Call::get(&format!("{admin}/{dry}")).key(&scene.key)).await.expect(404);
    assert_eq!(scene.house.send(Call::get(admin).key(&scene.key)).await.json()["jobs"], json!([]));

    scene.house.user(&scene.key, "ann@x.example").await;
    let done = scene.follow(&dry, "apply").await;
    let done = scene.ended(&done).await;
    assert_eq!(done["reasons"], json!({ "created": 1, "changed_since": 1 }));
    assert_eq!((&done["kind"], &done["applies"]), (&json!("import"), &job["number"]));
    assert_eq!(count().await, 3);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn dry_runs_are_listed_with_what_they_are_about() {
    let scene = Scene::of(100).await;
    let ids = scene.people(1).await;
    let (one, other) = (scene.group("one", &[]).await, scene.group("other", &[]).await);
    scene.group("Staff", &[]).await;
    let (import, _) = scene.import("?dryRun=true").await;
    let dry = scene.job_of(&one, "?dryRun=true", &change("add", &ids)).await;
    let real = scene.job_of(&one, "", &change("add", &ids)).await;
    let elsewhere = scene.job_of(&other, "?dryRun=true", &change("add", &ids)).await;
    for job in [&dry, &real, &elsewhere, &import] {
        scene.ended(job).await;
    }
    let import = scene.get(&format!("/{import}")).await["number"].to_string();
    let found = async |target: &str| -> Vec<String> {
        let list = scene.get(&format!("?target={target}&kind=membership,plan,import,import_plan")).await;
        let mut jobs: Vec<String> =
            list["jobs"].as_array().unwrap().iter().map(|job| job["number"].to_string()).collect();
        jobs.sort_unstable();
        jobs
    };
    let sorted = |jobs: &[&String]| sorted(&jobs.iter().copied().cloned().collect::<Vec<_>>());
    let of_one = found(&one).await;
    assert!(of_one.contains(&dry) && of_one.contains(&real) && !of_one.contains(&elsewhere), "{of_one:?}");
    assert_eq!(found("nothing").await, sorted(&[&dry, &elsewhere, &import]));
    assert_eq!(found("users").await, sorted(&[&import]));
    assert_eq!(found("maintenance").await, [""; 0]);
    scene.house.stop().await;
}
