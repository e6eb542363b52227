//! The server's processes, which are not a process group: each backend is a session of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Outcome, wait};

/// How long a signal may take to have its effect.
const EFFECT_SECONDS: u64 = 10;

/// What the kernel says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Status {
    state: char,
    parent: u32,
}

impl Status {
    /// Reads `/proc/<pid>/stat`: `4711 (name) S 4700 …`, where the name may hold spaces and parentheses.
    fn of_stat(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let mut words = rest.split_whitespace();
        Some(Self { state: words.next()?.chars().next()?, parent: words.next()?.parse().ok()? })
    }

    fn of(pid: u32) -> Option<Self> {
        Self::of_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// Whether the process runs or could; one that has ended and waits for its parent does not.
pub fn lives(pid: u32) -> bool {
    Status::of(pid).is_some_and(|status| !matches!(status.state, 'Z' | 'X'))
}

/// Ends the server and all its children in one moment, without a last word to anybody.
///
/// # Errors
/// If they are still there after ten seconds.
pub fn kill(server: u32) -> Outcome {
    // A server that stands still starts no child that the list lacks.
    signal("STOP", &[server])?;
    let mut all = children(server)?;
    all.push(server);
    signal("KILL", &all)?;
    wait::until(EFFECT_SECONDS, "killed processes are gone", || Ok(!all.iter().any(|&pid| lives(pid))))
}

/// Stops the server and all its children where they are.
///
/// # Errors
/// If one of them still runs after ten seconds.
pub fn pause(server: u32) -> Outcome {
    signal("STOP", &[server])?;
    wait::until(EFFECT_SECONDS, "paused processes stand still", || {
        let mut all = children(server)?;
        all.push(server);
        let running =
            |pid: &u32| Status::of(*pid).is_some_and(|status| !matches!(status.state, 'T' | 'Z' | 'X'));
        let running: Vec<u32> = all.into_iter().filter(running).collect();
        if !running.is_empty() {
            signal("STOP", &running)?;
        }
        Ok(running.is_empty())
    })
}

/// Lets the server and all its children go on.
pub fn resume(server: u32) -> Outcome {
    let mut all = children(server)?;
    all.push(server);
    signal("CONT", &all)
}

/// Sends a signal to each of the processes; those that are gone do not matter.
///
/// # Errors
/// If one of them belongs to somebody else.
pub fn signal(name: &str, pids: &[u32]) -> Outcome {
    // The shell's own `kill`: the program of that name is not on every machine.
    let mut command = Command::new("sh");
    command.args(["-c", "kill -s \"$@\"", "sh", name]).args(pids.iter().map(ToString::to_string));
    let done = command.output().map_err(|error| format!("sh: {error}"))?;
    let complaints = String::from_utf8_lossy(&done.stderr);
    match complaints.lines().find(|line| !line.is_empty() && !line.contains("No such process")) {
        Some(complaint) => Err(format!("signal {name}: {complaint}")),
        None => Ok(()),
    }
}

fn children(server: u32) -> Outcome<Vec<u32>> {
    let failed = |error: std::io::Error| format!("/proc: {error}");
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new("/proc")).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        if Status::of(pid).is_some_and(|status| status.parent == server) {
            found.push(pid);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
