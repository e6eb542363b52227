//! Random sequences of SCIM requests, on both databases at once, against a plain model in memory: the answers are what
//! the model says, and the same on both.

mod bulk;
mod filters;
mod lists;
mod play;
mod reference;
mod requests;
mod steps;
mod walks;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::{Value, json};
use throng_directory::Settings;
use throng_scim::Registry;

use crate::house::House;
use play::{Masked, Side};
use reference::Reference;
use requests::{Content, Expected, Request};
use steps::{Projection, Step};

/// Set to choose other sequences.
const SEED_VARIABLE: &str = "THRONG_TEST_SEED";
/// Set to play fifty times as many.
const THOROUGH_VARIABLE: &str = "THRONG_TEST_THOROUGH";
const SEED: u64 = 20_240_411;
const CASES: u32 = 12;
const THOROUGH: u32 = 50;
const STEPS_MAX: usize = 100;

const DEVICES: &str = include_str!("../../../../examples/scim/devices.json");

#[test]
fn both_databases_answer_as_the_model_does() {
    let seed = number(SEED_VARIABLE).unwrap_or(SEED);
    let factor = if number(THOROUGH_VARIABLE).unwrap_or(0) > 0 { THOROUGH } else { 1 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (sqlite, postgres) = runtime.block_on(async {
        let sqlite = House::on(throng_backends::sqlite, Settings::default(), registry()).await;
        (sqlite, House::on(|_| throng_backends::postgres(), Settings::default(), registry()).await)
    });
    let config = Config {
        cases: CASES * factor,
        max_shrink_iters: 600,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (accounts, figures) = (Cell::new(0), RefCell::new(Figures::default()));
    let outcome = runner.run(&steps::sequence(STEPS_MAX), |steps| {
        accounts.set(accounts.get() + 1);
        let account = format!("M{}", accounts.get());
        runtime.block_on(async {
            let sides = [Side::new(&sqlite, &account).await, Side::new(&postgres, &account).await];
            let mut counted = Figures::default();
            play(&steps, sides, &mut counted).await.map_err(TestCaseError::fail)?;
            figures.borrow_mut().add(counted);
            Ok(())
        })
    });
    runtime.block_on(async {
        sqlite.stop().await;
        postgres.stop().await;
    });
    let of_seed = format!("seed {seed} ({SEED_VARIABLE} chooses another)");
    match outcome {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("{of_seed}: {reason}"),
        Err(TestError::Fail(reason, steps)) => {
            let steps: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
            panic!("{of_seed}: {reason}\nThe shortest sequence found:\n{}", steps.join("\n"));
        }
    }
    // Past the capture of the test harness: the figures are to be seen when all is well.
    let (cases, figures) = (CASES * factor, figures.into_inner());
    writeln!(std::io::stderr(), "model test, seed {seed}: {cases} sequences on both databases: {figures:?}")
        .unwrap();
    assert!(figures.of_what_matters().into_iter().all(|count| count > 0), "{figures:?}");
}

fn registry() -> Registry {
    let mut registry = Registry::standard();
    registry.define(serde_json::from_str(DEVICES).unwrap()).unwrap();
    registry
}

/// What the answers were: a sequence in which nothing collides and nobody is found shows little.
#[derive(Debug, Default)]
struct Figures {
    statuses: BTreeMap<u16, u64>,
    /// Pages with somebody on them, and pages behind a first one.
    found: u64,
    later_pages: u64,
}

impl Figures {
    fn count(&mut self, request: &Request, answer: &Masked) {
        *self.statuses.entry(answer.status).or_default() += 1;
        let items = answer.body.as_ref().and_then(|body| body["itemsPerPage"].as_u64());
        self.found += u64::from(items.is_some_and(|items| items > 0));
        self.later_pages += u64::from(request.walk.is_some() && answer.is_later_page);
    }

    fn add(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.found += other.found;
        self.later_pages += other.later_pages;
    }

    fn of_what_matters(&self) -> Vec<u64> {
        let of = |status: &u16| self.statuses.get(status).copied().unwrap_or(0);
        let statuses = [200, 201, 204, 304, 400, 404, 409, 412];
        statuses.iter().map(of).chain([self.found, self.later_pages]).collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by their environment")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Plays a sequence; what went wrong, if something did.
async fn play(steps: &[Step], mut sides: [Side<'_>; 2], figures: &mut Figures) -> Result<(), String> {
    let (mut model, mut walks) = (Reference::default(), Vec::new());
    for (at, step) in steps.iter().enumerate() {
        let before = model.clone();
        let Some((request, expected)) = requests::step(&mut model, &mut walks, step) else { continue };
        let place = |what: &str| format!("step {at}, {step:?}\n{request:?}\n{what}");
        let mut answers = Vec::new();
        for side in &mut sides {
            answers.push(side.send(&request, &expected.made).await);
        }
        compare(&answers[0], &expected).map_err(|wrong| place(&wrong))?;
        if answers[0] != answers[1] {
            return Err(place(&format!("SQLite: {:#?}\nPostgreSQL: {:#?}", answers[0], answers[1])));
        }
        let first = &answers[0];
        figures.count(&request, first);
        if matches!(step, Step::Get(..) | Step::List(..) | Step::Open(..) | Step::Members(..) | Step::Walk(_))
        {
            continue;
        }
        for side in &mut sides {
            state(side, &before, &model, step).await.map_err(|wrong| place(&wrong))?;
        }
    }
    Ok(())
}

/// Whether an answer is the one expected.
fn compare(answer: &Masked, expected: &Expected) -> Result<(), String> {
    let wrong = || Err(format!("answered {answer:#?}\nexpected {expected:#?}"));
    if answer.status != expected.status {
        return wrong();
    }
    let (null, body) = (Value::Null, answer.body.as_ref());
    let body = body.unwrap_or(&null);
    let is_right = match &expected.content {
        Content::Nothing => body.is_null(),
        Content::Refused(kind) => {
            let status = body["status"].as_str().and_then(|status| status.parse().ok());
            body["scimType"].as_str() == *kind && status == Some(expected.status)
        }
        Content::Resource(resource) => without_versions(body) == *resource,
        Content::List(listed, start) => {
            let total = &body["totalResults"];
            // By cursor the total is told only where it costs nothing.
            let has_total = *total == json!(listed.total) || (start.is_none() && total.is_null());
            has_total
                && body["startIndex"].as_i64() == *start
                && body["itemsPerPage"] == listed.resources.len()
                && body["nextCursor"].is_string() == listed.more
                && without_versions(&body["Resources"]) == json!(listed.resources)
        }
        Content::Bulk(answers) => {
            let operations = body["Operations"].as_array().cloned().unwrap_or_default();
            let answered = operations.iter().map(|one| {
                (one["status"].as_str().unwrap_or_default(), one["response"]["scimType"].as_str())
            });
            let expected: Vec<(String, Option<&str>)> =
                answers.iter().map(|(status, kind)| (status.to_string(), *kind)).collect();
            answered.eq(expected.iter().map(|(status, kind)| (status.as_str(), *kind)))
        }
    };
    if is_right { Ok(()) } else { wrong() }
}

fn without_versions(value: &Value) -> Value {
    let mut value = value.clone();
    let resources = match &mut value {
        Value::Array(items) => items.iter_mut().collect(),
        single => vec![single],
    };
    for resource in resources {
        if let Some(version) = resource.pointer_mut("/meta/version") {
            *version = json!("<version>");
        }
    }
    value
}

/// Compares all there is with the model; versions must have moved where something changed, and nowhere else.
async fn state(
    side: &mut Side<'_>,
    before: &Reference,
    model: &Reference,
    step: &Step,
) -> Result<(), String> {
    let (answer, seen) = side.everything().await;
    let all: Vec<Value> = model.live.keys().filter_map(|id| model.shown(*id, &Projection::Whole)).collect();
    let shown = without_versions(&answer.body.unwrap_or_default()["Resources"]);
    if shown != json!(all) {
        return Err(format!("there is {shown:#}\nexpected {:#}", json!(all)));
    }
    for (id, resource) in &model.live {
        let mark = id.mark();
        let (Some(old), Some(new)) = (seen.get(&mark), side.seen.get(&mark)) else { continue };
        let is_other = before.live.get(id) != Some(resource);
        let is_right = match step {
            // An operation may undo what one before it did.
            Step::Bulk(..) => !is_other || new.0 > old.0,
            _ if is_other => new.0 > old.0 && new.1 > old.1,
            _ => new == old,
        };
        if !is_right {
            return Err(format!("{mark} was {old:?} and is {new:?}; changed: {is_other}"));
        }
    }
    Ok(())
}
