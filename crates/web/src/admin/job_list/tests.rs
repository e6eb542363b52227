use throng_api::JobsItem;

use super::{JobFilter, JobOrder};

fn item(name: &str, start: &str, end: Option<&str>) -> JobsItem {
    JobsItem {
        job_id: name.to_owned(),
        status: "COMPLETED".to_owned(),
        name: name.to_owned(),
        operation: "ADD".to_owned(),
        start_time: start.to_owned(),
        end_time: end.map(str::to_owned),
    }
}

fn items() -> Vec<JobsItem> {
    vec![
        item("b", "2026-01-02", Some("2026-01-05")),
        item("a", "2026-01-03", None),
        item("c", "2026-01-01", Some("x")),
    ]
}

fn ordered(order: Option<&str>) -> String {
    let mut items = items();
    order.map_or_else(JobOrder::default, |text| JobOrder::parse(text).unwrap()).sort(&mut items);
    items.iter().map(|item| item.name.as_str()).collect()
}

#[test]
fn orders() {
    assert_eq!(ordered(None), "abc");
    assert_eq!(ordered(Some("startTime")), "cba");
    assert_eq!(ordered(Some("startTime asc")), "cba");
    assert_eq!(ordered(Some("name desc")), "cba");
    assert_eq!(ordered(Some("endTime")), "abc");
    assert_eq!(ordered(Some("operation")), "bac");
    for bad in ["", "Name", "status", "name up", "name  desc", "name desc desc"] {
        assert_eq!(JobOrder::parse(bad).unwrap_err().field, "orderBy", "{bad}");
    }
}

#[test]
fn filters() {
    let chosen = |text: &str| -> String {
        let filter = JobFilter::parse(text).unwrap();
        items().iter().filter(|item| filter.matches(item)).map(|item| item.name.clone()).collect()
    };
    assert_eq!(chosen("name:B"), "b");
    assert_eq!(chosen("startTime:2026-01-0*"), "bac");
    assert_eq!(chosen("endTime:2026*"), "b");
    assert_eq!(chosen("operation:add"), "bac");
    assert_eq!(chosen("operation=DELETE"), "");
    assert_eq!(chosen("operation:A*"), "bac");
    for bad in ["operation:ADDED", "operation:X*", "status:FAILED", "jobId=x", "name"] {
        assert_eq!(JobFilter::parse(bad).unwrap_err().field, "filter", "{bad}");
    }
}
