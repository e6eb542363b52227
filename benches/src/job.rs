//! One membership job: a PATCH with many members, and its report until it is finished.

use std::thread;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::clock::Watch;
use crate::connection::{Connection, Request};
use crate::server::Server;
use crate::{Failure, Outcome};

/// Between two looks at a report.
const POLL: Duration = Duration::from_millis(10);

/// How long a job took, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    /// From the first byte of the request to the last.
    pub sent: f64,
    /// From the last byte to the answer.
    pub answered: f64,
    /// From the first byte to when the report was seen to be finished.
    pub done: f64,
}

/// What a report must say: added, removed, and processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Members that were added.
    pub created: usize,
    /// Members that were removed.
    pub removed: usize,
    /// Everything that was listed.
    pub processed: usize,
}

/// Makes an empty group. Returns its id.
///
/// # Errors
/// An answer other than 201.
pub fn create_group(server: &Server, name: &str) -> Outcome<String> {
    let body = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name,
    });
    let body = body.to_string();
    let request = Request::post("/scim/v2/Groups", &server.token, body.as_bytes());
    let group = server.connect()?.json(&request, 201)?;
    Ok(group["id"].as_str().ok_or("a group without an id")?.to_owned())
}

/// A PATCH by id.
pub fn by_id(op: &str, ids: impl Iterator<Item = Uuid>) -> Vec<u8> {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    patch(op, "", ids, |id, body| body.extend_from_slice(id.hyphenated().encode_lower(&mut text).as_bytes()))
}

/// A PATCH by userName. The names need no escapes in JSON.
pub fn by_name<'a>(op: &str, names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let object = "\"SocialChorus:1.0:Group\":{\"identifierField\":\"userName\"},";
    patch(op, object, names, |name, body| body.extend_from_slice(name.as_bytes()))
}

fn patch<T>(
    op: &str,
    object: &str,
    values: impl Iterator<Item = T>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) -> Vec<u8> {
    let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    let mut body = format!(
        "{{\"schemas\":[\"{schema}\"],{object}\"Operations\":[{{\"op\":\"{op}\",\"path\":\"members\",\"value\":["
    )
    .into_bytes();
    for (at, value) in values.enumerate() {
        body.extend_from_slice(if at == 0 { b"{\"value\":\"" } else { b",{\"value\":\"" });
        write(value, &mut body);
        body.extend_from_slice(b"\"}");
    }
    body.extend_from_slice(b"]}]}");
    body
}

/// Sends a PATCH with `Prefer: respond-async` and waits until the job is finished, with the counts that it
/// must have.
///
/// # Errors
/// An answer other than 202, a report with other counts.
pub fn run(server: &Server, group: &str, body: &[u8], expected: Expected) -> Outcome<Timed> {
    let mut connection = server.connect()?;
    let watch = Watch::start();
    let (number, sent) = send(server, &mut connection, group, (body, watch))?;
    let answered = watch.seconds();
    let report = wait(&mut connection, &server.token, &number)?;
    let done = watch.seconds();
    let count = |name: &str| {
        let count = report[name].as_u64().and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| Failure::from(format!("a report without {name}")))
    };
    let found = Expected {
        created: count("membersCreatedCount")?,
        removed: count("membersRemovedCount")?,
        processed: count("membersProcessedCount")?,
    };
    if found != expected {
        return Err(format!("the job came to {found:?} instead of {expected:?}: {report}").into());
    }
    Ok(Timed { sent: sent.as_secs_f64(), answered: answered - sent.as_secs_f64(), done })
}

/// Sends a PATCH with `Prefer: respond-async`. Returns the number of its job, and when the last byte was handed to the
/// kernel.
///
/// # Errors
/// An answer other than 202.
pub fn send(
    server: &Server,
    connection: &mut Connection,
    group: &str,
    (body, watch): (&[u8], Watch),
) -> Outcome<(String, Duration)> {
    let path = format!("/scim/v2/Groups/{group}");
    let request = Request::patch(&path, &server.token, body).header("Prefer", "respond-async");
    let (status, sent) = connection.send(&[&request.head(body.len()), body], watch)?;
    connection.expect(status, 202)?;
    let number = connection.header("Throng-Job").ok_or("an answer without Throng-Job")?;
    Ok((number.to_owned(), sent))
}

fn wait(connection: &mut Connection, token: &str, number: &str) -> Outcome<Value> {
    let path = format!("/v2/Groups/JobReport/{number}");
    loop {
        let report = connection.json(&Request::get(&path, token), 200)?;
        if report["status"] == "finished" {
            return Ok(report);
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests;
