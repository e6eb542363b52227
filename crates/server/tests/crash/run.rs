//! One script on one data directory, with kills and without.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use throng_checker::{Item, JobRecord, Report};
use throng_jobs::failpoint::POINTS;

use crate::crash::client::{ACCOUNT, Client, Progress};
use crate::crash::figures::{Figures, Goals};
use crate::crash::place::{Ground, Place};
use crate::crash::process::{Death, Point, Server};
use crate::crash::script::{Script, Step};
use crate::support::random::Random;

/// SIGKILL comes at a random time up to this.
const KILL_WITHIN_MILLIS: usize = 400;
/// The same where a server first waits until the lease of the dead one has run out.
const SHARED_KILL_WITHIN_MILLIS: usize = 1_000;
/// By then a server that was armed and has not died is killed.
const ARMED: Duration = Duration::from_secs(3);
/// More lives than this, and a script does not come to an end.
const LIVES_MAX: u64 = 400;

/// What a run came to, without what differs from run to run.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub reports: Vec<Value>,
    /// By step: items by code of their outcome.
    pub outcomes: Vec<BTreeMap<u8, u64>>,
    /// By step: every item.
    pub items: Vec<Vec<Item>>,
    /// By group.
    pub members: Vec<BTreeSet<String>>,
}

/// Runs a script without interruption.
pub fn uninterrupted(ground: &Ground, script: &Script, random: &Random) -> Outcome {
    let place = ground.place();
    let token = place.create_account(ACCOUNT);
    let mut client = Client::new(script, &place, &token, random.clone());
    let server = Server::start(&place, None).unwrap();
    client.work(server.address).unwrap();
    finish(&place, &client, server)
}

/// Runs a script on servers that are killed again and again.
pub fn killed(
    ground: &Ground,
    script: &Script,
    random: &mut Random,
    goals: &Goals,
    figures: &mut Figures,
) -> Outcome {
    let place = ground.place();
    let token = place.create_account(ACCOUNT);
    let mut client = Client::new(script, &place, &token, random.clone());
    let mut before = BTreeMap::new();
    for lives in 1..=LIVES_MAX {
        if client.is_done() {
            place.let_uploads_lapse();
            let server = Server::start(&place, None).unwrap();
            figures.runs += 1;
            figures.jobs += client.acknowledged.len() as u64;
            figures.repeated += client.repeated;
            figures.replayed += client.replayed;
            figures.held += client.held;
            client.look_again(server.address).unwrap();
            return finish(&place, &client, server);
        }
        let point = choose_point(&client, random, goals, figures);
        let killed_half_done = std::mem::take(&mut before);
        let death = match Server::start(&place, point) {
            Ok(server) => {
                let within = if ground.is_shared() { SHARED_KILL_WITHIN_MILLIS } else { KILL_WITHIN_MILLIS };
                let within = Duration::from_millis(random.below(within) as u64);
                server.kill_after(if server.is_armed() { ARMED } else { within });
                live(&server, &mut client, &killed_half_done, figures)
            }
            Err(death) => {
                // It did not get as far as to show that the jobs stand where they stood.
                before = killed_half_done;
                death
            }
        };
        figures.died(death, point);
        let report = check(&place, &client);
        let staged = if ground.is_shared() { lives } else { 1 };
        assert!(report.totals.receiving <= staged, "{:?}", report.notes);
        if before.is_empty() && report.totals.half_done > 0 {
            before = half_done_on_disk(&place, &client);
        }
    }
    panic!("the script does not end:\n{}", place.log_end());
}

/// One server, from its start to its death.
fn live(
    server: &Server,
    client: &mut Client<'_>,
    killed_half_done: &BTreeMap<usize, Progress>,
    figures: &mut Figures,
) -> Death {
    figures.started(server.ready_after);
    if client.look(server.address).is_ok() {
        // The same jobs as before the kill still go on: it fell between their first and their last chunk.
        let go_on = |at: &usize| client.acknowledged[*at].progress.is_half_done();
        figures.half_done += u64::from(killed_half_done.keys().any(go_on));
        if client.work(server.address).is_ok() && server.is_armed() {
            // Nothing is left that could lead past the failpoint.
            server.kill();
        }
    }
    server.wait_for_death()
}

