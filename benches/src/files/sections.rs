//! What was measured, in tables.

use super::make::Kind;
use super::{Added, Changed, Databases, Hashed, Loaded, ONE_IN, Round, is_rehearsed};
use crate::bench::Bench;
use crate::report::{Section, Verdict, grouped};
use crate::stats::{float, median};

/// Speed of an import as a share of raw: the aim for every kind of file.
const IMPORT_AIM: f64 = 0.5;
/// Speed of an import with ready hashes, as a share of one without.
pub(super) const READY_AIM: f64 = 0.9;
/// Passwords a second, as a share of the bare hash on the same cores.
const HASH_AIM: f64 = 0.9;

/// All tables of a run.
pub fn all(bench: &Bench, databases: &dyn Databases, rounds: &[Round]) -> Vec<Section> {
    let mut sections = Vec::new();
    for (at, (kind, _)) in rounds.first().into_iter().flat_map(|round| &round.added).enumerate() {
        let added: Vec<&Added> = rounds.iter().map(|round| &round.added[at].1).collect();
        let title = title(bench, "bulkAdd", &format!("from {}", kind.name()), added[0].file_bytes);
        let mut section = imported(bench, title, &added);
        section.note(databases.note());
        sections.push(section);
    }
    let ready: Vec<&Added> = rounds.iter().map(|round| &round.ready).collect();
    sections.push(with_hashes(bench, rounds, &ready));
    sections.push(in_clear(&rounds.iter().map(|round| &round.hashed).collect::<Vec<_>>()));
    sections.push(updated(bench, &rounds.iter().map(|round| &round.updated).collect::<Vec<_>>()));
    sections.push(synced(bench, &rounds.iter().map(|round| &round.synced).collect::<Vec<_>>()));
    sections.push(exported(bench, rounds));
    sections
}

/// More people than raw can hold.
pub fn alone(bench: &Bench, added: &[Added]) -> Section {
    let all: Vec<&Added> = added.iter().collect();
    let how = if is_rehearsed(bench) { "from CSV, a dry run" } else { "from CSV" };
    let mut section = Section::new(title(bench, "bulkAdd", how, all[0].file_bytes));
    times(&mut section, bench, &all);
    section.figure("database of the product", megabytes(of(&all, |added| whole(added.bytes))));
    section.peak(all.iter().map(|added| added.took.peak).max().unwrap_or(0));
    section
}

pub(super) fn title(bench: &Bench, verb: &str, how: &str, bytes: u64) -> String {
    format!("users:{verb} of {} people {how} ({} MB)", grouped(float(bench.people)), bytes / 1_000_000)
}

pub(super) fn of<T>(all: &[&T], pick: impl Fn(&T) -> f64) -> f64 {
    median(&all.iter().map(|one| pick(one)).collect::<Vec<_>>())
}

#[expect(clippy::cast_precision_loss, reason = "files and databases are far below 2^52 bytes")]
fn whole(bytes: u64) -> f64 {
    bytes as f64
}

fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

pub(super) fn rate(count: f64, seconds: f64) -> String {
    format!("{seconds:.2} s = {}/s", grouped(count / seconds))
}

fn times(section: &mut Section, bench: &Bench, added: &[&Added]) {
    let people = float(bench.people);
    section.figure("accepted: first byte to 202", format!("{:.2} s", of(added, |added| added.took.accepted)));
    let waited = of(added, |added| added.took.accepted - added.took.sent);
    section.figure("accepted: last byte to 202", format!("{waited:.2} s"));
    section.figure("first byte to completed", rate(people, of(added, |added| added.took.done)));
    section.figure("processor time of the server", format!("{:.2} s", of(added, |added| added.took.cpu)));
}

fn imported(bench: &Bench, title: String, added: &[&Added]) -> Section {
    let people = float(bench.people);
    let mut section = Section::new(title);
    times(&mut section, bench, added);
    section.figure("raw: the same rows, sorted", rate(people, of(added, |added| added.raw)));
    let ratio = of(added, |added| added.raw / added.took.done);
    let verdict = Verdict::at_least(ratio, IMPORT_AIM);
    section.aim("speed, as a share of raw", format!("{ratio:.2}"), format!("≥ {IMPORT_AIM}"), verdict);
    let sizes = [of(added, |added| whole(added.bytes)), of(added, |added| whole(added.raw_bytes))];
    section.figure("database of the product; of raw", sizes.map(megabytes).join("; "));
    section.peak(added.iter().map(|added| added.took.peak).max().unwrap_or(0));
    section
}

fn with_hashes(bench: &Bench, rounds: &[Round], ready: &[&Added]) -> Section {
    let title = title(bench, "bulkAdd", "with ready hashes from CSV", ready[0].file_bytes);
    let mut section = imported(bench, title, ready);
    let all: Vec<&Round> = rounds.iter().collect();
    let without = |round: &Round| {
        let added = round.added.iter().find(|(kind, _)| *kind == Kind::Csv);
        added.map_or(0.0, |(_, added)| added.took.done)
    };
    let ratio = of(&all, |round| without(round) / round.ready.took.done);
    let verdict = Verdict::at_least(ratio, READY_AIM);
    let aim = format!("≥ {READY_AIM}");
    section.aim("speed, as a share of that without passwords", format!("{ratio:.2}"), aim, verdict);
    let raw = |round: &Round| {
        let added = round.added.iter().find(|(kind, _)| *kind == Kind::Csv);
        added.map_or(0.0, |(_, added)| added.raw)
    };
    let ratio = of(&all, |round| raw(round) / round.ready.raw);
    section.figure("raw: speed, as a share of that without passwords", format!("{ratio:.2}"));
    section
}

