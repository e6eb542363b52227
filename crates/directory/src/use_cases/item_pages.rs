//! Pages of the items of a job: any choice of them, in any order, by number and by cursor.
//!
//! Items lie in stored pages, in one natural order: that of the request, or that of logins. Three ways lead to a page of
//! a list, the first that serves: the numbers say where it is; the stored pages' counts say which of them have items of
//! an outcome; all items are looked at, which makes a view. Counts and views of jobs that have ended are kept.
//!
//! A cursor in the natural order is a bound between two places. In another order it is the last item that was shown; where
//! items may still change, with the text by which it was ordered.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use throng_jobs::{Class, Outcome};
use throng_scim::Error as ScimError;

use super::item_choice::{Choice, ItemField, Needs, RowStatus, Seen};
use super::item_views::{Found, ViewKey};
use super::job_items::at_the_end;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::jobs::{Job, ResultCounts};
use crate::port::scan::Place;
use crate::port::{Cost, Snapshot, StoreExt};

/// What is called for each item that is looked at.
pub(crate) type Each<'a> = dyn FnMut(&Seen<'_>) + Send + 'a;

/// The items of a job, as they are stored.
pub(crate) trait Listed: Sync {
    /// What is shown of one.
    type Item: Send;
    /// The field in whose order they lie.
    fn natural(&self) -> ItemField;
    fn directory(&self) -> &Directory;
    fn job(&self) -> &Job;
    /// Items of the job.
    fn total(&self) -> u64;
    /// Items of a stored page.
    fn page_items(&self) -> u64;
    /// How many of them are looked at in one go.
    fn pages_at_once(&self, needs: Needs) -> usize;
    /// Whether it is known what all items are.
    fn is_complete(&self) -> bool;
    /// Whether result pages hold what is settled.
    fn has_results(&self) -> bool;
    /// The status of an unsettled item.
    fn unsettled(&self, place: u64) -> RowStatus;
    /// The items at these places, in their order.
    fn items(&self, places: &[u64]) -> impl Future<Output = Result<Vec<Self::Item>>> + Send;
    /// Shows the items of these stored pages, in order.
    fn see(
        &self,
        needs: Needs,
        pages: &[u32],
        each: &mut Each<'_>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Shows the places of those items of these stored pages that are chosen by their outcome or status, in order.
    fn see_chosen(
        &self,
        choice: &Choice,
        pages: &[u32],
        each: &mut (dyn FnMut(u64) + Send),
    ) -> impl Future<Output = Result<()>> + Send {
        async move {
            let mut look = |item: &Seen<'_>| {
                if choice.takes(item.outcome, item.status) {
                    each(item.place);
                }
            };
            self.see(Needs::OUTCOME, pages, &mut look).await
        }
    }
}

/// Where a page begins.
#[derive(Clone, Debug)]
pub(crate) enum Begin {
    /// Behind so many items.
    Offset(u64),
    /// Where the page before ended.
    Behind(Place),
}

/// A page.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Items of the whole list.
    pub(crate) total: u64,
    /// Where the next page begins; none after the last.
    pub(crate) next: Option<Place>,
}

/// A page of at most `count` items.
pub(crate) async fn page<L: Listed>(
    list: &L,
    choice: &Choice,
    begin: &Begin,
    count: usize,
) -> Result<Page<L::Item>> {
    let (places, total, next) = if choice.order.field != list.natural() || !choice.is_by_outcome() {
        of_view(list, choice, begin, count).await?
    } else if choice.is_everything() {
        of_all(list.total(), choice.order.descending, begin, count)
    } else {
        of_outcome(list, choice, begin, count).await?
    };
    let items = if places.is_empty() { Vec::new() } else { list.items(&places).await? };
    Ok(Page { items, total, next })
}

/// The places of a page, how many items the whole list has, and where the next page begins.
type Places = (Vec<u64>, u64, Option<Place>);

