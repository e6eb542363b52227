//! `/scim/v2/Bulk`: many operations in one request. Source: RFC 7644 §3.7.
//!
//! Each operation is a request of its own: it goes through the table of routes like any other, with the credential of
//! the whole, so it is authorised, applied and answered as it would be alone. What operations refer to is made first;
//! where they refer to each other in a circle, they are made without the reference and completed at the end. A dry run
//! does the same in a rehearsal ([`trial`]).

pub(crate) mod trial;

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_LOCATION, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use throng_scim::Error;
use throng_scim::bulk::{Answer, BulkRequest, Method, Operation, Step, Target};
use throng_scim::json::{self, JsonLimits};

use crate::access::Authorised;
use crate::body;
use crate::call::{Call, Outcome};
use crate::headers::{JSON, SCIM_JSON, THRONG_JOB, answer, check_media_type};
use crate::limits;
use crate::refusal::{Kind, Refusal};
use crate::router::within;
use crate::schedule;
use crate::state::AppState;
use trial::Trial;

/// POST `/Bulk`.
pub(crate) async fn bulk(caller: Authorised, mut call: Call) -> Outcome {
    check_media_type(call.headers(), &[SCIM_JSON, JSON])?;
    let dry_run = schedule::dry_run(&call.query)?;
    let taken = std::mem::take(&mut call.body);
    let body =
        body::read_large(&call.state, (call.headers(), &caller), taken, limits::BULK.bytes_max as usize)
            .await;
    let body = body.map_err(|refusal| match refusal.kind {
        Kind::TooLarge => BulkRequest::too_large(&limits::BULK).into(),
        _ => refusal,
    })?;
    let message = json::parse(&body.bytes, &JsonLimits::default())?;
    let request = BulkRequest::read(message, &limits::BULK)?;
    let run = Run::new(&caller, &call);
    if dry_run {
        return trial::dry_run(&run, &request, &body.bytes).await;
    }
    let (answers, _) = run.through(&request).await?;
    Ok(answer(StatusCode::OK, SCIM_JSON, Answer::message(answers.into_values().collect()).to_string()))
}

/// The answers to operations, by their index.
type Answers = BTreeMap<usize, Answer>;

