//! The client against a server that answers as it is told and keeps what it was asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod errors;
mod server;
mod uploads;
mod waiting;
