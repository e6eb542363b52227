//! Bench: a PATCH with as many members as there are users, and small requests beside it.

use std::time::Duration;

use rusqlite::Connection as Database;

use crate::bench::{Base, Bench};
use crate::connection::Request;
use crate::job::{self, Expected, Timed};
use crate::load::{self, Requests};
use crate::people::People;
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::Server;
use crate::stats::{float, median};
use crate::{Outcome, raw};

/// How long the idle server is watched before the load.
const IDLE: Duration = Duration::from_secs(4);
/// Users whom the reads beside the job ask for.
const READ_USERS: usize = 1_000;

/// A job and the raw writes of the same memberships, in the same minute.
#[derive(Clone, Copy, Debug)]
struct Pair {
    job: Timed,
    raw: f64,
}

impl Pair {
    fn ratio(self) -> f64 {
        self.raw / self.job.done
    }
}

/// Every measurement of one kind.
#[derive(Debug, Default)]
struct Series {
    by_id: Vec<Pair>,
    again: Vec<Timed>,
    removed: Vec<Pair>,
    by_name: Vec<Pair>,
    in_order: Vec<Pair>,
}

/// Runs the jobs and the raw writes in turn.
///
/// # Errors
/// A job that does not come to what it must.
pub fn run(bench: &Bench, base: &mut Base, report: &mut Report) -> Outcome {
    let server = bench.serve(base)?;
    let db = raw::open(&base.raw)?;
    let mut series = Series::default();
    for number in 1..=bench.rounds {
        progress(&format!("members, round {number} of {}", bench.rounds));
        let round = Round { bench, server: &server, db: &db, people: &base.people, number };
        base.full_group = Some(round.run(&mut series)?);
    }
    let cpu = server.cpu_seconds()?;
    let peak = server.peak_bytes()?;
    report.section(&section(base.people.len(), &series, cpu, peak))?;
    beside(bench, &server, &base.people, report)?;
    server.stop()
}

struct Round<'a> {
    bench: &'a Bench,
    server: &'a Server,
    db: &'a Database,
    people: &'a People,
    number: usize,
}

impl Round<'_> {
    /// One of each; returns a group of everybody.
    fn run(&self, series: &mut Series) -> Outcome<String> {
        let people = self.people;
        let order = people.random_order(u64::try_from(self.number)?);
        let count = people.len();
        let all = Expected { created: count, removed: 0, processed: count };

        let body = job::by_id("add", order.iter().map(|at| people.ids[*at]));
        let group = self.group("by id")?;
        series.by_id.push(self.pair("by id", &group, &body, all)?);
        let none = Expected { created: 0, ..all };
        let again = self.job(&group, &body, none)?;
        progress(&format!("  again: done {:.2} s", again.done));
        series.again.push(again);
        drop(body);

        let half = &order[..count / 2];
        let body = job::by_id("remove", half.iter().map(|at| people.ids[*at]));
        let mut keys: Vec<i64> = half.iter().map(|at| people.keys[*at]).collect();
        keys.sort_unstable();
        let gone = Expected { created: 0, removed: half.len(), processed: half.len() };
        let job = self.job(&group, &body, gone)?;
        let raw = raw::remove_members(self.db, group.parse()?, &keys)?;
        progress(&format!("  removal: done {:.2} s, raw {raw:.2} s", job.done));
        series.removed.push(Pair { job, raw });

        let body = job::by_name("add", order.iter().map(|at| people.names[*at].as_str()));
        let group = self.group("by userName")?;
        series.by_name.push(self.pair("by userName", &group, &body, all)?);

        let body = job::by_id("add", people.ids.iter().copied());
        let group = self.group("in order")?;
        series.in_order.push(self.pair("in order", &group, &body, all)?);
        Ok(group)
    }

    fn group(&self, what: &str) -> Outcome<String> {
        job::create_group(self.server, &format!("{what} {} {}", self.number, std::process::id()))
    }

    fn job(&self, group: &str, body: &[u8], expected: Expected) -> Outcome<Timed> {
        self.bench.settle()?;
        job::run(self.server, group, body, expected)
    }

    /// Fills a group on both sides; which goes first changes with each round.
    fn pair(&self, what: &str, group: &str, body: &[u8], expected: Expected) -> Outcome<Pair> {
        let raw = || {
            self.bench.settle()?;
            raw::add_members(self.db, group.parse()?, &self.people.keys)
        };
        let pair = if self.number.is_multiple_of(2) {
            let raw = raw()?;
            Pair { job: self.job(group, body, expected)?, raw }
        } else {
            let job = self.job(group, body, expected)?;
            Pair { job, raw: raw()? }
        };
        let Timed { sent, answered, done } = pair.job;
        let (raw, peak) = (pair.raw, self.server.peak_bytes()? >> 20);
        progress(&format!(
            "  {what}: sent {sent:.2} s, answered {answered:.2} s, done {done:.2} s, raw {raw:.2} s; \
             the server's peak so far {peak} MiB"
        ));
        Ok(pair)
    }
}

