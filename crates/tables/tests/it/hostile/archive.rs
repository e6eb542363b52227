//! ZIP archives that lie. Source: APPNOTE 6.3.10.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::workbook::Book;

/// An archive, and the lies in it.
#[derive(Default)]
pub struct Archive {
    pub entries: Vec<Entry>,
    pub comment: Vec<u8>,
    /// What the end record says of the number of entries, and where and how long their directory is.
    pub count: Option<u16>,
    pub directory: Option<(u32, u32)>,
    /// A record of ZIP64 before the end: entries, bytes and place of the directory.
    pub zip64: Option<(u64, u64, u64)>,
    /// Whether that record is to tell the truth.
    pub is_honest: bool,
}

/// A part. What is none is the truth.
#[derive(Clone, Default)]
pub struct Entry {
    pub name: Vec<u8>,
    /// As it lies in the archive.
    pub data: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub crc: u32,
    pub size: u32,
    pub compressed: Option<u32>,
    /// Bytes and compressed bytes in the field of ZIP64.
    pub wide: Option<(u64, u64)>,
    /// The number of the entry whose data it claims.
    pub same_as: Option<usize>,
    /// Added to its place.
    pub shift: u32,
}

impl Entry {
    /// A part that is what it says.
    pub fn deflated(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        let mut crc = Crc::new();
        crc.update(content);
        Self {
            name: name.as_bytes().to_vec(),
            data: encoder.finish().unwrap(),
            method: 8,
            crc: crc.sum(),
            size: u32::try_from(content.len()).unwrap(),
            ..Self::default()
        }
    }

    fn fields(&self, local: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let wide = self.wide.is_some();
        let compressed = self.compressed.unwrap_or(u32::try_from(self.data.len()).unwrap());
        put(&mut out, 2, 20);
        put(&mut out, 2, self.flags.into());
        put(&mut out, 2, self.method.into());
        put(&mut out, 4, 0);
        put(&mut out, 4, self.crc.into());
        put(&mut out, 4, if wide { u32::MAX.into() } else { compressed.into() });
        put(&mut out, 4, if wide { u32::MAX.into() } else { self.size.into() });
        put(&mut out, 2, self.name.len() as u64);
        put(&mut out, 2, if wide && !local { 20 } else { 0 });
        out
    }
}

fn put(out: &mut Vec<u8>, bytes: usize, value: u64) {
    out.extend_from_slice(&value.to_le_bytes()[..bytes]);
}

impl Archive {
    pub fn of(book: &Book) -> Self {
        let entries = book.all_parts().iter().map(|(name, content)| Entry::deflated(name, content)).collect();
        Self { entries, ..Self::default() }
    }

    /// The part whose name ends so.
    pub fn entry(&mut self, ending: &str) -> &mut Entry {
        self.entries.iter_mut().find(|entry| entry.name.ends_with(ending.as_bytes())).unwrap()
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut places = Vec::new();
        for entry in &self.entries {
            places.push(u32::try_from(out.len()).unwrap());
            if entry.same_as.is_none() {
                out.extend_from_slice(b"PK\x03\x04");
                out.extend_from_slice(&entry.fields(true));
                out.extend_from_slice(&entry.name);
                out.extend_from_slice(&entry.data);
            }
        }
        let start = out.len() as u64;
        for (index, entry) in self.entries.iter().enumerate() {
            out.extend_from_slice(b"PK\x01\x02\x14\0");
            out.extend_from_slice(&entry.fields(false));
            put(&mut out, 2, 0);
            put(&mut out, 8, 0);
            let place = places[entry.same_as.unwrap_or(index)].wrapping_add(entry.shift);
            put(&mut out, 4, place.into());
            out.extend_from_slice(&entry.name);
            if let Some((size, compressed)) = entry.wide {
                put(&mut out, 2, 1);
                put(&mut out, 2, 16);
                put(&mut out, 8, size);
                put(&mut out, 8, compressed);
            }
        }
        self.end(&mut out, start);
        out
    }

    fn end(&self, out: &mut Vec<u8>, start: u64) {
        let length = out.len() as u64 - start;
        let truth = (self.entries.len() as u64, length, start);
        let zip64 = self.zip64.or(self.is_honest.then_some(truth));
        if let Some((count, bytes, place)) = zip64 {
            let record = out.len() as u64;
            out.extend_from_slice(b"PK\x06\x06");
            for (width, value) in
                [(8, 44), (2, 45), (2, 45), (4, 0), (4, 0), (8, count), (8, count), (8, bytes), (8, place)]
            {
                put(out, width, value);
            }
            out.extend_from_slice(b"PK\x06\x07");
            for (width, value) in [(4, 0), (8, record), (4, 1)] {
                put(out, width, value);
            }
        }
        let wide = zip64.is_some();
        let count = self.count.map_or(self.entries.len() as u64, u64::from);
        let (bytes, place) =
            self.directory.map_or((length, start), |(bytes, place)| (bytes.into(), place.into()));
        out.extend_from_slice(b"PK\x05\x06");
        for (width, value) in [(2, 0), (2, 0), (2, count), (2, count), (4, bytes), (4, place)] {
            put(out, width, if wide && value > 0 { u64::MAX } else { value });
        }
        put(out, 2, self.comment.len() as u64);
        out.extend_from_slice(&self.comment);
    }
}
