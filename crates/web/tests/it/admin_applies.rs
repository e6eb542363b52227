//! Dry runs of files that change and delete people: what is applied is what is still as it was found.

use serde_json::{Value, json};

use crate::admin_bulk::{PEOPLE, Scene};
use crate::house::Call;

impl Scene {
    /// The number of a dry run that has ended.
    async fn dry(&self, verb: &str, file: &str) -> String {
        let dry = if verb.contains('?') { "&dryRun=true" } else { "?dryRun=true" };
        let accepted = self.send(&format!("{verb}{dry}"), file).await.expect(202).json();
        self.ended(accepted["jobId"].as_str().unwrap()).await["number"].to_string()
    }

    /// Makes a job of another one and waits for its end.
    async fn following(&self, job: &str, verb: &str) -> Value {
        let path = format!("/api/v1/accounts/ACME/jobs/{job}/{verb}");
        let call = Call::new("POST", &path).key(&self.key).plain(&json!({}));
        let made = self.house.send(call).await.expect(202).json();
        self.ended(made["id"].as_str().unwrap()).await
    }

    async fn id_of(&self, login: &str) -> String {
        self.person(login).await["userId"].as_str().unwrap().to_owned()
    }

    /// Deletes somebody and makes another of the same login; the other's id.
    async fn replaced(&self, login: &str) -> String {
        let gone = self.id_of(login).await;
        self.house
            .send(Call::new("DELETE", &format!("/scim/v2/Users/{gone}")).key(&self.key))
            .await
            .expect(204);
        let other = self.house.user(&self.key, login).await;
        assert_ne!(other, gone);
        other
    }

    async fn changed(&self, login: &str) {
        let path = format!("/scim/v2/Users/{}", self.id_of(login).await);
        let title = json!({ "Operations": [{ "op": "add", "path": "title", "value": "Dr" }] });
        self.scim("PATCH", &path, &title).await.expect(200);
    }

    /// People `ann`, `bob` and `carol`, and a dry run of whom the first is replaced and the second changed by now; the
    /// first's new id and the dry run.
    async fn outrun(&self, verb: &str, file: &str) -> (String, String) {
        self.done("bulkAdd", PEOPLE).await;
        let dry = self.dry(verb, file).await;
        let other = self.replaced("ann").await;
        self.changed("bob").await;
        (other, dry)
    }

    /// Neither has the last name of the files.
    async fn are_left_alone(&self, other: &str) {
        let (ann, bob) = (self.person("ann").await, self.person("bob").await);
        assert_eq!(ann["userId"], other);
        assert!(ann["lastName"] != "New" && bob["lastName"] == "Jones", "{ann} {bob}");
    }
}

const CHANGES: &str = "Login Id,Last Name,First Name\nann,New,A\nbob,New,B\ncarol,New,C\n";

