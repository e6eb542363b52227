//! The seed's job report.

use serde_json::{Value, json};
use throng_directory::{Dialect, Role};

use crate::house::{Call, House};

/// 4 additions, all members already, and 7 removals of which one is a member: the numbers of the seed's example.
#[tokio::test]
async fn the_example_of_the_seed_happens() {
    let house = House::start().await;
    let key = house.admin().await;
    let mut ids = Vec::new();
    for n in 0..11 {
        ids.push(house.user(&key, &format!("user{n}")).await);
    }
    let values = |ids: &[String]| -> Vec<Value> { ids.iter().map(|id| json!({ "value": id })).collect() };
    let body = json!({ "displayName": "g", "members": values(&ids[..5]) });
    let group =
        house.send(Call::new("POST", "/scim/v2/Groups").key(&key).json(&body)).await.expect(201).json();
    let id = group["id"].as_str().unwrap();
    let change = json!({ "Operations": [
        { "op": "add", "path": "members", "value": values(&ids[..4]) },
        { "op": "remove", "path": "members", "value": values(&ids[4..]) },
    ] });
    let path = format!("/scim/v2/Groups/{id}");
    let patched = house.send(Call::new("PATCH", &path).key(&key).json(&change)).await.expect(200);
    let job = patched.header("throng-job").to_owned();
    house.finished(&key, &job).await;
    let answer = house.send(Call::get(&format!("/v2/Groups/JobReport/{job}")).key(&key)).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let received = answer.json()["requestReceivedAt"].as_str().unwrap().to_owned();
    assert_eq!((received.len(), &received[..11], &received[23..]), (24, "2024-04-11T", "Z"));
    let expected = format!(
        concat!(
            r#"{{"id":{},"groupId":{},"status":"finished","requestType":"group_update","#,
            r#""requestedChanges":"{{\"create\":4,\"destroy\":7}}","requestReceivedAt":"{}","#,
            r#""membersCreatedCount":0,"membersRemovedCount":1,"membersProcessedCount":11,"membersPendingCount":0,"#,
            r#""messages":"4 user(s) not added (already members?); 6 user(s) not removed (not members?)"}}"#,
        ),
        job, id, received
    );
    assert_eq!(text, expected);
    let same = house.send(Call::get(&format!("/scim/v2/Groups/JobReport/{job}")).key(&key)).await.expect(200);
    assert_eq!(same.body, text.as_bytes());
    house.stop().await;
}

#[tokio::test]
async fn errors_are_the_seeds() {
    let house = House::start().await;
    let reader = house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    let operator = house.key_of(None, Role::Operator, Dialect::Standard).await;
    let shape = |detail: &str, status: u16| {
        format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"{detail}","status":{status}}}"#
        )
    };
    for base in ["/v2", "/scim/v2"] {
        let call = |id: &str| Call::get(&format!("{base}/Groups/JobReport/{id}"));
        for (call, detail, status) in [
            (call("1"), "Authentication failure", 401),
            (call("1").key(&operator), "Operation is not permitted", 403),
            (call("999999").key(&reader), "The requested resource was not found.", 404),
            (call("0").key(&reader), "The requested resource was not found.", 404),
            (call("99999999999999999999").key(&reader), "The requested resource was not found.", 404),
        ] {
            let answer = house.send(call).await.expect(status);
            assert_eq!(String::from_utf8(answer.body).unwrap(), shape(detail, status));
        }
        for bad in ["abc", "1.5", "-1", "1e3", "%20", "%31%00", "1%2F2"] {
            let answer = house.send(call(bad).key(&reader)).await.expect(400);
            assert_eq!(answer.json()["status"], 400, "{bad}");
        }
    }
    house.send(Call::get("/v2/Groups/1").key(&reader)).await.expect(404);
    house.send(Call::get("/v2/Users").key(&reader)).await.expect(404);
    let wrong = house.send(Call::new("POST", "/v2/Groups/JobReport/1").key(&reader)).await.expect(405);
    assert_eq!((wrong.header("allow"), &wrong.json()["status"]), ("GET, HEAD", &json!(405)));
    house.stop().await;
}
