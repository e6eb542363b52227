//! What an account asks of passwords.

use serde::{Deserialize, Serialize};

use super::Secret;
use crate::error::Result;
use crate::model::canonical;
use crate::model::faults::Faults;

/// Characters of a password, at most.
const CHARS_MAX: u32 = 255;
/// The least that a policy can ask for.
const LENGTH_MIN: u32 = 8;
/// Passwords that a history remembers, at most.
const HISTORY_MAX: u32 = 24;

/// What an account asks of passwords. The names are those of the admin API; what is not in a stored one has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Characters, at least (8–255).
    pub length: u32,
    /// Characters that are neither letters nor digits, at least.
    pub special_chars: u32,
    /// Capital letters, at least.
    pub upper_case: u32,
    /// Small letters, at least.
    pub lower_case: u32,
    /// Digits, at least.
    pub digits: u32,
    /// Equal characters in a row, at most; 0 = any number.
    pub max_no_of_consecutive_chars: u32,
    /// Characters of one kind in a row, at most; 0 = any number.
    pub max_no_of_consecutive_char_sets: u32,
    /// How many passwords that somebody had must not come again (0–24). The one that he has may: nothing changes then.
    pub password_history: u32,
    /// Whether it must not be the login.
    pub not_username: bool,
}

impl Default for Policy {
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

/// What to say of a password that somebody had.
pub const USED_BEFORE: &str = "Password policy not met: another than the ones before";

impl Policy {
    /// Checks the numbers of a policy.
    ///
    /// # Errors
    /// `Faults` with the fields that are out of range.
    pub fn check(&self) -> Result<()> {
        let fields = [
            ("length", self.length, LENGTH_MIN, CHARS_MAX),
            ("specialChars", self.special_chars, 0, CHARS_MAX),
            ("upperCase", self.upper_case, 0, CHARS_MAX),
            ("lowerCase", self.lower_case, 0, CHARS_MAX),
            ("digits", self.digits, 0, CHARS_MAX),
            ("maxNoOfConsecutiveChars", self.max_no_of_consecutive_chars, 0, CHARS_MAX),
            ("maxNoOfConsecutiveCharSets", self.max_no_of_consecutive_char_sets, 0, CHARS_MAX),
            ("passwordHistory", self.password_history, 0, HISTORY_MAX),
        ];
        let mut faults = Faults::default();
        for (name, value, min, max) in fields {
            if !(min..=max).contains(&value) {
                faults.form(name, format!("{name} is a whole number from {min} to {max}"));
            }
        }
        let asked = u64::from(self.special_chars)
            + u64::from(self.upper_case)
            + u64::from(self.lower_case)
            + u64::from(self.digits);
        if asked > u64::from(CHARS_MAX) {
            let detail = format!("together they ask for more than {CHARS_MAX} characters");
            faults.form("specialChars", detail);
        }
        faults.refuse()
    }

    /// Checks a password in clear text, but for whether it is the login.
    ///
    /// # Errors
    /// The first rule that it breaks, in words that do not show it.
    pub fn meets(&self, password: &Secret) -> std::result::Result<(), String> {
        let found = Found::of(password.reveal());
        if found.chars > CHARS_MAX {
            return Err(unmet(&format!("at most {CHARS_MAX} characters")));
        }
        let least = [
            (found.chars, self.length, "characters"),
            (found.of_kind[Kind::Special as usize], self.special_chars, "special characters"),
            (found.of_kind[Kind::Upper as usize], self.upper_case, "capital letters"),
            (found.of_kind[Kind::Lower as usize], self.lower_case, "small letters"),
            (found.of_kind[Kind::Digit as usize], self.digits, "digits"),
        ];
        for (has, least, what) in least {
            if has < least {
                return Err(unmet(&format!("at least {least} {what}")));
            }
        }
        let most = [
            (found.equal_run, self.max_no_of_consecutive_chars, "equal characters"),
            (found.kind_run, self.max_no_of_consecutive_char_sets, "characters of one kind"),
        ];
        for (has, most, what) in most {
            if most > 0 && has > most {
                return Err(unmet(&format!("at most {most} {what} in a row")));
            }
        }
        Ok(())
    }

    /// Checks that a password is not the login with this canonical key.
    ///
    /// # Errors
    /// As [`Self::meets`].
    pub fn meets_login(&self, password: &Secret, login_key: &str) -> std::result::Result<(), String> {
        let text = password.reveal();
        let is_login = text.to_lowercase() == login_key
            || canonical::login_key("password", text).is_ok_and(|key| key == login_key);
        if self.not_username && is_login { Err(unmet("not the login")) } else { Ok(()) }
    }
}

/// What is said of a password that breaks a rule.
pub fn unmet(rule: &str) -> String {
    format!("Password policy not met: {rule}")
}

/// The kinds of characters that a policy tells apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Special,
    Upper,
    Lower,
    Digit,
    /// Letters that are neither capital nor small, as most scripts have them.
    Letter,
}

impl Kind {
    fn of(character: char) -> Self {
        match character {
            c if c.is_uppercase() => Self::Upper,
            c if c.is_lowercase() => Self::Lower,
            c if c.is_numeric() => Self::Digit,
            c if c.is_alphabetic() => Self::Letter,
            _ => Self::Special,
        }
    }
}

/// What is found in a password.
#[derive(Default)]
struct Found {
    chars: u32,
    of_kind: [u32; 5],
    /// The longest run of equal characters, and of characters of one kind.
    equal_run: u32,
    kind_run: u32,
}

impl Found {
    fn of(password: &str) -> Self {
        let mut found = Self::default();
        let (mut last, mut equal, mut same_kind) = (None, 0, 0);
        for character in password.chars() {
            let kind = Kind::of(character);
            equal = if last == Some(character) { equal + 1 } else { 1 };
            same_kind = if last.map(Kind::of) == Some(kind) { same_kind + 1 } else { 1 };
            last = Some(character);
            found.chars += 1;
            found.of_kind[kind as usize] += 1;
            found.equal_run = found.equal_run.max(equal);
            found.kind_run = found.kind_run.max(same_kind);
        }
        found
    }
}
