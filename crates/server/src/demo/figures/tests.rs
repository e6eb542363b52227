use std::time::Duration;

use throng_api::JobUser;

use super::{Step, failures, grouped, rate, shown, steps, time};

#[test]
fn numbers_are_grouped_by_thousands() {
    let written: Vec<_> = [0, 7, 999, 1_000, 45_678, 200_000, 1_234_567].map(grouped).into();
    assert_eq!(written, ["0", "7", "999", "1,000", "45,678", "200,000", "1,234,567"]);
}

#[test]
fn times_and_rates() {
    assert_eq!(time(Duration::from_micros(999_999)), "999 ms");
    assert_eq!(time(Duration::from_millis(1_499)), "1.50 s");
    assert_eq!(rate(200_000, Duration::from_millis(1_600)), 125_000);
    assert_eq!(rate(5, Duration::ZERO), 5_000_000);
}

#[test]
fn a_shown_text_cannot_move_the_cursor_and_is_not_too_long() {
    assert_eq!(shown("a\u{1b}[2Jb\u{200b}"), "a\\u{1b}[2Jb\\u{200b}");
    assert_eq!(shown(""), "(none)");
    assert_eq!(shown(&"x".repeat(300)), format!("{}… (300 characters)", "x".repeat(44)));
    assert_eq!(shown("MÜLLER@example.com"), "MÜLLER@example.com");
}

#[test]
fn the_final_table_has_a_line_for_each_step() {
    let step = |name: &str, items, done| Step {
        name: name.to_owned(),
        items,
        answered: Duration::from_millis(30),
        done: Duration::from_millis(done),
    };
    let table = steps(&[step("import", 5_000, 250), step("fill", 200_000, 2_000)]).to_string();
    let expected = "\
┌────────┬─────────┬────────────────┬────────────┬─────────┐
│ step   ┆   items ┆ answered after ┆ done after ┆ items/s │
╞════════╪═════════╪════════════════╪════════════╪═════════╡
│ import ┆   5,000 ┆          30 ms ┆     250 ms ┆  20,000 │
│ fill   ┆ 200,000 ┆          30 ms ┆     2.00 s ┆ 100,000 │
└────────┴─────────┴────────────────┴────────────┴─────────┘";
    assert_eq!(table, expected);
}

#[test]
fn failed_rows_are_listed_with_their_reasons() {
    let user = |login: &str, message: &str| JobUser {
        login_id: login.to_owned(),
        user_id: None,
        operation: "ADD".to_owned(),
        status: "FAILED".to_owned(),
        message: message.to_owned(),
    };
    let table =
        failures(&[user("a@b.c", "Invalid member of group provided"), user("", "loginId is missing")]);
    let lines: Vec<String> = table.lines().collect();
    assert_eq!(lines[3], "│ a@b.c   ┆ Invalid member of group provided │");
    assert_eq!(lines[4], "│ (none)  ┆ loginId is missing               │");
    assert_eq!(lines.len(), 6);
}
