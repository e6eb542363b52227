//! One request with one key, sent a thousand times to all nodes at once.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use throng_checker::history::{Action, Change, Outcome};

use crate::nodes::client::Client;
use crate::nodes::requests::{self, Draft};
use crate::nodes::world::{World, login};
use crate::support::random::Random;

/// How often each request is sent.
pub const DUPLICATES: usize = 1_000;
const SENDERS: usize = 10;
/// By then each of them has its answer.
const ANSWER_MAX: Duration = Duration::from_mins(1);

/// Sends requests of all three kinds a thousand times each: one that is applied before its answer, one that becomes a
/// job of chunks, one that is staged first. Each makes one job, and all answers name it.
pub fn send(world: &World, group: u64) {
    let members = |from: usize, to: usize| (from..to).map(login).collect::<Vec<String>>();
    let add = |members| vec![Change { action: Action::Add, members }];
    let logins: Vec<String> = (0..50).map(|row| format!("twin.{row}@example.org")).collect();
    let drafts = [
        requests::patch(group, add(members(0, 20)), world.next()).keyed(),
        requests::patch(group, add(members(20, 420)), world.next()).keyed().unwaited(),
        requests::import(&logins, "twins"),
    ];
    for draft in &drafts {
        let jobs = thread::scope(|scope| {
            let senders: Vec<_> =
                (0..SENDERS).map(|sender| scope.spawn(move || send_share(world, draft, sender))).collect();
            let jobs: Vec<u64> = senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect();
            jobs
        });
        assert_eq!(jobs.len(), DUPLICATES);
        let made: BTreeSet<u64> = jobs.into_iter().collect();
        assert_eq!(made.len(), 1, "one key made several jobs: {made:?}");
    }
}

/// Sends until it has its share of answers; a key whose first request is still running is refused until then.
fn send_share(world: &World, draft: &Draft, sender: usize) -> Vec<u64> {
    let client = Client::new(world, 200 + u32::try_from(sender).unwrap(), Random::new(0));
    let nodes = world.board.all();
    let since = Instant::now();
    let mut jobs = Vec::new();
    let mut at = sender;
    while jobs.len() < DUPLICATES / SENDERS {
        at += 1;
        match client.submit(nodes[at % nodes.len()], draft) {
            Outcome::Ok(accepted) => jobs.push(accepted.job.unwrap()),
            Outcome::Failed => thread::sleep(Duration::from_millis(5)),
            Outcome::Unknown => panic!("no faults, and an answer is missing"),
        }
        assert!(
            since.elapsed() < ANSWER_MAX,
            "{} of the answers are missing",
            DUPLICATES / SENDERS - jobs.len()
        );
    }
    jobs
}
