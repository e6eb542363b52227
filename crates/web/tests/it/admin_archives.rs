//! The admin API: what comes out of it in an archive goes in again.

use serde_json::json;

use crate::admin_bulk::{ADMIN, Scene};
use crate::house::Call;

const PEOPLE: usize = 2_500;

fn people(group: &str) -> String {
    let rows = (0..PEOPLE).map(|number| format!("user{number:05},Last,First,{group}\n"));
    format!("Login Id,Last Name,First Name,Member Of\n{}", rows.collect::<String>())
}

#[tokio::test]
async fn an_export_of_three_workbooks_is_an_import_as_it_is() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", people("")).await;
    let call = Call::new("POST", &format!("{ADMIN}/users:bulkExport")).key(&scene.key);
    let accepted = scene.house.send(call).await.expect(202).json();
    let export = accepted["jobId"].as_str().unwrap();
    scene.ended(export).await;
    let path = format!("{ADMIN}/jobs/{export}:downloadExportedUsers");
    let file = scene.get(&path).await.expect(200).body;
    for verb in ["bulkUpsert", "bulkUpdate", "bulkSync?dryRun=true", "bulkSync"] {
        let accepted = scene.send(verb, &file).await.expect(202).json();
        let job = scene.ended(accepted["jobId"].as_str().unwrap()).await;
        assert_eq!(job["counts"]["total"], PEOPLE, "{verb}: {job}");
        assert_eq!(job["counts"]["ignored"], PEOPLE, "{verb}: {job}");
        if !verb.contains("dryRun") {
            assert_eq!(job["state"], "NO_CHANGE", "{verb}: {job}");
        }
    }
    let (_, state, _) = scene.done("bulkDelete", &file).await;
    assert_eq!((&state[..], scene.logins().await.len()), ("COMPLETED", 0));
    let (_, state, _) = scene.done("bulkAdd", &file).await;
    assert_eq!(state, "COMPLETED");
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn what_failed_is_sent_again_as_it_came() {
    let scene = Scene::start().await;
    let (id, state, _) = scene.done("bulkAdd", people("Nobodies")).await;
    assert_eq!(state, "FAILED");
    let path = format!("{ADMIN}/jobs/{id}:exportFailedUsers");
    let file = scene.get(&path).await.expect(200).body;
    let accepted = scene.send("bulkAdd", &file).await.expect(202).json();
    let job = scene.ended(accepted["jobId"].as_str().unwrap()).await;
    assert_eq!(job["counts"]["failed"], json!(PEOPLE), "{job}");
    scene.house.stop_to_check().await;
}
