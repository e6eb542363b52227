//! A directory over a store that goes with the test, with workers running.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use throng_directory::caller::{Caller, Role};
use throng_directory::ids::{Ids, Random};
use throng_directory::model::jobs::Job;
use throng_directory::model::passwords::SealingKey;
use throng_directory::port::Store;
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Directory, Settings, workers};
use throng_jobs::{Clock, Instant};
use throng_scim::Registry;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Moves by a millisecond at each look, so that nothing in a test depends on the machine's clock.
struct StepClock(AtomicI64);

impl Clock for StepClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.fetch_add(1_000, Ordering::Relaxed))
    }
}

/// A fixed sequence (splitmix64).
struct Seeded(AtomicU64);

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A running directory with one account.
pub struct House {
    /// The directory.
    pub directory: Arc<Directory>,
    /// An account administrator.
    pub caller: Caller,
    /// What the directory works on.
    pub store: Arc<dyn Store>,
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
    _home: throng_backends::Home,
}

impl House {
    /// Starts with chunks of this many items.
    pub async fn start(chunk_items: usize) -> Self {
        Self::with(chunk_items, |directory| directory).await
    }

    /// The same, with a key to seal passwords with.
    pub async fn sealing(chunk_items: usize) -> Self {
        Self::with(chunk_items, |directory| directory.with_sealing_key(SealingKey::new(&[7; 32]))).await
    }

    async fn with(chunk_items: usize, finish: impl FnOnce(Directory) -> Directory) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(StepClock(AtomicI64::new(1_700_000_000_000_000)));
        let throng_backends::Fresh { store, home } = throng_backends::chosen(Arc::clone(&clock)).unwrap();
        let ids = Arc::new(Ids::new(Box::new(Seeded(AtomicU64::new(7)))));
        let mut settings = Settings { chunk_items, ..Settings::default() };
        settings.lease = Duration::from_hours(1);
        settings.runner.poll = Duration::from_millis(20);
        let registry = Arc::new(Registry::standard());
        let directory = Directory::new(Arc::clone(&store), clock, ids, settings, registry);
        let directory = Arc::new(finish(directory));
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn(workers::run(Arc::clone(&directory), stopped));
        let operator = Caller::operator();
        directory.create_account(&operator, "acme").await.unwrap();
        let request = KeyRequest::new(Some("acme"), Role::AccountAdministrator);
        let token = directory.create_key(&operator, request).await.unwrap().token;
        let caller = directory.authenticate(&token, "").await.unwrap();
        Self { directory, caller, store, stop, work, _home: home }
    }

    /// The report of a job, once it has ended.
    pub async fn ended(&self, number: i64) -> Job {
        for _ in 0..2_000 {
            let job = self.directory.job_report(&self.caller, &number.to_string()).await.unwrap();
            assert_eq!(job.counts.processed() + job.counts.pending(), job.counts.total, "the sum law");
            if job.state.is_terminal() {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("job {number} does not end");
    }

    /// Stops the workers.
    pub async fn stop(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(10), self.work).await.unwrap().unwrap();
    }
}
