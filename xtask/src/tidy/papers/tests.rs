use super::*;
use crate::tidy::tests::shown;

const PAGE: &str = "# Title\n\n## Status\n\n## Context\n\n## Decision\n\n## Consequences\n";

fn required(architecture: &str) -> Vec<String> {
    let rest =
        [("README.md", ""), ("CONTRIBUTING.md", ""), ("ARCHITECTURE.md", architecture), ("CHANGELOG.md", "")];
    shown(&check_required(&Tree::of(&rest)))
}

#[test]
fn the_architecture_stays_short() {
    assert_eq!(required(&"\n".repeat(250)), Vec::<String>::new());
    let expected = "ARCHITECTURE.md:251: papers: 251 lines, at most 250: nobody reads a long one";
    assert_eq!(required(&"\n".repeat(251)), [expected]);
}

#[test]
fn missing_papers_are_found() {
    let found = shown(&check_required(&Tree::of(&[("README.md", "")])));
    let expected = ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    assert_eq!(found, expected.map(|path| format!("{path}:1: papers: this file must be there")));
}

#[test]
fn decisions_in_order_are_fine() {
    let tree = Tree::of(&[
        ("docs/adr/0001-one.md", PAGE),
        ("docs/adr/0002-two-words.md", PAGE),
        ("docs/adr/README.md", ""),
    ]);
    assert_eq!(shown(&check_decisions(&tree)), Vec::<String>::new());
}

#[test]
fn decisions_out_of_order_are_found() {
    for (first, second, message) in [
        ("0001-a.md", "0003-b.md", "docs/adr/0003-b.md:1: adr: the number should be 0002"),
        ("0001-a.md", "0001-b.md", "docs/adr/0001-b.md:1: adr: the number should be 0002"),
        ("0001-a.md", "2-b.md", "docs/adr/2-b.md:1: adr: the name is not NNNN-title.md in lower case"),
        ("0001-a.md", "0002-B.md", "docs/adr/0002-B.md:1: adr: the name is not NNNN-title.md in lower case"),
    ] {
        let tree =
            Tree::of(&[(&format!("{DECISIONS}{first}"), PAGE), (&format!("{DECISIONS}{second}"), PAGE)]);
        assert_eq!(shown(&check_decisions(&tree)), [message]);
    }
}

#[test]
fn a_decision_is_one_page_in_the_classic_form() {
    let long = format!("{PAGE}{}", "\n".repeat(80));
    let found = shown(&check_decisions(&Tree::of(&[("docs/adr/0001-a.md", &long)])));
    assert_eq!(found, ["docs/adr/0001-a.md:81: adr: 89 lines, at most 80: a decision is one page"]);
    let found = shown(&check_decisions(&Tree::of(&[(
        "docs/adr/0001-a.md",
        "## Status\n## Context\n## Decisions\n",
    )])));
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], "docs/adr/0001-a.md:1: adr: no section `## Decision`");
}

#[test]
fn migrations_are_numbered_and_paired() {
    let path = |rest: &str| format!("{MIGRATIONS}{rest}");
    let good = Tree::of(&[(&path("sqlite/0001_a.sql"), ""), (&path("sqlite/0002_b.sql"), "")]);
    assert_eq!(shown(&check_migrations(&good)), Vec::<String>::new());
    let gap = Tree::of(&[(&path("sqlite/0001_a.sql"), ""), (&path("sqlite/0003_b.sql"), "")]);
    assert_eq!(
        shown(&check_migrations(&gap)),
        [format!("{MIGRATIONS}sqlite/0003_b.sql:1: migrations: the number should be 0002")]
    );
    let alone = Tree::of(&[(&path("sqlite/0001_a.sql"), ""), (&path("postgres/0001_b.sql"), "")]);
    assert_eq!(shown(&check_migrations(&alone)).len(), 2);
}
