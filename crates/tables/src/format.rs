//! Which kind of file it is.

/// A kind of file rows can be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values. Source: RFC 4180, in UTF-8.
    Csv,
    /// An Office Open XML workbook, or a ZIP archive of them. Source: ECMA-376.
    Xlsx,
    /// One JSON object a line.
    JsonLines,
}

/// First bytes of a ZIP archive, and of the compound files that old and encrypted workbooks are.
const ZIP_MAGIC: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
pub(crate) const COMPOUND_MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
pub(crate) const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

impl Format {
    /// Tells the format from the first bytes of a file (`head`, 8 bytes or more where the
    /// file has them), then from its name, then from its media type; CSV if nothing speaks.
    ///
    /// A file named `.xlsx` that is no ZIP archive is `Xlsx`, and refused by [`crate::open`]
    /// with a text saying so; a JSON array is `JsonLines`, and refused likewise. `application/vnd.ms-excel` says nothing: browsers send it for CSV.
    /// Of a gzip file `head` is to be what is inside: see [`crate::open_upload`].
    pub fn detect(file_name: Option<&str>, content_type: Option<&str>, head: &[u8]) -> Self {
        if ZIP_MAGIC.iter().any(|magic| head.starts_with(magic)) || head.starts_with(COMPOUND_MAGIC) {
            return Self::Xlsx;
        }
        let text = head.strip_prefix(UTF8_BOM).unwrap_or(head);
        if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Self::JsonLines;
        }
        file_name
            .and_then(Self::of_name)
            .or_else(|| content_type.and_then(Self::of_type))
            .unwrap_or(Self::Csv)
    }

    fn of_name(name: &str) -> Option<Self> {
        let name = without_gz(name);
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" | "xlsm" | "xls" | "zip" => Some(Self::Xlsx),
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            _ => None,
        }
    }

    fn of_type(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "text/csv" => Some(Self::Csv),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" | "application/zip" => {
                Some(Self::Xlsx)
            }
            "application/jsonl" | "application/x-ndjson" | "application/x-jsonlines" | "application/json" => {
                Some(Self::JsonLines)
            }
            _ => None,
        }
    }
}

/// The name of what is inside a gzip file: `people.csv` for `people.csv.gz`.
fn without_gz(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((inner, ending)) if ending.eq_ignore_ascii_case("gz") => inner,
        _ => name,
    }
}
