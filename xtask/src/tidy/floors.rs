//! The floors inside `throng-directory`: a module names only what stands on its own floor or below.

use super::Finding;
use super::modules;
use super::source::Source;
use super::syntax::UsedPath;
use super::tree::Tree;

const PACKAGE: &str = "throng-directory";

/// From the ground up.
const FLOORS: &[&str] = &["model", "port", "use_cases", "workers"];

/// Modules beside the floors that every floor may use: they may look no higher than the port.
const BESIDE: &[&str] = &["ids", "limits", "error", "caller"];
const BESIDE_FLOOR: usize = 1;

/// The crate's door names every floor; it may be named from the use cases upwards.
const DOOR: &str = "directory";
const DOOR_FLOOR: usize = 2;

/// Finds paths that look upwards, `use` and `crate::…` in code alike, through the crate's re-exports as well.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in tree.crates().iter().filter(|package| package.name == PACKAGE) {
        let front = tree.source(&format!("{}/src/lib.rs", package.folder));
        for path in modules::code_of(tree, package) {
            let Some(source) = tree.source(path) else { continue };
            let inside = path.trim_start_matches(package.folder.as_str()).trim_start_matches("/src/");
            let module: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
            let Some(highest) = module.first().and_then(|top| highest(top)) else { continue };
            for used in &source.paths {
                let Some(floor) = floor_of(used, module.len(), front) else { continue };
                if floor > highest {
                    let (named, floor) = (used.segments.join("::"), FLOORS[floor]);
                    let message = format!("`{named}` stands on the floor `{floor}`, above this file");
                    findings.push(Finding::new(path, used.line, "floors", message));
                }
            }
        }
    }
    findings
}

/// The highest floor that a top-level module may name; none for `lib` and the door, which join them all.
fn highest(top: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == top).or_else(|| BESIDE.contains(&top).then_some(BESIDE_FLOOR))
}

/// The floor of what a path names, seen from a module `depth` below the crate's root.
fn floor_of(used: &UsedPath, depth: usize, front: Option<&Source>) -> Option<usize> {
    let supers = used.segments.iter().take_while(|segment| *segment == "super").count();
    let top = match used.segments.first()?.as_str() {
        "crate" => used.segments.get(1)?,
        "super" if supers == depth => used.segments.get(supers)?,
        _ => return None,
    };
    let position = |name: &str| {
        FLOORS.iter().position(|floor| *floor == name).or_else(|| (name == DOOR).then_some(DOOR_FLOOR))
    };
    position(top).or_else(|| {
        // A name that lib.rs re-exports stands where it was defined.
        let exports = front?.paths.iter().find(|path| path.imported_as.as_ref() == Some(top))?;
        exports
            .segments
            .iter()
            .find(|segment| !["crate", "self"].contains(&segment.as_str()))
            .and_then(|from| position(from))
    })
}

#[cfg(test)]
mod tests;