/// The bound in the natural order behind which a page begins, and items that are skipped from there.
fn bound(begin: &Begin, total: u64, descending: bool) -> (u64, u64) {
    let first = if descending { total } else { 0 };
    match begin {
        Begin::Offset(offset) => (first, *offset),
        Begin::Behind(Place::Key(key)) => (u64::try_from(*key).unwrap_or(0).min(total), 0),
        Begin::Behind(_) => (first, 0),
    }
}

/// The bound behind an item.
fn behind(last: Option<&u64>, descending: bool) -> Option<Place> {
    let bound = last.map(|last| if descending { *last } else { last + 1 })?;
    Some(Place::Key(i64::try_from(bound).unwrap_or(i64::MAX)))
}

/// Everything, in the natural order.
fn of_all(total: u64, descending: bool, begin: &Begin, count: usize) -> Places {
    let (bound, skip) = bound(begin, total, descending);
    let count = count as u64;
    let places: Vec<u64> = if descending {
        let end = bound.saturating_sub(skip);
        (end.saturating_sub(count)..end).rev().collect()
    } else {
        let start = bound.saturating_add(skip).min(total);
        (start..start.saturating_add(count).min(total)).collect()
    };
    let is_last = places.last().is_none_or(|last| *last == if descending { 0 } else { total - 1 });
    let next = if is_last { None } else { behind(places.last(), descending) };
    (places, total, next)
}

/// Items of some outcomes or statuses, in the natural order: the counts of the stored pages say which of them to look at.
async fn of_outcome<L: Listed>(list: &L, choice: &Choice, begin: &Begin, count: usize) -> Result<Places> {
    let counts = counts(list, choice).await?;
    let total = counts.iter().copied().map(u64::from).sum();
    let descending = choice.order.descending;
    let (bound, mut skip) = bound(begin, list.total(), descending);
    let is_behind = |place: u64| if descending { place < bound } else { place >= bound };
    let mut pages: Vec<(u32, u32)> =
        (0..).zip(counts.iter().copied()).filter(|(_, items)| *items > 0).collect();
    // Pages before the bound have nothing to show; the one that it cuts may have less than its count says.
    pages.retain(|(page, _)| {
        let first = u64::from(*page) * list.page_items();
        if descending { first < bound } else { first + list.page_items() > bound }
    });
    if descending {
        pages.reverse();
    }
    let mut pages = pages.into_iter().peekable();
    while let Some((_, items)) =
        pages.next_if(|(_, items)| matches!(begin, Begin::Offset(_)) && u64::from(*items) <= skip)
    {
        skip -= u64::from(items);
    }
    let mut places: Vec<u64> = Vec::new();
    let mut is_more = false;
    while places.len() <= count && pages.peek().is_some() {
        let wanted = count as u64 + 1 + skip;
        let mut sum = places.len() as u64;
        let mut looked_at: Vec<u32> = Vec::new();
        while looked_at.len() < list.pages_at_once(Needs::OUTCOME)
            && sum < wanted
            && let Some((page, items)) = pages.next()
        {
            sum += u64::from(items);
            looked_at.push(page);
        }
        let mut found = Vec::new();
        looked_at.sort_unstable();
        let mut look = |place| {
            if is_behind(place) {
                found.push(place);
            }
        };
        list.see_chosen(choice, &looked_at, &mut look).await?;
        if descending {
            found.reverse();
        }
        let skipped = skip.min(found.len() as u64);
        skip -= skipped;
        places.extend(found.into_iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)));
        is_more = pages.peek().is_some();
    }
    is_more |= places.len() > count;
    places.truncate(count);
    let next = if is_more { behind(places.last(), descending) } else { None };
    Ok((places, total, next))
}

