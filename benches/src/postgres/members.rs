//! Bench: a PATCH with as many members as there are users, and small requests beside it.

use super::Base;
use super::database::{Database, Server as Postgres};
use super::link::Link;
use super::road::{self, Group, ROADS, Road};
use crate::Outcome;
use crate::bench::Bench;
use crate::job::{self, Expected, Timed};
use crate::members::beside;
use crate::people::People;
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::Server as Throng;
use crate::stats::{float, median};

/// A job and the raw writes of the same memberships, in the same minute.
#[derive(Clone, Copy, Debug)]
struct Trial {
    job: Timed,
    copy: f64,
    unnest: f64,
}

impl Trial {
    /// The faster road, as a share of the product's time.
    fn ratio(&self) -> f64 {
        self.copy.min(self.unnest) / self.job.done
    }
}

/// A removal: raw has one way to do it, measured in both databases.
#[derive(Clone, Copy, Debug)]
struct Removal {
    job: Timed,
    raw: f64,
}

/// Every measurement of one kind.
#[derive(Debug, Default)]
struct Series {
    by_id: Vec<Trial>,
    again: Vec<Timed>,
    removed: Vec<Removal>,
    by_name: Vec<Trial>,
}

/// Runs the jobs and the raw writes in turn, then the jobs with small requests beside them.
///
/// # Errors
/// A job that does not come to what it must.
pub fn run(bench: &Bench, postgres: &Postgres, base: &Base, report: &mut Report) -> Outcome {
    let server = base.product.serve(bench, "members")?;
    // A database for each road, so that each always holds as many memberships as the product's does.
    let raw = [postgres.raw(bench)?, postgres.raw(bench)?];
    let links = [raw[0].link()?, raw[1].link()?];
    let mut series = Series::default();
    for number in 1..=bench.rounds {
        progress(&format!("members, round {number} of {}", bench.rounds));
        let databases = [&base.product.database, &raw[0], &raw[1]];
        let round = Round { bench, postgres, server: &server, base, databases, links: &links, number };
        round.run(&mut series)?;
    }
    let (cpu, peak) = (server.cpu_seconds()?, server.peak_bytes()?);
    report.section(&section(base.people.len(), &series, cpu, peak))?;
    postgres.settle(bench, &[&base.product.database])?;
    beside(bench, &server, &base.people, report)?;
    server.stop()
}

struct Round<'a> {
    bench: &'a Bench,
    postgres: &'a Postgres,
    server: &'a Throng,
    base: &'a Base,
    databases: [&'a Database; 3],
    /// Raw's connections, in the order of the roads.
    links: &'a [Link; 2],
    number: usize,
}

