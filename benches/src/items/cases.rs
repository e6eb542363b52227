//! What is asked of both jobs, and which stored blocks hold the answer.

use super::{Ended, ONE_IN, PAGE, Stored, Table, items_path, some};
use crate::Outcome;
use crate::bench::Bench;
use crate::connection::Request;
use crate::people::Random;
use crate::server::Server;

/// Rows of a stored page of an import, and items of one of a group job.
const ROWS: usize = 256;
const MEMBERS: usize = 4_096;
/// The aims, in milliseconds: of what is stored in its order, of what has to be looked for first,
/// and of its later pages.
const AT_ONCE: f64 = 10.0;
const FIRST: f64 = 1_000.0;
const LATER: f64 = 50.0;

/// Stored blocks: of which table and job, and their numbers.
type Blocks = Vec<(Table, i64, Vec<i64>)>;

/// Something that is asked.
pub struct Case {
    pub what: String,
    /// Paths, each with the blocks that hold its answer.
    pub asked: Vec<(String, Blocks)>,
    /// Items of each answer.
    pub items: usize,
    /// Milliseconds that 99 of 100 may take.
    pub most: f64,
}

impl Case {
    /// Whether every item is looked at for each answer.
    pub const fn looks_at_all(&self) -> bool {
        self.most >= FIRST
    }
}

/// A job, with the numbers of its blocks.
struct Job {
    number: i64,
    results: Vec<i64>,
    /// The table of what was sent.
    sent: Table,
    blocks: Vec<i64>,
}

impl Job {
    fn of(stored: &dyn Stored, number: i64, sent: Table) -> Outcome<Self> {
        let (results, blocks) = (stored.numbers(Table::Results, number)?, stored.numbers(sent, number)?);
        Ok(Self { number, results, sent, blocks })
    }

    /// So many blocks of each table.
    fn some(&self, random: &mut Random, results: usize, sent: usize) -> Blocks {
        vec![
            (Table::Results, self.number, some(random, &self.results, results)),
            (self.sent, self.number, some(random, &self.blocks, sent)),
        ]
    }

    fn everything(&self) -> Blocks {
        vec![
            (Table::Results, self.number, self.results.clone()),
            (self.sent, self.number, self.blocks.clone()),
        ]
    }
}