#[tokio::test]
async fn an_applied_deletion_takes_nobody_whom_the_dry_run_did_not_find() {
    let scene = Scene::start().await;
    let (other, dry) = scene.outrun("bulkDelete", "Login Id\nann\nbob\ncarol\nzoe\n").await;
    // Of whom it found nobody it does nothing, whoever there is by now.
    scene.house.user(&scene.key, "zoe").await;
    let done = scene.following(&dry, "apply").await;
    assert_eq!(done["reasons"], json!({ "removed": 1, "changed_since": 2 }), "{done}");
    assert_eq!(scene.logins().await, ["ann", "bob", "zoe"]);
    scene.are_left_alone(&other).await;
    let rows = scene.rows(done["id"].as_str().unwrap()).await;
    assert_eq!(
        rows[..2],
        [
            "ann | NO_CHANGE | COMPLETED | The loginId is another user's since the dry run",
            "bob | NO_CHANGE | COMPLETED | The user was changed since the dry run",
        ]
    );
    // Tried again it is asked anew, without the dry run.
    let path = format!("/api/v1/accounts/ACME/jobs/{}/redrive", done["number"]);
    let call = Call::new("POST", &path).key(&scene.key).plain(&json!({ "reasons": ["changed_since"] }));
    let again = scene.house.send(call).await.expect(202).json();
    let again = scene.ended(again["id"].as_str().unwrap()).await;
    assert_eq!(again["reasons"], json!({ "removed": 2 }));
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn who_is_gone_since_a_dry_run_is_not_found() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let delete = scene.dry("bulkDelete", "Login Id\nann\nbob\n").await;
    let change = scene.dry("bulkUpsert", CHANGES).await;
    let gone = format!("/scim/v2/Users/{}", scene.id_of("ann").await);
    scene.house.send(Call::new("DELETE", &gone).key(&scene.key)).await.expect(204);
    let deleted = scene.following(&delete, "apply").await;
    assert_eq!(deleted["reasons"], json!({ "removed": 1, "not_found": 1 }));
    // An upsert adds nobody in the place of those whom it would have changed.
    let changed = scene.following(&change, "apply").await;
    assert_eq!(changed["reasons"], json!({ "updated": 1, "changed_since": 2 }));
    assert_eq!(scene.logins().await, ["carol"]);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_applied_update_changes_nobody_whom_the_dry_run_did_not_find() {
    let scene = Scene::start().await;
    let (other, dry) = scene.outrun("bulkUpdate", CHANGES).await;
    let done = scene.following(&dry, "apply").await;
    assert_eq!(done["reasons"], json!({ "updated": 1, "changed_since": 2 }), "{done}");
    scene.are_left_alone(&other).await;
    assert_eq!(scene.person("carol").await["lastName"], "New");
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_applied_upsert_neither_overwrites_nor_adds_whom_the_dry_run_did_not_see_so() {
    let scene = Scene::start().await;
    let file = format!("{CHANGES}dana,New,D\neve,New,E\n");
    let (other, dry) = scene.outrun("bulkUpsert", &file).await;
    // One was to be added, and is there by now.
    scene.house.user(&scene.key, "dana").await;
    let done = scene.following(&dry, "apply").await;
    assert_eq!(done["reasons"], json!({ "created": 1, "updated": 1, "changed_since": 3 }), "{done}");
    scene.are_left_alone(&other).await;
    assert_ne!(scene.person("dana").await["lastName"], "New");
    assert_eq!(scene.person("eve").await["lastName"], "New");
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_applied_file_that_is_the_whole_truth_takes_and_changes_whom_the_dry_run_found() {
    let scene = Scene::start().await;
    for login in ["xan", "yan", "zan"] {
        scene.house.user(&scene.key, login).await;
    }
    let (other, dry) = scene.outrun("bulkSync", &format!("{CHANGES}eve,New,E\n")).await;
    // Of those who were to go one is another by now, and one was changed.
    let other_xan = scene.replaced("xan").await;
    scene.changed("yan").await;
    let done = scene.following(&dry, "apply").await;
    assert_eq!(
        done["reasons"],
        json!({ "created": 1, "updated": 1, "removed": 1, "changed_since": 4 }),
        "{done}"
    );
    scene.are_left_alone(&other).await;
    assert_eq!(scene.logins().await, ["ann", "bob", "carol", "eve", "xan", "yan"]);
    assert_eq!(scene.id_of("xan").await, other_xan);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_applied_file_of_a_group_moves_whom_the_dry_run_found() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let (staff, uuid) = scene.group("Staff", &["ann", "bob"]).await;
    let dry =
        scene.dry(&format!("bulkSync?groupId={uuid}"), "Login Id,Last Name,First Name\ncarol,,\n").await;
    let other = scene.replaced("ann").await;
    let joins = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": other }] }] });
    scene.scim("PATCH", &format!("/scim/v2/Groups/{staff}"), &joins).await;
    let done = scene.following(&dry, "apply").await;
    assert_eq!(done["reasons"], json!({ "updated": 1, "removed": 1, "changed_since": 1 }), "{done}");
    assert_eq!(scene.person("ann").await["memberOfGroups"], json!([uuid]));
    assert_eq!(scene.person("bob").await["memberOfGroups"], json!([]));
    assert_eq!(scene.person("carol").await["memberOfGroups"], json!([uuid]));
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn what_was_stopped_of_an_applied_dry_run_goes_on_with_whom_it_found() {
    let mut scene = Scene::start().await;
    let (other, dry) = scene.outrun("bulkUpdate", CHANGES).await;
    scene.house.rest().await;
    let path = format!("/api/v1/accounts/ACME/jobs/{dry}/apply");
    let applied = scene.house.send(Call::new("POST", &path).key(&scene.key)).await.expect(202).json();
    let path = format!("/api/v1/accounts/ACME/jobs/{}/abort", applied["number"]);
    scene.house.send(Call::new("POST", &path).key(&scene.key)).await.expect(200);
    scene.house.work();
    let done = scene.following(&applied["number"].to_string(), "redrive").await;
    assert_eq!(done["reasons"], json!({ "updated": 1, "changed_since": 2 }), "{done}");
    scene.are_left_alone(&other).await;
    scene.house.stop_to_check().await;
}
