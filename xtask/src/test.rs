//! `cargo xtask test`: every test of the workspace on both databases, then the crash suites on a binary that has
//! failpoints, then an outside tool and a script on the binary as it is.

pub mod database;
pub mod tally;

use std::path::Path;
use std::process::{Command, Stdio};

use throng_cluster::install_packages;

use crate::{Outcome, conformance, process, throwaway, tour};
use database::Database;
use tally::Tally;

/// Tells the tests that time does not matter: more kills, more cases, larger inputs.
const THOROUGH_VARIABLE: &str = "THRONG_TEST_THOROUGH";

/// Tells the tests of HTTP and of the server which database to use where they do not care.
const STORE_VARIABLE: &str = "THRONG_TEST_STORE";

/// The feature of the real binary by which a test can stop it at a named place.
pub const FAILPOINTS: &str = "throng-server/failpoints";

/// Runs the tests and prints one line that sums them up.
///
/// # Errors
/// If a test fails, if a suite runs no test at all, or if what the tests need is not there.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    require_c_compiler()?;
    let started = process::now();
    let selection = Selection::of(arguments)?;
    let database = Database::start(root, selection.major, selection.whole())?;
    if selection.whole() {
        // Somebody logs in with it.
        require(&["chromium", "chromedriver"], &["chromium", "chromium-driver"])?;
    }
    let mut total = Tally::default();
    let mut broken = Vec::new();
    for suite in selection.suites() {
        let mut command = process::cargo(root, &suite.arguments);
        database.tell(&mut command);
        command.envs(suite.environment.iter().copied());
        if selection.thorough {
            command.env(THOROUGH_VARIABLE, "1");
        }
        let mut tally = Tally::default();
        let ok = process::watch(&mut command, &mut |line| tally += Tally::of_line(line))?;
        broken.extend(suite.verdict(ok, tally));
        total += tally;
    }
    if selection.whole() {
        broken.extend(conformance::check(root, &database, &mut total)?);
        broken.extend(tour::check(root, &database, &mut total)?);
    } else {
        println!(
            "xtask test: only what the arguments select was run; the crash suites, the outside tool and the tour were not"
        );
    }
    println!("xtask test: {}", database.shown());
    println!("{}", total.summary(broken.is_empty(), started.elapsed().as_secs()));
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

/// Installs Debian's packages unless these programs are there.
///
/// # Errors
/// If they are not, and cannot be installed.
pub fn require(programs: &[&str], packages: &[&str]) -> Outcome {
    let is_there = |program: &&str| {
        let mut command = Command::new(program);
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if programs.iter().all(is_there) {
        return Ok(());
    }
    let (programs, packages_named) = (programs.join(" and "), packages.join(" "));
    let advice = format!("{programs} are not all installed (Debian: apt-get install {packages_named})");
    install_packages(packages, &advice)
}

/// The bundled SQLite is C: say so here rather than in the middle of a build log.
fn require_c_compiler() -> Outcome {
    let found = Command::new("cc").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => Ok(()),
        _ => {
            Err("no C compiler: the bundled SQLite needs `cc` (Debian: apt-get install build-essential)"
                .into())
        }
    }
}

/// What the command line asks for.
struct Selection {
    thorough: bool,
    /// Another PostgreSQL than the one that is installed.
    major: Option<u32>,
    narrowed_by: Vec<String>,
}

impl Selection {
    fn of(arguments: &[String]) -> Outcome<Self> {
        let mut selection = Self { thorough: false, major: None, narrowed_by: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--thorough" => selection.thorough = true,
                "--postgres" => {
                    let major = rest.next().ok_or("--postgres needs a major version")?;
                    selection.major = Some(throwaway::version(major)?);
                }
                _ => selection.narrowed_by.push(argument.clone()),
            }
        }
        Ok(selection)
    }

    fn whole(&self) -> bool {
        self.narrowed_by.is_empty()
    }

    fn suites(&self) -> Vec<Suite> {
        if !self.whole() {
            return vec![self.suite("selected tests", &self.narrowed())];
        }
        // Those with failpoints with `--workspace` as well, so that cargo unifies the features of the dependencies in
        // the same way and compiles only the crates that have failpoints anew. It builds the real binary, too: an
        // integration test is given its path as CARGO_BIN_EXE_throng.
        let http = ["-p", "throng-web", "-p", "throng-server", "--test", "it", "--no-fail-fast"];
        let crash = ["--workspace", "--no-fail-fast", "--features", FAILPOINTS, "--test", "crash"];
        let nodes = ["--workspace", "--no-fail-fast", "--features", FAILPOINTS, "--test", "nodes"];
        vec![
            self.suite("workspace", &["--workspace", "--no-fail-fast"]).on_postgres(),
            self.suite("HTTP on PostgreSQL", &http).with(STORE_VARIABLE, "postgres"),
            self.suite("crash suite", &crash),
            self.suite("crash suite on PostgreSQL", &crash).with(STORE_VARIABLE, "postgres"),
            self.suite("several nodes", &nodes),
        ]
    }

    fn narrowed(&self) -> Vec<&str> {
        let names_package = self.narrowed_by.iter().any(|argument| {
            argument == "-p"
                || argument == "--package"
                || argument.starts_with("--package=")
                || argument == "--workspace"
        });
        let everywhere = if names_package { None } else { Some("--workspace") };
        everywhere.into_iter().chain(self.narrowed_by.iter().map(String::as_str)).collect()
    }

    fn suite(&self, name: &'static str, arguments: &[&str]) -> Suite {
        let mut arguments: Vec<String> =
            ["test"].iter().chain(arguments).map(|&argument| argument.to_owned()).collect();
        if self.thorough {
            if !arguments.iter().any(|argument| argument == "--") {
                arguments.push("--".to_owned());
            }
            arguments.push("--include-ignored".to_owned());
        }
        Suite { name, arguments, environment: Vec::new(), demands_postgres: false }
    }
}

/// One run of `cargo test`.
struct Suite {
    name: &'static str,
    arguments: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
    /// Whether some of its tests have to be those of the conformance suite on PostgreSQL.
    demands_postgres: bool,
}

impl Suite {
    fn with(mut self, variable: &'static str, value: &'static str) -> Self {
        self.environment.push((variable, value));
        self
    }

    fn on_postgres(mut self) -> Self {
        self.demands_postgres = true;
        self
    }

    /// What is wrong with the run, if anything. A run without a single test is wrong: it proves nothing.
    fn verdict(&self, ok: bool, tally: Tally) -> Option<String> {
        if !ok || tally.failed > 0 {
            return Some(format!("{}: failed", self.name));
        }
        if self.demands_postgres && tally.on_postgres == 0 {
            return Some(format!("{}: no test ran on PostgreSQL", self.name));
        }
        (tally.passed == 0).then(|| format!("{}: no test ran", self.name))
    }
}

#[cfg(test)]
mod tests;
