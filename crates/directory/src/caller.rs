//! Who asks, and what they may do.

use std::net::IpAddr;
use std::sync::Arc;

use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::{AccountId, ClientId};
use crate::model::access::AccountSettings;
pub use crate::model::scopes::{Permission, Scopes};

/// What a credential may do. Stored as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything in the account.
    AccountAdministrator,
    /// Groups read and write, users read, job reports.
    GroupManager,
    /// Users read and write, groups read, job reports.
    UserManager,
    /// SCIM reads and job reports.
    Reader,
    /// What a reader may, and approving jobs that a guard holds back.
    Approver,
    /// Manages accounts and mints first keys; sees nothing inside an account.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::AccountAdministrator,
        Self::GroupManager,
        Self::UserManager,
        Self::Reader,
        Self::Approver,
        Self::Operator,
    ];

    /// Its name on the command line and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountAdministrator => "account-administrator",
            Self::GroupManager => "group-manager",
            Self::UserManager => "user-manager",
            Self::Reader => "reader",
            Self::Approver => "approver",
            Self::Operator => "operator",
        }
    }

    /// The role with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether the role carries the permission. Operators hold no permission inside an account.
    pub const fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::AccountAdministrator => !matches!(permission, P::Operate),
            Self::GroupManager => Self::Reader.allows(permission) || matches!(permission, P::GroupsWrite),
            Self::UserManager => Self::Reader.allows(permission) || matches!(permission, P::UsersWrite),
            Self::Reader => {
                matches!(permission, P::UsersRead | P::GroupsRead | P::ResourcesRead | P::JobReportRead)
            }
            Self::Approver => Self::Reader.allows(permission) || matches!(permission, P::JobsApprove),
            Self::Operator => matches!(permission, P::Operate),
        }
    }
}

/// A way of speaking that a key may be bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The standard.
    #[default]
    Standard,
    /// Members are named by `userName` unless said otherwise; ids of groups are integers; `meta.jobId`.
    Firstup,
}

impl Dialect {
    /// Its name on the command line and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Firstup => "firstup",
        }
    }

    /// The dialect with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Standard, Self::Firstup].into_iter().find(|dialect| dialect.as_str() == text)
    }
}

/// An authenticated caller. The account comes from the credential and from nowhere else.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub account_name: String,
    /// The service account that the key belongs to; jobs run with its authority.
    pub client: ClientId,
    /// What it may do.
    pub role: Role,
    /// What of this the credential may do.
    pub scopes: Scopes,
    /// How it speaks.
    pub dialect: Dialect,
    /// The provisioning source whose `externalId`s the client sees and writes; none for the default one.
    pub source: Option<Arc<str>>,
    /// The person whom the key belongs to, for `/Me`; who may have been deleted since.
    pub user: Option<Uuid>,
    /// The account's settings, as they were when the key was looked up.
    pub settings: AccountSettings,
    /// When the key stops being good.
    pub ends_at: Option<Instant>,
    /// The public part of the key; empty for who works on the machine itself.
    pub key: Arc<str>,
    /// The name of the service account.
    pub client_name: Arc<str>,
    /// Where the request comes from.
    pub origin: Origin,
}

/// Where a request comes from, for the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address at the other end of the connection.
    pub address: Option<IpAddr>,
    /// The id of the request.
    pub request: Option<Arc<str>>,
}

impl Caller {
    /// Who manages accounts and keys from the machine itself.
    pub fn operator() -> Self {
        Self {
            account: AccountId(0),
            account_name: String::new(),
            client: ClientId(0),
            role: Role::Operator,
            scopes: Scopes::ALL,
            dialect: Dialect::Standard,
            source: None,
            user: None,
            settings: AccountSettings::default(),
            ends_at: None,
            key: Arc::default(),
            client_name: "operator".into(),
            origin: Origin::default(),
        }
    }

    /// Whether the caller's role carries the permission, and the scopes of the credential do.
    pub const fn may(&self, permission: Permission) -> bool {
        self.role.allows(permission) && self.scopes.allow(permission)
    }

    /// Fails with [`Error::Forbidden`] unless the caller [may](Self::may).
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        Err(Error::Forbidden(FORBIDDEN.to_owned()))
    }
}

/// The one text for a refused permission; it says nothing about what exists.
pub const FORBIDDEN: &str = "Operation is not permitted";

/// A client as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its key in the store.
    pub id: ClientId,
    /// What it may do.
    pub role: Role,
    /// Its provisioning source; none for the default one.
    pub source: Option<String>,
}

/// A client to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewClient<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it may do.
    pub role: Role,
    /// Its provisioning source; none for the default one.
    pub source: Option<&'a str>,
}

/// A key as the store keeps it.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// The account's key; `AccountId(0)` for an operator's.
    pub account: AccountId,
    /// The account's name; empty for an operator's.
    pub account_name: String,
    /// The public part of the key.
    pub key_id: String,
    /// SHA-256 of the secret part.
    pub secret_hash: [u8; 32],
    /// The client it belongs to.
    pub client: ClientId,
    /// The client's name; not stored with the key.
    pub client_name: Arc<str>,
    /// The client's role.
    pub role: Role,
    /// What of this the key may do.
    pub scopes: Scopes,
    /// The client's provisioning source; none for the default one.
    pub source: Option<Arc<str>>,
    /// The key's dialect.
    pub dialect: Dialect,
    /// The person whom it belongs to.
    pub user: Option<Uuid>,
    /// The account's settings; not stored with the key.
    pub settings: AccountSettings,
    /// When it stops being good.
    pub expires_at: Option<Instant>,
    /// When it was used last, to the hour.
    pub last_used_at: Option<Instant>,
    /// When the key or its client was revoked.
    pub revoked_at: Option<Instant>,
}

/// A key as its account manages it: everything but what it is checked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// The public part of the key.
    pub key_id: String,
    /// The client it belongs to.
    pub client: ClientId,
    /// The client's name.
    pub client_name: String,
    /// The client's role.
    pub role: Role,
    /// What of this the key may do.
    pub scopes: Scopes,
    /// The key's dialect.
    pub dialect: Dialect,
    /// The client's provisioning source; none for the default one.
    pub source: Option<String>,
    /// The person whom it belongs to.
    pub user: Option<Uuid>,
    /// When it was made.
    pub created_at: Instant,
    /// When it stops being good.
    pub expires_at: Option<Instant>,
    /// When it was used last, to the hour.
    pub last_used_at: Option<Instant>,
}
