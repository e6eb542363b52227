use http_body_util::BodyExt;
use throng_directory::ids::GroupNumber;
use throng_directory::model::jobs::{IdentifierText, ImportSpec, Job, MembershipSpec, Spec, Target};
use throng_directory::model::users::Identifier;
use throng_directory::{Counts, Outcome, State};

use super::messages::messages;
use super::{error, report};
use crate::refusal::{Kind, Refusal};
use crate::samples;

fn job(outcomes: &[(Outcome, u64)], total: u64) -> Job {
    let spec = MembershipSpec {
        keeps_groups: false,
        origin: None,
        dry_run: None,
        creates_group: false,
        identifier: IdentifierText(Identifier::Id),
        operations: Vec::new(),
    };
    let mut job = samples::job(Spec::Membership(spec), Target::Group(GroupNumber(3242)));
    job.state = State::InProgress;
    job.counts = Counts::of_total(total);
    for (outcome, n) in outcomes {
        job.tally.add(*outcome, *n);
    }
    let tally = job.tally.clone();
    job.counts.add(&tally);
    job
}

#[test]
fn the_seeds_example_byte_for_byte() {
    let mut job = job(&[(Outcome::Removed, 1), (Outcome::AlreadyMember, 4), (Outcome::NotMember, 6)], 11);
    (job.asked_create, job.asked_destroy, job.state) = (4, 7, State::Completed);
    let expected = concat!(
        r#"{"id":127,"groupId":3242,"status":"finished","requestType":"group_update","#,
        r#""requestedChanges":"{\"create\":4,\"destroy\":7}","requestReceivedAt":"2024-04-11T12:59:28.043Z","#,
        r#""membersCreatedCount":0,"membersRemovedCount":1,"membersProcessedCount":11,"membersPendingCount":0,"#,
        r#""messages":"4 user(s) not added (already members?); 6 user(s) not removed (not members?)"}"#,
    );
    assert_eq!(serde_json::to_string(&report(&job).unwrap()).unwrap(), expected);
}

#[test]
fn a_running_job_is_ongoing_and_every_ended_one_finished() {
    let mut job = job(&[(Outcome::Created, 2)], 5);
    let shown = report(&job).unwrap();
    assert_eq!(
        (shown.status.as_str(), shown.members_processed_count, shown.members_pending_count),
        ("ongoing", 2, 3)
    );
    for state in State::ALL {
        job.state = state;
        let expected = if state.is_terminal() { "finished" } else { "ongoing" };
        assert_eq!(report(&job).unwrap().status, expected, "{state:?}");
    }
    if let Spec::Membership(spec) = &mut job.spec {
        spec.creates_group = true;
    }
    assert_eq!(report(&job).unwrap().request_type, "group_create");
}

#[test]
fn messages_stand_in_a_fixed_order() {
    let all: Vec<(Outcome, u64)> = Outcome::ALL.into_iter().zip(1..).collect();
    let text = messages(&job(&all, 1_000));
    let expected = "5 user(s) not added (already members?); 7 user(s) not removed (not members?); \
                    20 user(s) not found; 9 user(s) matched more than one person; \
                    10 user(s) listed more than once; 11 user(s) asked to be both added and removed; \
                    26 user(s) not processed (job stopped); 37 user(s) failed (system error); \
                    13 user(s) left as they are (changed since); \
                    nobody was replaced (none of the listed users was found)";
    assert_eq!(text, expected);
}

#[test]
fn nothing_to_say_is_an_empty_text_and_retained_members_are_nothing() {
    assert_eq!(
        messages(&job(&[(Outcome::Created, 3), (Outcome::Removed, 1), (Outcome::Retained, 9)], 13)),
        ""
    );
}

#[test]
fn what_a_stopped_job_left_is_counted() {
    let mut job = job(&[(Outcome::Created, 3)], 10);
    job.counts.skip_rest();
    assert_eq!(messages(&job), "7 user(s) not processed (job stopped)");
}

#[test]
fn a_job_about_something_else_has_no_report() {
    let spec = Spec::Import(ImportSpec { rows: 1, page_items: 256, ..ImportSpec::default() });
    assert_eq!(report(&samples::job(spec, Target::Users)), None);
}

#[tokio::test]
async fn errors_have_the_seeds_shape_and_texts() {
    let cases = [
        (Refusal::bad("jobId", "jobId must be a whole number"), 400, "jobId must be a whole number"),
        (Refusal::unauthenticated(), 401, "Authentication failure"),
        (Refusal::forbidden(), 403, "Operation is not permitted"),
        (Refusal::new(Kind::NotFound, "no job 5"), 404, "The requested resource was not found."),
    ];
    for (refusal, status, detail) in cases {
        let response = error::response(&refusal);
        assert_eq!(response.status().as_u16(), status);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let expected = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"{detail}","status":{status}}}"#
        );
        assert_eq!(body, expected);
    }
}