impl Round<'_> {
    fn run(&self, series: &mut Series) -> Outcome {
        let people = &self.base.people;
        let order = people.random_order(u64::try_from(self.number)?);
        let count = people.len();
        let all = Expected { created: count, removed: 0, processed: count };

        let body = job::by_id("add", order.iter().map(|at| people.ids[*at]));
        let group = self.group("by id")?;
        series.by_id.push(self.trial("by id", &group, &body, all)?);
        let again = self.job(&group, &body, Expected { created: 0, ..all })?;
        progress(&format!("  again: done {:.2} s", again.done));
        series.again.push(again);
        drop(body);

        series.removed.push(self.removal(&group, people, &order[..count / 2])?);

        let body = job::by_name("add", order.iter().map(|at| people.names[*at].as_str()));
        let group = self.group("by userName")?;
        series.by_name.push(self.trial("by userName", &group, &body, all)?);
        Ok(())
    }

    fn group(&self, what: &str) -> Outcome<String> {
        job::create_group(self.server, &format!("{what} {} {}", self.number, std::process::id()))
    }

    fn settle(&self) -> Outcome {
        self.postgres.settle(self.bench, &self.databases)
    }

    fn job(&self, group: &str, body: &[u8], expected: Expected) -> Outcome<Timed> {
        self.settle()?;
        job::run(self.server, group, body, expected)
    }

    /// Fills a group on all sides; whether the product or raw goes first, and which road, changes with each round.
    fn trial(&self, what: &str, group: &str, body: &[u8], expected: Expected) -> Outcome<Trial> {
        let even = self.number.is_multiple_of(2);
        let early = if even { None } else { Some(self.job(group, body, expected)?) };
        let (mut copy, mut unnest) = (0.0, 0.0);
        let mut roads: Vec<_> = ROADS.into_iter().zip(self.links).collect();
        if even {
            roads.reverse();
        }
        for (road, link) in roads {
            self.settle()?;
            let seconds = road::add_members(link, road, self.numbered(group)?, &self.base.people.keys)?;
            match road {
                Road::Copy => copy = seconds,
                Road::Unnest => unnest = seconds,
            }
        }
        let job = match early {
            Some(job) => job,
            None => self.job(group, body, expected)?,
        };
        let Timed { sent, answered, done } = job;
        let peak = self.server.peak_bytes()? >> 20;
        progress(&format!(
            "  {what}: sent {sent:.2} s, answered {answered:.2} s, done {done:.2} s, COPY {copy:.2} s, unnest \
             {unnest:.2} s; the server's peak so far {peak} MiB"
        ));
        Ok(Trial { job, copy, unnest })
    }

    /// Takes some out of a group on all sides.
    fn removal(&self, group: &str, people: &People, gone: &[usize]) -> Outcome<Removal> {
        let body = job::by_id("remove", gone.iter().map(|at| people.ids[*at]));
        let mut keys: Vec<i64> = gone.iter().map(|at| people.keys[*at]).collect();
        keys.sort_unstable();
        let job =
            self.job(group, &body, Expected { created: 0, removed: gone.len(), processed: gone.len() })?;
        let mut raw = f64::INFINITY;
        for link in self.links {
            self.settle()?;
            raw = raw.min(road::remove_members(link, self.numbered(group)?, &keys)?);
        }
        progress(&format!("  removal: done {:.2} s, raw {raw:.2} s", job.done));
        Ok(Removal { job, raw })
    }

    fn numbered(&self, group: &str) -> Outcome<Group> {
        Ok(Group { account: self.base.account, number: group.parse()? })
    }
}

fn section(count: usize, series: &Series, cpu: f64, peak: u64) -> Section {
    let people = float(count);
    let mut section =
        Section::new(format!("One PATCH of {} members, Prefer: respond-async", grouped(people)));
    let of = |trials: &[Trial], pick: fn(&Trial) -> f64| median(&trials.iter().map(pick).collect::<Vec<_>>());
    for (what, trials) in
        [("by id, random order", &series.by_id), ("by userName, random order", &series.by_name)]
    {
        let answered = of(trials, |trial| trial.job.answered);
        let text = format!("{answered:.2} s");
        section.aim(format!("{what}: last byte to 202"), text, "≤ 0.5 s", Verdict::at_most(answered, 0.5));
        for (side, seconds) in [
            ("first byte to finished", of(trials, |trial| trial.job.done)),
            ("raw, COPY BINARY", of(trials, |trial| trial.copy)),
            ("raw, insert from unnest", of(trials, |trial| trial.unnest)),
        ] {
            let text = format!("{seconds:.2} s = {}/s", grouped(people / seconds));
            section.figure(format!("{what}: {side}"), text);
        }
        let ratio = of(trials, Trial::ratio);
        let text = format!("{ratio:.2}");
        let verdict = Verdict::at_least(ratio, 0.4);
        section.aim(format!("{what}: share of the faster raw"), text, "≥ 0.4", verdict);
    }
    let first = of(&series.by_id, |trial| trial.job.done);
    let again = median(&series.again.iter().map(|job| job.done).collect::<Vec<_>>());
    let text = format!("{again:.2} s = {:.2} of the first", again / first);
    section.aim("the same job again", text, "not slower", Verdict::at_most(again, first));
    let half = float(count / 2);
    let of = |pick: fn(&Removal) -> f64| median(&series.removed.iter().map(pick).collect::<Vec<_>>());
    let (done, raw) = (of(|removal| removal.job.done), of(|removal| removal.raw));
    let what = format!("removal of {} by id, random order", grouped(half));
    section.figure(&what, format!("{done:.2} s = {}/s", grouped(half / done)));
    let text = format!("{raw:.2} s = {}/s", grouped(half / raw));
    section.figure(format!("{what}: raw, delete using unnest"), text);
    let ratio = of(|removal| removal.raw / removal.job.done);
    section.figure(format!("{what}: share of raw"), format!("{ratio:.2}"));
    section.figure("processor time of the server, all jobs", format!("{cpu:.1} s"));
    section.peak(peak);
    section
}
