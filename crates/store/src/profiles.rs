//! Profiles.

use throng_directory::Result;
use throng_directory::ids::AccountId;
use throng_directory::model::profiles::{Gives, Profile, ProfileName, ProfileNumber};
use throng_directory::port::{ProfileReads, ProfileWrites};
use throng_jobs::Instant;

use crate::conn::{Conn, Row, Value};
use crate::fault::{Fault, Outcome, stored};
use crate::locks::Locks;
use crate::session::Session;

/// The columns that [`profile`] reads, in its order.
macro_rules! select_profile {
    ($rest:expr) => {
        concat!(
            "select number, version, created_at, modified_at, name, name_key, gives from profiles \
             where account_id = ?1 ",
            $rest
        )
    };
}

/// Reads a row of [`select_profile`].
fn profile(row: &dyn Row) -> Outcome<Profile> {
    let gives = serde_json::from_str(row.text(6)?)
        .map_err(|error| Fault::Defect(format!("a profile cannot be read: {error}")))?;
    Ok(Profile {
        number: ProfileNumber(row.int(0)?),
        version: row.int(1)?,
        created_at: Instant::from_micros(row.int(2)?),
        modified_at: Instant::from_micros(row.int(3)?),
        name: row.text(4)?.to_owned(),
        name_key: row.text(5)?.to_owned(),
        gives,
    })
}

fn gives_text(gives: &Gives) -> Outcome<String> {
    serde_json::to_string(gives).map_err(|error| Fault::Defect(format!("a profile: {error}")))
}

/// The profile's values in the order of the columns.
fn values<'a>(account: AccountId, profile: &'a Profile, gives: &'a str) -> [Value<'a>; 8] {
    [
        Value::Int(account.0),
        Value::Int(profile.number.0),
        Value::Int(profile.version),
        Value::Int(profile.created_at.micros()),
        Value::Int(profile.modified_at.micros()),
        Value::Text(&profile.name),
        Value::Text(&profile.name_key),
        Value::Text(gives),
    ]
}

/// The profiles that a query finds for each of these keys.
fn look_up<'v, C: Conn>(
    conn: &mut C,
    sql: &str,
    account: AccountId,
    keys: impl Iterator<Item = Value<'v>>,
) -> Outcome<Vec<Option<Profile>>> {
    let mut found = Vec::new();
    conn.look_up(sql, &[account.0.into()], keys, |row| {
        found.push(row.map(profile).transpose()?);
        Ok(())
    })?;
    Ok(found)
}

impl<C: Conn> ProfileReads for Session<C> {
    fn profiles(&mut self, account: AccountId, numbers: &[ProfileNumber]) -> Result<Vec<Option<Profile>>> {
        // The primary key of profiles.
        let sql = select_profile!("and number = ?2");
        let keys = numbers.iter().map(|number| Value::Int(number.0));
        self.of(account, |conn| look_up(conn, sql, account, keys))
    }

    fn profiles_by_names(&mut self, account: AccountId, keys: &[&str]) -> Result<Vec<Option<Profile>>> {
        // Index profiles_name.
        let sql = select_profile!("and name_key = ?2");
        let keys = keys.iter().map(|key| Value::Text(key));
        self.of(account, |conn| look_up(conn, sql, account, keys))
    }

    fn profile_names(&mut self, account: AccountId, after: &str, limit: usize) -> Result<Vec<ProfileName>> {
        // Index profiles_name.
        let sql = "select number, name_key from profiles where account_id = ?1 and name_key > ?2 \
                   order by name_key limit ?3";
        self.of(account, |conn| {
            conn.all(sql, &[account.0.into(), after.into(), stored(limit as u64)?.into()], |row| {
                Ok(ProfileName { number: ProfileNumber(row.int(0)?), name_key: row.text(1)?.to_owned() })
            })
        })
    }
}

impl<C: Conn> ProfileWrites for Session<C> {
    fn insert_profile(&mut self, account: AccountId, profile: &Profile) -> Result<()> {
        // Conflicts are found through index profiles_name.
        let sql = "insert into profiles (account_id, number, version, created_at, modified_at, name, name_key, gives) \
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (account_id, name_key) do nothing";
        self.of(account, |conn| {
            let gives = gives_text(&profile.gives)?;
            match conn.execute(sql, &values(account, profile, &gives))? {
                0 => Err(Fault::taken("profileName", TAKEN)),
                _ => Ok(()),
            }
        })
    }

    fn lock_profile(&mut self, account: AccountId, number: ProfileNumber) -> Result<Option<Profile>> {
        // The primary key of profiles.
        const READ: &str = select_profile!("and number = ?2");
        let sql = C::DIALECT.locking(READ);
        self.locks(Locks::user)?;
        let found =
            self.of(account, |conn| conn.first(&sql, &[account.0.into(), number.0.into()], profile))?;
        if found.is_some() {
            self.locks(|locks| {
                locks.found_profile(number);
                Ok(())
            })?;
        }
        Ok(found)
    }

    fn replace_profile(&mut self, account: AccountId, profile: &Profile) -> Result<()> {
        // The primary key of profiles; index profiles_name refuses a name that is taken.
        let sql = "update profiles set version = ?3, created_at = ?4, modified_at = ?5, name = ?6, name_key = ?7, \
                   gives = ?8 where account_id = ?1 and number = ?2";
        self.locks(|locks| locks.need_profile(profile.number))?;
        self.of(account, |conn| {
            let gives = gives_text(&profile.gives)?;
            conn.execute(sql, &values(account, profile, &gives))
                .map_err(|fault| fault.or_taken("name", "profileName", TAKEN))
                .map(drop)
        })
    }

    fn delete_profile(&mut self, account: AccountId, number: ProfileNumber) -> Result<()> {
        // The primary key of profiles.
        let sql = "delete from profiles where account_id = ?1 and number = ?2";
        self.locks(|locks| locks.need_profile(number))?;
        self.of(account, |conn| conn.execute(sql, &[account.0.into(), number.0.into()]).map(drop))
    }
}

const TAKEN: &str = "another profile has this profileName";
