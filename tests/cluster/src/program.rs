//! Running a program to its end.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::Outcome;

/// Runs the program and returns its standard output.
///
/// # Errors
/// If it cannot be started or ends with anything but success; with what it wrote to its standard error.
pub fn output(command: &mut Command) -> Outcome<String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("{shown}: {error}"))?;
    text_of(&shown, &done)
}

/// Runs the program with this standard input, and returns its standard output.
///
/// # Errors
/// As [`output`].
pub fn output_of_input(command: &mut Command, input: &str) -> Outcome<String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{shown}: {error}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    // A program that ends before it has read everything says why itself. Inputs are smaller than a pipe.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
    let done = child.wait_with_output().map_err(failed)?;
    let text = text_of(&shown, &done)?;
    written.map_err(failed)?;
    Ok(text)
}

fn text_of(shown: &str, done: &Output) -> Outcome<String> {
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&done.stderr);
    Err(format!("{shown}: {}: {}", done.status, complaint.trim()))
}

/// The program of this name in the folder, if there is one.
pub fn in_folder(folder: &Path, name: &str) -> Option<PathBuf> {
    let path = folder.join(name);
    fs::metadata(&path).is_ok_and(|entry| entry.is_file()).then_some(path)
}

/// The first program of this name on the search path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    folders().iter().find_map(|folder| in_folder(folder, name))
}

/// The folders of the search path.
#[expect(
    clippy::disallowed_methods,
    reason = "programs are found where the shell finds them; no setting of Throng"
)]
pub fn folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}
