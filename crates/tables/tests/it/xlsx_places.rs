//! Places of cells that are none: refused before the parser computes with them.

use std::cell::Cell;
use std::sync::Once;

use throng_tables::{Format, Limits};

use crate::read::{refusal, rows, seen};
use crate::workbook::{Book, texts};

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// Panics of this thread while `run` runs, caught ones too.
fn panics(run: impl FnOnce()) -> u32 {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            before(info);
        }));
    });
    let before = PANICS.get();
    run();
    PANICS.get() - before
}

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
fn places_that_are_none_are_refused_without_a_panic() {
    let refused = [
        (r#"<row r="2"><c r="A99999999999"><v>1</v></c></row>"#, "A99999999999"),
        (r#"<row r="2"><c r="A9999999"><v>1</v></c></row>"#, "A9999999"),
        (r#"<row r="2"><c r="A1048577"><v>1</v></c></row>"#, "A1048577"),
        (r#"<row r="2"><c r="ZZZZZZZZZ3"><v>1</v></c></row>"#, "ZZZZZZZZZ3"),
        (r#"<row r="2"><c r="XFE3"><v>1</v></c></row>"#, "XFE3"),
        (r#"<row r="2"><c r="A0"><v>1</v></c></row>"#, "A0"),
        (r#"<row r="2"><c r="A"><v>1</v></c></row>"#, "A"),
        (r#"<row r="2"><c r="A2:B3"><v>1</v></c></row>"#, "A2:B3"),
        ("<row r='2'><c r='A99999999999'><v>1</v></c></row>", "A99999999999"),
        ("<row r = '99999999999'><c><v>1</v></c></row>", "99999999999"),
        ("<row\n\tspans=\"1:2\"\n\tr\n=\n\"4294967295\"><c><v>1</v></c></row>", "4294967295"),
        (r#"<x:row x=""r="99999999999"></x:row>"#, "99999999999"),
        (r#"<row x=">" r="99999999999"><c><v>1</v></c></row>"#, "99999999999"),
        (r#"<!-- " ' <c> --><row r="99999999999"/>"#, "99999999999"),
        (r#"<?x "?><![CDATA[ " ]]><row r="99999999999"/>"#, "99999999999"),
        (r#"<row><c><f t="shared" si="0" ref="A1:ZZZZZZZZZZ9">1</f></c></row>"#, "A1:ZZZZZZZZZZ9"),
        (r#"<row><c><f t="shared" si="0" ref="B2:A1">1</f></c></row>"#, "B2:A1"),
        (r#"<mergeCell ref="A1:B99999999999"/>"#, "A1:B99999999999"),
    ];
    for (row, value) in refused {
        let mut message = String::new();
        let count = panics(|| {
            let (too_large, text) = refusal(Format::Xlsx, &Book::of(&sheet(row)).bytes(), Limits::default());
            assert!(!too_large);
            message = text;
        });
        assert_eq!(count, 0, "{row}");
        if !value.is_empty() {
            assert_eq!(
                message,
                format!("the workbook is damaged: {value:?} is no place in a sheet"),
                "{row}"
            );
        }
    }
    for dimension in ["A1:A99999999999", "ZZZZZZZZZ3", "B2:A1", "A1:B2:C3", ""] {
        let bytes = with_start(&format!("<dimension ref=\"{dimension}\"/>"), &texts(&["a"]));
        let count = panics(|| {
            let message = format!("the workbook is damaged: {dimension:?} is no place in a sheet");
            assert_eq!(refusal(Format::Xlsx, &bytes, Limits::default()), (false, message));
        });
        assert_eq!(count, 0, "{dimension}");
    }
}

#[test]
fn the_counter_of_panics_counts() {
    let count = panics(|| {
        assert!(std::panic::catch_unwind(|| panic!("meant to be seen")).is_err());
    });
    assert_eq!(count, 1);
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
    let expected = seen(&[(2, r#"row r="99999999999" 'it"s"#), (1_048_576, "last")]);
    assert_eq!(panics(|| assert_eq!(rows(Format::Xlsx, &bytes), expected)), 0);
}

#[test]
fn the_tag_of_a_cell_has_an_end() {
    let xml = sheet(&format!("<row><c x=\"{}\"><v>1</v></c></row>", "x".repeat(20_000)));
    assert_eq!(
        refusal(Format::Xlsx, &Book::of(&xml).bytes(), Limits::default()),
        (false, "the workbook is damaged: the tag of a cell is longer than 16384 bytes".to_owned())
    );
}
