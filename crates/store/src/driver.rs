//! The databases.

pub mod sqlite;
mod stopwatch;
