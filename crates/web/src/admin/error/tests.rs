use http_body_util::BodyExt;
use serde_json::{Value, json};
use throng_directory::Error;
use throng_directory::model::faults::Faults;

use super::{code, response};
use crate::refusal::{Kind, Refusal};

async fn body(refusal: &Refusal) -> Value {
    let response = response(refusal, "/api/x");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test]
async fn a_violation_names_field_and_code() {
    let expected = json!({
        "type": "urn:throng:problem:constraint-violation",
        "title": "Constraint Violation",
        "status": 400,
        "detail": "pageSize must be a whole number of 1 or more",
        "instance": "/api/x",
        "violations": [{
            "field": "pageSize",
            "message": "pageSize must be a whole number of 1 or more",
            "code": "20006",
        }],
    });
    assert_eq!(
        body(&Refusal::bad("pageSize", "pageSize must be a whole number of 1 or more")).await,
        expected
    );
}

#[tokio::test]
async fn every_field_that_is_wrong_is_a_violation() {
    let mut faults = Faults::default();
    faults.missing("name");
    faults.sized("description", "abc", 0..=2);
    faults.too_many("roles", 50);
    let body = body(&Refusal::from(Error::Faults(faults))).await;
    let violations = json!([
        { "field": "name", "message": "name must be given", "code": "20002" },
        { "field": "description", "message": "description has at most 2 characters", "code": "20006" },
        { "field": "roles", "message": "roles lists at most 50", "code": "20007" },
    ]);
    assert_eq!((&body["violations"], &body["status"]), (&violations, &json!(400)));
    let detail = "name must be given; description has at most 2 characters; roles lists at most 50";
    assert_eq!(body["detail"], detail);
}

#[tokio::test]
async fn what_is_taken_says_by_whom_where_that_is_known() {
    let taken = |existing: Option<&str>| Error::AlreadyExists {
        field: "displayName",
        detail: "another group has this displayName".to_owned(),
        existing: existing.map(str::to_owned),
    };
    let known = body(&Refusal::from(taken(Some("7"))).renamed(&[("displayName", "name")])).await;
    assert_eq!((&known["existingId"], &known["violations"][0]["field"]), (&json!("7"), &json!("name")));
    assert_eq!(known["detail"], "another group has this name");
    assert_eq!(body(&Refusal::from(taken(None))).await.get("existingId"), None);
}

#[tokio::test]
async fn every_violation_has_a_code() {
    let taken = Refusal { field: "jobName".to_owned(), ..Refusal::new(Kind::Conflict, "taken") };
    let large = Refusal { field: "file".to_owned(), ..Refusal::new(Kind::TooLarge, "large") };
    let missing = Refusal { code: Some(code::MISSING), ..Refusal::bad("file", "missing") };
    for (refusal, title, code) in [
        (taken, "Conflict", "20009"),
        (large, "Payload Too Large", "20007"),
        (missing, "Constraint Violation", "20002"),
    ] {
        let body = body(&refusal).await;
        assert_eq!((&body["title"], &body["violations"][0]["code"]), (&json!(title), &json!(code)));
    }
}

#[tokio::test]
async fn what_is_not_about_a_field_has_no_violations() {
    let body = body(&Refusal::new(Kind::OutcomeUnknown, "unknown")).await;
    assert_eq!(body["type"], "urn:throng:problem:commit-outcome-unknown");
    assert_eq!((&body["status"], body.get("violations")), (&json!(503), None));
}
