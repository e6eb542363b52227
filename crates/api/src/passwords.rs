//! What an account asks of passwords.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an account asks of passwords. What is absent has its default; another name than these is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Characters, at least.
    #[schema(minimum = 8, maximum = 255, default = 14)]
    pub length: u32,
    /// Characters that are neither letters nor digits, at least.
    #[schema(maximum = 255, default = 0)]
    pub special_chars: u32,
    /// Capital letters, at least.
    #[schema(maximum = 255, default = 0)]
    pub upper_case: u32,
    /// Small letters, at least.
    #[schema(maximum = 255, default = 0)]
    pub lower_case: u32,
    /// Digits, at least.
    #[schema(maximum = 255, default = 0)]
    pub digits: u32,
    /// Equal characters in a row, at most; 0 for any number.
    #[schema(maximum = 255, default = 2)]
    pub max_no_of_consecutive_chars: u32,
    /// Characters of one kind (capital, small, digit, other) in a row, at most; 0 for any number.
    #[schema(maximum = 255, default = 4)]
    pub max_no_of_consecutive_char_sets: u32,
    /// How many passwords that somebody had must not come again. The one that he has may: nothing changes then.
    #[schema(maximum = 24, default = 10)]
    pub password_history: u32,
    /// Whether a password must not be the login.
    #[schema(default = true)]
    pub not_username: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            length: 14,
            special_chars: 0,
            upper_case: 0,
            lower_case: 0,
            digits: 0,
            max_no_of_consecutive_chars: 2,
            max_no_of_consecutive_char_sets: 4,
            password_history: 10,
            not_username: true,
        }
    }
}
