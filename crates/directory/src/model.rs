//! What the directory knows: plain data and pure rules.

pub mod access;
pub mod audit;
pub mod bulk;
pub mod canonical;
pub(crate) mod document;
pub mod exports;
pub mod expression;
pub mod faults;
pub mod groups;
pub mod images;
pub mod jobs;
pub mod memberships;
pub mod parts;
pub mod passwords;
pub mod payload;
pub mod people;
pub mod profiles;
pub mod resources;
pub mod results;
pub mod rows;
pub mod schedule;
pub mod sources;
pub mod time;
pub mod uploads;
pub mod users;
