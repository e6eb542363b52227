//! The real binary: started, killed, started again.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::crash::http::{self, Request};
use crate::crash::place::Place;

/// The program.
pub const BINARY: &str = env!("CARGO_BIN_EXE_throng");
/// Items of a chunk: small, so that a job has many chunks and most kills fall between two; less so where a commit takes
/// longer.
const CHUNK_ITEMS: usize = 10;
const SHARED_CHUNK_ITEMS: usize = 25;
/// A server that is not ready by then never will be.
const START_MAX: Duration = Duration::from_secs(30);
/// A server that was told to stop and has not by then hangs.
const STOP_MAX: Duration = Duration::from_secs(30);
/// Tries at a port that somebody else may have taken meanwhile.
const PORTS_TRIED: usize = 5;
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;

/// Where to die: a failpoint and which of its passages.
pub type Point = (&'static str, usize);

/// How a server's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// By our SIGKILL.
    Killed,
    /// At the failpoint it was armed with.
    AtFailpoint,
}

/// A running server, killed at the latest when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub ready_after: Duration,
    child: Arc<Mutex<Child>>,
    point: Option<Point>,
}

impl Server {
    /// Starts a server and waits until it answers. `Err` when it died at its failpoint before that.
    pub fn start(place: &Place<'_>, point: Option<Point>) -> Result<Self, Death> {
        for _ in 0..PORTS_TRIED {
            let mut server = Self::spawn(place, point);
            match server.wait_until_ready() {
                Ok(ready_after) => {
                    server.ready_after = ready_after;
                    return Ok(server);
                }
                Err(status) if point.is_some() && status.signal() == Some(SIGABRT) => {
                    return Err(Death::AtFailpoint);
                }
                Err(status) => {
                    let log = place.log_end();
                    assert!(log.contains("cannot listen on"), "the server ended with {status}:\n{log}");
                }
            }
        }
        panic!("no free port: {}", place.log_end());
    }

    fn spawn(place: &Place<'_>, point: Option<Point>) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut command = Command::new(BINARY);
        command.args(["serve", "--listen", &address.to_string()]).args(place.arguments());
        command.env_clear().env("RUST_LOG", "warn");
        let chunk_items = if place.is_shared() { SHARED_CHUNK_ITEMS } else { CHUNK_ITEMS };
        command.env("THRONG_JOBS__CHUNK_ITEMS", chunk_items.to_string());
        command.env("THRONG_JOBS__LEASE_MS", "300").env("THRONG_JOBS__POLL_MS", "20");
        if let Some((name, hit)) = point {
            command.env("THRONG_FAILPOINT", format!("{name}:{hit}"));
        }
        let child =
            command.stdin(Stdio::null()).stdout(place.open_log()).stderr(place.open_log()).spawn().unwrap();
        Self { address, ready_after: Duration::ZERO, child: Arc::new(Mutex::new(child)), point }
    }

    fn wait_until_ready(&self) -> Result<Duration, ExitStatus> {
        let started = Instant::now();
        let health = Request { method: "GET", path: "/health", headers: Vec::new(), body: b"" };
        loop {
            if let Some(status) = self.child().try_wait().unwrap() {
                return Err(status);
            }
            if http::send(self.address, &health).is_ok_and(|answer| answer.status == 200) {
                return Ok(started.elapsed());
            }
            assert!(started.elapsed() < START_MAX, "the server does not answer");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether it is to die at a failpoint.
    pub const fn is_armed(&self) -> bool {
        self.point.is_some()
    }

    /// Sends SIGKILL after `delay`, whatever the server is doing then.
    pub fn kill_after(&self, delay: Duration) {
        let child = Arc::clone(&self.child);
        thread::spawn(move || {
            thread::sleep(delay);
            // It may have died at its failpoint.
            let _ = child.lock().unwrap().kill();
        });
    }

    /// Sends SIGKILL.
    pub fn kill(&self) {
        let _ = self.child().kill();
    }

    /// Waits for the end of a server that is about to die.
    pub fn wait_for_death(&self) -> Death {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child().try_wait().unwrap() {
                return match status.signal() {
                    Some(SIGKILL) => Death::Killed,
                    Some(SIGABRT) if self.point.is_some() => Death::AtFailpoint,
                    _ => panic!("the server ended by itself: {status}"),
                };
            }
            assert!(started.elapsed() < STOP_MAX, "the server does not die");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Stops the server as an operator does; it must end well.
    pub fn stop(&self) {
        let pid = self.child().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let started = Instant::now();
        loop {
            if let Some(status) = self.child().try_wait().unwrap() {
                assert!(status.success(), "a server that was told to stop ended with {status}");
                return;
            }
            assert!(started.elapsed() < STOP_MAX, "the server does not stop");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(mut child) = self.child.lock() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
