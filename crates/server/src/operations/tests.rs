use std::collections::HashSet;

use throng_directory::State as Job;
use throng_directory::use_cases::figures::Figures as Store;

use super::*;

/// The lines that are no comments, as name with labels, and value.
fn values(text: &str) -> Vec<(&str, f64)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

#[test]
fn numbers_are_written_as_prometheus_reads_them() {
    let requests = throng_web::Requests {
        face: "scim",
        classes: [0, 3, 0, 1, 0],
        within: [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 4],
        time: Duration::from_millis(1_500),
    };
    let store = Store {
        jobs: vec![(Job::Pending, 7, Duration::from_secs(90))],
        audit_unchained: 5,
        writes_waiting: Some((2, 1)),
        claimed: 11,
        ended: vec![(Job::NoChange, 3)],
        items: vec![("removed", 8)],
        ..Store::default()
    };
    let door = Figures::default();
    door.taken.store(9, std::sync::atomic::Ordering::Relaxed);
    door.ended.store(4, std::sync::atomic::Ordering::Relaxed);
    let text = metrics::text(Some((vec![requests], &door)), Some(&store));
    let all = values(&text);
    for wanted in [
        ("throng_http_requests_total{face=\"scim\",class=\"2xx\"}", 3.0),
        ("throng_http_request_duration_seconds_bucket{face=\"scim\",le=\"0.001\"}", 1.0),
        ("throng_http_request_duration_seconds_bucket{face=\"scim\",le=\"+Inf\"}", 4.0),
        ("throng_http_request_duration_seconds_sum{face=\"scim\"}", 1.5),
        ("throng_http_request_duration_seconds_count{face=\"scim\"}", 4.0),
        ("throng_connections_open", 5.0),
        ("throng_store_up", 1.0),
        ("throng_jobs_open{state=\"pending\"}", 7.0),
        ("throng_jobs_open{state=\"in_progress\"}", 0.0),
        ("throng_jobs_oldest_pending_seconds", 90.0),
        ("throng_jobs_claimed_total", 11.0),
        ("throng_jobs_ended_total{state=\"no_change\"}", 3.0),
        ("throng_job_items_total{outcome=\"removed\"}", 8.0),
        ("throng_audit_unchained_rows", 5.0),
        ("throng_store_writes_waiting{class=\"client\"}", 2.0),
    ] {
        assert!(all.contains(&wanted), "{wanted:?} in {text}");
    }
    let names: HashSet<&str> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), all.len(), "each once");
    for line in text.lines().filter(|line| line.starts_with("# TYPE")) {
        let name = line.split(' ').nth(2).unwrap();
        assert_eq!(text.matches(&format!("# TYPE {name} ")).count(), 1, "{name}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name}");
    }
}

#[test]
fn a_store_that_is_away_leaves_its_numbers_out() {
    let text = metrics::text(Some((Vec::new(), &Figures::default())), None);
    assert!(values(&text).contains(&("throng_store_up", 0.0)));
    assert!(!text.contains("throng_jobs"), "{text}");
    let text = metrics::text(None, Some(&Store::default()));
    assert!(text.contains("throng_jobs") && !text.contains("throng_connections"), "{text}");
}