/// Jobs that the client saw half done, and that the dead server's data shows half done.
fn half_done_on_disk(place: &Place<'_>, client: &Client<'_>) -> BTreeMap<usize, Progress> {
    let records = place.read(|source| throng_checker::jobs(source)).unwrap();
    let mut half_done = client.half_done();
    half_done.retain(|at, seen| {
        let record = record_of(&records, &client.acknowledged[*at].job);
        assert!(record.processed >= seen.processed, "{record:?} fell behind {seen:?}");
        record.processed < record.total
    });
    half_done
}

fn record_of<'a>(records: &'a [JobRecord], job: &str) -> &'a JobRecord {
    let named = |record: &&JobRecord| record.uuid == job || record.number.to_string() == job;
    records.iter().find(named).unwrap_or_else(|| panic!("the acknowledged job {job} is lost"))
}

/// Now and then a failpoint that is ahead; first those that were hit least.
fn choose_point(client: &Client<'_>, random: &mut Random, goals: &Goals, figures: &Figures) -> Option<Point> {
    let wanting = POINTS.iter().any(|name| figures.hits_of(name) < goals.hits);
    if !random.percent(if wanting { 50 } else { 15 }) {
        return None;
    }
    let stages = client.next().is_some_and(Step::is_staged);
    let imports = client.next().is_some_and(|step| step.group().is_none());
    let at_work = client.under_way() > 0;
    let is_ahead = |name: &&&str| match name.split_once('.').unwrap().0 {
        "accept" => stages,
        "plan" => imports || client.has_unplanned(),
        "chunk" | "finish" => at_work,
        _ => true,
    };
    let name = *POINTS.iter().filter(is_ahead).min_by_key(|name| (figures.hits_of(name), random.next()))?;
    let hit = match name {
        "chunk.before_apply" | "chunk.before_commit" | "chunk.after_commit" => random.between(1, 30),
        "writer.before_commit" | "writer.after_commit" => random.between(1, 60),
        "accept.before_stage" => random.between(1, 3),
        _ => 1,
    };
    Some((name, hit))
}

/// Everything that the checker demands, and no item that was set aside.
fn check(place: &Place<'_>, client: &Client<'_>) -> Report {
    let report = place.read(|source| throng_checker::check(source)).unwrap();
    assert!(report.violations.is_empty(), "{:#?}\n{}", report.violations, place.log_end());
    assert_eq!(report.totals.poison, 0, "an item was set aside");
    // One request may have been accepted without an answer.
    let known = client.acknowledged.len() as u64;
    assert!((known..=known + 1).contains(&report.totals.jobs), "{known} acknowledged, {:?}", report.totals);
    report
}

/// Stops the server and gathers what the run came to.
fn finish(place: &Place<'_>, client: &Client<'_>, server: Server) -> Outcome {
    let reports = client.comparable_reports(server.address).unwrap();
    server.stop();
    drop(server);
    let report = check(place, client);
    assert_eq!(report.notes, Vec::<String>::new(), "the server was idle and left something behind");
    assert_eq!(report.totals.jobs, client.acknowledged.len() as u64);
    let records = place.read(|source| throng_checker::jobs(source)).unwrap();
    let records: Vec<&JobRecord> =
        client.acknowledged.iter().map(|job| record_of(&records, &job.job)).collect();
    let members = |number| place.read(|source| throng_checker::members(source, ACCOUNT, number)).unwrap();
    Outcome {
        reports,
        outcomes: records.iter().map(|record| record.outcomes.clone()).collect(),
        items: records.iter().map(|record| record.items.clone()).collect(),
        members: client.group_numbers().into_iter().map(members).collect(),
    }
}
