//! What comes first and what comes last.

use serde_json::json;

use super::{MANY, Server};

/// Writes of one group take effect in the order in which they were accepted; in one write the last word counts.
#[tokio::test]
async fn g11_writes_of_a_group_take_effect_in_order() {
    let mut server = Server::of(100).await;
    let people = server.people(4).await;
    let group = server.group("g").await;
    server.house.rest().await;
    let (one, all) = (&people[..1], &people[..]);
    let nobody: Vec<String> = (0..MANY).map(|n| format!("nobody{n}")).collect();
    let jobs = [
        server.submit(&group, &[("add", &nobody)]).await,
        server.submit(&group, &[("add", all)]).await,
        server.submit(&group, &[("remove", one)]).await,
        server.submit(&group, &[("add", one)]).await,
        server.submit(&group, &[("replace", &people[1..])]).await,
        server.submit(&group, &[("remove", all), ("add", one), ("remove", one), ("add", &people[2..])]).await,
    ];
    server.house.work();
    let reasons = [
        json!({ "not_found": MANY }),
        json!({ "created": 4 }),
        json!({ "removed": 1 }),
        json!({ "created": 1 }),
        json!({ "already_member": 3, "removed": 1 }),
        json!({ "add_and_remove_conflict": 3, "duplicate_in_request": 1, "not_member": 1, "removed": 1,
            "already_member": 2 }),
    ];
    let mut last = String::new();
    for (job, reasons) in jobs.iter().zip(reasons) {
        let ended = server.ended(job).await;
        assert_eq!(ended["reasons"], reasons, "{ended}");
        let times = ["startedAt", "endedAt"].map(|name| ended[name].as_str().unwrap().to_owned());
        assert!(last < times[0], "{job} began before the one before it ended");
        last.clone_from(&times[1]);
    }
    assert_eq!(server.members(&group).await, people[2..]);
    server.stop().await;
}
