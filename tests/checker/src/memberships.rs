//! Membership jobs, deletions and their dry runs: each item settled once, and the counters made from the items.

use std::collections::{BTreeMap, BTreeSet};

use crate::blobs::{self, Class, Settled};
use crate::database::Database;
use crate::findings::Findings;
use crate::jobs::Job;
use crate::ledger::Ledger;
use crate::people::{self, People};
use crate::{Read, Totals, Unreadable, payload};

/// Checks one membership job.
pub fn check(
    db: &Database,
    job: &Job,
    people: &People,
    ledger: &mut Ledger,
    findings: &mut Findings,
    totals: &mut Totals,
) -> Read<()> {
    payload::check(db, job, findings)?;
    let chunks = chunks(db, job, findings)?;
    let pages = pages(db, job, findings)?;
    let items = if job.is_terminal() {
        if !chunks.is_empty() {
            findings.note(format!("{} has ended and still has chunks", job.name()));
        }
        if !job.ran_to_its_end() {
            // What was applied before it was stopped is not kept item by item.
            ledger.forget(job.account, job.target);
            return Ok(());
        }
        check_ended(job, &pages, &chunks, findings);
        pages
    } else {
        // Pages that finish has begun to write say what the chunks say.
        let by_index: BTreeMap<u32, Settled> = chunks.iter().map(|item| (item.index, *item)).collect();
        let differs = |item: &&Settled| by_index.get(&item.index) != Some(item);
        findings.demand(!pages.iter().any(|item| differs(&item)), || {
            format!("{}: its result pages differ from its chunks", job.name())
        });
        chunks
    };
    totals.items += items.len() as u64;
    check_items(job, &items, people, findings);
    for item in &items {
        match item.code {
            // They say what would be, or who is no user any more.
            _ if job.kind.ends_with("plan") => {}
            blobs::REMOVED if job.kind == "deletion" => ledger.deleted(job.account, item.member, 1),
            blobs::CREATED if job.kind == "restore" => ledger.deleted(job.account, item.member, -1),
            blobs::CREATED => ledger.joined(job.account, job.target, item.member),
            blobs::REMOVED => ledger.left(job.account, job.target, item.member),
            _ => {}
        }
    }
    Ok(())
}

/// What the stored chunks settled, in their order.
fn chunks(db: &Database, job: &Job, findings: &mut Findings) -> Read<Vec<Settled>> {
    let sql = "select seq, items, entries from job_chunks where account_id = ?1 and job = ?2 order by seq";
    let chunks: Vec<(i64, i64, Vec<u8>)> =
        db.all(sql, &[job.account, job.number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if !job.is_terminal() {
        let seqs = chunks.iter().map(|(seq, ..)| *seq);
        findings.demand(seqs.eq(0..job.cursor), || {
            format!("{}: its chunks are not 0 to {}", job.name(), job.cursor)
        });
    }
    let mut settled = Vec::new();
    for (seq, items, entries) in chunks {
        match blobs::chunk(&entries) {
            Some(chunk) if i64::try_from(chunk.len()) == Ok(items) => settled.extend(chunk),
            _ => findings.violation(format!("{}: chunk {seq} is damaged", job.name())),
        }
    }
    Ok(settled)
}

/// What the result pages say, by index.
pub fn pages(db: &Database, job: &Job, findings: &mut Findings) -> Read<Vec<Settled>> {
    let sql = "select page, items, effective, ignored, failed, data from job_results \
               where account_id = ?1 and job = ?2 order by page";
    let pages = db.all(sql, &[job.account, job.number], |row| {
        let counted: [i64; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, counted, row.get::<Vec<u8>>(5)?))
    })?;
    let mut settled = Vec::new();
    for (at, (page, items, counted, data)) in pages.into_iter().enumerate() {
        let first = u32::try_from(settled.len()).map_err(|_| Unreadable("too many items".to_owned()))?;
        let found = usize::try_from(items).ok().and_then(|items| blobs::membership_page(&data, items, first));
        match found {
            Some(found) if usize::try_from(page) == Ok(at) => {
                let codes = found.iter().map(|item| item.code);
                findings.demand(page_counts(codes) == counted, || {
                    format!("{}: the counts of result page {page} are wrong", job.name())
                });
                settled.extend(found);
            }
            _ => findings.violation(format!("{}: result page {page} is damaged or out of place", job.name())),
        }
    }
    Ok(settled)
}

/// Items with an effect, ignored ones, failed ones.
pub fn page_counts(codes: impl Iterator<Item = u8>) -> [i64; 3] {
    let mut counts = [0; 3];
    for code in codes {
        match blobs::class(code) {
            Some(Class::Created | Class::Updated | Class::Removed) => counts[0] += 1,
            Some(Class::Ignored) => counts[1] += 1,
            Some(Class::Failed) => counts[2] += 1,
            Some(Class::Skipped) | None => {}
        }
    }
    counts
}

/// An ended job shows all its items; chunks that are still there say the same.
pub fn check_ended(job: &Job, pages: &[Settled], chunks: &[Settled], findings: &mut Findings) {
    findings.demand(i64::try_from(pages.len()) == Ok(job.total), || {
        format!("{} has ended with {} of {} items in its result", job.name(), pages.len(), job.total)
    });
    let differs = |item: &Settled| pages.get(item.index as usize) != Some(item);
    findings.demand(!chunks.iter().any(differs), || {
        format!("{}: its result pages differ from its chunks", job.name())
    });
}

/// Each index at most once, each member at most once with an effect, and the tally of the items is the job's.
fn check_items(job: &Job, items: &[Settled], people: &People, findings: &mut Findings) {
    check_outcomes(job, items, findings);
    let mut touched = BTreeSet::new();
    for Settled { index, member, code } in items {
        if matches!(code, 1 | 3 | 10 | 11 | 12) {
            findings.demand(touched.insert(*member), || {
                format!("{}: {} was decided twice", job.name(), people::who(*member))
            });
            findings.demand(people.knew(job.account, *member), || {
                format!("{}: item {index} is about {}, who never was", job.name(), people::who(*member))
            });
        }
    }
}

/// Each index at most once, with an outcome that there is, and the tally of the items is the job's.
pub fn check_outcomes(job: &Job, items: &[Settled], findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    let mut tally: BTreeMap<u8, u64> = BTreeMap::new();
    for item in items {
        let (index, code) = (item.index, item.code);
        *tally.entry(code).or_default() += 1;
        findings.demand(seen.insert(index), || format!("{}: item {index} was settled twice", job.name()));
        findings.demand(i64::from(index) < job.total, || format!("{}: there is no item {index}", job.name()));
        findings.demand(blobs::class(code).is_some(), || {
            format!("{}: item {index} has the outcome {code}", job.name())
        });
    }
    if let Some(counted) = job.tally() {
        findings.demand(counted == tally, || {
            format!("{}: its reasons are {counted:?}, its items come to {tally:?}", job.name())
        });
    }
}
