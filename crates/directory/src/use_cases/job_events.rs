//! What happens to jobs, told as it happens: the present state of each job that has changed, as often as whoever listens
//! takes it and twice a second at most.
//!
//! Nothing is kept of what was told. The id of an event says what a client knows, and who comes back with it is told what
//! differs: of one job its mark, of all jobs of an account a sealed place (see [`place`]).

mod place;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::aead::NONCE_LEN;
use throng_jobs::Instant;
use tokio::sync::watch;
use tokio::time;

use self::place::{Mark, Place};
use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber};
use crate::limits;
use crate::model::jobs::Job;
use crate::port::{Cost, Glimpse, Snapshot, StoreExt};
use crate::use_cases::jobs::{JobView, Seen, may_see};
use crate::use_cases::lists::cursor::{Binding, seal, unseal};

/// Somebody who listens.
#[derive(Debug)]
pub struct Watch {
    caller: Caller,
    subject: Subject,
    /// When jobs were told that may be told again soon.
    recent: HashMap<JobNumber, time::Instant>,
    endings: watch::Receiver<u64>,
}

/// What one listens to.
#[derive(Debug)]
enum Subject {
    /// One job, and the mark under which it was told last.
    Job(JobNumber, Option<String>),
    /// All jobs of the account.
    Account(Arc<Place>),
}

/// A job that has changed.
#[derive(Clone, Debug)]
pub struct JobEvent {
    /// As it is now.
    pub view: JobView,
    /// What the client comes back with.
    pub id: String,
}

/// What a look has found.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Jobs that have changed, in the order of their ends and then of their numbers.
    pub events: Vec<JobEvent>,
    /// Whether there is more to be found at once.
    pub more: bool,
    /// Whether nothing will happen any more.
    pub is_over: bool,
}

impl Directory {
    /// Listens to one job. `seen` is the id of the last event that the client has; none when it has seen the end.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`].
    pub async fn listen_to_job(
        &self,
        caller: &Caller,
        id: &str,
        seen: Option<&str>,
    ) -> Result<Option<Watch>> {
        let endings = self.bell.endings();
        let job = self.any_job(caller, id).await?;
        if job.state.is_terminal() && seen == Some(&job.mark()) {
            return Ok(None);
        }
        let subject = Subject::Job(job.number, seen.map(str::to_owned));
        Ok(Some(Watch { caller: caller.clone(), subject, recent: HashMap::new(), endings }))
    }

    /// Listens to all jobs of the account that the caller may see: to those that have not ended, and to all that come.
    /// `seen` is the id of the last event that the client has; what has changed since then is told, too.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for what is no id of an event of this account and client.
    pub async fn listen_to_jobs(&self, caller: &Caller, seen: Option<&str>) -> Result<Watch> {
        caller.require(Permission::JobReportRead)?;
        let endings = self.bell.endings();
        let account = caller.account;
        let place = match seen {
            Some(id) => {
                let secret = self.cursor_secret(account).await?;
                let place =
                    unseal(&secret, &bound_to(caller), id).and_then(|bytes| Place::from_bytes(&bytes));
                let detail = "this is no id of an event of this account's jobs: begin again without one";
                place.ok_or_else(|| Error::invalid("Last-Event-ID", detail))?
            }
            None => self.store.read(Cost::Scan, move |snapshot| beginning(snapshot, account)).await?,
        };
        let subject = Subject::Account(Arc::new(place));
        Ok(Watch { caller: caller.clone(), subject, recent: HashMap::new(), endings })
    }

