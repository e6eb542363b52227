use throng_client::{Client, Error, Page};

use crate::server::{Canned, TOKEN, answer};

#[tokio::test]
async fn a_problem_says_which_field_is_wrong() {
    let body = r#"{"type":"urn:t","title":"Constraint Violation","status":400,"detail":"pageSize is at most 1000",
        "instance":"/x","violations":[{"field":"pageSize","message":"pageSize is at most 1000","code":"20007"}]}"#;
    let canned = Canned::start(vec![answer("400 Bad Request", body)]).await;
    let error = canned.client.jobs("ACME", &Page::default()).await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    let text = "GET /api/admin/user/v1/accounts/ACME/jobs was answered 400: pageSize is at most 1000";
    assert_eq!(error.to_string(), text);
    let Error::Refused(refusal) = error else { panic!("{error:?}") };
    assert_eq!(
        (refusal.violations[0].field.as_str(), refusal.violations[0].code.as_str()),
        ("pageSize", "20007")
    );
    assert_eq!(refusal.body, body);
}

#[tokio::test]
async fn a_scim_error_keeps_its_type() {
    let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness",
        "detail":"the userName is taken"}"#;
    let canned = Canned::start(vec![answer("409 Conflict", body)]).await;
    let error = canned.client.create_user(&serde_json::json!({})).await.unwrap_err();
    let Error::Refused(refusal) = error else { panic!("{error:?}") };
    assert_eq!((refusal.status, refusal.scim_type.as_deref()), (409, Some("uniqueness")));
    assert_eq!(refusal.detail, "the userName is taken");
}

#[tokio::test]
async fn other_refusals_keep_their_text() {
    let canned = Canned::start(vec![
        answer("302 Found\nLocation: /elsewhere", ""),
        answer("502 Bad Gateway", "oops\n"),
    ])
    .await;
    assert_eq!(canned.client.job_report(1).await.unwrap_err().status(), Some(302));
    let error = canned.client.job_report(1).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /v2/Groups/JobReport/1 was answered 502: oops");
    // Nothing was followed and nothing was sent twice.
    assert_eq!(canned.asked().len(), 2);
}

#[tokio::test]
async fn an_answer_of_another_form_is_told_from_a_refusal() {
    let canned = Canned::start(vec![answer("200 OK", r#"{"id":"seven"}"#)]).await;
    let error = canned.client.job_report(7).await.unwrap_err();
    assert!(
        error.to_string().starts_with("the answer to GET /v2/Groups/JobReport/7 cannot be read: "),
        "{error}"
    );
    let Error::Unreadable { body, .. } = error else { panic!("{error:?}") };
    assert_eq!(body, r#"{"id":"seven"}"#);
}

#[tokio::test]
async fn nobody_there_is_a_transport_error() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = Client::new(&format!("http://{gone}/under/a/path/"), TOKEN).unwrap();
    let error = client.job_report(1).await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert!(
        error.to_string().contains(&format!("http://{gone}/under/a/path/v2/Groups/JobReport/1")),
        "{error}"
    );
}

#[test]
fn what_cannot_be_spoken_to_is_refused_at_once_and_the_credential_is_never_shown() {
    for url in ["ftp://127.0.0.1", "mailto:a@b.c", "127.0.0.1:8080", ""] {
        assert!(matches!(Client::new(url, TOKEN), Err(Error::Setup(_))), "{url}");
    }
    let error = Client::new("http://127.0.0.1", "secret\nsecret").unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
    let client = Client::new("http://127.0.0.1", TOKEN).unwrap();
    assert!(!format!("{client:?}").contains("secret"));
}
