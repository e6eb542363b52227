//! The real binary, killed again and again at random times and at every failpoint: no acknowledged job is
//! lost, no member is applied or counted twice, and every report ends as if nothing had happened. On SQLite, and with
//! `THRONG_TEST_STORE=postgres` on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "the test runs real processes in real time")]

mod crash {
    pub mod beside;
    pub mod client;
    pub mod figures;
    pub mod http;
    pub mod numbered;
    pub mod place;
    pub mod process;
    pub mod run;
    pub mod script;
    pub mod wire;
}
#[path = "support/all.rs"]
mod support;

use std::io::Write;

use crash::figures::{Figures, Goals};
use crash::place::Ground;
use crash::run::{self, Outcome};
use crash::script::{JOINED, Script};
use support::random::Random;
use throng_jobs::failpoint::{POINTS, POINTS_BESIDE};

/// Set to choose another sequence of kills and requests.
const SEED_VARIABLE: &str = "THRONG_TEST_SEED";
/// Set to make thirty times as many kills.
const THOROUGH_VARIABLE: &str = "THRONG_TEST_THOROUGH";
/// Set to `postgres` to run on PostgreSQL.
const STORE_VARIABLE: &str = "THRONG_TEST_STORE";
const SEED: u64 = 20_240_411;
const THOROUGH: u64 = 30;
/// Runs after which the goals must have been reached.
const RUNS_MAX: u64 = 80;
/// The codes of outcomes that add and that remove a member.
const CREATED: u8 = 1;
const REMOVED: u8 = 3;

#[test]
fn kill_9_loses_nothing_and_counts_nothing_twice() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number(SEED_VARIABLE).unwrap_or(SEED);
    let factor = if number(THOROUGH_VARIABLE).unwrap_or(0) > 0 { THOROUGH } else { 1 };
    println!("seed {seed} ({SEED_VARIABLE} chooses another)");
    let ground = ground();
    let goals = if ground.is_shared() {
        Goals { kills: 40, half_done: 25, hits: 1 }
    } else {
        Goals { kills: 100, half_done: 60, hits: 3 }
    };
    let goals =
        Goals { kills: goals.kills * factor, half_done: goals.half_done * factor, hits: goals.hits * factor };
    let mut figures = Figures::default();
    let mut random = Random::new(seed);
    while !figures.reach(&goals) && figures.runs < RUNS_MAX * factor {
        let script = Script::generate(&mut random);
        let straight = run::uninterrupted(&ground, &script, &random);
        compare_with_model(&straight, &script);
        let crashed = run::killed(&ground, &script, &mut random, &goals, &mut figures);
        compare_with_model(&crashed, &script);
        compare(&crashed, &straight);
        figures.items += script.expected.iter().map(crash::script::Expected::total).sum::<u64>();
        println!("{figures}");
    }
    assert!(figures.kills() >= goals.kills, "{figures}");
    assert!(figures.half_done >= goals.half_done, "{figures}");
    for name in POINTS {
        assert!(figures.hits_of(name) >= goals.hits, "{name}: {figures}");
    }
    // Past the capture of the test harness: the figures are to be seen when all is well.
    let database = if ground.is_shared() { "PostgreSQL" } else { "SQLite" };
    writeln!(std::io::stderr(), "crash test on {database}, seed {seed}: {figures}").unwrap();
}

/// Where servers are killed that do no large jobs: each thing is done once, and answered as it was.
#[test]
fn kill_9_beside_jobs_leaves_each_thing_done_once() {
    let met = crash::beside::roads(&ground());
    for name in POINTS_BESIDE {
        assert!(met.contains(name), "{name} was not met: {met:?}");
    }
}

fn ground() -> Ground {
    match std::env::var(STORE_VARIABLE).as_deref() {
        Ok("postgres") => Ground::postgres(),
        Ok("sqlite") | Err(_) => Ground::Directories,
        Ok(other) => panic!("{STORE_VARIABLE} is {other}: neither sqlite nor postgres"),
    }
}

/// The run came to what the model foresaw.
fn compare_with_model(outcome: &Outcome, script: &Script) {
    for (at, expected) in script.expected.iter().enumerate() {
        let step = || format!("step {at}: {}", outcome.reports[at]);
        assert_eq!(outcome.outcomes[at], expected.outcomes, "{}", step());
        let report = &outcome.reports[at];
        if script.steps[at].group().is_none() {
            assert_eq!(report["totalCount"], expected.total(), "{}", step());
            continue;
        }
        assert_eq!(report["status"], "finished", "{}", step());
        assert_eq!(report["membersCreatedCount"], expected.sum(&[CREATED]), "{}", step());
        assert_eq!(report["membersRemovedCount"], expected.sum(&[REMOVED]), "{}", step());
        assert_eq!(report["membersProcessedCount"], expected.total(), "{}", step());
        assert_eq!(report["membersPendingCount"], 0, "{}", step());
        let (create, destroy) = expected.asked;
        let asked = format!("{{\"create\":{create},\"destroy\":{destroy}}}");
        assert_eq!(report["requestedChanges"], asked, "{}", step());
    }
    for group in 0..=JOINED {
        assert!(outcome.members[group] == script.members[group], "the members of group {group} differ");
    }
}

/// The interrupted run came to what the other came to.
fn compare(crashed: &Outcome, straight: &Outcome) {
    for (at, (ours, theirs)) in crashed.reports.iter().zip(&straight.reports).enumerate() {
        assert_eq!(ours, theirs, "step {at}");
    }
    for (at, (ours, theirs)) in crashed.items.iter().zip(&straight.items).enumerate() {
        assert!(ours == theirs, "step {at}: the items differ");
    }
    assert!(crashed == straight);
}
