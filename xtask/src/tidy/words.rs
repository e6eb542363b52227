//! Words that are at home in one place only.

use super::Finding;
use super::source::Source;
use super::tree::Tree;

/// Where SQL may be written: the store, the benches that measure against the bare database, and what surrounds the
/// tests.
const SQL_PACKAGES: &[&str] =
    &["throng-store", "throng-bench", "xtask", "throng-backends", "throng-checker", "throng-cluster"];

const STORE: &str = "throng-store";

/// The store's modules that know which database they speak to. `lib` only names what is public.
const BACKEND_MODULES: &[&str] = &["lib", "open", "migrate", "dialect", "driver"];
const BACKENDS: &[&str] = &["sqlite", "postgres"];

/// Crates without input, output, threads, clocks and async.
const PURE_PACKAGES: &[&str] = &["throng-scim", "throng-jobs"];
const PURE_NEVER_WORDS: &[&str] = &["async", "await", "SystemTime"];
const PURE_NEVER_PATHS: &[&str] =
    &["std::fs", "std::net", "std::thread", "std::process", "std::env", "std::time::Instant"];

/// Written in halves, lest this file be a finding.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("to", "do!")];

/// What stands between the first pair of quotes.
pub fn quoted(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}

/// SQL outside the store.
pub fn check_sql(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in tree.crates().iter().filter(|package| !SQL_PACKAGES.contains(&package.name.as_str())) {
        // An integration test may look into the database behind the server's back.
        for (path, _, source) in
            tree.sources_of(package).filter(|(_, inside, _)| !inside.starts_with("tests/"))
        {
            for literal in source.literals.iter().filter(|literal| is_sql(&literal.text)) {
                findings.push(Finding::new(path, literal.line, "sql", "SQL outside the store"));
            }
        }
    }
    findings
}

/// Whether a text begins as a statement does. A sentence that begins with `Select` is none: SQL is in one case.
fn is_sql(text: &str) -> bool {
    let text = text.trim_start();
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some(first) = words.first() else { return false };
    if !(first.bytes().all(|byte| byte.is_ascii_lowercase())
        || first.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        return false;
    }
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let has = |word: &str| lower.iter().any(|each| each == word);
    let object = |word: &str| ["table", "index", "view", "trigger", "unique", "temp"].contains(&word);
    match lower.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["select", _, ..] => {
            has("from") || (lower.len() == 2 && lower[1].starts_with(|c: char| c.is_ascii_digit()))
        }
        ["insert", "into" | "or", ..]
        | ["delete", "from", ..]
        | ["begin", "immediate", ..]
        | ["pragma" | "savepoint", _]
        | ["pragma", _, "=", ..] => true,
        ["update", _, ..] => has("set"),
        ["create" | "alter" | "drop", kind, ..] => object(kind),
        _ => false,
    }
}

/// The names of the databases inside the store, outside the modules that tell them apart. Comments may name them.
pub fn check_backends(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in tree.crates().iter().filter(|package| package.name == STORE) {
        for (path, inside, source) in tree.sources_of(package) {
            let Some(module) = inside.strip_prefix("src/").and_then(|rest| rest.split(['/', '.']).next())
            else {
                continue;
            };
            if BACKEND_MODULES.contains(&module) {
                continue;
            }
            for (line, word) in backends_named(source) {
                let message = format!("`{word}` is known to open, migrate, dialect and driver alone");
                findings.push(Finding::new(path, line, "backends", message));
            }
        }
    }
    findings
}

fn backends_named(source: &Source) -> impl Iterator<Item = (usize, &'static str)> {
    let code = source.tokens.iter().map(|token| (token.line, token.text.as_str()));
    let literals = source.literals.iter().map(|literal| (literal.line, literal.text.as_str()));
    code.chain(literals).filter_map(|(line, text)| {
        let lower = text.to_ascii_lowercase();
        BACKENDS.iter().find(|word| lower.contains(**word)).map(|word| (line, *word))
    })
}

/// Async, clocks and the outside world in crates that are pure.
pub fn check_pure(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in tree.crates().iter().filter(|package| PURE_PACKAGES.contains(&package.name.as_str())) {
        for (path, inside, source) in tree.sources_of(package) {
            for token in source.tokens.iter().filter(|token| PURE_NEVER_WORDS.contains(&token.text.as_str()))
            {
                let message = format!("`{}` in `{}`, which is pure", token.text, package.name);
                findings.push(Finding::new(path, token.line, "pure", message));
            }
            // Tests read their examples from files.
            for used in source.paths.iter().filter(|_| inside.starts_with("src/")) {
                let named = used.segments.join("::");
                let outside = |never: &&&str| named == **never || named.starts_with(&format!("{never}::"));
                if PURE_NEVER_PATHS.iter().any(|never| outside(&never)) {
                    let message = format!("`{named}` in `{}`, which is pure", package.name);
                    findings.push(Finding::new(path, used.line, "pure", message));
                }
            }
        }
    }
    findings
}

/// Marks of unfinished work: what is missing is written down where it is planned, not in the code.
pub fn check_unfinished(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        for (index, line) in text.lines().enumerate() {
            if let Some(word) = UNFINISHED.iter().find(|word| has_word(line, word)) {
                findings.push(Finding::new(path, index + 1, "unfinished", format!("`{word}`")));
            }
        }
    }
    findings
}

/// Whether the line holds the word, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let part = |each: char| each.is_alphanumeric() || each == '_';
    line.match_indices(word).any(|(at, _)| {
        let after = &line[at + word.len()..];
        !line[..at].ends_with(part) && (word.ends_with('!') || !after.starts_with(part))
    })
}

/// `#[allow]` outlives its reason in silence; `#[expect(.., reason = "..")]` does not.
pub fn check_exceptions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.sources() {
        for window in source.tokens.windows(3) {
            let [before, word, after] = window else { continue };
            if word.text == "allow" && after.text == "(" && ["[", ","].contains(&before.text.as_str()) {
                let message = "`#[allow]`: write `#[expect(.., reason = \"..\")]`";
                findings.push(Finding::new(path, word.line, "exceptions", message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
