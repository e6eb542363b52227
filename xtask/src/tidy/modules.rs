//! Which file is declared by which: dead files, sizes, tests apart from the code.

use std::collections::BTreeMap;

use super::Finding;
use super::syntax::Module;
use super::tree::{Crate, Tree};

/// How long a file may be, in lines; tests are exempt.
const LINES_MAX: usize = 500;

/// Every file that belongs to a target of the package, and whether it is compiled for tests alone.
fn reached(tree: &Tree, package: &Crate) -> BTreeMap<String, bool> {
    let mut reached = BTreeMap::new();
    let mut open: Vec<(String, bool, bool)> = Vec::new();
    for (path, inside, _) in tree.sources_of(package) {
        if is_root(inside, package) {
            let test_only = !inside.starts_with("src/") && inside != "build.rs";
            open.push((path.to_owned(), test_only, true));
        }
    }
    while let Some((path, test_only, root)) = open.pop() {
        let Some(source) = tree.source(&path) else { continue };
        for module in source.modules.iter().filter(|module| !module.inline) {
            let test_only = test_only || module.test_only;
            let files = candidates(&path, root, module).into_iter();
            open.extend(
                files
                    .filter(|file| !reached.contains_key(file))
                    // A file that is named by a path looks for its modules beside itself, as a root does.
                    .map(|file| (file, test_only, module.path.is_some())),
            );
        }
        // A file that is reached both ways is code.
        reached.entry(path).and_modify(|only| *only &= test_only).or_insert(test_only);
    }
    reached
}

/// Whether cargo compiles the file as the root of a target.
fn is_root(inside: &str, package: &Crate) -> bool {
    if package.manifest.target_paths.iter().any(|path| path == inside) {
        return true;
    }
    let parts: Vec<&str> = inside.split('/').collect();
    let target = |folder: &str| ["tests", "examples", "benches"].contains(&folder);
    match parts.as_slice() {
        ["build.rs"] | ["src", "lib.rs" | "main.rs"] | ["src", "bin", _] | ["src", "bin", _, "main.rs"] => {
            true
        }
        [folder, _] | [folder, _, "main.rs"] => target(folder),
        _ => false,
    }
}

/// The files in which the compiler looks for a declared module.
fn candidates(path: &str, root: bool, module: &Module) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(other) = &module.path {
        return vec![format!("{folder}/{other}")];
    }
    let mut base = folder.to_owned();
    if !root && file != "mod.rs" {
        base = format!("{base}/{}", file.trim_end_matches(".rs"));
    }
    for outer in &module.within {
        base = format!("{base}/{outer}");
    }
    let name = &module.name;
    vec![format!("{base}/{name}.rs"), format!("{base}/{name}/mod.rs")]
}

/// The Rust files of the package's `src` that are compiled for more than tests.
pub fn code_of<'a>(tree: &'a Tree, package: &'a Crate) -> Vec<&'a str> {
    let reached = reached(tree, package);
    let sources = tree.sources_of(package).filter(|(_, inside, _)| inside.starts_with("src/"));
    sources.map(|(path, _, _)| path).filter(|path| reached.get(*path) != Some(&true)).collect()
}

/// A file that no `mod` declares is compiled by nobody.
pub fn check_dead(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in tree.crates() {
        let reached = reached(tree, package);
        for (path, inside, _) in tree.sources_of(package) {
            let ours = inside.starts_with("src/") || inside.starts_with("tests/");
            if ours && !reached.contains_key(path) {
                findings.push(Finding::new(path, 1, "dead-file", "no `mod` declares this file"));
            }
        }
    }
    findings
}

/// A file that has grown too long holds more than one subject.
pub fn check_sizes(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in tree.crates() {
        for path in code_of(tree, package) {
            let lines = tree.source(path).map_or(0, |source| source.lines);
            if lines > LINES_MAX {
                let message = format!("{lines} lines, at most {LINES_MAX}: split it by subject");
                findings.push(Finding::new(path, LINES_MAX + 1, "file-size", message));
            }
        }
    }
    findings
}

/// Tests stand in files of their own.
pub fn check_tests_apart(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.sources() {
        let inline = source.modules.iter().filter(|module| module.inline && module.test_only);
        for Module { name, line, .. } in inline.filter(|module| module.within.is_empty()) {
            let message =
                format!("test module `{name}` inside the code: `mod {name};` and a file of its own");
            findings.push(Finding::new(path, *line, "tests-apart", message));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
