//! The Python environment of the outside tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, process};

/// What is installed, with the hash of every package.
const REQUIREMENTS: &str = "requirements.txt";
/// In the environment, written last: the requirements it was made from.
const STAMP: &str = "requirements-installed.txt";
/// Debian's packages of what is needed.
const PACKAGES: &[&str] = &["python3", "python3-venv", "python3-pip"];
/// Exits with success if Python can make environments and is new enough for the packages.
const PROBE: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/// The interpreter of an environment in `work` that has the packages which `folder` requires; one from an earlier run
/// is used again if they have not changed.
///
/// # Errors
/// If there is no Python of version 3.11 or later and none can be installed, or if the packages cannot be fetched.
pub fn environment(folder: &Path, work: &Path) -> Outcome<PathBuf> {
    let requirements = folder.join(REQUIREMENTS);
    let wanted =
        fs::read_to_string(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let home = work.join("python");
    let python = home.join("bin/python");
    let stamp = home.join(STAMP);
    if is_current(&stamp, &wanted) && succeeds(Command::new(&python).arg("--version")) {
        return Ok(python);
    }
    require_python()?;
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install.args(["--require-hashes", "--only-binary=:all:", "--requirement"]).arg(&requirements);
    process::run(&mut install)?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(python)
}

fn is_current(stamp: &Path, wanted: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|installed| installed == wanted)
}

fn require_python() -> Outcome {
    let can = || succeeds(Command::new("python3").args(["-c", PROBE]));
    if can() {
        return Ok(());
    }
    let advice = "the outside SCIM tool needs python3 of version 3.11 or later, with venv and pip";
    throng_cluster::install_packages(PACKAGES, advice)?;
    if can() { Ok(()) } else { Err(advice.to_owned()) }
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests;
