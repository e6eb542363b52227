//! Moments in time, as far as comparing them needs. Source: RFC 7643 §2.3.5 (xsd:dateTime).

#[cfg(test)]
mod tests;

/// Nanoseconds since 1970-01-01T00:00:00Z of an xsd:dateTime with date and time, or None if it is none. A time without
/// zone is taken as UTC; digits beyond nanoseconds are cut; a leap second counts as the second after it.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let (date, rest) = text.split_once(['T', 't'])?;
    let days = parse_date(date)?;
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at_checked(zone_at)?;
    let nanoseconds = parse_time(time)?;
    let minutes = parse_zone(zone)?;
    Some((i128::from(days) * 86_400 - i128::from(minutes) * 60) * 1_000_000_000 + nanoseconds)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn parse_date(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some()
        || year == 0
        || !(1..=12).contains(&month)
        || day == 0
        || day > month_days(year, month)
    {
        return None;
    }
    // Years that start in March put the leap day last, which makes the months regular.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Nanoseconds since midnight.
fn parse_time(time: &str) -> Option<i128> {
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (time, None),
    };
    let mut parts = clock.split(':');
    let (hour, minute, second) =
        (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some()
        || hour > 24
        || minute > 59
        || second > 60
        || (hour == 24 && minute + second > 0)
    {
        return None;
    }
    let mut nanoseconds = i128::from(hour * 3_600 + minute * 60 + second) * 1_000_000_000;
    if let Some(fraction) = fraction {
        if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let nine: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        nanoseconds += nine.parse::<i128>().ok()?;
    }
    Some(nanoseconds)
}

/// Minutes east of UTC.
fn parse_zone(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, clock) = zone.split_at_checked(1)?;
    let (hour, minute) = clock.split_once(':')?;
    let minutes = digits(hour, 2)? * 60 + digits(minute, 2)?;
    if minutes > 14 * 60 {
        return None;
    }
    Some(if sign == "-" { -minutes } else { minutes })
}

fn digits(text: &str, length: usize) -> Option<i64> {
    if text.len() == length && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}