/// All cases.
///
/// # Errors
/// What the database says, an answer other than 200.
pub fn all(bench: &Bench, server: &Server, stored: &dyn Stored, ended: &Ended) -> Outcome<Vec<Case>> {
    let mut random = Random::new(5);
    let import = Job::of(stored, ended.import, Table::Rows)?;
    let group = Job::of(stored, ended.group, Table::Parts)?;
    let (many, few) = (bench.sized(300, 60), bench.sized(10, 3));
    let mut cases = Vec::new();
    for (what, job, known, blocks) in [
        ("rows by number", &import, ROWS, bench.people),
        ("members by number", &group, MEMBERS, bench.people),
    ] {
        let asked = (0..many).map(|_| {
            let start = 1 + random.below(blocks - PAGE);
            // A page of a list lies in one stored page, or in two.
            let pages = if start % known + PAGE > known { 2 } else { 1 };
            (items_path(job.number, &format!("startIndex={start}")), job.some(&mut random, pages, pages))
        });
        cases.push(Case { what: what.to_owned(), asked: asked.collect(), items: PAGE, most: AT_ONCE });
    }
    for (what, job, query) in [("rows by cursor", &import, ""), ("members by cursor", &group, "")] {
        cases.push(walk(what, server, job, (query, many), &mut random)?);
    }
    let scattered = PAGE;
    for (what, job, query, blocks) in [
        ("rows: status=COMPLETED", &import, "filter=status=COMPLETED", (1, 1)),
        ("rows: status=FAILED, one in a thousand", &import, "filter=status=FAILED", (scattered, scattered)),
        ("rows: reason=invalid", &import, "reason=invalid", (scattered, scattered)),
        ("members: outcome=ignored, one in a thousand", &group, "outcome=ignored", per_page()),
        ("members: status=COMPLETED", &group, "filter=status=COMPLETED", (1, 1)),
    ] {
        let found = if blocks.0 > 1 { bench.people / ONE_IN } else { bench.people - bench.people / ONE_IN };
        // Few fail in a quick run.
        let items = PAGE.min(found);
        let asked = (0..many).map(|_| {
            let start = 1 + random.below(found + 1 - items);
            let path = items_path(job.number, &format!("{query}&startIndex={start}"));
            (path, job.some(&mut random, blocks.0, blocks.1))
        });
        cases.push(Case { what: what.to_owned(), asked: asked.collect(), items, most: AT_ONCE });
    }
    // Who has one last name has logins beside each other here; the order of the file is no order of anything else.
    for (what, job, order, blocks) in [
        ("rows: orderBy=lastName", &import, "lastName", 2),
        ("rows: orderBy=index", &import, "index", scattered),
        ("members: orderBy=value", &group, "value", scattered),
    ] {
        // A filter that was never asked before and finds everything: nothing is known of it yet.
        let first = (1..=few).map(|n| {
            let query = format!("orderBy={order}&filter=value:{}", "*".repeat(n));
            (items_path(job.number, &query), job.everything())
        });
        let what_first = format!("{what}, the first page");
        cases.push(Case { what: what_first, asked: first.collect(), items: PAGE, most: FIRST });
        let later = (0..many).map(|_| {
            let start = 1 + random.below(bench.people - PAGE);
            let path = items_path(job.number, &format!("orderBy={order}&filter=value:*&startIndex={start}"));
            (path, job.some(&mut random, blocks, blocks))
        });
        let what_later = format!("{what}, later pages");
        cases.push(Case { what: what_later, asked: later.collect(), items: PAGE, most: LATER });
    }
    cases.extend(looked_for(few, &mut random, (&import, &group), ended));
    Ok(cases)
}

/// First pages for which every item is looked at.
fn looked_for(few: usize, random: &mut Random, (import, group): (&Job, &Job), ended: &Ended) -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, job) in [("rows", import), ("members", group)] {
        let asked = (0..few).map(|_| {
            let login = &ended.logins[random.below(ended.logins.len())];
            let login = login.replace('@', "%40").replace(' ', "%20");
            (items_path(job.number, &format!("filter=value={login}")), job.everything())
        });
        let what = format!("{what}: filter=value=…, the first page");
        cases.push(Case { what, asked: asked.collect(), items: 1, most: FIRST });
    }
    let asked = (0..few).map(|n| {
        let query = format!("orderBy=member&filter=member:{}", "*".repeat(n + 1));
        (items_path(group.number, &query), group.everything())
    });
    let what = "members: orderBy=member, the first page".to_owned();
    cases.push(Case { what, asked: asked.collect(), items: PAGE, most: FIRST });
    cases
}

/// Stored pages of a group job that a page of one item in a thousand needs.
const fn per_page() -> (usize, usize) {
    let pages = PAGE * ONE_IN / MEMBERS;
    (pages, pages)
}

/// The first pages of a walk.
fn walk(
    what: &str,
    server: &Server,
    job: &Job,
    (query, pages): (&str, usize),
    random: &mut Random,
) -> Outcome<Case> {
    let mut connection = server.connect()?;
    let mut asked = Vec::new();
    let mut path = items_path(job.number, query);
    for _ in 0..pages {
        let page = connection.json(&Request::get(&path, &server.token), 200)?;
        asked.push((path, job.some(random, 1, 1)));
        let cursor = page["nextCursor"].as_str().ok_or("a walk that ends too early")?;
        path = items_path(job.number, &format!("{query}&cursor={cursor}"));
    }
    Ok(Case { what: what.to_owned(), asked, items: PAGE, most: AT_ONCE })
}
