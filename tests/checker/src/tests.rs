mod exports;
mod postgres;

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::history::{ListedJob, State};
use crate::{Item, Report, check, jobs, members};

const SCHEMA: &[&str] = &[
    include_str!("../../../crates/store/migrations/sqlite/0001_initial.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0002_counters.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0003_lists.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0004_resources.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0005_schedules.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0006_payload.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0007_images.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0008_about.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0009_profiles.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0010_passwords.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0011_uploads.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0012_audit.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0013_tokens.sql"),
    include_str!("../../../crates/store/migrations/sqlite/0014_grants.sql"),
];

/// User `n` of the account, for `n` from 1 to 9.
fn uuid(n: i64) -> [u8; 16] {
    let mut bytes = [7; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    bytes
}

fn settled(items: &[(u32, i64, u8)]) -> Vec<u8> {
    let entry = |(index, user, code): &(u32, i64, u8)| {
        let mut bytes = index.to_le_bytes().to_vec();
        bytes.extend_from_slice(&user.to_le_bytes());
        bytes.push(*code);
        bytes
    };
    items.iter().flat_map(entry).collect()
}

fn page(items: &[(i64, u8)]) -> Vec<u8> {
    let mut bytes: Vec<u8> = items.iter().map(|(_, code)| *code).collect();
    bytes.extend(items.iter().flat_map(|(user, _)| user.to_le_bytes()));
    bytes
}

fn text_part(values: &[&str]) -> Vec<u8> {
    let mut end = 0u32;
    let mut bytes = end.to_le_bytes().to_vec();
    for value in values {
        end += u32::try_from(value.len()).unwrap();
        bytes.extend_from_slice(&end.to_le_bytes());
    }
    bytes.extend(values.iter().flat_map(|value| value.bytes()));
    bytes
}

/// Rows whose login is its own key and address, with one group to join at most.
fn rows_page(rows: &[(&str, Option<&str>)]) -> Vec<u8> {
    let mut plain = Vec::new();
    for (at, (login, group)) in (0u32..).zip(rows) {
        plain.push(1 | 2);
        plain.extend_from_slice(&at.to_le_bytes());
        for text in [login, "First", "Last", ""] {
            plain.push(u8::try_from(text.len()).unwrap());
            plain.extend_from_slice(text.as_bytes());
        }
        plain.extend_from_slice(&[0, u8::from(group.is_some())]);
        if let Some(text) = group {
            plain.push(u8::try_from(text.len()).unwrap());
            plain.extend_from_slice(text.as_bytes());
        }
    }
    lz4_flex::block::compress_prepend_size(&plain)
}

fn login(n: i64) -> String {
    format!("p{n}@example.org")
}

const INSERT_JOB: &str = "insert into jobs (account_id, number, uuid, kind, target, queue_seq, name, state, total, \
    created, updated, removed, ignored, failed, skipped, processed, pending, reasons, asked_create, \
    asked_destroy, planned, cursor, attempts, digest, client_id, received_at, started_at, ended_at, touched_at) \
    values (1, ?1, ?2, ?3, ?4, ?5, null, ?6, ?7, ?8, 0, ?9, ?10, ?11, 0, ?12, ?13, ?14, ?15, ?16, ?17, ?18, 1, \
    zeroblob(32), 1, 1, ?19, ?20, 1)";

/// A directory with nine people, an import that made them, a membership job that ended and one half-way.
fn build() -> (TempDir, Connection) {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join("throng.db")).unwrap();
    db.execute_batch("pragma synchronous = off; pragma journal_mode = memory;").unwrap();
    db.execute_batch(&SCHEMA.concat()).unwrap();
    db.execute_batch(
        "insert into accounts (account_id, name, name_key, created_at) values (1, 'acme', 'acme', 1);
         insert into user_counts values (1, 0, 11), (1, 3, -2);
         insert into turns values (1, 3);
         insert into groups values (1, 3, zeroblob(16), 2, 1, 1, 'Sales', 'sales', null, 4, '{}', 'sales');
         insert into groups values (1, 4, x'04040404040404040404040404040404', 2, 1, 1, 'Staff', 'staff', null, 1, '{}', 'staff');
         insert into numbers values (1, 'jobs', 7), (1, 'groups', 6), (0, 'users', 10);",
    )
    .unwrap();
    for n in 1..10 {
        let doc = format!("{{\"userName\":\"{}\"}}", login(n).to_uppercase());
        db.execute(
            "insert into users values (?1, 1, ?2, ?3, null, 1, 1, 1, null, ?4)",
            params![n, uuid(n), login(n), doc],
        )
        .unwrap();
        db.execute("insert into user_emails values (1, ?1, ?2)", params![login(n), n]).unwrap();
    }
    import(&db);
    ended_job(&db);
    running_job(&db);
    nesting_job(&db);
    bulk_job(&db);
    db.execute("insert into memberships values (1, 4, 1, 3)", []).unwrap();
    for user in [1, 2, 4, 9] {
        db.execute("insert into memberships values (1, 3, 0, ?1)", [user]).unwrap();
    }
    (dir, db)
}

