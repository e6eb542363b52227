//! The directory: the one door to accounts, people, groups, memberships and jobs.
//!
//! Four floors, each of which sees only those below: [`model`] (plain data and pure rules), [`port`] (what is
//! asked of a store), [`use_cases`] (one method of [`Directory`] each, called alike by HTTP, by workers and by
//! the command line), [`workers`] (the hands of the job engine).

pub mod caller;
pub mod directory;
pub mod error;
pub mod ids;
pub mod limits;
pub mod model;
pub mod port;
pub mod use_cases;
pub mod workers;

pub use caller::{Caller, Dialect, Permission, Role, Scopes};
pub use directory::{Directory, Settings};
pub use error::{Error, Result};
// What the engine's types mean is part of the directory's own language.
pub use throng_jobs::{Class, Clock, Counts, Instant, Outcome, State, Tally};