fn section(count: usize, series: &Series, cpu: f64, peak: u64) -> Section {
    let people = float(count);
    let mut section =
        Section::new(format!("One PATCH of {} members, Prefer: respond-async", grouped(people)));
    let of = |pairs: &[Pair], pick: fn(&Pair) -> f64| median(&pairs.iter().map(pick).collect::<Vec<_>>());
    for (what, pairs) in [
        ("by id, random order", &series.by_id),
        ("by userName, random order", &series.by_name),
        ("by id, order of creation", &series.in_order),
    ] {
        let answered = of(pairs, |pair| pair.job.answered);
        let text = format!("{answered:.2} s");
        section.aim(format!("{what}: last byte to 202"), text, "≤ 0.5 s", Verdict::at_most(answered, 0.5));
        let (done, raw) = (of(pairs, |pair| pair.job.done), of(pairs, |pair| pair.raw));
        section.figure(
            format!("{what}: first byte to finished"),
            format!("{done:.2} s = {}/s", grouped(people / done)),
        );
        section.figure(
            format!("{what}: raw in the same minute"),
            format!("{raw:.2} s = {}/s", grouped(people / raw)),
        );
        let ratio = of(pairs, |pair| pair.ratio());
        let text = format!("{ratio:.2}");
        section.aim(format!("{what}: share of raw"), text, "≥ 0.45", Verdict::at_least(ratio, 0.45));
    }
    let first = of(&series.by_id, |pair| pair.job.done);
    let again = median(&series.again.iter().map(|job| job.done).collect::<Vec<_>>());
    let text = format!("{again:.2} s = {:.2} of the first", again / first);
    section.aim("the same job again", text, "not slower", Verdict::at_most(again, first));
    let order = first / of(&series.in_order, |pair| pair.job.done);
    section.aim(
        "random order against order of creation",
        format!("{order:.2}"),
        "≤ 1.3",
        Verdict::at_most(order, 1.3),
    );
    let (done, ratio) = (of(&series.removed, |pair| pair.job.done), of(&series.removed, |pair| pair.ratio()));
    section.figure(
        format!("removal of {} by id, random order", grouped(float(count / 2))),
        format!("{done:.2} s = {}/s; share of raw {ratio:.2}", grouped(float(count / 2) / done)),
    );
    section.figure("processor time of the server, all jobs", format!("{cpu:.1} s"));
    section.peak(peak);
    section
}

