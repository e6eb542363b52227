//! One client of one place, over all the servers that live and die on it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::crash::http::{self, Answer, Request};
use crate::crash::place::Place;
use crate::crash::script::{GROUPS, JOINED, Script, Step, by_id};
use crate::crash::wire::{self, Known};
use crate::support::random::Random;

/// The account of every run.
pub const ACCOUNT: &str = "acme";
/// Jobs that are under way at the same time.
const UNDER_WAY_MAX: usize = 5;
/// Between two looks at the jobs.
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// Part of the refusal of a key that is held.
const KEY_IS_HELD: &str = "still running";
/// Rows of a page of an import's report.
const PAGE: usize = 1_000;

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub processed: u64,
    pub total: u64,
    pub ended: bool,
}

impl Progress {
    /// Between its first and its last chunk.
    pub const fn is_half_done(self) -> bool {
        !self.ended && 0 < self.processed && self.processed < self.total
    }
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub step: usize,
    /// The number of a membership job, the UUID of an import.
    pub job: String,
    /// As last seen.
    pub progress: Progress,
    /// The report with which it ended.
    pub report: Option<Value>,
}

/// What came of a request.
enum Sent {
    /// This job.
    Accepted(String),
    /// The refusal of a key whose first request may still be running.
    KeyIsHeld,
}

/// The client and all it remembers; a crash of the server does not make it forget.
pub struct Client<'a> {
    script: &'a Script,
    place: &'a Place<'a>,
    token: String,
    known: Known,
    pub acknowledged: Vec<Acknowledged>,
    /// Requests that were sent at least once.
    sent: usize,
    random: Random,
    /// Answers that came from an earlier request.
    pub replayed: u64,
    /// Requests that were sent again because no answer came.
    pub repeated: u64,
    /// Of these, requests that had to wait for the key that a dead server held.
    pub held: u64,
}

impl<'a> Client<'a> {
    /// A client that has done nothing yet.
    pub fn new(script: &'a Script, place: &'a Place<'a>, token: &str, random: Random) -> Self {
        Self {
            script,
            place,
            token: format!("Bearer {token}"),
            known: Known::default(),
            acknowledged: Vec::new(),
            sent: 0,
            random,
            replayed: 0,
            repeated: 0,
            held: 0,
        }
    }

    /// Whether all requests were answered and all their jobs have ended.
    pub fn is_done(&self) -> bool {
        self.acknowledged.len() == self.script.steps.len() && self.under_way() == 0
    }