/// Job 1: ten rows, the second login of p1 refused; p9 joins Sales.
fn import(db: &Connection) {
    let logins: Vec<String> = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9].into_iter().map(login).collect();
    let rows: Vec<(&str, Option<&str>)> =
        logins.iter().map(|login| (login.as_str(), login.starts_with("p9").then_some("SALES"))).collect();
    let mut results = [1, 31, 1, 1, 1, 1, 1, 1, 1, 1].to_vec();
    for n in [1, 0, 2, 3, 4, 5, 6, 7, 8, 9] {
        results.extend_from_slice(&if n == 0 { [0; 16] } else { uuid(n) });
    }
    results.extend_from_slice(&1u32.to_le_bytes());
    results.extend_from_slice(&5u16.to_le_bytes());
    results.extend_from_slice(b"twice");
    let values = params![
        1, [1u8; 16], "import", 0, 1, "FAILED", 10, 9, 0, 0, 1, 10, 0, "1:9,31:1", 10, 0, 1, 10, 2, 3
    ];
    db.execute(INSERT_JOB, values).unwrap();
    let spec = r#"{"kind":"import","rows":10,"page_items":256}"#;
    db.execute("insert into job_specs (account_id, job, spec) values (1, 1, ?1)", [spec]).unwrap();
    db.execute("insert into job_rows values (1, 1, 1, 0, 10, ?1)", [rows_page(&rows)]).unwrap();
    db.execute("insert into job_results values (1, 1, 0, 10, 9, 0, 1, ?1)", [results]).unwrap();
}

/// Job 2: adds p1, p2, p3 and somebody unknown.
fn ended_job(db: &Connection) {
    let values = params![
        2,
        [2u8; 16],
        "membership",
        3,
        1,
        "COMPLETED",
        4,
        3,
        0,
        1,
        0,
        4,
        0,
        "1:3,13:1",
        4,
        0,
        1,
        1,
        2,
        3
    ];
    db.execute(INSERT_JOB, values).unwrap();
    let spec = r#"{"kind":"membership","creates_group":true,"identifier":"userName",
        "operations":[{"action":"add","start":0,"end":4}]}"#;
    db.execute("insert into job_specs (account_id, job, spec) values (1, 2, ?1)", [spec]).unwrap();
    let values = [&login(1), &login(2), &login(3), "nobody"];
    db.execute("insert into job_parts values (1, 2, 0, 0, 4, 2, ?1)", [text_part(&values)]).unwrap();
    let results = page(&[(1, 1), (2, 1), (3, 1), (0, 13)]);
    db.execute("insert into job_results values (1, 2, 0, 4, 3, 1, 0, ?1)", [results]).unwrap();
    db.execute(
        "insert into idempotency values (1, 1, 'PATCH', 'k', zeroblob(32), 2, 202, null, 9, null)",
        [],
    )
    .unwrap();
}

/// The digest of a payload of one block that begins at 0.
fn payload_digest(form: u8, items: u32, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let pieces = [&[form][..], &[0; 4], &items.to_le_bytes(), &length, data];
    Sha256::digest(pieces.concat()).to_vec()
}

