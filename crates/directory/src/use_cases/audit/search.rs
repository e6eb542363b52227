//! Searches of the audit log: time by its index, everything else row by row.

use throng_jobs::Instant;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::limits;
use crate::model::audit::{Entry, Event, Kind, Span};
use crate::model::canonical;
use crate::model::faults::Faults;
use crate::port::{Cost, Snapshot, StoreExt};

/// Which rows of the log.
#[derive(Clone, Debug, Default)]
pub struct AuditAsked {
    /// At this moment or later.
    pub from: Option<Instant>,
    /// At this moment or earlier.
    pub until: Option<Instant>,
    /// Of this event.
    pub event: Option<Event>,
    /// About these kinds of things; about any when empty.
    pub kinds: Vec<Kind>,
    /// By whom.
    pub author: Option<String>,
    /// From this address.
    pub address: Option<String>,
    /// With this text in any of their fields but the time, in any letter case.
    pub keyword: Option<String>,
    /// By author instead of by time.
    pub by_author: bool,
    /// The order turned round.
    pub descending: bool,
}

impl AuditAsked {
    pub(super) fn span(&self) -> Span {
        let from = self.from.unwrap_or(Instant::from_micros(0));
        let until = self.until.map_or(i64::MAX, |until| until.micros().saturating_add(1));
        // An order by author has the earliest first among equals.
        let descending = self.descending && !self.by_author;
        Span { from, until: Instant::from_micros(until), descending, after: None }
    }

    /// Whether this is one of its times.
    pub(super) fn is_within(&self, at: Instant) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at <= until)
    }

    /// Whether it is about a row of its times.
    pub(super) fn chooses(&self, entry: &Entry) -> bool {
        let is_kind = |kind: &Kind| kind.as_str() == entry.kind;
        let same = |asked: &Option<String>, text: &str| {
            asked.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(text))
        };
        self.event.is_none_or(|event| event.as_str() == entry.event)
            && (self.kinds.is_empty() || self.kinds.iter().any(is_kind))
            && same(&self.author, &entry.body.actor.name)
            && same(&self.address, entry.body.address.as_deref().unwrap_or_default())
            && self.keyword.as_ref().is_none_or(|keyword| has(entry, keyword))
    }
}

/// Whether a text, folded, stands in any field of a row.
fn has(entry: &Entry, folded: &str) -> bool {
    let is_in = |text: &str| canonical::person_name_key(text).contains(folded);
    let actor = &entry.body.actor;
    let texts = [Some(&entry.event), Some(&entry.kind), Some(&entry.object), Some(&actor.name)];
    let maybe = [&entry.name, &entry.user, &entry.body.address, &entry.body.request, &actor.key, &actor.role];
    texts.into_iter().chain(maybe.map(Option::as_ref)).flatten().any(|text| is_in(text))
        || entry.body.detail.iter().any(|(name, value)| is_in(name) || is_in(&value.to_string()))
}

impl Directory {
    /// A page of the rows that are chosen, and how many there are in all; with everything that was told before.
    ///
    /// # Errors
    /// `Forbidden`; `Faults` for more than `AUDIT_SEARCHED_MAX`.
    pub async fn search_audit(
        &self,
        caller: &Caller,
        asked: AuditAsked,
        (offset, limit): (u64, usize),
    ) -> Result<(Vec<Entry>, u64)> {
        caller.require(Permission::AuditRead)?;
        let account = caller.account;
        self.number_audit_of(account).await?;
        if asked.by_author {
            return self.search_by_author(account, &asked, (offset, limit)).await;
        }
        let (mut page, mut total) = (Vec::new(), 0u64);
        self.walk_audit(account, &asked, |entry| {
            if total >= offset && page.len() < limit {
                page.push(entry);
            }
            total += 1;
            Ok(())
        })
        .await?;
        Ok((page, total))
    }

    /// All rows that are chosen.
    ///
    /// # Errors
    /// `Forbidden`; `Faults` for more than `AUDIT_EXPORTED_MAX`.
    pub async fn export_audit(&self, caller: &Caller, asked: AuditAsked) -> Result<Vec<Entry>> {
        let page = (0, limits::AUDIT_EXPORTED_MAX);
        let (entries, total) = self.search_audit(caller, asked, page).await?;
        if total > limits::AUDIT_EXPORTED_MAX as u64 {
            return Err(too_many(limits::AUDIT_EXPORTED_MAX));
        }
        Ok(entries)
    }

    async fn search_by_author(
        &self,
        account: AccountId,
        asked: &AuditAsked,
        (offset, limit): (u64, usize),
    ) -> Result<(Vec<Entry>, u64)> {
        let mut found: Vec<(String, Instant, i64)> = Vec::new();
        self.walk_audit(account, asked, |entry| {
            found.push((canonical::person_name_key(&entry.body.actor.name), entry.at, entry.seq));
            Ok(())
        })
        .await?;
        found.sort_by(|a, b| {
            let authors = if asked.descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) };
            authors.then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
        });
        let total = found.len() as u64;
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let numbers: Vec<i64> = found.into_iter().skip(skip).take(limit).map(|(.., seq)| seq).collect();
        let read = move |snapshot: &mut dyn Snapshot| {
            let mut rows = Vec::with_capacity(numbers.len());
            for seq in &numbers {
                rows.append(&mut snapshot.audit_rows(account, seq - 1, 1)?);
            }
            Ok(rows)
        };
        let rows = self.store.read(Cost::Scan, read).await?;
        Ok((rows.into_iter().map(Entry::of).collect::<Result<_>>()?, total))
    }

    /// Shows each row that is chosen, in order of time.
    async fn walk_audit(
        &self,
        account: AccountId,
        asked: &AuditAsked,
        mut each: impl FnMut(Entry) -> Result<()>,
    ) -> Result<()> {
        let asked =
            AuditAsked { keyword: asked.keyword.as_deref().map(canonical::person_name_key), ..asked.clone() };
        let (mut span, mut chosen) = (asked.span(), 0);
        loop {
            let read = move |snapshot: &mut dyn Snapshot| {
                snapshot.audit_span(account, &span, limits::AUDIT_ROWS_AT_ONCE)
            };
            let rows = self.store.read(Cost::Scan, read).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            span.after = Some((last.row.at, last.seq));
            let is_last = rows.len() < limits::AUDIT_ROWS_AT_ONCE;
            for row in rows {
                let entry = Entry::of(row)?;
                if asked.chooses(&entry) {
                    chosen += 1;
                    if chosen > limits::AUDIT_SEARCHED_MAX {
                        return Err(too_many(limits::AUDIT_SEARCHED_MAX));
                    }
                    each(entry)?;
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

/// That more rows are chosen than one answer is made from.
fn too_many(max: usize) -> Error {
    let mut faults = Faults::default();
    faults.too_many("auditRecords", max);
    faults.refuse().err().unwrap_or_else(|| Error::internal("a fault is no fault"))
}
