//! The places that the cells of a sheet are given, like `B2` or `A1:C9`.

use memchr::{memchr, memchr3};

use crate::error::Error;

/// Rows and columns of a sheet. Source: the limits of Excel, which ECMA-376 leaves to programs.
const ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: u32 = 16_384;
/// Letters of the last column (`XFD`), and digits of the last row.
const LETTERS_MAX: usize = 3;
const DIGITS_MAX: usize = 7;
/// Bytes of a tag that carries a reference: writers need less than a hundred.
const TAG_BYTES_MAX: usize = 16 * 1024;
/// Characters of a refused reference that are quoted.
const QUOTED_CHARS_MAX: usize = 40;

/// Reads the tags of one part, as it comes in pieces, and refuses references that are no place in
/// a sheet: the parser computes with them and would overflow.
#[derive(Default)]
pub(super) struct References {
    state: State,
    /// What stands in the tag so far, up to one byte more than `TAG_BYTES_MAX`.
    tag: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Text,
    /// After `<`.
    Open,
    /// Inside a tag; the quote when in an attribute's value.
    Tag(Option<u8>),
    /// After `<!`.
    Bang,
    /// In a comment, a CDATA section or a processing instruction.
    Passage(Passage),
}

/// What is passed over up to a `>` with `end` before it.
#[derive(Clone, Copy)]
struct Passage {
    end: &'static [u8],
    /// Bytes that must come before the `>`.
    least: usize,
    seen: usize,
    last: [u8; 2],
}

impl Passage {
    const fn until(end: &'static [u8], least: usize) -> State {
        State::Passage(Self { end, least, seen: 0, last: [0; 2] })
    }

    fn after(mut self, byte: u8) -> State {
        if byte == b'>' && self.seen >= self.least && self.last.ends_with(self.end) {
            return State::Text;
        }
        self.last = [self.last[1], byte];
        self.seen = self.seen.saturating_add(1);
        State::Passage(self)
    }
}

impl References {
    /// Goes on with the next piece of the part.
    pub(super) fn look(&mut self, mut rest: &[u8]) -> Result<(), Error> {
        while let Some(&first) = rest.first() {
            let mut taken = 1;
            self.state = match self.state {
                State::Text => {
                    let Some(at) = memchr(b'<', rest) else { return Ok(()) };
                    taken = at + 1;
                    State::Open
                }
                State::Open => match first {
                    b'!' => State::Bang,
                    b'?' => Passage::until(b"?", 1),
                    _ => {
                        self.tag.clear();
                        taken = 0;
                        State::Tag(None)
                    }
                },
                State::Bang => match first {
                    b'-' => Passage::until(b"--", 3),
                    b'[' => Passage::until(b"]]", 0),
                    _ => State::Text,
                },
                State::Passage(passage) => passage.after(first),
                State::Tag(quote) => {
                    let end = match quote {
                        Some(quote) => memchr(quote, rest),
                        None => memchr3(b'>', b'"', b'\'', rest),
                    };
                    taken = end.map_or(rest.len(), |at| at + 1);
                    self.keep(&rest[..taken]);
                    self.after_tag(quote, end.map(|at| rest[at]))?
                }
            };
            rest = &rest[taken..];
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = (TAG_BYTES_MAX + 1).saturating_sub(self.tag.len());
        self.tag.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The state after a piece of a tag that ended with `end`, if it is not just the piece's end.
    fn after_tag(&self, quote: Option<u8>, end: Option<u8>) -> Result<State, Error> {
        Ok(match (quote, end) {
            (_, None) => State::Tag(quote),
            (Some(_), Some(_)) => State::Tag(None),
            (None, Some(b'>')) => {
                check_tag(&self.tag)?;
                State::Text
            }
            (None, opening) => State::Tag(opening),
        })
    }
}

/// Checks a tag, given without its `<`.
fn check_tag(tag: &[u8]) -> Result<(), Error> {
    let name_end = tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
    let name = &tag[..name_end.unwrap_or(tag.len())];
    let local = memchr(b':', name).map_or(name, |at| &name[at + 1..]);
    let (attribute, range): (&[u8], bool) = match local {
        b"c" | b"row" => (b"r", false),
        b"dimension" | b"f" | b"mergeCell" | b"table" => (b"ref", true),
        _ => return Ok(()),
    };
    if tag.len() > TAG_BYTES_MAX {
        let message =
            format!("the workbook is damaged: the tag of a cell is longer than {TAG_BYTES_MAX} bytes");
        return Err(Error::unreadable(None, message));
    }
    // Every `=` with that name before it, wherever it stands: what the parser takes for an
    // attribute is among them.
    for equals in memchr::memchr_iter(b'=', tag) {
        let before = tag[..equals].trim_ascii_end();
        let starts_name = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
        let start = before.iter().rposition(starts_name).map_or(0, |at| at + 1);
        if &before[start..] == attribute {
            check_value(tag[equals + 1..].trim_ascii_start(), range)?;
        }
    }
    Ok(())
}

/// Checks the value that `text` begins with, in its quotes.
fn check_value(text: &[u8], range: bool) -> Result<(), Error> {
    let value = match text {
        [quote @ (b'"' | b'\''), rest @ ..] => memchr(*quote, rest).map(|end| &rest[..end]),
        _ => None,
    };
    let value = value.unwrap_or(text);
    let mut places = value.split(|&byte| byte == b':').map(place);
    let fits = match (places.next().flatten(), places.next(), places.next()) {
        (Some(_), None, _) => true,
        // The parser subtracts the first from the second.
        (Some(first), Some(Some(second)), None) => range && first.0 <= second.0 && first.1 <= second.1,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let shown: String = String::from_utf8_lossy(value).chars().take(QUOTED_CHARS_MAX).collect();
    Err(Error::unreadable(None, format!("the workbook is damaged: {shown:?} is no place in a sheet")))
}

/// Row and column (0 without letters) of a reference to one cell or row.
fn place(text: &[u8]) -> Option<(u32, u32)> {
    let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (letters, digits) = text.split_at(letters);
    let well_formed = letters.len() <= LETTERS_MAX
        && (1..=DIGITS_MAX).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit);
    if !well_formed {
        return None;
    }
    let letter = |letter: &u8| u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = letters.iter().fold(0, |column, byte| column * 26 + letter(byte));
    let row = digits.iter().fold(0, |row, digit| row * 10 + u32::from(digit - b'0'));
    ((1..=ROWS_MAX).contains(&row) && column <= COLUMNS_MAX).then_some((row, column))
}

#[cfg(test)]
mod tests;
