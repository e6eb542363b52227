//! Bench: files of people in and out, through the real server, against raw writes of the same rows in the same run.
//!
//! A round: the same people are added from CSV, JSON Lines, XLSX, and CSV with ready hashes of passwords, each into a
//! database of its own. On the last one without passwords a file changes everybody, one is the whole truth of which 1 %
//! differs, and an export is made and downloaded. Raw does each of it in the same minute in databases of its own.

mod bare;
pub mod hashes;
mod make;
mod sections;
mod sqlite;
mod transfer;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use throng_tables::{Limits, Row, Upload, open_upload};
use zip::ZipArchive;

use crate::Outcome;
use crate::bench::{Bench, remove};
use crate::raw::{Blocks, Difference, Rows};
use crate::readers::files::SHEET_ROWS_MAX;
use crate::report::{Report, progress};
use crate::server::Server;

use make::{Kind, Made, ONE_IN, Passwords};
use transfer::{Download, Took};

/// More people are imported from CSV alone and without raw, which holds all rows in memory.
const COMPARED_MAX: usize = 2_000_000;
/// More people than these are only rehearsed, by a dry run: they would take more of the disk than a bench should.
const ADDED_MAX: usize = 5_000_000;
/// Passwords in clear text of a round.
const CLEAR_PASSWORDS: usize = 1_000;
/// Rows of a workbook in an archive, if nobody says otherwise.
const ROWS_PER_FILE: usize = 1_000;

/// What the benches of files need of a database.
pub trait Databases {
    /// A new one of the product.
    ///
    /// # Errors
    /// A command of the product that failed.
    fn product(&self) -> Outcome<Box<dyn Product + '_>>;

    /// A new one with the product's schema that only raw fills.
    ///
    /// # Errors
    /// As [`Databases::product`].
    fn raw(&self) -> Outcome<Box<dyn Raw + '_>>;

    /// What raw is and which of its roads is taken.
    fn note(&self) -> &'static str;
}

/// A database of the product.
pub trait Product {
    /// Starts a server on it.
    ///
    /// # Errors
    /// A server that does not start.
    fn serve(&self) -> Outcome<Server>;

    /// Everybody, as the product stored them. No server may run.
    ///
    /// # Errors
    /// What the database says.
    fn rows(&self) -> Outcome<Rows>;

    /// What a job wrote down.
    ///
    /// # Errors
    /// What the database says.
    fn blocks(&self, job: i64) -> Outcome<Blocks>;

    /// How large it is.
    ///
    /// # Errors
    /// What the disk or the database says.
    fn bytes(&self) -> Outcome<u64>;

    /// Lets everything come to rest, so that nobody's measurement pays for what went before.
    ///
    /// # Errors
    /// What the database says.
    fn settle(&self) -> Outcome;
}

/// A database that only raw fills. Each method returns its seconds.
pub trait Raw {
    /// Writes everybody, each with an e-mail, which is the login, and a password if they have one.
    ///
    /// # Errors
    /// What the database says.
    fn add(&self, rows: &Rows) -> Outcome<f64>;

