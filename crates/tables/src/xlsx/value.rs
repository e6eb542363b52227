//! The text of a typed cell.

use std::fmt::Write as _;

use calamine::{DataRef, ExcelDateTime};

/// Whole numbers below this are written as integers: a float holds them exactly.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
const SECONDS_PER_DAY: f64 = 86_400.0;

/// Appends the text of `value`, trimmed: numbers without an empty fraction (`12345.0` gives
/// `12345`), dates as `2026-02-28` or `2026-02-28T13:00:00`, times and durations as `13:00:00`,
/// booleans as `true` and `false`, errors by their name (`#N/A`).
pub(super) fn write(text: &mut String, value: &DataRef<'_>) {
    match value {
        DataRef::Empty => {}
        DataRef::String(value) | DataRef::DateTimeIso(value) | DataRef::DurationIso(value) => {
            text.push_str(value.trim());
        }
        DataRef::SharedString(value) => text.push_str(value.trim()),
        DataRef::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        DataRef::Int(value) => put(text, format_args!("{value}")),
        DataRef::Float(value) => write_number(text, *value),
        DataRef::DateTime(value) => write_date(text, value),
        DataRef::Error(error) => put(text, format_args!("{error}")),
    }
}

fn put(text: &mut String, value: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = text.write_fmt(value);
}

fn write_number(text: &mut String, value: f64) {
    if value == 0.0 {
        text.push('0');
    } else if value.abs() < EXACT_BELOW {
        put(text, format_args!("{value}"));
    } else {
        put(text, format_args!("{value:e}"));
    }
}

fn write_date(text: &mut String, value: &ExcelDateTime) {
    let days = value.as_f64();
    if value.is_duration() || (0.0..1.0).contains(&days) {
        write_duration(text, days);
        return;
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    put(text, format_args!("{year:04}-{month:02}-{day:02}"));
    if (hour, minute, second) != (0, 0, 0) {
        put(text, format_args!("T{hour:02}:{minute:02}:{second:02}"));
    }
}

fn write_duration(text: &mut String, days: f64) {
    let seconds = (days * SECONDS_PER_DAY).round();
    if !(0.0..EXACT_BELOW).contains(&seconds) {
        write_number(text, days);
        return;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just above")]
    let seconds = seconds as u64;
    put(text, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
}