/// Job 6: a bulk request tried, of two operations of which one would make a user.
fn bulk_job(db: &Connection) {
    let values = params![
        6,
        [6u8; 16],
        "bulk_plan",
        -7,
        0,
        "COMPLETED",
        2,
        1,
        0,
        1,
        0,
        2,
        0,
        "1:1,13:1",
        0,
        0,
        1,
        0,
        2,
        3
    ];
    db.execute(INSERT_JOB, values).unwrap();
    let spec = r#"{"kind":"bulk","is_dry":true}"#;
    db.execute("insert into job_specs (account_id, job, spec) values (1, 6, ?1)", [spec]).unwrap();
    let operations = [r#"{"method":"POST","path":"/Users"}"#, r#"{"method":"DELETE","path":"/Users/7"}"#];
    db.execute("insert into job_parts values (1, 6, 0, 0, 2, 2, ?1)", [text_part(&operations)]).unwrap();
    let results = page(&[(0, 1), (0, 13)]);
    db.execute("insert into job_results values (1, 6, 0, 2, 1, 1, 0, ?1)", [results]).unwrap();
}

/// Job 3: replaces by p1, p2 and p4, which removes p3 and p9; half of it is done.
fn running_job(db: &Connection) {
    let values = params![
        3,
        [3u8; 16],
        "membership",
        3,
        2,
        "IN_PROGRESS",
        5,
        1,
        1,
        1,
        0,
        3,
        2,
        "1:1,3:1,11:1",
        3,
        2,
        1,
        2,
        2,
        None::<i64>
    ];
    db.execute(INSERT_JOB, values).unwrap();
    let spec = r#"{"kind":"membership","creates_group":false,"identifier":"id",
        "operations":[{"action":"replace","start":0,"end":3}]}"#;
    db.execute("insert into job_specs (account_id, job, spec) values (1, 3, ?1)", [spec]).unwrap();
    let listed: Vec<u8> = [1, 2, 4].into_iter().flat_map(uuid).collect();
    let accept = "update job_specs set payload = ?1 where job = 3";
    db.execute(accept, [payload_digest(1, 3, &listed)]).unwrap();
    db.execute("insert into job_parts values (1, 3, 0, 0, 3, 1, ?1)", [listed]).unwrap();
    let produced: Vec<u8> = [3i64, 9].into_iter().flat_map(i64::to_be_bytes).collect();
    db.execute("insert into job_parts values (1, 3, 1, 3, 2, 3, ?1)", [produced]).unwrap();
    let insert = "insert into job_chunks values (1, 3, ?1, ?2, ?3)";
    db.execute(insert, params![0, 2, settled(&[(0, 1, 11), (3, 3, 3)])]).unwrap();
    db.execute(insert, params![1, 1, settled(&[(2, 4, 1)])]).unwrap();
}

/// Job 4: adds Sales to Staff, and a group 5 that is gone.
fn nesting_job(db: &Connection) {
    let values =
        params![4, [4u8; 16], "membership", 4, 1, "COMPLETED", 2, 2, 0, 0, 0, 2, 0, "1:2", 2, 0, 1, 1, 2, 3];
    db.execute(INSERT_JOB, values).unwrap();
    let spec = r#"{"kind":"membership","creates_group":true,"identifier":"id",
        "operations":[{"action":"add","start":0,"end":2}]}"#;
    db.execute("insert into job_specs (account_id, job, spec) values (1, 4, ?1)", [spec]).unwrap();
    db.execute("insert into job_parts values (1, 4, 0, 0, 2, 2, ?1)", [text_part(&["3", "5"])]).unwrap();
    let results = page(&[(-3, 1), (-5, 1)]);
    db.execute("insert into job_results values (1, 4, 0, 2, 2, 0, 0, ?1)", [results]).unwrap();
}

fn report(dir: &TempDir) -> Report {
    check(dir.path()).unwrap()
}

#[test]
fn what_fits_together_passes() {
    let (dir, _db) = build();
    let report = report(&dir);
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!(report.notes, Vec::<String>::new());
    let totals = report.totals;
    assert_eq!((totals.users, totals.groups, totals.memberships), (9, 2, 5));
    assert_eq!((totals.jobs, totals.ended, totals.half_done, totals.items), (5, 4, 1, 21));
}

