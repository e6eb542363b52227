//! The store port on a database: one SQL text, thin drivers.
//!
//! `open` gives a store; everything else is behind the port in `throng_directory::port`. The repositories
//! (`users`, `groups`, `memberships`, `resources`,
//! `profiles`, `passwords`, `jobs`, `sources`, `uploads`, `access`, `audit`) are written once, over `conn::Conn`; `session` makes a
//! transaction of them; `driver` runs transactions.

mod access;
mod audit;
mod conn;
mod dialect;
mod driver;
mod fault;
mod grants;
mod groups;
mod jobs;
mod locks;
mod memberships;
mod merge;
mod migrate;
mod numbers;
pub mod open;
mod passwords;
mod profiles;
mod ranges;
mod resources;
mod session;
mod sources;
mod tokens;
mod uploads;
mod users;

pub use open::{CommitFault, CommitHook, OpenError, PostgresSettings, Settings, open, open_postgres};
