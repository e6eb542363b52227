//! The one door. Every use case is one method of [`Directory`]; the files of [`crate::use_cases`] hold them.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use throng_jobs::{Clock, Instant, RunnerSettings};
use throng_scim::Registry;
use tokio::sync::{Notify, Semaphore, watch};

use crate::caller::Caller;
use crate::error::Result;
use crate::ids::{AccountId, Ids};
use crate::limits;
use crate::model::passwords::SealingKey;
use crate::port::{Cost, Durability, Store, StoreExt};
use crate::use_cases::audit::told::Told;
use crate::use_cases::figures::Worked;
use crate::use_cases::imports::turns::Turns;
use crate::use_cases::item_views::Views;
use crate::use_cases::tokens::KnownKeys;

/// What an operator may set. Every time and size of the job engine is here, so that tests can make it small.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Items of one chunk (≥ 1).
    pub chunk_items: usize,
    /// How long a worker owns a job after its last commit.
    pub lease: Duration,
    /// How long a small membership write waits for its turn.
    pub inline_wait: Duration,
    /// How long a file waits until it is read.
    pub file_turn: Duration,
    /// Items of a membership write that a rehearsal tells one by one although a job would do them later.
    pub rehearsed_items_max: usize,
    /// Jobs worked at the same time, their look for unannounced work, and their turn.
    pub runner: RunnerSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            chunk_items: limits::CHUNK_ITEMS_DEFAULT,
            lease: Duration::from_secs(15),
            inline_wait: limits::INLINE_WAIT,
            file_turn: limits::FILE_TURN_MAX,
            rehearsed_items_max: limits::REHEARSED_ITEMS_MAX,
            runner: RunnerSettings {
                slots: 2,
                poll: Duration::from_secs(1),
                turn: Duration::from_millis(250),
            },
        }
    }
}

/// The directory over a store.
pub struct Directory {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<Ids>,
    pub(crate) settings: Settings,
    pub(crate) registry: Arc<Registry>,
    pub(crate) uploads: Turns,
    pub(crate) rehearsals: Arc<Semaphore>,
    pub(crate) hashes: Arc<Semaphore>,
    /// Places of people who log in, at work or waiting for a turn.
    pub(crate) logins: Arc<Semaphore>,
    /// Turns of lists that look at many: one for each core.
    pub(crate) scans: Semaphore,
    /// With which passwords of files are sealed until they are hashed; without it they are dropped.
    pub(crate) sealing: Option<Arc<SealingKey>>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) known_keys: Mutex<HashMap<String, (Caller, Instant)>>,
    pub(crate) known_signers: Mutex<KnownKeys>,
    pub(crate) cursor_secrets: Mutex<HashMap<AccountId, [u8; 32]>>,
    pub(crate) worker_panics: AtomicU64,
    pub(crate) worked: Worked,
    pub(crate) clock_jumped: AtomicBool,
    pub(crate) views: Views,
    pub(crate) told: Mutex<Told>,
    /// Whether it is that of a rehearsal that is taken back: what would be queued is tried at once, to tell of it.
    pub(crate) is_trial: bool,
}

impl Directory {
    /// A directory over this store, of resources as the registry has them.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        settings: Settings,
        registry: Arc<Registry>,
    ) -> Self {
        let bell = Arc::new(Bell::default());
        let ring = Arc::clone(&bell);
        store.on_queued(Box::new(move || ring.job_queued()));
        Self {
            store,
            clock,
            ids,
            settings,
            registry,
            uploads: Turns::default(),
            rehearsals: Arc::new(Semaphore::new(limits::REHEARSALS_AT_ONCE)),
            hashes: Arc::new(Semaphore::new(limits::HASHES_AT_ONCE)),
            logins: Arc::new(Semaphore::new(limits::LOGINS_AT_ONCE)),
            scans: Semaphore::new(std::thread::available_parallelism().map_or(1, NonZero::get)),
            sealing: None,
            bell,
            known_keys: Mutex::default(),
            known_signers: Mutex::default(),
            cursor_secrets: Mutex::default(),
            worker_panics: AtomicU64::new(0),
            worked: Worked::default(),
            clock_jumped: AtomicBool::new(false),
            views: Views::default(),
            told: Mutex::default(),
            is_trial: false,
        }
    }

    /// The same, with a key for the passwords of files. Nodes of one database have the same.
    #[must_use]
    pub fn with_sealing_key(self, key: SealingKey) -> Self {
        Self { sealing: Some(Arc::new(key)), ..self }
    }

    /// Lets nobody wait for a job any longer: the server stops.
    pub fn stop_waiting(&self) {
        self.bell.close();
    }

    /// The schemas and resource types.
    pub const fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The store's promise at each commit, if the store can be read; see [`Store::durability`].
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be reached.
    pub async fn check(&self) -> Result<Durability> {
        self.store.read(Cost::Point, |snapshot| snapshot.account("").map(drop)).await?;
        Ok(self.store.durability())
    }

    /// Panics in workers since the start. Each was caught, and its job is tried again.
    pub fn worker_panics(&self) -> u64 {
        self.worker_panics.load(Ordering::Relaxed)
    }

    /// Whether this node throws nothing away, because the store's clock has gone on by more than `CLOCK_JUMP_MAX` since it
    /// was looked at last.
    pub fn clock_jumped(&self) -> bool {
        self.clock_jumped.load(Ordering::Relaxed)
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }
}

/// Tells workers that a job was queued, and waiting requests that a job has ended. Both are hints: workers
/// also poll, and who waits reads the job again.
#[derive(Debug)]
pub struct Bell {
    queued: Notify,
    ended: watch::Sender<u64>,
    closed: AtomicBool,
}

impl Default for Bell {
    fn default() -> Self {
        Self { queued: Notify::new(), ended: watch::Sender::new(0), closed: AtomicBool::new(false) }
    }
}

impl Bell {
    /// A job was queued.
    pub fn job_queued(&self) {
        self.queued.notify_one();
    }

    /// Waits until a job was queued.
    pub async fn wait_for_jobs(&self) {
        self.queued.notified().await;
    }

    /// A job has ended.
    pub fn job_ended(&self) {
        self.ended.send_modify(|n| *n += 1);
    }

    /// From here on nobody waits.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.job_ended();
    }

    /// Whether nobody waits any more.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// A receiver that changes whenever a job ends.
    pub fn endings(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }
}
