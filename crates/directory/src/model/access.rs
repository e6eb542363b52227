//! Accounts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use throng_jobs::Instant;

use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::limits;
use crate::model::canonical;
use crate::model::schedule::{Guard, Quota};

/// A tenant: everything in the directory belongs to exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its key in the store.
    pub id: AccountId,
    /// Its name, as in the admin API's paths.
    pub name: String,
    /// When it was made.
    pub created_at: Instant,
    /// What its operator chose.
    pub settings: AccountSettings,
}

/// What the operator of an account may choose. Stored as JSON; what is not in it has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    /// Whether anybody is let in.
    pub status: AccountStatus,
    /// What becomes of listed members whom nobody knows.
    pub unknown_members: UnknownMembers,
    /// What becomes of membership writes that cannot be applied before the answer.
    pub large_group_writes: LargeGroupWrites,
    /// Whether two groups may have one `displayName`.
    pub group_names: GroupNames,
    /// So many removals are always free; see [`Guard`]. Without this and the next the account has no guard.
    pub guard_count: Option<u64>,
    /// And so many percent (0–100).
    pub guard_percent: Option<u8>,
    /// How long a turn of the account's jobs is, beside those of others (1–`JOB_WEIGHT_MAX`).
    pub job_weight: u32,
    /// Jobs that have not ended, at most (≥ 1).
    pub jobs_waiting_max: u32,
    /// Unsettled items of all its jobs, at most (≥ 1); a job alone may be larger.
    pub items_waiting_max: u64,
    /// Days that a job is kept after its end (1–`JOB_RETENTION_DAYS_MAX`).
    pub job_retention_days: u32,
    /// Rows of one file, at most (1–`IMPORT_ROWS_MAX`).
    pub import_rows_max: u64,
    /// Bytes of one file as it is sent, at most (1–`UPLOAD_BYTES_MAX`).
    pub upload_bytes_max: u64,
    /// Requests a minute that each node takes of the account (≥ 1).
    pub requests_per_minute: u32,
    /// Days that rows of the audit log are kept (1–`AUDIT_RETENTION_DAYS_MAX`).
    pub audit_retention_days: u32,
}

impl Default for AccountSettings {
    fn default() -> Self {
        let quota = Quota::default();
        Self {
            status: AccountStatus::default(),
            unknown_members: UnknownMembers::default(),
            large_group_writes: LargeGroupWrites::default(),
            group_names: GroupNames::default(),
            guard_count: None,
            guard_percent: None,
            job_weight: 1,
            jobs_waiting_max: quota.jobs,
            items_waiting_max: quota.items,
            job_retention_days: limits::JOB_RETENTION_DAYS_DEFAULT,
            import_rows_max: limits::IMPORT_ROWS_MAX,
            upload_bytes_max: limits::UPLOAD_BYTES_MAX,
            requests_per_minute: limits::REQUESTS_PER_MINUTE_DEFAULT,
            audit_retention_days: limits::AUDIT_RETENTION_DAYS_DEFAULT,
        }
    }
}

/// Whether anybody is let in to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// They are.
    #[default]
    Active,
    /// No key and no token of it is good, and its jobs wait. Nothing is lost.
    Suspended,
}

/// What becomes of listed members whom nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownMembers {
    /// The others are worked, and the job reports them.
    #[default]
    Report,
    /// A write that is applied before the answer is refused as a whole.
    Reject,
}

/// What becomes of membership writes that cannot be applied before the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LargeGroupWrites {
    /// They are answered when they are durable, and worked by a job.
    #[default]
    Job,
    /// They are refused, unless the client asked for a job with `Prefer: respond-async`.
    Refuse,
}

/// Whether two groups may have one `displayName`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupNames {
    /// They may not.
    #[default]
    Unique,
    /// They may.
    Free,
}

impl AccountSettings {
    /// The guard over what its jobs take away.
    pub fn guard(&self) -> Option<Guard> {
        if self.guard_count.is_none() && self.guard_percent.is_none() {
            return None;
        }
        let (count, percent) = (self.guard_count.unwrap_or_default(), self.guard_percent.unwrap_or_default());
        Some(Guard { count, percent })
    }

    /// Whether nobody is let in.
    pub const fn is_suspended(&self) -> bool {
        matches!(self.status, AccountStatus::Suspended)
    }

    /// How much may wait.
    pub const fn quota(&self) -> Quota {
        Quota { jobs: self.jobs_waiting_max, items: self.items_waiting_max }
    }

    /// How long a job is kept after its end.
    pub const fn retention(&self) -> Duration {
        Duration::from_hours(24 * self.job_retention_days as u64)
    }

    /// How long a row of the audit log is kept.
    pub const fn audit_retention(&self) -> Duration {
        Duration::from_hours(24 * self.audit_retention_days as u64)
    }

