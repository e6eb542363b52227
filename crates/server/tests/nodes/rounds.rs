//! Rounds of faults: jobs run on three nodes, one is killed, one perhaps stopped for a while, and what they held goes on
//! elsewhere.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use throng_checker::history::{Action, Change, Counts, State};
use throng_jobs::failpoint::POINTS;

use crate::nodes::arena::Arena;
use crate::nodes::client::Client;
use crate::nodes::figures::Figures;
use crate::nodes::fleet::Fleet;
use crate::nodes::node::{CHUNK_ITEMS, Kind, LEASE, LEASE_MILLIS, Start};
use crate::nodes::requests;
use crate::nodes::world::{PEOPLE, World, login, until};
use crate::support::random::Random;

/// Nodes of the fleet.
pub const NODES: usize = 3;
/// Jobs that are watched at the same time, each of a group of its own.
const PROBES: usize = 4;
/// A job whose node is killed or paused must have so much before it that it cannot end by itself.
const PENDING_MIN: u64 = 15 * CHUNK_ITEMS;
/// A killed or paused node's job goes on elsewhere by then: lease + 5 s. Two sessions of one paused node may stand still
/// one after the other, when the second waits for a lock of the first.
const TAKEOVER_MAX: Duration = Duration::from_millis(LEASE_MILLIS + 5_000);
/// A job goes on elsewhere by then after its node was told to stop.
const HANDOVER_MAX: Duration = Duration::from_secs(1);
/// A node that was started to stand still at a failpoint comes there by then, or is stopped wherever it is.
const POINT_MAX: Duration = Duration::from_secs(3);
/// By then a node holds one of the jobs, or the others do.
const HOLD_MAX: Duration = Duration::from_millis(500);
/// The jobs of a round have ended by then.
const ROUND_MAX: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Three nodes and the jobs that show who works.
pub struct Rounds<'a> {
    pub fleet: Fleet<'a>,
    pub figures: Figures,
    pub random: Random,
    pub client: Client<'a>,
    url: String,
    /// The groups of the watched jobs.
    pub probes: Vec<u64>,
    filled: bool,
    /// The node that does not do everything, or is to stand still, and since which round.
    special: Option<(usize, usize)>,
}

/// Who meets which fate.
#[derive(Clone, Copy, Debug)]
struct Roles {
    victim: usize,
    other: usize,
    witness: usize,
}

/// A job that a node held when its fate came.
struct Watch {
    job: u64,
    holder: usize,
    since: Instant,
    /// Settled items when it was looked at after that.
    processed: u64,
}

impl<'a> Rounds<'a> {
    /// Starts the nodes on a database.
    pub fn start(world: &'a World, url: &str, mut random: Random) -> Self {
        let mut fleet = Fleet::new(&world.board);
        for at in 0..NODES {
            fleet.start(at, &Start { kind: Kind::Whole, url: url.to_owned(), point: None, require: None });
        }
        let client = Client::new(world, 100, Random::new(random.next()));
        let (figures, url, probes) = (Figures::default(), url.to_owned(), Vec::new());
        Self { fleet, figures, random, client, url, probes, filled: false, special: None }
    }

    /// Makes the groups whose jobs are watched.
    pub fn prepare(&mut self) {
        for probe in 0..PROBES {
            let unique = self.client.world.next();
            let draft = requests::create(&format!("Probe {probe}"), vec![login(0)], unique).keyed();
            let group = self.client.submit_somewhere(&draft).group.unwrap();
            self.probes.push(group);
        }
    }

    /// What the clients of the next round quarrel about.
    pub fn open(&mut self, number: usize) -> Arena {
        self.notice_pause();
        Arena::open(&mut self.client, number)
    }

    /// Whoever is to stand still may do so before its round.
    fn notice_pause(&self) {
        if let Some((at, _)) = self.special {
            self.fleet.notice_pause(at);
        }
    }

    /// One round.
    pub fn round(&mut self, number: usize, pauses: bool, next_pauses: bool) {
        self.notice_pause();
        let jobs = self.submit_probes();
        let roles = self.choose_roles(&jobs, number, pauses);
        let pause = pauses.then(|| self.choose_pause(roles, number));
        let pause_first = self.random.percent(50);
        let mut watches = Vec::new();
        let mut standing = None;
        if let Some(kind) = pause.filter(|_| pause_first) {
            standing = Some((kind, self.pause(roles, kind, &jobs, &mut watches)));
        }
        let terminated = !pauses && self.random.percent(70);
        self.end(roles, terminated, &jobs, &mut watches);
        if let Some(kind) = pause.filter(|_| !pause_first) {
            standing = Some((kind, self.pause(roles, kind, &jobs, &mut watches)));
        }
        self.watch(roles, standing, watches, terminated);
        if pauses {
            self.fleet.resume(roles.other);
        }
        let status = self.fleet.bury(roles.victim);
        assert_eq!(status.success(), terminated, "the node ended with {status}");
        self.replace(roles.victim, number, next_pauses);
        let witness = self.address(roles.witness);
        for job in jobs {
            self.wait_for_end(witness, job);
        }
        self.fleet.check();
    }

