//! Files in, rows out.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]
#![expect(clippy::format_push_string, clippy::format_collect, reason = "small files, written to be read")]

mod archive;
mod bundle;
mod change;
mod corpus;
mod csv;
mod examples;
mod format;
mod gzip;
mod hostile;
mod jsonl;
mod list;
mod read;
mod trimmed;
mod unknown;
mod workbook;
mod write;
mod xlsx;
mod xlsx_forms;
mod xlsx_limits;
mod xlsx_places;
