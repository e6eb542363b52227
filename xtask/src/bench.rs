//! `cargo xtask bench`: the benches of `benches/`, run against a release build of the real binary.

use std::path::{Path, PathBuf};

use throng_cluster::{Cluster, Options};

use crate::{Outcome, process, throwaway};

/// Asks for the benches on PostgreSQL.
const POSTGRES: &str = "--postgres";

/// The bench that needs no server.
const READERS: &str = "readers";

/// The server that is measured is set up as for a production machine of some gigabytes. `fsync` is on.
const SETTINGS: &[(&str, &str)] = &[
    ("shared_buffers", "1GB"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "15min"),
    ("dynamic_shared_memory_type", "posix"),
];

/// On a disk: the folder for temporary files is kept in memory on some machines.
const FOLDER: &str = "/var/tmp";

/// Builds the server as it ships and hands the arguments to `throng-bench`. After `--postgres` without a URL comes that
/// of a server of its own.
///
/// # Errors
/// If a build fails, if the server cannot be started, or if a bench fails.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    // A build of its own: together with the benches cargo could unify features into the server that it ships without.
    let is_name = |argument: &&String| argument.starts_with(|first: char| first.is_ascii_alphabetic());
    if arguments.iter().filter(is_name).ne([READERS]) {
        process::run(&mut process::cargo(root, &["build", "--release", "--package", "throng-server"]))?;
    }
    let cluster = if wants_server(arguments) { Some(start()?) } else { None };
    let url = cluster.as_ref().map(|cluster| cluster.url(throwaway::DATABASE));
    let mut bench = process::cargo(root, &["run", "--release", "--package", "throng-bench", "--"]);
    process::run(bench.args(with_url(arguments, url.as_deref())))
}

fn start() -> Outcome<Cluster> {
    let settings = SETTINGS.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    let options = Options { settings, folder: Some(PathBuf::from(FOLDER)), ..Options::default() };
    throwaway::start(&throng_cluster::Installation::find_or_install()?, &options)
}

/// Whether PostgreSQL is asked for and no URL says which.
fn wants_server(arguments: &[String]) -> bool {
    let after = arguments.iter().position(|argument| argument == POSTGRES).map(|at| arguments.get(at + 1));
    after.is_some_and(|next| !next.is_some_and(|next| next.starts_with("postgres")))
}

/// The arguments with this URL after `--postgres`.
fn with_url(arguments: &[String], url: Option<&str>) -> Vec<String> {
    let mut all = Vec::new();
    for argument in arguments {
        all.push(argument.clone());
        if argument == POSTGRES {
            all.extend(url.map(str::to_owned));
        }
    }
    all
}

#[cfg(test)]
mod tests;
