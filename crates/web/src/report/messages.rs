//! `messages`: what is worth saying about a job's items, in a fixed order.

use throng_directory::Outcome;
use throng_directory::model::jobs::Job;

/// A part of the text: what it says after the number, and the outcomes it counts. The first two are the
/// vendor's own templates. `Retained` stands in none: keeping a listed member is what a replace is for.
const PARTS: &[(&str, &[Outcome])] = &[
    ("user(s) not added (already members?)", &[Outcome::AlreadyMember]),
    ("user(s) not removed (not members?)", &[Outcome::NotMember]),
    ("user(s) not found", &[Outcome::NotFound, Outcome::ReplaceUnresolved]),
    ("user(s) matched more than one person", &[Outcome::Ambiguous]),
    ("user(s) listed more than once", &[Outcome::DuplicateInRequest]),
    ("user(s) asked to be both added and removed", &[Outcome::AddAndRemoveConflict]),
    ("user(s) not processed (job stopped)", &[Outcome::Skipped]),
    ("user(s) failed (system error)", &[Outcome::InternalError, Outcome::Poison]),
    ("user(s) left as they are (changed since)", &[Outcome::ChangedSince]),
];

/// Said last when a replace found nobody and so removed nobody.
const NOBODY_REPLACED: &str = "nobody was replaced (none of the listed users was found)";

/// The text: parts with a number above zero, joined by `; `.
pub(crate) fn messages(job: &Job) -> String {
    let count = |outcomes: &[Outcome]| -> u64 {
        let counted: u64 = outcomes.iter().map(|outcome| job.tally.get(*outcome)).sum();
        // What a stopped job left is counted, but has no outcome of its own in the tally.
        if outcomes == [Outcome::Skipped] { counted.max(job.counts.skipped) } else { counted }
    };
    let counted = PARTS.iter().map(|(text, outcomes)| (count(outcomes), text));
    let mut parts: Vec<String> =
        counted.filter(|(n, _)| *n > 0).map(|(n, text)| format!("{n} {text}")).collect();
    if job.tally.get(Outcome::ReplaceUnresolved) > 0 {
        parts.push(NOBODY_REPLACED.to_owned());
    }
    parts.join("; ")
}
