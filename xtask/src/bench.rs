//! `cargo xtask bench`: the benches of `benches/`, run against a release build of the real binary.

use std::path::Path;

use crate::{Outcome, process};

/// Builds the server as it ships and hands the arguments to `throng-bench`.
///
/// # Errors
/// If a build fails or a bench does.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    // A build of its own: together with the benches cargo could unify features into the server that it ships without.
    process::run(&mut process::cargo(root, &["build", "--release", "--package", "throng-server"]))?;
    let mut bench = process::cargo(root, &["run", "--release", "--package", "throng-bench", "--"]);
    process::run(bench.args(arguments))
}
