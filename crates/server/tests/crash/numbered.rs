//! Roads past the points at which rows of the audit log get their numbers.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::crash::beside::Road;
use crate::crash::client::ACCOUNT;
use crate::crash::place::Ground;
use crate::crash::process::{Death, Server};

/// A server that has not met its point by then will not.
const MET_WITHIN: Duration = Duration::from_secs(10);
const POINTS: [&str; 2] = ["audit.before_number", "audit.after_number"];

/// Goes the roads. The points at which a server died.
pub fn roads(ground: &Ground) -> BTreeSet<&'static str> {
    for point in POINTS {
        numbered(&Road::on(ground), point);
    }
    POINTS.into()
}

/// What was told before a server died of numbering it is numbered once by the next one.
fn numbered(road: &Road<'_>, point: &'static str) {
    // Account and key were made without a server: their rows wait, and the first server begins with them.
    match Server::start(&road.place, Some((point, 1))) {
        Ok(server) => {
            server.kill_after(MET_WITHIN);
            assert_eq!(server.wait_for_death(), Death::AtFailpoint, "{point}");
        }
        Err(death) => assert_eq!(death, Death::AtFailpoint, "{point}"),
    }
    road.check();
    let server = road.start();
    let log = road.get(&server, &format!("/api/v1/accounts/{ACCOUNT}/audit")).json();
    let told: Vec<(i64, String)> = log["rows"].as_array().unwrap().iter().rev().map(row).collect();
    assert_eq!(told.first(), Some(&(1, "CREATED ACCOUNT".to_owned())), "{point}: {log}");
    assert!((1..).zip(&told).all(|(number, row)| row.0 == number), "{point}: {log}");
    server.stop();
    road.check();
}

fn row(row: &serde_json::Value) -> (i64, String) {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    (row["number"].as_i64().unwrap_or_default(), format!("{} {}", text("event"), text("type")))
}
