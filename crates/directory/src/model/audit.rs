//! The audit log: what a row says, what of it can be forgotten, and how rows are chained. Source: ADR 19.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::limits;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Something was made.
    Created,
    /// Something was changed.
    Updated,
    /// Something was deleted or thrown away.
    Deleted,
    /// Something was read that says much about people.
    Read,
    /// A request was refused: no good credential, or one that may not do this.
    Refused,
    /// A job was accepted.
    Accepted,
    /// A job began.
    Started,
    /// A job waits for approval.
    Held,
    /// A job was approved.
    Approved,
    /// A job was asked to stop.
    Stopped,
    /// A job has ended.
    Ended,
    /// The items of a job were thrown away.
    Purged,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 12] = [
        Self::Created,
        Self::Updated,
        Self::Deleted,
        Self::Read,
        Self::Refused,
        Self::Accepted,
        Self::Started,
        Self::Held,
        Self::Approved,
        Self::Stopped,
        Self::Ended,
        Self::Purged,
    ];

    /// Its name in the store and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Deleted => "DELETED",
            Self::Read => "READ",
            Self::Refused => "REFUSED",
            Self::Accepted => "ACCEPTED",
            Self::Started => "STARTED",
            Self::Held => "HELD",
            Self::Approved => "APPROVED",
            Self::Stopped => "STOPPED",
            Self::Ended => "ENDED",
            Self::Purged => "PURGED",
        }
    }

    /// The event with this name, in any letter case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str().eq_ignore_ascii_case(name))
    }
}

/// What something happened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A person.
    User,
    /// A group.
    Group,
    /// A resource of a configured type.
    Resource,
    /// A profile.
    Profile,
    /// What the account asks of passwords.
    PasswordPolicy,
    /// A job.
    Job,
    /// A file in parts.
    Upload,
    /// The account, or its settings.
    Account,
    /// A key.
    Key,
    /// A client, to which keys belong.
    Client,
    /// An access token.
    Token,
    /// What a person lets an application do.
    Grant,
    /// A person's role.
    Member,
    /// What signs access tokens.
    SigningKey,
    /// The audit log itself.
    Audit,
    /// The clock by which things are thrown away.
    Clock,
    /// A request that came to nothing.
    Request,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::User,
        Self::Group,
        Self::Resource,
        Self::Profile,
        Self::PasswordPolicy,
        Self::Job,
        Self::Upload,
        Self::Account,
        Self::Key,
        Self::Client,
        Self::Token,
        Self::Grant,
        Self::Member,
        Self::SigningKey,
        Self::Audit,
        Self::Clock,
        Self::Request,
    ];

    /// Its name in the store and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Group => "GROUP",
            Self::Resource => "RESOURCE",
            Self::Profile => "PROFILE",
            Self::PasswordPolicy => "PASSWORD_POLICY",
            Self::Job => "JOB",
            Self::Upload => "UPLOAD",
            Self::Account => "ACCOUNT",
            Self::Key => "KEY",
            Self::Client => "CLIENT",
            Self::Token => "TOKEN",
            Self::Grant => "GRANT",
            Self::Member => "MEMBER",
            Self::SigningKey => "SIGNING_KEY",
            Self::Audit => "AUDIT",
            Self::Clock => "CLOCK",
            Self::Request => "REQUEST",
        }
    }

    /// The kind with this name, in any letter case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(name))
    }
}

/// Who did it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// The name of the key's client; `operator` for who works on the machine itself, `system` for the server, empty for who
    /// is not known.
    pub name: String,
    /// The client's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<i64>,
    /// The public part of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The client's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl Actor {
    /// The server itself.
    pub fn system() -> Self {
        Self { name: "system".to_owned(), ..Self::default() }
    }
}

/// What a row says besides its columns: never what can be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// Who.
    pub actor: Actor,
    /// From where, as the connection says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Whether it was done.
    pub done: bool,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub detail: Map<String, Value>,
}

/// What is called by a name that somebody may want forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// What it happened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The person whom a key was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl Names {
    /// The texts of it.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.object.iter().chain(&self.user).map(String::as_str)
    }
}

/// A row before it has a number, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its own id.
    pub id: Uuid,
    /// When it happened, by the clock of the node.
    pub at: Instant,
    /// See [`Event::as_str`].
    pub event: String,
    /// See [`Kind::as_str`].
    pub kind: String,
    /// The id of what it happened to; may be empty. Goes with the names.
    pub object: String,
    /// [`Body`] as JSON.
    pub body: String,
    /// [`Names`] as JSON; none when there are none, and when they were forgotten.
    pub names: Option<String>,
    /// Goes with the names.
    pub salt: Option<[u8; 16]>,
    /// See [`names_digest`].
    pub names_digest: [u8; 32],
}

/// A row with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chained {
    /// Counts the account's rows, from 1, without gaps.
    pub seq: i64,
    /// The row.
    pub row: Row,
    /// See [`hash`].
    pub hash: [u8; 32],
}

/// Where an account's log begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the last row; 0 when there was none.
    pub seq: i64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The number of the last row that was thrown away; 0 when none was.
    pub kept_seq: i64,
    /// Its hash.
    pub kept_hash: [u8; 32],
}

/// Rows by rising time, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// At this moment or later.
    pub from: Instant,
    /// Before this moment.
    pub until: Instant,
    /// From the latest to the earliest.
    pub descending: bool,
    /// Behind the row of this time and number.
    pub after: Option<(Instant, i64)>,
}

