//! A strict JSON reader.
//!
//! Request bodies are read by one small pull reader instead of by `serde_json`, for three reasons: a name that is
//! there twice must be refused and not silently settled, everywhere, ignored corners included; a group body with a
//! million members must be read in one pass without being built; and a value that stands before the `path` that
//! explains it must be found again. Values themselves are `serde_json`'s.
//!
//! **Invariant** nothing here recurses deeper than [`JsonLimits::depth_max`].

mod fields;
mod reader;
use serde_json::Value;

pub(crate) use reader::{Kind, Reader};

use crate::error::Error;

/// Depth beyond which no limit can be raised: the reader recurses, and so does dropping a `Value`.
pub(crate) const DEPTH_CEILING: u32 = 128;

/// How much of a document the reader takes before it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLimits {
    /// Objects and arrays within each other; the outermost counts as 1. Values above 128 count as 128.
    pub depth_max: u32,
    /// Names in one object.
    pub keys_max: usize,
    /// Members listed in one group write, all operations together. Above: 413.
    pub members_max: u32,
    /// Bytes of one member's value.
    pub member_bytes_max: usize,
    /// Operations of one PATCH of a group. Above: 413.
    pub operations_max: usize,
    /// Bytes of everything a group write wants kept that is not a member. Above: 413.
    pub attribute_bytes_max: usize,
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self {
            depth_max: 32,
            keys_max: 1_000,
            members_max: 5_000_000,
            member_bytes_max: 1_024,
            operations_max: 100_000,
            attribute_bytes_max: 1 << 20,
        }
    }
}

/// Reads exactly one document and keeps the order of its names.
///
/// # Errors
/// 400 `invalidSyntax` for what is not JSON in UTF-8, for a name that stands twice in an object (also if only the case
/// differs: SCIM names are case-insensitive, RFC 7643 §2.1) and for nesting or objects beyond the limits; 400
/// `invalidValue` for U+0000 in a string and for numbers that are not finite or, being integers, need more than 64
/// bits. The detail carries the position.
///
/// Source: RFC 8259, RFC 7644 §3.12.
pub fn parse(bytes: &[u8], limits: &JsonLimits) -> Result<Value, Error> {
    let mut reader = Reader::new(bytes, limits)?;
    let value = reader.value()?;
    reader.finish()?;
    Ok(value)
}