    /// Makes the people who are there into others.
    ///
    /// # Errors
    /// What the database says.
    fn change(&self, difference: &Difference<'_>) -> Outcome<f64>;

    /// Reads everybody in the order of logins.
    ///
    /// # Errors
    /// What the database says.
    fn look(&self) -> Outcome<f64>;

    /// Writes what a job wrote down.
    ///
    /// # Errors
    /// What the database says.
    fn put(&self, blocks: &Blocks) -> Outcome<f64>;

    /// How large it is.
    ///
    /// # Errors
    /// What the disk or the database says.
    fn bytes(&self) -> Outcome<u64>;

    /// As [`Product::settle`].
    ///
    /// # Errors
    /// What the database says.
    fn settle(&self) -> Outcome;
}

/// An import, and raw beside it.
#[derive(Debug, Default)]
struct Added {
    file_bytes: u64,
    took: Took,
    bytes: u64,
    raw: f64,
    raw_bytes: u64,
}

/// A change of people who are there, and raw beside it.
#[derive(Debug, Default)]
struct Changed {
    took: Took,
    raw: f64,
    /// Of a file that is the whole truth: raw's look at everybody.
    raw_look: f64,
}

/// A download, and the libraries alone.
#[derive(Debug, Default)]
struct Loaded {
    download: Download,
    bare: f64,
    bare_bytes: u64,
}

/// An export with its downloads.
#[derive(Debug, Default)]
struct Exported {
    took: Took,
    raw_look: f64,
    raw_put: f64,
    /// CSV, JSON Lines, many workbooks, one workbook.
    loaded: [Loaded; 4],
}

/// Passwords in clear text.
#[derive(Debug, Default)]
struct Hashed {
    took: Took,
    count: usize,
    bare: f64,
}

/// Everything of a round.
#[derive(Debug, Default)]
struct Round {
    /// By kind; none of XLSX where there are more people than a sheet has rows.
    added: Vec<(Kind, Added)>,
    ready: Added,
    updated: Changed,
    synced: Changed,
    exported: Exported,
    hashed: Hashed,
}

/// Measures on the embedded store.
///
/// # Errors
/// A job that does not come to what it must.
pub fn run(bench: &Bench, report: &mut Report) -> Outcome {
    measure(bench, &sqlite::Stores::new(bench), report)
}

/// Measures on these databases.
///
/// # Errors
/// As [`run`].
pub fn measure(bench: &Bench, databases: &dyn Databases, report: &mut Report) -> Outcome {
    let folder = bench.root.join("files");
    remove(&folder)?;
    std::fs::create_dir_all(&folder)?;
    let work = Work { bench, databases, folder };
    if bench.people > COMPARED_MAX {
        let mut added = Vec::new();
        for number in 1..=bench.rounds {
            progress(&format!("files: CSV alone, round {number} of {}", bench.rounds));
            added.push(work.add_alone()?);
        }
        report.section(&sections::alone(bench, &added))?;
    } else {
        let mut rounds = Vec::new();
        for number in 1..=bench.rounds {
            progress(&format!("files: round {number} of {}", bench.rounds));
            rounds.push(work.round()?);
        }
        for section in sections::all(bench, databases, &rounds) {
            report.section(&section)?;
        }
    }
    remove(&work.folder)
}

/// Whether so many people are only rehearsed.
const fn is_rehearsed(bench: &Bench) -> bool {
    bench.people > ADDED_MAX
}

/// What all steps need.
struct Work<'a> {
    bench: &'a Bench,
    databases: &'a dyn Databases,
    folder: PathBuf,
}

/// The people of both sides.
struct Base<'a> {
    product: Box<dyn Product + 'a>,
    raw: Box<dyn Raw + 'a>,
    rows: Rows,
}

impl<'a> Work<'a> {
    fn round(&self) -> Outcome<Round> {
        let mut round = Round { ready: self.added_with_hashes()?, ..Round::default() };
        let mut base = None;
        for kind in [Kind::Csv, Kind::JsonLines, Kind::Xlsx] {
            if kind == Kind::Xlsx && self.bench.people > SHEET_ROWS_MAX {
                continue;
            }
            // What the one before left makes room first.
            drop(base.take());
            let file = make::new_people(&self.folder, kind, self.bench.people, Passwords::None)?;
            let (added, made) = self.add(&file)?;
            std::fs::remove_file(&file.path)?;
            round.added.push((kind, added));
            base = Some(made);
        }
        let mut base = base.ok_or("nobody was added")?;
        let people = self.bench.people;
        let file = make::changes(&self.folder, people)?;
        round.updated = Self::change(&mut base, "bulkUpdate", &file, [0, people, 0])?;
        let file = make::whole(&self.folder, people)?;
        let of = |place: usize| (people + ONE_IN - 1 - place) / ONE_IN;
        round.synced = Self::change(&mut base, "bulkSync", &file, [of(2), of(1), of(0)])?;
        std::fs::remove_file(&file.path)?;
        round.exported = self.export(&base)?;
        drop(base);
        round.hashed = self.hash()?;
        Ok(round)
    }

    fn added_with_hashes(&self) -> Outcome<Added> {
        let file = make::new_people(&self.folder, Kind::Csv, self.bench.people, Passwords::Ready)?;
        let (added, base) = self.add(&file)?;
        std::fs::remove_file(&file.path)?;
        if base.rows.passwords.len() == self.bench.people {
            return Ok(added);
        }
        Err(format!("{} passwords were imported", base.rows.passwords.len()).into())
    }

