//! Bench: an upload of people.

use std::fmt::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::bench::{Base, Bench, remove};
use crate::clock::Watch;
use crate::connection::{Connection, Request};
use crate::options::Name;
use crate::people::{Emails, csv};
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::{ACCOUNT, DataDirectory, Server};
use crate::stats::{float, median};
use crate::{Outcome, raw};

/// Between two looks at the job.
const POLL: Duration = Duration::from_millis(20);
const BOUNDARY: &str = "bench-boundary-7f3a91";

/// One import; times in seconds, rates in rows a second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Import {
    /// From the first byte to the answer.
    pub accepted: f64,
    /// From the first byte to when it was seen to be completed.
    pub done: f64,
    first_tenth: f64,
    last_tenth: f64,
    /// Processor time of the server.
    pub cpu: f64,
    /// The server's peak of resident memory, in bytes.
    pub peak: u64,
    /// The same rows without the product.
    pub raw: f64,
}

/// Imports everybody, as often as asked; the last import is the base of the other benches.
///
/// # Errors
/// An import that fails or loses somebody.
pub fn run(bench: &Bench, report: &mut Report) -> Outcome<Base> {
    let place = bench.root.join("base");
    if !bench.wants(Name::Import) {
        if let Some(base) = reuse(bench, &place)? {
            return Ok(base);
        }
        progress("importing the people");
        round(bench, &place, &csv(bench.people, Emails::Login), Emails::Login)?;
        return reuse(bench, &place)?.ok_or_else(|| "the people are gone".into());
    }
    for emails in [Emails::Random, Emails::Login] {
        let file = csv(bench.people, emails);
        let mut imports = Vec::new();
        for number in 1..=bench.rounds {
            progress(&format!("import, e-mails {emails:?}, round {number} of {}", bench.rounds));
            imports.push(round(bench, &place, &file, emails)?);
        }
        report.section(&section(bench, emails, file.len(), &imports))?;
    }
    reuse(bench, &place)?.ok_or_else(|| "the people are gone".into())
}

/// The people whom an earlier import left, if it left all of them.
fn reuse(bench: &Bench, place: &Path) -> Outcome<Option<Base>> {
    let (data, raw) = (place.join("data"), place.join("raw"));
    let Ok(token) = std::fs::read_to_string(place.join("token")) else { return Ok(None) };
    // The raw side's: the other benches do not add people to it that the product does not have.
    let mut people = raw::Rows::read(&raw)?.people();
    if people.len() < bench.people {
        return Ok(None);
    }
    people.keys.truncate(bench.people);
    people.ids.truncate(bench.people);
    people.names.truncate(bench.people);
    let data = DataDirectory { path: data, token };
    Ok(Some(Base { data, raw, people, full_group: None }))
}

/// Both sides, each into a fresh database.
fn round(bench: &Bench, place: &Path, file: &[u8], emails: Emails) -> Outcome<Import> {
    remove(place)?;
    std::fs::create_dir_all(place)?;
    let data = DataDirectory::create(&bench.binary, &place.join("data"))?;
    bench.settle()?;
    let server = Server::start(&bench.binary, &data)?;
    let mut import = upload(&server, file, bench.people)?;
    server.stop()?;
    let rows = raw::Rows::read(&data.path)?;
    if rows.users.len() != bench.people {
        return Err(format!("{} people were imported, not {}", rows.users.len(), bench.people).into());
    }
    // An empty database with the product's own schema.
    let bare = DataDirectory::create(&bench.binary, &place.join("raw"))?;
    let db = raw::open(&bare.path)?;
    bench.settle()?;
    import.raw = rows.write(&db, emails == Emails::Login)?;
    std::fs::write(place.join("token"), &data.token)?;
    progress(&format!(
        "  accepted {:.2} s, done {:.2} s, raw {:.2} s",
        import.accepted, import.done, import.raw
    ));
    Ok(import)
}

/// Uploads a file and waits until every row of it made somebody.
///
/// # Errors
/// An import that fails or loses somebody.
pub fn upload(server: &Server, file: &[u8], people: usize) -> Outcome<Import> {
    let mut connection = server.connect()?;
    let watch = Watch::start();
    let job = send(server, &mut connection, file, watch)?;
    let accepted = watch.seconds();
    let path = format!("/api/admin/user/v1/accounts/{ACCOUNT}/jobs/{job}");
    let mut samples = vec![(accepted, 0)];
    loop {
        let job = connection.json(&Request::get(&path, &server.token), 200)?;
        let completed = completed(&job);
        samples.push((watch.seconds(), completed));
        match job["status"].as_str() {
            Some("COMPLETED") if completed == people => break,
            Some("PENDING" | "IN_PROGRESS") => thread::sleep(POLL),
            _ => return Err(format!("the import ended as {job}").into()),
        }
    }
    let done = watch.seconds();
    let tenth = float(people) / 10.0;
    let crossed = |tenths: f64| crossing(&samples, tenth * tenths);
    let first_tenth = tenth / (crossed(1.0) - crossed(0.0));
    let last_tenth = tenth / (crossed(10.0) - crossed(9.0));
    let (cpu, peak) = (server.cpu_seconds()?, server.peak_bytes()?);
    Ok(Import { accepted, done, first_tenth, last_tenth, cpu, peak, raw: 0.0 })
}

