//! `If-Match`: reads and conditional writes of one resource behave as if one server did one thing at a time, so that
//! no write is lost. What stands there at first is not known.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

use super::order::{self, Model, Timed};
use super::{Checker, Finding, History, Outcome, Step, Verdict, Versioned, WriteAnswer};

/// Looks for answers about versions that no order of the operations explains.
pub fn check(history: &History) -> Vec<Finding> {
    let mut resources: BTreeMap<(&str, &str), Vec<Timed<Call<'_>>>> = BTreeMap::new();
    for (at, operation) in history.operations.iter().enumerate() {
        if let Some((resource, call, is_known)) = call(&operation.step) {
            let returned = is_known.then_some(operation.returned);
            let timed = Timed { operation: at, invoked: operation.invoked, returned, call };
            resources.entry((&operation.account, resource)).or_default().push(timed);
        }
    }
    let mut findings = Vec::new();
    for ((account, resource), calls) in resources {
        let about = format!("{resource:?} of {account:?}");
        check_values(&about, &calls, &mut findings);
        let all = calls.len();
        let (verdict, text, operations) =
            match order::search(&Register::default(), Standing::default(), calls) {
                order::Verdict::Ordered => continue,
                order::Verdict::Impossible(stuck) => {
                    (Verdict::Violation, "no order explains the answers", stuck)
                }
                order::Verdict::Undecided => {
                    (Verdict::Undecided, "the search for an order was given up", Vec::new())
                }
            };
        let text = format!("{text} of {all} operations on {about}");
        findings.push(Finding { checker: Checker::Versions, verdict, text, operations });
    }
    findings
}

/// What was asked and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call<'a> {
    Read { version: &'a str, value: &'a str },
    Write { expected: Option<&'a str>, value: &'a str, answer: Answer<'a> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer<'a> {
    Done(&'a str),
    Mismatch,
    Unknown,
}

/// The resource and the call of a step, and whether it was answered; none for what says nothing about versions.
fn call(step: &Step) -> Option<(&str, Call<'_>, bool)> {
    match step {
        Step::ReadVersion { resource, outcome: Outcome::Ok(Versioned { version, value }) } => {
            Some((resource, Call::Read { version, value }, true))
        }
        Step::WriteVersion { resource, expected, value, outcome } => {
            let answer = match outcome {
                Outcome::Ok(WriteAnswer::Done(version)) => Answer::Done(version),
                Outcome::Ok(WriteAnswer::Mismatch) => Answer::Mismatch,
                Outcome::Unknown => Answer::Unknown,
                Outcome::Failed => return None,
            };
            let call = Call::Write { expected: expected.as_deref(), value, answer };
            Some((resource, call, answer != Answer::Unknown))
        }
        _ => None,
    }
}

/// One version names one value, and is given to one write.
fn check_values(about: &str, calls: &[Timed<Call<'_>>], findings: &mut Vec<Finding>) {
    // By version: the value, and the operations that first said so and that wrote it.
    let mut versions: HashMap<&str, (&str, usize, Option<usize>)> = HashMap::new();
    for timed in calls {
        let (version, value, writer) = match timed.call {
            Call::Read { version, value } => (version, value, None),
            Call::Write { value, answer: Answer::Done(version), .. } => {
                (version, value, Some(timed.operation))
            }
            Call::Write { .. } => continue,
        };
        let (known, first, wrote) = versions.entry(version).or_insert((value, timed.operation, writer));
        let mut wrong = |text: String, operations: [usize; 2]| {
            findings.push(Finding::violation(Checker::Versions, text, operations));
        };
        if *known != value {
            wrong(
                format!("version {version:?} of {about} names {known:?} and {value:?}"),
                [*first, timed.operation],
            );
        }
        match (*wrote, writer) {
            (Some(one), Some(other)) if one != other => {
                wrong(format!("version {version:?} of {about} was given to two writes"), [one, other]);
            }
            (None, Some(writer)) => *wrote = Some(writer),
            _ => {}
        }
    }
}

/// One server that does one thing at a time.
#[derive(Default)]
struct Register<'a>(PhantomData<&'a str>);

/// What stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Standing<'a> {
    /// Nobody has seen it.
    #[default]
    Unseen,
    /// This version and value.
    Told(&'a str, &'a str),
    /// This value, written with an unknown outcome: nobody has been told its version.
    Untold(&'a str),
}

impl<'a> Model for Register<'a> {
    type Call = Call<'a>;
    type State = Standing<'a>;

    fn only_looks(&self, call: &Call<'a>) -> bool {
        match call {
            Call::Read { .. } => true,
            Call::Write { answer, .. } => *answer == Answer::Mismatch,
        }
    }

    fn step(&self, standing: &Standing<'a>, call: &Call<'a>) -> Vec<Standing<'a>> {
        let (expected, value, answer) = match *call {
            Call::Read { version, value } => {
                let told = Standing::Told(version, value);
                let fits = match *standing {
                    Standing::Unseen => true,
                    Standing::Told(..) => *standing == told,
                    Standing::Untold(written) => written == value,
                };
                return fits.then_some(told).into_iter().collect();
            }
            Call::Write { expected, value, answer } => (expected, value, answer),
        };
        // Nobody can expect a version that nobody has been told.
        let (may_match, may_differ) = match (expected, standing) {
            (None, _) => (true, false),
            (Some(_), Standing::Unseen) => (true, true),
            (Some(expected), Standing::Told(version, _)) => (expected == *version, expected != *version),
            (Some(_), Standing::Untold(_)) => (false, true),
        };
        let is_new = |given: &str| !matches!(standing, Standing::Told(version, _) if *version == given);
        let after = match answer {
            Answer::Done(given) => (may_match && is_new(given)).then_some(Standing::Told(given, value)),
            Answer::Mismatch => may_differ.then_some(*standing),
            Answer::Unknown => may_match.then_some(Standing::Untold(value)),
        };
        after.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
