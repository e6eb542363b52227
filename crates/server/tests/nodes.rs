//! Three nodes of the real binary on one PostgreSQL, killed, told to stop and stopped for a while, and PostgreSQL itself
//! killed and replaced, under clients whose whole history is checked: no acknowledged job or write is lost, nothing is
//! done twice, nothing is written by a node whose job somebody else works, and work goes on elsewhere in time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the harness shows it when the test has failed")]
#![expect(clippy::disallowed_methods, reason = "the test runs real processes in real time")]

mod nodes {
    pub mod arena;
    pub mod client;
    pub mod duplicates;
    pub mod failover;
    pub mod figures;
    pub mod fleet;
    pub mod load;
    pub mod node;
    pub mod record;
    pub mod requests;
    pub mod rounds;
    pub mod verdict;
    pub mod world;
}
#[path = "support/all.rs"]
mod support;

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nodes::arena::Arena;
use nodes::client::Client;
use nodes::duplicates::{self, DUPLICATES};
use nodes::failover::{self, Failovers, Pair, Stage};
use nodes::fleet::{Fleet, command};
use nodes::load::{Load, StopAtEnd};
use nodes::rounds::Rounds;
use nodes::verdict::{self, Asked};
use nodes::world::{ACCOUNT, World};
use support::random::Random;
use throng_cluster::{Cluster, Installation, Options};

/// Set to choose another sequence of faults and requests.
const SEED_VARIABLE: &str = "THRONG_TEST_SEED";
/// Set to make many times as many faults.
const THOROUGH_VARIABLE: &str = "THRONG_TEST_THOROUGH";
const SEED: u64 = 20_240_711;
const DATABASE: &str = "throng";
/// After so many rounds the database is read as a whole.
const CHECK_EVERY: usize = 5;
/// After so many rounds PostgreSQL is killed.
const DATABASE_KILL_EVERY: usize = 10;

/// By then the nodes listen again to what the others tell them; before, they only look for work now and then.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

/// How much happens.
struct Goals {
    /// Nodes that are killed or told to stop.
    kills: u64,
    pauses: u64,
}

fn goals() -> Goals {
    if is_thorough() { Goals { kills: 300, pauses: 500 } } else { Goals { kills: 30, pauses: 20 } }
}

fn is_thorough() -> bool {
    std::env::var(THOROUGH_VARIABLE).is_ok_and(|text| text != "0")
}

fn seed() -> u64 {
    std::env::var(SEED_VARIABLE).map_or(SEED, |text| text.parse().unwrap())
}

/// The machine is small and the times are measured: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn report(text: &str) {
    // Past the capture of the test harness: the figures are to be seen when all is well.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{text}").unwrap();
}

/// A database with an account; the key of its administrator.
fn prepare(cluster: &Cluster) -> String {
    cluster.sql("postgres", &format!("create database {DATABASE} owner throng")).unwrap();
    let url = cluster.url(DATABASE);
    command(&url, &["account", "create", ACCOUNT]);
    command(&url, &["key", "create", ACCOUNT, "--role", "account-administrator"])
}

#[test]
fn killed_and_paused_nodes_lose_nothing_and_write_nothing_stale() {
    let _alone = alone();
    let (seed, goals) = (seed(), goals());
    println!("seed {seed} ({SEED_VARIABLE} chooses another)");
    let mut random = Random::new(seed);
    let mut cluster = Cluster::start(&Installation::for_tests().unwrap(), &Options::default()).unwrap();
    let world = World::new(&prepare(&cluster));
    let mut rounds = Rounds::start(&world, &cluster.url(DATABASE), Random::new(random.next()));
    world.populate();
    rounds.prepare();
    duplicates::send(&world, rounds.probes[0]);
    let mut arenas = vec![Arc::new(rounds.open(0))];
    let load = Load::new(Arc::clone(&arenas[0]));
    thread::scope(|scope| {
        let _stop = StopAtEnd(&load);
        load.start(scope, &world, &mut random);
        let pauses = |number: usize| number % 3 != 2;
        for number in 0.. {
            if rounds.figures.kills + rounds.figures.stops >= goals.kills
                && rounds.figures.all_pauses() >= goals.pauses
            {
                break;
            }
            if number > 0 {
                let arena = Arc::new(rounds.open(number));
                load.turn_to(Arc::clone(&arena));
                arenas.push(arena);
            }
            rounds.round(number, pauses(number), pauses(number + 1));
            if number % DATABASE_KILL_EVERY == DATABASE_KILL_EVERY - 1 {
                kill_database(&mut cluster, &mut rounds);
            }
            if number % CHECK_EVERY == CHECK_EVERY - 1 {
                verdict::check_database(&cluster, DATABASE);
            }
            println!("round {number}: {}", rounds.figures);
        }
    });
    rounds.calm();
    let asked = Asked { arenas: &arenas, large_groups: &rounds.probes };
    let verdict = verdict::finish(&cluster, DATABASE, &mut rounds.fleet, &mut rounds.client, &asked);
    report(&format!(
        "nodes test, seed {seed}: {}; {verdict}; {DUPLICATES} duplicates of a key made 1 job",
        rounds.figures
    ));
}

/// Kills PostgreSQL with all its sessions, and starts it again.
fn kill_database(cluster: &mut Cluster, rounds: &mut Rounds<'_>) {
    cluster.kill().unwrap();
    thread::sleep(Duration::from_millis(300));
    cluster.restart().unwrap();
    thread::sleep(LISTEN_AGAIN);
    rounds.figures.database_kills += 1;
}

#[test]
fn a_promoted_standby_has_everything_and_the_old_primary_gets_nothing() {
    let _alone = alone();
    let (seed, failovers) = (seed(), if is_thorough() { 30 } else { 1 });
    println!("seed {seed} ({SEED_VARIABLE} chooses another)");
    let mut random = Random::new(seed);
    let primary = Cluster::start(&Installation::for_tests().unwrap(), &Options::default()).unwrap();
    let world = World::new(&prepare(&primary));
    let mut pair = Pair::of(primary);
    let mut fleet = Fleet::new(&world.board);
    failover::start_nodes(&mut fleet, &pair.url());
    world.populate();
    failover::check_levels(&mut fleet, &pair, &world.token);
    let mut client = Client::new(&world, 100, Random::new(random.next()));
    let mut arenas = vec![Arc::new(Arena::open(&mut client, 0))];
    let load = Load::new(Arc::clone(&arenas[0]));
    let mut happened = Failovers::default();
    let (cluster, mut fleet, mut client) = thread::scope(|scope| {
        let _stop = StopAtEnd(&load);
        load.start(scope, &world, &mut random);
        let mut stage = Stage { world: &world, fleet, client, load: &load, scope, random };
        for number in 1.. {
            let cluster = stage.fail_over(pair, &mut happened);
            if number == failovers {
                return (cluster, stage.fleet, stage.client);
            }
            pair = Pair::of(cluster);
            stage.move_to(&pair);
            arenas.push(stage.next_arena(number));
        }
        unreachable!()
    });
    let asked = Asked { arenas: &arenas, large_groups: &[] };
    let verdict = verdict::finish(&cluster, DATABASE, &mut fleet, &mut client, &asked);
    report(&format!("failover test, seed {seed}: {happened}; {verdict}"));
}
