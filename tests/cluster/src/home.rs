//! The folder that a cluster lives in, and the guard that removes both.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::owner::Owner;
use crate::{Outcome, processes, random};

/// Folders are called `throng-pg-<pid of the process that made it>-<random>`.
const PREFIX: &str = "throng-pg-";

/// Waits for the end of its input, then ends the server of the folder `$1` and removes the folder. The pipe closes when
/// the process at its other end is gone, whatever ended it.
const GUARD: &str = r#"
while read -r _; do :; done
data=$1/data
pid=$(sed -n 1p "$data/postmaster.pid")
memory=$(sed -n '7s/.* //p' "$data/postmaster.pid")
runs() { [ "$(readlink "/proc/$pid/cwd")" = "$data" ]; }
children() {
  for stat in /proc/[0-9]*/stat; do
    read -r child _ _ parent _ <"$stat" && [ "$parent" = "$pid" ] && echo "$child"
  done
}
if [ -n "$pid" ] && runs; then
  kill -s CONT "$pid" $(children)
  kill -s QUIT "$pid"
  tries=0
  while runs && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  if runs; then
    kill -s STOP "$pid"
    kill -s KILL "$pid" $(children)
  fi
fi
# A server that was killed has left a segment of shared memory behind; others remove their own, and their pid file.
if [ -n "$memory" ] && [ -e "$data/postmaster.pid" ]; then ipcrm -m "$memory"; fi
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"#;

/// A folder of mode 0700 that belongs to the server's account. When it is dropped, or when this process ends in any
/// other way, the server in it is stopped at once and the folder is removed.
pub struct Home {
    path: PathBuf,
    guard: Child,
}

impl Home {
    /// Makes the folder inside `base`.
    ///
    /// # Errors
    /// If it cannot be made, or if there is no shell to guard it.
    pub fn create(owner: Owner, base: &Path) -> Outcome<Self> {
        // The guard compares paths with what the kernel says, which knows no symbolic links.
        let base = base.canonicalize().map_err(|error| format!("{}: {error}", base.display()))?;
        sweep(owner, &base);
        let path = base.join(format!("{PREFIX}{}-{}", std::process::id(), random::word()?));
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        DirBuilder::new().mode(0o700).create(&path).map_err(failed)?;
        let guard = match guard(&path).stdin(Stdio::piped()).spawn() {
            Ok(guard) => guard,
            Err(error) => {
                fs::remove_dir(&path).map_err(failed)?;
                return Err(format!("sh: {error}"));
            }
        };
        let home = Self { path, guard };
        owner.give(&home.path)?;
        Ok(home)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The server's data directory in it.
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // A guard that is gone has done its work or leaves it to the next sweep.
        let _ = self.guard.wait();
    }
}

fn guard(path: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", GUARD, "throng-pg-guard"]).arg(path);
    command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own: Ctrl-C ends us, and it must outlive us.
    command.process_group(0);
    command
}

/// Removes what processes left whose guard was ended with them. What cannot be removed stays.
fn sweep(owner: Owner, base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(maker) = name.to_str().and_then(maker) else { continue };
        let ours = entry.metadata().is_ok_and(|entry| entry.is_dir() && entry.uid() == owner.uid);
        if ours && !processes::lives(maker) {
            let _ = guard(&entry.path()).stdin(Stdio::null()).status();
        }
    }
}

/// The process that made the folder of this name.
fn maker(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests;
