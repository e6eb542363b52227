//! The nodes of a test on one database, and where clients find them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::{Command, ExitStatus};
use std::sync::Mutex;
use std::thread;

use tempfile::TempDir;

use crate::nodes::node::{BINARY, Node, Start};
use crate::support::random::Random;

/// Of a hundred requests so many go to a node that is known to stand still.
const TO_PAUSED: usize = 5;
/// So many lines of a node's log are shown when the test has failed.
const LOG_LINES: usize = 30;

/// Where requests can be sent.
#[derive(Default)]
pub struct Board(Mutex<Vec<Seat>>);

#[derive(Clone, Copy, Default)]
struct Seat {
    address: Option<SocketAddr>,
    paused: bool,
}

impl Board {
    /// One of the nodes that answer; now and then one that stands still.
    pub fn choose(&self, random: &mut Random) -> Option<SocketAddr> {
        let seats = self.0.lock().unwrap();
        let any = random.percent(TO_PAUSED);
        let open: Vec<SocketAddr> =
            seats.iter().filter(|seat| any || !seat.paused).filter_map(|seat| seat.address).collect();
        (!open.is_empty()).then(|| open[random.below(open.len())])
    }

    /// All nodes that answer and do not stand still.
    pub fn all(&self) -> Vec<SocketAddr> {
        let seats = self.0.lock().unwrap();
        seats.iter().filter(|seat| !seat.paused).filter_map(|seat| seat.address).collect()
    }

    fn set(&self, at: usize, change: impl FnOnce(&mut Seat)) {
        let mut seats = self.0.lock().unwrap();
        if seats.len() <= at {
            seats.resize(at + 1, Seat::default());
        }
        change(&mut seats[at]);
    }
}

/// Nodes, by place. A place is empty between a death and the next start.
pub struct Fleet<'a> {
    dir: TempDir,
    board: &'a Board,
    nodes: Vec<Option<Node>>,
    started: usize,
    /// By job: who claimed it last, and when.
    claims: HashMap<u64, (String, usize)>,
}

impl<'a> Fleet<'a> {
    /// No nodes.
    pub fn new(board: &'a Board) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir, board, nodes: Vec::new(), started: 0, claims: HashMap::new() }
    }

    /// Starts a node at a place that is empty.
    pub fn start(&mut self, at: usize, start: &Start) {
        let log = self.dir.path().join(format!("{at}-{}.log", self.started));
        self.started += 1;
        let node = Node::start(start, &log);
        self.board.set(at, |seat| *seat = Seat { address: node.address, paused: false });
        if self.nodes.len() <= at {
            self.nodes.resize_with(at + 1, || None);
        }
        self.nodes[at] = Some(node);
    }

    /// The node at this place.
    pub fn node(&self, at: usize) -> &Node {
        self.nodes[at].as_ref().unwrap()
    }

    /// Kills a node.
    pub fn kill(&mut self, at: usize) {
        self.node(at).signal("KILL");
    }

    /// Takes a node that was told to end out of the fleet, once it has ended.
    pub fn bury(&mut self, at: usize) -> ExitStatus {
        self.board.set(at, |seat| seat.address = None);
        self.look_at_claims();
        let mut node = self.nodes[at].take().unwrap();
        node.wait()
    }

    /// Stops a node where it is.
    pub fn pause(&self, at: usize) {
        self.node(at).signal("STOP");
        self.board.set(at, |seat| seat.paused = true);
    }

    /// Notes that a node stands still, if it does.
    pub fn notice_pause(&self, at: usize) -> bool {
        let paused = self.node(at).stands_still();
        if paused {
            self.board.set(at, |seat| seat.paused = true);
        }
        paused
    }

    /// Lets a node go on.
    pub fn resume(&self, at: usize) {
        self.node(at).signal("CONT");
        self.board.set(at, |seat| seat.paused = false);
    }

    /// Who claimed the job last.
    pub fn holder(&mut self, job: u64) -> Option<usize> {
        self.look_at_claims();
        self.claims.get(&job).map(|(_, at)| *at)
    }

    fn look_at_claims(&mut self) {
        for (at, node) in self.nodes.iter_mut().enumerate() {
            for claim in node.iter_mut().flat_map(Node::claims) {
                let last = self.claims.entry(claim.job).or_insert_with(|| (claim.at.clone(), at));
                if last.0 <= claim.at {
                    *last = (claim.at, at);
                }
            }
        }
    }

    /// The errors that nodes have logged, also those that are dead.
    pub fn errors(&self) -> Vec<String> {
        let logs = std::fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let texts = logs.map(|path| std::fs::read_to_string(path).unwrap());
        let is_error = |line: &&str| line.contains("\"level\":\"ERROR\"");
        texts.flat_map(|text| text.lines().filter(is_error).map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// Fails if a node has ended by itself.
    pub fn check(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            let ended = node.ended();
            assert!(ended.is_none(), "a node ended by itself ({ended:?}):\n{}", node.log_text());
        }
    }

    /// Stops all nodes as an operator does; all must end well.
    pub fn stop(&mut self) {
        for node in self.nodes.iter().flatten() {
            node.signal("CONT");
            node.signal("TERM");
        }
        for at in 0..self.nodes.len() {
            if self.nodes[at].is_some() {
                let status = self.bury(at);
                assert!(status.success(), "a node that was told to stop ended with {status}");
            }
        }
    }
}

impl Drop for Fleet<'_> {
    /// What the nodes said last, when the test has failed.
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(node) = node else { continue };
            let text = node.log_text();
            let lines: Vec<&str> = text.lines().filter(|line| !line.contains("\"claimed\"")).collect();
            let end = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
            println!("node {at}, {:?}, stands still: {}:\n{end}", node.start, node.stands_still());
        }
    }
}

/// Runs a command of the program on the database; what it prints.
pub fn command(url: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(BINARY);
    let output = command.args(arguments).args(["--database", url]).env_clear().output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
