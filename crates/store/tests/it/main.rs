//! The contract of the store port, asked of every backend.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod audit;
mod backend;
mod disk;
mod jobs;
mod make;
mod memberships;
mod nesting;
mod numbers;
mod passwords;
mod payload;
mod profiles;
mod promises;
mod races;
mod resources;
mod schedules;
mod sources;
mod uploads;
mod users;
mod writes;
