//! The life of jobs in the audit log: a row for each event, and none for an item.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use throng_jobs::Instant;
use uuid::Uuid;

use super::{Trail, written};
use crate::error::Result;
use crate::model::audit::{Actor, Body, Event, Kind, Row, names_digest};
use crate::model::jobs::{Job, Origin, Target};
use crate::port::Tx;

/// Tells that a job was accepted and, if it is through already, that it has ended. Without a trail the server made it.
///
/// # Errors
/// What the store fails with.
pub(crate) fn accepted(tx: &mut dyn Tx, trail: Option<&Trail>, job: &Job) -> Result<()> {
    let mut rows = vec![row(trail, Event::Accepted, job, job.received_at)?];
    if job.state.is_terminal() {
        rows.push(ended(job)?);
    }
    tx.append_audit(job.account, &rows)
}

/// Stores a job, and tells of its end if that is it.
///
/// # Errors
/// What the store fails with.
pub(crate) fn update(tx: &mut dyn Tx, job: &Job) -> Result<()> {
    tx.update_job(job)?;
    if job.state.is_terminal() {
        let row = ended(job)?;
        tx.append_audit(job.account, &[row])?;
    }
    Ok(())
}

/// Tells of what else becomes of a job. Without a trail the server does it.
///
/// # Errors
/// What the store fails with.
pub(crate) fn tell(
    tx: &mut dyn Tx,
    trail: Option<&Trail>,
    (event, job): (Event, &Job),
    at: Instant,
) -> Result<()> {
    let row = row(trail, event, job, at)?;
    tx.append_audit(job.account, &[row])
}

fn ended(job: &Job) -> Result<Row> {
    row(None, Event::Ended, job, job.ended_at.unwrap_or(job.received_at))
}

fn row(trail: Option<&Trail>, event: Event, job: &Job, at: Instant) -> Result<Row> {
    let detail = detail(event, job);
    let body = match trail {
        Some(trail) => trail.body(true, detail)?,
        None => written(&Body { actor: Actor::system(), done: true, detail, ..Body::default() })?,
    };
    let object = job.uuid.to_string();
    Ok(Row {
        id: id(event, job, at),
        at,
        event: event.as_str().to_owned(),
        kind: Kind::Job.as_str().to_owned(),
        body,
        names: None,
        salt: None,
        names_digest: names_digest(None, &object, None),
        object,
    })
}

/// What there is to say of a job: numbers, and nothing that it was sent.
fn detail(event: Event, job: &Job) -> Map<String, Value> {
    let mut detail = Map::new();
    let mut say = |name: &str, value: Value| drop(detail.insert(name.to_owned(), value));
    say("job", job.number.0.into());
    say("kind", job.spec.kind().as_str().into());
    if let Target::Group(group) = job.target {
        say("group", group.0.into());
    }
    match event {
        Event::Accepted => {
            say("client", job.client.0.into());
            say("items", job.counts.total.into());
            match job.spec.origin() {
                Some(Origin::Redrives(of)) => say("redrives", of.into()),
                Some(Origin::Undoes(of)) => say("undoes", of.into()),
                Some(Origin::Applies(of)) => say("applies", of.into()),
                None => {}
            }
        }
        Event::Ended => {
            let counts = &job.counts;
            say("state", job.state.as_str().into());
            let names = json!({
                "created": counts.created, "updated": counts.updated, "removed": counts.removed,
                "ignored": counts.ignored, "failed": counts.failed, "skipped": counts.skipped,
            });
            say("items", names);
        }
        Event::Held | Event::Approved => say("removals", job.held_removals.into()),
        _ => {}
    }
    detail
}

/// The place of an event among those of the same time.
const fn rank(event: Event) -> u8 {
    match event {
        Event::Accepted => 0,
        Event::Started => 1,
        Event::Held => 2,
        Event::Approved => 3,
        Event::Stopped => 4,
        Event::Ended => 5,
        Event::Purged => 6,
        _ => 7,
    }
}

/// An id that the same event of the same job always has. Like all of them it begins with the time.
fn id(event: Event, job: &Job, at: Instant) -> Uuid {
    let mut hasher = Sha256::new();
    hasher.update(job.uuid.as_bytes());
    hasher.update(at.micros().to_be_bytes());
    hasher.update(event.as_str());
    let digest: [u8; 32] = hasher.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    let millis = u64::try_from(at.micros() / 1_000).unwrap_or(0);
    id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    // Of events at the same time each comes behind those that bring it about.
    id[6] = 0x80 | rank(event);
    id[8] = 0x80 | (id[8] & 0x3f);
    Uuid::from_bytes(id)
}
