//! Bench: what SCIM clients read, against the same rows read by SQL.
//!
//! Three sides, in turn: the server over HTTP, an HTTP server that only answers the same bytes, and SQLite on the
//! server's own database. The second is what HTTP costs; the server less that is what the directory costs.

mod cases;

use std::time::Duration;

use rusqlite::{Connection as Database, OpenFlags, ToSql};
use serde_json::Value;

use crate::Outcome;
use crate::bench::{Base, Bench};
use crate::clock::Watch;
use crate::connection::{Connection, Request};
use crate::job::{self, Expected};
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::Server;
use crate::stats::{Spread, float, median};

/// What begins about a 24th of the names.
const PREFIX: &str = "mara.";

/// The columns of a user that an answer needs.
const USER: &str = "select u.user_key, u.uuid, u.version, u.created_at, u.modified_at, u.doc from users u ";

/// Something that is read.
struct Case {
    what: String,
    /// Each asked in turn, and the SQL parameter that finds the same rows.
    asked: Vec<(String, Key)>,
    sql: String,
    /// Rows that each answer has.
    rows: usize,
    /// How often a round asks.
    times: usize,
}

/// What a query is asked with.
#[derive(Clone, Debug)]
enum Key {
    Text(String),
    Number(i64),
}

/// Everything that a case is measured on.
struct Sides<'a> {
    bench: &'a Bench,
    server: &'a Server,
    db: Database,
    account: i64,
}

/// Measures all cases.
///
/// # Errors
/// An answer that is not what it must be.
pub fn run(bench: &Bench, base: &mut Base, report: &mut Report) -> Outcome {
    let server = bench.serve(base)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Database::open_with_flags(base.data.path.join("throng.db"), flags)?;
    db.execute_batch("pragma cache_size = -65536; pragma mmap_size = 0")?;
    let account = db.query_row("select account_id from users limit 1", [], |row| row.get(0))?;
    let sides = Sides { bench, server: &server, db, account };
    let mut section = Section::new("SCIM reads, one connection");
    for case in cases::lists(&sides, base)? {
        sides.measure(&case, &mut section)?;
    }
    sides.unindexed(base, &mut section)?;
    let group = match base.full_group.take() {
        Some(group) => group,
        None => fill(&server, base)?,
    };
    sides.measure(&cases::members(&group, bench)?, &mut section)?;
    base.full_group = Some(group);
    section.note(
        "p50 over HTTP; less the p50 of an HTTP server that only answers the same bytes; p50 of the SQL that reads the \
         same rows; the second against the third.",
    );
    section.peak(server.peak_bytes()?);
    report.section(&section)?;
    server.stop()
}

fn fill(server: &Server, base: &Base) -> Outcome<String> {
    let count = base.people.len();
    let group = job::create_group(server, &format!("read {}", std::process::id()))?;
    let body = job::by_id("add", base.people.ids.iter().copied());
    job::run(server, &group, &body, Expected { created: count, removed: 0, processed: count })?;
    Ok(group)
}