/// A bulk request at work.
pub(crate) struct Run<'a> {
    caller: &'a Authorised,
    state: AppState,
    /// Of the whole request.
    headers: &'a HeaderMap,
    base: String,
    /// What operations with a `bulkId` have made.
    ids: BTreeMap<String, String>,
    answers: Answers,
    /// Operations that were done without references to what was made after them.
    incomplete: Vec<usize>,
    /// What is looked at beside, in a rehearsal.
    trial: Option<Trial>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(caller: &'a Authorised, call: &'a Call) -> Self {
        Self {
            caller,
            base: call.scim_url(),
            headers: call.headers(),
            state: call.state.clone(),
            ids: BTreeMap::new(),
            answers: BTreeMap::new(),
            incomplete: Vec::new(),
            trial: None,
        }
    }

    async fn through(mut self, request: &BulkRequest) -> Result<(Answers, Option<Trial>), Refusal> {
        self.look_at_all(request).await?;
        let plan = request.plan(self.state.directory.registry());
        for step in plan {
            let answer = self.first(request, &step).await?;
            self.answers.insert(step.index, answer);
            let errors = self.answers.values().filter(|answer| answer.is_error()).count();
            if request.fail_on_errors.is_some_and(|max| errors >= max as usize) {
                break;
            }
        }
        for index in std::mem::take(&mut self.incomplete) {
            self.complete(request, index).await?;
        }
        Ok((self.answers, self.trial))
    }

    /// Does an operation, for the time being without what is made later.
    async fn first(&mut self, request: &BulkRequest, step: &Step) -> Result<Answer, Refusal> {
        let entry = &request.entries[step.index];
        let mut operation = match &entry.operation {
            Ok(operation) => operation.clone(),
            Err(error) => return Ok(Answer::refused(entry, error, None)),
        };
        if !step.later.is_empty() {
            operation.data = operation.data_without(&step.later).unwrap_or(Value::Null);
        }
        let location = self.location(&operation);
        if let Err(error) = operation.resolve(&|id| self.ids.get(id).cloned()) {
            return Ok(Answer::refused(entry, &error, location));
        }
        if self.is_stale(step.index) {
            return Ok(trial::changed_since(entry, location));
        }
        let before = self.look(&operation).await?;
        let Some(done) = self.send(&operation).await? else {
            let error = Error::not_found(format!("there is no endpoint {}", operation.endpoint));
            return Ok(Answer::refused(entry, &error, location));
        };
        if let (true, Some(bulk_id), Some(id)) = (done.is_success(), &entry.bulk_id, done.id(&operation)) {
            self.ids.insert(bulk_id.clone(), id.to_owned());
            if operation.method == Method::Post {
                self.made(&operation, bulk_id, id);
            }
            if !step.later.is_empty() {
                self.incomplete.push(step.index);
            }
        }
        self.note(step.index, &operation, (before, &done)).await?;
        let mut answer = Answer::done(entry, done.status, done.location.clone(), done.version.clone());
        answer.location = answer.location.or_else(|| self.location(&operation));
        answer.response = done.shown(self.is_queued(&done).await);
        Ok(answer)
    }

    /// Puts the whole of what was made in part. What cannot be completed is taken back.
    async fn complete(&mut self, request: &BulkRequest, index: usize) -> Result<(), Refusal> {
        let entry = &request.entries[index];
        let (Ok(operation), Some(id)) =
            (&entry.operation, entry.bulk_id.as_ref().and_then(|id| self.ids.get(id)))
        else {
            return Ok(());
        };
        let mut whole = operation.clone();
        (whole.method, whole.target, whole.version) = (Method::Put, Some(Target::Id(id.clone())), None);
        let resolved = whole.resolve(&|id| self.ids.get(id).cloned());
        let refused = match resolved {
            Err(error) => Some(Answer::refused(entry, &error, None)),
            Ok(()) => match self.send(&whole).await? {
                Some(done) if done.is_success() => {
                    // As if it had been made whole.
                    self.note(index, &whole, (None, &done)).await?;
                    if let Some(answer) = self.answers.get_mut(&index) {
                        answer.version = done.version;
                    }
                    None
                }
                Some(done) => Some(Answer {
                    response: done.body.clone(),
                    ..Answer::done(entry, done.status, None, None)
                }),
                None => None,
            },
        };
        if let Some(refused) = refused {
            (whole.method, whole.data) = (Method::Delete, Value::Null);
            self.send(&whole).await?;
            self.unnote(index);
            self.answers.insert(index, refused);
        }
        Ok(())
    }

    /// Sends an operation through the table of routes; none if its endpoint has no resources.
    async fn send(&self, operation: &Operation) -> Result<Option<Done>, Refusal> {
        let registry = self.state.directory.registry();
        if registry.by_endpoint(&operation.endpoint).is_none() {
            return Ok(None);
        }
        let mut path = format!("/scim/v2{}", operation.endpoint);
        if let Some(Target::Id(id)) = &operation.target {
            path.push('/');
            path.push_str(&escaped(id));
        }
        let mut request = Request::builder().method(operation.method.as_str()).uri(path);
        if let Some(value) = self.headers.get(&AUTHORIZATION) {
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(version) = &operation.version {
            request = request.header(IF_MATCH, version);
        }
        let body = if operation.method == Method::Delete {
            Body::empty()
        } else {
            request = request.header(CONTENT_TYPE, SCIM_JSON);
            Body::from(operation.data.to_string())
        };
        // The rows that it leaves in the audit log name the whole request.
        let request = request.extension(self.caller.origin.clone()).body(body).map_err(|_| {
            Refusal::from(Error::invalid_value("an operation has a version or a path that is none"))
        })?;
        Done::read(within(self.state.clone(), request).await).await.map(Some)
    }

    /// Whether the job that an operation made waits or runs.
    async fn is_queued(&self, done: &Done) -> bool {
        let Some(number) = &done.job else { return false };
        let job = self.state.directory.job_report(self.caller, number).await;
        job.is_ok_and(|job| !job.state.is_terminal())
    }

    /// The URL of the resource that an operation names.
    fn location(&self, operation: &Operation) -> Option<String> {
        let id = match operation.target.as_ref()? {
            Target::Id(id) => id,
            Target::BulkId(bulk_id) => self.ids.get(bulk_id)?,
        };
        Some(format!("{}{}/{id}", self.base, operation.endpoint))
    }
}

/// A piece of a path, so that it stays one piece.
fn escaped(id: &str) -> String {
    let mut escaped = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(char::from(byte)),
            _ => _ = write!(escaped, "%{byte:02X}"),
        }
    }
    escaped
}

/// How an operation was answered.
struct Done {
    status: u16,
    location: Option<String>,
    version: Option<String>,
    job: Option<String>,
    body: Option<Value>,
}

impl Done {
    async fn read(response: Response) -> Result<Self, Refusal> {
        let (parts, body) = response.into_parts();
        let header = |headers: &HeaderMap, name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        // What was accepted has the address of its report there.
        let is_resource = parts.status != StatusCode::ACCEPTED;
        let location = |name: &str| header(&parts.headers, name).filter(|_| is_resource);
        let body = body.collect().await.map_err(|_| Refusal::internal())?.to_bytes();
        Ok(Self {
            status: parts.status.as_u16(),
            location: location(LOCATION.as_str()).or_else(|| location(CONTENT_LOCATION.as_str())),
            version: header(&parts.headers, ETAG.as_str()),
            job: header(&parts.headers, THRONG_JOB.as_str()),
            body: serde_json::from_slice(&body).ok(),
        })
    }

    const fn is_success(&self) -> bool {
        self.status < 300
    }

    /// The id of what the operation made or named.
    fn id<'a>(&'a self, operation: &'a Operation) -> Option<&'a str> {
        match &operation.target {
            Some(Target::Id(id)) => Some(id),
            _ => self.location.as_deref()?.rsplit('/').next(),
        }
    }

    /// What the answer shows: an error, or the number of a job that is not through.
    fn shown(&self, queued: bool) -> Option<Value> {
        if !self.is_success() {
            return self.body.clone();
        }
        let number = self.job.as_ref().filter(|_| queued)?;
        let report = format!("/v2/Groups/JobReport/{number}");
        Some(serde_json::json!({ "jobId": number.parse::<i64>().ok(), "report": report }))
    }
}