    /// The id with which a client that has been told everything until now comes back; none where only events have one.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn event_id(&self, watch: &Watch) -> Result<Option<String>> {
        match &watch.subject {
            Subject::Job(..) => Ok(None),
            Subject::Account(place) => {
                let secret = self.cursor_secret(watch.caller.account).await?;
                Ok(Some(self.event_id_of(&secret, &watch.caller, place.to_bytes())?))
            }
        }
    }

    /// What has changed since the last look.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn look(&self, watch: &mut Watch) -> Result<News> {
        watch.recent.retain(|_, told| told.elapsed() < limits::EVENT_EVERY);
        let news = match &watch.subject {
            Subject::Job(number, _) => self.look_at_job(watch, *number).await?,
            Subject::Account(place) => {
                let (news, place) = self.look_at_jobs(watch, Arc::clone(place)).await?;
                watch.subject = Subject::Account(Arc::new(place));
                news
            }
        };
        for event in &news.events {
            watch.recent.insert(event.view.job.number, time::Instant::now());
            if let Subject::Job(_, seen) = &mut watch.subject {
                *seen = Some(event.id.clone());
            }
        }
        Ok(news)
    }

    /// Waits until a job has ended, and a moment for others to end; so long at most.
    pub async fn wait_for_news(&self, watch: &mut Watch, at_most: Duration) {
        // A signal or the next look, whichever comes first.
        let _ = time::timeout(at_most.saturating_sub(limits::EVENT_GATHER), watch.endings.changed()).await;
        time::sleep(limits::EVENT_GATHER).await;
    }

    /// Waits until nobody waits any longer: the server stops.
    pub async fn stopping(&self) {
        let mut endings = self.bell.endings();
        while !self.bell.is_closed() && endings.changed().await.is_ok() {}
    }

    async fn look_at_job(&self, watch: &Watch, number: JobNumber) -> Result<News> {
        let Subject::Job(_, seen) = &watch.subject else { return Ok(News::default()) };
        let (account, now) = (watch.caller.account, self.now());
        let known = seen.clone();
        let is_held = watch.recent.contains_key(&number);
        let read = move |snapshot: &mut dyn Snapshot| {
            let Some(job) = snapshot.job(account, number)?.filter(|job| job.purged_at.is_none()) else {
                return Ok(News { is_over: true, ..News::default() });
            };
            let (id, is_over) = (job.mark(), job.state.is_terminal());
            if known.as_deref() == Some(&id) {
                return Ok(News { is_over, ..News::default() });
            }
            if is_held {
                return Ok(News::default());
            }
            let event = JobEvent { view: JobView::of(snapshot, job, now)?, id };
            Ok(News { events: vec![event], more: false, is_over })
        };
        self.store.read(Cost::Point, read).await
    }

    async fn look_at_jobs(&self, watch: &Watch, place: Arc<Place>) -> Result<(News, Place)> {
        let caller = &watch.caller;
        let secret = self.cursor_secret(caller.account).await?;
        let (account, now) = (caller.account, self.now());
        let listener = caller.clone();
        let held: Arc<HashSet<JobNumber>> = Arc::new(watch.recent.keys().copied().collect());
        let read = move |snapshot: &mut dyn Snapshot| {
            let place = Place::clone(&place);
            let mut look =
                Look { account, caller: &listener, held: &held, place, now, told: Vec::new(), more: false };
            look.at_everything(snapshot)?;
            Ok((look.told, look.more, look.place))
        };
        let (told, more, place) = self.store.read(Cost::Scan, read).await?;
        let event = |(view, place): (JobView, Vec<u8>)| {
            Ok(JobEvent { view, id: self.event_id_of(&secret, caller, place)? })
        };
        let events = told.into_iter().map(event).collect::<Result<Vec<_>>>()?;
        Ok((News { events, more, is_over: false }, place))
    }

    fn event_id_of(&self, secret: &[u8; 32], caller: &Caller, place: Vec<u8>) -> Result<String> {
        let mut nonce = [0u8; NONCE_LEN];
        self.ids.fill(&mut nonce);
        seal(secret, nonce, &bound_to(caller), place)
    }
}

fn bound_to(caller: &Caller) -> Vec<u8> {
    Binding::new(caller, &["events of jobs"]).additional()
}

/// The place of whoever knows nothing and is not told what has ended.
fn beginning(snapshot: &mut dyn Snapshot, account: AccountId) -> Result<Place> {
    let edge = snapshot.store_now(account)?.minus(limits::EVENT_LOOK_BACK);
    let mut place = Place::at(edge);
    let mut after = place.since;
    loop {
        let page = snapshot.ended_after(account, after, limits::READ_ROWS_MAX)?;
        place.ended.extend(page.iter().map(|job| job.number));
        match page.last() {
            Some(last) if page.len() == limits::READ_ROWS_MAX => after = (last.touched_at, last.number),
            _ => return Ok(place),
        }
    }
}

/// A look at all jobs of an account.
struct Look<'a> {
    account: AccountId,
    /// Who listens: jobs that they may not see are passed over.
    caller: &'a Caller,
    /// Jobs that were told a moment ago.
    held: &'a HashSet<JobNumber>,
    place: Place,
    now: Instant,
    /// What is told, with what its id seals.
    told: Vec<(JobView, Vec<u8>)>,
    more: bool,
}

