//! What the clients of one round quarrel about. Each round has names, users and groups of its own, so that what nobody
//! knows of one round does not blur the next.

use std::sync::Mutex;
use std::time::Duration;

use crate::nodes::client::Client;
use crate::nodes::requests;
use crate::nodes::world::{login, until};

/// Users rename themselves within a family.
const FAMILIES: usize = 2;
const NAMES: usize = 4;
const GROUPS: usize = 2;
const OPEN_MAX: Duration = Duration::from_mins(1);

/// What one round is about.
pub struct Arena {
    number: usize,
    /// The user whose versions count.
    pub versioned: String,
    pub groups: Vec<u64>,
    /// Ids of users, by family, as somebody was told them.
    ids: Vec<Mutex<Vec<String>>>,
    version: Mutex<Option<String>>,
    jobs: Mutex<Vec<u64>>,
}

impl Arena {
    /// Makes the users and groups of a round.
    pub fn open(client: &mut Client<'_>, number: usize) -> Self {
        let versioned = until(OPEN_MAX, "a user for the round", || {
            let unique = client.world.next();
            let node = client.node();
            client.create_user(node, &format!("versioned.{unique}@example.org"))
        });
        let group = |group| {
            let draft = requests::create(&name(number, group), vec![login(group)], client.world.next());
            client.submit_somewhere(&draft.keyed()).group.unwrap()
        };
        let groups = (0..GROUPS).map(group).collect();
        let ids = (0..FAMILIES).map(|_| Mutex::default()).collect();
        Self { number, versioned, groups, ids, version: Mutex::default(), jobs: Mutex::default() }
    }

    /// A family and one of its names.
    pub fn choose_name(&self, client: &mut Client<'_>) -> (usize, String) {
        let (family, name) = (client.random.below(FAMILIES), client.random.below(NAMES));
        (family, self.user_name(family, name))
    }

    /// A name of this family.
    pub fn name_in(&self, family: usize, client: &mut Client<'_>) -> String {
        self.user_name(family, client.random.below(NAMES))
    }

    /// All names of the round.
    pub fn names(&self) -> Vec<String> {
        let of_family = |family| (0..NAMES).map(move |name| (family, name));
        (0..FAMILIES).flat_map(of_family).map(|(family, name)| self.user_name(family, name)).collect()
    }

    fn user_name(&self, family: usize, name: usize) -> String {
        format!("round.{}.{family}.{name}@example.org", self.number)
    }

    /// What a group is called.
    pub fn group_name(&self, group: usize) -> String {
        name(self.number, group)
    }

    /// A user of this family whose id somebody was told; the user may be gone.
    pub fn choose_id(&self, family: usize, client: &mut Client<'_>) -> Option<String> {
        let ids = self.ids[family].lock().unwrap();
        // The latest are the likeliest to be there.
        let from = ids.len().saturating_sub(NAMES);
        let recent = &ids[from..];
        (!recent.is_empty()).then(|| recent[client.random.below(recent.len())].clone())
    }

    /// Notes a user.
    pub fn learn_id(&self, family: usize, id: String) {
        self.ids[family].lock().unwrap().push(id);
    }

    /// The last version that somebody was told.
    pub fn version(&self) -> Option<String> {
        self.version.lock().unwrap().clone()
    }

    /// Notes a version.
    pub fn learn_version(&self, version: Option<String>) {
        if version.is_some() {
            *self.version.lock().unwrap() = version;
        }
    }

    /// One of the jobs that somebody was told.
    pub fn choose_job(&self, client: &mut Client<'_>) -> Option<u64> {
        let jobs = self.jobs.lock().unwrap();
        (!jobs.is_empty()).then(|| jobs[client.random.below(jobs.len())])
    }

    /// Notes a job.
    pub fn learn_job(&self, job: Option<u64>) {
        self.jobs.lock().unwrap().extend(job);
    }
}

fn name(round: usize, group: usize) -> String {
    format!("Round {round} group {group}")
}
