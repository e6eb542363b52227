//! SCIM 2.0 (RFC 7643, RFC 7644) as pure data and functions.
//!
//! Nothing here reads a clock, a socket or a file. Documents come in as bytes or as `serde_json` values and go out as
//! normalised attribute maps; what is wrong with them comes out as [`Error`], which knows its own wire form.
//!
//! Where to find what: [`json`] reads a body strictly; [`schema`] says which attributes exist; [`resource`] normalises
//! a user for POST and PUT; [`group_write`] reads a group body of any size in one pass; [`path`], [`filter`] and
//! [`patch`] are the three small languages of RFC 7644; [`projection`], [`message`] and [`discovery`] shape answers.

pub mod bulk;
mod datetime;
pub mod discovery;
pub mod error;
pub mod filter;
pub mod group_write;
pub mod json;
pub mod message;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod sort;

pub use error::{Error, ScimType};
pub use schema::Registry;
