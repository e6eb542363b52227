//! Tests, checks and benches of the workspace: `cargo xtask <task>`.
//!
//! The standard library and `throng-cluster` alone, so that the first `cargo xtask` compiles in seconds.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

mod bench;
mod ci;
mod conformance;
mod licences;
mod mutation;
mod process;
mod promises;
mod proof;
mod spdx;
mod test;
mod throwaway;
mod tidy;
mod tour;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <task>

tasks:
  test [--thorough] [--postgres N] [cargo test arguments]
                                            every test of the workspace on both databases, then the crash
                                            suites, the outside tool and the tour; with arguments: only what they select;
                                            N: 14, 16 or 18 instead of the PostgreSQL that is installed
  conformance                               an outside SCIM tool against the real binary, on both databases
  conformance-proof [--rows N] [--seed S]   whether the tests that docs/scim-conformance.md names fail without the
                                            lines that it names, for N rows (20) drawn at random
  mutants-promises [--list] [--only gNN|sNN]   whether the tests of docs/promises.md and docs/security.md fail with the
                                            changes that these name
  postgres [--major N]                      a throw-away PostgreSQL: prints its URL, stays until it is ended
  tidy                                      the rules of the house that no compiler checks
  licences                                  the licence of every dependency, against deny.toml
  bench [--postgres] [arguments]            the benches, against a release build of the server
  ci                                        all of it, as continuous integration runs it";

/// What a task gives: nothing, or one sentence that says why it failed.
type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((task, rest)) => dispatch(task, rest),
        None => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(task: &str, rest: &[String]) -> Outcome {
    let root = root()?;
    match (task, rest) {
        ("test", _) => test::run(root, rest),
        ("postgres", _) => throwaway::run(root, rest),
        ("conformance", []) => conformance::run(root),
        ("conformance-proof", _) => proof::run(root, rest),
        ("mutants-promises", _) => promises::run(root, rest),
        ("tidy", []) => tidy::run(root),
        ("licences", []) => licences::run(root),
        ("bench", _) => bench::run(root, rest),
        ("ci", []) => ci::run(root),
        ("help" | "--help" | "-h", _) => {
            println!("{USAGE}");
            Ok(())
        }
        ("conformance" | "tidy" | "licences" | "ci", _) => Err(format!("xtask {task} takes no arguments")),
        _ => Err(format!("unknown task {task}\n\n{USAGE}")),
    }
}

/// The workspace's root: the folder above this crate.
fn root() -> Outcome<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or_else(|| "xtask lies in no workspace".to_owned())
}
