//! Bulk requests: each listed operation has one outcome, and one that it can have.

use serde_json::Value;

use crate::blobs::{self, Class};
use crate::database::Database;
use crate::findings::Findings;
use crate::jobs::Job;
use crate::memberships;
use crate::{Read, Totals, payload};

/// What stands in the place of an operation that is forgotten.
const FORGOTTEN: &str = "forgotten";

/// Checks one bulk request, which has ended when it is there.
pub fn check(db: &Database, job: &Job, findings: &mut Findings, totals: &mut Totals) -> Read<()> {
    payload::check(db, job, findings)?;
    findings.demand(job.is_terminal(), || format!("{} has not ended", job.name()));
    let items = memberships::pages(db, job, findings)?;
    totals.items += items.len() as u64;
    memberships::check_ended(job, &items, &[], findings);
    memberships::check_outcomes(job, &items, findings);
    let listed = listed(db, job)?;
    findings.demand(listed.len() == items.len(), || {
        format!("{}: {} operations have {} outcomes", job.name(), listed.len(), items.len())
    });
    for (operation, item) in listed.iter().zip(&items) {
        findings.demand(fits(operation, item.code) && item.member == 0, || {
            format!("{}: operation {} cannot have the outcome {}", job.name(), item.index, item.code)
        });
    }
    Ok(())
}

/// The listed operations, in their order.
fn listed(db: &Database, job: &Job) -> Read<Vec<String>> {
    let sql = "select items, data from job_parts where account_id = ?1 and job = ?2 order by first";
    let parts =
        db.all(sql, &[job.account, job.number], |row| Ok((row.get::<u32>(0)?, row.get::<Vec<u8>>(1)?)))?;
    let texts = parts.iter().filter_map(|(items, data)| blobs::texts(data, *items as usize));
    Ok(texts.flatten().collect())
}

/// Whether an operation can come to this: what it does if it does anything.
fn fits(operation: &str, code: u8) -> bool {
    if operation == FORGOTTEN {
        return true;
    }
    let Ok(Value::Object(operation)) = serde_json::from_str(operation) else { return false };
    let Some(method) = operation.get("method").and_then(Value::as_str) else { return false };
    match blobs::class(code) {
        Some(Class::Created) => method == "POST",
        Some(Class::Updated) => method == "PUT" || method == "PATCH",
        Some(Class::Removed) => method == "DELETE",
        Some(Class::Ignored | Class::Failed | Class::Skipped) => true,
        None => false,
    }
}
