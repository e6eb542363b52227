//! Accounts and keys: what operators manage.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountCreate {
    /// A letter, then up to 62 letters, digits and hyphens.
    #[schema(example = "ACME")]
    pub name: String,
}

/// An account was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountCreated {
    /// Its name.
    #[schema(example = "ACME")]
    pub name: String,
}

/// The settings of an account. In an answer all of them; in a change those that change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountSettings {
    /// `active` (the default). `suspended`: no key and no token of the account is good, and its jobs wait; nothing is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "active")]
    pub status: Option<String>,
    /// `report` (the default): a listed member whom nobody knows is passed over, and the job reports it. `reject`: a
    /// membership write that is applied before the answer is refused with 400 as a whole; queued ones report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "report")]
    pub unknown_members: Option<String>,
    /// `job` (the default): a membership write that is too large to be applied before the answer becomes a job.
    /// `refuse`: it is refused with 413, unless the client said `Prefer: respond-async`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "job")]
    pub large_group_writes: Option<String>,
    /// `unique` (the default): no two groups have one `displayName`. `free`: they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "unique")]
    pub group_names: Option<String>,
    /// So many removals by jobs in 24 hours are always free; more wait for approval. `null` (the default) together with
    /// `guard_percent`: no guard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard_count: Option<SettingNumber>,
    /// And so many percent (0–100) of the group's members, or of the account's users for jobs about users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard_percent: Option<SettingNumber>,
    /// How long a turn of the account's jobs is beside those of other accounts (1–100; 1 by default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_weight: Option<SettingNumber>,
    /// Jobs that have not ended, at most (1,000 by default); more are refused with 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs_waiting_max: Option<SettingNumber>,
    /// Unsettled items of all jobs, at most (50,000,000 by default); more are refused with 429. A job alone may be
    /// larger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_waiting_max: Option<SettingNumber>,
    /// Days that a job and its items are kept after its end (1–3,650; 30 by default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_retention_days: Option<SettingNumber>,
    /// Rows of one file of people, at most (1–10,000,000, the default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_rows_max: Option<SettingNumber>,
    /// Bytes of one file of people as it is sent, at most (1–4,294,967,296, the default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_bytes_max: Option<SettingNumber>,
    /// Requests a minute that each node takes of the account (600,000 by default); more are refused with 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<SettingNumber>,
    /// Days that rows of the audit log are kept (1–3,650; 400 by default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_retention_days: Option<SettingNumber>,
}

/// A number, which may be sent as text; `off` takes a setting away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum SettingNumber {
    /// A number.
    Number(u64),
    /// A number as text, or `off`.
    Text(String),
}

/// What is no such number is taken as text, so that it is refused with the name of its setting.
impl<'de> Deserialize<'de> for SettingNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(match (value.as_u64(), value) {
            (Some(number), _) => Self::Number(number),
            (None, serde_json::Value::String(text)) => Self::Text(text),
            (None, other) => Self::Text(other.to_string()),
        })
    }
}

/// Asks for a key of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyCreate {
    /// `account-administrator`, `group-manager`, `user-manager`, `reader` or `approver`.
    #[schema(example = "account-administrator")]
    pub role: String,
    /// The client that gets the key; made when there is none of this name. Absent: a new client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// `standard` (the default) or `firstup`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// The person whom the key belongs to, for `/scim/v2/Me`: the `userName`, or the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The provisioning source of the client: its `externalId`s are its own, and no other source sees them. Absent: that
    /// of the client, or for a new one the default source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Names of scopes with spaces between: what of its role the key may do. Absent: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "users.read groups.write")]
    pub scopes: Option<String>,
    /// Days that it is good (1–3,650). Absent: until it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 365)]
    pub days: Option<u32>,
}

/// A key was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyCreated {
    /// The credential for `Authorization: Bearer`, and the client's secret in OAuth. It is shown this once.
    pub key: String,
    /// Its public part.
    pub key_id: String,
    /// What its client is called in OAuth.
    #[schema(example = "ACME_7")]
    pub client_id: String,
    /// When it stops being good; absent: when it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// Does not show the credential: it must not reach a log.
impl std::fmt::Debug for KeyCreated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyCreated").finish_non_exhaustive()
    }
}

/// Asks for a key that takes the place of another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyRotate {
    /// Seconds that the other goes on being good (at most 90 days; a day when absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 86400)]
    pub overlap_seconds: Option<u64>,
    /// Days that the new one is good (1–3,650). Absent: until it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// The keys of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyList {
    /// All that were not taken away, the oldest first.
    pub keys: Vec<KeyShown>,
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyShown {
    /// Its public part.
    pub key_id: String,
    /// What its client is called in OAuth.
    #[schema(example = "ACME_7")]
    pub client_id: String,
    /// The client's name.
    pub client: String,
    /// The client's role.
    #[schema(example = "group-manager")]
    pub role: String,
    /// What the key may do: names of scopes with spaces between.
    #[schema(example = "users.read groups.write")]
    pub scopes: String,
    /// `standard` or `firstup`.
    pub dialect: String,
    /// The client's provisioning source; absent for the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The id of the person whom it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it stops, or stopped, being good; absent: when it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was used last, to the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
}

/// Registers a client: a service, or an application that asks people to log in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientCreate {
    /// Its name, which people see when it asks them to log in.
    #[schema(example = "Roster")]
    pub name: String,
    /// What it may do at most, whoever logs in: `account-administrator`, `group-manager`, `user-manager`, `reader` or
    /// `approver`.
    #[schema(example = "group-manager")]
    pub role: String,
    /// Where people may be sent back to (at most 20); absent: it logs nobody in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["https://roster.example/back"]))]
    pub redirect_uris: Vec<String>,
    /// Whether it cannot keep a secret, because it runs in a browser or on a person's device.
    #[serde(default)]
    pub public: bool,
}

/// Changes a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientChange {
    /// Where people may be sent back to (at most 20), in the place of what there was.
    pub redirect_uris: Vec<String>,
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientShown {
    /// What it is called in OAuth.
    #[schema(example = "ACME_8")]
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// What it may do at most.
    pub role: String,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Whether it cannot keep a secret.
    pub public: bool,
    /// When it was made.
    pub created_at: String,
}

/// The clients of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientList {
    /// All that were not revoked, the oldest first.
    pub clients: Vec<ClientShown>,
}

/// Gives a person a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberWrite {
    /// `account-administrator`, `group-manager`, `user-manager`, `reader` or `approver`.
    #[schema(example = "user-manager")]
    pub role: String,
}

/// A person who has a role, by which they may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberShown {
    /// The person's id.
    pub user: String,
    /// Their `userName`; absent once they were deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// What they may do.
    pub role: String,
    /// The client that they are, with whose authority their jobs run.
    #[schema(example = "ACME_9")]
    pub client_id: String,
    /// When they first got a role.
    pub created_at: String,
}

/// The people of an account who have a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberList {
    /// All of them, the first to get one first.
    pub members: Vec<MemberShown>,
}