fn in_clear(hashed: &[&Hashed]) -> Section {
    let count = float(hashed[0].count);
    let mut section = Section::new(format!(
        "users:bulkAdd of {} people with passwords in clear text from CSV",
        grouped(count)
    ));
    section.figure("first byte to completed", rate(count, of(hashed, |hashed| hashed.took.done)));
    section.figure("argon2id alone, on as many threads", rate(count, of(hashed, |hashed| hashed.bare)));
    let ratio = of(hashed, |hashed| hashed.bare / hashed.took.done);
    let verdict = Verdict::at_least(ratio, HASH_AIM);
    section.aim("speed, as a share of it", format!("{ratio:.2}"), format!("≥ {HASH_AIM}"), verdict);
    section.peak(hashed.iter().map(|hashed| hashed.took.peak).max().unwrap_or(0));
    section
}

fn changed(section: &mut Section, people: f64, changed: &[&Changed]) {
    section.figure("accepted: first byte to 202", format!("{:.2} s", of(changed, |one| one.took.accepted)));
    section.figure("first byte to completed", rate(people, of(changed, |one| one.took.done)));
    section.figure("processor time of the server", format!("{:.2} s", of(changed, |one| one.took.cpu)));
    section.figure("raw: the same changes", format!("{:.2} s", of(changed, |one| one.raw)));
}

fn updated(bench: &Bench, all: &[&Changed]) -> Section {
    let people = float(bench.people);
    let mut section =
        Section::new(format!("users:bulkUpdate of {} people from CSV, a column of each", grouped(people)));
    changed(&mut section, people, all);
    let ratio = of(all, |one| one.raw / one.took.done);
    section.figure("speed, as a share of raw", format!("{ratio:.2}"));
    section.note("Raw knows whom to change, and what they become; the server finds each by login.");
    section.peak(all.iter().map(|one| one.took.peak).max().unwrap_or(0));
    section
}

fn synced(bench: &Bench, all: &[&Changed]) -> Section {
    let people = float(bench.people);
    let mut section =
        Section::new(format!("users:bulkSync of {} people from CSV, of whom 1 % differs", grouped(people)));
    changed(&mut section, people, all);
    let look = of(all, |one| one.raw_look);
    section.figure("raw: reads everybody", rate(people, look));
    let ratio = of(all, |one| (one.raw + one.raw_look) / one.took.done);
    section.figure("speed, as a share of both", format!("{ratio:.2}"));
    section.note(format!("One of {ONE_IN} is new, one is another, one is missing."));
    section.peak(all.iter().map(|one| one.took.peak).max().unwrap_or(0));
    section
}

fn exported(bench: &Bench, rounds: &[Round]) -> Section {
    let all: Vec<_> = rounds.iter().map(|round| &round.exported).collect();
    let people = float(bench.people);
    let mut section = Section::new(format!("users:bulkExport of {} people", grouped(people)));
    section.figure("the job: request to completed", rate(people, of(&all, |one| one.took.done)));
    section.figure("raw: reads everybody", rate(people, of(&all, |one| one.raw_look)));
    section.figure("raw: writes the same pages", rate(people, of(&all, |one| one.raw_put)));
    let ratio = of(&all, |one| (one.raw_look + one.raw_put) / one.took.done);
    section.figure("the job, as a share of both", format!("{ratio:.2}"));
    section.peak(all.iter().map(|one| one.took.peak).max().unwrap_or(0));
    let names = ["CSV", "JSON Lines", "XLSX, 1,000 rows a file", "XLSX, one file"];
    for (at, name) in names.into_iter().enumerate() {
        let loaded: Vec<&Loaded> = all.iter().map(|one| &one.loaded[at]).collect();
        downloaded(&mut section, name, people, &loaded);
    }
    section.note(
        "Downloads: rows and megabytes a second from the request to the last byte; alone are the crates csv, serde_json, \
         and rust_xlsxwriter with zip, which write the same rows from memory into nothing.",
    );
    section
}

fn downloaded(section: &mut Section, name: &str, people: f64, loaded: &[&Loaded]) {
    let speed = |seconds: f64, bytes: f64| {
        format!("{seconds:.2} s = {}/s, {:.1} MB/s", grouped(people / seconds), bytes / 1e6 / seconds)
    };
    let done = of(loaded, |one| one.download.done);
    let bytes = of(loaded, |one| whole(one.download.bytes));
    section.figure(format!("{name}: download ({})", megabytes(bytes)), speed(done, bytes));
    section.figure(format!("{name}: first byte"), format!("{:.2} s", of(loaded, |one| one.download.first)));
    let bare = of(loaded, |one| one.bare);
    section.figure(format!("{name}: alone"), speed(bare, of(loaded, |one| whole(one.bare_bytes))));
    let ratio = of(loaded, |one| one.bare / one.download.done);
    section.figure(format!("{name}: rows/s, as a share of it"), format!("{ratio:.2}"));
    let peak = loaded.iter().map(|one| one.download.peak).max().unwrap_or(0);
    section.peak_of(format!("{name}: peak resident memory of the server"), peak);
}