    /// A job of many chunks on each of the groups.
    fn submit_probes(&mut self) -> Vec<u64> {
        let action = if self.filled { Action::Remove } else { Action::Add };
        self.filled = !self.filled;
        let members: Vec<String> = (0..PEOPLE).map(login).collect();
        let mut jobs = Vec::new();
        for group in self.probes.clone() {
            let change = Change { action, members: members.clone() };
            let draft = requests::patch(group, vec![change], self.client.world.next()).keyed().unwaited();
            jobs.push(self.client.submit_somewhere(&draft).job.unwrap());
        }
        jobs
    }

    fn address(&self, at: usize) -> SocketAddr {
        self.fleet.node(at).address.unwrap()
    }

    fn counts(&self, node: SocketAddr, job: u64) -> Option<(State, Counts)> {
        let sight = self.client.read_job(node, job)?;
        Some((sight.state, sight.counts?))
    }

    /// Whether the node holds a job with enough before it.
    fn held_by(&mut self, node: usize, witness: SocketAddr, jobs: &[u64]) -> Option<(u64, u64)> {
        jobs.iter().find_map(|&job| {
            if self.fleet.holder(job) != Some(node) {
                return None;
            }
            let (_, counts) = self.counts(witness, job)?;
            (counts.pending >= PENDING_MIN).then_some((job, counts.processed))
        })
    }

    /// A special node is never the witness: the witness answers, works and stays.
    fn choose_roles(&mut self, jobs: &[u64], number: usize, pauses: bool) -> Roles {
        let special = self.special;
        let fits = |roles: &Roles| match special {
            None => true,
            Some((at, since)) if pauses && since + 1 == number => roles.other == at,
            Some((at, _)) => roles.victim == at,
        };
        let mut all: Vec<Roles> = (0..NODES)
            .flat_map(|victim| [1, 2].map(|step| (victim, (victim + step) % NODES)))
            .map(|(victim, other)| Roles { victim, other, witness: NODES - victim - other })
            .filter(fits)
            .collect();
        for at in (1..all.len()).rev() {
            all.swap(at, self.random.below(at + 1));
        }
        let any = all[0];
        // Rather one that holds a job than any.
        all.retain(|roles| special.is_none() || self.fleet.node(roles.victim).start.kind != Kind::Answers);
        let since = Instant::now();
        while since.elapsed() < HOLD_MAX {
            for roles in &all {
                let witness = self.address(roles.witness);
                if self.held_by(roles.victim, witness, jobs).is_some() {
                    return *roles;
                }
            }
            thread::sleep(LOOK_EVERY);
        }
        any
    }

    /// Ends the victim.
    fn end(&mut self, roles: Roles, terminated: bool, jobs: &[u64], watches: &mut Vec<Watch>) {
        let witness = self.address(roles.witness);
        let held = self.held_by(roles.victim, witness, jobs);
        let since = Instant::now();
        if terminated {
            self.fleet.node(roles.victim).signal("TERM");
            self.figures.stops += 1;
        } else {
            self.fleet.kill(roles.victim);
            self.figures.kills += 1;
        }
        self.watch_for(roles.victim, held, witness, since, watches);
    }

    fn watch_for(
        &mut self,
        holder: usize,
        held: Option<(u64, u64)>,
        witness: SocketAddr,
        since: Instant,
        watches: &mut Vec<Watch>,
    ) {
        let Some((job, before)) = held else { return };
        let now = self.counts(witness, job).map_or(before, |(_, counts)| counts.processed);
        watches.push(Watch { job, holder, since, processed: now });
    }

    /// For how long the other node is to stand still; `None` = until somebody else goes on with its job.
    fn choose_pause(&mut self, roles: Roles, number: usize) -> Option<Duration> {
        let is_special = self.special.is_some_and(|(at, since)| at == roles.other && since + 1 == number);
        if is_special && self.fleet.node(roles.other).start.point.is_some() || self.random.percent(40) {
            return None;
        }
        let tenths = [5, 11, 30][self.random.below(3)];
        Some(LEASE * tenths / 10)
    }