/// How many items of each stored page are chosen by their outcome or status.
async fn counts<L: Listed>(list: &L, choice: &Choice) -> Result<Arc<Vec<u32>>> {
    let (directory, job) = (list.directory(), list.job());
    let key = ViewKey {
        account: job.account,
        job: job.number,
        query: format!("counts {:?} {:?}", choice.outcomes, choice.filter),
    };
    let now = directory.now();
    if let Some(counts) = directory.views.get(&key, now) {
        return Ok(counts);
    }
    let stored = if list.has_results() { stored_counts(list, choice).await? } else { None };
    let counts = Arc::new(match stored {
        Some(counts) => counts,
        None => seen_counts(list, choice).await?,
    });
    if job.state.is_terminal() {
        directory.views.keep(key, Arc::clone(&counts), now);
    }
    Ok(counts)
}

/// The same from the numbers of the result pages, where these can tell.
async fn stored_counts<L: Listed>(list: &L, choice: &Choice) -> Result<Option<Vec<u32>>> {
    let (directory, job) = (list.directory(), list.job());
    let (account, number, page_items) = (job.account, job.number, list.page_items());
    let pages = usize::try_from(list.total().div_ceil(page_items)).unwrap_or(usize::MAX);
    let mut stored: Vec<Option<ResultCounts>> = vec![None; pages];
    let mut from = 0u32;
    loop {
        let limit = limits::READ_ROWS_MAX;
        let read = move |snapshot: &mut dyn Snapshot| snapshot.result_counts(account, number, from, limit);
        let counts = directory.store.read(Cost::Scan, read).await?;
        for count in &counts {
            if let Some(slot) = stored.get_mut(count.page as usize) {
                *slot = Some(*count);
            }
        }
        match counts.last() {
            Some(end) if counts.len() == limit => from = end.page + 1,
            _ => break,
        }
    }
    let unsettled = at_the_end(job, Outcome::Pending);
    let tally = job.state.is_terminal().then_some(&job.tally);
    let mut chosen = Vec::with_capacity(pages);
    for (first, counts) in (0..).step_by(usize::try_from(page_items).unwrap_or(1)).zip(stored) {
        let items = page_items.min(list.total() - first);
        let (taken, settled) = match counts {
            None => (0, 0),
            Some(counts) => match choice.settled(tally, &counts) {
                Some(taken) => (taken, u64::from(counts.effective + counts.ignored + counts.failed)),
                None => return Ok(None),
            },
        };
        // Of a job that runs what is unsettled lies behind what is settled; of one that has ended it is all the same.
        let left = first + settled.min(items)..first + items;
        let left = if unsettled.class() == Class::Skipped {
            if choice.takes(unsettled, RowStatus::Aborted) { left.end - left.start } else { 0 }
        } else {
            left.filter(|place| choice.takes(unsettled, list.unsettled(*place))).count() as u64
        };
        chosen.push(u32::try_from(taken + left).unwrap_or(u32::MAX));
    }
    Ok(Some(chosen))
}

/// The same by looking at each item's outcome.
async fn seen_counts<L: Listed>(list: &L, choice: &Choice) -> Result<Vec<u32>> {
    let pages = list.total().div_ceil(list.page_items());
    let mut chosen = vec![0; usize::try_from(pages).unwrap_or(usize::MAX)];
    let mut look = |place: u64| {
        let page = usize::try_from(place / list.page_items()).unwrap_or(usize::MAX);
        if let Some(count) = chosen.get_mut(page) {
            *count += 1;
        }
    };
    for some in all_pages(list, Needs::OUTCOME) {
        list.see_chosen(choice, &some, &mut look).await?;
    }
    Ok(chosen)
}

/// All stored pages, as many at a time as are looked at in one go.
fn all_pages<L: Listed>(list: &L, needs: Needs) -> impl Iterator<Item = Vec<u32>> {
    let pages = u32::try_from(list.total().div_ceil(list.page_items())).unwrap_or(u32::MAX);
    let at_once = list.pages_at_once(needs);
    (0..pages).step_by(at_once).map(move |page| (page..pages).take(at_once).collect())
}

