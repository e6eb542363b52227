//! A1, A4, A7, A8, A13, A15 to A27, A45 and A55: jobs and their users.

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::Settings;

use super::{Scene, USERS, names, violation, violations};
use crate::house::{Call, House};

const FILE: &str = "Login Id,Last Name,First Name\n\
                    dana,Same,Dana\nann,Same,Ann\ncarol,Other,Carol\nbob,Same,Bob\neve,<bad>,Eve\n";

#[tokio::test]
async fn a01_jobs_and_their_users_come_ten_to_a_page() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    for path in [format!("{USERS}/jobs"), format!("{job}/users")] {
        assert_eq!(scene.get(&path).await.expect(200).json()["pagination"]["pageSize"], 10, "{path}");
    }
    scene.stop().await;
}

/// Overturned: a path takes a UUID, and no name of a job.
#[tokio::test]
async fn a04_links_and_paths_have_the_jobs_uuid() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd?jobName=importUserList1", FILE).await;
    let next = scene.rows(&job, "?pageSize=2").await["links"]["next"].as_str().unwrap().to_owned();
    assert!(next.starts_with(&format!("{job}/users?")), "{next}");
    scene.get(&format!("{USERS}/jobs/importUserList1")).await.expect(404);
    scene.stop().await;
}

#[tokio::test]
async fn a07_there_is_an_empty_link_at_the_ends() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    assert_eq!(scene.rows(&job, "").await["links"], json!({ "prev": "", "next": "" }));
    assert_eq!(scene.rows(&job, "?pageSize=5").await["links"], json!({ "prev": "", "next": "" }));
    scene.stop().await;
}

#[tokio::test]
async fn a08_a_page_behind_the_end_is_empty_and_leads_back() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    let page = scene.rows(&job, "?pageNumber=9&pageSize=2").await;
    assert_eq!((&page["users"], &page["pagination"]["total"]), (&json!([]), &json!(5)));
    assert_eq!(page["links"]["prev"], format!("{job}/users?pageNumber=3&pageSize=2"));
    scene.stop().await;
}

#[tokio::test]
async fn a13_rows_keep_the_names_they_do_not_show_of_who_failed_and_who_is_gone_too() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", FILE).await;
    let (job, _) =
        scene.done("bulkDelete", "Login Id,First Name,Last Name\nann,Ann,Same\nnobody,No,Body\n").await;
    let (failed, _) = scene.done("bulkAdd", FILE).await;
    for (job, filter, found) in [
        (&job, "firstName:A*", &["ann"][..]),
        (&job, "lastName=body", &["nobody"]),
        (&failed, "firstName=eve", &["eve"]),
    ] {
        let rows = scene.rows(job, &format!("?filter={filter}")).await;
        assert_eq!(names(&rows, "users", "loginId"), found, "{filter}");
        assert_eq!(rows["users"][0].get("firstName"), None);
    }
    scene.stop().await;
}

