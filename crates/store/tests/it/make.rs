//! Things to store.

use throng_directory::caller::{NewClient, Role};
use throng_directory::error::Result;
use throng_directory::ids::{AccountId, ClientId, GroupNumber, JobNumber, UserKey};
use throng_directory::model::groups::Group;
use throng_directory::model::jobs::{IdempotencyRecord, IdentifierText, Job, MembershipSpec, Spec, Target};
use throng_directory::model::memberships::{Action, Operation};
use throng_directory::model::users::{Identifier, User};
use throng_directory::port::{AccountLock, Class, Snapshot, Store, StoreExt, Tx};
use throng_jobs::{Counts, Instant, State, Tally, Token};
use uuid::Uuid;

pub const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

pub fn at(micros: i64) -> Instant {
    Instant::from_micros(NOW.micros() + micros)
}

pub fn write<T: Send + 'static>(
    store: &dyn Store,
    closure: impl Fn(&mut dyn Tx) -> Result<T> + Send + 'static,
) -> Result<T> {
    store.write_blocking(Class::Interactive, closure)
}

pub fn read<T: Send + 'static>(
    store: &dyn Store,
    closure: impl Fn(&mut dyn Snapshot) -> Result<T> + Send + 'static,
) -> T {
    store.read_blocking(closure).unwrap()
}

pub fn account(store: &dyn Store, name: &'static str) -> AccountId {
    write(store, move |tx| {
        let account = tx.create_account(name, NOW)?;
        tx.create_client(
            account,
            &NewClient { name: "tester", role: Role::AccountAdministrator, source: None },
            NOW,
        )?;
        Ok(account)
    })
    .unwrap()
}

pub fn uuid(n: i64) -> Uuid {
    Uuid::from_u128(u128::from(n.unsigned_abs()) << 32)
}

pub fn user(key: i64, name: &str) -> User {
    User {
        key: UserKey(key),
        uuid: uuid(key),
        version: 1,
        created_at: NOW,
        modified_at: NOW,
        name_key: name.to_owned(),
        external_id: None,
        email_keys: vec![name.to_owned()],
        doc: format!(r#"{{"userName":"{name}"}}"#),
    }
}

/// Inserts users with these names and returns them with their keys.
pub fn users(store: &dyn Store, account: AccountId, names: &[&str]) -> Vec<User> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    write(store, move |tx| {
        let first = tx.allocate_users(account, names.len() as u64)?;
        let users: Vec<User> = (first.0..).zip(&names).map(|(key, name)| user(key, name)).collect();
        let inserted = tx.insert_users(account, &keyed(&users))?;
        assert!(inserted.iter().all(|inserted| *inserted));
        Ok(users)
    })
    .unwrap()
}

pub fn group(number: i64, name: &str) -> Group {
    Group {
        number: GroupNumber(number),
        uuid: uuid(number),
        version: 1,
        created_at: NOW,
        modified_at: NOW,
        display_name: name.to_owned(),
        name_key: name.to_lowercase(),
        external_id: None,
        members: 0,
        doc: "{}".to_owned(),
    }
}

pub fn job(account: AccountId, number: i64, target: Target, queue_seq: i64) -> Job {
    Job {
        account,
        number: JobNumber(number),
        uuid: uuid(number),
        spec: Spec::Membership(MembershipSpec {
            keeps_groups: false,
            origin: None,
            dry_run: None,
            creates_group: false,
            identifier: IdentifierText(Identifier::UserName),
            operations: vec![Operation { action: Action::Add, start: 0, end: 10 }],
        }),
        target,
        queue_seq,
        name: None,
        state: State::Pending,
        counts: Counts::of_total(10),
        tally: Tally::default(),
        asked_create: 10,
        asked_destroy: 0,
        planned: false,
        cursor: 0,
        attempts: 0,
        digest: [7; 32],
        client: ClientId(1),
        received_at: at(number),
        started_at: None,
        ended_at: None,
        message: None,
        schedule: throng_directory::model::schedule::Schedule::default(),
        held_at: None,
        held_removals: None,
        approved_by: None,
        payload: None,
        purged_at: None,
    }
}

pub fn insert_job(store: &dyn Store, job: &Job) {
    let job = job.clone();
    write(store, move |tx| tx.insert_job(&job)).unwrap();
}

pub fn token(n: u8) -> Token {
    Token::from_bytes([n; 16])
}

/// Users with the keys that they carry.
pub fn keyed(users: &[User]) -> Vec<(UserKey, &User)> {
    users.iter().map(|user| (user.key, user)).collect()
}

/// Overwrites a job under its lock.
pub fn update(tx: &mut dyn Tx, job: &Job) -> Result<()> {
    tx.lock_unfinished(job.account, job.target, 99)?;
    tx.update_job(job)
}

/// Stores an idempotency record under its lock.
pub fn put_key(tx: &mut dyn Tx, account: AccountId, record: &IdempotencyRecord) -> Result<()> {
    tx.lock_idempotency(account, record.client, &record.route, &record.key)?;
    tx.put_idempotency(account, record)
}

/// Inserts a group under the account's lock.
pub fn insert_group(tx: &mut dyn Tx, account: AccountId, group: &Group) -> Result<()> {
    tx.lock_account(account, AccountLock::Shared)?;
    tx.insert_group(account, group)
}

/// Overwrites a user under its lock.
pub fn replace(tx: &mut dyn Tx, account: AccountId, was: &User, user: &User) -> Result<()> {
    tx.lock_user(account, was.uuid)?;
    tx.replace_user(account, was, user)
}

/// Deletes users under the account's lock.
pub fn delete(tx: &mut dyn Tx, account: AccountId, users: &[&User]) -> Result<()> {
    tx.lock_account(account, AccountLock::Exclusive)?;
    tx.delete_users(account, users, NOW)
}
