//! The engine's rules, from outside.

mod counts;
mod retry;
mod runner;
