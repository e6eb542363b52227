//! One process of the real binary.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::http::{self, Request};

/// The program.
pub const BINARY: &str = env!("CARGO_BIN_EXE_throng");
/// How long a worker owns a job after its last commit.
pub const LEASE: Duration = Duration::from_millis(LEASE_MILLIS);
/// The same in milliseconds. Without a setting it is 15,000.
pub const LEASE_MILLIS: u64 = 1_500;
/// How long the database lets a node's transaction stand still, in seconds. Without a setting it is 5.
const IDLE_SECONDS: u64 = 2;
/// Items of a chunk: few, so that a job has many.
pub const CHUNK_ITEMS: u64 = 20;
/// A node that is not ready by then never will be.
const START_MAX: Duration = Duration::from_secs(30);
/// A node that was told to stop and has not by then hangs.
pub const STOP_MAX: Duration = Duration::from_secs(20);
/// Tries at a port that somebody else may have taken meanwhile.
const PORTS_TRIED: usize = 5;
/// How long a small membership write waits for its turn: shorter than a client waits for an answer.
const INLINE_WAIT_MILLIS: u64 = 500;
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It answers requests and works jobs.
    Whole,
    /// It only answers: `serve --no-work`.
    Answers,
    /// It only works: `work`.
    Works,
}

/// How a node is started.
#[derive(Clone, Debug)]
pub struct Start {
    pub kind: Kind,
    /// The database's URL.
    pub url: String,
    /// Where to stand still: a failpoint and which of its passages.
    pub point: Option<(&'static str, usize)>,
    /// The durability without which it writes nothing.
    pub require: Option<&'static str>,
}

/// A running node, killed at the latest when it is dropped.
pub struct Node {
    pub start: Start,
    /// Where it answers, if it does.
    pub address: Option<SocketAddr>,
    child: Child,
    log: PathBuf,
    read_bytes: u64,
}

/// A line of a log that says who works a job from then on.
#[derive(Clone, Debug)]
pub struct Claim {
    /// As in the log: the order of texts is that of times.
    pub at: String,
    pub job: u64,
}

impl Node {
    /// Starts a node that logs to `log`, and waits until it answers or works.
    pub fn start(start: &Start, log: &Path) -> Self {
        for _ in 0..PORTS_TRIED {
            let mut node = Self::spawn(start, log);
            match node.wait_until_ready() {
                Ok(()) => return node,
                Err(status) => {
                    let text = node.log_text();
                    assert!(text.contains("cannot listen on"), "a node ended with {status}:\n{text}");
                }
            }
        }
        panic!("no free port");
    }

    fn spawn(start: &Start, log: &Path) -> Self {
        let mut command = Command::new(BINARY);
        let mut address = None;
        if start.kind == Kind::Works {
            command.arg("work");
        } else {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
            command.args(["serve", "--listen", &free.to_string()]);
            address = Some(free);
        }
        if start.kind == Kind::Answers {
            command.arg("--no-work");
        }
        let settings = log.with_extension("toml");
        let idle =
            format!("[database]\nsession = [\"idle_in_transaction_session_timeout={IDLE_SECONDS}s\"]\n");
        std::fs::write(&settings, idle).unwrap();
        command.arg("--config").arg(settings);
        command.env_clear().env("THRONG_DATABASE__URL", &start.url);
        command.env("RUST_LOG", "info,throng_directory=debug");
        command.env("THRONG_JOBS__LEASE_MS", LEASE_MILLIS.to_string());
        command.env("THRONG_JOBS__CHUNK_ITEMS", CHUNK_ITEMS.to_string());
        command.env("THRONG_JOBS__WORKERS", "4");
        command.env("THRONG_JOBS__INLINE_WAIT_MS", INLINE_WAIT_MILLIS.to_string());
        if let Some((name, hit)) = start.point {
            command.env("THRONG_FAILPOINT", format!("{name}:{hit}:stop"));
        }
        if let Some(level) = start.require {
            command.env("THRONG_DATABASE__REQUIRE", level);
        }
        let file = OpenOptions::new().create(true).append(true).open(log).unwrap();
        let (out, err) = (file.try_clone().unwrap(), file);
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
        Self { start: start.clone(), address, child, log: log.to_owned(), read_bytes: 0 }
    }

    fn wait_until_ready(&mut self) -> Result<(), ExitStatus> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Err(status);
            }
            let ready = match self.address {
                Some(address) => health(address).is_some(),
                None => self.log_text().contains("\"working\""),
            };
            // One that stands at its failpoint has been ready.
            if ready || self.stands_still() {
                return Ok(());
            }
            assert!(since.elapsed() < START_MAX, "a node is not ready:\n{}", self.log_text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Whether it was stopped by SIGSTOP and has not been told to go on.
    pub fn stands_still(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for the end of a node that was told to end. One that meanwhile came to the point where it stands still is told to
    /// go on: who stands still does not hear.
    pub fn wait(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            if self.stands_still() {
                self.signal("CONT");
            }
            assert!(since.elapsed() < STOP_MAX, "a node does not end:\n{}", self.log_text());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The jobs that it has claimed since the last call.
    pub fn claims(&mut self) -> Vec<Claim> {
        let mut file = File::open(&self.log).unwrap();
        file.seek(SeekFrom::Start(self.read_bytes)).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        // A line that is not written to its end is left for the next call.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.read_bytes += whole as u64;
        String::from_utf8_lossy(&bytes[..whole]).lines().filter_map(claim).collect()
    }

    /// Everything it has logged.
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn claim(line: &str) -> Option<Claim> {
    if !line.contains("\"claimed\"") {
        return None;
    }
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = &line["fields"];
    let is_claim = fields["message"] == "claimed";
    is_claim.then_some(Claim { at: line["timestamp"].as_str()?.to_owned(), job: fields["job"].as_u64()? })
}

/// What `/health` says, if it says that all is well.
pub fn health(address: SocketAddr) -> Option<Value> {
    let request = Request { method: "GET", path: "/health", headers: Vec::new(), body: b"" };
    let answer = http::send(address, &request, SILENCE_MAX).ok()?;
    (answer.status == 200).then(|| answer.json())
}
