//! Which server this is: the same one as before, able to write, and on no older timeline.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::link::{Committed, Kind, Link};
use super::value::{Param, PgRow};
use crate::conn::{Flow, Row, Value};
use crate::fault::{Fault, Outcome};
use crate::migrate;

/// By how much the marks of numbers rise when the database may have lost commits: more than all nodes together
/// have taken and not used.
const RAISE: i64 = 1_000_000;
/// The highest mark.
const NUMBERS_MAX: i64 = 1 << 53;
/// The lock under which the marks are raised; any number that nobody else uses.
const RAISE_LOCK: i64 = 0x7468_726f_6e67_0002;

/// The timeline on which a server writes.
macro_rules! timeline {
    () => {
        "case when pg_is_in_recovery() then 0 \
         else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint end"
    };
}

/// What this process has seen of its server.
#[derive(Debug, Default)]
pub struct Seen {
    system: Mutex<Option<String>>,
    timeline: AtomicU32,
}

impl Seen {
    /// Whether nothing was seen yet.
    pub fn is_nothing(&self) -> bool {
        self.timeline.load(Ordering::Relaxed) == 0
    }
}

/// What a connection leads to.
#[derive(Clone, Debug)]
struct Found {
    process: i64,
    role: String,
    unrestricted: bool,
    read_only: bool,
    system: String,
    timeline: i64,
    /// What the database was last written on, as far as it knows.
    stored: Option<(String, i64)>,
    min_reader: i64,
}

/// What is to be done before the connection is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing.
    Fit,
    /// The server is to be remembered as the database's first.
    New,
    /// The database was promoted, restored or moved: it may have lost commits.
    Moved,
}

/// Checks a new connection, and remembers its server.
///
/// # Errors
/// Why it must not be used.
pub fn check(link: &mut Link, seen: &Seen) -> Result<(), String> {
    let found = in_transaction(link, look)?;
    link.process = found.process;
    let verdict = {
        let system = seen.system.lock().unwrap_or_else(PoisonError::into_inner);
        judge(&found, system.as_deref(), seen.timeline.load(Ordering::Relaxed))?
    };
    if verdict != Verdict::Fit {
        in_transaction(link, |link| settle(link, &found))?;
    }
    let mut system = seen.system.lock().unwrap_or_else(PoisonError::into_inner);
    system.get_or_insert(found.system);
    seen.timeline.fetch_max(u32::try_from(found.timeline).unwrap_or(0), Ordering::Relaxed);
    Ok(())
}

/// The timeline on which the server writes; 0 = it is a standby.
///
/// # Errors
/// The server does not say.
pub fn timeline(link: &mut Link) -> Result<i64, String> {
    let sql = concat!("select ", timeline!());
    let mut timeline = 0;
    in_transaction(link, |link| {
        link.run(sql, &[], |row| {
            timeline = PgRow::from(&row, 0).int(0)?;
            Ok(Flow::More)
        })
    })?;
    Ok(timeline)
}

fn in_transaction<T>(link: &mut Link, work: impl FnOnce(&mut Link) -> Outcome<T>) -> Result<T, String> {
    link.begin(Kind::Write);
    let result = work(link);
    let words = |fault: Fault| throng_directory::Error::from(fault).to_string();
    match result {
        Ok(value) => match link.commit() {
            Committed::Done => Ok(value),
            Committed::Undone(fault) => Err(words(fault)),
            Committed::Unknown(why) => Err(why),
        },
        Err(fault) => {
            link.roll_back();
            Err(words(fault))
        }
    }
}

fn look(link: &mut Link) -> Outcome<Found> {
    let sql = concat!(
        "select pg_backend_pid(), current_user, r.rolsuper or r.rolbypassrls, \
         pg_is_in_recovery() or current_setting('transaction_read_only') = 'on', \
         (select system_identifier::text from pg_control_system()), ",
        timeline!(),
        ", c.system_identifier, c.timeline, (select max(min_reader) from migrations) \
         from cluster c, pg_roles r where r.rolname = current_user"
    );
    let mut found = None;
    link.run(sql, &[], |row| {
        let row = PgRow::from(&row, 0);
        let stored = match (row.opt_text(6)?, row.opt_int(7)?) {
            (Some(system), Some(timeline)) => Some((system.to_owned(), timeline)),
            _ => None,
        };
        found = Some(Found {
            process: row.int(0)?,
            role: row.text(1)?.to_owned(),
            unrestricted: row.int(2)? != 0,
            read_only: row.int(3)? != 0,
            system: row.text(4)?.to_owned(),
            timeline: row.int(5)?,
            stored,
            min_reader: row.int(8)?,
        });
        Ok(Flow::More)
    })?;
    found.ok_or_else(|| Fault::Defect("the table cluster has no row".to_owned()))
}

fn judge(found: &Found, system: Option<&str>, timeline: u32) -> Result<Verdict, String> {
    if found.unrestricted {
        return Err(format!(
            "the role {} is a superuser or bypasses row-level security, and the accounts' second wall would \
             be gone: let the login role be a member of throng_app",
            found.role
        ));
    }
    if found.read_only {
        return Err("the server is a standby or read-only".to_owned());
    }
    if system.is_some_and(|system| system != found.system) {
        return Err("another database cluster answers at this address than before".to_owned());
    }
    if found.min_reader > migrate::VERSION {
        return Err(format!(
            "its schema needs a server that knows version {}, and this one knows {}: start a newer release",
            found.min_reader,
            migrate::VERSION
        ));
    }
    let stored_here = found.stored.as_ref().filter(|(system, _)| *system == found.system);
    let newest = stored_here.map_or(0, |(_, timeline)| *timeline).max(i64::from(timeline));
    if found.timeline < newest {
        return Err(format!(
            "the server is on timeline {}, and the database was already written on timeline {newest}: it is \
             a former primary",
            found.timeline
        ));
    }
    Ok(match (&found.stored, stored_here) {
        (None, _) => Verdict::New,
        (_, Some((_, timeline))) if *timeline == found.timeline => Verdict::Fit,
        _ => Verdict::Moved,
    })
}

/// Remembers the server in the database. If it was another or on an older timeline before, every mark of
/// numbers rises first, so that no number that was given and lost is given again.
fn settle(link: &mut Link, found: &Found) -> Outcome<()> {
    let lock = [Param::One(Value::Int(RAISE_LOCK))];
    link.run("select pg_advisory_xact_lock(?1)", &lock, |_| Ok(Flow::More))?;
    // Another node may have done it meanwhile.
    let now = look(link)?;
    let here = Some((found.system.clone(), found.timeline));
    if now.stored == here {
        return Ok(());
    }
    if now.stored.is_some() {
        let raise = [Param::One(Value::Int(RAISE)), Param::One(Value::Int(NUMBERS_MAX))];
        link.run("update numbers set next = least(next + ?1, ?2)", &raise, |_| Ok(Flow::More))?;
        tracing::warn!(
            timeline = found.timeline,
            "the database was promoted, restored or moved: all numbers go on {RAISE} further"
        );
    }
    let values = [Param::One(Value::Text(&found.system)), Param::One(Value::Int(found.timeline))];
    link.run("update cluster set system_identifier = ?1, timeline = ?2", &values, |_| Ok(Flow::More))?;
    Ok(())
}

#[cfg(test)]
mod tests;
