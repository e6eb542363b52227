//! Files to the server, jobs until they have ended, files from the server.

use std::fs::File;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::make::{Kind, Made};
use crate::Outcome;
use crate::clock::Watch;
use crate::connection::{Connection, Request};
use crate::server::{ACCOUNT, Server};

/// Between two looks at a job.
const POLL: Duration = Duration::from_millis(20);
const BOUNDARY: &str = "bench-boundary-7f3a91";

/// What became of a file, seconds from its first byte on.
#[derive(Clone, Debug, Default)]
pub struct Took {
    /// Until its last byte was sent.
    pub sent: f64,
    /// Until the answer.
    pub accepted: f64,
    /// Until its job was seen to have ended.
    pub done: f64,
    /// Processor time of the server until then.
    pub cpu: f64,
    /// The server's peak of resident memory until then, in bytes.
    pub peak: u64,
    /// The job as the native API shows it.
    pub job: Value,
}

impl Took {
    /// How many items of the job became so.
    pub fn count(&self, what: &str) -> usize {
        self.job["counts"][what].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
    }
}

/// Sends a file to one of the methods of users, and waits until its job has ended well.
///
/// # Errors
/// An answer other than 202, a job that fails.
pub fn send(server: &Server, verb: &str, file: &Made) -> Outcome<Took> {
    let mut connection = server.connect()?;
    let kind = file.kind.ending();
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.{kind}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let path = format!("/api/admin/user/v1/accounts/{ACCOUNT}/users:{verb}");
    let request = Request::post(&path, &server.token, &[])
        .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"));
    let length = head.len() + usize::try_from(file.bytes)? + tail.len();
    let start = [request.head(length), head.into_bytes()].concat();
    let watch = Watch::start();
    let opened = File::open(&file.path)?;
    let (status, sent) = connection.send_file((&start, opened, tail.as_bytes()), watch)?;
    let accepted = watch.seconds();
    connection.expect(status, 202)?;
    let answer: Value = serde_json::from_slice(connection.body())?;
    let job = wait(server, &mut connection, &answer)?;
    let done = watch.seconds();
    let (cpu, peak) = (server.cpu_seconds()?, server.peak_bytes()?);
    Ok(Took { sent: sent.as_secs_f64(), accepted, done, cpu, peak, job })
}

/// Asks for an export of everybody, and waits until it has ended well.
///
/// # Errors
/// As [`send`].
pub fn export(server: &Server) -> Outcome<Took> {
    let mut connection = server.connect()?;
    let path = format!("/api/admin/user/v1/accounts/{ACCOUNT}/users:bulkExport");
    let watch = Watch::start();
    let answer = connection.json(&Request::post(&path, &server.token, &[]), 202)?;
    let accepted = watch.seconds();
    let job = wait(server, &mut connection, &answer)?;
    let done = watch.seconds();
    let (cpu, peak) = (server.cpu_seconds()?, server.peak_bytes()?);
    Ok(Took { sent: 0.0, accepted, done, cpu, peak, job })
}

/// Waits for the job of an answer, and shows it.
fn wait(server: &Server, connection: &mut Connection, answer: &Value) -> Outcome<Value> {
    let id = answer["jobId"].as_str().ok_or("an answer without jobId")?;
    let path = format!("/api/v1/accounts/{ACCOUNT}/jobs/{id}");
    loop {
        let job = connection.json(&Request::get(&path, &server.token), 200)?;
        match job["state"].as_str() {
            Some("PENDING" | "IN_PROGRESS") => thread::sleep(POLL),
            Some("COMPLETED") => return Ok(job),
            _ => return Err(format!("a job ended as {job}").into()),
        }
    }
}

/// A download of an export.
#[derive(Clone, Copy, Debug, Default)]
pub struct Download {
    /// Seconds until its first byte.
    pub first: f64,
    /// Seconds until its last byte.
    pub done: f64,
    /// How long it is.
    pub bytes: u64,
    /// The server's peak of resident memory until then, in bytes.
    pub peak: u64,
}

/// Downloads what an export found: workbooks of so many rows, or one text. Every piece goes to `take`.
///
/// # Errors
/// Anything but a whole file; what `take` says.
pub fn download(
    server: &Server,
    job: &Value,
    (kind, rows_per_file): (Kind, Option<usize>),
    mut take: impl FnMut(&[u8]) -> Outcome,
) -> Outcome<Download> {
    let mut connection = server.connect()?;
    let id = job["id"].as_str().ok_or("a job without id")?;
    let rows = rows_per_file.map(|rows| format!("&rowsPerFile={rows}")).unwrap_or_default();
    let kind = kind.ending();
    let path =
        format!("/api/admin/user/v1/accounts/{ACCOUNT}/jobs/{id}:downloadExportedUsers?format={kind}{rows}");
    let request = Request::get(&path, &server.token).bytes();
    let watch = Watch::start();
    let mut first = None;
    let bytes = connection.download(&request, |piece| {
        first.get_or_insert_with(|| watch.seconds());
        take(piece)
    })?;
    let done = watch.seconds();
    Ok(Download { first: first.unwrap_or(done), done, bytes, peak: server.peak_bytes()? })
}
