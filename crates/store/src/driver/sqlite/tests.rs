//! Every statement of the repositories goes through an index.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use throng_directory::caller::NewClient;
use throng_directory::ids::{
    AccountId, ClientId, EntityKey, GroupNumber, JobNumber, MemberKey, ResourceKey, UserKey,
};
use throng_directory::model::access::{AccountSettings, GroupNames};
use throng_directory::model::groups::Group;
use throng_directory::model::images::Image;
use throng_directory::model::jobs::{
    About, IdempotencyRecord, ImageBlock, Job, JobsChosen, Kind, PartForm, Spec, Stretch, Target,
};
use throng_directory::model::resources::Resource;
use throng_directory::model::users::User;
use throng_directory::port::scan::{NameRange, Page, Scan, TimeRange};
use throng_directory::port::{
    AccessReads, AccessWrites, AccountLock, Claim, GroupReads, GroupWrites, JobReads, JobWrites, JobsOfKind,
    MembershipReads, MembershipWrites, ResourceReads, ResourceWrites, Series, SourceReads, SourceWrites,
    UserReads, UserWrites,
};
use throng_directory::{Result, Role};
use throng_jobs::{Clock, Counts, Instant, State, Tally, Token};
use uuid::Uuid;

use super::conn::SqliteConn;
use super::connect::connect_writer;
use crate::conn::{Conn, Flow, Lock, Row, Scope, Value};
use crate::dialect::Dialect;
use crate::fault::Outcome;
use crate::migrate::sqlite::migrate;
use crate::session::Session;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Instant {
        NOW
    }
}

/// Explains each statement before running it.
struct Explaining<'a> {
    inner: SqliteConn<'a>,
    plans: &'a mut Vec<(String, String)>,
}

impl Explaining<'_> {
    fn explain(&mut self, sql: &str) {
        let mut statement = self.inner.db.prepare(&format!("explain query plan {sql}")).unwrap();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().unwrap() {
            self.plans.push((sql.to_owned(), row.get(3).unwrap()));
        }
    }
}

impl Conn for Explaining<'_> {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn enter(&mut self, _: Scope) {}

    fn lock(&mut self, lock: Lock<'_>) -> Outcome<()> {
        self.inner.lock(lock)
    }

    fn mark(&mut self) -> Outcome<()> {
        self.inner.mark()
    }

    fn unmark(&mut self, undo: bool) -> Outcome<()> {
        self.inner.unmark(undo)
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: impl FnMut(&dyn Row) -> Outcome<Flow>,
    ) -> Outcome<()> {
        self.explain(sql);
        self.inner.query(sql, values, each)
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Outcome<u64> {
        self.explain(sql);
        self.inner.execute(sql, values)
    }

    fn for_rows<'v, const N: usize>(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        rows: impl Iterator<Item = [Value<'v>; N]>,
        each: impl FnMut(&dyn Row) -> Outcome<()>,
    ) -> Outcome<()> {
        self.explain(sql);
        self.inner.for_rows(sql, common, rows, each)
    }

    fn insert_new<'v, const N: usize>(
        &mut self,
        sql: &str,
        key: &str,
        common: &[Value<'_>],
        rows: impl Iterator<Item = [Value<'v>; N]>,
    ) -> Outcome<Vec<bool>> {
        self.explain(sql);
        self.inner.insert_new(sql, key, common, rows)
    }

    fn look_up<'v>(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        keys: impl Iterator<Item = Value<'v>>,
        each: impl FnMut(Option<&dyn Row>) -> Outcome<()>,
    ) -> Outcome<()> {
        self.explain(sql);
        self.inner.look_up(sql, common, keys, each)
    }

    fn stretches(&mut self, sql: &str, common: &[Value<'_>], stretches: &[Stretch]) -> Outcome<Vec<Vec<u8>>> {
        self.explain(sql);
        self.inner.stretches(sql, common, stretches)
    }

    fn gather(
        &mut self,
        sql: &str,
        account: i64,
        limit: i64,
        keys: impl Iterator<Item = i64>,
        each: impl FnMut(&dyn Row) -> Outcome<()>,
    ) -> Outcome<()> {
        self.explain(sql);
        self.inner.gather(sql, account, limit, keys, each)
    }

    fn take_numbers(&mut self, account: i64, series: &str, n: u64) -> Outcome<i64> {
        crate::numbers::take(self, account, series, n)
    }

    fn shard(&self) -> i64 {
        0
    }

    fn batch_items(&self) -> usize {
        9
    }

    fn should_yield(&mut self) -> bool {
        false
    }
}

