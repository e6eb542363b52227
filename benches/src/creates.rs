//! Bench: POST of single users, against single commits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::bench::{Base, Bench};
use crate::clock::Watch;
use crate::connection::{Connection, Request};
use crate::people::Random;
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::Server;
use crate::stats::{float, median};
use crate::{Failure, Outcome, raw};

/// Users of one round of single commits.
pub const RAW_USERS: u16 = 20_000;

/// Creates users with 8 and with 64 connections, and raw ones one by one.
///
/// # Errors
/// An answer other than 201.
pub fn run(bench: &Bench, base: &Base, report: &mut Report) -> Outcome {
    let server = bench.serve(base)?;
    let db = raw::open(&base.raw)?;
    let count = bench.sized(20_000, 2_000);
    let (mut few, mut many, mut limits) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=bench.rounds {
        progress(&format!("POST of users, round {number} of {}", bench.rounds));
        bench.settle()?;
        limits.push(raw::single_users(&db, if bench.quick { RAW_USERS / 10 } else { RAW_USERS })?);
        bench.settle()?;
        few.push(rate(&server, &bodies(&format!("few{number}"), count), 8)?);
        bench.settle()?;
        many.push(rate(&server, &bodies(&format!("many{number}"), count), 64)?);
        progress(&format!(
            "  raw {:.0}/s, 8: {:.0}/s, 64: {:.0}/s",
            limits[number - 1],
            few[number - 1],
            many[number - 1]
        ));
    }
    let title = format!("POST of single users, {} there before", grouped(float(base.people.len())));
    let mut section = Section::new(title);
    let limit = median(&limits);
    let of = |pick: fn(f64, f64) -> f64| grouped(limits.iter().copied().reduce(pick).unwrap_or(0.0));
    let (least, most) = (of(f64::min), of(f64::max));
    section.figure("raw: one user a transaction", format!("{}/s ({least} to {most})", grouped(limit)));
    let ratio = |rates: &[f64]| {
        median(&rates.iter().zip(&limits).map(|(rate, limit)| rate / limit).collect::<Vec<_>>())
    };
    let text = |rates: &[f64]| format!("{}/s = {:.2} of raw", grouped(median(rates)), ratio(rates));
    section.figure("8 connections", text(&few));
    section.aim("64 connections", text(&many), "≥ 3 of raw", Verdict::at_least(ratio(&many), 3.0));
    section.peak(server.peak_bytes()?);
    report.section(&section)?;
    server.stop()
}

/// Users in random order, none of whom exists.
pub fn bodies(series: &str, count: usize) -> Vec<String> {
    let mut random = Random::new(17);
    let process = std::process::id();
    let body = |number: usize| {
        let name = format!("{:016x}.{series}.{number}.{process}@example.com", random.next());
        serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "name": { "givenName": "Ada", "familyName": "Nakamura" },
            "displayName": "Ada Nakamura",
            "emails": [{ "value": name, "primary": true }],
        })
        .to_string()
    };
    (0..count).map(body).collect()
}

/// Users created in a second.
///
/// # Errors
/// An answer other than 201.
pub fn rate(server: &Server, bodies: &[String], connections: usize) -> Outcome<f64> {
    let request = |body: &String| Request::post("/scim/v2/Users", &server.token, body.as_bytes()).bytes();
    let requests: Vec<Vec<u8>> = bodies.iter().map(request).collect();
    let next = AtomicUsize::new(0);
    let watch = Watch::start();
    thread::scope(|scope| {
        let create = || {
            let mut connection = Connection::open(server.address)?;
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let status = connection.exchange(request)?;
                connection.expect(status, 201)?;
            }
            Ok(())
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(create)).collect();
        let panicked = |_| Err(Failure::from("a creating thread panicked"));
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(panicked))
    })?;
    Ok(float(bodies.len()) / watch.seconds())
}