#[tokio::test]
async fn a15_equal_names_come_by_login_in_either_direction() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    for (order, found) in [
        ("lastName", ["eve", "carol", "ann", "bob", "dana"]),
        ("lastName%20desc", ["ann", "bob", "dana", "carol", "eve"]),
        ("loginId%20desc", ["eve", "dana", "carol", "bob", "ann"]),
    ] {
        let rows = scene.rows(&job, &format!("?orderBy={order}")).await;
        assert_eq!(names(&rows, "users", "loginId"), found, "{order}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn a16_the_total_is_there_from_the_beginning_and_stays() {
    let mut scene = Scene::with(Settings { chunk_items: 1, ..Settings::default() }).await;
    scene.house.rest().await;
    let job = scene.file("bulkAdd", FILE).await;
    let rows = scene.rows(&job, "?filter=status:PENDING").await;
    assert_eq!((&rows["pagination"]["total"], rows["users"].as_array().unwrap().len()), (&json!(5), 5));
    assert_eq!(rows["users"][0]["message"], "Operation is pending");
    scene.house.work();
    for _ in 0..20 {
        assert_eq!(scene.rows(&job, "?pageSize=1").await["pagination"]["total"], 5);
    }
    scene.ended(&job).await;
    assert_eq!(scene.rows(&job, "").await["pagination"]["total"], 5);
    scene.stop().await;
}

#[tokio::test]
async fn a17_a_job_with_a_failed_row_is_failed_and_counts_what_was_done() {
    let scene = Scene::start().await;
    let (job, shown) = scene.done("bulkAdd", FILE).await;
    assert_eq!((&shown["status"], &shown["message"]), (&json!("FAILED"), &json!("Import failed")));
    assert_eq!(
        shown["details"],
        json!([{ "count": 4, "status": "COMPLETED" }, { "count": 1, "status": "FAILED" }])
    );
    let native = job.replace("/api/admin/user/v1", "/api/v1");
    assert_eq!(scene.get(&native).await.expect(200).json()["outcome"], "partial");
    scene.stop().await;
}

#[tokio::test]
async fn a18_details_are_statuses_that_sum_up() {
    let mut scene = Scene::with(Settings { chunk_items: 2, ..Settings::default() }).await;
    scene.house.rest().await;
    let job = scene.file("bulkAdd", FILE).await;
    scene.house.work();
    loop {
        let shown = scene.get(&job).await.expect(200).json();
        let details = shown["details"].as_array().unwrap();
        let statuses = ["COMPLETED", "FAILED", "ABORTED", "IN_PROGRESS", "PENDING"];
        assert!(details.iter().all(|one| statuses.contains(&one["status"].as_str().unwrap())), "{shown}");
        assert!(details.iter().all(|one| one["count"] != 0), "{shown}");
        let sum: u64 = details.iter().filter_map(|one| one["count"].as_u64()).sum();
        assert_eq!(shown["totalCount"], sum);
        if shown.get("endTime").is_some() {
            return scene.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a19_a_job_says_its_id_and_its_name() {
    let scene = Scene::start().await;
    let (job, shown) = scene.done("bulkAdd?jobName=first", FILE).await;
    assert_eq!((shown["jobId"].as_str(), &shown["name"]), (job.rsplit('/').next(), &json!("first")));
    scene.stop().await;
}

#[tokio::test]
async fn a20_a_job_waits_as_pending_and_one_that_changed_nothing_can_be_thrown_away() {
    let mut scene = Scene::start().await;
    scene.house.rest().await;
    let waiting = scene.file("bulkAdd", FILE).await;
    assert_eq!(scene.get(&waiting).await.expect(200).json()["status"], "PENDING");
    scene.house.work();
    scene.ended(&waiting).await;
    let (job, shown) = scene.done("bulkUpdate", "Login Id,Last Name\nann,Same\n").await;
    assert_eq!(
        (&shown["status"], &shown["details"]),
        (&json!("NO_CHANGE"), &json!([{ "count": 1, "status": "COMPLETED" }]))
    );
    let row = scene.rows(&job, "").await["users"][0].clone();
    assert_eq!((&row["operation"], &row["status"]), (&json!("NO_CHANGE"), &json!("COMPLETED")));
    let ids = json!({ "jobIds": [shown["jobId"]] });
    scene.send("POST", &format!("{USERS}/jobs:bulkDelete"), &ids).await.expect(202);
    scene.get(&job).await.expect(404);
    scene.stop().await;
}

#[tokio::test]
async fn a21_a_job_that_has_ended_never_changes() {
    let scene = Scene::start().await;
    let (job, shown) = scene.done("bulkAdd", FILE).await;
    let rows = scene.rows(&job, "").await;
    scene.done("bulkDelete", "Login Id\nann\n").await;
    assert_eq!(scene.get(&job).await.expect(200).json(), shown);
    assert_eq!(scene.rows(&job, "").await, rows);
    scene.stop().await;
}

/// Overturned: `userId` is absent where a row is about nobody.
#[tokio::test]
async fn a22_a_row_about_nobody_has_no_user_id() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    let rows = scene.rows(&job, "").await;
    for row in rows["users"].as_array().unwrap() {
        assert_eq!(row.get("userId").is_some(), row["status"] == "COMPLETED", "{row}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn a23_of_equal_logins_the_first_counts() {
    let scene = Scene::start().await;
    let file = "Login Id,Last Name,First Name\nann,First,Ann\nANN,Second,Ann\n";
    let (job, _) = scene.done("bulkAdd", file).await;
    let rows = scene.rows(&job, "").await;
    let said: Vec<(&Value, &Value)> =
        rows["users"].as_array().unwrap().iter().map(|row| (&row["loginId"], &row["message"])).collect();
    assert_eq!(said[0], (&json!("ann"), &json!("User successfully added")));
    assert_eq!(
        said[1],
        (&json!("ANN"), &json!("Login Id is listed more than once in this file (row 3 of the file)"))
    );
    scene.stop().await;
}

#[tokio::test]
async fn a24_a_key_makes_one_job_and_a_taken_name_leads_to_its_job() {
    let scene = Scene::start().await;
    let (job, shown) = scene.done("bulkAdd?jobName=first", FILE).await;
    let taken = scene.upload("bulkUpdate?jobName=first", "people.csv", FILE.as_bytes()).await.expect(409);
    assert_eq!(violations(&taken), [violation("jobName", "20009")]);
    assert_eq!(taken.json()["existingId"], shown["jobId"]);
    let call = |file: &str| {
        let call = Call::new("POST", &format!("{USERS}/users:bulkUpsert")).key(&scene.key);
        call.header("idempotency-key", "k").file("p.csv", file)
    };
    let first = scene.house.send(call(FILE)).await.expect(202).json();
    let again = scene.house.send(call(FILE)).await.expect(202);
    assert_eq!((again.header("idempotent-replayed"), &again.json()["jobId"]), ("true", &first["jobId"]));
    scene.house.send(call(&FILE.replace("Dana", "Dora"))).await.expect(422);
    assert_ne!(first["url"], job);
    scene.stop().await;
}

#[tokio::test]
async fn a25_a_name_is_taken_for_as_long_as_its_job_is_there() {
    let scene = Scene::start().await;
    let (_, shown) = scene.done("bulkAdd?jobName=first", FILE).await;
    scene.upload("bulkAdd?jobName=first", "people.csv", FILE.as_bytes()).await.expect(409);
    let ids = json!({ "jobIds": [shown["jobId"]] });
    scene.send("POST", &format!("{USERS}/jobs:bulkDelete"), &ids).await.expect(202);
    scene.done("bulkAdd?jobName=first", FILE).await;
    let (_, unnamed) = scene.done("bulkUpsert", FILE).await;
    assert!(unnamed["name"].as_str().unwrap().starts_with("bulkUpsert-"), "{unnamed}");
    scene.stop().await;
}

#[tokio::test]
async fn a26_stopping_again_changes_nothing_and_the_rest_can_be_resumed() {
    let mut scene = Scene::with(Settings { chunk_items: 1, ..Settings::default() }).await;
    scene.house.rest().await;
    let job = scene.file("bulkAdd", FILE).await;
    for _ in 0..2 {
        let stopped = scene.send("POST", &format!("{job}:stop"), &json!({})).await.expect(202).json();
        assert_eq!(stopped, json!({ "url": job }));
    }
    scene.house.work();
    assert_eq!(scene.ended(&job).await["status"], "ABORTED");
    let rows = scene.rows(&job, "?filter=status:ABORTED").await;
    assert_eq!(rows["users"][0]["message"], "Operation was stopped");
    let native = job.replace("/api/admin/user/v1", "/api/v1");
    scene.send("POST", &format!("{native}/abort"), &json!({})).await.expect(200);
    let resumed = scene.send("POST", &format!("{native}/redrive"), &json!({ "outcomes": ["skipped"] })).await;
    resumed.expect(202);
    // One that ended by itself: as it was for the vendor's clients, a conflict for ours.
    let (ended, _) = scene.done("bulkUpsert", FILE).await;
    scene.send("POST", &format!("{ended}:stop"), &json!({})).await.expect(202);
    let native = ended.replace("/api/admin/user/v1", "/api/v1");
    scene.send("POST", &format!("{native}/abort"), &json!({})).await.expect(409);
    scene.stop().await;
}

#[tokio::test]
async fn a27_jobs_are_thrown_away_all_or_none() {
    let mut scene = Scene::start().await;
    let (job, shown) = scene.done("bulkAdd", FILE).await;
    scene.house.rest().await;
    let waiting = scene.file("bulkUpsert", FILE).await;
    let ids = json!({ "jobIds": [shown["jobId"], waiting.rsplit('/').next(), "x"] });
    let refused = scene.send("POST", &format!("{USERS}/jobs:bulkDelete"), &ids).await.expect(400);
    assert_eq!(violations(&refused), [violation("jobIds[1]", "20006"), violation("jobIds[2]", "20006")]);
    scene.get(&job).await.expect(200);
    scene.house.work();
    scene.ended(&waiting).await;
    scene.stop().await;
}

#[tokio::test]
async fn a28_jobs_go_by_themselves_when_their_time_is_over() {
    // With a clock that a test moves.
    let house = House::timed(Settings::default()).await;
    let scene = Scene::in_house(house).await;
    scene.house.set(json!({ "job_retention_days": 1 })).await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    scene.house.advance_far(25 * 3_600_000_000).await;
    scene.house.throw_away().await;
    scene.get(&job).await.expect(404);
    scene.get(&job.replace("/api/admin/user/v1", "/api/v1")).await.expect(410);
    scene.house.stop().await;
}

#[tokio::test]
async fn a45_times_are_rfc_3339_in_utc() {
    let scene = Scene::start().await;
    let (_, shown) = scene.done("bulkAdd", FILE).await;
    for name in ["startTime", "endTime"] {
        let time = shown[name].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn a55_the_page_size_in_effect_is_told() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    for size in [1, 5, 1_000] {
        let page = scene.rows(&job, &format!("?pageSize={size}")).await;
        assert_eq!(page["pagination"]["pageSize"], size);
    }
    scene.get(&format!("{job}/users?pageSize=1001")).await.expect(400);
    scene.stop().await;
}
