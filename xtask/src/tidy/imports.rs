//! Which crate may see which: the architecture, as a table.

use super::manifest::{Dependency, Kind};
use super::tree::Tree;
use super::{Finding, words};

/// What one crate of the workspace may import.
pub struct Row {
    /// The package.
    pub name: &'static str,
    /// Those of ours that it may depend on.
    ours: &'static [&'static str],
    /// Those of ours that its tests may see besides.
    ours_in_tests: &'static [&'static str],
    /// Crates from elsewhere that it must never see, tests included.
    never: &'static [&'static [&'static str]],
}

const ASYNC: &[&str] = &["tokio", "async-trait", "futures", "futures-util", "async-std", "smol"];
const DATABASE: &[&str] = &[
    "rusqlite",
    "libsqlite3-sys",
    "postgres",
    "tokio-postgres",
    "postgres-types",
    "deadpool-postgres",
    "sqlx",
    "diesel",
];
const HTTP: &[&str] =
    &["axum", "axum-server", "http", "http-body-util", "hyper", "tower", "tower-http", "reqwest"];
const RANDOM: &[&str] = &["rand", "getrandom", "fastrand"];
const ANYHOW: &[&str] = &["anyhow", "eyre"];
const SERVING: &[&str] = &["axum", "axum-server", "hyper", "tower", "tower-http"];
const CALLING: &[&str] = &["reqwest", "hyper"];

const SCIM: &str = "throng-scim";
const JOBS: &str = "throng-jobs";
const TABLES: &str = "throng-tables";
const API: &str = "throng-api";
const DIRECTORY: &str = "throng-directory";
const STORE: &str = "throng-store";
const WEB: &str = "throng-web";
const CLIENT: &str = "throng-client";
const ALL: &[&str] = &[SCIM, JOBS, TABLES, API, DIRECTORY, STORE, WEB, CLIENT];
/// Throw-away database servers, and fresh stores on whichever database.
const CHECKER: &str = "throng-checker";
const CLUSTER: &str = "throng-cluster";
const BACKENDS: &str = "throng-backends";
const ALL_AND_CLUSTER: &[&str] = &[SCIM, JOBS, TABLES, API, DIRECTORY, STORE, WEB, CLIENT, CLUSTER];

const TABLE: &[Row] = &[
    Row { name: SCIM, ours: &[], ours_in_tests: &[], never: &[ASYNC, DATABASE, HTTP, RANDOM, ANYHOW] },
    Row { name: JOBS, ours: &[], ours_in_tests: &[], never: &[ASYNC, DATABASE, HTTP, RANDOM, ANYHOW] },
    Row { name: TABLES, ours: &[], ours_in_tests: &[], never: &[DATABASE, HTTP, ANYHOW] },
    Row { name: API, ours: &[], ours_in_tests: &[], never: &[ASYNC, DATABASE, HTTP, RANDOM, ANYHOW] },
    Row {
        name: DIRECTORY,
        ours: &[SCIM, JOBS, TABLES],
        ours_in_tests: &[],
        never: &[DATABASE, HTTP, ANYHOW],
    },
    Row {
        name: STORE,
        ours: &[DIRECTORY, JOBS, SCIM],
        ours_in_tests: &[TABLES, BACKENDS, CLUSTER],
        never: &[HTTP, ANYHOW],
    },
    Row {
        name: WEB,
        ours: &[DIRECTORY, SCIM, TABLES, API],
        // Its tests speak HTTP to a real store, and look at what stands in it.
        ours_in_tests: &[STORE, JOBS, BACKENDS, CLUSTER, CHECKER],
        never: &[DATABASE, CALLING, ANYHOW],
    },
    Row { name: CLIENT, ours: &[SCIM, API], ours_in_tests: &[], never: &[DATABASE, SERVING, ANYHOW] },
    Row {
        name: "throng-server",
        ours: ALL,
        ours_in_tests: &[CHECKER, BACKENDS, CLUSTER],
        never: &[DATABASE],
    },
    // Reads what the store wrote and shares no code with it.
    Row { name: CHECKER, ours: &[], ours_in_tests: &[CLUSTER], never: &[HTTP] },
    // Runs the database's programs and shares no code with what is tested on them.
    Row { name: CLUSTER, ours: &[], ours_in_tests: &[], never: &[ASYNC, DATABASE, HTTP, RANDOM, ANYHOW] },
    Row {
        name: BACKENDS,
        ours: &[DIRECTORY, JOBS, STORE, CLUSTER],
        ours_in_tests: &[],
        never: &[HTTP, ANYHOW],
    },
    // The benches measure against the bare database and the bare HTTP server.
    Row { name: "throng-bench", ours: ALL_AND_CLUSTER, ours_in_tests: &[], never: &[] },
    Row { name: "xtask", ours: &[CLUSTER], ours_in_tests: &[], never: &[ASYNC, DATABASE, HTTP] },
];

