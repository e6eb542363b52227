//! Throw-away PostgreSQL clusters for tests, benches and examples: real servers, started from the programs that are
//! installed, removed with everything they wrote when their owner goes, however it goes.
//!
//! The standard library alone, since `xtask` depends on it and compiles in seconds. It reads `/proc`: Linux only.

mod certificate;
mod cluster;
mod home;
mod install;
mod installation;
mod owner;
mod processes;
mod program;
mod random;
mod standby;
mod wait;

pub use cluster::{Cluster, Options};
pub use install::install_packages;
pub use installation::Installation;

/// Every failure is one sentence for the person who runs the tests.
pub type Outcome<T = ()> = Result<T, String>;
