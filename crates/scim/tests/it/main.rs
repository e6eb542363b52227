//! Tests of the public face of `throng-scim`: the RFCs' own examples, the bodies that identity providers send, and
//! properties.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy spares only functions marked as tests, not what they call"
)]

mod bulk;
mod corpus;
mod discovery;
mod filter;
mod group_write;
mod json;
mod message;
mod patch;
mod path;
mod projection;
mod registry;
mod resource;
mod schemas;
mod sort;
mod support;
