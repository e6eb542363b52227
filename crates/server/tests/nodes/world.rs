//! What all clients of a test share: the account, its people, and the record of what was asked.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::nodes::client::{Client, Told};
use crate::nodes::fleet::Board;
use crate::nodes::record::Recorder;
use crate::nodes::requests;
use crate::support::random::Random;

/// The account of every test.
pub const ACCOUNT: &str = "acme";
/// Everybody who may be a member; they exist throughout.
pub const PEOPLE: usize = 1_200;
/// Users of a page of a list.
const PAGE: usize = 1_000;
/// How long preparing may take.
const PREPARE_MAX: Duration = Duration::from_mins(1);

/// What all clients share.
pub struct World {
    pub recorder: Recorder,
    pub board: Board,
    pub token: String,
    /// By id.
    logins: OnceLock<HashMap<String, String>>,
    next: AtomicU64,
}

impl World {
    /// A world without nodes and people.
    pub fn new(token: &str) -> Self {
        Self {
            recorder: Recorder::new(),
            board: Board::default(),
            token: format!("Bearer {token}"),
            logins: OnceLock::new(),
            next: AtomicU64::new(1),
        }
    }

    /// A number that was not given before.
    pub fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes the people, by an import.
    pub fn populate(&self) {
        let rows: Vec<String> = (0..PEOPLE).map(login).collect();
        let draft = requests::import(&rows, "people");
        let mut client = Client::new(self, 0, Random::new(0));
        let job = client.submit_somewhere(&draft).job.unwrap();
        client.wait_for_end(job, PREPARE_MAX);
        let logins = list(&mut client);
        assert_eq!(logins.len(), PEOPLE);
        self.logins.set(logins).unwrap();
    }

    /// The names of the members in the body of a group; none where it does not show them.
    pub fn members(&self, group: &Value) -> Option<BTreeSet<String>> {
        let members = group["members"].as_array()?;
        let logins = self.logins.get().unwrap();
        let name = |member: &Value| {
            let id = member["value"].as_str().unwrap();
            logins.get(id).cloned().unwrap_or_else(|| id.to_owned())
        };
        Some(members.iter().map(name).collect())
    }
}

/// The login of a person.
pub fn login(n: usize) -> String {
    format!("person.{n:04}@example.org")
}

/// All users: login by id.
fn list(client: &mut Client<'_>) -> HashMap<String, String> {
    let mut users = HashMap::new();
    loop {
        let path = format!("/scim/v2/Users?startIndex={}&count={PAGE}&attributes=userName", users.len() + 1);
        let Told::Answer(answer) = client.get_somewhere(&path) else { panic!("no list of users") };
        let body = answer.json();
        let page = body["Resources"].as_array().cloned().unwrap_or_default();
        if page.is_empty() {
            return users;
        }
        for user in page {
            let text = |name: &str| user[name].as_str().unwrap().to_owned();
            users.insert(text("id"), text("userName"));
        }
    }
}

/// Looks until something is there.
pub fn until<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(since.elapsed() < limit, "{what}: not within {limit:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
