//! The real binary, on a place of its own, for as long as the checks take.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

use crate::{Outcome, process};

/// The server's program.
pub const BINARY: &str = "throng";
/// The account that the checks use.
const ACCOUNT: &str = "conformance";
/// Where the server's settings say which PostgreSQL it uses.
const DATABASE_VARIABLE: &str = "THRONG_DATABASE__URL";

/// Where its settings name a file of resource types.
const DEFINITIONS_VARIABLE: &str = "THRONG_SCIM__DEFINITIONS";

/// Where a server keeps its data, and what it is told beside.
pub enum Place<'a> {
    /// In this directory.
    Data(&'a Path),
    /// On the PostgreSQL of this URL.
    Database(&'a str),
    /// In this directory, with the resource types of this file.
    Defined(&'a Path, &'a Path),
}

impl Place<'_> {
    /// The server's program with these arguments, working here.
    fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        let mut command = Command::new(binary()?);
        command.args(arguments).stdin(Stdio::null());
        match self {
            Self::Data(folder) => command.arg("--data").arg(folder),
            Self::Database(url) => command.env(DATABASE_VARIABLE, url),
            Self::Defined(folder, file) => command.arg("--data").arg(folder).env(DEFINITIONS_VARIABLE, file),
        };
        Ok(command)
    }
}

/// Beside this program: both are built by the same cargo into the same folder.
pub fn binary() -> Outcome<PathBuf> {
    let own = env::current_exe().map_err(|error| format!("the path of xtask: {error}"))?;
    Ok(own.with_file_name(BINARY))
}

/// Makes the account, and returns a key to it.
///
/// # Errors
/// If the server's program refuses.
pub fn prepare(place: &Place<'_>) -> Outcome<String> {
    process::output(&mut place.command(&["account", "create", ACCOUNT])?)?;
    let key = ["key", "create", ACCOUNT, "--role", "account-administrator"];
    Ok(process::output(&mut place.command(&key)?)?.trim().to_owned())
}

/// A running server, killed when it is dropped.
pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1 and waits until it listens. What it logs goes into the file.
    ///
    /// # Errors
    /// If it ends before it listens.
    pub fn start(place: &Place<'_>, log: &Path) -> Outcome<Self> {
        let failed = |error: std::io::Error| format!("{}: {error}", log.display());
        let mut file = File::create(log).map_err(failed)?;
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"])?;
        command.env("RUST_LOG", "info").stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| format!("{BINARY}: {error}"))?;
        let mut server = Self { child, address: String::new() };
        let stderr = server.child.stderr.take().ok_or_else(|| format!("{BINARY}: no standard error"))?;
        let mut lines = BufReader::new(stderr);
        let mut line = String::new();
        while server.address.is_empty() {
            line.clear();
            if lines.read_line(&mut line).map_err(failed)? == 0 {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(format!("the server has ended before it listened:\n{said}"));
            }
            file.write_all(line.as_bytes()).map_err(failed)?;
            address_in(&line).unwrap_or_default().clone_into(&mut server.address);
        }
        thread::spawn(move || keep(lines, &mut file));
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing of it is needed any more, so it need not end in good order; it may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the line by which the server says that it listens: `…"message":"serving","address":"127.0.0.1:8080"…`.
fn address_in(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("\"message\":\"serving\"")?;
    let (_, rest) = rest.split_once("\"address\":\"")?;
    rest.split('"').next()
}

/// Writes the rest of the log until the server ends. A log that cannot be written is no reason to stop the server.
fn keep(mut lines: BufReader<ChildStderr>, file: &mut File) {
    let _ = std::io::copy(&mut lines, file);
}

#[cfg(test)]
mod tests;
