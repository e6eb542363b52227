//! Forms in which programs write workbooks.

use throng_tables::{Format, Limits};

use crate::read::{refusal, rows, seen, table};
use crate::workbook::{Book, shared, texts};

fn strings(items: &str) -> Vec<(u64, String)> {
    let part = shared("'1'", &[]).replace("</sst>", &format!("{items}</sst>"));
    let count = items.matches("</si>").count() + items.matches("<si/>").count();
    let cells: String = (0..count).map(|n| format!("<row><c t=\"s\"><v>{n}</v></c></row>")).collect();
    rows(Format::Xlsx, &Book { shared: Some(part), ..Book::of(&(texts(&["a"]) + &cells)) }.bytes())
}

#[test]
fn runs_blanks_escapes_and_pronunciation() {
    let items = r#"<si><r><rPr><b/><t>x</t></rPr><t xml:space="preserve">rich </t></r><r><t>text</t></r></si>
        <si><r><t> a </t></r><r><t>
b</t></r></si>
        <si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si>
        <si/><si><t/></si>
        <si><t>one_x000D__x000a_two_x005F_x0041_</t></si>
        <si><t>a &lt;b&gt; &#233;&#x1F600; <![CDATA[<c> & d]]></t></si>
        <si><t>_x0000_</t></si>"#;
    // A run's format has no text: what stands in it would be taken for one.
    let items = items.replace("<b/><t>x</t>", "<b/>");
    assert_eq!(
        strings(&items),
        seen(&[
            (2, "rich text"),
            (3, "ab"),
            (4, "東京"),
            (7, "one\r\ntwo_x0041_"),
            (8, "a <b> é😀 <c> & d"),
            (9, "!contains a NUL character"),
        ])
    );
}

#[test]
fn a_number_of_a_shared_string_that_there_is_none_of_fails_its_row() {
    let cells = texts(&["a"])
        + r#"<row><c t="s"><v>1</v></c></row><row><c t="s"><v>-1</v></c></row>
           <row><c t="s"><v>0</v></c></row><row><c t="s"/></row><row><c t="s"><v>18446744073709551616</v></c></row>"#;
    let book = Book { shared: Some(shared("'9'", &["x"])), ..Book::of(&cells) };
    assert_eq!(
        rows(Format::Xlsx, &book.bytes()),
        seen(&[
            (2, "!the cell A2 refers to shared text \"1\", of 1 that there are"),
            (3, "!the cell A3 refers to shared text \"-1\", of 1 that there are"),
            (4, "x"),
            (6, "!the cell A6 refers to shared text \"18446744073709551616\", of 1 that there are"),
        ])
    );
    let none = Book::of(&(texts(&["a"]) + r#"<row><c t="s"><v>0</v></c></row>"#));
    let fault = "!the cell A2 refers to shared text \"0\", of 0 that there are";
    assert_eq!(rows(Format::Xlsx, &none.bytes()), seen(&[(2, fault)]));
    let header = Book::of(r#"<row><c t="s"><v>0</v></c></row>"#);
    let (_, message) = refusal(Format::Xlsx, &header.bytes(), Limits::default());
    assert_eq!(message, "row 1: the cell A1 refers to shared text \"0\", of 0 that there are");
}

#[test]
fn hidden_rows_hidden_sheets_and_the_sheet_that_is_asked_for() {
    let first = texts(&["first"]) + r#"<row hidden="1"><c><v>1</v></c></row>"#;
    let second = texts(&["second"]) + &texts(&["2"]);
    let book = Book { sheets: vec![("One &amp; more", first), ("CoreUser", second)], ..Book::default() };
    let read = |sheet: &str| {
        table(Format::Xlsx, &book.bytes(), Limits { sheet: Some(sheet.to_owned()), ..Limits::default() })
    };
    assert_eq!(read("one & more ").unwrap(), (vec!["first".to_owned()], seen(&[(2, "1")])));
    assert_eq!(
        read("two").unwrap_err().1.to_string(),
        "the workbook has no sheet 'two'; it has 'One & more', 'CoreUser'"
    );
}

#[test]
fn days_counted_from_1904() {
    let cells = texts(&["a"]) + r#"<row><c s="1"><v>44481</v></c></row><row><c s="3"><v>0.5</v></c></row>"#;
    let mut book = Book::of(&cells);
    let list = r#"<workbook xmlns="x" xmlns:r="y"><workbookPr date1904="true"/><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    book.replaced = vec![("xl/workbook.xml", list)];
    assert_eq!(rows(Format::Xlsx, &book.bytes()), seen(&[(2, "2025-10-13"), (3, "12:00:00")]));
}

#[test]
fn the_strict_standard_prefixes_and_other_names_of_parts() {
    let mut book = Book::default();
    let sheet = r#"<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c></x:row><x:row><x:c t="d"><x:v>2026-02-28</x:v></x:c></x:row></x:sheetData></x:worksheet>"#;
    book.parts.push(("book\\Sheets\\ONE.xml".to_owned(), sheet.as_bytes().to_vec()));
    let list = r#"<x:workbook xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main" xmlns:q="http://purl.oclc.org/ooxml/officeDocument/relationships"><x:sheets><x:sheet name="S" sheetId="7" q:id="s"/></x:sheets></x:workbook>"#;
    book.parts.push(("book/main.xml".to_owned(), list.as_bytes().to_vec()));
    let related = r#"<Relationships><Relationship Id="s" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="./x/../sheets/one.xml"/></Relationships>"#;
    book.parts.push(("book/_rels/main.xml.rels".to_owned(), related.as_bytes().to_vec()));
    let root = r#"<Relationships><Relationship Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/book/main.xml"/></Relationships>"#;
    book.replaced = vec![("_rels/.rels", root)];
    assert_eq!(rows(Format::Xlsx, &book.bytes()), seen(&[(2, "2026-02-28")]));
}

#[test]
fn cells_may_stand_anywhere_and_have_anything_beside_their_value() {
    let cells = texts(&["a", "b", "c"])
        + r#"<row r="5"><c><v>1</v></c><c r="C5" t="str"><v>_x0041_ </v><extLst><ext><v>9</v></ext></extLst></c></row>
           <row><c r="B6" t="n"><v> 2.50 </v></c></row><row><c t="b"><v>x</v></c><c t="q"><v>3</v></c></row>
           <row><c t="e"><v>#REF!</v></c></row><row><c><f/></c></row>"#;
    assert_eq!(
        rows(Format::Xlsx, &Book::of(&cells).bytes()),
        seen(&[
            (5, "1||A"),
            (6, "|2.5|"),
            (7, "x|3|"),
            (8, "!the cell A8 holds the error #REF!"),
            (9, "!the cell A9 holds a formula; only values are read"),
        ])
    );
}
