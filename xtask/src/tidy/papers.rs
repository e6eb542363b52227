//! The papers beside the code: what must be there, how long, under which name. Migrations, too.

use std::collections::BTreeMap;

use super::Finding;
use super::tree::Tree;

const REQUIRED: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
const ARCHITECTURE: &str = "ARCHITECTURE.md";
const ARCHITECTURE_LINES_MAX: usize = 250;

const DECISIONS: &str = "docs/adr/";
const DECISION_LINES_MAX: usize = 80;
const DECISION_SECTIONS: &[&str] = &["Status", "Context", "Decision", "Consequences"];

const MIGRATIONS: &str = "crates/store/migrations/";

/// The papers a newcomer looks for, and the one that must stay short.
pub fn check_required(tree: &Tree) -> Vec<Finding> {
    let missing = REQUIRED.iter().filter(|path| tree.text(path).is_none());
    let mut findings: Vec<Finding> =
        missing.map(|path| Finding::new(path, 1, "papers", "this file must be there")).collect();
    let lines = tree.text(ARCHITECTURE).map_or(0, |text| text.lines().count());
    if lines > ARCHITECTURE_LINES_MAX {
        let message = format!("{lines} lines, at most {ARCHITECTURE_LINES_MAX}: nobody reads a long one");
        findings.push(Finding::new(ARCHITECTURE, ARCHITECTURE_LINES_MAX + 1, "papers", message));
    }
    findings
}

/// Decisions: `NNNN-title.md`, numbered without a gap from 0001, one page, in the classic form.
pub fn check_decisions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut expected = 1;
    let decisions = tree.texts().filter_map(|(path, text)| Some((path, path.strip_prefix(DECISIONS)?, text)));
    for (path, name, text) in decisions.filter(|(_, name, _)| *name != "README.md") {
        let Some(number) = decision_number(name) else {
            findings.push(Finding::new(path, 1, "adr", "the name is not NNNN-title.md in lower case"));
            continue;
        };
        if number != expected {
            findings.push(Finding::new(path, 1, "adr", format!("the number should be {expected:04}")));
        }
        expected = number + 1;
        let lines = text.lines().count();
        if lines > DECISION_LINES_MAX {
            let message = format!("{lines} lines, at most {DECISION_LINES_MAX}: a decision is one page");
            findings.push(Finding::new(path, DECISION_LINES_MAX + 1, "adr", message));
        }
        let lacks = |section: &&&str| !text.lines().any(|line| line.strip_prefix("## ") == Some(**section));
        for section in DECISION_SECTIONS.iter().filter(lacks) {
            findings.push(Finding::new(path, 1, "adr", format!("no section `## {section}`")));
        }
    }
    findings
}

fn decision_number(name: &str) -> Option<u32> {
    let (number, title) = name.strip_suffix(".md")?.split_once('-')?;
    let plain = |each: u8| each.is_ascii_lowercase() || each.is_ascii_digit() || each == b'-';
    let good = number.len() == 4 && !title.is_empty() && title.bytes().all(plain);
    good.then(|| number.parse().ok()).flatten()
}

/// Migrations: `NNNN_name.sql`, numbered without a gap from 0001, the same names for every database.
pub fn check_migrations(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, _) in tree.texts() {
        if let Some((folder, name)) = path.strip_prefix(MIGRATIONS).and_then(|rest| rest.split_once('/')) {
            folders.entry(folder).or_default().push(name);
        }
    }
    for (folder, names) in &folders {
        for (index, name) in names.iter().enumerate() {
            let path = format!("{MIGRATIONS}{folder}/{name}");
            if !name.starts_with(&format!("{:04}_", index + 1)) {
                findings.push(Finding::new(
                    &path,
                    1,
                    "migrations",
                    format!("the number should be {:04}", index + 1),
                ));
            }
            for (other, _) in folders.iter().filter(|(_, others)| !others.contains(name)) {
                findings.push(Finding::new(
                    &path,
                    1,
                    "migrations",
                    format!("`{other}` has no migration of this name"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
