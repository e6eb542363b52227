//! Numbers, times and rates for people to read, and the tables that they stand in.

use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use throng_api::JobUser;

/// Characters of a login or a message that are shown.
const SHOWN_CHARS: usize = 44;

/// Columns of the terminal that a table fills at most.
const TABLE_WIDTH: u16 = 118;

/// One line of the final table.
pub struct Step {
    /// What was done.
    pub name: String,
    /// Rows or members, as the server counted them.
    pub items: u64,
    /// From the first byte of the request to the answer.
    pub answered: Duration,
    /// From the first byte of the request to when the job was seen to be finished.
    pub done: Duration,
}

/// The final table.
pub fn steps(steps: &[Step]) -> Table {
    let mut table = table(&["step", "items", "answered after", "done after", "items/s"]);
    for step in steps {
        let (items, rate) = (grouped(step.items), grouped(rate(step.items, step.done)));
        table.add_row([step.name.clone(), items, time(step.answered), time(step.done), rate]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Rows that were refused, and why.
pub fn failures(users: &[JobUser]) -> Table {
    let mut table = table(&["loginId", "why"]);
    for user in users {
        table.add_row([shown(&user.login_id), user.message.clone()]);
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header.to_vec());
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(TABLE_WIDTH);
    table
}

/// A text that a row came with: without what would move the cursor, and not too long.
fn shown(text: &str) -> String {
    let visible = |c: char| !c.is_control() && !('\u{200b}'..='\u{200f}').contains(&c);
    let plain = |c: char| if visible(c) { c.to_string() } else { c.escape_unicode().to_string() };
    let short: String = text.chars().take(SHOWN_CHARS).map(plain).collect();
    match text.chars().count() {
        0 => "(none)".to_owned(),
        count if count > SHOWN_CHARS => format!("{short}… ({count} characters)"),
        _ => short,
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Milliseconds below a second, else seconds.
pub fn time(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// Items in a second, rounded down.
pub fn rate(items: u64, time: Duration) -> u64 {
    let micros = time.as_micros().max(1);
    u64::try_from(u128::from(items) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
