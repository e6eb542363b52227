//! F1 to F11, F21 and F37: the job report.

use serde_json::json;

use super::Scene;
use crate::house::Call;

#[tokio::test]
async fn f01_a_job_is_ongoing_and_then_finished() {
    let scene = Scene::slow().await;
    let group = scene.group("g", &[]).await;
    let many: Vec<_> = (0..300).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    let answer = scene.patch(&group, json!([{ "op": "add", "path": "members", "value": many }])).await;
    let answer = answer.expect(200);
    // It takes three hundred commits.
    let path = format!("/v2/Groups/JobReport/{}", answer.header("throng-job"));
    assert_eq!(scene.get(&path).await.expect(200).json()["status"], "ongoing");
    assert_eq!(scene.report(&answer).await["status"], "finished");
    scene.stop().await;
}

#[tokio::test]
async fn f02_post_is_group_create_and_all_else_group_update() {
    let scene = Scene::start().await;
    let body = json!({ "displayName": "g", "members": scene.members(&[0]) });
    let created = scene.send("POST", "/scim/v2/Groups", &body).await.expect(201);
    assert_eq!(scene.report(&created).await["requestType"], "group_create");
    let path = format!("/scim/v2/Groups/{}", created.json()["id"].as_str().unwrap());
    let replaced = scene.send("PUT", &path, &body).await.expect(200);
    assert_eq!(scene.report(&replaced).await["requestType"], "group_update");
    let patched = scene.patch(&path, json!([{ "op": "remove", "path": "members" }])).await.expect(200);
    assert_eq!(scene.report(&patched).await["requestType"], "group_update");
    scene.stop().await;
}

/// A job that was stopped looks `finished`; the text says what became of it.
#[tokio::test]
async fn f03_a_stopped_job_is_finished_and_says_so() {
    let scene = Scene::slow().await;
    let group = scene.group("g", &[]).await;
    let many: Vec<_> = (0..1_000).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    let body = json!({ "Operations": [{ "op": "add", "path": "members", "value": many }] });
    let patch = Call::new("PATCH", &group).key(&scene.key).json(&body).header("prefer", "respond-async");
    // The second waits for the first, so the deletion finds it with all its items.
    scene.house.send(patch.clone()).await.expect(202);
    let second = scene.house.send(patch).await.expect(202);
    scene.send("DELETE", &group, &json!({})).await.expect(204);
    let report = scene.report(&second).await;
    assert_eq!(report["messages"], "1000 user(s) not processed (job stopped)");
    assert_eq!(report["membersPendingCount"], 0);
    scene.stop().await;
}

#[tokio::test]
async fn f04_requested_changes_are_a_document_in_a_string() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[0, 1]).await;
    let answer = scene
        .patch(
            &group,
            json!([
                { "op": "add", "path": "members", "value": scene.members(&[2]) },
                { "op": "remove", "path": "members", "value": scene.members(&[0, 1]) },
            ]),
        )
        .await
        .expect(200);
    assert_eq!(scene.report(&answer).await["requestedChanges"], r#"{"create":1,"destroy":2}"#);
    scene.stop().await;
}

#[tokio::test]
async fn f05_the_vendors_texts_are_kept_to_the_letter() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[0]).await;
    let (add, remove) = (scene.members(&[0]), scene.members(&[1, 2]));
    let answer = scene
        .patch(
            &group,
            json!([
                { "op": "add", "path": "members", "value": add },
                { "op": "remove", "path": "members", "value": remove },
            ]),
        )
        .await;
    let expected = "1 user(s) not added (already members?); 2 user(s) not removed (not members?)";
    assert_eq!(scene.report(&answer).await["messages"], expected);
    let quiet = scene.patch(&group, json!([{ "op": "add", "path": "members", "value": remove }])).await;
    assert_eq!(scene.report(&quiet).await["messages"], "");
    scene.stop().await;
}

#[tokio::test]
async fn f06_the_report_has_the_described_fields_and_no_others() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[0]).await;
    let answer =
        scene.patch(&group, json!([{ "op": "add", "path": "members", "value": scene.members(&[0, 1]) }]));
    let report = scene.report(&answer.await).await;
    let names: Vec<&String> = report.as_object().unwrap().keys().collect();
    let described = [
        "id",
        "groupId",
        "status",
        "requestType",
        "requestedChanges",
        "requestReceivedAt",
        "membersCreatedCount",
        "membersRemovedCount",
        "membersProcessedCount",
        "membersPendingCount",
        "messages",
    ];
    assert_eq!(names, described);
    // One was added, one ignored: what is neither created nor removed was ignored.
    assert_eq!((&report["membersCreatedCount"], &report["membersProcessedCount"]), (&json!(1), &json!(2)));
    scene.stop().await;
}

/// Overturned: a replace is worked out when its turn comes; from then on its numbers stand.
#[tokio::test]
async fn f07_a_replace_counts_what_it_removes() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[0, 1, 2]).await;
    let body = json!({ "displayName": "g", "members": scene.members(&[2, 3]) });
    let answer = scene.send("PUT", &group, &body).await.expect(200);
    let report = scene.report(&answer).await;
    assert_eq!(report["requestedChanges"], r#"{"create":2,"destroy":2}"#);
    assert_eq!((&report["membersCreatedCount"], &report["membersRemovedCount"]), (&json!(1), &json!(2)));
    assert_eq!((&report["membersProcessedCount"], &report["messages"]), (&json!(4), &json!("")));
    assert_eq!(scene.inside(&group).await, [2, 3]);
    scene.stop().await;
}

