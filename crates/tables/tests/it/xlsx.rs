use throng_tables::{Format, Limits, find_column};

use crate::read::{refusal, remains, rows, seen, table};
use crate::workbook::{Book, shared, texts};

#[test]
fn texts_shared_and_inline_with_gaps_and_blank_rows() {
    let book = Book {
        sheets: vec![(
            "Sheet1",
            r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="s"><v>2</v></c></row>
            <row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" t="inlineStr"><is><t xml:space="preserve"> Ann &amp; Zoë </t></is></c><c r="E2"/><c r="F2" t="s"><v>5</v></c></row>
            <row r="3"/>
            <row r="4"><c r="A4"/><c r="B4" t="s"><v>5</v></c></row>
            <row r="7"><c r="A7" t="s"><v>3</v></c><c r="D7" t="s"><v>4</v></c></row>
            <row r="9"><c r="A9" t="inlineStr"><is><r><t xml:space="preserve">rich </t></r><r><t>text</t></r></is></c></row>"#
                .to_owned(),
        )],
        shared: Some(shared("\"6\"", &["Login Id", " Name ", "Roles", "ann@example.com", "'=1+1", " "])),
        ..Book::default()
    };
    let (headers, rows) = table(Format::Xlsx, &book.bytes(), Limits::default()).unwrap();
    assert_eq!(headers, ["Login Id", "Name", "", "Roles"]);
    assert_eq!(find_column(&headers, "roles"), Some(3));
    assert_eq!(
        rows,
        seen(&[(2, "ann@example.com|Ann & Zoë||"), (7, "ann@example.com|||=1+1"), (9, "rich text|||")])
    );
}

#[test]
fn numbers_dates_and_booleans_become_texts() {
    let cells = [
        ("", "12345.0", "12345"),
        ("", "1.5", "1.5"),
        ("", "-0", "0"),
        ("", "1e3", "1000"),
        ("", "9007199254740991", "9007199254740991"),
        ("", "1e300", "1e300"),
        ("t=\"b\"", "1", "TRUE"),
        ("t=\"b\"", "0", "FALSE"),
        ("t=\"str\"", "x", "x"),
        ("t=\"d\"", "2026-02-28", "2026-02-28"),
        ("s=\"1\"", "45943", "2025-10-13"),
        ("s=\"2\"", "45943.5", "2025-10-13T12:00:00"),
        ("s=\"3\"", "0.75", "18:00:00"),
        ("s=\"4\"", "1.25", "30:00:00"),
    ];
    let mut xml = texts(&["a"]);
    for (attributes, value, _) in cells {
        xml.push_str(&format!("<row><c {attributes}><v>{value}</v></c></row>"));
    }
    let expected: Vec<_> = (2..).zip(cells.iter().map(|(_, _, text)| (*text).to_owned())).collect();
    assert_eq!(rows(Format::Xlsx, &Book::of(&xml).bytes()), expected);
}

#[test]
fn formulas_errors_and_cells_without_header_fail_their_row_only() {
    let xml = format!(
        "{}{}{}{}",
        texts(&["a", "b"]),
        r#"<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2"><v>1</v></c></row>
           <row r="3"><c r="B3"><f t="shared" si="4000000000" ref="B3:B9">A1</f></c></row>
           <row r="4"><c r="A4" t="e"><v>#N/A</v></c></row>
           <row r="5"><c r="AB5"><v>1</v></c></row>"#,
        r#"<row r="6"><c r="A6"><v>6</v></c></row>"#,
        "",
    );
    assert_eq!(
        rows(Format::Xlsx, &Book::of(&xml).bytes()),
        seen(&[
            (2, "!the cell A2 holds a formula; only values are read"),
            (3, "!the cell B3 holds a formula; only values are read"),
            (4, "!the cell A4 holds the error #N/A"),
            (5, "!the cell AB5 stands in a column without a header"),
            (6, "6|"),
        ])
    );
    let left = seen(&[(2, "|1"), (3, "|"), (4, "|"), (5, "|")]);
    assert_eq!(remains(Format::Xlsx, &Book::of(&xml).bytes(), Limits::default()), left);
}

#[test]
fn the_sheet_named_core_user_else_the_first() {
    let first = texts(&["first"]) + &texts(&["1"]);
    let second = texts(&["second"]) + &texts(&["2"]);
    let mut book = Book { sheets: vec![("Readme", first), ("coreuser", second)], ..Book::default() };
    assert_eq!(table(Format::Xlsx, &book.bytes(), Limits::default()).unwrap().0, ["second"]);
    book.sheets[1].0 = "Other";
    assert_eq!(table(Format::Xlsx, &book.bytes(), Limits::default()).unwrap().0, ["first"]);
}

#[test]
fn files_that_are_no_readable_workbook() {
    let whole = Book::of_texts(&[&["a"], &["1"]]).bytes();
    let no_sheet = Book::default().bytes();
    let encrypted = [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 600]].concat();
    let cases: [(&[u8], &str); 6] = [
        (b"Login Id,Name\n", "the file is no XLSX workbook"),
        (b"", "the file is no XLSX workbook"),
        (
            &encrypted,
            "the file is an old .xls workbook or protected by a password; save it as .xlsx without one",
        ),
        (&no_sheet, "the workbook has no sheet"),
        (&whole[..whole.len() / 2], "the workbook is damaged: "),
        (&Book::of("").bytes(), "the file is empty: its first row must name the columns"),
    ];
    for (bytes, expected) in cases {
        let (too_large, message) = refusal(Format::Xlsx, bytes, Limits::default());
        assert!(!too_large && message.starts_with(expected), "{message}");
    }
}

#[test]
fn damage_inside_the_sheet_says_where() {
    let cut =
        texts(&["a"]) + r#"<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="A3"><v>1</x></c></row>"#;
    let (_, message) = refusal(Format::Xlsx, &Book::of(&cut).bytes(), Limits::default());
    assert!(message.starts_with("row 3: the workbook is damaged: "), "{message}");
    let back =
        texts(&["a"]) + r#"<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#;
    assert_eq!(
        refusal(Format::Xlsx, &Book::of(&back).bytes(), Limits::default()),
        (false, "row 2: the workbook is damaged: its cells are out of order".to_owned())
    );
    let header = texts(&["a"]).replace("<is>", "<f>1</f><is>");
    assert_eq!(
        refusal(Format::Xlsx, &Book::of(&header).bytes(), Limits::default()),
        (false, "row 1: the cell A1 holds a formula; only values are read".to_owned())
    );
    let twice = texts(&["Login Id", "x", "loginId"]);
    assert_eq!(
        refusal(Format::Xlsx, &Book::of(&twice).bytes(), Limits::default()),
        (false, "row 1: the column 'loginId' stands twice, in columns 1 and 3".to_owned())
    );
}

#[test]
fn a_byte_changed_anywhere_never_panics() {
    let mut book = Book::of_texts(&[&["Login Id", "Name"], &["ann@example.com", "Ann"]]);
    book.shared = Some(shared("\"1\"", &["x"]));
    let whole = book.bytes();
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        refused += usize::from(table(Format::Xlsx, &bytes, Limits::default()).is_err());
    }
    assert!(refused > whole.len() / 4, "only {refused} of {} were noticed", whole.len());
}
