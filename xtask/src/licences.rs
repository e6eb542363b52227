//! `cargo xtask licences`: the licence of every dependency that is compiled here, against the list in `deny.toml`.
//!
//! It repeats a part of what cargo-deny does, because cargo-deny takes longer to install than the tests to run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::{Outcome, process, spdx};

/// Checks them all.
///
/// # Errors
/// If a licence is not in the list, and if `deny.toml` or cargo's tree of dependencies cannot be read.
pub fn run(root: &Path) -> Outcome {
    let rules = fs::read_to_string(root.join("deny.toml")).map_err(|error| format!("deny.toml: {error}"))?;
    let allowed = allow_list(&rules)?;
    let arguments =
        ["tree", "--workspace", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}|{l}"];
    let tree = process::output(&mut process::cargo(root, &arguments))?;
    let packages = packages(&tree);
    let refused = refused(&packages, &allowed);
    for finding in &refused {
        println!("{finding}");
    }
    println!("xtask licences: {} packages, {} refused", packages.len(), refused.len());
    if refused.is_empty() { Ok(()) } else { Err("licences: failed".to_owned()) }
}

/// The strings of `allow = [ … ]` in the section `[licenses]`.
fn allow_list(rules: &str) -> Outcome<Vec<String>> {
    let list = rules
        .split_once("\n[licenses]")
        .and_then(|(_, section)| section.split_once("\nallow = ["))
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(list, _)| list.split('"').skip(1).step_by(2).map(str::to_owned).collect())
        .unwrap_or_default();
    if Vec::is_empty(&list) { Err("deny.toml allows no licence".to_owned()) } else { Ok(list) }
}

/// `(package, licence)` of what cargo shows, each once, without the packages of this workspace.
fn packages(tree: &str) -> BTreeSet<(String, String)> {
    let lines = tree.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|'));
    let foreign = lines.filter(|(package, _)| !package.contains(" (/"));
    foreign.map(|(package, licence)| (package.to_owned(), licence.to_owned())).collect()
}

fn refused(packages: &BTreeSet<(String, String)>, allowed: &[String]) -> Vec<String> {
    packages
        .iter()
        .filter(|(_, licence)| !spdx::allowed(licence, allowed))
        .map(|(package, licence)| format!("deny.toml: licence: {package}: `{licence}` is not allowed"))
        .collect()
}

#[cfg(test)]
mod tests;