impl Look<'_> {
    fn at_everything(&mut self, snapshot: &mut dyn Snapshot) -> Result<()> {
        let edge = snapshot.store_now(self.account)?.minus(limits::EVENT_LOOK_BACK);
        let unfinished = self.unfinished(snapshot)?;
        self.at_ended(snapshot, edge)?;
        self.at_vanished(snapshot, &unfinished)?;
        self.at_unfinished(snapshot, &unfinished)
    }

    /// The jobs that have not ended.
    fn unfinished(&self, snapshot: &mut dyn Snapshot) -> Result<Vec<Glimpse>> {
        let (mut all, mut after) = (Vec::new(), JobNumber(0));
        loop {
            let page = snapshot.unfinished(self.account, after, limits::READ_ROWS_MAX)?;
            let is_last = page.len() < limits::READ_ROWS_MAX;
            after = page.last().map_or(after, |job| job.number);
            all.extend(page.into_iter().filter(|job| may_see(self.caller, Seen::from(job))));
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Tells what has ended. The place follows, but never beyond the edge: behind it ends may yet appear between those
    /// that are there.
    fn at_ended(&mut self, snapshot: &mut dyn Snapshot, edge: Instant) -> Result<()> {
        let (mut after, mut passes, mut late) = (self.place.since, true, BTreeSet::new());
        loop {
            let page = snapshot.ended_after(self.account, after, limits::READ_ROWS_MAX)?;
            for job in &page {
                after = (job.touched_at, job.number);
                let is_seen = may_see(self.caller, Seen::from(job));
                let is_news = is_seen && !self.place.ended.contains(&job.number);
                if is_news && self.held.contains(&job.number) {
                    passes = false;
                    continue;
                }
                if is_news && self.is_full() {
                    return Ok(());
                }
                if job.touched_at >= edge {
                    late.insert(job.number);
                    self.place.ended.insert(job.number);
                } else if passes {
                    self.place.since = after;
                } else {
                    self.place.ended.insert(job.number);
                }
                self.place.open.remove(&job.number);
                if is_news {
                    self.tell(snapshot, job.number)?;
                }
            }
            if page.len() < limits::READ_ROWS_MAX {
                break;
            }
        }
        if passes {
            self.place.since = (edge, JobNumber(0));
            self.place.ended = late;
        }
        Ok(())
    }

    /// Tells of jobs that were told before their ends and are found nowhere: their ends appeared late, or the
    /// clock was set back.
    fn at_vanished(&mut self, snapshot: &mut dyn Snapshot, unfinished: &[Glimpse]) -> Result<()> {
        let there: HashSet<JobNumber> = unfinished.iter().map(|job| job.number).collect();
        let gone = |number: &JobNumber| !there.contains(number) && !self.held.contains(number);
        let gone: Vec<JobNumber> = self.place.open.keys().copied().filter(gone).collect();
        for number in gone {
            if self.is_full() {
                return Ok(());
            }
            self.place.open.remove(&number);
            self.place.ended.insert(number);
            self.tell(snapshot, number)?;
        }
        Ok(())
    }

    fn at_unfinished(&mut self, snapshot: &mut dyn Snapshot, unfinished: &[Glimpse]) -> Result<()> {
        for job in unfinished {
            let mark = Mark::from(job);
            if self.place.open.get(&job.number) == Some(&mark) || self.held.contains(&job.number) {
                continue;
            }
            if self.is_full() {
                return Ok(());
            }
            self.place.open.insert(job.number, mark);
            self.tell(snapshot, job.number)?;
        }
        Ok(())
    }

    /// Whether no more is told by this look; notes that there is more.
    fn is_full(&mut self) -> bool {
        self.more |= self.told.len() >= limits::EVENTS_AT_ONCE;
        self.more
    }

    /// Tells of a job, unless it is not kept any more. The place has it already.
    fn tell(&mut self, snapshot: &mut dyn Snapshot, number: JobNumber) -> Result<()> {
        let job = snapshot.job(self.account, number)?;
        let is_shown = |job: &Job| job.purged_at.is_none() && may_see(self.caller, Seen::from(job));
        if let Some(job) = job.filter(is_shown) {
            let view = JobView::of(snapshot, job, self.now)?;
            self.told.push((view, self.place.to_bytes()));
        }
        Ok(())
    }
}
