//! Bench: an import with ready hashes of passwords beside the same without, in turn.

use super::make::{self, Kind, Passwords};
use super::sections::{READY_AIM, of, rate, title};
use super::transfer::{self, Took};
use super::{Databases, sqlite};
use crate::Outcome;
use crate::bench::{Bench, remove};
use crate::report::{Report, Section, Verdict, progress};
use crate::stats::float;

/// A round: both imports, each into a database of its own.
struct Round {
    with: Took,
    without: Took,
}

/// A side of a round, and what it is called.
type Side = (&'static str, fn(&Round) -> &Took);

/// Measures on the embedded store.
///
/// # Errors
/// A job that does not come to what it must.
pub fn run(bench: &Bench, report: &mut Report) -> Outcome {
    measure(bench, &sqlite::Stores::new(bench), report)
}

/// Measures on these databases.
///
/// # Errors
/// As [`run`].
pub fn measure(bench: &Bench, databases: &dyn Databases, report: &mut Report) -> Outcome {
    let folder = bench.root.join("hashes");
    remove(&folder)?;
    let make = |passwords, name: &str| {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        make::new_people(&folder, Kind::Csv, bench.people, passwords)
    };
    let (with, without) = (make(Passwords::Ready, "with")?, make(Passwords::None, "without")?);
    let mut rounds = Vec::new();
    for number in 1..=bench.rounds {
        let send = |file: &make::Made| -> Outcome<Took> {
            let product = databases.product()?;
            product.settle()?;
            let server = product.serve()?;
            let took = transfer::send(&server, "bulkAdd", file)?;
            server.stop()?;
            if took.count("created") == bench.people {
                return Ok(took);
            }
            Err(format!("an import came to {}", took.job).into())
        };
        let round = Round { with: send(&with)?, without: send(&without)? };
        progress(&format!(
            "hashes: round {number} of {}: with {:.2} s ({:.2} s processor), without {:.2} s ({:.2} s)",
            bench.rounds, round.with.done, round.with.cpu, round.without.done, round.without.cpu
        ));
        rounds.push(round);
    }
    remove(&folder)?;
    let rounds: Vec<&Round> = rounds.iter().collect();
    report.section(&section(bench, &rounds, with.bytes))
}

fn section(bench: &Bench, rounds: &[&Round], bytes: u64) -> Section {
    let people = float(bench.people);
    let mut section = Section::new(title(bench, "bulkAdd", "with ready hashes from CSV, and without", bytes));
    let sides: [Side; 2] = [("with", |round| &round.with), ("without", |round| &round.without)];
    for (side, took) in sides {
        let accepted = of(rounds, |round| took(round).accepted);
        section.figure(format!("{side}: first byte to 202"), format!("{accepted:.2} s"));
        let done = of(rounds, |round| took(round).done);
        section.figure(format!("{side}: first byte to completed"), rate(people, done));
        let cpu = of(rounds, |round| took(round).cpu);
        section.figure(format!("{side}: processor time of the server"), format!("{cpu:.2} s"));
    }
    let ratio = of(rounds, |round| round.without.done / round.with.done);
    let verdict = Verdict::at_least(ratio, READY_AIM);
    let aim = format!("≥ {READY_AIM}");
    section.aim("speed with, as a share of that without", format!("{ratio:.2}"), aim, verdict);
    let ratio = of(rounds, |round| round.without.cpu / round.with.cpu);
    section.figure("processor time without, as a share of that with", format!("{ratio:.2}"));
    section.peak(rounds.iter().map(|round| round.with.peak.max(round.without.peak)).max().unwrap_or(0));
    section
}