    /// The next request, if there is one and its time has come.
    pub fn next(&self) -> Option<&'a Step> {
        let next = self.acknowledged.len();
        let prepared = self.acknowledged.iter().take(self.script.preparing).all(|job| job.progress.ended);
        let step = self.script.steps.get(next)?;
        let is_due = !step.comes_after_all() || self.under_way() == 0;
        ((next < self.script.preparing || prepared) && is_due).then_some(step)
    }

    /// Jobs that have not ended, as far as is known.
    pub fn under_way(&self) -> usize {
        self.acknowledged.iter().filter(|job| !job.progress.ended).count()
    }

    /// Whether a job's plan may be ahead.
    pub fn has_unplanned(&self) -> bool {
        self.acknowledged
            .iter()
            .any(|job| !job.progress.ended && job.progress.processed == 0 && self.is_membership(job.step))
    }

    /// Jobs that were half done when they were looked at last, by their place in `acknowledged`.
    pub fn half_done(&self) -> BTreeMap<usize, Progress> {
        let jobs = self.acknowledged.iter().map(|job| job.progress).enumerate();
        jobs.filter(|(_, progress)| progress.is_half_done()).collect()
    }

    fn is_membership(&self, step: usize) -> bool {
        self.script.steps[step].group().is_some()
    }

    /// Sends and looks until everything is done or the server is gone.
    ///
    /// # Errors
    /// The server is gone.
    pub fn work(&mut self, server: SocketAddr) -> io::Result<()> {
        while !self.is_done() {
            let room = self.under_way() < UNDER_WAY_MAX;
            if room && self.next().is_some() {
                self.submit(server)?;
            } else {
                thread::sleep(LOOK_EVERY);
            }
            self.look(server)?;
        }
        Ok(())
    }

    /// Looks at every job that has not ended.
    ///
    /// # Errors
    /// The server is gone.
    pub fn look(&mut self, server: SocketAddr) -> io::Result<()> {
        for at in 0..self.acknowledged.len() {
            if !self.acknowledged[at].progress.ended {
                self.look_at(server, at)?;
            }
        }
        Ok(())
    }

    fn look_at(&mut self, server: SocketAddr, at: usize) -> io::Result<()> {
        let (progress, report) = self.report(server, at)?;
        let job = &mut self.acknowledged[at];
        let before = job.progress;
        assert!(progress.processed >= before.processed, "{job:?} went back to {progress:?}");
        assert!(progress.total >= before.total, "{job:?} became smaller: {progress:?}");
        // Plan, which may add the removals of a replace, comes before the first item.
        assert!(before.processed == 0 || progress.total == before.total, "{job:?} became {progress:?}");
        job.progress = progress;
        if progress.ended {
            job.report = Some(report);
        }
        Ok(())
    }

    /// The present report of an acknowledged job, which must be there.
    fn report(&self, server: SocketAddr, at: usize) -> io::Result<(Progress, Value)> {
        let job = &self.acknowledged[at];
        let path = match &self.script.steps[job.step] {
            Step::Import { .. } => import_path(&job.job),
            Step::Delete { .. } | Step::Restore { .. } => job_path(&job.job),
            _ => report_path(&job.job),
        };
        let answer = self.get(server, &path)?;
        assert_eq!(answer.status, 200, "an acknowledged job is lost: {job:?}: {}", answer.text());
        let report = answer.json();
        let progress = match &self.script.steps[job.step] {
            Step::Import { .. } => import_progress(&report),
            Step::Delete { .. } | Step::Restore { .. } => job_progress(&report),
            _ => membership_progress(&report),
        };
        Ok((progress, report))
    }

    /// All ended jobs must still say what they said when they ended.
    ///
    /// # Errors
    /// The server is gone.
    pub fn look_again(&self, server: SocketAddr) -> io::Result<()> {
        for at in 0..self.acknowledged.len() {
            let (_, report) = self.report(server, at)?;
            assert_eq!(Some(&report), self.acknowledged[at].report.as_ref());
        }
        Ok(())
    }

    fn submit(&mut self, server: SocketAddr) -> io::Result<()> {
        let at = self.acknowledged.len();
        let step = &self.script.steps[at];
        if step.group().is_some_and(by_id) && self.known.ids.is_empty() {
            self.learn_ids(server)?;
        }
        let is_repeated = at < self.sent;
        self.repeated += u64::from(is_repeated);
        self.sent = at + 1;
        let job = match self.send(server, at)? {
            Sent::Accepted(job) => job,
            Sent::KeyIsHeld => {
                assert!(is_repeated, "nobody else sends with this key");
                self.held += 1;
                self.place.let_keys_lapse();
                match self.send(server, at)? {
                    Sent::Accepted(job) => job,
                    Sent::KeyIsHeld => panic!("a key is held for longer than its time"),
                }
            }
        };
        // A client that is not sure asks again, and gets the same job.
        if self.random.percent(15) {
            match self.send(server, at)? {
                Sent::Accepted(again) => assert_eq!(job, again, "one key made two jobs"),
                Sent::KeyIsHeld => panic!("the key of an accepted request is held"),
            }
        }
        let progress = Progress::default();
        self.known.jobs.insert(at, job.clone());
        self.acknowledged.push(Acknowledged { step: at, job, progress, report: None });
        if let Step::Create { group, .. } = step {
            let number = self.group_number(server, at);
            // Who does not know the number asks again in the next life.
            self.known.groups.insert(*group, number.inspect_err(|_| drop(self.acknowledged.pop()))?);
        }
        Ok(())
    }

    /// Sends the request of a step.
    fn send(&mut self, server: SocketAddr, at: usize) -> io::Result<Sent> {
        let step = &self.script.steps[at];
        let prepared = wire::prepare(step, ACCOUNT, &self.known);
        let key = format!("step-{at}");
        let request = Request {
            method: prepared.method,
            path: &prepared.path,
            headers: vec![
                ("authorization", self.token.as_str()),
                ("content-type", prepared.content_type.as_str()),
                ("prefer", "respond-async"),
                ("idempotency-key", key.as_str()),
            ],
            body: &prepared.body,
        };
        let answer = http::send(server, &request)?;
        if answer.status == 409 && answer.text().contains(KEY_IS_HELD) {
            return Ok(Sent::KeyIsHeld);
        }
        assert_eq!(answer.status, 202, "{} {}: {}", prepared.method, prepared.path, answer.text());
        if answer.header("idempotent-replayed") == Some("true") {
            self.replayed += 1;
        }
        Ok(Sent::Accepted(match step {
            Step::Import { .. } => answer.json()["jobId"].as_str().unwrap().to_owned(),
            Step::Undo { .. } | Step::Delete { .. } | Step::Restore { .. } => {
                answer.json()["number"].to_string()
            }
            _ => answer.header("throng-job").unwrap().to_owned(),
        }))
    }

    fn group_number(&self, server: SocketAddr, at: usize) -> io::Result<i64> {
        let (_, report) = self.report(server, at)?;
        Ok(report["groupId"].as_i64().unwrap())
    }

    fn learn_ids(&mut self, server: SocketAddr) -> io::Result<()> {
        let mut start = 1;
        let mut ids = BTreeMap::new();
        loop {
            let path = format!("/scim/v2/Users?startIndex={start}&count={PAGE}&attributes=userName");
            let answer = self.get(server, &path)?;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let body = answer.json();
            let users = body["Resources"].as_array().cloned().unwrap_or_default();
            if users.is_empty() {
                self.known.ids = ids.into_iter().collect();
                return Ok(());
            }
            start += users.len();
            for user in users {
                let text = |name: &str| user[name].as_str().unwrap().to_owned();
                ids.insert(text("userName"), text("id"));
            }
        }
    }

    fn get(&self, server: SocketAddr, path: &str) -> io::Result<Answer> {
        let headers = vec![("authorization", self.token.as_str())];
        http::send(server, &Request { method: "GET", path, headers, body: b"" })
    }

    /// The report of each step without what differs from run to run: numbers, ids, times.
    ///
    /// # Errors
    /// The server is gone.
    pub fn comparable_reports(&self, server: SocketAddr) -> io::Result<Vec<Value>> {
        let mut reports = Vec::new();
        for job in &self.acknowledged {
            let mut report = job.report.clone().unwrap();
            let fields = report.as_object_mut().unwrap();
            for name in ["id", "groupId", "requestReceivedAt", "jobId", "url", "startTime", "endTime"] {
                fields.remove(name);
            }
            if matches!(self.script.steps[job.step], Step::Delete { .. } | Step::Restore { .. }) {
                *fields = ["kind", "state", "counts", "reasons", "askedCreate", "askedDestroy"]
                    .into_iter()
                    .map(|name| (name.to_owned(), fields[name].clone()))
                    .collect();
                fields.insert("totalCount".to_owned(), fields["counts"]["total"].clone());
            } else if !self.is_membership(job.step) {
                fields.insert("rows".to_owned(), self.rows(server, &job.job)?);
            }
            reports.push(report);
        }
        Ok(reports)
    }

    /// Every row of an import's report, without the users' ids.
    fn rows(&self, server: SocketAddr, job: &str) -> io::Result<Value> {
        let mut rows = Vec::new();
        for page in 1.. {
            let path = format!("{}/users?pageNumber={page}&pageSize={PAGE}", import_path(job));
            let answer = self.get(server, &path)?;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let users = answer.json()["users"].as_array().unwrap().clone();
            let full = users.len() == PAGE;
            for mut user in users {
                let id = user.as_object_mut().unwrap().remove("userId");
                assert_eq!(id.is_some(), user["status"] == "COMPLETED", "{user}");
                rows.push(user);
            }
            if !full {
                break;
            }
        }
        Ok(Value::Array(rows))
    }

    /// The numbers of the groups, in the script's order.
    pub fn group_numbers(&self) -> Vec<i64> {
        (0..GROUPS).chain([JOINED]).map(|group| self.known.groups[&group]).collect()
    }
}

