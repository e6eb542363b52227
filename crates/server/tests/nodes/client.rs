//! A client: it asks, and records what it was told.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use throng_checker::history::{
    Accepted, Class, Counts, CreateAnswer, JobSight, Outcome, RenameAnswer, State, Step, Versioned,
    WriteAnswer,
};

use crate::nodes::requests::Draft;
use crate::nodes::world::{ACCOUNT, World};
use crate::support::http::{self, Answer, Lost, Request};
use crate::support::random::Random;

const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// After so long without a word a client gives a request up.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a client tries to reach any node at all.
const REACH_MAX: Duration = Duration::from_mins(1);
/// Between two tries, and between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// What came of a request.
pub enum Told {
    /// An answer that says something about the state.
    Answer(Answer),
    /// It was not done and will not be.
    Failed,
    /// Nobody knows.
    Unknown,
}

impl Told {
    fn outcome<T>(self, read: impl FnOnce(&Answer) -> Option<T>) -> Outcome<T> {
        match self {
            Self::Answer(answer) => read(&answer).map_or(Outcome::Failed, Outcome::Ok),
            Self::Failed => Outcome::Failed,
            Self::Unknown => Outcome::Unknown,
        }
    }
}

/// One client.
pub struct Client<'a> {
    pub world: &'a World,
    pub number: u32,
    pub random: Random,
}

/// A request beside its credential.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: &'a [u8],
}

impl<'a> Call<'a> {
    const fn get(path: &'a str) -> Self {
        Self { method: "GET", path, headers: Vec::new(), body: b"" }
    }
}

impl<'a> Client<'a> {
    /// A client that has asked nothing yet.
    pub const fn new(world: &'a World, number: u32, random: Random) -> Self {
        Self { world, number, random }
    }

    /// A node to ask; waits until there is one.
    pub fn node(&mut self) -> SocketAddr {
        let since = Instant::now();
        loop {
            if let Some(node) = self.world.board.choose(&mut self.random) {
                return node;
            }
            assert!(since.elapsed() < REACH_MAX, "no node answers");
            std::thread::sleep(PAUSE);
        }
    }

    fn call(&self, node: SocketAddr, call: Call<'_>) -> Told {
        let recorder = &self.world.recorder;
        let mut headers = vec![("authorization", self.world.token.as_str())];
        headers.extend(call.headers);
        let request = Request { method: call.method, path: call.path, headers, body: call.body };
        let answer = match http::send(node, &request, PATIENCE) {
            Ok(answer) => answer,
            Err(Lost::Refused) => return Told::Failed,
            Err(Lost::Broken | Lost::Silent) => {
                recorder.unknown();
                return Told::Unknown;
            }
        };
        let text = answer.text();
        match answer.status {
            503 if text.contains("commit-outcome-unknown") => {
                recorder.unknown();
                Told::Unknown
            }
            // The first request with this key may still be running.
            409 if text.contains("still running") => Told::Failed,
            429 | 503 => {
                recorder.refused();
                Told::Failed
            }
            500 => {
                self.complain(call.method, call.path, &answer);
                Told::Unknown
            }
            _ => Told::Answer(answer),
        }
    }

    fn complain(&self, method: &str, path: &str, answer: &Answer) {
        let text = format!("{method} {path}: {} {}", answer.status, answer.text());
        self.world.recorder.complain(text);
    }

