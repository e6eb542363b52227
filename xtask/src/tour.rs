//! The tours of `examples` against the real binary, on both databases.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::test::database::Database;
use crate::test::require;
use crate::test::tally::Tally;
use crate::{Outcome, conformance, process};

/// The scripts, in the repository.
const SCRIPTS: [&str; 2] = ["examples/jobs-tour.sh", "examples/admin-tour.sh"];
/// Tells the script the binary.
const BINARY_VARIABLE: &str = "THRONG";

/// Runs the scripts on both databases, counts the runs in `total`, and says what is wrong.
///
/// # Errors
/// If what it needs is not there.
pub fn check(root: &Path, database: &Database, total: &mut Tally) -> Outcome<Vec<String>> {
    require(&["curl"], &["curl"])?;
    process::run(&mut process::cargo(root, &["build", "--workspace", "--bin", conformance::BINARY]))?;
    let (url, _cluster) = conformance::database_url(database)?;
    let mut broken = Vec::new();
    let databases = [("SQLite", vec![]), ("PostgreSQL", vec![url.as_str()])];
    let runs = SCRIPTS.iter().flat_map(|script| databases.iter().map(move |database| (script, database)));
    for (script, (name, arguments)) in runs {
        println!("xtask test: {script} on {name}");
        let mut command = Command::new(root.join(script));
        command.args(arguments).env(BINARY_VARIABLE, conformance::binary()?).stdin(Stdio::null());
        if process::watch(&mut command, &mut |_| {})? {
            total.passed += 1;
        } else {
            total.failed += 1;
            broken.push(format!("{script} on {name}: failed"));
        }
    }
    Ok(broken)
}
