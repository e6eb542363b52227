//! What a credential may do, one permission at a time, and the scopes by which OAuth 2.0 names permissions.

use std::fmt;

use crate::caller::Role;

/// What a use case asks for. Each is a scope of the same name. Source: RFC 6749 §3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// SCIM users: read.
    UsersRead,
    /// SCIM users: write.
    UsersWrite,
    /// SCIM groups: read.
    GroupsRead,
    /// SCIM groups: write.
    GroupsWrite,
    /// Resources of types that the configuration defines: read.
    ResourcesRead,
    /// Resources of types that the configuration defines: write.
    ResourcesWrite,
    /// The report of a membership job.
    JobReportRead,
    /// Letting a job go on that a guard holds back.
    JobsApprove,
    /// The admin API: read.
    AdminRead,
    /// The admin API: write, files in and out among it.
    AdminWrite,
    /// The audit log.
    AuditRead,
    /// Clients and keys of the account.
    KeysManage,
    /// Accounts and first keys.
    Operate,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 13] = [
        Self::UsersRead,
        Self::UsersWrite,
        Self::GroupsRead,
        Self::GroupsWrite,
        Self::ResourcesRead,
        Self::ResourcesWrite,
        Self::JobReportRead,
        Self::JobsApprove,
        Self::AdminRead,
        Self::AdminWrite,
        Self::AuditRead,
        Self::KeysManage,
        Self::Operate,
    ];

    /// The name of its scope.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::UsersRead => "users.read",
            Self::UsersWrite => "users.write",
            Self::GroupsRead => "groups.read",
            Self::GroupsWrite => "groups.write",
            Self::ResourcesRead => "resources.read",
            Self::ResourcesWrite => "resources.write",
            Self::JobReportRead => "jobs.read",
            Self::JobsApprove => "jobs.approve",
            Self::AdminRead => "admin.read",
            Self::AdminWrite => "admin.write",
            Self::AuditRead => "audit.read",
            Self::KeysManage => "keys.manage",
            Self::Operate => "operate",
        }
    }

    /// The permission whose scope has this name.
    pub fn parse(scope: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.scope() == scope)
    }

    /// Itself, and what can hardly be done without: who works with the admin API sees people and groups by it.
    const fn bits(self) -> u16 {
        let bit = 1 << self as u16;
        match self {
            Self::AdminRead => {
                bit | Self::UsersRead.bits() | Self::GroupsRead.bits() | Self::JobReportRead.bits()
            }
            Self::AdminWrite => {
                bit | Self::AdminRead.bits() | Self::UsersWrite.bits() | Self::GroupsWrite.bits()
            }
            _ => bit,
        }
    }
}

/// Some permissions. What a credential may do is what its client's role and its scopes both allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// All that the role allows.
    pub const ALL: Self = Self(u16::MAX);
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Whether the permission is among them.
    pub const fn allow(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u16) != 0
    }

    /// All of one role.
    pub fn of(role: Role) -> Self {
        let held = Permission::ALL.into_iter().filter(|permission| role.allows(*permission));
        Self(held.fold(0, |bits, permission| bits | 1 << permission as u16))
    }

    /// Those that are among the others, too.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// These and one more, with what it brings along: `admin.read` the reading of users, groups and jobs, `admin.write` all
    /// that and the writing of users and groups.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | permission.bits())
    }

    /// Whether all of the others are among them.
    pub const fn cover(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// Names with spaces between; the one that there is none of is the error.
    ///
    /// # Errors
    /// The first name that is no scope.
    pub fn parse(text: &str) -> Result<Self, &str> {
        text.split(' ').filter(|name| !name.is_empty()).try_fold(Self::NONE, |scopes, name| {
            Permission::parse(name).map(|permission| scopes.with(permission)).ok_or(name)
        })
    }

    /// The permissions, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.allow(*permission))
    }
}

/// As OAuth writes them: names with one space between. Source: RFC 6749 §3.3.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().enumerate().try_for_each(|(at, permission)| {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{}", permission.scope())
        })
    }
}

#[cfg(test)]
mod tests;