    /// The settings with some of them changed, each named and given as in the JSON of all of them. A number may be
    /// given as text, and `off` takes a setting away that needs none.
    ///
    /// # Errors
    /// `Invalid` for a name or a value that there is none of, with those that there are.
    pub fn with(self, changes: &Map<String, Value>) -> Result<Self> {
        let mut settings = self;
        for (name, value) in changes {
            let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let number = word.parse::<u64>().ok().map(Value::from);
            let nothing = matches!(word.as_str(), "off" | "null").then_some(Value::Null);
            let read = number.or(nothing).and_then(|value| settings.with_one(name, value).ok());
            // What is neither is no value of any setting unless it is a word; as text it is refused like a wrong one.
            settings = match read {
                Some(done) => done,
                None => {
                    settings.with_one(name, Value::String(word)).map_err(|error| refusal(name, &error))?
                }
            };
        }
        settings.check()?;
        Ok(settings)
    }

    fn with_one(self, name: &str, value: Value) -> serde_json::Result<Self> {
        let mut all = serde_json::to_value(self)?;
        if let Some(all) = all.as_object_mut() {
            all.insert(name.to_owned(), value);
        }
        serde_json::from_value(all)
    }

    fn check(&self) -> Result<()> {
        let values = [
            self.guard_count.unwrap_or_default(),
            u64::from(self.guard_percent.unwrap_or_default()),
            u64::from(self.job_weight),
            u64::from(self.jobs_waiting_max),
            self.items_waiting_max,
            u64::from(self.job_retention_days),
            self.import_rows_max,
            self.upload_bytes_max,
            u64::from(self.requests_per_minute),
            u64::from(self.audit_retention_days),
        ];
        for ((name, min, max), value) in NUMBERS.into_iter().zip(values) {
            if !(min..=max).contains(&value) {
                return Err(Error::invalid(name, format!("{name} is a whole number from {min} to {max}")));
            }
        }
        Ok(())
    }
}

/// Settings that are numbers, with the least and the largest.
const NUMBERS: [(&str, u64, u64); 10] = [
    ("guard_count", 0, COLUMN_MAX),
    ("guard_percent", 0, 100),
    ("job_weight", 1, limits::JOB_WEIGHT_MAX as u64),
    ("jobs_waiting_max", 1, u32::MAX as u64),
    ("items_waiting_max", 1, COLUMN_MAX),
    ("job_retention_days", 1, limits::JOB_RETENTION_DAYS_MAX as u64),
    ("import_rows_max", 1, limits::IMPORT_ROWS_MAX),
    ("upload_bytes_max", 1, limits::UPLOAD_BYTES_MAX),
    ("requests_per_minute", 1, u32::MAX as u64),
    ("audit_retention_days", 1, limits::AUDIT_RETENTION_DAYS_MAX as u64),
];

/// What to say of a value that a setting does not take.
fn refusal(name: &str, error: &serde_json::Error) -> Error {
    let detail = match NUMBERS.into_iter().find(|(number, ..)| *number == name) {
        Some((_, min, max)) if name.starts_with("guard_") => {
            format!("{name} is a whole number from {min} to {max}, or off")
        }
        Some((_, min, max)) => format!("{name} is a whole number from {min} to {max}"),
        None => format!("{name}: {error}"),
    };
    Error::invalid(name, detail)
}

/// The largest number that a JSON reader with doubles takes as it is.
const COLUMN_MAX: u64 = (1 << 53) - 1;

/// Checks an account's name: `[A-Za-z][A-Za-z0-9-]{0,62}`.
///
/// # Errors
/// `Invalid` with what is allowed.
pub fn check_account_name(name: &str) -> Result<()> {
    let bytes = name.as_bytes();
    let well_formed = (1..=63).contains(&bytes.len())
        && bytes[0].is_ascii_alphabetic()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    if well_formed {
        return Ok(());
    }
    Err(Error::invalid(
        "account",
        "an account's name is a letter followed by up to 62 letters, digits and hyphens",
    ))
}

/// Whom the audit log calls so are no clients: who works on the machine itself, and the server.
const RESERVED: [&str; 2] = ["operator", "system"];
/// What the names of people who are clients begin with.
pub(crate) const PERSON: &str = "person ";

/// Refuses names that clients cannot have: people read them in the audit log, and when they are asked to log in.
///
/// # Errors
/// `Invalid` (`field`).
pub(crate) fn check_client_name(field: &'static str, name: &str) -> Result<()> {
    if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) || name.starts_with(PERSON) {
        return Err(Error::invalid(field, format!("{field}: {name:?} names somebody else in the audit log")));
    }
    let is_visible = name.trim() == name && !name.chars().any(canonical::is_invisible);
    if !(1..=limits::CLIENT_NAME_CHARS_MAX).contains(&name.chars().count()) || !is_visible {
        let detail = format!(
            "{field} must be 1 to {} characters, without control or invisible characters and without spaces at \
             its ends",
            limits::CLIENT_NAME_CHARS_MAX
        );
        return Err(Error::invalid(field, detail));
    }
    Ok(())
}
