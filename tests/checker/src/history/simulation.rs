//! Histories of a small server in memory, made from a seed: clients whose requests overlap, answers that are lost,
//! jobs that are worked between. The server is right, or has one planted bug.

mod server;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::{
    Action, Change, Class, Counts, CreateAnswer, History, JobSight, Operation, Outcome, State, Step,
    Submission, Versioned, WriteAnswer,
};

const ACCOUNT: &str = "acme";
const GROUPS: u64 = 2;
const MEMBERS: usize = 6;
const CLIENTS: usize = 5;
const STEPS: usize = 75;

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    LosesJobs,
    ForgetsJobs,
    ReopensJobs,
    WorksOutOfOrder,
    RepeatsJobNumbers,
    RepeatsUserIds,
    CountsAgain,
    CountsWrongly,
    PlansAgain,
    LosesMembers,
    RevivesMembers,
    ReadsOldMembers,
    MakesNamesTwice,
    ReadsOldNames,
    IgnoresVersions,
    ReadsOldVersions,
    IgnoresKeys,
}

/// A generator of small random numbers (splitmix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

struct Job {
    number: u64,
    group: u64,
    place: u64,
    marker: Option<String>,
    state: State,
    items: Vec<(bool, String)>,
    counts: Counts,
}

impl Job {
    fn sight(&self) -> JobSight {
        JobSight { state: self.state, counts: Some(self.counts.clone()) }
    }

    fn count(&mut self, class: Class) {
        *self.counts.classes.entry(class).or_default() += 1;
        self.counts.processed += 1;
        self.counts.pending -= 1;
    }
}

#[derive(Default)]
struct Group {
    members: BTreeSet<String>,
    before: BTreeSet<String>,
    removed: Vec<String>,
    places: u64,
}

/// What a client remembers.
#[derive(Clone, Default)]
struct Client {
    steps: usize,
    last: Option<usize>,
    version: Option<String>,
    user: Option<String>,
    job: Option<u64>,
    /// A submission whose outcome is unknown.
    again: Option<Submission>,
}

enum Event {
    Invoke(usize),
    Effect(usize),
    Work,
}

pub struct Simulation {
    random: Random,
    bug: Option<Bug>,
    history: History,
    events: BinaryHeap<Reverse<(u64, usize)>>,
    queued: Vec<Event>,
    clients: Vec<Client>,
    given_up: BTreeSet<usize>,
    jobs: Vec<Job>,
    groups: BTreeMap<u64, Group>,
    keys: BTreeMap<String, u64>,
    users: BTreeMap<String, String>,
    old_users: BTreeMap<String, String>,
    made: u64,
    version: u64,
    value: String,
    old_value: Versioned,
}

/// The history of a run.
pub fn run(seed: u64, bug: Option<Bug>) -> History {
    let mut simulation = Simulation {
        random: Random::new(seed),
        bug,
        history: History::default(),
        events: BinaryHeap::new(),
        queued: Vec::new(),
        clients: vec![Client::default(); CLIENTS],
        given_up: BTreeSet::new(),
        jobs: Vec::new(),
        groups: (1..=GROUPS).map(|group| (group, Group::default())).collect(),
        keys: BTreeMap::new(),
        users: BTreeMap::new(),
        old_users: BTreeMap::new(),
        made: 0,
        version: 1,
        value: "first".to_owned(),
        old_value: Versioned { version: "v1".to_owned(), value: "first".to_owned() },
    };
    simulation.run();
    simulation.history
}

impl Simulation {
    fn at(&mut self, time: u64, event: Event) {
        self.events.push(Reverse((time, self.queued.len())));
        self.queued.push(event);
    }

    fn run(&mut self) {
        for client in 0..CLIENTS {
            self.at(client as u64, Event::Invoke(client));
        }
        self.at(5, Event::Work);
        let mut now = 0;
        while let Some(Reverse((time, at))) = self.events.pop() {
            now = time;
            match self.queued[at] {
                Event::Invoke(client) => self.invoke(client, time),
                Event::Effect(operation) => {
                    let outcome = self.effect(operation);
                    self.answer(operation, outcome);
                }
                Event::Work => {
                    let busy = self.work();
                    let later = time + 1 + self.random.below(20);
                    if busy || !self.events.is_empty() {
                        self.at(later, Event::Work);
                    }
                }
            }
        }
        self.look(now + 10);
    }

    /// The last looks, when nothing happens any more.
    fn look(&mut self, mut now: u64) {
        let mut steps: Vec<Step> = self
            .jobs
            .iter()
            .map(|job| Step::ReadJob { job: job.number, outcome: Outcome::Unknown })
            .collect();
        steps.extend((1..=GROUPS).map(|group| Step::ReadMembers { group, outcome: Outcome::Unknown }));
        steps.push(Step::ListJobs { outcome: Outcome::Unknown });
        for step in steps {
            let at = self.history.operations.len();
            let account = ACCOUNT.to_owned();
            self.history.operations.push(Operation {
                client: 99,
                account,
                invoked: now,
                returned: now + 1,
                step,
            });
            let step = self.effect(at);
            self.history.operations[at].step = step;
            now += 5;
        }
    }

