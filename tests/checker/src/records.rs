//! What jobs came to and who is in a group, in names, so that a test can compare it with its own model.

use std::collections::{BTreeMap, BTreeSet};

use crate::blobs;
use crate::database::{Database, Source};
use crate::findings::Findings;
use crate::history::ListedJob;
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
    /// `membership`, `import`, `clear_group`, `clear_user` or `clear_nested_group`.
    pub kind: String,
    /// The group's number; 0 = the account's users, -1 = the server's own work.
    pub target: i64,
    /// SHA-256 of the request's body or file, lower-case; all zero = no request asked for it.
    pub digest: String,
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

impl JobRecord {
    /// The job as a list of a history shows it, marked by the digest of what was sent. Its place among the jobs of
    /// its group is not stored. `None` for a state that there is not.
    pub fn listed(&self) -> Option<ListedJob> {
        let job = self.number.try_into().ok()?;
        let state = serde_json::from_value(self.state.as_str().into()).ok()?;
        let was_sent = self.digest.bytes().any(|digit| digit != b'0');
        Some(ListedJob { job, state, marker: was_sent.then(|| self.digest.clone()), place: None })
    }
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The code of its outcome.
    pub outcome: u8,
    /// By which key the person's name is compared; none where the item named nobody, or a group.
    pub name: Option<String>,
}

/// The accepted jobs of a database, by account and number.
///
/// # Errors
/// No database, or one that cannot be read.
pub fn jobs<'a>(source: impl Into<Source<'a>>) -> Result<Vec<JobRecord>, Unreadable> {
    let db = Database::open(source.into())?;
    let mut findings = Findings::default();
    let people = people::read(&db, &mut findings)?;
    let mut records = Vec::new();
    for job in jobs::load(&db)?.into_iter().filter(Job::is_accepted) {
        records.push(JobRecord {
            account: job.account,
            number: job.number,
            uuid: hyphenated(&job.uuid),
            kind: job.kind.clone(),
            target: job.target,
            digest: hexadecimal(&job.digest),
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
        name: people.name(job.account, item.member).map(str::to_owned),
    };
    Ok(settled.into_iter().map(item).collect())
}

fn hyphenated(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text += &hexadecimal(&[*byte]);
    }
    text
}

/// Two lower-case digits a byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// The members of a group of an account: users by the keys of their names, groups as `group N`.
///
/// # Errors
/// No database, one that cannot be read, an account that is not there.
pub fn members<'a>(
    source: impl Into<Source<'a>>,
    account: &str,
    group: i64,
) -> Result<BTreeSet<String>, Unreadable> {
    let db = Database::open(source.into())?;
    let people = people::read(&db, &mut Findings::default())?;
    let account =
        people.account(account).ok_or_else(|| Unreadable(format!("there is no account {account}")))?;
    let of_group = people.memberships().iter().filter(|(of, number, _)| (*of, *number) == (account, group));
    Ok(of_group
        .map(|(_, _, member)| {
            people.name(account, *member).map_or_else(|| people::who(*member), str::to_owned)
        })
        .collect())
}
