//! HTTP to database, in process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod admin_applies;
mod admin_archives;
mod admin_audit;
mod admin_bulk;
mod admin_exports;
mod admin_guard;
mod admin_passwords;
mod admin_people;
mod admin_rules;
mod admin_uploads;
mod bad_input;
mod bulk;
mod conformance;
mod crawler;
mod described;
mod downloads;
mod events;
mod file_turns;
mod groups;
mod house;
mod idempotency;
mod idp;
mod imports;
mod jobs;
mod keys;
mod lists;
mod logins;
mod logs;
mod me;
mod model;
mod nesting;
mod oauth;
mod promises;
mod report;
mod resources;
mod security;
mod seed_rules;
mod settings;
mod sources;
mod users;
