//! Running cargo: say what is run, run it in the workspace's root, tell failure from success.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long the output of an ended command may stay open before a left-over child of it is blamed.
const LEFT_OVER_SECONDS: u64 = if cfg!(test) { 1 } else { 10 };

/// The cargo that runs in `root`, with these arguments.
pub fn cargo<S: AsRef<str>>(root: &Path, arguments: &[S]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(arguments.iter().map(AsRef::as_ref));
    command
}

/// Whether `cargo <subcommand>` is installed.
pub fn cargo_has(root: &Path, subcommand: &str) -> bool {
    let mut command = cargo(root, &[subcommand, "--version"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs the command with our own standard streams.
///
/// # Errors
/// If it could not be started or ended with anything but success.
pub fn run(command: &mut Command) -> Outcome {
    let shown = announce(command);
    let status = command.status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed: {shown} ({status})")) }
}

/// Runs the command and returns its standard output.
///
/// # Errors
/// If it could not be started, ended with anything but success, or wrote something that is no UTF-8.
pub fn output(command: &mut Command) -> Outcome<String> {
    let shown = announce(command);
    let done = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{shown}: {error}"))?;
    if !done.status.success() {
        return Err(format!("failed: {shown} ({})", done.status));
    }
    String::from_utf8(done.stdout).map_err(|error| format!("{shown}: {error}"))
}

/// Runs the command, shows its standard output line by line as it comes, and gives each line to `see` as well.
/// Returns whether it ended with success.
///
/// # Errors
/// If it could not be started, or if a process that it started still holds its output after it has ended.
pub fn watch(command: &mut Command, see: &mut dyn FnMut(&str)) -> Outcome<bool> {
    let shown = announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{shown}: {error}"))?;
    let stdout = child.stdout.take().ok_or_else(|| format!("{shown}: no standard output"))?;
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || forward(stdout, &sender));
    let mut ended = None;
    let mut quiet_since = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                println!("{line}");
                see(&line);
                quiet_since = None;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                ended = child.try_wait().map_err(|error| format!("{shown}: {error}"))?;
                let quiet = ended.map(|_| *quiet_since.get_or_insert_with(now));
                if quiet.is_some_and(|since: Instant| since.elapsed().as_secs() >= LEFT_OVER_SECONDS) {
                    return Err(format!("{shown}: it has ended, and a process that it started still runs"));
                }
            }
        }
    }
    let status = match ended {
        Some(status) => status,
        None => child.wait().map_err(|error| format!("{shown}: {error}"))?,
    };
    Ok(status.success())
}

/// The present moment, for durations that are shown to a person.
#[expect(clippy::disallowed_methods, reason = "the only clock of xtask: how long did a task take")]
pub fn now() -> Instant {
    Instant::now()
}

fn forward(stdout: impl Read, lines: &mpsc::Sender<String>) {
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
        let text = String::from_utf8_lossy(&line);
        if lines.send(text.trim_end_matches(['\n', '\r']).to_owned()).is_err() {
            return;
        }
        line.clear();
    }
}

/// Prints the command line that is about to run, and returns it.
fn announce(command: &Command) -> String {
    let mut shown = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        shown.push(' ');
        shown.push_str(&argument.to_string_lossy());
    }
    eprintln!("==> {shown}");
    shown
}

#[cfg(test)]
mod tests;
