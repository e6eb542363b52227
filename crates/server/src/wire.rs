//! The real clock, the real randomness, and a directory over the store in a data directory.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use throng_directory::ids::{Ids, Random};
use throng_directory::port::Store;
use throng_directory::{Directory, Settings};
use throng_jobs::{Clock, Instant};
use throng_scim::Registry;

use crate::Failure;
use crate::config::{Config, Place};
use crate::sealing;

/// The exit status after a commit whose outcome is unknown: start again, and nothing is lost.
const EXIT_RESTART: i32 = 70;

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the implementation that everybody else is given")]
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's source of randomness.
struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // Without randomness no secret can be made, and a weak one must not be.
            tracing::error!(%error, "the operating system gives no randomness");
            std::process::exit(EXIT_RESTART);
        }
    }
}

/// Opens the store, as [`open`] does, for a server: with what seals the passwords of files.
///
/// # Errors
/// Those of [`open`], and a sealing key that is none.
pub fn open_to_serve(place: &Place, config: &Config) -> Result<Arc<Directory>, Failure> {
    let directory = put_over(open_store(place)?, config.settings(), config.registry()?);
    // Behind the store, which makes the data directory and holds it.
    let Some(key) = sealing::key(place, &config.secrets)? else {
        tracing::warn!("passwords in files will be dropped: secrets.key is not set");
        return Ok(Arc::new(directory));
    };
    Ok(Arc::new(directory.with_sealing_key(key)))
}

/// Opens the store and puts a directory over it.
///
/// # Errors
/// A directory that another process uses or that cannot be written, a database that cannot be reached or may
/// not be used, data of a newer version.
pub fn open(place: &Place, settings: Settings, registry: Registry) -> Result<Arc<Directory>, Failure> {
    Ok(Arc::new(put_over(open_store(place)?, settings, registry)))
}

fn open_store(place: &Place) -> Result<Arc<dyn Store>, Failure> {
    match place {
        Place::Data(data) => open_data(data, &(Arc::new(SystemClock) as Arc<dyn Clock>)),
        Place::Database(database) => Ok(throng_store::open_postgres(database)?),
    }
}

fn put_over(store: Arc<dyn Store>, settings: Settings, registry: Registry) -> Directory {
    let ids = Arc::new(Ids::new(Box::new(SystemRandom)));
    Directory::new(store, Arc::new(SystemClock), ids, settings, Arc::new(registry))
}

fn open_data(data: &Path, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Store>, Failure> {
    let store_settings = throng_store::Settings {
        on_fatal: Arc::new(|| {
            tracing::error!("the outcome of a commit is unknown; leaving so that a restart can tell");
            std::process::exit(EXIT_RESTART);
        }),
        ..throng_store::Settings::default()
    };
    Ok(throng_store::open(data, &store_settings, Arc::clone(clock))?)
}
