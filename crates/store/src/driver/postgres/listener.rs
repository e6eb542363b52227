//! A thread that hears of jobs that other nodes queued, and watches how durable commits are.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use throng_directory::port::Durability;
use tokio::sync::Notify;

use super::connect::Connector;
use super::link::{Kind, Link};
use super::value::PgRow;
use super::wire::Heard;
use crate::conn::{Flow, Row};
use crate::fault::{Fault, Outcome};
use crate::migrate;

/// How often the settings are read.
const LOOK: Duration = Duration::from_secs(5);
/// How long the thread waits before it connects again.
const PAUSE: Duration = Duration::from_secs(1);

/// Called when a job may have been queued.
type Heed = Arc<dyn Fn() + Send + Sync>;

/// What the thread and the store share.
pub struct News {
    connector: Arc<Connector>,
    level: AtomicU8,
    /// Whether a newer server changed the schema so that this one must not work on it any more.
    outdated: AtomicBool,
    heed: Mutex<Option<Heed>>,
    stopped: AtomicBool,
    stop: Notify,
}

/// The thread. Nothing depends on it but how soon work is noticed.
pub struct Listener {
    /// What it learns.
    pub news: Arc<News>,
    thread: Option<JoinHandle<()>>,
}

impl News {
    /// The level as it was last read.
    pub fn level(&self) -> Durability {
        match self.level.load(Ordering::Relaxed) {
            0 => Durability::Process,
            1 => Durability::PowerLoss,
            _ => Durability::NodeLoss,
        }
    }

    /// Whether this server is too old for the schema.
    pub fn is_outdated(&self) -> bool {
        self.outdated.load(Ordering::Relaxed)
    }

    /// Says who is told of queued jobs.
    pub fn on_queued(&self, heed: Heed) {
        *self.heed.lock().unwrap_or_else(PoisonError::into_inner) = Some(heed);
    }

    fn tell(&self) {
        let heed = self.heed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(heed) = heed {
            heed();
        }
    }

    fn look(&self, link: &mut Link) -> Outcome<()> {
        let (level, min_reader) = read_settings(link)?;
        let outdated = min_reader > migrate::VERSION;
        if !self.outdated.swap(outdated, Ordering::Relaxed) && outdated {
            tracing::error!(
                min_reader,
                "a newer release changed the schema: this server stops working on it"
            );
        }
        if self.level.swap(level as u8, Ordering::Relaxed) != level as u8 {
            tracing::info!(level = level.as_str(), "what an acknowledged write survives");
        }
        Ok(())
    }

    fn work(&self) {
        while !self.stopped.load(Ordering::Relaxed) {
            match self.connector.connect() {
                Ok(link) => {
                    if let Err(fault) = self.listen(link) {
                        tracing::info!(?fault, "the listening connection ended");
                    }
                }
                Err(why) => tracing::warn!(why, "no connection to listen on"),
            }
            if !self.stopped.load(Ordering::Relaxed) {
                std::thread::park_timeout(PAUSE);
            }
        }
    }

    fn listen(&self, mut link: Link) -> Outcome<()> {
        if !self.connector.pooler {
            link.batch("listen throng_jobs").map_err(|failure| failure.fault())?;
        }
        // Something may have been queued while nobody listened.
        self.tell();
        while !self.stopped.load(Ordering::Relaxed) {
            self.look(&mut link)?;
            while !self.stopped.load(Ordering::Relaxed) {
                match link.wire().listen(LOOK, self.stop.notified()) {
                    Heard::Notification => self.tell(),
                    Heard::Nothing => break,
                    Heard::End => return Err(Fault::Busy("the connection is lost".to_owned())),
                }
            }
        }
        Ok(())
    }
}

impl Listener {
    /// Reads the level and starts the thread.
    ///
    /// # Errors
    /// Why the level cannot be read or the thread not be started.
    pub fn start(connector: Arc<Connector>, mut link: Link) -> Result<Self, String> {
        let news = Arc::new(News {
            connector,
            level: AtomicU8::new(0),
            outdated: AtomicBool::new(false),
            heed: Mutex::default(),
            stopped: AtomicBool::new(false),
            stop: Notify::new(),
        });
        news.look(&mut link).map_err(|fault| format!("the database's settings cannot be read: {fault:?}"))?;
        drop(link);
        let shared = Arc::clone(&news);
        let thread = std::thread::Builder::new()
            .name("store-listener".to_owned())
            .spawn(move || shared.work())
            .map_err(|error| format!("no thread can be started: {error}"))?;
        Ok(Self { news, thread: Some(thread) })
    }

    /// Ends the thread.
    pub fn stop(&mut self) {
        self.news.stopped.store(true, Ordering::Relaxed);
        self.news.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!("the store's listener ended in a panic");
            }
        }
    }
}

/// What a commit survives with the settings of the server and of this session, and the schema version that a
/// server must know at least.
fn read_settings(link: &mut Link) -> Outcome<(Durability, i64)> {
    let sql = "select current_setting('fsync'), current_setting('full_page_writes'), \
               current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), \
               (select max(min_reader) from migrations)";
    link.begin(Kind::Read);
    let mut found = None;
    let result = link.run(sql, &[], |row| {
        let row = PgRow::from(&row, 0);
        let level = level(row.text(0)?, row.text(1)?, row.text(2)?, row.text(3)?);
        found = Some((level, row.int(4)?));
        Ok(Flow::More)
    });
    link.end_read();
    result?;
    found.ok_or_else(|| Fault::Defect("settings gave no row".to_owned()))
}

fn level(fsync: &str, full_pages: &str, commit: &str, standbys: &str) -> Durability {
    if fsync == "off" || full_pages == "off" || commit == "off" {
        return Durability::Process;
    }
    let replicated = !standbys.trim().is_empty() && matches!(commit, "on" | "remote_apply");
    if replicated { Durability::NodeLoss } else { Durability::PowerLoss }
}

#[cfg(test)]
mod tests;