/// Sends a file. Returns the UUID of the job that it became.
///
/// # Errors
/// An answer other than 202.
pub fn send(server: &Server, connection: &mut Connection, file: &[u8], watch: Watch) -> Outcome<String> {
    let mut head = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        head,
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n"
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let path = format!("/api/admin/user/v1/accounts/{ACCOUNT}/users:bulkAdd?jobName=people");
    let request = Request::post(&path, &server.token, &[])
        .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"));
    let start = request.head(head.len() + file.len() + tail.len());
    let (status, _) = connection.send(&[&start, head.as_bytes(), file, tail.as_bytes()], watch)?;
    connection.expect(status, 202)?;
    let answer: Value = serde_json::from_slice(connection.body())?;
    Ok(answer["jobId"].as_str().ok_or("an answer without jobId")?.to_owned())
}

fn completed(job: &Value) -> usize {
    let details = job["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    let completed = details.iter().find(|group| group["status"] == "COMPLETED");
    let count = completed.and_then(|group| group["count"].as_u64()).unwrap_or(0);
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// When so many rows were done: between the two samples around it, in a straight line. For none, the last
/// sample with none.
fn crossing(samples: &[(f64, usize)], rows: f64) -> f64 {
    let after = samples.iter().position(|(_, done)| float(*done) >= rows && *done > 0);
    let Some(after) = after.filter(|after| *after > 0) else { return 0.0 };
    let ((t0, n0), (t1, n1)) = (samples[after - 1], samples[after]);
    let share = (rows - float(n0)) / (float(n1) - float(n0));
    t0 + (t1 - t0) * share
}

fn section(bench: &Bench, emails: Emails, bytes: usize, imports: &[Import]) -> Section {
    let of = |pick: fn(&Import) -> f64| median(&imports.iter().map(pick).collect::<Vec<_>>());
    let people = float(bench.people);
    let mut section = Section::new(title(bench.people, bytes, emails));
    speed(&mut section, people, imports);
    section.figure(
        "raw: the same users and e-mails, sorted",
        format!("{:.2} s = {}/s", of(|import| import.raw), grouped(people / of(|import| import.raw))),
    );
    let ratio = of(|import| import.raw / import.done);
    let text = format!("{ratio:.2}");
    match emails {
        Emails::Login => {
            section.aim("speed, as a share of raw", text, "≥ 0.5", Verdict::at_least(ratio, 0.5));
        }
        Emails::Random => {
            section.figure("speed, as a share of raw", text);
            section.note("Raw writes all users, then all e-mails in their own order.");
        }
    }
    evenness(&mut section, imports);
    section
}

/// What was imported.
pub fn title(people: usize, bytes: usize, emails: Emails) -> String {
    let which = match emails {
        Emails::Login => "e-mail = login",
        Emails::Random => "e-mails in another order than the logins",
    };
    let people = grouped(float(people));
    format!("users:bulkAdd of {people} people from CSV ({} MB), {which}", bytes / 1_000_000)
}

/// When the answer came and when everybody was there.
pub fn speed(section: &mut Section, people: f64, imports: &[Import]) {
    let of = |pick: fn(&Import) -> f64| median(&imports.iter().map(pick).collect::<Vec<_>>());
    let (accepted, done) = (of(|import| import.accepted), of(|import| import.done));
    section.figure("accepted: first byte to 202", format!("{accepted:.2} s"));
    section.figure("first byte to completed", format!("{done:.2} s = {}/s", grouped(people / done)));
}

/// Whether it slows down, and what it takes.
pub fn evenness(section: &mut Section, imports: &[Import]) {
    let of = |pick: fn(&Import) -> f64| median(&imports.iter().map(pick).collect::<Vec<_>>());
    let flat = of(|import| import.last_tenth / import.first_tenth);
    let (first, last) = (of(|import| import.first_tenth), of(|import| import.last_tenth));
    let text = format!("{flat:.2} ({}/s, {}/s)", grouped(last), grouped(first));
    section.aim("last tenth against first tenth", text, "≥ 0.8", Verdict::at_least(flat, 0.8));
    section.figure("processor time of the server", format!("{:.2} s", of(|import| import.cpu)));
    section.peak(imports.iter().map(|import| import.peak).max().unwrap_or(0));
}

#[cfg(test)]
mod tests;
