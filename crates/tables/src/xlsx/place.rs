//! The places that the cells of a sheet are given, like `B2`.

/// Rows and columns of a sheet. Source: the limits of Excel, which ECMA-376 leaves to programs.
pub(super) const ROWS_MAX: u32 = 1_048_576;
pub(super) const COLUMNS_MAX: u32 = 16_384;
/// Letters of the last column (`XFD`), and digits of the last row.
const LETTERS_MAX: usize = 3;
const DIGITS_MAX: usize = 7;

/// Row and column of a place, counted from 1.
pub(super) fn parse(place: &str) -> Option<(u32, u32)> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).count();
    if !(1..=LETTERS_MAX).contains(&letters) {
        return None;
    }
    let (letters, digits) = place.split_at(letters);
    let letter = |letter: u8| u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = letters.bytes().fold(0, |column, byte| column * 26 + letter(byte));
    Some((parse_row(digits)?, column)).filter(|_| column <= COLUMNS_MAX)
}

/// The number of a row, counted from 1.
pub(super) fn parse_row(digits: &str) -> Option<u32> {
    if !(1..=DIGITS_MAX).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let row = digits.bytes().fold(0, |row, digit| row * 10 + u32::from(digit - b'0'));
    (1..=ROWS_MAX).contains(&row).then_some(row)
}

/// The place of a cell as a spreadsheet names it: `C5`. Both are counted from 1.
pub(super) fn show(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    while let Some(column) = rest.checked_sub(1) {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or_default()));
        rest = column / 26;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{row}")
}

#[cfg(test)]
mod tests;
