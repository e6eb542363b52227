//! Names of things: compact integers inside, UUIDs and numbers outside.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use throng_jobs::Instant;
use uuid::Uuid;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

integer_id! {
    /// An account's key in the store. Never shown; the account's name is.
    AccountId
}
integer_id! {
    /// A user's key in the store, given in order of creation and never given twice. Never shown.
    UserKey
}
integer_id! {
    /// The key in the store of a resource whose type the configuration defines. Never shown.
    ResourceKey
}
integer_id! {
    /// A service account's or a person's key in the store. Never shown.
    ClientId
}
integer_id! {
    /// A group's number in its account: its SCIM `id`.
    GroupNumber
}
integer_id! {
    /// A job's number in its account: the `jobId` of the job report.
    JobNumber
}

/// A resource of any kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKey {
    /// A user.
    User(UserKey),
    /// A group.
    Group(GroupNumber),
    /// A resource whose type the configuration defines.
    Resource(ResourceKey),
}

impl EntityKey {
    /// The kind as the store has it.
    pub const fn kind(self) -> i64 {
        match self {
            Self::User(_) => 0,
            Self::Group(_) => 1,
            Self::Resource(_) => 2,
        }
    }

    /// The key, which does not tell the kinds apart.
    pub const fn number(self) -> i64 {
        match self {
            Self::User(UserKey(key)) | Self::Group(GroupNumber(key)) | Self::Resource(ResourceKey(key)) => {
                key
            }
        }
    }
}

/// A member of a group: a user or a group. Users come before groups, each by rising key.
///
/// Eight bytes, because a request may list millions: the key or number, below a bit that is set for groups.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberKey(u64);

/// The bit that is set for groups.
const IS_GROUP: u64 = 1 << 63;

impl MemberKey {
    /// A user.
    pub const fn user(key: UserKey) -> Self {
        Self(key.0.cast_unsigned() & !IS_GROUP)
    }

    /// A group, of the same account as the one that it is in.
    pub const fn group(number: GroupNumber) -> Self {
        Self(number.0.cast_unsigned() | IS_GROUP)
    }

    /// Whether it is a user.
    pub const fn is_user(self) -> bool {
        self.0 & IS_GROUP == 0
    }

    /// The user, if it is one.
    pub const fn as_user(self) -> Option<UserKey> {
        if self.is_user() { Some(UserKey(self.number())) } else { None }
    }

    /// The group, if it is one.
    pub const fn as_group(self) -> Option<GroupNumber> {
        if self.is_user() { None } else { Some(GroupNumber(self.number())) }
    }

    /// The user's key or the group's number, which do not tell the two apart.
    pub const fn number(self) -> i64 {
        (self.0 & !IS_GROUP).cast_signed()
    }

    /// One number for both, as stored blocks have it: a user's key, or a group's number below zero.
    pub const fn code(self) -> i64 {
        if self.is_user() { self.number() } else { -self.number() }
    }

    /// The member with this code; none for 0, which is nobody's.
    pub const fn from_code(code: i64) -> Option<Self> {
        match code {
            0 => None,
            1.. => Some(Self::user(UserKey(code))),
            _ => Some(Self::group(GroupNumber(code.wrapping_neg()))),
        }
    }
}

impl fmt::Debug for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_user() {
            Some(key) => key.fmt(f),
            None => write!(f, "GroupNumber({})", self.number()),
        }
    }
}

/// The largest number given to a group or job: 2^53 − 1, which every JSON reader keeps exact.
pub const NUMBER_MAX: i64 = (1 << 53) - 1;

/// Reads a number as it stands in a path: `[1-9][0-9]{0,15}`, at most [`NUMBER_MAX`].
pub fn parse_number(text: &str) -> Option<i64> {
    let digits = text.as_bytes();
    let well_formed =
        (1..=16).contains(&digits.len()) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit);
    if !well_formed {
        return None;
    }
    text.parse().ok().filter(|number| *number <= NUMBER_MAX)
}

/// Reads a UUID in the one spelling we give out: hyphenated, lower-case.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    let canonical = text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase());
    if canonical { Uuid::try_parse(text).ok() } else { None }
}

/// A source of random bytes. The server's reads the operating system's; tests hold a seeded one.
pub trait Random: Send + Sync {
    /// Fills `bytes`. For secrets the source must be cryptographic.
    fn fill(&self, bytes: &mut [u8]);
}

/// Makes UUIDs of version 7 that rise strictly within this process, so that ids given in order of creation
/// also sort in it. Source: RFC 9562 §5.7, §6.2 method 1 (a 42-bit counter behind the milliseconds).
pub struct Ids {
    random: Box<dyn Random>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    millis: u64,
    counter: u64,
}

/// The counter's width in bits: 12 of `rand_a`, 30 of `rand_b`.
const COUNTER_BITS: u32 = 42;

impl Ids {
    /// Ids from this source of randomness.
    pub fn new(random: Box<dyn Random>) -> Self {
        Self { random, last: Mutex::new(Last::default()) }
    }

    /// Fills `bytes` from the same source.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }

    /// A new `UUIDv7` of about `now`.
    pub fn uuid(&self, now: Instant) -> Uuid {
        self.uuids(now, 1)[0]
    }

    /// `n` new UUIDs, rising.
    pub fn uuids(&self, now: Instant, n: usize) -> Vec<Uuid> {
        let mut random = vec![0; 4 * n + 4];
        self.random.fill(&mut random);
        let (seed, tails) = random.split_at(4);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        if millis > last.millis {
            last.millis = millis;
            // A random start that leaves half of the counter's range to count in.
            last.counter = u64::from(u32::from_le_bytes([seed[0], seed[1], seed[2], seed[3]])) << 9;
        }
        tails.chunks_exact(4).take(n).map(|tail| last.next(tail)).collect()
    }
}

impl Last {
    fn next(&mut self, tail: &[u8]) -> Uuid {
        self.counter += 1;
        if self.counter >> COUNTER_BITS != 0 {
            self.millis += 1;
            self.counter = 0;
        }
        let high = self.counter >> 30;
        let low = self.counter & ((1 << 30) - 1);
        let first = (self.millis << 16) | 0x7000 | high;
        let second =
            (0b10 << 62) | (low << 32) | u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
        Uuid::from_u64_pair(first, second)
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
    digits.map(char::from).collect()
}

#[cfg(test)]
mod tests;
