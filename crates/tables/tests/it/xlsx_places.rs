//! Places of cells that are none: refused.

use throng_tables::{Format, Limits};

use crate::read::{refusal, rows, seen};
use crate::workbook::{Book, texts};

/// The second row of a sheet whose first names the column `a`.
fn sheet(row: &str) -> String {
    texts(&["a"]) + row
}

/// A workbook with one sheet, whose part has `inside` before its rows.
fn with_start(inside: &str, rows: &str) -> Vec<u8> {
    // The part under another name: what it is called must not matter.
    let sheet = format!("<worksheet>{inside}<sheetData>{rows}</sheetData></worksheet>");
    let mut book = Book { sheets: Vec::new(), ..Book::default() };
    book.parts.push(("xl/worksheets/elsewhere.dat".to_owned(), sheet.into_bytes()));
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/elsewhere.dat"/></Relationships>"#;
    let list = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    book.replaced = vec![("xl/_rels/workbook.xml.rels", relations), ("xl/workbook.xml", list)];
    book.bytes()
}

#[test]
fn places_that_are_none_are_refused() {
    let refused = [
        (r#"<row r="2"><c r="A99999999999"><v>1</v></c></row>"#, "row 2", "A99999999999"),
        (r#"<row r="2"><c r="A1048577"><v>1</v></c></row>"#, "row 2", "A1048577"),
        (r#"<row r="2"><c r="ZZZZZZZZZ3"><v>1</v></c></row>"#, "row 2", "ZZZZZZZZZ3"),
        (r#"<row r="2"><c r="XFE3"><v>1</v></c></row>"#, "row 2", "XFE3"),
        (r#"<row r="2"><c r="A0"><v>1</v></c></row>"#, "row 2", "A0"),
        (r#"<row r="2"><c r="A"/></row>"#, "row 2", "A"),
        (r#"<row r="2"><c r="A2:B3"><v>1</v></c></row>"#, "row 2", "A2:B3"),
        ("<row r='2'><c r='A99999999999'><v>1</v></c></row>", "row 2", "A99999999999"),
        ("<row r = '99999999999'><c><v>1</v></c></row>", "row 1", "99999999999"),
        ("<row\n\tspans=\"1:2\"\n\tr\n=\n\"4294967295\"><c><v>1</v></c></row>", "row 1", "4294967295"),
        (r#"<x:row r="99999999999"></x:row>"#, "row 1", "99999999999"),
        (r#"<row x=">" r="99999999999"><c><v>1</v></c></row>"#, "row 1", "99999999999"),
        (r#"<!-- " ' <c> --><row r="99999999999"/>"#, "row 1", "99999999999"),
        (r#"<?x "?><![CDATA[ " ]]><row r="99999999999"/>"#, "row 1", "99999999999"),
        (r#"<row r=""/>"#, "row 1", ""),
    ];
    for (row, at, value) in refused {
        let message = format!("{at}: the workbook is damaged: {value:?} is no place in a sheet");
        let bytes = Book::of(&sheet(row)).bytes();
        assert_eq!(refusal(Format::Xlsx, &bytes, Limits::default()), (false, message), "{row}");
    }
}

#[test]
fn what_is_not_looked_at_may_name_any_place() {
    for dimension in ["A1:XFD1048576", "A1:A99999999999", "B2:A1", ""] {
        let rows_of =
            sheet(r#"<row><c><f t="shared" si="0" ref="B2:ZZZZZZ1">1</f></c></row>"#) + &texts(&["1"]);
        let bytes = with_start(&format!("<dimension ref=\"{dimension}\"/>"), &rows_of);
        let formula = "!the cell A2 holds a formula; only values are read";
        assert_eq!(rows(Format::Xlsx, &bytes), seen(&[(2, formula), (3, "1")]), "{dimension}");
    }
}

#[test]
fn places_up_to_the_last_and_texts_that_look_like_tags_are_read() {
    let bytes = with_start(
        "<dimension ref=\"A1:XFD1048576\"/>",
        &sheet(
            r#"<row r='2'><c r='a2' t="inlineStr"><is><t>row r="99999999999" 'it"s</t></is></c></row>
               <!-- <c r="A99999999999"> --><row r="1048576"><c r="A1048576"><v>last</v></c></row>"#,
        ),
    );
    assert_eq!(rows(Format::Xlsx, &bytes), seen(&[(2, r#"row r="99999999999" 'it"s"#), (1_048_576, "last")]));
}