    /// Stops the other node, at its failpoint if it has one and comes there; when it stood still.
    fn pause(
        &mut self,
        roles: Roles,
        length: Option<Duration>,
        jobs: &[u64],
        watches: &mut Vec<Watch>,
    ) -> Instant {
        let witness = self.address(roles.witness);
        let is_special = self.special.is_some_and(|(at, _)| at == roles.other);
        let point = self.fleet.node(roles.other).start.point.filter(|_| is_special).map(|(name, _)| name);
        let mut held = None;
        if let Some(name) = point {
            let since = Instant::now();
            while since.elapsed() < POINT_MAX {
                if self.fleet.notice_pause(roles.other) {
                    *self.figures.at_points.entry(name).or_default() += 1;
                    // From now on it is like any other.
                    self.special = None;
                    let since = Instant::now();
                    let held = held.or_else(|| self.held_by(roles.other, witness, jobs));
                    self.watch_for(roles.other, held, witness, since, watches);
                    return since;
                }
                held = self.held_by(roles.other, witness, jobs);
                thread::sleep(LOOK_EVERY);
            }
        }
        let held = self.held_by(roles.other, witness, jobs);
        let since = Instant::now();
        self.fleet.pause(roles.other);
        self.figures.pauses += 1;
        if length.is_none() {
            self.watch_for(roles.other, held, witness, since, watches);
        }
        since
    }

    /// Looks at the jobs that were held until others have gone on with them, and lets the paused node go on when its
    /// time has come.
    fn watch(
        &mut self,
        roles: Roles,
        mut paused: Option<(Option<Duration>, Instant)>,
        mut watches: Vec<Watch>,
        terminated: bool,
    ) {
        let witness = self.address(roles.witness);
        while !watches.is_empty() || paused.is_some_and(|(length, _)| length.is_some()) {
            if let Some((Some(length), since)) = paused
                && since.elapsed() >= length
            {
                self.fleet.resume(roles.other);
                paused = None;
            }
            let mut open = Vec::new();
            for watch in watches {
                if self.has_moved(witness, &watch) {
                    let times = match (watch.holder == roles.victim, terminated) {
                        (true, true) => &mut self.figures.after_stop,
                        (true, false) => &mut self.figures.after_kill,
                        (false, _) => &mut self.figures.after_pause,
                    };
                    times.push(watch.since.elapsed());
                    continue;
                }
                let limit = if terminated { HANDOVER_MAX } else { TAKEOVER_MAX };
                let late = watch.since.elapsed() > limit;
                assert!(!late, "job {} stands still for {:?}: {roles:?}", watch.job, watch.since.elapsed());
                open.push(watch);
            }
            watches = open;
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Whether another node goes on with the job.
    fn has_moved(&mut self, witness: SocketAddr, watch: &Watch) -> bool {
        let Some((state, counts)) = self.counts(witness, watch.job) else { return false };
        let elsewhere = self.fleet.holder(watch.job) != Some(watch.holder);
        // The holder's last chunk may have been on its way.
        state.is_terminal() || elsewhere && counts.processed > watch.processed + CHUNK_ITEMS
    }

    /// Starts a node in the place of the dead one, perhaps of another kind.
    fn replace(&mut self, at: usize, number: usize, next_pauses: bool) {
        let mut start = Start { kind: Kind::Whole, url: self.url.clone(), point: None, require: None };
        // The dead one may have been the special one.
        self.special = self.special.filter(|(special, _)| *special != at);
        if self.special.is_none() {
            if next_pauses && self.random.percent(80) {
                start.point = Some(self.choose_point());
            } else {
                start.kind = [Kind::Whole, Kind::Works, Kind::Works, Kind::Answers][self.random.below(4)];
            }
            self.special = (start.point.is_some() || start.kind != Kind::Whole).then_some((at, number));
        }
        self.fleet.start(at, &start);
    }

    /// Replaces the node that may yet stand still: there are no faults any more.
    pub fn calm(&mut self) {
        if let Some((at, _)) = self.special.take() {
            self.fleet.kill(at);
            self.fleet.bury(at);
            let start = Start { kind: Kind::Whole, url: self.url.clone(), point: None, require: None };
            self.fleet.start(at, &start);
        }
    }

    /// A failpoint where nodes stood still least.
    fn choose_point(&mut self) -> (&'static str, usize) {
        let (figures, random) = (&self.figures, &mut self.random);
        let name = *POINTS.iter().min_by_key(|name| (figures.at_point(name), random.next())).unwrap();
        let hit = match name.split_once('.').unwrap().0 {
            "chunk" => random.between(5, 30),
            "writer" => random.between(20, 80),
            "accept" => 1,
            _ => random.between(1, 4),
        };
        (name, hit)
    }

    fn wait_for_end(&self, witness: SocketAddr, job: u64) {
        until(ROUND_MAX, &format!("the end of job {job}"), || {
            self.counts(witness, job).filter(|(state, _)| state.is_terminal())
        });
    }
}
