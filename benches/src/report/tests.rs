use super::{Section, Verdict, grouped};

#[test]
fn numbers_are_grouped() {
    assert_eq!(grouped(0.4), "0");
    assert_eq!(grouped(999.0), "999");
    assert_eq!(grouped(1_234_567.0), "1,234,567");
}

#[test]
fn a_figure_on_the_aim_meets_it() {
    assert_eq!(Verdict::at_least(0.5, 0.5), Verdict::Met);
    assert_eq!(Verdict::at_least(0.49, 0.5), Verdict::Missed);
    assert_eq!(Verdict::at_most(2.0, 2.0), Verdict::Met);
    assert_eq!(Verdict::at_most(2.1, 2.0), Verdict::Missed);
}

#[test]
fn a_section_is_a_markdown_table_and_counts_what_was_missed() {
    let mut section = Section::new("Reads");
    section.figure("rate", "10/s");
    section.aim("ratio", "0.3", "≥ 0.4", Verdict::at_least(0.3, 0.4));
    section.peak(300_000_001);
    section.note("A note.");
    assert_eq!(section.missed, 2);
    let text = section.markdown();
    let lines: Vec<&str> = text.trim().lines().collect();
    assert_eq!(lines[0], "### Reads");
    assert_eq!(lines[5], "| ratio                              | 0.3      | ≥ 0.4    | **missed** |");
    assert_eq!(lines.last(), Some(&"A note."));
}
