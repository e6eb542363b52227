//! A typed client of the Throng APIs.
//!
//! One [`Client`] speaks to one server with one credential. What the admin, native and report APIs answer is
//! read into the types of `throng-api`; SCIM resources stay [`serde_json::Value`]s, since their attributes are
//! open-ended. A request is sent once: nothing is repeated behind the caller's back, so whoever wants to send
//! one again gives it an `Idempotency-Key`.

mod accounts;
mod answer;
mod error;
mod file;
mod groups;
mod http;
mod imports;
mod reports;
mod users;
mod wait;

pub use answer::{Answer, ResourceList};
pub use error::{Error, Refusal};
pub use file::File;
pub use groups::WriteOptions;
pub use http::Client;
pub use imports::{Accepted, ImportOptions, Page};
pub use wait::Poll;

/// What a call ends with.
pub type Result<T> = std::result::Result<T, Error>;