#[tokio::test]
async fn f08_jobs_of_one_group_run_in_the_order_of_acceptance() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[0]).await;
    let mut jobs = Vec::new();
    for operation in [
        json!({ "op": "replace", "path": "members", "value": scene.members(&[1]) }),
        json!({ "op": "add", "path": "members", "value": scene.members(&[2]) }),
        json!({ "op": "replace", "path": "members", "value": scene.members(&[2, 3]) }),
        json!({ "op": "remove", "path": "members", "value": scene.members(&[3]) }),
    ] {
        let body = json!({ "Operations": [operation] });
        let call = Call::new("PATCH", &group).key(&scene.key).json(&body).header("prefer", "respond-async");
        jobs.push(scene.house.send(call).await.expect(202));
    }
    let mut effects = Vec::new();
    for job in &jobs {
        let report = scene.report(job).await;
        effects.push((report["membersCreatedCount"].clone(), report["membersRemovedCount"].clone()));
    }
    let expected =
        [(1, 1), (1, 0), (1, 1), (0, 1)].map(|(created, removed)| (json!(created), json!(removed)));
    assert_eq!(effects, expected);
    assert_eq!(scene.inside(&group).await, [2]);
    scene.stop().await;
}

/// Overturned in its counting: each mention is an item; the last decides.
#[tokio::test]
async fn f09_the_last_of_contrary_wishes_decides() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[0]).await;
    let both = json!([
        { "op": "add", "path": "members", "value": scene.members(&[1]) },
        { "op": "remove", "path": "members", "value": scene.members(&[0, 1]) },
        { "op": "add", "path": "members", "value": scene.members(&[0]) },
    ]);
    let answer = scene.patch(&group, both).await.expect(200);
    let report = scene.report(&answer).await;
    assert_eq!(scene.inside(&group).await, [0]);
    assert_eq!(
        report["messages"],
        "1 user(s) not added (already members?); 1 user(s) not removed (not members?); \
         2 user(s) asked to be both added and removed"
    );
    assert_eq!(report["membersProcessedCount"], 4);
    scene.stop().await;
}

/// Overturned in its counting: each mention is an item.
#[tokio::test]
async fn f10_whoever_is_listed_twice_is_added_once() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[]).await;
    let twice = json!([{ "op": "add", "path": "members", "value": scene.members(&[1, 1]) }]);
    let report = scene.report(&scene.patch(&group, twice).await.expect(200)).await;
    assert_eq!(report["messages"], "1 user(s) listed more than once");
    assert_eq!((&report["membersCreatedCount"], &report["membersProcessedCount"]), (&json!(1), &json!(2)));
    assert_eq!(scene.inside(&group).await, [1]);
    scene.stop().await;
}

#[tokio::test]
async fn f11_the_report_is_served_with_and_without_scim_before_it() {
    let scene = Scene::start().await;
    let body = json!({ "displayName": "g", "members": scene.members(&[0]) });
    let created = scene.send("POST", "/scim/v2/Groups", &body).await.expect(201);
    let job = created.header("throng-job");
    let short = scene.get(&format!("/v2/Groups/JobReport/{job}")).await.expect(200);
    let long = scene.get(&format!("/scim/v2/Groups/JobReport/{job}")).await.expect(200);
    let of_all = |mut headers: http::HeaderMap| {
        // Each request has its own.
        headers.remove("x-request-id");
        headers
    };
    assert_eq!((short.body, of_all(short.headers)), (long.body, of_all(long.headers)));
    scene.stop().await;
}

#[tokio::test]
async fn f21_a_write_that_changes_nobody_has_a_job() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[0]).await;
    for value in [json!([]), json!(scene.members(&[0]))] {
        let listed = value.as_array().unwrap().len();
        let answer = scene.patch(&group, json!([{ "op": "add", "path": "members", "value": value }])).await;
        let report = scene.get(&format!("/v2/Groups/JobReport/{}", answer.header("throng-job"))).await;
        let report = report.expect(200).json();
        assert_eq!(report["status"], "finished");
        assert_eq!(
            (&report["membersCreatedCount"], &report["membersProcessedCount"]),
            (&json!(0), &json!(listed))
        );
    }
    let rename = json!({ "displayName": "h", "SocialChorus:1.0:Group": { "identifierField": "id" } });
    let answer = scene.send("PUT", &group, &rename).await.expect(200);
    assert_eq!(scene.report(&answer).await["requestedChanges"], r#"{"create":0,"destroy":0}"#);
    scene.stop().await;
}

#[tokio::test]
async fn f37_what_a_finished_job_did_can_be_read() {
    let scene = Scene::start().await;
    let group = scene.group("g", &[]).await;
    let body =
        json!({ "Operations": [{ "op": "add", "path": "members", "value": scene.members(&[0, 1, 2]) }] });
    let call = Call::new("PATCH", &group).key(&scene.key).json(&body).header("prefer", "respond-async");
    let answer = scene.house.send(call).await.expect(202);
    scene.report(&answer).await;
    assert_eq!(scene.inside(&group).await, [0, 1, 2]);
    scene.stop().await;
}