    fn invoke(&mut self, at: usize, now: u64) {
        self.learn(at);
        if self.clients[at].steps == STEPS {
            return;
        }
        self.clients[at].steps += 1;
        let step = self.choose(at);
        let effect = now + self.random.below(30);
        let returned = effect + self.random.below(30);
        let operation = self.history.operations.len();
        self.clients[at].last = Some(operation);
        let account = ACCOUNT.to_owned();
        let client = u32::try_from(at).unwrap();
        self.history.operations.push(Operation { client, account, invoked: now, returned, step });
        match self.random.below(100) {
            // Refused, or never arrived.
            0..3 => self.fail(operation),
            3..8 => {}
            // Done, perhaps late, and nobody was told.
            8..14 => {
                self.given_up.insert(operation);
                self.history.operations[operation].returned = now + 1;
                let late = self.random.below(200);
                self.at(effect + 2 + late, Event::Effect(operation));
            }
            _ => self.at(effect, Event::Effect(operation)),
        }
        let think = self.random.below(15);
        let returned = self.history.operations[operation].returned;
        self.at(returned + 1 + think, Event::Invoke(at));
    }

    fn fail(&mut self, operation: usize) {
        match &mut self.history.operations[operation].step {
            Step::Submit { outcome, .. } => *outcome = Outcome::Failed,
            Step::CreateUser { outcome, .. } => *outcome = Outcome::Failed,
            Step::WriteVersion { outcome, .. } => *outcome = Outcome::Failed,
            _ => {}
        }
    }

    /// Takes the answer over, unless the client has given up.
    fn answer(&mut self, operation: usize, step: Step) {
        if !self.given_up.contains(&operation) {
            self.history.operations[operation].step = step;
        }
    }

    fn learn(&mut self, at: usize) {
        let client = &mut self.clients[at];
        let Some(last) = client.last else { return };
        match &self.history.operations[last].step {
            Step::Submit { submission, outcome: Outcome::Unknown } if submission.key.is_some() => {
                client.again = Some(submission.clone());
            }
            Step::Submit { outcome: Outcome::Ok(accepted), .. } => client.job = accepted.job,
            Step::CreateUser { outcome: Outcome::Ok(CreateAnswer::Made(id)), .. } => {
                client.user = Some(id.clone());
            }
            Step::FindUser { outcome: Outcome::Ok(Some(id)), .. } => client.user = Some(id.clone()),
            Step::ReadVersion { outcome: Outcome::Ok(read), .. } => {
                client.version = Some(read.version.clone());
            }
            Step::WriteVersion { outcome: Outcome::Ok(WriteAnswer::Done(version)), .. } => {
                client.version = Some(version.clone());
            }
            _ => {}
        }
    }

    fn choose(&mut self, at: usize) -> Step {
        let client = self.clients[at].clone();
        if let Some(submission) = client.again.filter(|_| self.random.percent(70)) {
            self.clients[at].again = None;
            return Step::Submit { submission, outcome: Outcome::Unknown };
        }
        let name = format!("n{}", self.random.below(4));
        let group = 1 + self.random.below(GROUPS);
        match self.random.below(15) {
            0..3 => Step::Submit { submission: self.submission(at, group), outcome: Outcome::Unknown },
            3 => Step::ReadMembers { group, outcome: Outcome::Unknown },
            4..9 => match client.job {
                Some(job) => Step::ReadJob { job, outcome: Outcome::Unknown },
                None => Step::ListJobs { outcome: Outcome::Unknown },
            },
            9 => Step::CreateUser { name, outcome: Outcome::Unknown },
            10 => Step::FindUser { name, outcome: Outcome::Unknown },
            11 => match client.user {
                Some(id) if self.random.percent(60) => Step::DeleteUser { id, outcome: Outcome::Unknown },
                Some(id) => Step::RenameUser { id, name, outcome: Outcome::Unknown },
                None => Step::CreateUser { name, outcome: Outcome::Unknown },
            },
            12 => Step::ReadVersion { resource: "r".to_owned(), outcome: Outcome::Unknown },
            _ => Step::WriteVersion {
                resource: "r".to_owned(),
                expected: if self.random.percent(95) { client.version } else { None },
                value: format!("value {at} {}", client.steps),
                outcome: Outcome::Unknown,
            },
        }
    }

    fn submission(&mut self, at: usize, group: u64) -> Submission {
        let marker = format!("m{at}-{}", self.clients[at].steps);
        let mut members = BTreeSet::new();
        for _ in 0..=self.random.below(4) {
            members.insert(format!("u{}", self.random.below(MEMBERS as u64)));
        }
        let action = match self.random.below(10) {
            0..5 => Action::Add,
            5..9 => Action::Remove,
            _ => Action::Replace,
        };
        Submission {
            key: self.random.percent(60).then(|| format!("key {marker}")),
            marker: Some(marker),
            group: Some(group),
            changes: vec![Change { action, members: members.into_iter().collect() }],
        }
    }

    fn buggy(&mut self, bug: Bug, percent: u64) -> bool {
        self.bug == Some(bug) && self.random.percent(percent)
    }
}
