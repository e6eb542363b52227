//! The task `postgres` as it is run by hand and by scripts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A running `xtask postgres`, the address and the folder of its server.
struct Task {
    child: Child,
    address: String,
    folder: PathBuf,
}

fn start(stdin: Stdio) -> Task {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let mut child = command.arg("postgres").stdin(stdin).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim_end();
    let (role, rest) = url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
    let (address, database) = rest.split_once('/').unwrap();
    assert_eq!(role.split_once(':').unwrap().0, "throng");
    assert_eq!(database, "throng");
    assert!(TcpStream::connect(address).is_ok());
    let ours = format!("throng-pg-{}-", child.id());
    let mut folders = std::env::temp_dir().read_dir().unwrap().map(|entry| entry.unwrap().path());
    let folder = folders.find(|path| path.to_string_lossy().contains(&ours)).unwrap();
    Task { child, address: address.to_owned(), folder }
}

fn gone(task: &Task) -> bool {
    !Path::exists(&task.folder) && TcpStream::connect(&task.address).is_err()
}

/// The guard works on after the task has gone.
fn await_the_end(task: &Task) {
    for _ in 0..300 {
        if gone(task) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("{} is still there", task.folder.display());
}

#[test]
fn the_server_ends_with_standard_input() {
    let mut task = start(Stdio::piped());
    drop(task.child.stdin.take());
    assert!(task.child.wait().unwrap().success());
    assert!(gone(&task));
}

#[test]
fn the_server_ends_with_a_task_that_is_killed() {
    // The empty input of a shell's background job does not end it.
    let mut task = start(Stdio::null());
    assert!(task.child.try_wait().unwrap().is_none());
    task.child.kill().unwrap();
    task.child.wait().unwrap();
    await_the_end(&task);
}

#[test]
fn other_arguments_are_refused() {
    let done =
        Command::new(env!("CARGO_BIN_EXE_xtask")).args(["postgres", "--version", "16"]).output().unwrap();
    assert!(!done.status.success());
    assert_eq!(String::from_utf8(done.stderr).unwrap(), "xtask postgres takes no arguments but --major N\n");
}