const RULE: &str = "imports";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

impl Row {
    fn refuses(&self, dependency: &Dependency) -> bool {
        let name = dependency.name.as_str();
        if ALL.contains(&name) || name.starts_with("throng-") || name == "xtask" {
            let in_tests = dependency.kind == Kind::Dev && self.ours_in_tests.contains(&name);
            return !self.ours.contains(&name) && !in_tests;
        }
        self.never.iter().any(|group| group.contains(&name))
    }

    /// Whether a path that begins with this name leads into a crate that must not be seen.
    fn refuses_path(&self, head: &str) -> bool {
        self.never.iter().any(|group| group.iter().any(|name| name.replace('-', "_") == head))
    }
}

/// The dependencies in each `Cargo.toml`, against the table. A crate that the table does not know is a finding.
pub fn check_dependencies(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in tree.crates() {
        let path = package.manifest_path();
        let Some(row) = TABLE.iter().find(|row| row.name == package.name) else {
            let message = format!("`{}` is not in the table of xtask's imports.rs", package.name);
            findings.push(Finding::new(&path, 1, RULE, message));
            continue;
        };
        for dependency in package.manifest.dependencies.iter().filter(|each| row.refuses(each)) {
            let message = format!("`{}` may not depend on `{}`", row.name, dependency.name);
            findings.push(Finding::new(&path, dependency.line, RULE, message));
        }
    }
    findings
}

/// The paths in the code, against the same table: a re-export is no way round it.
pub fn check_paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in tree.crates() {
        let Some(row) = TABLE.iter().find(|row| row.name == package.name) else { continue };
        for (path, _, source) in tree.sources_of(package) {
            for used in source.paths.iter().filter(|used| row.refuses_path(&used.segments[0])) {
                let message = format!("`{}` may not name `{}`", row.name, used.segments.join("::"));
                findings.push(Finding::new(path, used.line, RULE, message));
            }
        }
    }
    findings
}

/// Every crate takes its lints from the workspace's table.
pub fn check_lints(tree: &Tree) -> Vec<Finding> {
    let without = tree.crates().iter().filter(|package| !package.manifest.workspace_lints);
    without
        .map(|package| {
            Finding::new(&package.manifest_path(), 1, "lints", "`[lints]` lacks `workspace = true`")
        })
        .collect()
}

/// Every dependency comes from crates.io.
pub fn check_lock(tree: &Tree) -> Vec<Finding> {
    let lines = tree.text("Cargo.lock").unwrap_or_default().lines().enumerate();
    let sources =
        lines.filter_map(|(index, line)| Some((index + 1, words::quoted(line.strip_prefix("source = ")?)?)));
    sources
        .filter(|(_, source)| *source != CRATES_IO)
        .map(|(line, source)| {
            Finding::new("Cargo.lock", line, "lock", format!("`{source}` is not crates.io"))
        })
        .collect()
}

#[cfg(test)]
mod tests;
