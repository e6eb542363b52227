//! The directory from outside, without a store.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod corpus;
