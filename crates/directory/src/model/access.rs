//! Accounts.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use throng_jobs::Instant;

use crate::error::{Error, Result};
use crate::ids::AccountId;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    /// What becomes of listed members whom nobody knows.
    pub unknown_members: UnknownMembers,
    /// What becomes of membership writes that cannot be applied before the answer.
    pub large_group_writes: LargeGroupWrites,
    /// Whether two groups may have one `displayName`.
    pub group_names: GroupNames,
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
    /// The settings with some of them changed, each named and given as in the JSON of all of them.
    ///
    /// # Errors
    /// `Invalid` for a name or a value that there is none of, with those that there are.
    pub fn with(self, changes: &Map<String, Value>) -> Result<Self> {
        let mut settings = self;
        for (name, value) in changes {
            let Value::Object(mut all) = serde_json::to_value(settings).unwrap_or_default() else {
                return Err(Error::internal("settings are no JSON object"));
            };
            // What is no text is no value of any setting; as text it is refused like a wrong word.
            let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all.insert(name.clone(), Value::String(word));
            let read = serde_json::from_value(Value::Object(all));
            settings = read.map_err(|error| Error::invalid(name, format!("{name}: {error}")))?;
        }
        Ok(settings)
    }
}

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
