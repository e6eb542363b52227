//! `cargo xtask ci`: all checks, the quick ones first.

use std::fs;
use std::path::Path;

use crate::{Outcome, licences, process, test, tidy};

/// A file in the repository that the binary writes: CI compares the two.
struct Generated {
    path: &'static str,
    arguments: &'static [&'static str],
}

const GENERATED: &[Generated] = &[Generated { path: "docs/openapi.json", arguments: &["openapi"] }];

/// Runs every check. The quick ones are all run before the first failure ends the run.
///
/// # Errors
/// If any check fails.
pub fn run(root: &Path) -> Outcome {
    let format = process::run(&mut process::cargo(root, &["fmt", "--all", "--check"]));
    let failures: Vec<String> =
        [format, tidy::run(root), licences::run(root)].into_iter().filter_map(Result::err).collect();
    if !failures.is_empty() {
        return Err(failures.join("\n"));
    }
    deny(root)?;
    clippy(root)?;
    test::run(root, &[])?;
    for generated in GENERATED {
        compare(root, generated)?;
    }
    println!("xtask ci: ok");
    Ok(())
}

/// `--workspace --all-targets` selects the features of the dependencies as the tests do, so the build scripts and
/// procedural macros that clippy compiles serve the tests as well. The failpoints are linted with the rest.
fn clippy(root: &Path) -> Outcome {
    let arguments =
        ["clippy", "--workspace", "--all-targets", "--features", test::FAILPOINTS, "--", "-D", "warnings"];
    process::run(&mut process::cargo(root, &arguments))
}

fn deny(root: &Path) -> Outcome {
    if !process::cargo_has(root, "deny") {
        println!("SKIPPED: cargo-deny is not installed, so bans and known vulnerabilities were not checked");
        println!("         (licences and sources were, by xtask itself)");
        return Ok(());
    }
    process::run(&mut process::cargo(root, &["deny", "check", "bans", "licenses", "sources"]))?;
    let database = std::env::home_dir().map(|home| home.join(".cargo/advisory-dbs"));
    if database.is_some_and(|folder| folder.is_dir()) {
        return process::run(&mut process::cargo(root, &["deny", "check", "--disable-fetch", "advisories"]));
    }
    println!("SKIPPED: no copy of the advisory database, so known vulnerabilities were not checked");
    Ok(())
}

/// Compares a committed file with what the binary writes; a file that is not in the repository is not compared.
fn compare(root: &Path, generated: &Generated) -> Outcome {
    let Generated { path, arguments } = generated;
    let Ok(committed) = fs::read_to_string(root.join(path)) else {
        println!("SKIPPED: {path} is not in the repository, so nothing was compared with it");
        return Ok(());
    };
    let mut command = process::cargo(root, &["run", "--quiet", "--package", "throng-server", "--"]);
    let written = process::output(command.args(*arguments))?;
    if written.trim_end() == committed.trim_end() {
        return Ok(());
    }
    let arguments = arguments.join(" ");
    Err(format!("{path} is out of date: write it anew with `cargo run -- {arguments} > {path}`"))
}
