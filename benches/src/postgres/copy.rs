//! Rows in the binary form of COPY. Source: PostgreSQL's documentation of COPY, "Binary Format".

use bytes::{BufMut, Bytes, BytesMut};

/// What a file begins with, with no flags and no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Rows of a COPY.
#[derive(Debug)]
pub struct Rows {
    bytes: BytesMut,
    fields: i16,
}

impl Rows {
    /// No rows yet, of so many fields each.
    pub fn new(fields: i16) -> Self {
        let mut bytes = BytesMut::new();
        bytes.put_slice(HEADER);
        Self { bytes, fields }
    }

    /// Begins a row; as many fields as a row has must follow.
    pub fn row(&mut self) -> &mut Self {
        self.bytes.put_i16(self.fields);
        self
    }

    /// A bigint.
    pub fn int(&mut self, value: i64) -> &mut Self {
        self.bytes.put_i32(8);
        self.bytes.put_i64(value);
        self
    }

    /// A text or a bytea, of less than 2 GiB.
    pub fn text(&mut self, value: &[u8]) -> &mut Self {
        self.bytes.put_i32(i32::try_from(value.len()).unwrap_or(i32::MAX));
        self.bytes.put_slice(value);
        self
    }

    /// A text, or null.
    pub fn maybe(&mut self, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            return self.text(value.as_bytes());
        }
        self.bytes.put_i32(-1);
        self
    }

    /// Everything, with its end.
    pub fn finish(mut self) -> Bytes {
        self.bytes.put_i16(-1);
        self.bytes.freeze()
    }
}

#[cfg(test)]
mod tests;