    /// The value that an answer stands for; any other answer is a complaint, and stands for nothing.
    fn expect<T>(
        &self,
        about: (&str, &str),
        answer: &Answer,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Option<T> {
        let value = read(answer);
        if value.is_none() {
            self.complain(about.0, about.1, answer);
        }
        value
    }

    fn write(&self, node: SocketAddr, method: &str, path: &str, body: &Value) -> Told {
        self.write_if(node, method, path, body, None)
    }

    fn write_if(
        &self,
        node: SocketAddr,
        method: &str,
        path: &str,
        body: &Value,
        version: Option<&str>,
    ) -> Told {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let mut headers = vec![("content-type", "application/scim+json")];
        headers.extend(version.map(|version| ("if-match", version)));
        self.call(node, Call { method, path, headers, body: &body })
    }

    /// Makes a user; the id.
    pub fn create_user(&self, node: SocketAddr, name: &str) -> Option<String> {
        let invoked = self.world.recorder.now();
        let body = json!({ "schemas": [USER_SCHEMA], "userName": name, "displayName": "first" });
        let told = self.write(node, "POST", "/scim/v2/Users", &body);
        let read = |answer: &Answer| match answer.status {
            201 => Some(CreateAnswer::Made(id(answer)?)),
            409 => Some(CreateAnswer::Taken),
            _ => None,
        };
        let outcome = told.outcome(|answer| self.expect(("POST", "/scim/v2/Users"), answer, read));
        let made = match &outcome {
            Outcome::Ok(CreateAnswer::Made(id)) => Some(id.clone()),
            _ => None,
        };
        self.world.recorder.record(self.number, invoked, Step::CreateUser { name: name.to_owned(), outcome });
        made
    }

    /// Deletes a user.
    pub fn delete_user(&self, node: SocketAddr, id: &str) {
        let invoked = self.world.recorder.now();
        let path = format!("/scim/v2/Users/{id}");
        let told = self.write(node, "DELETE", &path, &Value::Null);
        let read = |answer: &Answer| match answer.status {
            204 => Some(true),
            404 => Some(false),
            _ => None,
        };
        let outcome = told.outcome(|answer| self.expect(("DELETE", &path), answer, read));
        self.world.recorder.record(self.number, invoked, Step::DeleteUser { id: id.to_owned(), outcome });
    }

    /// Gives a user another name.
    pub fn rename_user(&self, node: SocketAddr, id: &str, name: &str) {
        let invoked = self.world.recorder.now();
        let path = format!("/scim/v2/Users/{id}");
        let told = self.write(node, "PATCH", &path, &replacing("userName", name));
        let read = |answer: &Answer| match answer.status {
            200 => Some(RenameAnswer::Done),
            409 => Some(RenameAnswer::Taken),
            404 => Some(RenameAnswer::Missing),
            _ => None,
        };
        let outcome = told.outcome(|answer| self.expect(("PATCH", &path), answer, read));
        let (id, name) = (id.to_owned(), name.to_owned());
        self.world.recorder.record(self.number, invoked, Step::RenameUser { id, name, outcome });
    }

    /// Looks for a user by name; whether there was an answer.
    pub fn find_user(&self, node: SocketAddr, name: &str) -> bool {
        let invoked = self.world.recorder.now();
        let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{name}%22&attributes=userName");
        let told = self.call(node, Call::get(&path));
        let read = |answer: &Answer| {
            let found = answer.json()["Resources"].as_array().cloned().unwrap_or_default();
            let id = found.first().map(|user| user["id"].as_str().unwrap().to_owned());
            (answer.status == 200 && found.len() <= 1).then_some(id)
        };
        let outcome = told.outcome(|answer| self.expect(("GET", &path), answer, read));
        let answered = outcome.answer().is_some();
        self.world.recorder.record(self.number, invoked, Step::FindUser { name: name.to_owned(), outcome });
        answered
    }

    /// Reads a user's display name; its version.
    pub fn read_version(&self, node: SocketAddr, id: &str) -> Option<String> {
        let invoked = self.world.recorder.now();
        let path = format!("/scim/v2/Users/{id}");
        let told = self.call(node, Call::get(&path));
        let read = |answer: &Answer| {
            let version = answer.header("etag")?.to_owned();
            let value = answer.json()["displayName"].as_str()?.to_owned();
            (answer.status == 200).then_some(Versioned { version, value })
        };
        let outcome = told.outcome(|answer| self.expect(("GET", &path), answer, read));
        let version = outcome.answer().map(|read| read.version.clone());
        self.world.recorder.record(
            self.number,
            invoked,
            Step::ReadVersion { resource: id.to_owned(), outcome },
        );
        version
    }

    /// Writes a user's display name from this version; the new version.
    pub fn write_version(&self, node: SocketAddr, id: &str, expected: Option<&str>) -> Option<String> {
        let invoked = self.world.recorder.now();
        let path = format!("/scim/v2/Users/{id}");
        let value = format!("value {}", self.world.next());
        let told = self.write_if(node, "PATCH", &path, &replacing("displayName", &value), expected);
        let read = |answer: &Answer| match answer.status {
            200 => Some(WriteAnswer::Done(answer.header("etag")?.to_owned())),
            412 if expected.is_some() => Some(WriteAnswer::Mismatch),
            _ => None,
        };
        let outcome = told.outcome(|answer| self.expect(("PATCH", &path), answer, read));
        let version = match &outcome {
            Outcome::Ok(WriteAnswer::Done(version)) => Some(version.clone()),
            _ => None,
        };
        let (resource, expected) = (id.to_owned(), expected.map(str::to_owned));
        let step = Step::WriteVersion { resource, expected, value, outcome };
        self.world.recorder.record(self.number, invoked, step);
        version
    }

    /// Sends a request that makes a job.
    pub fn submit(&self, node: SocketAddr, draft: &Draft) -> Outcome<Accepted> {
        let invoked = self.world.recorder.now();
        let mut headers = vec![("content-type", draft.content_type.as_str())];
        headers.extend(draft.submission.key.as_deref().map(|key| ("idempotency-key", key)));
        if draft.is_async && !draft.is_import() {
            headers.push(("prefer", "respond-async"));
        }
        let call = Call { method: draft.method, path: &draft.path, headers, body: &draft.body };
        let told = self.call(node, call);
        let read = |answer: &Answer| self.accepted(draft, answer);
        let outcome = told.outcome(|answer| self.expect((draft.method, &draft.path), answer, read));
        let step = Step::Submit { submission: draft.submission.clone(), outcome: outcome.clone() };
        self.world.recorder.record(self.number, invoked, step);
        outcome
    }

    fn accepted(&self, draft: &Draft, answer: &Answer) -> Option<Accepted> {
        if draft.is_import() {
            let uuid = (answer.status == 202).then(|| answer.json()["jobId"].as_str().map(str::to_owned));
            let job = Some(self.world.recorder.import(&uuid??));
            return Some(Accepted { job, group: None, done: false });
        }
        let job = Some(answer.header("throng-job")?.parse().ok()?);
        match answer.status {
            202 => Some(Accepted { job, group: draft.submission.group, done: false }),
            200 | 201 => {
                let body = answer.json();
                let group = Some(body["id"].as_str()?.parse().ok()?);
                // Members are shown only when no job is about to change them.
                Some(Accepted { job, group, done: body["members"].is_array() })
            }
            _ => None,
        }
    }

    /// Sends a request with a key again and again until it is answered.
    pub fn submit_somewhere(&mut self, draft: &Draft) -> Accepted {
        assert!(draft.submission.key.is_some(), "only a request with a key can be sent again");
        let since = Instant::now();
        loop {
            let node = self.node();
            if let Outcome::Ok(accepted) = self.submit(node, draft) {
                return accepted;
            }
            assert!(
                since.elapsed() < REACH_MAX,
                "a request is not accepted: {} {}",
                draft.method,
                draft.path
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// Reads a job; what was seen.
    pub fn read_job(&self, node: SocketAddr, job: u64) -> Option<JobSight> {
        let invoked = self.world.recorder.now();
        let (path, read): (String, fn(&Value) -> Option<JobSight>) = match self.world.recorder.uuid(job) {
            Some(uuid) => (format!("/api/admin/user/v1/accounts/{ACCOUNT}/jobs/{uuid}"), import_sight),
            None => (format!("/v2/Groups/JobReport/{job}"), membership_sight),
        };
        let told = self.call(node, Call::get(&path));
        let read = |answer: &Answer| match answer.status {
            200 => read(&answer.json()).map(Some),
            404 => Some(None),
            _ => None,
        };
        let outcome = told.outcome(|answer| self.expect(("GET", &path), answer, read));
        let sight = outcome.answer().cloned().flatten();
        self.world.recorder.record(self.number, invoked, Step::ReadJob { job, outcome });
        sight
    }

    /// Reads all members of a group; whether there was an answer.
    pub fn read_members(&self, node: SocketAddr, group: u64) -> bool {
        let invoked = self.world.recorder.now();
        let path = format!("/scim/v2/Groups/{group}");
        let told = self.call(node, Call::get(&path));
        let read = |answer: &Answer| match answer.status {
            200 => Some(self.world.members(&answer.json()).unwrap_or_default()),
            _ => None,
        };
        let outcome = told.outcome(|answer| self.expect(("GET", &path), answer, read));
        let answered = outcome.answer().is_some();
        self.world.recorder.record(self.number, invoked, Step::ReadMembers { group, outcome });
        answered
    }

    /// Deletes a group. No history is kept of it: nobody may ask for its members.
    pub fn delete_group(&self, node: SocketAddr, group: u64) {
        let path = format!("/scim/v2/Groups/{group}");
        let told = self.write(node, "DELETE", &path, &Value::Null);
        let read = |answer: &Answer| matches!(answer.status, 204 | 404).then_some(());
        told.outcome(|answer| self.expect(("DELETE", &path), answer, read));
    }

    /// Reads something without recording it, at whichever node answers.
    pub fn get_somewhere(&mut self, path: &str) -> Told {
        let since = Instant::now();
        loop {
            let node = self.node();
            let told = self.call(node, Call::get(path));
            if matches!(told, Told::Answer(_)) || since.elapsed() > REACH_MAX {
                return told;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Looks at a job until it has ended.
    pub fn wait_for_end(&mut self, job: u64, limit: Duration) {
        let since = Instant::now();
        loop {
            let node = self.node();
            let sight = self.read_job(node, job);
            if sight.as_ref().is_some_and(|sight| sight.state.is_terminal()) {
                return;
            }
            assert!(since.elapsed() < limit, "job {job} does not end: {sight:?}");
            std::thread::sleep(PAUSE);
        }
    }
}

fn id(answer: &Answer) -> Option<String> {
    answer.json()["id"].as_str().map(str::to_owned)
}

fn replacing(attribute: &str, value: &str) -> Value {
    let operation = json!({ "op": "replace", "path": attribute, "value": value });
    json!({ "schemas": [PATCH_SCHEMA], "Operations": [operation] })
}

fn membership_sight(report: &Value) -> Option<JobSight> {
    let state = match report["status"].as_str()? {
        "finished" => State::Finished,
        "ongoing" => State::Ongoing,
        _ => return None,
    };
    let count = |name: &str| report[name].as_u64();
    let (processed, pending) = (count("membersProcessedCount")?, count("membersPendingCount")?);
    let classes =
        [(Class::Created, count("membersCreatedCount")?), (Class::Removed, count("membersRemovedCount")?)];
    let total = processed + pending;
    let counts = Counts { total, processed, pending, classes: classes.into_iter().collect() };
    Some(JobSight { state, counts: Some(counts) })
}

fn import_sight(report: &Value) -> Option<JobSight> {
    let state = serde_json::from_value(report["status"].clone()).ok()?;
    let total = report["totalCount"].as_u64()?;
    let (mut counted, mut pending) = (0, 0);
    for detail in report["details"].as_array()? {
        let count = detail["count"].as_u64()?;
        counted += count;
        if ["PENDING", "IN_PROGRESS"].iter().any(|status| detail["status"] == *status) {
            pending += count;
        }
    }
    let counts = Counts { total, processed: total - pending, pending, ..Counts::default() };
    (counted == total).then_some(JobSight { state, counts: Some(counts) })
}
