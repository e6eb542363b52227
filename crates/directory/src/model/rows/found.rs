//! Whom a dry run found that a row is about.

use uuid::Uuid;

use crate::model::users::User;

/// Whom a dry run found by the login of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Their id; none where nobody was found.
    pub user: Option<Uuid>,
    /// Their version; none where it was not noted.
    pub version: Option<i64>,
}

impl Found {
    /// As rows have it: the id, nil for nobody, then the version, little-endian, 0 where it was not noted.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.user.unwrap_or_default().as_bytes());
        out.extend_from_slice(&self.version.unwrap_or_default().to_le_bytes());
    }

    pub(super) fn read(user: [u8; 16], version: [u8; 8]) -> Self {
        let (user, version) = (Uuid::from_bytes(user), i64::from_le_bytes(version));
        Self { user: (!user.is_nil()).then_some(user), version: (version != 0).then_some(version) }
    }

    /// Why the row is left alone, if whoever has its login now is not as the dry run found them.
    pub fn objection(&self, now: Option<&User>) -> Option<&'static str> {
        match (self.user, now) {
            (None, None) => None,
            (None, Some(_)) => Some("A user with this loginId exists since the dry run"),
            (Some(_), None) => Some("No user with this loginId exists any more"),
            (Some(found), Some(now)) if found != now.uuid => {
                Some("The loginId is another user's since the dry run")
            }
            (Some(_), Some(now)) => {
                let is_other = self.version.is_some_and(|version| version != now.version);
                is_other.then_some("The user was changed since the dry run")
            }
        }
    }
}
