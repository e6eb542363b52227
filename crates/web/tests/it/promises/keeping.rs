//! How long jobs are kept.

use serde_json::{Value, json};
use throng_directory::Settings;

use super::JOBS;
use crate::house::{Call, House};

const DAY: i64 = 86_400_000_000;

/// A job is there with its items for 30 days after its end, or as many as its account keeps jobs; then it is said for 30
/// days that it is gone; then nobody knows it.
#[tokio::test]
async fn g38_a_job_is_kept_then_gone_then_unknown() {
    let house = House::timed(Settings::default()).await;
    let key = house.admin().await;
    let id = house.user(&key, "ann").await;
    let members = json!([{ "value": id }, { "value": "nobody" }]);
    let body = json!({ "displayName": "g", "members": members });
    let made = house.send(Call::new("POST", "/scim/v2/Groups").key(&key).json(&body)).await.expect(201);
    let job = made.header("throng-job").to_owned();
    let look = async |path: &str, status: u16| -> Value {
        let text = format!("{JOBS}/{job}{path}");
        house.send(Call::get(&text).key(&key)).await.expect(status).json()
    };
    let report = async |status: u16| {
        house.send(Call::get(&format!("/v2/Groups/JobReport/{job}")).key(&key)).await.expect(status)
    };
    let later = async |days: i64| {
        house.advance(days * DAY);
        house.throw_away().await;
    };
    let until = look("", 200).await["expiresAt"].as_str().unwrap()[..10].to_owned();
    assert_eq!(until, "2024-05-11");
    later(29).await;
    assert_eq!(look("/items", 200).await["items"].as_array().unwrap().len(), 2);
    report(200).await;
    // What the account says now counts for jobs that ended before.
    house.set(json!({ "job_retention_days": 60 })).await;
    later(30).await;
    assert_eq!(look("/items", 200).await["items"].as_array().unwrap().len(), 2);
    later(2).await;
    for path in ["", "/items"] {
        look(path, 410).await;
    }
    report(404).await;
    later(29).await;
    look("", 410).await;
    later(2).await;
    look("", 404).await;
    house.stop().await;
}
