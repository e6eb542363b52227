//! Imports: each row settled once, in order, and each row that was added is a person.

use std::collections::BTreeMap;

use crate::blobs::{self, FileRow, RowResult};
use crate::database::Database;
use crate::findings::Findings;
use crate::jobs::Job;
use crate::ledger::Ledger;
use crate::memberships::page_counts;
use crate::payload;
use crate::people::People;
use crate::{Read, Totals};

/// The run that holds the rows in login order.
const FINAL: i64 = 1;

/// Checks one import.
pub fn check(
    db: &Database,
    job: &Job,
    people: &People,
    ledger: &mut Ledger,
    findings: &mut Findings,
    totals: &mut Totals,
) -> Read<()> {
    let pages = rows(db, job, findings)?;
    let results = results(db, job, findings)?;
    let found: i64 = pages.iter().map(|rows| i64::try_from(rows.len()).unwrap_or(i64::MAX)).sum();
    findings.demand(found == job.total, || {
        format!("{}: {found} rows are stored, total is {}", job.name(), job.total)
    });
    let settled: i64 = results.iter().map(|page| i64::try_from(page.len()).unwrap_or(i64::MAX)).sum();
    findings.demand(settled == job.processed - job.skipped && settled == job.cursor, || {
        format!("{}: {settled} rows are settled, {} are counted", job.name(), job.processed)
    });
    let mut tally: BTreeMap<u8, u64> = BTreeMap::new();
    for (at, page) in results.iter().enumerate() {
        let rows = pages.get(at).map_or(&[][..], Vec::as_slice);
        let is_last = at + 1 == results.len();
        findings.demand(page.len() == rows.len() || (is_last && page.len() < rows.len()), || {
            format!("{}: page {at} has {} rows and {} results", job.name(), rows.len(), page.len())
        });
        for (result, row) in page.iter().zip(rows) {
            totals.items += 1;
            *tally.entry(result.code).or_default() += 1;
            // A dry run makes nobody.
            if job.kind == "import" {
                check_row(job, result, row, people, ledger, findings);
            }
        }
    }
    if let Some(counted) = job.tally() {
        findings.demand(counted == tally, || {
            format!("{}: its reasons are {counted:?}, its rows come to {tally:?}", job.name())
        });
    }
    Ok(())
}

fn check_row(
    job: &Job,
    result: &RowResult,
    row: &FileRow,
    people: &People,
    ledger: &mut Ledger,
    findings: &mut Findings,
) {
    let mode = job.spec.as_ref().and_then(|spec| spec.get("mode")?.as_str()).unwrap_or("add");
    let of_group = job.spec.as_ref().is_some_and(|spec| spec.get("group").is_some());
    if mode != "add" && (row.says_groups || of_group) {
        // Where somebody was before, and so what they left, is told nowhere.
        ledger.forget_account(job.account);
    }
    if result.code != blobs::CREATED {
        let found = people.by_uuid(job.account, result.user);
        findings.demand(mode != "add" || result.user == [0; 16], || {
            format!("{}: row {:?} was not added and has a user", job.name(), row.key)
        });
        findings
            .demand(found.is_none_or(|user| people.deleted_or_named(job.account, user, &row.key)), || {
                format!("{}: row {:?} was about somebody of another name", job.name(), row.key)
            });
        let has_effect = matches!(result.code, blobs::UPDATED | blobs::REMOVED);
        findings.demand(!has_effect || result.user != [0; 16], || {
            format!("{}: row {:?} changed nobody", job.name(), row.key)
        });
        if result.code == blobs::REMOVED {
            // Whoever is gone has left no UUID behind, so what restores them finds no deletion.
            ledger.forget(job.account, 0);
        }
        findings.demand(!row.removes || mode == "sync", || {
            format!("{}: row {:?} is in no file", job.name(), row.key)
        });
        return;
    }
    findings.demand(matches!(mode, "add" | "upsert" | "sync") && !row.removes, || {
        format!("{}: row {:?} was added and was not to be", job.name(), row.key)
    });
    findings.demand(ledger.made(job.account, result.user), || {
        format!("{}: the user of row {:?} was added twice", job.name(), row.key)
    });
    let Some(user) = people.by_uuid(job.account, result.user) else {
        // Whoever was deleted since has left no UUID behind.
        findings.demand(people.has_deleted(job.account), || {
            format!("{}: row {:?} was added, but nobody is there", job.name(), row.key)
        });
        return;
    };
    findings.demand(people.deleted_or_named(job.account, user, &row.key), || {
        format!("{}: row {:?} was added under another name", job.name(), row.key)
    });
    for name in &row.member_of {
        if let Some(group) = people.group_named(job.account, name) {
            ledger.joined(job.account, group, user);
        }
    }
}

/// The rows of the file, page by page.
pub fn rows(db: &Database, job: &Job, findings: &mut Findings) -> Read<Vec<Vec<FileRow>>> {
    let sql =
        "select run, page, items, data from job_rows where account_id = ?1 and job = ?2 order by run, page";
    let stored: Vec<(i64, i64, u32, Vec<u8>)> = db.all(sql, &[job.account, job.number], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let last = stored.iter().filter(|(run, ..)| *run == FINAL);
    let blocks = last.map(|(_, page, items, data)| (0, *page, i64::from(*items), data.as_slice()));
    // What an export writes was accepted by nobody.
    let is_export = job.kind == "export";
    if !is_export {
        payload::check_digest(job, blocks, findings);
    }
    let mut pages = Vec::new();
    for (run, page, items, data) in stored {
        if run != FINAL {
            findings.violation(format!("{} was accepted and still has the staged run {run}", job.name()));
            continue;
        }
        match blobs::file_rows(&data, items as usize) {
            Some(rows) if usize::try_from(page) == Ok(pages.len()) => pages.push(rows),
            _ => findings
                .violation(format!("{}: page {page} of its rows is damaged or out of place", job.name())),
        }
    }
    // Whoever was forgotten stays in their place.
    let keys = pages.iter().flatten().map(|row| row.key.as_str()).filter(|key| *key != "forgotten");
    findings.demand(is_export || keys.is_sorted(), || format!("{}: its rows are not in order", job.name()));
    Ok(pages)
}

/// What became of the rows, page by page.
pub fn results(db: &Database, job: &Job, findings: &mut Findings) -> Read<Vec<Vec<RowResult>>> {
    let sql = "select page, items, effective, ignored, failed, data from job_results \
               where account_id = ?1 and job = ?2 order by page";
    let stored = db.all(sql, &[job.account, job.number], |row| {
        let counted: [i64; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
        Ok((row.get::<i64>(0)?, row.get::<u32>(1)?, counted, row.get::<Vec<u8>>(5)?))
    })?;
    let mut pages = Vec::new();
    for (page, items, counted, data) in stored {
        match blobs::import_page(&data, items as usize) {
            Some(results) if usize::try_from(page) == Ok(pages.len()) => {
                findings.demand(page_counts(results.iter().map(|result| result.code)) == counted, || {
                    format!("{}: the counts of result page {page} are wrong", job.name())
                });
                pages.push(results);
            }
            _ => findings.violation(format!("{}: result page {page} is damaged or out of place", job.name())),
        }
    }
    Ok(pages)
}
