//! Workbooks built by hand, part by part.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const SHARED_RELATION: &str = r#"<Relationship Id="shared" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>"#;
const STYLES_RELATION: &str = r#"<Relationship Id="styles" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="/xl/styles.xml"/>"#;
/// Style 1 is a date, style 2 a date with a time, style 3 a time, style 4 a duration.
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="200" formatCode="[h]:mm:ss"/></numFmts><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="20"/><xf numFmtId="200"/></cellXfs></styleSheet>"#;

/// What a workbook is built from.
#[derive(Clone, Default)]
pub struct Book {
    /// Names of the sheets and the rows of each, as XML.
    pub sheets: Vec<(&'static str, String)>,
    /// The whole part of shared strings.
    pub shared: Option<String>,
    /// The part of shared strings, if it is no text.
    pub binary_shared: Option<Vec<u8>>,
    /// Further parts.
    pub parts: Vec<(String, Vec<u8>)>,
    /// Parts that stand in place of those made here.
    pub replaced: Vec<(&'static str, &'static str)>,
}

impl Book {
    /// One sheet with the given `<row>` elements.
    pub fn of(rows: &str) -> Self {
        Self { sheets: vec![("Sheet1", rows.to_owned())], ..Self::default() }
    }

    /// One sheet of texts, in inline strings.
    pub fn of_texts(rows: &[&[&str]]) -> Self {
        Self::of(&rows.iter().map(|row| texts(row)).collect::<String>())
    }

    /// The part of a sheet.
    pub fn sheet(&self, index: usize) -> String {
        sheet_part(&self.sheets[index].1)
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in self.all_parts() {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// Every part with its name, in the order in which they are written.
    pub fn all_parts(&self) -> Vec<(String, Vec<u8>)> {
        let mut parts = Vec::new();
        let mut add = |name: &str, content: &[u8]| {
            let replaced = self.replaced.iter().find(|(part, _)| *part == name);
            let content = replaced.map_or(content, |(_, content)| content.as_bytes());
            parts.push((name.to_owned(), content.to_vec()));
        };
        let mut list = String::new();
        let mut targets = String::new();
        if self.shared.is_some() {
            targets.push_str(SHARED_RELATION);
        }
        targets.push_str(STYLES_RELATION);
        for (index, (name, rows)) in self.sheets.iter().enumerate() {
            list.push_str(&format!(r#"<sheet name="{name}" sheetId="{0}" r:id="rId{0}"/>"#, index + 1));
            targets.push_str(&format!(r#"<Relationship Id="rId{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{0}.xml"/>"#, index + 1));
            add(&format!("xl/worksheets/sheet{}.xml", index + 1), sheet_part(rows).as_bytes());
        }
        add("[Content_Types].xml", TYPES.as_bytes());
        add("_rels/.rels", RELATIONS.as_bytes());
        add("xl/workbook.xml", format!(r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{list}</sheets></workbook>"#).as_bytes());
        add("xl/_rels/workbook.xml.rels", format!(r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{targets}</Relationships>"#).as_bytes());
        add("xl/styles.xml", STYLES.as_bytes());
        if let Some(shared) = &self.shared {
            add("xl/sharedStrings.xml", self.binary_shared.as_deref().unwrap_or(shared.as_bytes()));
        }
        for (name, content) in &self.parts {
            add(name, content);
        }
        parts
    }
}

fn sheet_part(rows: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    )
}

/// A row of inline strings without references: the place follows from the order.
pub fn texts(cells: &[&str]) -> String {
    let cells: String =
        cells.iter().map(|text| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#)).collect();
    format!("<row>{cells}</row>")
}

/// A part of shared strings that announces `unique` (given with its quotes).
pub fn shared(unique: &str, strings: &[&str]) -> String {
    let items: String = strings.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="9" uniqueCount={unique}>{items}</sst>"#
    )
}
