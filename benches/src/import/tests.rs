use serde_json::json;

use super::{completed, crossing};

#[test]
fn the_rows_done_are_those_completed() {
    let job =
        json!({ "details": [{ "count": 3, "status": "PENDING" }, { "count": 7, "status": "COMPLETED" }] });
    assert_eq!(completed(&job), 7);
    assert_eq!(completed(&json!({})), 0);
}

#[test]
fn crossings_lie_between_samples() {
    let samples = [(1.0, 0), (2.0, 0), (3.0, 10), (5.0, 20)];
    let at = |rows| crossing(&samples, rows);
    let at = [0.0, 5.0, 10.0, 15.0, 20.0].map(at).map(|seconds| seconds.to_string());
    assert_eq!(at, ["2", "2.5", "3", "4", "5"]);
}
