//! Bench: the same jobs on one, two and three servers, all on this machine, all requests to the first.

use std::thread;

use super::Base;
use super::database::Server as Postgres;
use crate::bench::Bench;
use crate::clock::Watch;
use crate::job::{self, Expected};
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::Server as Throng;
use crate::stats::{float, median};
use crate::{Failure, Outcome};

/// The most servers.
const NODES: usize = 3;
/// Jobs that run at the same time, each with its share of the people.
const JOBS: usize = 4;
/// How much slower several may be than one.
const SLOWER_MAX: f64 = 1.15;

/// The measurements on so many servers.
#[derive(Debug, Default)]
struct Series {
    one_job: Vec<f64>,
    many_jobs: Vec<f64>,
    peak: u64,
}

/// One round: seconds, and the most memory that one of the servers had, in bytes.
struct Measured {
    one_job: f64,
    many_jobs: f64,
    peak: u64,
}

/// The seconds of one kind of job.
type Pick = fn(&Series) -> &[f64];

/// Runs one job of everybody, and then several at the same time.
///
/// # Errors
/// A job that does not come to what it must.
pub fn run(bench: &Bench, postgres: &Postgres, base: &Base, report: &mut Report) -> Outcome {
    let mut all: [Series; NODES] = Default::default();
    for number in 1..=bench.rounds {
        // Who comes first changes with each round.
        for turn in 0..NODES {
            let nodes = (turn + number) % NODES + 1;
            progress(&format!("{nodes} server(s), round {number} of {}", bench.rounds));
            let measured = round(bench, postgres, base, nodes, number)?;
            let series = &mut all[nodes - 1];
            series.one_job.push(measured.one_job);
            series.many_jobs.push(measured.many_jobs);
            series.peak = series.peak.max(measured.peak);
        }
    }
    report.section(&section(base.people.len(), &all))
}

/// One round: the jobs on so many servers.
fn round(bench: &Bench, postgres: &Postgres, base: &Base, nodes: usize, number: usize) -> Outcome<Measured> {
    let product = &base.product;
    // Every round finds the same: people, and nobody in any group.
    product.database.link()?.run("truncate memberships, job_parts, job_results, job_chunks")?;
    let servers: Vec<Throng> =
        (1..=nodes).map(|node| product.serve(bench, &format!("node-{node}"))).collect::<Outcome<_>>()?;
    let first = servers.first().ok_or("no server")?;
    let order = base.people.random_order(200 + u64::try_from(number)?);
    let body = |part: &[usize]| job::by_id("add", part.iter().map(|at| base.people.ids[*at]));
    let group =
        |what: &str| job::create_group(first, &format!("{what} on {nodes} {number} {}", std::process::id()));

    let (group_of_all, body_of_all) = (group("everybody")?, body(&order));
    postgres.settle(bench, &[&product.database])?;
    let one = job::run(first, &group_of_all, &body_of_all, added(order.len()))?.done;
    drop(body_of_all);

    let parts: Vec<_> = order.chunks_exact(order.len() / JOBS).collect();
    let jobs: Vec<(String, Vec<u8>, usize)> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| Ok((group(&format!("part {at}"))?, body(part), part.len())))
        .collect::<Outcome<_>>()?;
    postgres.settle(bench, &[&product.database])?;
    let many = at_once(first, &jobs)?;

    let peaks = servers.iter().map(Throng::peak_bytes).collect::<Outcome<Vec<_>>>()?;
    let cpu = servers.iter().map(Throng::cpu_seconds).collect::<Outcome<Vec<_>>>()?;
    progress(&format!("  one job {one:.2} s, {JOBS} jobs {many:.2} s; processor time {cpu:.1?} s"));
    servers.into_iter().try_for_each(Throng::stop)?;
    Ok(Measured { one_job: one, many_jobs: many, peak: peaks.into_iter().max().unwrap_or(0) })
}

/// Runs jobs at the same time. Returns the seconds until the last is finished.
fn at_once(server: &Throng, jobs: &[(String, Vec<u8>, usize)]) -> Outcome<f64> {
    let watch = Watch::start();
    thread::scope(|scope| {
        let run = |(group, body, count): &(String, Vec<u8>, usize)| {
            job::run(server, group, body, added(*count)).map(drop)
        };
        let threads: Vec<_> = jobs.iter().map(|one| scope.spawn(move || run(one))).collect();
        let panicked = |_| Err(Failure::from("the thread of a job panicked"));
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(panicked))
    })?;
    Ok(watch.seconds())
}

/// What a job that only adds must come to.
const fn added(count: usize) -> Expected {
    Expected { created: count, removed: 0, processed: count }
}

fn section(count: usize, all: &[Series]) -> Section {
    let people = float(count);
    let title = format!("Memberships on 1 to {NODES} servers of one PostgreSQL, on this one machine");
    let mut section = Section::new(title);
    let kinds: [(String, Pick); 2] = [
        (format!("one job of {} by id", grouped(people)), |series| &series.one_job),
        (format!("{JOBS} jobs of {} at the same time", grouped(people / float(JOBS))), |series| {
            &series.many_jobs
        }),
    ];
    for (what, pick) in &kinds {
        for (servers, series) in (1..).zip(all) {
            let seconds = median(pick(series));
            let text = format!("{seconds:.2} s = {}/s", grouped(people / seconds));
            if servers == 1 {
                section.figure(format!("{what}: 1 server"), text);
                continue;
            }
            let ratio = slower(pick(series), pick(&all[0]));
            let text = format!("{text}, {ratio:.2} of one");
            let verdict = Verdict::at_most(ratio, SLOWER_MAX);
            section.aim(format!("{what}: {servers} servers"), text, "≤ 1.15 of one", verdict);
        }
    }
    for (servers, series) in (1..).zip(all) {
        let text = format!("{} MiB", series.peak >> 20);
        section.figure(format!("peak resident memory of a server, of {servers}"), text);
    }
    section.peak(all.iter().map(|series| series.peak).max().unwrap_or(0));
    section.note("Each round begins with empty groups, so that the order of the rounds does not matter.");
    section
}

/// How many times as long several servers took as one, in the middle of the rounds.
fn slower(several: &[f64], one: &[f64]) -> f64 {
    median(&several.iter().zip(one).map(|(several, one)| several / one).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
