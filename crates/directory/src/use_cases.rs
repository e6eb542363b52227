//! The use cases: one method of [`crate::Directory`] each.

pub mod access;
pub mod definitions;
pub mod deletions;
pub(crate) mod departures;
pub mod group_writes;
pub mod groups;
pub(crate) mod guards;
pub(crate) mod idempotency;
pub mod imports;
pub mod job_downloads;
pub mod job_events;
pub mod job_items;
pub mod job_rows;
pub mod jobs;
pub mod lists;
pub mod members;
pub(crate) mod membership_jobs;
pub mod memberships;
pub(crate) mod nesting;
pub mod redrive;
pub mod resources;
pub mod schedules;
pub(crate) mod sources;
pub mod users;
pub mod versions;
pub mod writes;