#[test]
fn names_what_jobs_came_to_and_who_is_in_a_group() {
    let (dir, _db) = build();
    let names: BTreeSet<String> = [1, 2, 4, 9].map(login).into();
    assert_eq!(members(dir.path(), "acme", 3).unwrap(), names);
    assert!(members(dir.path(), "nobody", 3).is_err());
    let jobs = jobs(dir.path()).unwrap();
    assert_eq!(jobs[1].uuid, "02020202-0202-0202-0202-020202020202");
    assert_eq!(jobs[1].items[3], Item { outcome: 13, name: None });
    assert_eq!(jobs[1].items[2], Item { outcome: 1, name: Some(login(3)) });
    assert_eq!(jobs[0].items[1], Item { outcome: 31, name: Some(login(1)) });
    assert_eq!(jobs[2].outcomes, [(1, 1), (3, 1), (11, 1)].into());
    assert_eq!((jobs[2].processed, jobs[2].items.len()), (3, 0));
    assert_eq!((jobs[0].target, jobs[2].target), (0, 3));
    let listed = |job, state| Some(ListedJob { job, state, marker: None, place: None });
    assert_eq!(jobs[1].listed(), listed(2, State::Completed));
    assert_eq!(jobs[2].listed(), listed(3, State::InProgress));
    let mut sent = jobs[0].clone();
    sent.digest.replace_range(62.., "0a");
    assert_eq!(sent.listed().unwrap().marker, Some(format!("{}0a", "0".repeat(62))));
}

#[test]
fn what_is_untidy_is_a_note() {
    let (dir, db) = build();
    db.execute("insert into job_chunks values (1, 2, 0, 1, ?1)", [settled(&[(1, 2, 1)])]).unwrap();
    db.execute_batch("update jobs set state = 'RECEIVING' where number = 1").unwrap_err();
    db.execute_batch(
        "insert into jobs select account_id, 0, zeroblob(16), kind, target, 0, null, 'RECEIVING', 0, 0, 0, 0, 0, 0, \
         0, 0, 0, '', 0, 0, 0, 0, 0, digest, client_id, 1, null, null, 1, null, null, null, null, null, 0, null, null, null, null, \
         null from jobs where number = 1",
    )
    .unwrap();
    let report = report(&dir);
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
    assert_eq!(report.totals.receiving, 1);
}

#[test]
fn an_empty_directory_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    assert!(check(dir.path()).is_err());
}

