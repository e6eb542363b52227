use std::time::Duration;

use throng_client::{Error, Poll};

use crate::server::{Canned, answer};

const POLL: Poll = Poll { every: Duration::from_millis(1), at_most: Duration::from_secs(20) };

fn report(status: &str, processed: u64) -> String {
    let body = format!(
        r#"{{"id":7,"groupId":3,"status":"{status}","requestType":"group_update",
        "requestedChanges":"{{\"create\":4,\"destroy\":0}}","requestReceivedAt":"2024-04-11T12:59:28.043Z",
        "membersCreatedCount":{processed},"membersRemovedCount":0,"membersProcessedCount":{processed},
        "membersPendingCount":{},"messages":""}}"#,
        4 - processed
    );
    answer("200 OK", &body)
}

fn job(status: &str) -> String {
    let body = format!(
        r#"{{"jobId":"0190","name":"n","operation":"ADD","status":"{status}","message":"m","details":[],
        "url":"/u","totalCount":0,"startTime":"2024-04-11T12:59:28.043Z"}}"#
    );
    answer("200 OK", &body)
}

#[tokio::test]
async fn a_report_is_asked_for_until_it_is_finished() {
    let canned = Canned::start(vec![report("ongoing", 0), report("ongoing", 3), report("finished", 4)]).await;
    let mut seen = Vec::new();
    let note = |report: &throng_api::JobReport| seen.push(report.members_processed_count);
    let last = canned.client.wait_for_job_report(7, POLL, note).await.unwrap();
    assert_eq!(
        (last.status.as_str(), last.requested_changes.as_str()),
        ("finished", r#"{"create":4,"destroy":0}"#)
    );
    assert_eq!(seen, [0, 3, 4]);
    assert_eq!(canned.asked()[2].line, "GET /v2/Groups/JobReport/7");
}

#[tokio::test]
async fn every_terminal_state_ends_the_waiting_for_a_job() {
    for end in ["COMPLETED", "FAILED", "NO_CHANGE", "ABORTED"] {
        let canned =
            Canned::start(vec![job("PENDING"), job("IN_PROGRESS"), job("ABORT_IN_PROGRESS"), job(end)]).await;
        let last = canned.client.wait_for_job("ACME", "0190", POLL, |_| {}).await.unwrap();
        assert_eq!(last.status, end);
        assert_eq!(canned.asked().len(), 4);
    }
}

#[tokio::test]
async fn waiting_ends_when_its_time_is_over() {
    let canned = Canned::start(vec![report("ongoing", 0)]).await;
    let poll = Poll { at_most: Duration::from_millis(60), ..POLL };
    let error = canned.client.wait_for_job_report(7, poll, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error:?}");
    assert_eq!(error.to_string(), "the end of job 7 did not happen within 0.06 s");
}

#[tokio::test]
async fn waiting_ends_with_the_first_refusal() {
    let canned = Canned::start(vec![report("ongoing", 0), answer("404 Not Found", "")]).await;
    let error = canned.client.wait_for_job_report(7, POLL, |_| {}).await.unwrap_err();
    assert_eq!(error.status(), Some(404));
}
