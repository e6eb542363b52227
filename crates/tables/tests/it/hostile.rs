//! Files that were made to do harm: each is refused with a text that says why, or read with faulty rows, within bounds
//! of time and memory, and nothing of it is left on the disk.

use std::io::{Cursor, Read};
use std::process::Command;

use throng_tables::{Error, Limits, Row, Upload, open_upload};

use crate::workbook::{Book, shared, texts};

mod archive;
mod bundles;
mod containers;
mod parts;
mod texts;

/// Seconds of processor time that a file may take, and bytes of memory of the process that reads it.
const SECONDS_MAX: f64 = 5.0;
const MEMORY_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Ticks of the processor in a second, as Linux tells them to programs.
const TICKS_PER_SECOND: f64 = 100.0;
/// Tells the child which cases are its own: from, to.
const CASES: &str = "THRONG_HOSTILE_CASES";
/// Children at once.
const CHILDREN: usize = 2;

type Input = Box<dyn Read + Send>;

struct Case {
    name: String,
    /// The name of the file.
    file: &'static str,
    expected: Expected,
    make: Box<dyn Fn() -> Input + Send + Sync>,
}

#[derive(Clone, Copy, Debug)]
enum Expected {
    /// Refused with a text that contains this.
    Refused(&'static str),
    /// Read to its end: so many rows, so many of them faulty.
    Read(u64, u64),
    /// Read or refused: only the bounds count.
    Any,
}

fn stream(name: &str, expected: Expected, make: impl Fn() -> Input + Send + Sync + 'static) -> Case {
    Case { name: name.to_owned(), file: "x.xlsx", expected, make: Box::new(make) }
}

fn plain(
    name: &str,
    file: &'static str,
    expected: Expected,
    make: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Case {
    Case { file, ..stream(name, expected, move || Box::new(Cursor::new(make()))) }
}

fn xlsx(name: &str, expected: Expected, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Case {
    plain(name, "x.xlsx", expected, make)
}

/// A workbook with which nothing is wrong: two rows.
fn base() -> Book {
    let rows = texts(&["a"]) + "<row><c t=\"s\"><v>0</v></c></row><row><c><v>1</v></c></row>";
    Book { shared: Some(shared("'1'", &["x"])), ..Book::of(&rows) }
}

/// Bytes that do not compress, always the same.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8 & 0xff) as u8
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

/// Letters of which little compresses.
fn noise_text(length: usize) -> String {
    noise(length).into_iter().map(|byte| char::from(b'a' + byte % 26)).collect()
}

fn cases() -> Vec<Case> {
    let mut cases = containers::cases();
    cases.extend(bundles::cases());
    cases.extend(parts::cases());
    cases.extend(texts::cases());
    cases
}

#[test]
fn every_file_is_refused_or_read_within_bounds() {
    let count = cases().len();
    assert!(count >= 150, "only {count} cases");
    let share = count.div_ceil(CHILDREN);
    let children: Vec<_> = (0..CHILDREN)
        .map(|child| {
            let folder = tempfile::tempdir().unwrap();
            let range = format!("{} {}", child * share, count.min((child + 1) * share));
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "hostile::child", "--ignored", "--nocapture", "--test-threads=1"]);
            command.env(CASES, range).env("TMPDIR", folder.path());
            (folder, command.stdout(std::process::Stdio::piped()).spawn().unwrap())
        })
        .collect();
    let (mut told, mut failed) = (0, Vec::new());
    for (folder, child) in children {
        let output = child.wait_with_output().unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(left.is_empty(), "left on the disk: {left:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        told += text.matches("case: ").count();
        failed.extend(text.lines().filter(|line| line.contains("case: FAILED")).map(str::to_owned));
        assert!(output.status.success() || !failed.is_empty(), "{text}");
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(told, count);
}

/// Not for itself: the process in which the files are read.
#[test]
#[ignore = "is started by the test above"]
#[expect(clippy::disallowed_methods, reason = "how a child is told what to do")]
fn child() {
    let Ok(range) = std::env::var(CASES) else { return };
    let mut range = range.split(' ').map(|number| number.parse::<usize>().unwrap());
    let (from, to) = (range.next().unwrap(), range.next().unwrap());
    for case in &cases()[from..to] {
        let input = (case.make)();
        let before = ticks();
        forget_peak();
        let ended = read(case, input);
        let seconds = f64::from(u32::try_from(ticks() - before).unwrap()) / TICKS_PER_SECOND;
        let peak = peak_bytes();
        let fits = match (case.expected, &ended) {
            (Expected::Any, _) => true,
            (Expected::Refused(text), Err(error)) => !error.is_input() && error.to_string().contains(text),
            (Expected::Read(rows, faults), Ok(read)) => (rows, faults) == *read,
            _ => false,
        };
        let verdict =
            if fits && seconds <= SECONDS_MAX && peak <= MEMORY_BYTES_MAX { "ok" } else { "FAILED" };
        let ended = ended.map_err(|error| error.to_string());
        let (name, file, expected) = (&case.name, case.file, case.expected);
        println!(
            "case: {verdict} {seconds:.2} s, {} MiB, {file}: {name}: {ended:?}, expected {expected:?}",
            peak >> 20
        );
    }
}

/// Rows, and how many of them were faulty.
fn read(case: &Case, input: Input) -> Result<(u64, u64), Error> {
    let upload = Upload { input, file_name: Some(case.file), content_type: None };
    let mut rows = open_upload(upload, &["a", "b"], Limits::default())?;
    let (mut row, mut count, mut faults) = (Row::default(), 0, 0);
    while rows.next_row(&mut row)? {
        count += 1;
        faults += u64::from(row.cells.is_err());
    }
    Ok((count, faults))
}

/// Processor time of this process, in ticks.
fn ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, behind_name) = text.rsplit_once(") ").unwrap();
    behind_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

/// Starts the peak of the process's memory anew.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The most memory that was resident since.
fn peak_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
