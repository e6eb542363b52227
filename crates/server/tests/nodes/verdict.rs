//! What came of it all: the last looks, and the checkers' verdict.

use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use throng_checker::Source;
use throng_checker::history::{self, Finding, History, Outcome, Step};
use throng_cluster::Cluster;

use crate::nodes::arena::Arena;
use crate::nodes::client::Client;
use crate::nodes::fleet::Fleet;
use crate::nodes::world::{ACCOUNT, World, until};

/// By then all jobs have ended once there are no faults any more.
const END_MAX: Duration = Duration::from_mins(2);
/// By then a node answers.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// Of findings, and of the operations of one, so many are shown.
const SHOWN: usize = 12;
const OPEN_JOBS: &str =
    "select count(*) from throng.jobs where state in ('PENDING', 'IN_PROGRESS', 'ABORT_IN_PROGRESS')";

/// How much was looked at, and found to be right.
pub struct Verdict {
    operations: usize,
    jobs: u64,
    items: u64,
    refused: u64,
    unknown: u64,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests ({} refused for a while, {} with an unknown outcome), {} jobs, 0 lost; {} items, 0 applied or \
             counted twice, 0 stale writes",
            self.operations, self.refused, self.unknown, self.jobs, self.items
        )
    }
}

/// Reads the database of nodes that may be at work.
pub fn check_database(cluster: &Cluster, database: &str) -> throng_checker::Report {
    let report = throng_checker::check(Source::Postgres(&cluster.admin_url(database))).unwrap();
    assert!(report.violations.is_empty(), "{:#?}", report.violations);
    assert_eq!(report.totals.poison, 0, "an item was set aside");
    report
}

/// Waits until all jobs have ended, looks at everything once more, stops the nodes, and lets the checkers judge.
pub fn finish(
    cluster: &Cluster,
    database: &str,
    fleet: &mut Fleet<'_>,
    client: &mut Client<'_>,
    asked: &Asked<'_>,
) -> Verdict {
    let world = client.world;
    until(END_MAX, "the end of all jobs", || {
        (cluster.sql(database, OPEN_JOBS).unwrap() == "0").then_some(())
    });
    for arena in asked.arenas {
        for name in arena.names() {
            look(client, |client| {
                let node = client.node();
                client.find_user(node, &name)
            });
        }
        for &group in &arena.groups {
            look(client, |client| {
                let node = client.node();
                client.read_members(node, group)
            });
        }
    }
    fleet.stop();
    let source = cluster.admin_url(database);
    for &group in asked.large_groups {
        let invoked = world.recorder.now();
        let members =
            throng_checker::members(Source::Postgres(&source), ACCOUNT, i64::try_from(group).unwrap())
                .unwrap();
        world.recorder.record(0, invoked, Step::ReadMembers { group, outcome: Outcome::Ok(members) });
    }
    judge(cluster, database, world, fleet)
}

/// What the history is about, beside what is in it.
pub struct Asked<'a> {
    pub arenas: &'a [Arc<Arena>],
    /// Groups with more members than an answer shows.
    pub large_groups: &'a [u64],
}

fn look(client: &mut Client<'_>, mut ask: impl FnMut(&mut Client<'_>) -> bool) {
    until(ANSWER_MAX, "an answer", || ask(client).then_some(()));
}

/// What was found, and the whole history in a file.
fn show(history: &History, findings: &[Finding]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("history-{}.jsonl", std::process::id()));
    history.write(BufWriter::new(File::create(&path).unwrap())).unwrap();
    println!("the history is in {}", path.display());
    for finding in findings.iter().take(SHOWN) {
        println!("{finding}");
        for at in finding.operations.iter().take(SHOWN) {
            println!("    {at}: {:?}", history.operations[*at]);
        }
    }
}

fn judge(cluster: &Cluster, database: &str, world: &World, fleet: &Fleet<'_>) -> Verdict {
    let report = check_database(cluster, database);
    let records = throng_checker::jobs(Source::Postgres(&cluster.admin_url(database))).unwrap();
    let complaints = world.recorder.complaints();
    let history = world.recorder.finish(&records);
    let (_, refused, unknown) = world.recorder.counts();
    let findings = history::check(&history);
    if !findings.is_empty() {
        show(&history, &findings);
    }
    assert!(findings.is_empty(), "{} findings", findings.len());
    let shown = &complaints[..complaints.len().min(SHOWN)];
    assert!(
        complaints.is_empty(),
        "{} complaints: {shown:#?}; logged: {:#?}",
        complaints.len(),
        fleet.errors()
    );
    let (jobs, items) = (report.totals.jobs, report.totals.items);
    Verdict { operations: history.operations.len(), jobs, items, refused, unknown }
}
