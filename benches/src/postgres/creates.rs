//! Bench: POST of single users, against single commits on one connection.

use super::Base;
use super::database::Server as Postgres;
use super::road;
use crate::Outcome;
use crate::bench::Bench;
use crate::creates::{RAW_USERS, bodies, rate};
use crate::report::{Report, Section, grouped, progress};
use crate::stats::{float, median};

/// Creates users with 8 and with 64 connections, and raw ones one by one.
///
/// # Errors
/// An answer other than 201.
pub fn run(bench: &Bench, postgres: &Postgres, base: &Base, report: &mut Report) -> Outcome {
    let server = base.product.serve(bench, "creates")?;
    let link = base.raw.link()?;
    let count = bench.sized(20_000, 2_000);
    let (mut few, mut many, mut limits) = (Vec::new(), Vec::new(), Vec::new());
    let settle = || postgres.settle(bench, &[&base.product.database, &base.raw]);
    for number in 1..=bench.rounds {
        progress(&format!("POST of users, round {number} of {}", bench.rounds));
        settle()?;
        let raw_users = if bench.quick { RAW_USERS / 10 } else { RAW_USERS };
        let limit = road::single_users(&link, base.account, raw_users)?;
        settle()?;
        let eight = rate(&server, &bodies(&format!("few{number}"), count), 8)?;
        settle()?;
        let all = rate(&server, &bodies(&format!("many{number}"), count), 64)?;
        progress(&format!("  raw {limit:.0}/s, 8: {eight:.0}/s, 64: {all:.0}/s"));
        limits.push(limit);
        few.push(eight);
        many.push(all);
    }
    let title = format!("POST of single users, {} there before", grouped(float(base.people.len())));
    let mut section = Section::new(title);
    let text = format!("{}/s", grouped(median(&limits)));
    section.figure("raw: one user a transaction, one connection", text);
    for (what, rates) in [("8 connections", &few), ("64 connections", &many)] {
        let ratios: Vec<f64> = rates.iter().zip(&limits).map(|(rate, limit)| rate / limit).collect();
        section.figure(what, format!("{}/s = {:.2} of raw", grouped(median(rates)), median(&ratios)));
    }
    section.figure("processor time of the server", format!("{:.1} s", server.cpu_seconds()?));
    section.peak(server.peak_bytes()?);
    report.section(&section)?;
    server.stop()
}
