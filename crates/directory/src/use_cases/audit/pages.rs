//! The audit log as it is read page by page, the latest first.

use super::search::AuditAsked;
use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::Result;
use crate::limits;
use crate::model::audit::Entry;
use crate::port::scan::Place;
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::lists::cursor::Binding;

/// Which page of which rows.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Which rows.
    pub chosen: AuditAsked,
    /// Only those about the thing with this id, which an index finds.
    pub object: Option<String>,
    /// [`AuditPage::next`] of the page before.
    pub cursor: Option<String>,
    /// At most so many, and at most `COUNT_MAX`; `None`: as many as the cursor says, else `COUNT_DEFAULT`.
    pub count: Option<usize>,
}

/// A page of rows, the latest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The rows.
    pub entries: Vec<Entry>,
    /// The cursor of the next page; none after the last.
    pub next: Option<String>,
}

impl Directory {
    /// A page of the account's audit log; the first with everything that was told before. A page whose rows are far apart
    /// has fewer than were asked for, or none.
    ///
    /// # Errors
    /// `Forbidden`; `Scim` `invalidCursor`, `expiredCursor`.
    pub async fn audit_page(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage> {
        caller.require(Permission::AuditRead)?;
        let account = caller.account;
        let AuditQuery { chosen, object, cursor, count } = query;
        let binding = Binding::new(caller, &["audit", &format!("{chosen:?}"), &format!("{object:?}")]);
        let (place, count) = match cursor {
            None => {
                self.number_audit_of(account).await?;
                (Place::Start, count.unwrap_or(limits::COUNT_DEFAULT))
            }
            Some(cursor) => self.open_place(&binding, cursor, *count).await?,
        };
        let (mut span, wanted) = (chosen.span(), count.clamp(1, limits::COUNT_MAX));
        if let Place::Time(at, seq) = place {
            span.after = Some((at, seq));
        }
        let (mut entries, mut looked) = (Vec::new(), 0);
        loop {
            let (object, limit) = (object.clone(), limits::AUDIT_ROWS_AT_ONCE);
            let read = move |snapshot: &mut dyn Snapshot| match &object {
                Some(object) => {
                    let before = span.after.map_or(i64::MAX, |(_, seq)| seq);
                    snapshot.audit_about(account, object, before, limit)
                }
                None => snapshot.audit_span(account, &span, limit),
            };
            let rows = self.store.read(Cost::Scan, read).await?;
            let is_last = rows.len() < limit;
            for row in rows {
                if entries.len() == wanted || looked == limits::READ_ROWS_MAX {
                    return self.next_page(&binding, entries, (span.after, count)).await;
                }
                span.after = Some((row.row.at, row.seq));
                looked += 1;
                let entry = Entry::of(row)?;
                if chosen.is_within(entry.at) && chosen.chooses(&entry) {
                    entries.push(entry);
                }
            }
            if is_last {
                return Ok(AuditPage { entries, next: None });
            }
        }
    }

    async fn next_page(
        &self,
        binding: &Binding,
        entries: Vec<Entry>,
        (after, count): (Option<(throng_jobs::Instant, i64)>, usize),
    ) -> Result<AuditPage> {
        let place = after.map_or(Place::Start, |(at, seq)| Place::Time(at, seq));
        Ok(AuditPage { entries, next: Some(self.seal_place(binding, place, count).await?) })
    }
}
