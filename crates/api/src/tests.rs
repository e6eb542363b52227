use serde_json::{Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    JobReport, JobUser, JobUsersPage, KeyCreate, KeyCreated, Links, Pagination, Problem, ReportError,
};

/// The example values of the report's description, in its order.
const REPORT: &str = concat!(
    r#"{"id":127,"groupId":3242,"status":"finished","requestType":"group_update","#,
    r#""requestedChanges":"{\"create\":4,\"destroy\":7}","requestReceivedAt":"2024-04-11T12:59:28.043Z","#,
    r#""membersCreatedCount":0,"membersRemovedCount":1,"membersProcessedCount":11,"membersPendingCount":0,"#,
    r#""messages":"4 user(s) not added (already members?); 6 user(s) not removed (not members?)"}"#,
);

#[test]
fn a_report_is_written_as_described_byte_for_byte() {
    let report: JobReport = serde_json::from_str(REPORT).unwrap();
    assert_eq!(report.members_processed_count, 11);
    assert_eq!(serde_json::to_string(&report).unwrap(), REPORT);
}

#[test]
fn a_report_error_has_an_integer_status() {
    let error = ReportError {
        schemas: vec!["urn:ietf:params:scim:api:messages:2.0:Error".to_owned()],
        detail: "Authentication failure".to_owned(),
        status: 401,
    };
    let text = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"Authentication failure","status":401}"#;
    assert_eq!(serde_json::to_string(&error).unwrap(), text);
}

#[test]
fn a_page_of_job_users_has_the_seeds_shape() {
    let page = JobUsersPage {
        pagination: Pagination { page_number: 2, page_size: 10, total: 45 },
        users: vec![JobUser {
            login_id: "steven@domain.com".to_owned(),
            user_id: None,
            operation: "ADD".to_owned(),
            status: "FAILED".to_owned(),
            message: "Invalid member of group provided".to_owned(),
        }],
        links: Links::default(),
    };
    let text = concat!(
        r#"{"pagination":{"pageNumber":2,"pageSize":10,"total":45},"users":[{"loginId":"steven@domain.com","#,
        r#""operation":"ADD","status":"FAILED","message":"Invalid member of group provided"}],"#,
        r#""links":{"prev":"","next":""}}"#,
    );
    assert_eq!(serde_json::to_string(&page).unwrap(), text);
}

#[test]
fn a_problem_without_violations_does_not_mention_them() {
    let text = r#"{"type":"t","title":"Not Found","status":404,"detail":"d","instance":"/x"}"#;
    let problem: Problem = serde_json::from_str(text).unwrap();
    assert_eq!(problem.violations, []);
    assert_eq!(serde_json::to_string(&problem).unwrap(), text);
}

#[test]
fn a_key_is_asked_for_strictly_and_never_shown_by_debug() {
    assert!(serde_json::from_str::<KeyCreate>(r#"{"role":"reader","rôle":"x"}"#).is_err());
    let created = KeyCreated {
        key: "thr_ACME_1_canary".to_owned(),
        key_id: "1".to_owned(),
        client_id: "ACME_7".to_owned(),
        expires_at: None,
    };
    assert!(!format!("{created:?}").contains("canary"));
}

#[test]
fn schemas_name_the_fields_as_they_are_written() {
    let schema: Value = serde_json::to_value(JobReport::schema()).unwrap();
    assert_eq!(JobReport::name(), "JobReport");
    assert_eq!(schema["properties"]["membersPendingCount"]["type"], json!("integer"));
    assert_eq!(schema["properties"]["requestedChanges"]["type"], json!("string"));
}
