//! `cargo xtask tidy`: the rules of the house that neither the compiler nor clippy checks.
//!
//! Every rule is a function from a [`Tree`] to findings, and every rule has a test that breaks it.

mod floors;
mod imports;
mod manifest;
mod modules;
mod names;
mod papers;
mod source;
mod syntax;
pub mod tree;
mod words;

use std::fmt;
use std::path::Path;

use crate::Outcome;
use tree::Tree;

/// One breach of one rule. It is shown as `path:line: rule: message`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, rule: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// Every rule there is.
const RULES: &[fn(&Tree) -> Vec<Finding>] = &[
    imports::check_dependencies,
    imports::check_paths,
    imports::check_lints,
    imports::check_lock,
    floors::check,
    words::check_sql,
    words::check_backends,
    words::check_pure,
    words::check_unfinished,
    words::check_exceptions,
    modules::check_dead,
    modules::check_sizes,
    modules::check_tests_apart,
    names::check,
    papers::check_required,
    papers::check_decisions,
    papers::check_migrations,
];

/// Checks the whole tree and prints every finding.
///
/// # Errors
/// If there is a finding, or if the tree cannot be read.
pub fn run(root: &Path) -> Outcome {
    let tree = Tree::read(root)?;
    let findings = check(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    println!("xtask tidy: {} files, {} rules, {} findings", tree.len(), RULES.len(), findings.len());
    if findings.is_empty() { Ok(()) } else { Err("tidy: failed".to_owned()) }
}

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests;
