//! Bench: a PATCH of one member, on a small group and on one of everybody.

use std::time::Duration;

use crate::Outcome;
use crate::bench::{Base, Bench};
use crate::connection::{Connection, Request};
use crate::job::{self, Expected};
use crate::people::Random;
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::Server;
use crate::stats::{Spread, float};

/// Members of the small group.
const SMALL: usize = 10;

/// Takes one member out and puts it in again, in turn on both groups.
///
/// # Errors
/// An answer other than 200.
pub fn run(bench: &Bench, base: &mut Base, report: &mut Report) -> Outcome {
    progress("PATCH of one member");
    let server = bench.serve(base)?;
    let everybody = base.people.len();
    let large = match base.full_group.take() {
        Some(group) => group,
        None => fill(&server, base, everybody)?,
    };
    let small = fill(&server, base, SMALL)?;
    bench.settle()?;
    let mut connection = server.connect()?;
    let mut random = Random::new(11);
    let (mut on_small, mut on_large) = (Vec::new(), Vec::new());
    let turns = bench.sized(2_000, 200);
    for turn in 0..turns + turns / 10 {
        let patches = [(&small, SMALL, &mut on_small), (&large, everybody, &mut on_large)];
        for (group, members, latencies) in patches {
            let member = base.people.ids[random.below(members)];
            for op in ["remove", "add"] {
                let took = patch(&server, &mut connection, group, &job::by_id(op, std::iter::once(member)))?;
                // The first tenth warms up.
                if turn >= turns / 10 {
                    latencies.push(took);
                }
            }
        }
    }
    base.full_group = Some(large);
    let mut section = Section::new("PATCH of one member, one connection");
    let (small, large) = (Spread::of(&on_small), Spread::of(&on_large));
    section.figure(format!("on a group of {SMALL}: p50 / p99 / max ({})", small.count), small.to_string());
    let many = grouped(float(everybody));
    section.figure(format!("on a group of {many}: p50 / p99 / max ({})", large.count), large.to_string());
    let (p50, p99) = (large.p50 / small.p50, large.p99 / small.p99);
    section.figure("p50, large against small", format!("{p50:.2}"));
    section.aim("p99, large against small", format!("{p99:.2}"), "≤ 2", Verdict::at_most(p99, 2.0));
    section.peak(server.peak_bytes()?);
    report.section(&section)?;
    server.stop()
}

fn fill(server: &Server, base: &Base, count: usize) -> Outcome<String> {
    let group = job::create_group(server, &format!("of {count} {}", std::process::id()))?;
    let body = job::by_id("add", base.people.ids[..count].iter().copied());
    job::run(server, &group, &body, Expected { created: count, removed: 0, processed: count })?;
    Ok(group)
}

fn patch(server: &Server, connection: &mut Connection, group: &str, body: &[u8]) -> Outcome<Duration> {
    let path = format!("/scim/v2/Groups/{group}");
    let request = Request::patch(&path, &server.token, body).bytes();
    let (status, took) = connection.timed(&request)?;
    connection.expect(status, 200)?;
    Ok(took)
}
