//! The payload of membership jobs: what was listed, and what a replace produced.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Read;
use crate::blobs;
use crate::database::Database;
use crate::findings::Findings;
use crate::jobs::Job;

struct Part {
    produced: bool,
    first: i64,
    items: i64,
    form: i64,
    data: Vec<u8>,
}

/// What the spec says was listed.
struct Listed {
    items: i64,
    creates: i64,
    destroys: i64,
}

/// Checks that the payload is whole and that the job's totals are made from it; how many items were listed.
pub fn check(db: &Database, job: &Job, findings: &mut Findings) -> Read<i64> {
    // A deletion or a restoration lists people, a bulk request operations, and their specs no operations.
    let people = match job.kind.as_str() {
        "deletion" | "deletion_plan" => Some(Listed { items: job.total, creates: 0, destroys: job.total }),
        "restore" | "restore_plan" => Some(Listed { items: job.total, creates: job.total, destroys: 0 }),
        "bulk" | "bulk_plan" => Some(Listed { items: job.total, creates: 0, destroys: 0 }),
        _ => None,
    };
    let Some(listed) = people.or_else(|| job.spec.as_ref().and_then(listed)) else {
        findings.violation(format!("{}: its spec cannot be read", job.name()));
        return Ok(0);
    };
    let parts = parts(db, job)?;
    let listed_parts = parts.iter().filter(|part| !part.produced);
    let blocks = listed_parts.map(|part| (part.form, part.first, part.items, part.data.as_slice()));
    check_digest(job, blocks, findings);
    let stretch = |produced: bool| parts.iter().filter(move |part| part.produced == produced);
    let found = contiguous(job, stretch(false), 0, findings);
    findings.demand(found == listed.items, || {
        format!("{}: its payload has {found} items, {} were listed", job.name(), listed.items)
    });
    if !job.planned {
        findings.demand(job.total == listed.items || job.is_terminal(), || {
            format!("{}: total is {} before its plan, {} were listed", job.name(), job.total, listed.items)
        });
        return Ok(listed.items);
    }
    let end = contiguous(job, stretch(true), listed.items, findings);
    findings.demand(end == job.total, || {
        format!("{}: its payload ends at {end}, total is {}", job.name(), job.total)
    });
    // Users, then groups, which stand below zero.
    let removed = stretch(true).flat_map(|part| blobs::produced_members(&part.data));
    let removed: Vec<(bool, i64)> = removed.map(|member| (member < 0, member.abs())).collect();
    findings.demand(removed.is_sorted_by(|a, b| a < b), || {
        format!("{}: it removes a member of the replaced twice", job.name())
    });
    let destroys = listed.destroys + (end - listed.items);
    let asked = (job.asked_create, job.asked_destroy);
    findings.demand(asked == (listed.creates, destroys), || {
        format!("{}: asked {asked:?}, its payload says {:?}", job.name(), (listed.creates, destroys))
    });
    Ok(listed.items)
}

/// The keys that an export noted, whose parts must follow one another.
pub fn noted(db: &Database, job: &Job, findings: &mut Findings) -> Read<Vec<i64>> {
    let parts = parts(db, job)?;
    findings.demand(parts.iter().all(|part| part.produced), || format!("{}: it lists values", job.name()));
    contiguous(job, parts.iter(), 0, findings);
    Ok(parts.iter().flat_map(|part| blobs::produced_members(&part.data)).collect())
}

fn parts(db: &Database, job: &Job) -> Read<Vec<Part>> {
    let sql = "select produced, first, items, form, data from job_parts where account_id = ?1 and job = ?2 \
               order by produced, first";
    db.all(sql, &[job.account, job.number], |row| {
        Ok(Part {
            produced: row.get(0)?,
            first: row.get(1)?,
            items: row.get(2)?,
            form: row.get(3)?,
            data: row.get(4)?,
        })
    })
}

/// The payload must be the accepted one, unless names in it were forgotten. A block is form, place, items and data.
pub fn check_digest<'a>(
    job: &Job,
    blocks: impl Iterator<Item = (i64, i64, i64, &'a [u8])>,
    findings: &mut Findings,
) {
    let Some(accepted) = &job.payload else {
        findings.demand(job.is_terminal(), || format!("{}: its payload has no digest", job.name()));
        return;
    };
    let mut digest = Sha256::new();
    for (form, first, items, data) in blocks {
        digest.update(form.to_le_bytes().first_chunk::<1>().unwrap_or(&[0]));
        digest.update(first.to_le_bytes().first_chunk::<4>().unwrap_or(&[0; 4]));
        digest.update(items.to_le_bytes().first_chunk::<4>().unwrap_or(&[0; 4]));
        digest.update((data.len() as u64).to_le_bytes());
        digest.update(data);
    }
    let is_corrupt = digest.finalize().as_slice() != accepted;
    findings.demand(!is_corrupt, || format!("{}: its payload is not what was accepted", job.name()));
}

/// The operations must follow one another without a gap.
fn listed(spec: &Value) -> Option<Listed> {
    let mut listed = Listed { items: 0, creates: 0, destroys: 0 };
    for operation in spec.get("operations")?.as_array()? {
        let (start, end) = (operation.get("start")?.as_i64()?, operation.get("end")?.as_i64()?);
        if start != listed.items || end < start {
            return None;
        }
        match operation.get("action")?.as_str()? {
            "add" | "replace" => listed.creates += end - start,
            "remove" => listed.destroys += end - start,
            _ => return None,
        }
        listed.items = end;
    }
    Some(listed)
}

/// Where the parts end, if each begins where the last one ended.
fn contiguous<'a>(
    job: &Job,
    parts: impl Iterator<Item = &'a Part>,
    start: i64,
    findings: &mut Findings,
) -> i64 {
    let mut next = start;
    for part in parts {
        findings.demand(part.first == next, || {
            format!("{}: a payload part begins at {}, not at {next}", job.name(), part.first)
        });
        let items = usize::try_from(part.items).unwrap_or(usize::MAX);
        findings.demand(blobs::part_values(part.form, &part.data, items) == Some(items), || {
            format!("{}: the payload part at {} is damaged", job.name(), part.first)
        });
        next = part.first + part.items;
    }
    next
}
