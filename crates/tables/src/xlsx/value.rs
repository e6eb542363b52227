//! The text of a number, as a spreadsheet would show it, and of dates.

use std::fmt::Write as _;

use super::style::Kind;

/// Numbers between these, and their negatives, are written without an exponent.
const PLAIN_FROM: f64 = 1e-12;
const PLAIN_BELOW: f64 = 1e21;
const SECONDS_PER_DAY: f64 = 86_400.0;
/// The day after 9999-12-31, as days since the beginning of 1900 are counted.
const DAYS_END: f64 = 2_958_466.0;
/// The day that 1900 did not have, and that spreadsheets count all the same.
const DAY_THAT_NEVER_WAS: i64 = 60;
/// Days from the beginning of the numbers of 1900 to that of those of 1904.
const DAYS_1904: f64 = 1_462.0;
/// Days from 0000-03-01 to 1899-12-30.
const DAYS_BEFORE_1900: i64 = 693_899;

/// Appends the text of a number as it stands in the file (`raw`), trimmed: `12345.0` gives `12345`, dates
/// `2026-02-28` or `2026-02-28T13:00:00`, times and durations `13:00:00`. What is no number is left as it is.
pub(super) fn write(text: &mut String, raw: &str, kind: Kind, is_1904: bool) {
    let raw = raw.trim();
    let looks_like_number =
        raw.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
    if kind == Kind::Number && is_plain_integer(raw) || !looks_like_number {
        text.push_str(raw);
        return;
    }
    match raw.parse::<f64>() {
        Ok(value) if value.is_finite() => write_value(text, value, kind, is_1904),
        _ => text.push_str(raw),
    }
}

/// Whether `raw` is an integer without an exponent, so that no digit of it need be lost.
fn is_plain_integer(raw: &str) -> bool {
    let digits = raw.strip_prefix('-').unwrap_or(raw).as_bytes();
    digits.first().is_some_and(|first| (b'1'..=b'9').contains(first)) && digits.iter().all(u8::is_ascii_digit)
}

fn put(text: &mut String, value: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = text.write_fmt(value);
}

fn write_value(text: &mut String, value: f64, kind: Kind, is_1904: bool) {
    let is_date_of_1904 = is_1904 && kind == Kind::Date;
    let days = if is_date_of_1904 { value + DAYS_1904 } else { value };
    let is_time_alone = kind == Kind::Duration || (0.0..1.0).contains(&days);
    match kind {
        Kind::Date | Kind::Time if (1.0..DAYS_END).contains(&days) => {
            // A time with whole days before it is a date that shows its time alone.
            write_date(text, if is_1904 && !is_date_of_1904 { days + DAYS_1904 } else { days });
        }
        Kind::Date | Kind::Time | Kind::Duration if is_time_alone && days >= 0.0 => {
            write_duration(text, days);
        }
        _ => write_number(text, value),
    }
}

fn write_number(text: &mut String, value: f64) {
    if value == 0.0 {
        text.push('0');
    } else if (PLAIN_FROM..PLAIN_BELOW).contains(&value.abs()) {
        put(text, format_args!("{value}"));
    } else {
        put(text, format_args!("{value:e}"));
    }
}

/// Whole seconds: a float holds no more of a date.
fn seconds(days: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the callers' numbers are far below 2^63, and a cast saturates"
    )]
    let seconds = (days * SECONDS_PER_DAY).round() as i64;
    seconds
}

fn write_date(text: &mut String, days: f64) {
    let seconds = seconds(days);
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    if day == DAY_THAT_NEVER_WAS {
        text.push_str("1900-02-29");
    } else {
        // Before that day the numbers are one lower than they would be without it.
        let (year, month, day) = civil(if day < DAY_THAT_NEVER_WAS { day + 1 } else { day });
        put(text, format_args!("{year:04}-{month:02}-{day:02}"));
    }
    if second != 0 {
        put(text, format_args!("T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60));
    }
}

/// Year, month and day of a number of days since 1899-12-30, in years that begin with March, so that leap days are last.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_BEFORE_1900;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn write_duration(text: &mut String, days: f64) {
    if days >= DAYS_END {
        write_number(text, days);
        return;
    }
    let seconds = seconds(days);
    put(text, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
}

#[cfg(test)]
mod tests;