fn report_path(job: &str) -> String {
    format!("/v2/Groups/JobReport/{job}")
}

fn import_path(job: &str) -> String {
    format!("/api/admin/user/v1/accounts/{ACCOUNT}/jobs/{job}")
}

fn job_path(job: &str) -> String {
    format!("/api/v1/accounts/{ACCOUNT}/jobs/{job}")
}

fn job_progress(report: &Value) -> Progress {
    let count = |name: &str| report["counts"][name].as_u64().unwrap();
    let ended = report.get("endedAt").is_some();
    assert!(!ended || count("pending") == 0, "{report}");
    Progress { processed: count("processed"), total: count("total"), ended }
}

fn membership_progress(report: &Value) -> Progress {
    let count = |name: &str| report[name].as_u64().unwrap();
    let (processed, pending) = (count("membersProcessedCount"), count("membersPendingCount"));
    assert!(count("membersCreatedCount") + count("membersRemovedCount") <= processed, "{report}");
    let ended = report["status"] == "finished";
    assert!(ended || report["status"] == "ongoing", "{report}");
    assert!(!ended || pending == 0, "{report}");
    Progress { processed, total: processed + pending, ended }
}

fn import_progress(report: &Value) -> Progress {
    let total = report["totalCount"].as_u64().unwrap();
    let (mut counted, mut pending) = (0, 0);
    for detail in report["details"].as_array().unwrap() {
        let count = detail["count"].as_u64().unwrap();
        counted += count;
        if ["PENDING", "IN_PROGRESS"].iter().any(|status| detail["status"] == *status) {
            pending += count;
        }
    }
    assert_eq!(counted, total, "{report}");
    let ended =
        ["COMPLETED", "FAILED", "NO_CHANGE", "ABORTED"].iter().any(|state| report["status"] == *state);
    assert!(!ended || pending == 0, "{report}");
    Progress { processed: total - pending, total, ended }
}
