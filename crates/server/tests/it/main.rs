//! The house over a real store, without HTTP: what jobs come to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod deletions;
mod edges;
mod house;
#[path = "../support/http.rs"]
mod http;
mod imports;
mod memberships;
mod nesting;
mod verify;
