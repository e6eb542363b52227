//! Whether a test fails without a line: tried on a copy of the last commit, with a build folder of its own. No mutated
//! code is ever where somebody runs it.

mod row;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::tidy::tree::Tree;
use crate::{Outcome, process};
pub use row::{Row, cells};

/// A test that runs longer without its line does not end.
const TEST_SECONDS_MAX: u64 = 120;

/// What became of a test without its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it must.
    Failed,
    /// The test proves nothing.
    Survived,
    /// The row's replacement is wrong.
    DoesNotCompile,
}

impl Verdict {
    /// Prints it, and gives what is wrong.
    pub fn tell(self, row: &Row) -> Option<String> {
        let (shown, problem) = match self {
            Self::Failed => ("failed as it must", None),
            Self::Survived => ("SURVIVED", Some("the test passes without the line")),
            Self::DoesNotCompile => ("DOES NOT COMPILE", Some("the file does not compile without the line")),
        };
        println!("{} {}: {shown}", row.number, row.requirement);
        println!("    {}: {}", row.file, row.change());
        println!("    {} {}", row.package, row.test);
        problem.map(|problem| format!("{} {}: {problem}", row.number, row.test))
    }
}

/// A checkout of the last commit beside the real one.
pub struct Copy {
    tree: PathBuf,
    build: PathBuf,
    texts: Tree,
}

impl Copy {
    /// Makes it in a folder of the work tree, or brings the one that is there up to date.
    ///
    /// # Errors
    /// What git says.
    pub fn make(root: &Path, folder: &str) -> Outcome<Self> {
        let folder = root.join(folder);
        let (tree, build) = (folder.join("tree"), folder.join("build"));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let commit = process::output(git(root).args(["rev-parse", "HEAD"]))?;
        process::run(git(root).args(["worktree", "prune"]))?;
        if tree.is_dir() {
            process::run(git(&tree).args(["checkout", "--quiet", "--detach", "--force", commit.trim()]))?;
            process::run(git(&tree).args(["clean", "--quiet", "--force", "-d"]))?;
        } else {
            let add = ["worktree", "add", "--quiet", "--detach"];
            process::run(git(root).args(add).arg(&tree).arg(commit.trim()))?;
        }
        let texts = Tree::read(&tree)?;
        Ok(Self { tree, build, texts })
    }

    /// The text of a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn text(&self, path: &str) -> Outcome<String> {
        fs::read_to_string(self.tree.join(path)).map_err(|error| format!("{path}: {error}"))
    }

    /// Every test must pass as long as its line is there.
    ///
    /// # Errors
    /// A test that fails, and code that does not compile.
    pub fn require_passing(&self, rows: &[Row]) -> Outcome {
        rows.iter().try_for_each(|row| row.check(&self.texts))?;
        let mut seen = BTreeSet::new();
        for row in rows.iter().filter(|row| seen.insert((&row.package, &row.test))) {
            let binary = self.compile(row)?.ok_or_else(|| format!("{} does not compile", row.package))?;
            if self.try_test(row, &binary)? != Verdict::Survived {
                return Err(format!("{} {} fails with its line", row.package, row.test));
            }
        }
        Ok(())
    }

    /// Takes the line out, runs the test, puts the line back.
    ///
    /// # Errors
    /// A line that does not stand in its file once, and a test that does not run.
    pub fn verdict(&self, row: &Row) -> Outcome<Verdict> {
        let text = self.text(&row.file)?;
        let write = |text: &str| {
            let written = fs::write(self.tree.join(&row.file), text);
            written.map_err(|error| format!("{}: {error}", row.file))
        };
        write(&row.mutate(&text)?)?;
        let verdict = self.compile(row).and_then(|binary| match binary {
            Some(binary) => self.try_test(row, &binary),
            None => Ok(Verdict::DoesNotCompile),
        });
        write(&text)?;
        verdict
    }

    /// Compiles the test's binary and gives its path; None if that fails.
    fn compile(&self, row: &Row) -> Outcome<Option<PathBuf>> {
        let log = self.build.with_extension("log");
        let output = || File::create(&log).map_err(|error| format!("{}: {error}", log.display()));
        let mut command = process::cargo(&self.tree, &["test", "--no-run", "--package", &row.package]);
        command.args(row.binary(&self.texts)?).env("CARGO_TARGET_DIR", &self.build);
        let status =
            command.stdout(output()?).stderr(output()?).status().map_err(|error| error.to_string())?;
        if !status.success() {
            return Ok(None);
        }
        let text = fs::read_to_string(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let path = text.lines().rev().find_map(|line| {
            Some(line.trim().strip_prefix("Executable ")?.split_once('(')?.1.trim_end_matches(')'))
        });
        path.map(|path| Some(self.tree.join(path))).ok_or_else(|| format!("{text}\nno executable is named"))
    }

    /// Runs one test of a binary.
    fn try_test(&self, row: &Row, binary: &Path) -> Outcome<Verdict> {
        let log = self.build.with_extension("txt");
        let output = || File::create(&log).map_err(|error| format!("{}: {error}", log.display()));
        let folder = self.texts.crates().iter().find(|found| found.name == row.package);
        let folder = folder.map_or(self.tree.clone(), |found| self.tree.join(&found.folder));
        let mut command = Command::new(binary);
        command.arg(&row.test).current_dir(folder).stdout(output()?);
        let mut child = command.stderr(output()?).spawn().map_err(|error| error.to_string())?;
        let started = process::now();
        while child.try_wait().map_err(|error| error.to_string())?.is_none() {
            if started.elapsed().as_secs() >= TEST_SECONDS_MAX {
                child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
                return Ok(Verdict::Failed);
            }
            thread::sleep(Duration::from_millis(50));
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        let said = fs::read_to_string(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        judge(&said, &row.test, status.code())
            .ok_or_else(|| format!("{} {} did not run", row.package, row.test))
    }
}

/// What a test binary said of one test; None if it did not run it. One that has no exit code was killed by what the
/// test did.
fn judge(output: &str, test: &str, code: Option<i32>) -> Option<Verdict> {
    let outcome = output.lines().find_map(|line| {
        let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
        (name.rsplit("::").next() == Some(test)).then_some(outcome)
    });
    match (outcome, code) {
        (Some("ok"), _) => Some(Verdict::Survived),
        (Some("FAILED"), _) | (_, None) => Some(Verdict::Failed),
        _ => None,
    }
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    command
}

#[cfg(test)]
mod tests;