/// Small writes and reads beside a job, against the same on the idle server.
///
/// # Errors
/// A job that does not come to what it must, a small request that is refused.
pub fn beside(bench: &Bench, server: &Server, people: &People, report: &mut Report) -> Outcome {
    progress("members, with small requests beside the job");
    let requests = small_requests(server, people)?;
    let idle_for = IDLE.min(Duration::from_millis(u64::try_from(bench.people)?));
    let mut rounds = Vec::new();
    let count = people.len();
    let all = Expected { created: count, removed: 0, processed: count };
    for number in 1..=bench.rounds {
        let order = people.random_order(100 + u64::try_from(number)?);
        let body = job::by_id("add", order.iter().map(|at| people.ids[*at]));
        let group = job::create_group(server, &format!("beside {number} {}", std::process::id()))?;
        bench.settle()?;
        let ((), idle) = load::beside(server, &requests, || {
            std::thread::sleep(idle_for);
            Ok(())
        })?;
        let (job, busy) = load::beside(server, &requests, || job::run(server, &group, &body, all))?;
        let (done, busy_writes, busy_reads) = (job.done, busy.writes, busy.reads);
        progress(&format!(
            "  idle: writes {}, reads {}; beside the job: writes {busy_writes}, reads {busy_reads}, done {done:.2} s",
            idle.writes, idle.reads,
        ));
        rounds.push(Beside { done, idle, busy });
    }
    // Both sides of a ratio are of the same minute.
    rounds.sort_by(|a, b| a.writes().total_cmp(&b.writes()));
    let ratio = |of: fn(&Beside) -> f64| median(&rounds.iter().map(of).collect::<Vec<f64>>());
    let shown = rounds.get(rounds.len() / 2).ok_or("no round")?;
    let mut section = Section::new("Small requests during that job");
    section.figure("idle: writes, p50 / p99 / max", shown.idle.writes.to_string());
    section.figure("idle: GETs, p50 / p99 / max", shown.idle.reads.to_string());
    section.figure(
        format!("one write per 5 ms on another group ({})", shown.busy.writes.count),
        shown.busy.writes.to_string(),
    );
    section.figure("the same, from when each was due", shown.busy.writes_due.to_string());
    section.figure(
        format!("GETs of users, one per 2 ms ({})", shown.busy.reads.count),
        shown.busy.reads.to_string(),
    );
    section.figure("the job meanwhile: first byte to finished", format!("{:.2} s", shown.done));
    for (what, of, most) in [
        ("writes: p99 against idle", Beside::writes as fn(&Beside) -> f64, 4.0),
        ("GETs: p99 against idle", Beside::reads, 2.0),
    ] {
        let each: Vec<String> = rounds.iter().map(|round| format!("{:.1}", of(round))).collect();
        let text = format!("{:.1} (rounds: {})", ratio(of), each.join(", "));
        section.aim(what, text, format!("≤ {most}"), Verdict::at_most(ratio(of), most));
    }
    section.peak(server.peak_bytes()?);
    report.section(&section)
}

/// Small requests on the idle server and, in the same minute, beside a job.
struct Beside {
    done: f64,
    idle: load::Answered,
    busy: load::Answered,
}

impl Beside {
    fn writes(&self) -> f64 {
        self.busy.writes.p99 / self.idle.writes.p99
    }

    fn reads(&self) -> f64 {
        self.busy.reads.p99 / self.idle.reads.p99
    }
}

/// Requests that put one member into another group and take it out again, and GETs of users.
fn small_requests(server: &Server, people: &People) -> Outcome<Requests> {
    let group = job::create_group(server, &format!("small {}", std::process::id()))?;
    let path = format!("/scim/v2/Groups/{group}");
    let order = people.random_order(7);
    let write = |op: &str, at: usize| {
        let body = job::by_id(op, std::iter::once(people.ids[at]));
        Request::patch(&path, &server.token, &body).bytes()
    };
    let writes = order.iter().take(10).flat_map(|at| [write("add", *at), write("remove", *at)]).collect();
    let reads = order.iter().take(READ_USERS).map(|at| {
        let path = format!("/scim/v2/Users/{}", people.ids[*at]);
        Request::get(&path, &server.token).bytes()
    });
    Ok(Requests { writes, reads: reads.collect() })
}