/// What a row keeps of what it happened to when that is forgotten: without the salt, which goes with it, nobody can try
/// whether it was somebody certain. What has no name has no salt.
pub fn names_digest(salt: Option<&[u8; 16]>, object: &str, names: Option<&str>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(salt.map_or(&[][..], |salt| salt));
    hasher.update((object.len() as u64).to_be_bytes());
    hasher.update(object);
    hasher.update(names.unwrap_or_default());
    hasher.finalize().into()
}

impl Row {
    /// Whether what it happened to was forgotten.
    pub fn is_forgotten(&self) -> bool {
        self.salt.is_none() && self.names.is_none() && self.object.is_empty()
    }
}

/// The hash of a row: SHA-256 over the hash of the row before it and everything that the row says; of what can be forgotten
/// its digest.
pub fn hash(before: &[u8; 32], account: AccountId, seq: i64, row: &Row) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(account.0.to_be_bytes());
    hasher.update(seq.to_be_bytes());
    hasher.update(row.id.as_bytes());
    hasher.update(row.at.micros().to_be_bytes());
    for text in [&row.event, &row.kind, &row.body] {
        // With their lengths, so that no two rows are written alike.
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hasher.update(row.names_digest);
    hasher.finalize().into()
}

/// Numbers rows behind a head, in this order; the head then.
pub fn chain(account: AccountId, mut head: Head, rows: Vec<Row>) -> (Vec<Chained>, Head) {
    let mut chained = Vec::with_capacity(rows.len());
    for row in rows {
        let seq = head.seq + 1;
        let hash = hash(&head.hash, account, seq, &row);
        (head.seq, head.hash) = (seq, hash);
        chained.push(Chained { seq, row, hash });
    }
    (chained, head)
}

/// Follows an account's log from its oldest row, and notes what is not as it was written.
#[derive(Debug)]
pub struct Check {
    account: AccountId,
    head: Head,
    /// The number and the hash of the row before.
    last: (i64, [u8; 32]),
    rows: u64,
    findings: Vec<String>,
}

impl Check {
    /// A check of a log that ends at this head.
    pub const fn new(account: AccountId, head: Head) -> Self {
        let last = (head.kept_seq, head.kept_hash);
        Self { account, head, last, rows: 0, findings: Vec::new() }
    }

    /// The log begins and ends so by now: a server may run that adds rows and throws away old ones.
    pub const fn goes_on(&mut self, head: Head) {
        self.head = head;
        if head.kept_seq > self.last.0 {
            self.last = (head.kept_seq, head.kept_hash);
        }
    }

    /// The next row by number.
    pub fn row(&mut self, found: &Chained) {
        self.rows += 1;
        let (last, before) = self.last;
        let seq = found.seq;
        if seq <= last {
            self.note(format!("row {seq} was inserted: the log begins behind row {}", self.head.kept_seq));
            return;
        }
        if seq > self.head.seq {
            self.note(format!("row {seq} was inserted: the log ends with row {}", self.head.seq));
            return;
        }
        if seq > last + 1 {
            self.note(missing(last + 1, seq - 1));
        } else if hash(&before, self.account, seq, &found.row) != found.hash {
            self.note(format!("row {seq} was altered, or does not follow row {last}"));
        }
        let row = &found.row;
        let digest = names_digest(row.salt.as_ref(), &row.object, row.names.as_deref());
        if digest != row.names_digest && !row.is_forgotten() {
            self.note(format!("row {seq} was altered: it is about something else"));
        }
        self.last = (seq, found.hash);
    }

    /// The end: how many rows there were, and what is wrong with them.
    pub fn finish(mut self) -> Checked {
        let (last, hash) = self.last;
        if last < self.head.seq {
            self.note(missing(last + 1, self.head.seq));
        } else if hash != self.head.hash {
            self.note(format!("row {last} was altered: it is not the one with which the log ended"));
        }
        Checked { head: self.head, rows: self.rows, findings: self.findings }
    }

    fn note(&mut self, finding: String) {
        if self.findings.len() < limits::AUDIT_FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

fn missing(first: i64, last: i64) -> String {
    if first == last {
        format!("row {first} is missing")
    } else {
        format!("rows {first} to {last} are missing")
    }
}

/// What came of a [`Check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Where the log ends. Whoever writes this down elsewhere can tell later whether the log was written anew.
    pub head: Head,
    /// Rows that were looked at.
    pub rows: u64,
    /// What is wrong, at most `AUDIT_FINDINGS_MAX` of it.
    pub findings: Vec<String>,
}

/// A row as people read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number.
    pub seq: i64,
    /// Its own id.
    pub id: Uuid,
    /// When.
    pub at: Instant,
    /// What happened.
    pub event: String,
    /// To what kind of thing.
    pub kind: String,
    /// The thing's id; empty where it has none, and where it was forgotten.
    pub object: String,
    /// The thing's name, where it was not forgotten.
    pub name: Option<String>,
    /// The person whom a key was made for, where they were not forgotten.
    pub user: Option<String>,
    /// Who, from where, and what else.
    pub body: Body,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Entry {
    /// Reads a row.
    ///
    /// # Errors
    /// `Internal` for a row that was not written by a server.
    pub fn of(found: Chained) -> Result<Self> {
        let Chained { seq, row, hash } = found;
        let damaged = |error| Error::internal(format!("row {seq} of an audit log cannot be read: {error}"));
        let names: Option<Names> =
            row.names.as_deref().map(serde_json::from_str).transpose().map_err(damaged)?;
        Ok(Self {
            seq,
            id: row.id,
            at: row.at,
            event: row.event,
            kind: row.kind,
            object: row.object,
            name: names.as_ref().and_then(|names| names.object.clone()),
            user: names.and_then(|names| names.user),
            body: serde_json::from_str(&row.body).map_err(damaged)?,
            hash,
        })
    }
}

#[cfg(test)]
mod tests;
