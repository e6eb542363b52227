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

/// Asks for a key of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyCreate {
    /// `account-administrator`, `group-manager` or `reader`.
    #[schema(example = "account-administrator")]
    pub role: String,
    /// The client that gets the key; made when there is none of this name. Absent: a new client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// `standard` (the default) or `firstup`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
}

/// A key was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyCreated {
    /// The credential for `Authorization: Bearer`. It is shown this once.
    pub key: String,
}

/// Does not show the credential: it must not reach a log.
impl std::fmt::Debug for KeyCreated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyCreated").finish_non_exhaustive()
    }
}
