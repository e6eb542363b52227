//! Exports: everybody who was noted is written once, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use crate::blobs;
use crate::database::Database;
use crate::findings::Findings;
use crate::imports;
use crate::jobs::Job;
use crate::payload;
use crate::{Read, Totals};

/// Checks one export.
pub fn check(db: &Database, job: &Job, findings: &mut Findings, totals: &mut Totals) -> Read<()> {
    let keys = payload::noted(db, job, findings)?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let distinct: BTreeSet<i64> = keys.iter().copied().collect();
    findings.demand(distinct.len() == keys.len(), || format!("{}: it notes somebody twice", job.name()));
    findings.demand(!job.planned || count(keys.len()) == job.total, || {
        format!("{}: it notes {} people, total is {}", job.name(), keys.len(), job.total)
    });
    let pages = imports::rows(db, job, findings)?;
    let results = imports::results(db, job, findings)?;
    let sizes = |pages: Vec<usize>| pages.into_iter().map(count).sum::<i64>();
    let rows = sizes(pages.iter().map(Vec::len).collect());
    let settled = sizes(results.iter().map(Vec::len).collect());
    let written = [rows, settled, job.cursor, job.processed - job.skipped];
    findings.demand(written.iter().all(|n| *n == rows), || {
        format!("{}: rows, results, cursor and settled items differ: {written:?}", job.name())
    });
    let (mut tally, mut users): (BTreeMap<u8, u64>, BTreeSet<[u8; 16]>) = Default::default();
    for (result, row) in results.iter().flatten().zip(pages.iter().flatten()) {
        totals.items += 1;
        *tally.entry(result.code).or_default() += 1;
        let is_somebody = result.user != [0; 16];
        findings.demand(!is_somebody || users.insert(result.user), || {
            format!("{}: row {:?} is about somebody who was written before", job.name(), row.key)
        });
        let fits = match result.code {
            blobs::EXPORTED => is_somebody || job.is_terminal(),
            // Who was deleted meanwhile.
            blobs::NOT_FOUND => !is_somebody && row.key.is_empty(),
            _ => false,
        };
        findings.demand(fits, || format!("{}: row {:?} has the code {}", job.name(), row.key, result.code));
    }
    if let Some(counted) = job.tally() {
        findings.demand(counted == tally, || {
            format!("{}: its reasons are {counted:?}, its rows come to {tally:?}", job.name())
        });
    }
    Ok(())
}
