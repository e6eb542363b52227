//! The backends that the contract is asked of.

use std::path::Path;
use std::sync::Arc;

use throng_backends::RealClock;
use throng_directory::port::Store;
use throng_store::{Settings, open};

/// A store in a directory that can be opened again.
pub fn reopen(dir: &Path, settings: &Settings) -> Arc<dyn Store> {
    open(dir, settings, Arc::new(RealClock)).unwrap()
}

/// Makes a test of each case for each backend.
macro_rules! conformance {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[test]
                fn $case() {
                    let fresh = throng_backends::sqlite(std::sync::Arc::new(throng_backends::RealClock));
                    super::$case(&*fresh.unwrap().store);
                }
            )+
        }
        mod postgres {
            $(
                #[test]
                fn $case() {
                    super::$case(&*throng_backends::postgres().unwrap().store);
                }
            )+
        }
    };
}
pub(crate) use conformance;

/// Makes a test of each case for the backend with one writer.
macro_rules! one_writer {
    ($($case:ident),+ $(,)?) => {
        mod sqlite_writer {
            $(
                #[test]
                fn $case() {
                    let fresh = throng_backends::sqlite(std::sync::Arc::new(throng_backends::RealClock));
                    super::$case(&*fresh.unwrap().store);
                }
            )+
        }
    };
}
pub(crate) use one_writer;