/// What is broken, and a piece of what must be said about it.
const CORRUPTIONS: &[(&str, &str)] = &[
    ("update jobs set created = 2 where number = 3", "its classes sum up to 4"),
    ("update jobs set pending = 3 where number = 3", "is not total"),
    ("update jobs set reasons = '1:1,3:1,10:1' where number = 3", "its items come to"),
    ("update jobs set reasons = '1:2,3:1' where number = 3", "its reasons sum up to"),
    ("update jobs set reasons = '1:1,3:1,99:1' where number = 3", "reasons count code 99"),
    (
        "update jobs set pending = 1, processed = 3, created = 2, reasons = '1:2,13:1' where number = 2",
        "has ended with 1 pending",
    ),
    ("update jobs set ended_at = null where number = 2", "not at any time"),
    ("update jobs set ended_at = 5 where number = 3", "has an end, but its state is IN_PROGRESS"),
    ("update jobs set started_at = null where number = 3", "never began"),
    ("update jobs set lease_token = zeroblob(16) where number = 2", "is leased"),
    ("update jobs set state = 'PENDING' where number = 3", "is PENDING and was worked"),
    (
        "update jobs set queue_seq = 9 where number = 3; insert into jobs select account_id, 5, zeroblob(16), kind, target, 5, null, 'PENDING', 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, digest, client_id, 1, null, null, 1, null, null, null, null, null, 0, null, null, null, null, null from jobs where number = 2",
        "before its turn",
    ),
    (
        "drop index jobs_working; insert into jobs select account_id, 5, zeroblob(16), kind, target, 5, null, 'IN_PROGRESS', 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, digest, client_id, 1, null, null, 1, null, null, null, null, null, 0, null, null, null, null, null from jobs where number = 2",
        "has 2 jobs in progress",
    ),
    ("update job_chunks set seq = 2 where seq = 1", "its chunks are not 0 to 2"),
    ("delete from job_chunks where seq = 1", "its chunks are not 0 to 2"),
    ("update job_chunks set entries = x'00' where seq = 1", "chunk 1 is damaged"),
    (
        "update job_chunks set entries = x'00000000040000000000000001' where seq = 1",
        "item 0 was settled twice",
    ),
    (
        "update job_chunks set entries = x'02000000010000000000000001' where seq = 1",
        "user 1 was decided twice",
    ),
    ("update job_chunks set entries = x'07000000040000000000000001' where seq = 1", "there is no item 7"),
    ("update job_chunks set entries = x'02000000450000000000000001' where seq = 1", "who never was"),
    ("delete from job_results where job = 2", "has ended with 0 of 4 items"),
    ("update job_results set ignored = 2 where job = 2", "the counts of result page 0 are wrong"),
    ("update job_results set data = zeroblob(36) where job = 2", "has the outcome 0"),
    ("update job_results set data = x'01' where job = 1", "result page 0 is damaged"),
    ("delete from job_results where job = 1", "0 rows are settled, 10 are counted"),
    ("delete from job_rows", "0 rows are stored, total is 10"),
    ("insert into job_rows values (1, 1, 2, 0, 0, x'00000000')", "still has the staged run 2"),
    ("delete from job_parts where job = 3 and produced = 0", "its payload has 0 items"),
    ("update job_parts set data = x'0102' where job = 2", "payload part at 0 is damaged"),
    (
        "update job_parts set data = zeroblob(48) where job = 3 and produced = 0",
        "its payload is not what was accepted",
    ),
    ("update job_specs set payload = null where job = 3", "its payload has no digest"),
    ("insert into job_images values (1, 2, 0, 1, 1, x'00')", "block 0 of the images of job 2"),
    (
        "insert into job_images values (1, 2, 0, 1, 1, x'0d000000d05b7b22696e646578223a307d5d')",
        "deleted 0 and has 1 images",
    ),
    (
        "insert into upload_parts values (1, zeroblob(16), 1, 1, zeroblob(32), 1)",
        "upload_parts has [1] rows of no upload",
    ),
    (
        "insert into uploads values (1, zeroblob(16), 1, 1, null, null, null, null, 5)",
        "is 5 bytes off its parts",
    ),
    (
        "insert into audit values (1, 1, zeroblob(16), 1, 'CREATED', 'USER', 'x', '{}', null, null, zeroblob(32), zeroblob(32))",
        "row 1 of the audit log of account 1 is not as it was written",
    ),
    (
        "insert into audit_heads values (1, 2, zeroblob(32), 0, zeroblob(32))",
        "the audit log of account 1 does not end with row 0",
    ),
    (
        "insert into audit_inbox values (1, zeroblob(16), 0, 'CREATED', 'USER', 'x', '{}', null, null, zeroblob(32))",
        "has not told so in the audit log",
    ),
    ("delete from job_parts where produced = 1", "its payload ends at 3, total is 5"),
    ("update jobs set asked_destroy = 0 where number = 3", "its payload says (3, 2)"),
    ("delete from job_results where job = 6", "has ended with 0 of 2 items"),
    (
        "update job_results set items = 1, ignored = 0, data = x'010000000000000000' where job = 6",
        "2 operations have 1 outcomes",
    ),
    (
        "update job_results set data = x'030d00000000000000000000000000000000' where job = 6",
        "operation 0 cannot have the outcome 3",
    ),
    ("update jobs set state = 'PENDING', processed = 0, pending = 2 where number = 6", "bulk_plan job 6"),
    ("update jobs set purged_at = 9 where number = 2", "is not kept any more and has 1 rows in job_parts"),
    ("update jobs set purged_at = 9 where number = 3", "has not ended and is not kept any more"),
    ("delete from job_specs where job = 3", "has no spec"),
    ("delete from memberships where member_key = 1", "is no member"),
    ("update groups set members = 5", "counts 5 members and has 4"),
    ("insert into external_ids values (1, 0, 77, 'hr', 'x')", "calls 77 of kind 0 \"x\", which is not there"),
    ("insert into external_ids values (1, 1, 3, 'hr', '')", "externalId of account 1 is empty"),
    (
        "insert into passwords values (1, 77, 0, '$2b$12$x', 0)",
        "user 77 of account 1 has a password and is not there",
    ),
    (
        "insert into job_secrets values (1, 77, 0, x'00')",
        "of job 77 of account 1 are kept, which is not there",
    ),
    ("insert into job_secrets values (1, 2, 0, x'00')", "of job 2 of account 1 are kept, which has ended"),
    ("insert into passwords values (1, 5, 0, 'x', 0)", "the password of user 5 of account 1 is no hash"),
    ("update groups set unique_name = 'sale' where number = 3", "keeps the name \"sale\""),
    ("update groups set unique_name = null", "keeps no name"),
    ("update accounts set free_group_names = 1", "account 1 says nothing of"),
    (
        "update accounts set free_group_names = 1, settings = '{\"group_names\":\"free\"}' where account_id = 1",
        "keeps the name \"sales\"",
    ),
    ("insert into memberships values (1, 3, 0, 7)", "and no job says why"),
    ("insert into memberships values (1, 3, 0, 77)", "who does not exist"),
    ("insert into memberships values (1, 3, 1, 3)", "group 3 is a member of group 3"),
    ("insert into memberships values (1, 3, 1, 8)", "has the member group 8, who does not exist"),
    ("insert into memberships values (1, 3, 2, 3)", "a member of kind 2 and key 3"),
    ("delete from memberships where member_kind = 1", "group 3 joined group 4 of account 1 1 times more"),
    ("update numbers set next = 5 where series = 'groups'", "is about group 5, who never was"),
    ("insert into memberships values (1, 8, 0, 7)", "group 8, which does not exist"),
    ("update users set name_key = 'q' where user_key = 5", "is indexed as \"q\""),
    (
        "update users set name_key = 'q', doc = '{\"userName\":\"q\"}', email_keys = 'p5@example.org' where user_key = 5",
        "was added under another name",
    ),
    (
        "drop index users_name; update users set name_key = 'p4@example.org' where user_key = 5",
        "are called \"p4@example.org\"",
    ),
    ("update users set doc = '{' where user_key = 5", "cannot be read"),
    ("delete from users where user_key = 5", "but nobody is there"),
    ("delete from user_emails where user_key = 5", "is in one of two places"),
    ("update user_counts set users = 10 where shard = 0", "counts 8 users and has 9"),
    ("delete from user_counts", "counts 0 users and has 9"),
    ("insert into user_counts values (2, 0, 0)", "turns of account 2, which does not exist"),
    ("update numbers set next = 3 where series = 'jobs'", "the next of jobs is 3"),
    ("delete from numbers where series = 'groups'", "the next of groups is 1, but 4 is in use"),
    ("update numbers set next = 9 where series = 'users'", "the next of users is 9, but 9 is in use"),
    ("update idempotency set job = 9", "names job 9, which is not there"),
    ("update idempotency set job = null", "does not name one thing"),
    ("update idempotency set resource = zeroblob(16)", "does not name one thing"),
    (
        "insert into idempotency values (1, 1, 'PATCH', 'l', zeroblob(32), 2, 202, null, 9, null)",
        "was made by two keys",
    ),
];

