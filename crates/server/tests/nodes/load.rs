//! Clients that ask for this and that until they are told to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::thread::{self, Scope};
use std::time::Duration;

use throng_checker::history::{Accepted, Action, Change, Outcome};

use crate::nodes::arena::Arena;
use crate::nodes::client::Client;
use crate::nodes::requests::{self, Draft};
use crate::nodes::world::{World, login};
use crate::support::random::Random;

/// Clients at the same time.
pub const CLIENTS: u32 = 7;
/// People who are members of the rounds' groups.
const MEMBERS: usize = 400;
/// Between two requests of a client.
const THINK_MILLIS: usize = 30;
/// How often a request with a key is sent again after nobody knows what it did.
const REPEATS: u32 = 40;

/// What the clients are told.
pub struct Load {
    arena: RwLock<Arc<Arena>>,
    stop: AtomicBool,
}

impl Load {
    /// Clients may begin with this round.
    pub fn new(arena: Arc<Arena>) -> Self {
        Self { arena: RwLock::new(arena), stop: AtomicBool::new(false) }
    }

    /// Starts the clients.
    pub fn start<'s>(&'s self, scope: &'s Scope<'s, '_>, world: &'s World, random: &mut Random) {
        for number in 1..=CLIENTS {
            let mut client = Client::new(world, number, Random::new(random.next()));
            scope.spawn(move || {
                while !self.stop.load(Ordering::Relaxed) {
                    let arena = Arc::clone(&self.arena.read().unwrap());
                    ask(&mut client, &arena);
                    thread::sleep(Duration::from_millis(client.random.below(THINK_MILLIS) as u64));
                }
            });
        }
    }

    /// Lets them go on with another round.
    pub fn turn_to(&self, arena: Arc<Arena>) {
        *self.arena.write().unwrap() = arena;
    }

    /// Lets them come to an end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Clients come to an end, too, when the test fails.
pub struct StopAtEnd<'a>(pub &'a Load);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

fn ask(client: &mut Client<'_>, arena: &Arena) {
    let node = client.node();
    let (family, name) = arena.choose_name(client);
    match client.random.below(100) {
        0..13 => {
            if let Some(id) = client.create_user(node, &name) {
                arena.learn_id(family, id);
            }
        }
        13..25 => {
            client.find_user(node, &name);
        }
        25..33 => {
            if let Some(id) = arena.choose_id(family, client) {
                client.delete_user(node, &id);
            }
        }
        33..41 => {
            let name = arena.name_in(family, client);
            if let Some(id) = arena.choose_id(family, client) {
                client.rename_user(node, &id, &name);
            }
        }
        41..48 => arena.learn_version(client.read_version(node, &arena.versioned)),
        48..59 => {
            let known = arena.version();
            let expected = known.filter(|_| !client.random.percent(10));
            arena.learn_version(client.write_version(node, &arena.versioned, expected.as_deref()));
        }
        59..71 => change_a_few(client, arena),
        71..79 => change_many(client, arena),
        79..82 => make_group(client, arena),
        82..84 => import(client, arena),
        84..92 => {
            let group = arena.groups[client.random.below(arena.groups.len())];
            client.read_members(node, group);
        }
        _ => {
            if let Some(job) = arena.choose_job(client) {
                client.read_job(node, job);
            }
        }
    }
}

/// People in no order, nobody twice.
fn people(random: &mut Random, count: usize) -> Vec<String> {
    let mut all: Vec<usize> = (0..MEMBERS).collect();
    for at in 0..count {
        all.swap(at, random.between(at, MEMBERS));
    }
    all[..count].iter().map(|n| login(*n)).collect()
}

fn changes(random: &mut Random, count: usize) -> Vec<Change> {
    let action = match random.below(10) {
        0..5 => Action::Add,
        5..9 => Action::Remove,
        _ => Action::Replace,
    };
    let mut changes = vec![Change { action, members: people(random, count) }];
    if random.percent(20) {
        changes.push(Change { action: Action::Remove, members: people(random, count / 4 + 1) });
    }
    changes
}

/// A change that is applied before the answer, if no job of the group waits.
fn change_a_few(client: &mut Client<'_>, arena: &Arena) {
    let group = arena.groups[client.random.below(arena.groups.len())];
    let count = client.random.between(1, 30);
    let mut draft = requests::patch(group, changes(&mut client.random, count), client.world.next());
    if client.random.percent(40) {
        draft = draft.keyed();
    }
    send(client, arena, &draft);
}

/// A change that becomes a job of many chunks.
fn change_many(client: &mut Client<'_>, arena: &Arena) {
    let at = client.random.below(arena.groups.len());
    let (group, unique) = (arena.groups[at], client.world.next());
    let count = client.random.between(210, 330);
    let mut draft = if client.random.percent(25) {
        requests::put(group, &arena.group_name(at), people(&mut client.random, count), unique)
    } else {
        requests::patch(group, changes(&mut client.random, count), unique)
    };
    if client.random.percent(60) {
        draft = draft.unwaited();
    }
    if client.random.percent(80) {
        draft = draft.keyed();
    }
    send(client, arena, &draft);
}

/// A group that is made, perhaps filled, and perhaps deleted before its job has ended.
fn make_group(client: &mut Client<'_>, arena: &Arena) {
    let unique = client.world.next();
    let count = client.random.between(1, 300);
    let members = people(&mut client.random, count);
    let draft = requests::create(&format!("Made {unique}"), members, unique).keyed();
    let Some(accepted) = send(client, arena, &draft) else { return };
    let Some(group) = accepted.group else { return };
    let node = client.node();
    if client.random.percent(50) {
        client.read_members(node, group);
        return;
    }
    let change = vec![Change { action: Action::Add, members: people(&mut client.random, 250) }];
    let filling = requests::patch(group, change, client.world.next()).unwaited();
    let outcome = client.submit(node, &filling);
    arena.learn_job(outcome.answer().and_then(|accepted| accepted.job));
    let node = client.node();
    client.delete_group(node, group);
}

fn import(client: &mut Client<'_>, arena: &Arena) {
    let unique = client.world.next();
    let rows = client.random.between(40, 120);
    let mut logins: Vec<String> =
        (0..rows).map(|row| format!("import.{unique}.{row:03}@example.org")).collect();
    logins.push(login(client.random.below(MEMBERS)));
    send(client, arena, &requests::import(&logins, &format!("import-{unique}")));
}

/// Sends a request. One with a key goes to two nodes at once now and then, and again as long as nobody knows what it
/// did.
fn send(client: &mut Client<'_>, arena: &Arena, draft: &Draft) -> Option<Accepted> {
    let keyed = draft.submission.key.is_some();
    let (one, other) = (client.node(), client.node());
    let mut outcome = if keyed && client.random.percent(40) {
        let twin = Client::new(client.world, client.number, client.random.clone());
        thread::scope(|scope| {
            let other = scope.spawn(move || twin.submit(other, draft));
            let first = client.submit(one, draft);
            let second = other.join().unwrap();
            if matches!(first, Outcome::Ok(_)) { first } else { second }
        })
    } else {
        client.submit(one, draft)
    };
    for _ in 0..REPEATS {
        if !keyed || !matches!(outcome, Outcome::Unknown) {
            break;
        }
        thread::sleep(Duration::from_millis(THINK_MILLIS as u64));
        let node = client.node();
        outcome = client.submit(node, draft);
    }
    let accepted = outcome.answer().cloned()?;
    arena.learn_job(accepted.job);
    Some(accepted)
}