    /// Adds the people of a file on both sides.
    fn add(&self, file: &Made) -> Outcome<(Added, Base<'a>)> {
        let product = self.databases.product()?;
        product.settle()?;
        let server = product.serve()?;
        let took = transfer::send(&server, "bulkAdd", file)?;
        server.stop()?;
        let bytes = product.bytes()?;
        let rows = product.rows()?;
        if rows.users.len() != self.bench.people || took.count("created") != rows.users.len() {
            return Err(format!("{} people are there after {}", rows.users.len(), took.job).into());
        }
        let raw = self.databases.raw()?;
        raw.settle()?;
        let seconds = raw.add(&rows)?;
        let raw_bytes = raw.bytes()?;
        progress(&format!(
            "  {}, {} passwords: accepted {:.2} s, done {:.2} s, raw {seconds:.2} s",
            file.kind.name(),
            rows.passwords.len(),
            took.accepted,
            took.done
        ));
        let added = Added { file_bytes: file.bytes, took, bytes, raw: seconds, raw_bytes };
        Ok((added, Base { product, raw, rows }))
    }

    /// Adds the people of a CSV file on the product's side alone.
    fn add_alone(&self) -> Outcome<Added> {
        let file = make::new_people(&self.folder, Kind::Csv, self.bench.people, Passwords::None)?;
        let product = self.databases.product()?;
        product.settle()?;
        let server = product.serve()?;
        let verb = if is_rehearsed(self.bench) { "bulkAdd?dryRun=true" } else { "bulkAdd" };
        let took = transfer::send(&server, verb, &file)?;
        server.stop()?;
        std::fs::remove_file(&file.path)?;
        if took.count("created") != self.bench.people {
            return Err(format!("the import came to {}", took.job).into());
        }
        Ok(Added { file_bytes: file.bytes, took, bytes: product.bytes()?, ..Added::default() })
    }

    /// Sends a file that changes people, and makes raw's people the same. `counts`: how many have to be created, updated
    /// and removed.
    fn change(base: &mut Base<'_>, verb: &str, file: &Made, counts: [usize; 3]) -> Outcome<Changed> {
        base.product.settle()?;
        let server = base.product.serve()?;
        let took = transfer::send(&server, verb, file)?;
        server.stop()?;
        let after = base.product.rows()?;
        let difference = Difference::between(&base.rows, &after);
        let Difference { made, changed, gone } = &difference;
        let came = [made.len(), changed.len(), gone.len()];
        if came != counts || ["created", "updated", "removed"].map(|what| took.count(what)) != counts {
            return Err(format!("{verb} came to {came:?} instead of {counts:?}: {}", took.job).into());
        }
        base.raw.settle()?;
        let raw_look = base.raw.look()?;
        let raw = base.raw.change(&difference)?;
        progress(&format!(
            "  {verb}: accepted {:.2} s, done {:.2} s, raw looks {raw_look:.2} s and writes {raw:.2} s",
            took.accepted, took.done
        ));
        base.rows = after;
        Ok(Changed { took, raw, raw_look })
    }

