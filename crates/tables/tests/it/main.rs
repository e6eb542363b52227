//! Files in, rows out.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]
#![expect(clippy::format_push_string, clippy::format_collect, reason = "small files, written to be read")]

mod csv;
mod examples;
mod format;
mod jsonl;
mod list;
mod read;
mod workbook;
mod write;
mod xlsx;
mod xlsx_limits;
mod xlsx_places;
