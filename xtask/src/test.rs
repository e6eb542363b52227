//! `cargo xtask test`: every test of the workspace, then the crash suite on a binary that has failpoints.

use std::ops::AddAssign;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Outcome, process};

/// Tells the tests that time does not matter: more kills, more cases, larger inputs.
const THOROUGH_VARIABLE: &str = "THRONG_TEST_THOROUGH";

/// The feature of the real binary by which a test can stop it at a named place.
pub const FAILPOINTS: &str = "throng-server/failpoints";

/// Runs the tests and prints one line that sums them up.
///
/// # Errors
/// If a test fails, if a suite runs no test at all, or if what the tests need is not there.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    require_c_compiler()?;
    let started = process::now();
    let selection = Selection::of(arguments);
    let mut total = Tally::default();
    let mut broken = Vec::new();
    for suite in selection.suites() {
        let mut command = process::cargo(root, &suite.arguments);
        if selection.thorough {
            command.env(THOROUGH_VARIABLE, "1");
        }
        let mut tally = Tally::default();
        let ok = process::watch(&mut command, &mut |line| tally += Tally::of_line(line))?;
        broken.extend(suite.verdict(ok, tally));
        total += tally;
    }
    if !selection.whole() {
        println!("xtask test: only what the arguments select was run; the crash suite was not");
    }
    println!("{}", total.summary(broken.is_empty(), started.elapsed().as_secs()));
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
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
    narrowed_by: Vec<String>,
}

impl Selection {
    fn of(arguments: &[String]) -> Self {
        let narrowed_by = arguments.iter().filter(|argument| *argument != "--thorough").cloned().collect();
        Self { thorough: arguments.iter().any(|argument| argument == "--thorough"), narrowed_by }
    }

    fn whole(&self) -> bool {
        self.narrowed_by.is_empty()
    }

    fn suites(&self) -> Vec<Suite> {
        if !self.whole() {
            return vec![self.suite("selected tests", &self.narrowed())];
        }
        // Both with `--workspace`, so that cargo unifies the features of the dependencies in the same way
        // and the second run compiles only the crates that have failpoints. It builds the real binary, too:
        // an integration test is given its path as CARGO_BIN_EXE_throng.
        let all = ["--workspace", "--no-fail-fast"];
        let crash = ["--workspace", "--no-fail-fast", "--features", FAILPOINTS, "--test", "crash"];
        vec![self.suite("workspace", &all), self.suite("crash suite", &crash)]
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
        Suite { name, arguments }
    }
}

/// One run of `cargo test`.
struct Suite {
    name: &'static str,
    arguments: Vec<String>,
}

impl Suite {
    /// What is wrong with the run, if anything. A run without a single test is wrong: it proves nothing.
    fn verdict(&self, ok: bool, tally: Tally) -> Option<String> {
        if !ok || tally.failed > 0 {
            return Some(format!("{}: failed", self.name));
        }
        (tally.passed == 0).then(|| format!("{}: no test ran", self.name))
    }
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Reads a test binary's closing line: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    /// Any other line counts nothing.
    fn of_line(line: &str) -> Self {
        let mut tally = Self::default();
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return tally;
        };
        for part in counts.split(';') {
            let Some((number, what)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse() else { continue };
            match what {
                "passed" => tally.passed = number,
                "failed" => tally.failed = number,
                "ignored" => tally.ignored = number,
                _ => {}
            }
        }
        tally
    }

    fn summary(self, ok: bool, seconds: u64) -> String {
        let verdict = if ok { "ok" } else { "FAILED" };
        let Self { passed, failed, ignored } = self;
        format!("xtask test: {verdict}: {passed} passed, {failed} failed, {ignored} ignored, {seconds} s")
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests;