const A: AccountId = AccountId(1);
const JOB: JobNumber = JobNumber(1);
const GROUP: GroupNumber = GroupNumber(1);
const NOW: Instant = Instant::from_micros(1);
const LEASE: Duration = Duration::from_secs(15);

/// Every scan, both ways round.
fn scans() -> Vec<(Scan, Page)> {
    let mut scans = vec![Scan::All, Scan::ExternalId("v".to_owned()), Scan::Email("v".to_owned())];
    scans.push(Scan::SourceId { source: "s".to_owned(), external_id: "v".to_owned() });
    scans.extend([Scan::Names(NameRange::all()), Scan::Modified(TimeRange::all())]);
    let page = |descending| Page { descending, ..Page::first(9) };
    let both = |scan: Scan| [(scan.clone(), page(false)), (scan, page(true))];
    scans.into_iter().flat_map(both).collect()
}
const USER: MemberKey = MemberKey::user(UserKey(1));

/// Some calls, in a transaction of their own: each may take what locks it likes.
type Calls = fn(&mut Session<Explaining<'_>>) -> Result<()>;

fn plans(calls: &[Calls]) -> Vec<(String, String)> {
    let dir = tempfile::tempdir().unwrap();
    let mut db: Connection = connect_writer(&dir.path().join("db"), None, Arc::new(Fixed)).unwrap();
    migrate(&mut db, NOW).unwrap();
    let mut plans = Vec::new();
    for calls in calls {
        let inner = SqliteConn { db: &db, budget: None };
        calls(&mut Session::new(Explaining { inner, plans: &mut plans })).unwrap();
    }
    plans
}

/// Asserts that no plan reads a table from end to end or sorts, but for those that may.
fn assert_indexed(plans: &[(String, String)], statements_min: usize) {
    let mut statements: Vec<&String> = plans.iter().map(|(sql, _)| sql).collect();
    statements.dedup();
    assert!(statements.len() >= statements_min, "only {} statements were seen", statements.len());
    for (sql, step) in plans {
        // `k` is the page of keys inside a query.
        let fine = !step.starts_with("SCAN") || step == "SCAN k" || step.starts_with("SCAN CONSTANT ROW");
        assert!(fine && !step.contains("TEMP B-TREE"), "{step}\n{sql}");
        let all = [
            "from user_counts ",
            "from users s ",
            "count(*) from groups",
            "from groups where account_id = ?1 order by",
            "from groups where account_id = ?1 group by",
        ];
        let lists_all = all.iter().any(|list| sql.contains(list));
        assert!(lists_all || !step.ends_with("(account_id=?)"), "{step}\n{sql}");
    }
}

#[test]
fn users_and_groups_are_read_through_indexes() {
    let seen = plans(&[access_and_users, groups, resources]);
    assert_indexed(&seen, 38);
}

fn access_and_users(tx: &mut Session<Explaining<'_>>) -> Result<()> {
    tx.create_account("a", NOW)?;
    tx.create_client(A, &NewClient { name: "c", role: Role::Reader, source: None }, NOW)?;
    tx.account("a")?;
    tx.key("a", "k")?;
    tx.client(A, "c")?;
    tx.client_stands(A, ClientId(1))?;
    tx.lock_account(A, AccountLock::Exclusive)?;
    let user = user();
    tx.allocate_users(A, 1)?;
    tx.insert_users(A, &[(user.key, &user)])?;
    tx.user(A, user.uuid)?;
    tx.user_by_name(A, "n")?;
    for (scan, page) in scans() {
        tx.users(A, &scan, &page)?;
        tx.count_users(A, &scan)?;
    }
    tx.users_with_keys(A, &[user.key])?;
    tx.secret(A, "s")?;
    tx.create_secret(A, "s", &[0; 32])?;
    tx.user_uuids(A, &[user.key])?;
    tx.resolve_uuids(A, &[[0; 16]], 1)?;
    tx.resolve_names(A, &["n"], 1)?;
    tx.resolve_emails(A, &["n"], 1)?;
    tx.lock_user(A, user.uuid)?;
    tx.replace_user(A, &user, &user)?;
    tx.rewrite_users(A, &[(&user, &user)])?;
    for external_id in [Some("x"), None] {
        tx.put_external_id(A, "s", EntityKey::User(user.key), external_id)?;
    }
    tx.external_ids(A, "s", &[EntityKey::User(user.key)])?;
    tx.users_with_uuids(A, &[user.uuid])?;
    tx.lock_users(A, &[user.uuid])?;
    tx.groups_of_users(A, &[user.key], 9)?;
    tx.external_ids_of(A, &[user.key])?;
    tx.users_deleted_at(A, &[user.key])?;
    tx.delete_users(A, &[&user], NOW)?;
    let external_ids = vec![("s".to_owned(), "x".to_owned())];
    let image = Image {
        index: 0,
        user: user.clone(),
        external_ids,
        groups: Vec::new(),
        taken_at: NOW,
        had_more_groups: false,
    };
    tx.undelete_users(A, &[&image])?;
    let block = ImageBlock { first: 0, items: 1, taken_at: NOW, data: Vec::new() };
    tx.put_images(A, JOB, std::slice::from_ref(&block))?;
    tx.images(A, JOB, 0, 9)?;
    tx.delete_images(A, NOW, 9).map(drop)
}

fn groups(tx: &mut Session<Explaining<'_>>) -> Result<()> {
    let group = group();
    tx.lock_account(A, AccountLock::Exclusive)?;
    tx.allocate_number(A, Series::Groups)?;
    tx.insert_group(A, &group)?;
    for group_names in [GroupNames::Free, GroupNames::Unique] {
        tx.set_account_settings(A, &AccountSettings { group_names, ..AccountSettings::default() })?;
    }
    tx.lock_group(A, GROUP)?;
    tx.replace_group(A, &group)?;
    tx.group(A, GROUP)?;
    tx.group_by_uuid(A, group.uuid)?;
    for (scan, page) in scans() {
        tx.groups(A, &scan, &page)?;
        tx.count_groups(A, &scan)?;
    }
    tx.group_refs(A, &[GROUP])?;
    tx.add_members(A, GROUP, &[MemberKey::group(GROUP)])?;
    assert_eq!(tx.parents_of(A, &[GROUP], 9)?, tx.children_of(A, &[GROUP], 9)?);
    tx.remove_members(A, GROUP, &[MemberKey::group(GROUP)])?;
    for member in [USER, MemberKey::group(GROUP)] {
        tx.groups_of(A, member, GroupNumber(0), 9)?;
        tx.members_among(A, GROUP, &[member])?;
        tx.missing_members(A, &[member])?;
        tx.add_members(A, GROUP, &[member])?;
        tx.remove_members(A, GROUP, &[member])?;
    }
    tx.touch_group(A, GROUP, 0, NOW)?;
    tx.members(A, GROUP, None, 9)?;
    tx.delete_group(A, GROUP)
}

fn resources(tx: &mut Session<Explaining<'_>>) -> Result<()> {
    let mut resource = Resource {
        key: ResourceKey(1),
        kind: "Device".to_owned(),
        uuid: Uuid::nil(),
        version: 1,
        created_at: NOW,
        modified_at: NOW,
        external_id: None,
        unique: vec![("serial".to_owned(), "1".to_owned())],
        doc: "{}".to_owned(),
    };
    resource.key = tx.allocate_resource(A)?;
    tx.insert_resource(A, &resource)?;
    tx.resource(A, "Device", Uuid::nil())?;
    tx.resource_with(A, "Device", "serial", "1")?;
    for (scan, page) in scans() {
        tx.resources(A, "Device", &scan, &page)?;
        tx.count_resources(A, "Device", &scan)?;
    }
    tx.lock_resource(A, "Device", Uuid::nil())?;
    tx.replace_resource(A, &resource)?;
    tx.delete_resource(A, &resource)
}

#[test]
fn jobs_are_read_through_indexes() {
    let seen = plans(&[jobs, payload, keys]);
    let uses = |index: &str| seen.iter().any(|(_, step)| step.contains(index));
    assert!(uses("jobs_about") && uses("jobs_told"), "{seen:?}");
    assert_indexed(&seen, 28);
}

fn jobs(tx: &mut Session<Explaining<'_>>) -> Result<()> {
    tx.insert_job(&job())?;
    tx.job(A, JOB)?;
    tx.job_by_uuid(A, Uuid::nil())?;
    tx.job_by_name(A, "n")?;
    tx.jobs(A, JobsOfKind { kind: Kind::ClearGroup, limit: 9 })?;
    for about in [None, Some(About::Nothing), Some(About::Account)] {
        tx.jobs_before(A, &JobsChosen { about, ..JobsChosen::default() }, None, 9)?;
    }
    tx.ended_before(A, NOW, 9)?;
    tx.hide_job(A, JOB)?;
    tx.half_purged(9)?;
    tx.mark_purged(A, JOB)?;
    tx.purged_before(NOW, 9)?;
    tx.note_clock(LEASE)?;
    tx.trust_clock()?;
    tx.put_spec(A, JOB, &Spec::ClearGroup)?;
    tx.forget_id(A, Uuid::max())?;
    tx.is_busy(A, Target::Users)?;
    tx.lock_account(A, AccountLock::Exclusive)?;
    tx.next_queue_seq(A, Target::Users)?;
    tx.lock_unfinished(A, Target::Users, 9)?;
    tx.update_job(&job())?;
    let token = Token::from_bytes([1; 16]);
    let claim = Claim { after: None, token, lease: LEASE, now: NOW };
    assert!(tx.claim(&claim)?.is_some());
    tx.hold(A, JOB, token, LEASE)?;
    tx.release(A, JOB, token, true)?;
    tx.give_back(A, JOB)
}

fn payload(tx: &mut Session<Explaining<'_>>) -> Result<()> {
    for produced in [false, true] {
        tx.parts(A, JOB, produced, 0, 9)?;
    }
    tx.delete_parts(A, JOB, PartForm::Keys)?;
    tx.chunks(A, JOB, 0, 9)?;
    tx.delete_chunks(A, JOB, 9)?;
    tx.row_pages(A, JOB, 0, 0, 9)?;
    tx.delete_row_pages(A, JOB, 0, 9)?;
    tx.result_pages(A, JOB, 0, 9)?;
    tx.result_counts(A, JOB, 0, 9)?;
    tx.result_stretches(A, JOB, &[])?;
    tx.part_places(A, JOB, false)?;
    tx.part_stretches(A, JOB, false, &[])?;
    tx.staged(LEASE, 9)?;
    tx.touch_staged(A, JOB)?;
    tx.ended_with_chunks(9)?;
    let mut staged = job();
    (staged.number, staged.uuid, staged.state) = (JobNumber(2), Uuid::max(), State::Receiving);
    tx.insert_job(&staged)?;
    tx.drop_staged(A, staged.number, 9).map(drop)
}

fn keys(tx: &mut Session<Explaining<'_>>) -> Result<()> {
    let record = record();
    tx.lock_idempotency(A, record.client, &record.route, &record.key)?;
    tx.put_idempotency(A, &record)?;
    tx.delete_idempotency(A, record.client, &record.route, &record.key)
}

fn user() -> User {
    User {
        key: UserKey(1),
        uuid: Uuid::nil(),
        version: 1,
        created_at: NOW,
        modified_at: NOW,
        name_key: "n".to_owned(),
        external_id: None,
        email_keys: vec!["n".to_owned()],
        doc: "{}".to_owned(),
    }
}

fn group() -> Group {
    Group {
        number: GROUP,
        uuid: Uuid::nil(),
        version: 1,
        created_at: NOW,
        modified_at: NOW,
        display_name: "g".to_owned(),
        name_key: "g".to_owned(),
        external_id: None,
        members: 0,
        doc: "{}".to_owned(),
    }
}

fn job() -> Job {
    Job {
        account: A,
        number: JOB,
        uuid: Uuid::nil(),
        spec: Spec::ClearGroup,
        target: Target::Users,
        queue_seq: 1,
        name: None,
        state: State::Pending,
        counts: Counts::default(),
        tally: Tally::default(),
        asked_create: 0,
        asked_destroy: 0,
        planned: false,
        cursor: 0,
        attempts: 0,
        digest: [0; 32],
        client: ClientId(1),
        received_at: NOW,
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

fn record() -> IdempotencyRecord {
    IdempotencyRecord {
        client: ClientId(1),
        route: "r".to_owned(),
        key: "k".to_owned(),
        fingerprint: None,
        job: None,
        resource: None,
        status: 0,
        holder: None,
        lasts: Duration::from_mins(1),
    }
}
