//! Names of files and folders.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc", "shared", "stuff"];

/// `foo.rs` beside `foo/`, and every name says what is inside.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = BTreeSet::new();
    for (path, _) in tree.sources() {
        let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
        if parts.last() == Some(&"mod") {
            let beside = path.trim_end_matches("/mod.rs");
            findings.insert(Finding::new(
                path,
                1,
                "names",
                format!("mod.rs: write {beside}.rs beside the folder"),
            ));
        }
        if let Some(name) = parts.iter().find(|part| EMPTY_NAMES.contains(part)) {
            findings.insert(Finding::new(
                path,
                1,
                "names",
                format!("`{name}` says nothing of what is inside"),
            ));
        }
    }
    findings.into_iter().collect()
}

#[cfg(test)]
mod tests;
