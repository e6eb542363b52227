//! Whom the server's programs run as: PostgreSQL refuses to run as root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::{Outcome, program};

/// Accounts that root may run a server as, the best first.
const ACCOUNTS: &[&str] = &["postgres", "nobody"];

/// The account that owns a cluster's files and runs its programs.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// Its number.
    pub uid: u32,
    gid: u32,
    /// Whether it is somebody else: we are root.
    other: bool,
}

impl Owner {
    /// Ourselves; if that is root, `postgres` if there is such an account, else `nobody`.
    pub fn choose() -> Outcome<Self> {
        let uid = id(&["-u"])?;
        if uid != 0 {
            return Ok(Self { uid, gid: id(&["-g"])?, other: false });
        }
        for account in ACCOUNTS {
            if let (Ok(uid), Ok(gid)) = (id(&["-u", account]), id(&["-g", account])) {
                return Ok(Self { uid, gid, other: true });
            }
        }
        Err(format!(
            "PostgreSQL does not run as root, and none of the accounts {} exists",
            ACCOUNTS.join(", ")
        ))
    }

    /// A command that runs in `folder` as this account, without the settings of PostgreSQL's clients that our own
    /// environment may have.
    pub fn command(self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C").env("HOME", folder).current_dir(folder);
        if self.other {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Makes a file or folder its own.
    pub fn give(self, path: &Path) -> Outcome {
        if !self.other {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid)).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// Whether we are root.
pub fn is_root() -> Outcome<bool> {
    Ok(id(&["-u"])? == 0)
}

fn id(arguments: &[&str]) -> Outcome<u32> {
    let text = program::output(Command::new("id").args(arguments))?;
    text.trim().parse().map_err(|error| format!("id: {error}"))
}
