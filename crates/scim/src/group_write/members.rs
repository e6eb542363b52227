//! Lists of members, in all their forms.

use std::ops::Range;

use super::MemberSink;
use crate::error::Error;
use crate::json::{JsonLimits, Kind, Reader};

/// Passes values on to the sink and counts them.
pub(super) struct Listing<'s> {
    sink: &'s mut dyn MemberSink,
    count: u32,
    count_max: u32,
    bytes_max: usize,
}

impl<'s> Listing<'s> {
    pub(super) fn new(sink: &'s mut dyn MemberSink, limits: &JsonLimits) -> Self {
        Self { sink, count: 0, count_max: limits.members_max, bytes_max: limits.member_bytes_max }
    }

    /// The index that the next value gets.
    pub(super) fn next_index(&self) -> u32 {
        self.count
    }

    /// Reads a list: `null`, one member or an array of members. With `wrapped`, also `{"members": list}`.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>, wrapped: bool) -> Result<Range<u32>, Error> {
        let start = self.count;
        match reader.peek()? {
            Kind::Null => reader.null()?,
            Kind::Array => {
                reader.open_array()?;
                let mut first = true;
                while reader.next_element(&mut first)? {
                    match reader.peek()? {
                        Kind::Object => self.object(reader, false)?,
                        kind => self.bare(reader, kind)?,
                    }
                }
            }
            Kind::Object => self.object(reader, wrapped)?,
            kind => self.bare(reader, kind)?,
        }
        Ok(start..self.count)
    }

    /// Reads an array of texts; how many they are.
    pub(super) fn texts(&mut self, reader: &mut Reader<'_>) -> Result<u32, Error> {
        let start = self.count;
        reader.open_array()?;
        let mut first = true;
        while reader.next_element(&mut first)? {
            if reader.peek()? != Kind::String {
                return Err(reader.value_error("the list holds texts"));
            }
            let text = reader.string()?;
            self.pass(reader, &text)?;
        }
        Ok(self.count - start)
    }

    /// A member as an object; only its `value` counts.
    fn object(&mut self, reader: &mut Reader<'_>, wrapped: bool) -> Result<(), Error> {
        let mut found = false;
        let mut fields = reader.open_object()?;
        while let Some(name) = reader.next_key(&mut fields)? {
            if name.eq_ignore_ascii_case("value") && !found {
                let kind = reader.peek()?;
                self.bare(reader, kind)?;
                found = true;
            } else if wrapped && !found && name.eq_ignore_ascii_case("members") {
                self.read(reader, false)?;
                found = true;
            } else {
                reader.skip()?;
            }
        }
        if found { Ok(()) } else { Err(reader.value_error("a member has no value")) }
    }

    /// A member's value: a string, or an integer for its text.
    fn bare(&mut self, reader: &mut Reader<'_>, kind: Kind) -> Result<(), Error> {
        match kind {
            Kind::String => {
                let text = reader.string()?;
                self.pass(reader, &text)
            }
            Kind::Number => {
                let (number, text) = reader.number()?;
                if !number.is_i64() {
                    return Err(reader.value_error("a member's value must be a string, not a fraction"));
                }
                self.pass(reader, text)
            }
            other => Err(reader.value_error(&format!(
                "a member must be an object with value, or a string, not {}",
                other.name()
            ))),
        }
    }

    /// Passes on a value that did not stand in a list, but in a path.
    pub(super) fn pass(&mut self, reader: &Reader<'_>, value: &str) -> Result<(), Error> {
        if value.is_empty() {
            return Err(reader.value_error("a member's value is empty"));
        }
        if value.len() > self.bytes_max {
            return Err(
                reader.value_error(&format!("a member's value has more than {} bytes", self.bytes_max))
            );
        }
        if self.count == self.count_max {
            return Err(Error::too_large(format!("a request lists at most {} members", self.count_max)));
        }
        self.count += 1;
        self.sink.member(value)
    }
}
