//! `cargo xtask conformance`: an outside tool, `scim2-tester`, against the real binary on both databases, and once more
//! with resource types from a file of definitions.
//!
//! What the tool is, which packages it needs and what it has to come to stands in `tests/conformance`.

mod python;
mod server;

use std::fs;
use std::path::Path;
use std::process::Command;

use throng_cluster::{Cluster, Options};

use crate::test::database::Database;
use crate::test::tally::Tally;
use crate::{Outcome, process, throwaway};
pub use server::{BINARY, binary};
use server::{Place, Server};

/// The tool's files, in the repository.
const FOLDER: &str = "tests/conformance";
/// What a run makes: the Python environment, which is kept, and the data of the servers, which are not.
const WORK_FOLDER: &str = "target/conformance";
/// Tells the script its key.
const TOKEN_VARIABLE: &str = "SCIM_TOKEN";

/// Runs the checks, on a PostgreSQL of its own.
///
/// # Errors
/// If a check fails, or if what they need is not there.
pub fn run(root: &Path) -> Outcome {
    let database = Database::start(root, None, true)?;
    let mut total = Tally::default();
    let broken = check(root, &database, &mut total)?;
    let verdict = if broken.is_empty() { "ok" } else { "FAILED" };
    let Tally { passed, failed, ignored, .. } = total;
    println!("xtask conformance: {verdict}: {passed} passed, {failed} failed, {ignored} ignored");
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

/// Runs the checks, counts them in `total`, and says what is wrong.
///
/// # Errors
/// If what they need is not there.
pub fn check(root: &Path, database: &Database, total: &mut Tally) -> Outcome<Vec<String>> {
    let work = root.join(WORK_FOLDER);
    let python = python::environment(&root.join(FOLDER), &work)?;
    process::run(&mut process::cargo(root, &["build", "--workspace", "--bin", server::BINARY]))?;
    let data = work.join(format!("data-{}", std::process::id()));
    fs::create_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
    let mut broken = Vec::new();
    let (url, _cluster) = database_url(database)?;
    let (plain, defined) = (data.join("plain"), data.join("defined"));
    let definitions = root.join(FOLDER).join("definitions.json");
    for (name, place) in [
        ("SQLite", Place::Data(&plain)),
        ("PostgreSQL", Place::Database(&url)),
        ("configured", Place::Defined(&defined, &definitions)),
    ] {
        let log = work.join(format!("{}.log", name.to_lowercase()));
        let tally = check_at(root, &python, &place, name, &log);
        match tally {
            Ok((true, tally)) if tally.passed > 0 => *total += tally,
            Ok((_, tally)) => {
                *total += tally;
                broken.push(format!("scim2-tester on {name}: failed; the server's log: {}", log.display()));
            }
            Err(complaint) => broken.push(format!("scim2-tester on {name}: {complaint}")),
        }
    }
    let removed = fs::remove_dir_all(&data);
    removed.map_err(|error| format!("{}: {error}", data.display()))?;
    Ok(broken)
}

/// Starts a server on a fresh place and runs the tool against it.
fn check_at(root: &Path, python: &Path, place: &Place<'_>, name: &str, log: &Path) -> Outcome<(bool, Tally)> {
    let token = server::prepare(place)?;
    let server = Server::start(place, log)?;
    let mut command = Command::new(python);
    // The script's lines come as they are printed, and no compiled copy of it is left in the repository.
    command.args(["-u", "-B"]).arg(root.join(FOLDER).join("check.py"));
    command.arg(format!("http://{}/scim/v2", server.address())).arg(name).env(TOKEN_VARIABLE, token);
    let mut tally = Tally::default();
    let ok = process::watch(&mut command, &mut |line| tally += Tally::of_line(line))?;
    Ok((ok && tally.failed == 0, tally))
}

/// The empty database of the server that the run has started; on somebody else's server nothing is made, so then there
/// is a server more.
pub fn database_url(database: &Database) -> Outcome<(String, Option<Cluster>)> {
    if let Some(cluster) = database.own() {
        return Ok((cluster.url(throwaway::DATABASE), None));
    }
    let cluster = throwaway::start(&throng_cluster::Installation::for_tests()?, &Options::default())?;
    Ok((cluster.url(throwaway::DATABASE), Some(cluster)))
}
