//! A list of texts of any length that stands by itself.

use super::members::Listing;
use super::{MemberSink, expect_object};
use crate::error::Error;
use crate::json::{JsonLimits, Kind, Reader};

/// Reads an object that has nothing but an array of texts of this name; no array and `null` are none.
///
/// # Errors
/// 400 `invalidSyntax` as [`crate::json::parse`]; 400 `invalidValue` for other names and for what is no array of texts;
/// 413 for more values than the limits allow; whatever the sink refuses with. The sink may have got values before.
pub fn read_listed(
    body: &[u8],
    name: &str,
    sink: &mut dyn MemberSink,
    limits: &JsonLimits,
) -> Result<Option<u32>, Error> {
    let mut reader = Reader::new(body, limits)?;
    let mut listing = Listing::new(sink, limits);
    let mut found = None;
    expect_object(&mut reader, "the body")?;
    let mut fields = reader.open_object()?;
    while let Some(key) = reader.next_key(&mut fields)? {
        if key != name {
            return Err(reader.value_error(&format!("there is nothing but {name} here")));
        }
        match reader.peek()? {
            Kind::Null => reader.null()?,
            Kind::Array => found = Some(listing.texts(&mut reader)?),
            _ => return Err(reader.value_error(&format!("{name} is an array of texts"))),
        }
    }
    reader.finish()?;
    Ok(found)
}