    fn export(&self, base: &Base<'_>) -> Outcome<Exported> {
        base.product.settle()?;
        let server = base.product.serve()?;
        let took = transfer::export(&server)?;
        let people = base.rows.users.len();
        if took.count("total") != people {
            return Err(format!("the export came to {}", took.job).into());
        }
        server.stop()?;
        let blocks = base.product.blocks(took.job["number"].as_i64().ok_or("a job without number")?)?;
        base.raw.settle()?;
        let (raw_look, raw_put) = (base.raw.look()?, base.raw.put(&blocks)?);
        drop(blocks);
        progress(&format!(
            "  export: done {:.2} s, raw looks {raw_look:.2} s and writes {raw_put:.2} s",
            took.done
        ));
        let mut exported = Exported { took, raw_look, raw_put, ..Exported::default() };
        let text = self.folder.join("download");
        let forms = [
            (Kind::Csv, None),
            (Kind::JsonLines, None),
            (Kind::Xlsx, Some(ROWS_PER_FILE)),
            (Kind::Xlsx, Some(people.min(SHEET_ROWS_MAX))),
        ];
        let mut rows = bare::Rows::new();
        for (form, loaded) in forms.into_iter().zip(&mut exported.loaded) {
            // A server of its own for each, and so a peak of memory of its own.
            let server = base.product.serve()?;
            let (kind, rows_per_file) = form;
            loaded.download = Self::download(&server, &exported.took, form, &text)?;
            server.stop()?;
            check(&text, form, people)?;
            if kind == Kind::Csv {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&text)?;
                rows = reader.records().collect::<Result<_, _>>()?;
            }
            std::fs::remove_file(&text)?;
            (loaded.bare, loaded.bare_bytes) = match (kind, rows_per_file) {
                (Kind::Csv, _) => bare::csv(&rows)?,
                (Kind::JsonLines, _) => bare::json(&rows)?,
                (Kind::Xlsx, rows_per_file) => bare::workbooks(&rows, rows_per_file.unwrap_or(people))?,
            };
            progress(&format!(
                "  {} of {rows_per_file:?} rows: first byte {:.2} s, done {:.2} s, {} bytes; alone {:.2} s, {} bytes",
                kind.name(),
                loaded.download.first,
                loaded.download.done,
                loaded.download.bytes,
                loaded.bare,
                loaded.bare_bytes
            ));
        }
        Ok(exported)
    }

    /// Downloads into a file, for the check; the time of writing it is small.
    fn download(
        server: &Server,
        export: &Took,
        form: (Kind, Option<usize>),
        text: &Path,
    ) -> Outcome<Download> {
        let mut out = File::create(text)?;
        transfer::download(server, &export.job, form, |piece| Ok(out.write_all(piece)?))
    }

    fn hash(&self) -> Outcome<Hashed> {
        let count = self.bench.sized(CLEAR_PASSWORDS, CLEAR_PASSWORDS / 4);
        let file = make::new_people(&self.folder, Kind::Csv, count, Passwords::Clear)?;
        let product = self.databases.product()?;
        product.settle()?;
        let server = product.serve()?;
        let took = transfer::send(&server, "bulkAdd", &file)?;
        server.stop()?;
        let stored = product.rows()?.passwords.len();
        if stored != count {
            return Err(format!("{stored} of {count} passwords were hashed").into());
        }
        let bare = bare::hashes(count)?;
        progress(&format!("  {count} passwords: done {:.2} s, argon2 alone {bare:.2} s", took.done));
        Ok(Hashed { took, count, bare })
    }
}

/// Whether a download has everybody: as lines, or in its workbooks, of which the first is read.
fn check(text: &Path, (kind, rows_per_file): (Kind, Option<usize>), people: usize) -> Outcome {
    let rows = match (kind, rows_per_file) {
        (Kind::Csv, _) => lines(text)? - 1,
        (Kind::JsonLines, _) => lines(text)?,
        (Kind::Xlsx, rows_per_file) => {
            let mut archive = ZipArchive::new(File::open(text)?)?;
            let (files, rows_per_file) = (archive.len(), rows_per_file.unwrap_or(people));
            let first = text.with_extension("first");
            std::io::copy(&mut archive.by_index(0)?, &mut File::create(&first)?)?;
            let upload = Upload { input: Box::new(File::open(&first)?), file_name: None, content_type: None };
            let mut table = open_upload(upload, &["Login Id"], Limits::default())?;
            let (mut rows, mut row) = (0, Row::default());
            while table.next_row(&mut row)? {
                rows += 1;
            }
            std::fs::remove_file(&first)?;
            if rows != rows_per_file.min(people) {
                return Err(format!("the first workbook has {rows} rows").into());
            }
            if files == people.div_ceil(rows_per_file) { people } else { 0 }
        }
    };
    if rows == people {
        Ok(())
    } else {
        Err(format!("a download has {rows} rows instead of {people}").into())
    }
}

fn lines(text: &Path) -> Outcome<usize> {
    use std::io::BufRead as _;

    let mut reader = std::io::BufReader::new(File::open(text)?);
    let mut lines = 0;
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            return Ok(lines);
        }
        lines += memchr::memchr_iter(b'\n', piece).count();
        let length = piece.len();
        reader.consume(length);
    }
}
