//! A durable job engine without input or output.
//!
//! What a job is ([`State`], [`Counts`], [`Outcome`]), who may work it ([`Token`], [`allowance`]) and what to
//! do next ([`Runner`]). Nothing here sleeps, spawns, reads a clock or touches a database: the directory's
//! workers execute what [`Runner::step`] commands, so the same code runs under the simulation's virtual time.

pub mod clock;
pub mod counts;
pub mod failpoint;
pub mod item;
pub mod job;
pub mod lease;
pub mod retry;
pub mod runner;

pub use clock::{Clock, Instant};
pub use counts::{Counts, Tally};
pub use item::{Class, Outcome};
pub use job::{JobRef, State};
pub use lease::Token;
pub use retry::{Allowance, allowance};
pub use runner::{Command, Event, Progress, Runner, RunnerSettings};
