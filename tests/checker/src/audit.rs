//! The audit log: chains are whole, and every job tells of its life.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::Read;
use crate::database::Database;
use crate::findings::Findings;

/// Where the log of an account begins and ends: numbers and hashes of the last row, and of the last that was thrown away.
type Head = (i64, Vec<u8>, i64, Vec<u8>);

/// The job events that were told, and since when anything was.
#[derive(Default)]
struct Told {
    events: BTreeSet<(String, String)>,
    since: Option<i64>,
}

/// Checks that every row follows from the one before it, and that jobs have told of their acceptance and their end.
pub fn check(db: &Database, findings: &mut Findings) -> Read<()> {
    let mut heads: BTreeMap<i64, Head> = BTreeMap::new();
    let sql = "select account_id, seq, hash, kept_seq, kept_hash from audit_heads";
    for (account, head) in
        db.all(sql, &[], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))))?
    {
        heads.insert(account, head);
    }
    let mut told = check_chains(db, &heads, findings)?;
    let sql = "select account_id, event, object, at from audit_inbox";
    for (account, event, object, at) in db.all(sql, &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<String>(2)?, row.get::<i64>(3)?))
    })? {
        told.entry(account).or_default().add(event, object, at);
    }
    told.retain(|account, _| heads.get(account).is_none_or(|(_, _, kept, _)| *kept == 0));
    check_jobs(db, &told, findings)
}

impl Told {
    fn add(&mut self, event: String, object: String, at: i64) {
        self.since = Some(self.since.map_or(at, |since| since.min(at)));
        self.events.insert((event, object));
    }
}

fn check_chains(
    db: &Database,
    heads: &BTreeMap<i64, Head>,
    findings: &mut Findings,
) -> Read<BTreeMap<i64, Told>> {
    let mut told: BTreeMap<i64, Told> = BTreeMap::new();
    let mut at: BTreeMap<i64, (i64, Vec<u8>)> = BTreeMap::new();
    for (account, (_, _, kept, hash)) in heads {
        at.insert(*account, (*kept, hash.clone()));
    }
    let sql = "select account_id, seq, id, at, event, kind, object, body, names, salt, names_digest, hash \
               from audit order by account_id, seq";
    for (account, seq, time, event, object, expected, stored, named) in db.all(sql, &[], |row| {
        let (account, seq, time): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let texts: [String; 4] = [row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?];
        let mut said = Vec::new();
        said.extend(account.to_be_bytes());
        said.extend(seq.to_be_bytes());
        said.extend(row.get::<Vec<u8>>(2)?);
        said.extend(time.to_be_bytes());
        for text in [&texts[0], &texts[1], &texts[3]] {
            said.extend((text.len() as u64).to_be_bytes());
            said.extend(text.as_bytes());
        }
        let (names, salt): (Option<String>, Option<Vec<u8>>) = (row.get(8)?, row.get(9)?);
        let digest: Vec<u8> = row.get(10)?;
        said.extend(&digest);
        let [event, _, object, _] = texts;
        let is_forgotten = names.is_none() && salt.is_none() && object.is_empty();
        let mut about = salt.unwrap_or_default();
        about.extend((object.len() as u64).to_be_bytes());
        about.extend(object.as_bytes());
        about.extend(names.unwrap_or_default().as_bytes());
        let is_named = is_forgotten || Sha256::digest(&about).as_slice() == digest;
        Ok((account, seq, time, event, object, said, row.get::<Vec<u8>>(11)?, is_named))
    })? {
        let place = at.entry(account).or_default();
        findings.demand(seq == place.0 + 1, || {
            format!("the audit log of account {account} has row {seq} behind row {}", place.0)
        });
        let follows = Sha256::digest([&place.1[..], &expected].concat()).as_slice() == stored;
        findings.demand(follows && named, || {
            format!("row {seq} of the audit log of account {account} is not as it was written")
        });
        *place = (seq, stored);
        told.entry(account).or_default().add(event, object, time);
    }
    for (account, (seq, hash)) in at {
        let head = heads.get(&account).map(|(seq, hash, ..)| (*seq, hash.clone()));
        findings.demand(head == Some((seq, hash)), || {
            format!("the audit log of account {account} does not end with row {seq}")
        });
    }
    Ok(told)
}

/// Every job since the log began has told that it was accepted and, if it has ended, of its end.
fn check_jobs(db: &Database, told: &BTreeMap<i64, Told>, findings: &mut Findings) -> Read<()> {
    let sql = "select account_id, number, uuid, state, received_at from jobs where state <> 'RECEIVING'";
    for (account, number, uuid, state, received) in db.all(sql, &[], |row| {
        Ok((
            row.get::<i64>(0)?,
            row.get::<i64>(1)?,
            row.get::<[u8; 16]>(2)?,
            row.get::<String>(3)?,
            row.get::<i64>(4)?,
        ))
    })? {
        let Some(told) = told.get(&account).filter(|told| told.since.is_some_and(|since| since <= received))
        else {
            continue;
        };
        let uuid = hyphenated(uuid);
        let has = |event: &str| told.events.contains(&(event.to_owned(), uuid.clone()));
        let has_ended =
            !matches!(state.as_str(), "PENDING" | "IN_PROGRESS" | "AWAITING_APPROVAL" | "ABORT_IN_PROGRESS");
        findings.demand(has("ACCEPTED") && has("ENDED") == has_ended, || {
            format!("job {number} of account {account} is {state} and has not told so in the audit log")
        });
    }
    Ok(())
}

fn hyphenated(uuid: [u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(uuid));
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
