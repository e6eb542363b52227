use serde_json::json;
use throng_directory::ids::JobNumber;
use throng_directory::model::jobs::{ImportSpec, Job, Spec, Target};
use throng_directory::{Counts, State};
use uuid::Uuid;

use super::{details, item};
use crate::samples;

fn job(state: State, counts: Counts) -> Job {
    let spec = Spec::Import(ImportSpec { rows: counts.total, page_items: 256, ..ImportSpec::default() });
    let mut job = samples::job(spec, Target::Users);
    (job.number, job.state, job.counts) = (JobNumber(5), state, counts);
    job
}

#[test]
fn a_failed_job_as_in_the_description() {
    let mut job =
        job(State::Failed, Counts { created: 480, ignored: 20, failed: 300, ..Counts::of_total(800) });
    job.name = Some("importUserList1".to_owned());
    job.ended_at = Some(job.received_at);
    let id = Uuid::nil().to_string();
    let expected = json!({
        "jobId": id,
        "name": "importUserList1",
        "operation": "ADD",
        "status": "FAILED",
        "message": "Import failed",
        "details": [{ "count": 500, "status": "COMPLETED" }, { "count": 300, "status": "FAILED" }],
        "url": format!("/api/admin/user/v1/accounts/ABCDEF/jobs/{id}/users"),
        "totalCount": 800,
        "startTime": "2024-04-11T12:59:28.043Z",
        "endTime": "2024-04-11T12:59:28.043Z",
    });
    assert_eq!(serde_json::to_value(details(&job, 0, "ABCDEF")).unwrap(), expected);
}

#[test]
fn the_counts_of_every_state_add_up_to_the_total() {
    let counts = Counts { created: 3, updated: 1, failed: 2, skipped: 4, ..Counts::of_total(15) };
    for state in State::ALL {
        let shown = details(&job(state, counts), 0, "A");
        assert_eq!(shown.details.iter().map(|group| group.count).sum::<u64>(), 15, "{state:?}");
        assert!(!["RECEIVING", "AWAITING_APPROVAL"].contains(&shown.status.as_str()), "{state:?}");
        assert_eq!((shown.name.as_str(), shown.end_time), ("bulkAdd-5", None));
    }
    let messages = |state| details(&job(state, counts), 0, "A").message;
    assert_eq!(messages(State::Completed), "import completed");
    assert_eq!(messages(State::Aborted), "Import aborted");
    assert_eq!(messages(State::InProgress), "Import in progress");
}

#[test]
fn a_list_item_says_the_same() {
    let shown = item(&job(State::AwaitingApproval, Counts::of_total(1)));
    assert_eq!((shown.status.as_str(), shown.start_time.as_str()), ("PENDING", "2024-04-11T12:59:28.043Z"));
}

#[test]
fn rows_in_a_worker_s_hands_are_counted_apart() {
    let counts = Counts { created: 10, ..Counts::of_total(100) };
    let shown = details(&job(State::InProgress, counts), 50, "A").details;
    let shown: Vec<(u64, &str)> = shown.iter().map(|count| (count.count, count.status.as_str())).collect();
    assert_eq!(shown, [(10, "COMPLETED"), (50, "IN_PROGRESS"), (40, "PENDING")]);
}
