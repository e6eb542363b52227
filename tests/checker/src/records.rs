//! What jobs came to and who is in a group, in names, so that a test can compare it with its own model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::blobs;
use crate::database::Database;
use crate::findings::Findings;
use crate::jobs::{self, Job};
use crate::people::People;
use crate::{Read, Unreadable, imports, memberships, people};

/// What a job came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// The account's key.
    pub account: i64,
    /// The number in the account.
    pub number: i64,
    /// The UUID, lower-case with hyphens.
    pub uuid: String,
    /// `membership`, `import`, `clear_group` or `clear_user`.
    pub kind: String,
    /// The state as stored.
    pub state: String,
    /// All items.
    pub total: u64,
    /// Settled items.
    pub processed: u64,
    /// Items by code of their outcome, as the job's row counts them.
    pub outcomes: BTreeMap<u8, u64>,
    /// The items: of memberships in the order of the request, of imports in login order. Empty before the job
    /// has ended.
    pub items: Vec<Item>,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The code of its outcome.
    pub outcome: u8,
    /// By which key the person's name is compared; none where the item named nobody.
    pub name: Option<String>,
}

/// The accepted jobs of a data directory, by account and number.
///
/// # Errors
/// A directory without a database, or a database that cannot be read.
pub fn jobs(dir: &Path) -> Result<Vec<JobRecord>, Unreadable> {
    let db = Database::open(dir)?;
    let mut findings = Findings::default();
    let people = people::read(&db, &mut findings)?;
    let mut records = Vec::new();
    for job in jobs::load(&db)?.into_iter().filter(Job::is_accepted) {
        records.push(JobRecord {
            account: job.account,
            number: job.number,
            uuid: hyphenated(&job.uuid),
            kind: job.kind.clone(),
            state: job.state.clone(),
            total: u64::try_from(job.total).unwrap_or(0),
            processed: u64::try_from(job.processed).unwrap_or(0),
            outcomes: job.tally().unwrap_or_default(),
            items: if job.is_terminal() { items(&db, &job, &people)? } else { Vec::new() },
        });
    }
    Ok(records)
}

fn items(db: &Database, job: &Job, people: &People) -> Read<Vec<Item>> {
    // The findings are those of `check`.
    let mut findings = Findings::default();
    if job.kind == "import" {
        let rows = imports::rows(db, job, &mut findings)?.into_iter().flatten();
        let results = imports::results(db, job, &mut findings)?.into_iter().flatten();
        let pairs = rows.zip(results);
        return Ok(pairs.map(|(row, result)| Item { outcome: result.code, name: Some(row.key) }).collect());
    }
    let settled = memberships::pages(db, job, &mut findings)?;
    let item = |item: blobs::Settled| Item {
        outcome: item.code,
        name: people.name(job.account, item.user).map(str::to_owned),
    };
    Ok(settled.into_iter().map(item).collect())
}

fn hyphenated(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('?'));
        }
    }
    text
}

/// The members of a group of an account, by the keys of their names.
///
/// # Errors
/// A directory without a database, a database that cannot be read, an account that is not there.
pub fn members(dir: &Path, account: &str, group: i64) -> Result<BTreeSet<String>, Unreadable> {
    let db = Database::open(dir)?;
    let people = people::read(&db, &mut Findings::default())?;
    let account =
        people.account(account).ok_or_else(|| Unreadable(format!("there is no account {account}")))?;
    let of_group = people.memberships().iter().filter(|(of, number, _)| (*of, *number) == (account, group));
    Ok(of_group
        .map(|(_, _, user)| people.name(account, *user).map_or_else(|| format!("#{user}"), str::to_owned))
        .collect())
}