#[test]
fn every_planted_corruption_is_found() {
    let mut missed = Vec::new();
    for (sql, expected) in CORRUPTIONS {
        let (dir, db) = build();
        // What the database itself refuses is planted behind its back.
        db.execute_batch("pragma ignore_check_constraints = on; drop trigger jobs_terminal;").unwrap();
        db.execute_batch(sql).unwrap();
        let violations = report(&dir).violations;
        if !violations.iter().any(|found| found.contains(expected)) {
            missed.push(format!("{sql}: {violations:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn jobs_that_are_not_known_any_more_are_not_missed() {
    let (dir, db) = build();
    db.execute_batch("update jobs set purged_at = 0 where number = 2").unwrap();
    let report = report(&dir);
    assert_eq!(report.violations, Vec::<String>::new());
    assert!(report.notes[0].contains("is being thrown away"), "{:?}", report.notes);
    let (dir, db) = build();
    let gone = |table: &str, column: &str| format!("delete from {table} where {column} in (1, 2);");
    let tables = ["job_specs", "job_parts", "job_rows", "job_results", "job_chunks"];
    let all: String = tables.iter().map(|table| gone(table, "job")).collect();
    db.execute_batch(&format!("{all} {} delete from idempotency;", gone("jobs", "number"))).unwrap();
    assert_eq!(crate::check(dir.path()).unwrap().violations, Vec::<String>::new());
}

#[test]
fn a_damaged_index_is_found() {
    let (dir, db) = build();
    db.execute_batch(
        "pragma writable_schema = on;
         update sqlite_schema set sql = 'create index groups_name on groups (account_id, display_name)' \
            where name = 'groups_name';",
    )
    .unwrap();
    drop(db);
    let violations = report(&dir).violations;
    assert!(violations.iter().any(|found| found.contains("the database is damaged")), "{violations:?}");
}
