//! The pull reader. Source: RFC 8259.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Map, Number, Value};

use super::fields::Fields;
use super::{DEPTH_CEILING, JsonLimits};
use crate::error::Error;

/// What the next value is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

impl Kind {
    /// The kind with its article, for details.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        }
    }
}

/// Reads a document piece by piece. Every method leaves the reader behind what it read.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    depth_max: u32,
    keys_max: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`, which must be UTF-8.
    pub(crate) fn new(bytes: &'a [u8], limits: &JsonLimits) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|e| {
            Error::invalid_syntax(format!("the body is not UTF-8 at byte {}", e.valid_up_to()))
        })?;
        Ok(Self {
            text,
            at: 0,
            depth: 0,
            depth_max: limits.depth_max.min(DEPTH_CEILING),
            keys_max: limits.keys_max,
        })
    }

    /// A second reader over a span that [`Reader::skip`] gave; positions and depth stay those of the whole document.
    pub(crate) fn again(&self, span: &Range<usize>) -> Self {
        Self { text: self.text, at: span.start, ..*self }
    }

    /// Where the reader stands, in bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Refuses anything but white space after the document.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.white_space();
        if self.at == self.text.len() { Ok(()) } else { Err(self.syntax("something follows the document")) }
    }

    /// An `invalidSyntax` that names the place.
    pub(crate) fn syntax(&self, what: &str) -> Error {
        Error::invalid_syntax(format!("{what}, {}", self.place()))
    }

    /// An `invalidValue` that names the place.
    pub(crate) fn value_error(&self, what: &str) -> Error {
        Error::invalid_value(format!("{what}, {}", self.place()))
    }

    fn place(&self) -> String {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let line = before.split(|b| *b == b'\n').count();
        format!("at byte {} (line {line})", self.at)
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    /// What comes next.
    pub(crate) fn peek(&mut self) -> Result<Kind, Error> {
        self.white_space();
        match self.byte() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Boolean),
            Some(b'n') => Ok(Kind::Null),
            Some(_) => Err(self.syntax("a JSON value is expected")),
            None => Err(self.syntax("the document ends early")),
        }
    }

    fn deeper(&mut self) -> Result<(), Error> {
        self.at += 1;
        self.depth += 1;
        if self.depth > self.depth_max {
            return Err(self.syntax(&format!("nested deeper than {}", self.depth_max)));
        }
        Ok(())
    }

    /// Enters the object that [`Reader::peek`] saw.
    pub(crate) fn open_object(&mut self) -> Result<Fields<'a>, Error> {
        self.deeper()?;
        Ok(Fields::new())
    }

    /// The next name of the object, the reader then standing before its value; None at its end.
    pub(crate) fn next_key(&mut self, fields: &mut Fields<'a>) -> Result<Option<Cow<'a, str>>, Error> {
        self.white_space();
        match self.byte() {
            Some(b'}') => {
                self.at += 1;
                self.depth -= 1;
                return Ok(None);
            }
            Some(b',') if fields.count() > 0 => {
                self.at += 1;
                self.white_space();
            }
            Some(_) if fields.count() == 0 => {}
            Some(_) => return Err(self.syntax("a comma or a closing brace is expected")),
            None => return Err(self.syntax("the document ends early")),
        }
        if self.byte() != Some(b'"') {
            return Err(self.syntax("a name in double quotes is expected"));
        }
        let start = self.at;
        let name = self.string()?;
        if !fields.remember(&name) {
            self.at = start;
            return Err(self.syntax(&format!("the name \"{name}\" stands twice in one object")));
        }
        if fields.count() > self.keys_max {
            return Err(self.syntax(&format!("more than {} names in one object", self.keys_max)));
        }
        self.white_space();
        if self.byte() != Some(b':') {
            return Err(self.syntax("a colon is expected"));
        }
        self.at += 1;
        Ok(Some(name))
    }

    /// Enters the array that [`Reader::peek`] saw.
    pub(crate) fn open_array(&mut self) -> Result<(), Error> {
        self.deeper()
    }

    /// Steps to the next element; false at the end. `first` starts as true.
    pub(crate) fn next_element(&mut self, first: &mut bool) -> Result<bool, Error> {
        self.white_space();
        match self.byte() {
            Some(b']') => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(b',') if !*first => {
                self.at += 1;
                self.white_space();
                if self.byte() == Some(b']') {
                    return Err(self.syntax("a value is expected after the comma"));
                }
                Ok(true)
            }
            Some(_) if std::mem::replace(first, false) => Ok(true),
            Some(_) => Err(self.syntax("a comma or a closing bracket is expected")),
            None => Err(self.syntax("the document ends early")),
        }
    }

    /// Reads the string that [`Reader::peek`] saw; borrowed unless it has escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        let start = self.at + 1;
        let end = start + plain_run(&self.text.as_bytes()[start..]);
        self.at = end;
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        let mut owned = self.text[start..end].to_owned();
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(owned));
                }
                Some(b'\\') => {
                    self.at += 1;
                    owned.push(self.escape()?);
                }
                Some(_) => return Err(self.syntax("a control character in a string must be escaped")),
                None => return Err(self.syntax("a string is not closed")),
            }
            let from = self.at;
            self.at += plain_run(&self.text.as_bytes()[from..]);
            owned.push_str(&self.text[from..self.at]);
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        let plain = match self.byte() {
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.syntax("an unknown escape in a string")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, Error> {
        let first = self.hex4()?;
        let code = if (0xd800..0xdc00).contains(&first) {
            if self.text.as_bytes().get(self.at..self.at + 2) != Some(b"\\u") {
                return Err(self.syntax("half a surrogate pair in a string"));
            }
            self.at += 2;
            let second = self.hex4()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(self.syntax("half a surrogate pair in a string"));
            }
            0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        match char::from_u32(code) {
            Some('\0') => Err(self.value_error("U+0000 in a string")),
            Some(c) => Ok(c),
            None => Err(self.syntax("half a surrogate pair in a string")),
        }
    }

    fn hex4(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.byte().and_then(|b| char::from(b).to_digit(16)) else {
                return Err(self.syntax("four hexadecimal digits are expected after \\u"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    /// Reads the number that [`Reader::peek`] saw; gives its text too.
    pub(crate) fn number(&mut self) -> Result<(Number, &'a str), Error> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.byte() == Some(b'0');
        let digits = self.digits()?;
        if leading_zero && digits > 1 {
            return Err(self.syntax("a number starts with a needless zero"));
        }
        let mut integer = true;
        if self.byte() == Some(b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        let number = if integer {
            text.parse::<i64>().ok().map(Number::from)
        } else {
            text.parse::<f64>().ok().and_then(Number::from_f64)
        };
        match number {
            Some(number) => Ok((number, text)),
            None => Err(self.value_error("a number is too large")),
        }
    }

    fn digits(&mut self) -> Result<usize, Error> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == start { Err(self.syntax("a digit is expected")) } else { Ok(self.at - start) }
    }

    /// Reads the boolean that [`Reader::peek`] saw.
    pub(crate) fn boolean(&mut self) -> Result<bool, Error> {
        let truth = self.byte() == Some(b't');
        self.word(if truth { "true" } else { "false" })?;
        Ok(truth)
    }

    /// Reads the `null` that [`Reader::peek`] saw.
    pub(crate) fn null(&mut self) -> Result<(), Error> {
        self.word("null")
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.syntax("a JSON value is expected"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Builds the next value.
    pub(crate) fn value(&mut self) -> Result<Value, Error> {
        Ok(match self.peek()? {
            Kind::Null => self.null().map(|()| Value::Null)?,
            Kind::Boolean => Value::Bool(self.boolean()?),
            Kind::Number => Value::Number(self.number()?.0),
            Kind::String => Value::String(self.string()?.into_owned()),
            Kind::Array => {
                self.open_array()?;
                let mut items = Vec::new();
                let mut first = true;
                while self.next_element(&mut first)? {
                    items.push(self.value()?);
                }
                Value::Array(items)
            }
            Kind::Object => {
                let mut fields = self.open_object()?;
                let mut map = Map::new();
                while let Some(name) = self.next_key(&mut fields)? {
                    map.insert(name.into_owned(), self.value()?);
                }
                Value::Object(map)
            }
        })
    }

    /// Passes over the next value, checking it as strictly as [`Reader::value`] does, and gives its span.
    pub(crate) fn skip(&mut self) -> Result<Range<usize>, Error> {
        let kind = self.peek()?;
        let start = self.at;
        match kind {
            Kind::Null => self.null()?,
            Kind::Boolean => _ = self.boolean()?,
            Kind::Number => _ = self.number()?,
            Kind::String => _ = self.string()?,
            Kind::Array => {
                self.open_array()?;
                let mut first = true;
                while self.next_element(&mut first)? {
                    self.skip()?;
                }
            }
            Kind::Object => {
                let mut fields = self.open_object()?;
                while self.next_key(&mut fields)?.is_some() {
                    self.skip()?;
                }
            }
        }
        Ok(start..self.at)
    }
}

/// How many leading bytes may stand in a string as they are: no quote, no backslash, no control character.
/// Looks at eight bytes at a time; the lowest flagged byte of a word is always a true hit.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let zero_byte = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let (words, _) = bytes.as_chunks::<8>();
    let mut run = 0;
    for chunk in words {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let hits = control | zero_byte(word ^ (ONES * 0x22)) | zero_byte(word ^ (ONES * 0x5c));
        if hits != 0 {
            return run + hits.trailing_zeros() as usize / 8;
        }
        run += 8;
    }
    run + bytes[run..].iter().take_while(|b| !matches!(b, b'"' | b'\\' | 0..0x20)).count()
}