/// Any choice in any order: all items are looked at. Where nothing of it changes any more the places are kept.
async fn of_view<L: Listed>(list: &L, choice: &Choice, begin: &Begin, count: usize) -> Result<Places> {
    let descending = choice.order.descending;
    let is_natural = choice.order.field == list.natural();
    let (places, found) = view(list, choice, begin).await?;
    let start = match begin {
        Begin::Offset(offset) => usize::try_from(*offset).unwrap_or(usize::MAX),
        Begin::Behind(Place::Key(key)) if is_natural => {
            let bound = u32::try_from(*key).unwrap_or(u32::MAX);
            places.partition_point(|place| if descending { *place >= bound } else { *place < bound })
        }
        Begin::Behind(Place::Key(key)) => {
            let shown = places.iter().position(|place| i64::from(*place) == *key);
            1 + shown.ok_or_else(|| {
                let detail = "what this cursor stood at is not in the list any more: begin again without one";
                Error::Scim(ScimError::expired_cursor(detail))
            })?
        }
        Begin::Behind(Place::Name(text, key)) => {
            found.as_ref().map_or(0, |found| found.until(text, u64::try_from(*key).unwrap_or(0), descending))
        }
        Begin::Behind(_) => 0,
    };
    let end = start.saturating_add(count).min(places.len());
    let shown: Vec<u64> = places.iter().take(end).skip(start).map(|place| u64::from(*place)).collect();
    let next = match (shown.last(), &found) {
        (Some(_), _) if end == places.len() => None,
        (at, _) if is_natural => behind(at, descending),
        (Some(at), Some(found)) if !is_lasting(list, choice) => {
            Some(Place::Name(found.text_at(end - 1), i64::try_from(*at).unwrap_or(i64::MAX)))
        }
        (at, _) => at.map(|at| Place::Key(i64::try_from(*at).unwrap_or(i64::MAX))),
    };
    Ok((shown, places.len() as u64, next))
}

/// The places of a view; with what they are ordered by, unless they were known.
async fn view<L: Listed>(list: &L, choice: &Choice, begin: &Begin) -> Result<(Arc<Vec<u32>>, Option<Found>)> {
    let (directory, job) = (list.directory(), list.job());
    let key = ViewKey { account: job.account, job: job.number, query: format!("{choice:?}") };
    // A cursor of the time when the job ran has the text that its item had then.
    let is_new = !is_lasting(list, choice) || matches!(begin, Begin::Behind(Place::Name(..)));
    let known = || if is_new { None } else { directory.views.get(&key, directory.now()) };
    if let Some(places) = known() {
        return Ok((places, None));
    }
    let turn = directory.views.turns.acquire().await;
    let _turn = turn.map_err(|error| Error::internal(error.to_string()))?;
    if let Some(places) = known() {
        return Ok((places, None));
    }
    let now = directory.now();
    let found = found(list, choice).await?;
    let places = Arc::new(found.places());
    if is_lasting(list, choice) {
        directory.views.keep(key, Arc::clone(&places), now);
    }
    Ok((places, Some(found)))
}

/// Whether a view stays as it is: the job has ended, or goes on without changing anything that the view depends on.
fn is_lasting<L: Listed>(list: &L, choice: &Choice) -> bool {
    list.job().state.is_terminal() || (list.is_complete() && !choice.needs().is_passing())
}

/// Looks at all items.
async fn found<L: Listed>(list: &L, choice: &Choice) -> Result<Found> {
    let is_natural = choice.order.field == list.natural();
    let descending = choice.order.descending;
    let mut found = Found::with_room(list.total());
    let mut look = |item: &Seen<'_>| {
        if choice.selects(item) {
            let text = if is_natural { Cow::Borrowed("") } else { choice.key(item) };
            found.add(&text, item.place);
        }
    };
    for some in all_pages(list, choice.needs()) {
        list.see(choice.needs(), &some, &mut look).await?;
    }
    if is_natural {
        if descending {
            found.turn_round();
        }
        return Ok(found);
    }
    let sort = move || {
        found.sort(descending);
        found
    };
    tokio::task::spawn_blocking(sort).await.map_err(|error| Error::internal(error.to_string()))
}
