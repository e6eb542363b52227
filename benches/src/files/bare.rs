//! What the libraries do alone: they write the rows of a download into nothing, and hash passwords on all cores.

use std::io::{self, Cursor, Write};
use std::num::NonZero;
use std::thread;

use argon2::{Argon2, PasswordHasher};
use rust_xlsxwriter::Workbook;
use serde::Serialize;
use zip::CompressionMethod;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::Outcome;
use crate::clock::Watch;

/// Passwords that the product hashes at the same time, at most.
const AT_ONCE: usize = 4;
/// Bytes of a salt, as the product makes them.
const SALT: [u8; 16] = [7; 16];

/// The rows of a download, with their header.
pub type Rows = Vec<csv::StringRecord>;

/// A row of JSON Lines, as a program that knows its keys would write it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "Login Id")]
    login: &'a str,
    #[serde(rename = "Account Hierarchy")]
    node: &'a str,
    #[serde(rename = "Last Name")]
    last: &'a str,
    #[serde(rename = "First Name")]
    first: &'a str,
    #[serde(rename = "Password")]
    password: &'a str,
    #[serde(rename = "Profile")]
    profile: &'a str,
    #[serde(rename = "Display Name")]
    display: &'a str,
    #[serde(rename = "Roles")]
    roles: Vec<&'a str>,
    #[serde(rename = "Email")]
    email: &'a str,
    #[serde(rename = "Member Of")]
    member_of: Vec<&'a str>,
    #[serde(rename = "Owned Groups")]
    owned: Vec<&'a str>,
}

/// Where bytes go that nobody reads.
#[derive(Default)]
struct Nowhere(u64);

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The crate `csv`. Returns seconds and bytes.
///
/// # Errors
/// A row that cannot be written.
pub fn csv(rows: &Rows) -> Outcome<(f64, u64)> {
    let watch = Watch::start();
    let mut writer = csv::Writer::from_writer(Nowhere::default());
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?.0;
    Ok((watch.seconds(), bytes))
}

/// The crate `serde_json`, a struct a line. Returns seconds and bytes.
///
/// # Errors
/// A row that cannot be written.
pub fn json(rows: &Rows) -> Outcome<(f64, u64)> {
    let watch = Watch::start();
    let mut out = io::BufWriter::with_capacity(64 << 10, Nowhere::default());
    for row in rows.iter().skip(1) {
        let at = |index: usize| row.get(index).unwrap_or_default();
        let list = |index: usize| -> Vec<&str> {
            let inner = at(index).trim_matches(['[', ']']);
            inner.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
        };
        let line = Line {
            login: at(0),
            node: at(1),
            last: at(2),
            first: at(3),
            password: at(4),
            profile: at(5),
            display: at(6),
            roles: list(7),
            email: at(8),
            member_of: list(9),
            owned: list(10),
        };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    let bytes = out.into_inner().map_err(|error| error.to_string())?.0;
    Ok((watch.seconds(), bytes))
}

/// The crates `rust_xlsxwriter`, a row at a time, and `zip`, which packs the workbooks as they are. Returns seconds and
/// bytes.
///
/// # Errors
/// A row that cannot be written.
pub fn workbooks(rows: &Rows, rows_per_file: usize) -> Outcome<(f64, u64)> {
    let (header, rows) = rows.split_first().ok_or("nothing to write")?;
    let watch = Watch::start();
    let mut zip = ZipWriter::new_stream(Nowhere::default());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (number, rows) in (1..).zip(rows.chunks(rows_per_file)) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_constant_memory()?;
        for (at, row) in (0u32..).zip(std::iter::once(header).chain(rows)) {
            for (column, cell) in (0u16..).zip(row) {
                sheet.write_string(at, column, cell)?;
            }
        }
        let mut file = Cursor::new(Vec::new());
        book.save_to_writer(&mut file)?;
        zip.start_file(format!("users-{number:04}.xlsx"), options)?;
        zip.write_all(file.get_ref())?;
    }
    let bytes = zip.finish()?.into_inner().0;
    Ok((watch.seconds(), bytes))
}

/// The crate `argon2` with its own settings, on as many threads as the product hashes with. Returns the seconds.
///
/// # Errors
/// Without the memory for it.
pub fn hashes(count: usize) -> Outcome<f64> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(AT_ONCE);
    let watch = Watch::start();
    thread::scope(|scope| {
        let working: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || -> Outcome {
                    for number in (thread..count).step_by(threads) {
                        let password = format!("Pass-{number:016x}");
                        let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &SALT);
                        hash.map_err(|error| error.to_string())?;
                    }
                    Ok(())
                })
            })
            .collect();
        working.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread died")?)
    })?;
    Ok(watch.seconds())
}
