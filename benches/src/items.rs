//! Bench: what became of each item of a job, a page at a time, against the same stored pages read by SQL.
//!
//! An import and a group job of as many items as there are people; one in a thousand fails, or is ignored. They are asked
//! while they run, and when they have ended. Raw reads as many stored blocks as an answer needs from the same database,
//! in one statement if they are known, without taking them apart.

mod cases;
mod sqlite;

use std::time::Duration;

use serde_json::Value;

use crate::bench::{Bench, remove};
use crate::clock::Watch;
use crate::connection::{Connection, Request};
use crate::people::{Emails, Random, csv};
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::{ACCOUNT, DataDirectory, Server};
use crate::stats::{Spread, float};
use crate::{Outcome, import, job};

use cases::Case;

/// Items of a page.
const PAGE: usize = 100;
/// One item of so many fails, or is ignored.
const ONE_IN: usize = 1_000;

/// Blocks of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// What became of items.
    Results,
    /// Rows of an import.
    Rows,
    /// What was listed.
    Parts,
}

impl Table {
    /// The SQL that reads a block: of this account and job with this number.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Results => "select data from job_results where account_id = ?1 and job = ?2 and page = ?3",
            Self::Rows => {
                "select data from job_rows where account_id = ?1 and job = ?2 and run = 1 and page = ?3"
            }
            Self::Parts => {
                "select data from job_parts where account_id = ?1 and job = ?2 and produced = 0 and first = ?3"
            }
        }
    }

    /// The SQL that finds the numbers of all blocks of a job.
    pub const fn numbers(self) -> &'static str {
        match self {
            Self::Results => "select page from job_results where account_id = ?1 and job = ?2",
            Self::Rows => "select page from job_rows where account_id = ?1 and job = ?2 and run = 1",
            Self::Parts => "select first from job_parts where account_id = ?1 and job = ?2 and produced = 0",
        }
    }
}

/// The database of the server, read by SQL.
pub trait Stored {
    /// The numbers of all blocks of a job.
    ///
    /// # Errors
    /// What the database says.
    fn numbers(&self, table: Table, job: i64) -> Outcome<Vec<i64>>;

    /// Reads blocks. Returns their bytes.
    ///
    /// # Errors
    /// What the database says.
    fn read(&self, table: Table, job: i64, numbers: &[i64]) -> Outcome<usize>;
}

/// Measures on a data directory of its own.
///
/// # Errors
/// A job that does not come to what it must, an answer other than 200.
pub fn run(bench: &Bench, report: &mut Report) -> Outcome {
    let place = bench.root.join("items");
    remove(&place)?;
    let data = DataDirectory::create(&bench.binary, &place)?;
    let server = Server::start(&bench.binary, &data)?;
    let ended = jobs(bench, &server, report)?;
    measure(bench, &server, &sqlite::Blocks::open(&data.path)?, &ended, report)?;
    server.stop()?;
    remove(&place)
}

/// Jobs that have ended.
pub struct Ended {
    import: i64,
    group: i64,
    logins: Vec<String>,
}

/// Makes both jobs, and asks them while they run.
///
/// # Errors
/// As [`run`].
pub fn jobs(bench: &Bench, server: &Server, report: &mut Report) -> Outcome<Ended> {
    let mut section =
        Section::new(format!("Items of jobs of {}, while they run", grouped(float(bench.people))));
    let (file, logins) = people(bench.people)?;
    progress("items: an import");
    let mut connection = server.connect()?;
    import::send(server, &mut connection, &file, Watch::start())?;
    drop(file);
    let import = latest(&mut connection, server, "import")?;
    while_it_runs(server, import, ("rows", &["", "filter=status=FAILED", "orderBy=lastName"]), &mut section)?;
    progress("items: a group job");
    let group = job::create_group(server, "items")?;
    let body = job::by_name("add", logins.iter().map(String::as_str));
    let (number, _) = job::send(server, &mut connection, &group, (&body, Watch::start()))?;
    drop(body);
    let group = number.parse()?;
    while_it_runs(server, group, ("members", &["", "outcome=ignored", "orderBy=value"]), &mut section)?;
    section.peak(server.peak_bytes()?);
    report.section(&section)?;
    Ok(Ended { import, group, logins })
}

/// A file in which one login of a thousand is none, in the place where it would be; and the logins.
fn people(count: usize) -> Outcome<(Vec<u8>, Vec<String>)> {
    let file = String::from_utf8(csv(count, Emails::Login))?;
    let (mut changed, mut logins) = (String::with_capacity(file.len() + count / ONE_IN), Vec::new());
    for (at, line) in file.split_inclusive("\r\n").enumerate() {
        let (login, rest) = line.split_once(',').ok_or("a row without cells")?;
        if at == 0 {
            changed.push_str(line);
            continue;
        }
        let login = if at % ONE_IN == 0 { login.replace('@', " @") } else { login.to_owned() };
        changed.extend([&login, ",", rest]);
        logins.push(login);
    }
    Ok((changed.into_bytes(), logins))
}

