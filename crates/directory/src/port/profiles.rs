//! Profiles.

use crate::error::Result;
use crate::ids::AccountId;
use crate::model::profiles::{Profile, ProfileName, ProfileNumber};

/// Reads of profiles.
pub trait ProfileReads {
    /// The profiles with these numbers, each where it is asked for; in any order, repeats allowed.
    fn profiles(&mut self, account: AccountId, numbers: &[ProfileNumber]) -> Result<Vec<Option<Profile>>>;

    /// The profiles whose names have these canonical keys, each where it is asked for; in any order, repeats allowed.
    fn profiles_by_names(&mut self, account: AccountId, keys: &[&str]) -> Result<Vec<Option<Profile>>>;

    /// Names by rising key behind this one, at most `limit`.
    fn profile_names(&mut self, account: AccountId, after: &str, limit: usize) -> Result<Vec<ProfileName>>;
}

/// Writes of profiles. Their numbers are those of [`crate::port::Series::Profiles`].
pub trait ProfileWrites {
    /// Inserts a profile.
    ///
    /// # Errors
    /// `AlreadyExists` (field `profileName`) when another profile has the `name_key`.
    fn insert_profile(&mut self, account: AccountId, profile: &Profile) -> Result<()>;

    /// Locks a profile until the end of the transaction and reads it. In the lock order where users are.
    fn lock_profile(&mut self, account: AccountId, number: ProfileNumber) -> Result<Option<Profile>>;

    /// Overwrites a profile that this transaction has locked.
    ///
    /// # Errors
    /// As [`ProfileWrites::insert_profile`].
    fn replace_profile(&mut self, account: AccountId, profile: &Profile) -> Result<()>;

    /// Deletes a profile that this transaction has locked.
    fn delete_profile(&mut self, account: AccountId, number: ProfileNumber) -> Result<()>;
}
