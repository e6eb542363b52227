//! The backends that the contract is asked of.

use std::path::Path;
use std::sync::Arc;

use throng_directory::port::Store;
use throng_jobs::{Clock, Instant};
use throng_store::{Settings, open};

/// A clock that stands still.
pub struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Instant {
        Instant::from_micros(1_000_000)
    }
}

/// A store that can be opened again.
pub fn reopen(dir: &Path, settings: &Settings) -> Arc<dyn Store> {
    open(dir, settings, Arc::new(Fixed)).unwrap()
}

/// A fresh store and the directory that it lives in.
pub fn fresh() -> (tempfile::TempDir, Arc<dyn Store>) {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings::default());
    (dir, store)
}

/// Makes a test of each case for each backend.
macro_rules! conformance {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[test]
                fn $case() {
                    let (_dir, store) = crate::backend::fresh();
                    super::$case(&*store);
                }
            )+
        }
    };
}
pub(crate) use conformance;