impl Sides<'_> {
    fn row_of<T: rusqlite::types::FromSql>(&self, column: &str, uuid: &str) -> Outcome<T> {
        let uuid = uuid::Uuid::try_parse(uuid)?;
        let sql = format!("select {column} from users where account_id = ?1 and uuid = ?2");
        Ok(self
            .db
            .query_row(&sql, rusqlite::params![self.account, uuid.as_bytes().as_slice()], |row| row.get(0))?)
    }

    /// Walks so many pages. Returns the path of the next one, and the id of the last user before it.
    fn walk(&self, path: &str, pages: usize) -> Outcome<(String, String)> {
        let mut connection = self.server.connect()?;
        let (mut next, mut last) = (format!("{path}&cursor="), String::new());
        for _ in 0..pages {
            let page = connection.json(&Request::get(&next, &self.server.token), 200)?;
            let cursor = page["nextCursor"].as_str().ok_or("a walk that ends too early")?;
            next = format!("{path}&cursor={cursor}");
            let users = page["Resources"].as_array().ok_or("a page without resources")?;
            users.last().and_then(|user| user["id"].as_str()).unwrap_or_default().clone_into(&mut last);
        }
        Ok((next, last))
    }

    fn measure(&self, case: &Case, section: &mut Section) -> Outcome {
        let limit = self.bare(case)?;
        let requests: Vec<Vec<u8>> =
            case.asked.iter().map(|(path, _)| Request::get(path, &self.server.token).bytes()).collect();
        let list = vec![Request::get("/scim/v2/Users", "").bytes()];
        let (mut http, mut bare, mut sql) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=self.bench.rounds {
            progress(&format!("{}, round {number} of {}", case.what, self.bench.rounds));
            http.push(latency(&mut self.server.connect()?, &requests, case.times)?);
            bare.push(latency(&mut limit.connect()?, &list, case.times)?);
            sql.push(self.raw(case)?);
        }
        let ratios: Vec<f64> =
            http.iter().zip(&bare).zip(&sql).map(|((http, bare), sql)| (http - bare) / sql).collect();
        let (http, bare, sql) = (median(&http), median(&bare), median(&sql));
        let (inside, ratio) = (http - bare, median(&ratios));
        let whole = http / sql;
        let text = format!("{http:.3} ms; {inside:.3} ms; {sql:.3} ms; {ratio:.1} ({whole:.1} with HTTP)");
        if case.rows == 1 {
            section.aim(&case.what, text, "≤ 3", Verdict::at_most(ratio, 3.0));
        } else {
            section.figure(&case.what, text);
        }
        Ok(())
    }

    /// A server that answers what the case is answered, and nothing else.
    fn bare(&self, case: &Case) -> Outcome<Server> {
        let mut connection = self.server.connect()?;
        let page = connection.json(&Request::get(&case.asked[0].0, &self.server.token), 200)?;
        let rows = page["Resources"].as_array().map_or(0, Vec::len);
        if rows != case.rows {
            return Err(format!("{}: {rows} rows, not {}", case.what, case.rows).into());
        }
        let bodies = self.bench.root.join("bodies");
        std::fs::create_dir_all(&bodies)?;
        std::fs::write(bodies.join("user.json"), connection.body())?;
        std::fs::write(bodies.join("list.json"), connection.body())?;
        Server::bare(&bodies)
    }

    /// The median of the same rows read by SQL, in milliseconds.
    fn raw(&self, case: &Case) -> Outcome<f64> {
        let mut statement = self.db.prepare_cached(&case.sql)?;
        let columns = statement.column_count();
        let mut latencies = Vec::with_capacity(case.times);
        for (_, key) in case.asked.iter().cycle().take(case.times) {
            let watch = Watch::start();
            let key: &dyn ToSql = match key {
                Key::Text(text) => text,
                Key::Number(number) => number,
            };
            let mut rows = statement.query([&self.account as &dyn ToSql, key])?;
            let (mut count, mut bytes) = (0, 0);
            while let Some(row) = rows.next()? {
                count += 1;
                for column in 0..columns {
                    bytes += row.get_ref(column)?.as_bytes().map_or(8, <[u8]>::len);
                }
            }
            latencies.push(watch.elapsed());
            if count != case.rows || bytes == 0 {
                return Err(format!("{}: SQL finds {count} rows", case.what).into());
            }
        }
        Ok(Spread::of(&latencies).p50)
    }

    /// A filter that no index serves, over all users: until the cost bound ends it, or to the end.
    fn unindexed(&self, base: &Base, section: &mut Section) -> Outcome {
        let narrowed = encoded(&format!("userName sw \"{PREFIX}\" and title eq \"nobody\""));
        let all = encoded("title eq \"nobody\"");
        let sql = "select count(*) from users where account_id = ?1 and name_key >= ?2 and name_key < ?3";
        let until = PREFIX.replace('.', "/");
        let few: i64 =
            self.db.query_row(sql, rusqlite::params![self.account, PREFIX, until], |row| row.get(0))?;
        let few = float(usize::try_from(few)?);
        for (what, filter, candidates) in
            [("of one first name", narrowed, few), ("of all", all, float(base.people.len()))]
        {
            let path = format!("/scim/v2/Users?count=1&filter={filter}");
            let request = Request::get(&path, &self.server.token).bytes();
            let (mut seconds, mut refused) = (Vec::new(), false);
            for _ in 0..self.bench.rounds {
                let mut connection = self.server.connect()?;
                let (status, took) = connection.timed(&request)?;
                let answer: Value = serde_json::from_slice(connection.body())?;
                refused |= status == 400 && answer["scimType"] == "tooMany";
                if !refused {
                    connection.expect(status, 200)?;
                }
                seconds.push(took.as_secs_f64());
            }
            let took = median(&seconds);
            let text = if refused {
                format!("tooMany after {took:.2} s")
            } else {
                format!("{took:.2} s = {}/s", grouped(candidates / took))
            };
            section.figure(format!("no index: {} candidates {what}", grouped(candidates)), text);
        }
        let watch = Watch::start();
        let mut statement = self.db.prepare(&format!("{USER}where u.account_id = ?1"))?;
        let mut rows = statement.query([self.account])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(5)?.as_bytes()?.len();
        }
        let took = watch.seconds();
        let rate = grouped(float(base.people.len()) / took);
        section.figure("all users read by SQL", format!("{took:.2} s = {rate}/s, {} MB", bytes / 1_000_000));
        Ok(())
    }
}

/// The median latency, in milliseconds.
fn latency(connection: &mut Connection, requests: &[Vec<u8>], times: usize) -> Outcome<f64> {
    let mut latencies: Vec<Duration> = Vec::with_capacity(times);
    for request in requests.iter().cycle().take(times) {
        let (status, took) = connection.timed(request)?;
        connection.expect(status, 200)?;
        latencies.push(took);
    }
    Ok(Spread::of(&latencies).p50)
}

fn encoded(text: &str) -> String {
    let byte =
        |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(byte).collect()
}