fn job_path(job: i64) -> String {
    format!("/api/v1/accounts/{ACCOUNT}/jobs/{job}")
}

/// The path of items, by these parameters.
fn items_path(job: i64, query: &str) -> String {
    format!("{}/items?count={PAGE}&{query}", job_path(job))
}

fn latest(connection: &mut Connection, server: &Server, kind: &str) -> Outcome<i64> {
    let path = format!("/api/v1/accounts/{ACCOUNT}/jobs?kind={kind}&count=1");
    let list = connection.json(&Request::get(&path, &server.token), 200)?;
    Ok(list["jobs"][0]["number"].as_i64().ok_or("no job in the list")?)
}

/// Asks for a first page by each query in turn, until the job has ended.
fn while_it_runs(
    server: &Server,
    job: i64,
    (what, queries): (&str, &[&str]),
    section: &mut Section,
) -> Outcome {
    let mut connection = server.connect()?;
    let mut latencies: Vec<Vec<Duration>> = vec![Vec::new(); queries.len()];
    loop {
        for (query, latencies) in queries.iter().zip(&mut latencies) {
            let request = Request::get(&items_path(job, query), &server.token).bytes();
            let (status, took) = connection.timed(&request)?;
            connection.expect(status, 200)?;
            latencies.push(took);
        }
        let path = job_path(job);
        let found = connection.json(&Request::get(&path, &server.token), 200)?;
        if found.get("endedAt").is_some() {
            break;
        }
    }
    for (query, latencies) in queries.iter().zip(&mut latencies) {
        // The last one may have been answered after the end.
        latencies.pop();
        let spread = Spread::of(latencies);
        let query = if query.is_empty() { "in their order" } else { query };
        let verdict = Verdict::at_most(spread.max, 1e3);
        section.aim(
            format!("{what}: {query} ({} times)", spread.count),
            spread.to_string(),
            "max ≤ 1 s",
            verdict,
        );
    }
    Ok(())
}

/// Asks both jobs when they have ended.
///
/// # Errors
/// As [`run`].
pub fn measure(
    bench: &Bench,
    server: &Server,
    stored: &dyn Stored,
    ended: &Ended,
    report: &mut Report,
) -> Outcome {
    let title = format!("Items of jobs of {} that have ended, one connection", grouped(float(bench.people)));
    let mut section = Section::new(title);
    let cases = cases::all(bench, server, stored, ended)?;
    let mut rounds: Vec<Vec<(Spread, Spread)>> = vec![Vec::new(); cases.len()];
    for number in 1..=bench.rounds {
        for (case, rounds) in cases.iter().zip(&mut rounds) {
            // For that it must not be known: it is asked once.
            if number == 1 || !case.looks_at_all() {
                progress(&format!("items: {}, round {number} of {}", case.what, bench.rounds));
                rounds.push(case.measure(server, stored)?);
            }
        }
    }
    for (case, mut rounds) in cases.iter().zip(rounds) {
        rounds.sort_by(|(a, _), (b, _)| a.p99.total_cmp(&b.p99));
        let (asked, raw) = rounds[rounds.len() / 2];
        let text = format!("{asked}; {raw}; {:.1}", asked.p50 / raw.p50);
        let what = format!("{} ({} times)", case.what, asked.count);
        section.aim(what, text, format!("p99 ≤ {} ms", case.most), Verdict::at_most(asked.p99, case.most));
    }
    section.note(
        "p50 / p99 / max over HTTP; p50 / p99 / max of as many stored blocks, read by SQL in turn with it; p50 against \
         p50. Of several rounds the one with the median p99.",
    );
    section.peak(server.peak_bytes()?);
    report.section(&section)
}

impl Case {
    fn measure(&self, server: &Server, stored: &dyn Stored) -> Outcome<(Spread, Spread)> {
        let mut connection = server.connect()?;
        let (mut asked, mut raw) = (Vec::new(), Vec::new());
        for (path, blocks) in &self.asked {
            let (status, took) = connection.timed(&Request::get(path, &server.token).bytes())?;
            connection.expect(status, 200)?;
            let page: Value = serde_json::from_slice(connection.body())?;
            let items = page["items"].as_array().map_or(0, Vec::len);
            if items != self.items {
                return Err(format!("{}: {items} items, not {}", self.what, self.items).into());
            }
            asked.push(took);
            let watch = Watch::start();
            let mut bytes = 0;
            for (table, job, numbers) in blocks {
                bytes += stored.read(*table, *job, numbers)?;
            }
            raw.push(watch.elapsed());
            if bytes == 0 {
                return Err(format!("{}: SQL reads nothing", self.what).into());
            }
        }
        Ok((Spread::of(&asked), Spread::of(&raw)))
    }
}

/// So many of these numbers, the same at every run.
fn some(random: &mut Random, numbers: &[i64], count: usize) -> Vec<i64> {
    let mut chosen: Vec<i64> = (0..count).map(|_| numbers[random.below(numbers.len())]).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}
