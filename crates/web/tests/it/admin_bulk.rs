//! The admin API: files that change, delete and add people, and files that are the whole truth.

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::{Dialect, Role, Settings};

use crate::house::{Answer, Call, House};

pub const ADMIN: &str = "/api/admin/user/v1/accounts/ACME";

/// A server with an administrator's key.
pub struct Scene {
    pub house: House,
    pub key: String,
}

impl Scene {
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::in_house(House::with(settings).await).await
    }

    pub async fn timed() -> Self {
        Self::in_house(House::timed(Settings::default()).await).await
    }

    async fn in_house(house: House) -> Self {
        let key = house.admin().await;
        Self { house, key }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.house.send(Call::get(path).key(&self.key)).await
    }

    pub async fn scim(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, path).key(&self.key).json(body)).await
    }

    /// Sends a file.
    pub async fn send(&self, verb: &str, file: impl AsRef<[u8]>) -> Answer {
        let call = Call::new("POST", &format!("{ADMIN}/users:{verb}")).key(&self.key);
        self.house.send(call.file("people", file)).await
    }

    /// Reads a job until it has ended, or has this native state.
    pub async fn ended(&self, job: &str) -> Value {
        let path = format!("/api/v1/accounts/ACME/jobs/{job}");
        for _ in 0..1_000 {
            let job = self.get(&path).await.expect(200).json();
            if job.get("endedAt").is_some() || job["state"] == "AWAITING_APPROVAL" {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the job does not end");
    }

    /// Sends a file and waits for its job: its id, its state, and of each row `login operation status message`.
    pub async fn done(&self, verb: &str, file: impl AsRef<[u8]>) -> (String, String, Vec<String>) {
        let accepted = self.send(verb, file).await.expect(202).json();
        let id = accepted["jobId"].as_str().unwrap().to_owned();
        let job = self.ended(&id).await;
        (id.clone(), job["state"].as_str().unwrap().to_owned(), self.rows(&id).await)
    }

    pub async fn rows(&self, job: &str) -> Vec<String> {
        let page = self.get(&format!("{ADMIN}/jobs/{job}/users?pageSize=1000")).await.expect(200).json();
        let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
        let rows = page["users"].as_array().unwrap().iter();
        rows.map(|row| {
            ["loginId", "operation", "status", "message"].map(|field| text(row, field)).join(" | ")
        })
        .collect()
    }

    pub async fn person(&self, login: &str) -> Value {
        let page = self.get(&format!("{ADMIN}/users?filter=loginId={login}")).await.expect(200).json();
        page["users"][0].clone()
    }

    pub async fn logins(&self) -> Vec<String> {
        let page = self.get(&format!("{ADMIN}/users?pageSize=50")).await.expect(200).json();
        let users = page["users"].as_array().unwrap().iter();
        users.map(|user| user["loginId"].as_str().unwrap().to_owned()).collect()
    }

    /// A new group: its SCIM id and its UUID.
    pub async fn group(&self, name: &str, members: &[&str]) -> (String, String) {
        let mut listed = Vec::new();
        for login in members {
            listed.push(json!({ "value": self.person(login).await["userId"] }));
        }
        let body = json!({ "displayName": name, "members": listed });
        let id = self.scim("POST", "/scim/v2/Groups", &body).await.expect(201).json()["id"].clone();
        let uuid = self.person(members[0]).await["memberOfGroups"][0].clone();
        (id.as_str().unwrap().to_owned(), uuid.as_str().unwrap().to_owned())
    }

    pub async fn members(&self, group: &str) -> usize {
        let shown = self.get(&format!("/scim/v2/Groups/{group}")).await.expect(200).json();
        shown["members"].as_array().map_or(0, Vec::len)
    }
}

pub const PEOPLE: &str = "Login Id,Last Name,First Name,Display Name,Roles,Email\n\
                      ann,Jones,Ann,Ann J,[Agent],ann@example.com\n\
                      bob,Jones,Bob,Bob J,,bob@example.com\n\
                      carol,Smith,Carol,,,\n";

#[tokio::test]
async fn an_update_keeps_what_is_blank_and_clears_what_says_so() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let (staff, _) = scene.group("Staff", &["ann", "bob"]).await;
    let (board, board_id) = scene.group("Board", &["carol"]).await;
    let file = "login id,Email,Display Name,Member Of,Roles,Account Hierarchy,Owned Groups\n\
                ann,,[clear],Board,[],North,Board\n\
                BOB,bob@example.com,,,,,\n\
                nobody,x@example.com,,,,,\n\
                carol,,,Nowhere,,,\n\
                ann,again@example.com,,,,,\n";
    let (id, state, rows) = scene.done("bulkUpdate", file).await;
    assert_eq!(state, "FAILED");
    assert_eq!(
        rows,
        [
            "ann | UPDATE | COMPLETED | User successfully updated",
            "ann | UPDATE | FAILED | Login Id is listed more than once in this file (row 6 of the file)",
            "BOB | NO_CHANGE | COMPLETED | User is already as asked",
            "carol | UPDATE | FAILED | Invalid member of group provided (row 5 of the file)",
            "nobody | UPDATE | FAILED | No user with this loginId exists (row 4 of the file)",
        ]
    );
    let ann = scene.person("ann").await;
    assert_eq!((&ann["emailId"], ann.get("displayName")), (&json!("ann@example.com"), None));
    assert_eq!((&ann["roles"], &ann["organizationNodeId"]), (&json!([]), &json!("North")));
    assert_eq!((&ann["memberOfGroups"], &ann["ownedGroups"]), (&json!([board_id]), &json!([board_id])));
    assert_eq!((scene.members(&staff).await, scene.members(&board).await), (1, 2));
    let job = scene.get(&format!("{ADMIN}/jobs/{id}")).await.expect(200).json();
    assert_eq!((&job["operation"], &job["totalCount"]), (&json!("UPDATE"), &json!(5)));
    assert!(job["name"].as_str().unwrap().starts_with("bulkUpdate-"));
    assert_eq!(
        job["details"],
        json!([{ "count": 2, "status": "COMPLETED" }, { "count": 3, "status": "FAILED" }])
    );
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_deletion_by_file_needs_logins_alone() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let (staff, _) = scene.group("Staff", &["ann", "bob"]).await;
    let (id, state, rows) = scene.done("bulkDelete", "Login Id\nann\nnobody\nbob\n").await;
    assert_eq!(state, "COMPLETED");
    assert_eq!(
        rows,
        [
            "ann | DELETE | COMPLETED | User successfully deleted",
            "bob | DELETE | COMPLETED | User successfully deleted",
            "nobody | NO_CHANGE | COMPLETED | No user with this loginId exists",
        ]
    );
    assert_eq!(scene.logins().await, ["carol"]);
    assert_eq!(scene.members(&staff).await, 0);
    let (_, state, _) = scene.done("bulkDelete", "Login Id\nnobody\n").await;
    assert_eq!(state, "NO_CHANGE");
    // And it is undone: the same people, in the groups that they were in.
    let undo = Call::new("POST", &format!("/api/v1/accounts/ACME/jobs/{id}/undo")).key(&scene.key);
    let undone = scene.house.send(undo).await.expect(202).json()["id"].as_str().unwrap().to_owned();
    let job = scene.ended(&undone).await;
    assert_eq!((&job["counts"]["created"], &job["counts"]["failed"]), (&json!(2), &json!(0)));
    assert_eq!(scene.logins().await, ["ann", "bob", "carol"]);
    assert_eq!(
        (scene.members(&staff).await, scene.person("ann").await["lastName"].clone()),
        (2, json!("Jones"))
    );
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_upsert_adds_and_changes() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let file = "Login Id,Last Name,First Name,Account Hierarchy\n\
                ann,Berg,,\n\
                dana,Doe,Dana,South\n\
                eve,,Eve,\n\
                carol,Smith,Carol,\n";
    let (_, state, rows) = scene.done("bulkUpsert", file).await;
    assert_eq!(state, "FAILED");
    assert_eq!(
        rows,
        [
            "ann | UPDATE | COMPLETED | User successfully updated",
            "carol | NO_CHANGE | COMPLETED | User is already as asked",
            "dana | ADD | COMPLETED | User successfully added",
            "eve | UPDATE | FAILED | Last Name must not be empty (row 4 of the file)",
        ]
    );
    let (ann, dana) = (scene.person("ann").await, scene.person("dana").await);
    assert_eq!((&ann["lastName"], &ann["firstName"]), (&json!("Berg"), &json!("Ann")));
    assert_eq!(dana["organizationNodeId"], "South");
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_file_can_be_the_whole_truth_of_the_account() {
    let scene = Scene::with(Settings { chunk_items: 2, ..Settings::default() }).await;
    scene.done("bulkAdd", PEOPLE).await;
    let file = "Login Id,Last Name,First Name\nbob,Jones,Bobby\ndana,Doe,Dana\nann,<bad>,Ann\n";
    // A dry run says what would be, and changes nothing.
    let accepted = scene.send("bulkSync?dryRun=true", file).await.expect(202).json();
    let plan = accepted["jobId"].as_str().unwrap();
    let job = scene.ended(plan).await;
    assert_eq!(job["counts"]["created"], 1);
    assert_eq!((&job["counts"]["updated"], &job["counts"]["removed"]), (&json!(1), &json!(1)));
    assert_eq!(scene.logins().await, ["ann", "bob", "carol"]);

    let (id, state, rows) = scene.done("bulkSync", file).await;
    assert_eq!(state, "FAILED");
    assert_eq!(
        rows,
        [
            "ann | UPDATE | FAILED | Last Name must not contain < > ^ @ # or control characters (row 4 of the file)",
            "bob | UPDATE | COMPLETED | User successfully updated",
            "carol | DELETE | COMPLETED | User successfully deleted",
            "dana | ADD | COMPLETED | User successfully added",
        ]
    );
    // Whoever has a faulty row is named by the file, and stays.
    assert_eq!(scene.logins().await, ["ann", "bob", "dana"]);
    let found = scene.get(&format!("{ADMIN}/jobs/{id}/users?filter=lastName:Smith")).await.expect(200).json();
    assert_eq!(found["users"][0]["loginId"], "carol");
    let problem = scene.send("bulkSync", "Login Id,Last Name\nbob,x\n,nameless\n").await.expect(400).json();
    assert!(problem["detail"].as_str().unwrap().contains("row 3 has no Login Id"), "{problem}");
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_file_can_be_the_whole_truth_of_a_group() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let (staff, uuid) = scene.group("Staff", &["ann", "bob"]).await;
    let verb = format!("bulkSync?groupId={uuid}");
    let (_, state, rows) =
        scene.done(&verb, "Login Id,Last Name,First Name\nbob,,\ncarol,,\ndana,Doe,Dana\n").await;
    assert_eq!(state, "COMPLETED");
    assert_eq!(
        rows,
        [
            "ann | DELETE | COMPLETED | User successfully removed from the group",
            "bob | NO_CHANGE | COMPLETED | User is already as asked",
            "carol | UPDATE | COMPLETED | User successfully updated",
            "dana | ADD | COMPLETED | User successfully added",
        ]
    );
    assert_eq!(scene.logins().await, ["ann", "bob", "carol", "dana"]);
    assert_eq!(scene.members(&staff).await, 3);
    assert_eq!(scene.person("ann").await["memberOfGroups"], json!([]));
    let (_, state, _) = scene.done(&verb, "Login Id\nbob\ncarol\ndana\n").await;
    assert_eq!(state, "NO_CHANGE");
    let nowhere = "bulkSync?groupId=01890000-0000-7000-8000-000000000000";
    let problem = scene.send(nowhere, "Login Id\nbob\n").await.expect(400).json();
    assert_eq!(problem["violations"][0]["field"], "groupId");
    scene.send(&format!("bulkUpsert?groupId={uuid}"), "Login Id\nbob\n").await.expect(400);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn the_guard_looks_at_files_that_take_away() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    scene.house.set(json!({ "guard_count": 1 })).await;
    let accepted = scene.send("bulkSync", "Login Id\nann\n").await.expect(202).json();
    let id = accepted["jobId"].as_str().unwrap();
    let job = scene.ended(id).await;
    assert_eq!(job["state"], "AWAITING_APPROVAL");
    assert!(job["message"].as_str().unwrap().contains("removes 2 of 3"), "{job}");
    // The admin API has no word for its state, but says why nothing happens.
    let shown = scene.get(&format!("{ADMIN}/jobs/{id}")).await.expect(200).json();
    assert_eq!(
        (&shown["status"], &shown["details"]),
        (&json!("PENDING"), &json!([{ "count": 3, "status": "PENDING" }]))
    );
    assert_eq!(shown["message"], format!("Import pending: {}", job["message"].as_str().unwrap()));
    let rows = scene.get(&format!("{ADMIN}/jobs/{id}/users")).await.expect(200).json();
    assert!(rows["users"].as_array().unwrap().iter().all(|row| row["status"] == "PENDING"), "{rows}");
    assert_eq!(scene.logins().await.len(), 3);
    let other = scene.house.key_of(Some("ACME"), Role::AccountAdministrator, Dialect::Standard).await;
    let approve = Call::new("POST", &format!("/api/v1/accounts/ACME/jobs/{id}/approve")).key(&other);
    scene.house.send(approve).await.expect(200);
    for _ in 0..500 {
        if scene.logins().await == ["ann"] {
            return scene.house.stop_to_check().await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the approved job does not go on");
}

#[tokio::test]
async fn names_are_not_emptied() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    for (verb, row, name) in [
        ("bulkUpdate", "ann,[clear],Ann", "Last Name"),
        ("bulkUpsert", "ann,Jones,[CLEAR]", "First Name"),
        ("bulkSync", "ann,[clear],[clear]", "Last Name"),
    ] {
        let (_, state, rows) = scene.done(verb, format!("Login Id,Last Name,First Name\n{row}\n")).await;
        assert_eq!(state, "FAILED", "{verb}");
        assert!(rows[0].ends_with(&format!("{name} must not be empty (row 2 of the file)")), "{rows:?}");
    }
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn what_failed_is_corrected_and_sent_again() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let file = "Login Id,Last Name,First Name,Display Name,Roles,Member Of\nann,Berg,,[clear],[],Nowhere\nzoe,,,Zoe,,\n";
    let (id, _, _) = scene.done("bulkUpsert", file).await;
    let path = format!("/api/v1/accounts/ACME/jobs/{id}/items/download?columns=input");
    let failed = scene.get(&path).await.expect(200);
    let failed = String::from_utf8(failed.body).unwrap();
    assert_eq!(
        failed,
        "Login Id,Account Hierarchy,Last Name,First Name,Password,Profile,Display Name,Roles,Email,Member Of,Owned Groups,Description\r\n\
         ann,,Berg,,,,[clear],[],,Nowhere,,Invalid member of group provided\r\n\
         zoe,,,,,,Zoe,,,,,Last Name must not be empty; First Name must not be empty\r\n"
    );
    let corrected = failed.replace("Nowhere", "").replace("zoe,,,,", "zoe,,Doe,Zoe,");
    let (_, state, rows) = scene.done("bulkUpsert", &corrected).await;
    assert_eq!(state, "COMPLETED", "{rows:?}");
    assert_eq!(scene.person("ann").await.get("displayName"), None);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_job_is_stopped_once_and_thrown_away_when_it_has_ended() {
    let mut scene = Scene::with(Settings { chunk_items: 1, ..Settings::default() }).await;
    scene.house.rest().await;
    let accepted = scene.send("bulkAdd?jobName=first", PEOPLE).await.expect(202).json();
    let running = accepted["jobId"].as_str().unwrap().to_owned();
    let stop = |job: &str| Call::new("POST", &format!("{ADMIN}/jobs/{job}:stop")).key(&scene.key);
    let delete = |jobs: &[&str]| {
        Call::new("POST", &format!("{ADMIN}/jobs:bulkDelete"))
            .key(&scene.key)
            .plain(&json!({ "jobIds": jobs }))
    };
    // All of them or none: each that cannot go is named.
    let nobody = "01890000-0000-7000-8000-000000000000";
    let problem = scene.house.send(delete(&[&running, nobody, "x"])).await.expect(400).json();
    let fields: Vec<&str> =
        problem["violations"].as_array().unwrap().iter().filter_map(|one| one["field"].as_str()).collect();
    assert_eq!(fields, ["jobIds[0]", "jobIds[1]", "jobIds[2]"]);
    let stopped = scene.house.send(stop(&running)).await.expect(202).json();
    assert_eq!(stopped["url"], format!("{ADMIN}/jobs/{running}"));
    let again = stop(&running);
    scene.house.send(again).await.expect(202);
    scene.house.send(stop(nobody)).await.expect(404);
    let (again, gone) = (stop(&running), delete(&[&running]));
    let taken = delete(&vec![running.as_str(); 51]);
    scene.house.work();
    let job = scene.ended(&running).await;
    assert_eq!((&job["state"], &job["counts"]["skipped"]), (&json!("ABORTED"), &json!(4 - 1)));
    scene.house.send(again).await.expect(202);
    let problem = scene.house.send(taken).await.expect(400).json();
    assert_eq!(problem["violations"][0]["code"], "20007");
    assert!(scene.house.send(gone).await.expect(202).body.is_empty());
    for path in ["", "/users"] {
        scene.get(&format!("{ADMIN}/jobs/{running}{path}")).await.expect(404);
    }
    scene.get(&format!("/api/v1/accounts/ACME/jobs/{running}")).await.expect(410);
    let list = scene.get(&format!("{ADMIN}/jobs")).await.expect(200).json();
    assert_eq!(list["jobs"], json!([]));
    // The name is free again.
    scene.send("bulkAdd?jobName=first", PEOPLE).await.expect(202);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_row_names_a_profile() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let (staff, uuid) = scene.group("Staff", &["ann"]).await;
    let body = json!({ "profileName": "Agents", "roles": ["Clerk"], "memberOfGroups": [uuid] });
    let made = Call::new("POST", &format!("{ADMIN}/profiles")).key(&scene.key).plain(&body);
    let profile = scene.house.send(made).await.expect(202).json()["profileId"].clone();
    let file = "Login Id,Last Name,First Name,Profile,Roles\n\
                bob,,,AGENTS,\n\
                carol,,,Nobodies,\n\
                dana,Doe,Dana,Agents,\n\
                eve,Eden,Eve,Agents,[Boss]\n";
    let (_, _, rows) = scene.done("bulkUpsert", file).await;
    assert!(rows[1].ends_with("FAILED | Invalid profile provided (row 3 of the file)"), "{rows:?}");
    let (bob, dana, eve) = (scene.person("bob").await, scene.person("dana").await, scene.person("eve").await);
    assert_eq!(
        (&bob["profileId"], &bob["roles"], &bob["memberOfGroups"]),
        (&profile, &json!([]), &json!([]))
    );
    assert_eq!((&dana["roles"], &dana["memberOfGroups"]), (&json!(["Clerk"]), &json!([uuid])));
    assert_eq!((&eve["roles"], &eve["memberOfGroups"]), (&json!(["Boss"]), &json!([uuid])));
    assert_eq!(scene.members(&staff).await, 3);
    let taken = scene.send("bulkAdd?jobName=x", PEOPLE).await.expect(202).json()["jobId"].clone();
    let problem = scene.send("bulkAdd?jobName=x", PEOPLE).await.expect(409).json();
    assert_eq!((&problem["existingId"], &problem["violations"][0]["field"]), (&taken, &json!("jobName")));
    scene.house.stop().await;
}
