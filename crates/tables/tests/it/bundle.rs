//! Workbooks in an archive: one file.

use std::io::{Cursor, Read};

use throng_tables::{Archive, Cell, Format, Formulas, Limits, Upload, Workbook, open_upload};

use crate::read::{drain, refusal, seen, table};
use crate::workbook::{Book, texts};

/// An archive as an export makes it.
fn archive<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Vec<u8> {
    let mut archive = Archive::default();
    for (name, bytes) in files {
        archive.begin(name).unwrap();
        archive.write(&bytes).unwrap();
    }
    archive.finish().unwrap()
}

fn book(rows: &[&[&str]]) -> Vec<u8> {
    Book::of_texts(rows).bytes()
}

#[test]
fn rows_run_on_from_workbook_to_workbook() {
    let odd = Book::of(&format!(
        r#"<row r="3"><c r="A3" t="inlineStr"><is><t>login id</t></is></c><c r="B3" t="inlineStr"><is><t>name</t></is></c></row>
        {}<row r="7"><c r="A7"><f>1</f><v>1</v></c></row>"#,
        r#"<row r="5"><c r="A5" t="inlineStr"><is><t>cyd</t></is></c></row>"#
    ));
    let file = archive([
        ("users-2.xlsx", book(&[&["Login Id", "Name"], &["ann", "Ann"], &["bob", "Bob"]])),
        ("users-1.XLSX", odd.bytes()),
        ("empty.xlsx", book(&[&["Login_Id", "Name"]])),
        ("last.xlsx", book(&[&["Login Id", "Name"], &["dee", ""]])),
    ]);
    let (headers, rows) = table(Format::Xlsx, &file, Limits::default()).unwrap();
    assert_eq!(headers, ["Login Id", "Name"]);
    let formula = "!in 'users-1.XLSX': the cell A7 holds a formula; only values are read";
    assert_eq!(rows, seen(&[(2, "ann|Ann"), (3, "bob|Bob"), (5, "cyd|"), (7, formula), (8, "dee|")]));
}

#[test]
fn what_is_written_here_is_read_here() {
    let files: Vec<_> = (0..3)
        .map(|file| {
            let mut book = Workbook::new(&["Login Id", "Other"], Formulas::Escaped).unwrap();
            for row in 0..1_000 {
                book.push(&[Cell::Text(format!("u{file}{row:03}")), Cell::default()]).unwrap();
            }
            let mut bytes = Vec::new();
            book.finish().unwrap().read_to_end(&mut bytes).unwrap();
            (format!("users-{file}.xlsx"), bytes)
        })
        .collect();
    let file = archive(files.iter().map(|(name, bytes)| (&name[..], bytes.clone())));
    for name in ["users.zip", "users"] {
        let input = Box::new(Cursor::new(file.clone()));
        let upload = Upload { input, file_name: Some(name), content_type: Some("application/zip") };
        let mut rows = open_upload(upload, &["Login Id"], Limits::default()).unwrap();
        assert_eq!(rows.unknown_columns(), ["Other"]);
        let (rows, error) = drain(rows.as_mut());
        assert!(error.is_none());
        assert_eq!((rows.len(), &rows[2_999]), (3_000, &(3_001, "u2999|".to_owned())));
    }
}

#[test]
fn what_a_mac_lays_into_an_archive_is_passed_over_and_counted() {
    let note = || b"Mac OS X        \x02".to_vec();
    let file = |notes: &[&str]| {
        let notes: Vec<(&str, Vec<u8>)> = notes.iter().map(|name| (*name, note())).collect();
        let books = ["users-1.xlsx", "users-2.xlsx"].map(|name| (name, book(&[&["Login Id"], &[name]])));
        archive(books.into_iter().chain(notes))
    };
    let notes = ["__MACOSX/", "__MACOSX/._users-1.xlsx", "__MACOSX/more/._x", ".DS_Store"];
    let (_, rows) = table(Format::Xlsx, &file(&notes), Limits::default()).unwrap();
    assert_eq!(rows, seen(&[(2, "users-1.xlsx"), (3, "users-2.xlsx")]));

    let few = Limits { archive_workbooks_max: 5, ..Limits::default() };
    assert!(table(Format::Xlsx, &file(&notes[..3]), few.clone()).is_ok());
    let (is_too_large, text) = refusal(Format::Xlsx, &file(&notes), few);
    assert!(is_too_large && text == "the archive has 6 files, at most 5 are read", "{text}");
    // Of notes alone nothing is read.
    let alone = archive([("__MACOSX/._users-1.xlsx", note())]);
    assert!(table(Format::Xlsx, &alone, Limits::default()).is_err());
}

#[test]
fn what_is_no_archive_of_workbooks_alone_is_refused() {
    let good = || book(&[&["Login Id"], &["ann"]]);
    let unreadable = |file: &[u8]| {
        let (is_too_large, text) = refusal(Format::Xlsx, file, Limits::default());
        assert!(!is_too_large, "{text}");
        text
    };
    for name in ["readme.txt", "more/b.xlsx", "more\\b.xlsx", "people.csv", "inner.zip", "b.xlsx/"] {
        let text = unreadable(&archive([("a.xlsx", good()), (name, good())]));
        assert_eq!(
            text,
            format!("the archive has '{name}' in it; only .xlsx workbooks are read, and those in no folder")
        );
    }
    assert_eq!(
        unreadable(&archive([("people.csv", b"Login Id\nann\n".to_vec())])),
        "the file is a ZIP archive, but no XLSX workbook, nor one of such workbooks"
    );
    let nested = archive([("a.xlsx", archive([("b.xlsx", good())]))]);
    assert_eq!(unreadable(&nested), "in 'a.xlsx': the file is an archive of workbooks itself; take it apart");
    let other = book(&[&["Name", "Login Id"], &["Bob", "bob"]]);
    assert_eq!(
        unreadable(&archive([("a.xlsx", good()), ("b.xlsx", other)])),
        "in 'b.xlsx': its header is not that of 'a.xlsx'; all workbooks of an archive need the same columns in the \
         same order"
    );
    for (content, said) in [
        (book(&[]), "its first row must name the columns"),
        (b"Login Id\nann\n".to_vec(), "the file is no XLSX workbook"),
        (good()[..200].to_vec(), "the workbook is damaged"),
    ] {
        let text = unreadable(&archive([("a.xlsx", good()), ("b.xlsx", content)]));
        assert!(text.starts_with(&format!("in 'b.xlsx': {said}")), "{text}");
    }
}

#[test]
fn limits_hold_for_all_workbooks_together() {
    let good = || book(&[&["Login Id"], &["ann"], &["bob"]]);
    let file = archive([("a.xlsx", good()), ("b.xlsx", good())]);
    let too_large = |limits| {
        let (is_too_large, text) = refusal(Format::Xlsx, &file, limits);
        assert!(is_too_large, "{text}");
        text
    };
    let rows = Limits { rows_max: 3, ..Limits::default() };
    assert_eq!(too_large(rows), "row 5: the file has more than 3 rows");
    let files = Limits { archive_workbooks_max: 1, ..Limits::default() };
    assert_eq!(too_large(files), "the archive has 2 files, at most 1 are read");
    let bytes = Limits { xlsx_inflated_bytes_max: good().len() as u64 * 3, ..Limits::default() };
    let text = too_large(bytes);
    assert!(text.contains("the archive unpacks to more than"), "{text}");
}

#[test]
fn a_sheet_is_asked_of_every_workbook() {
    let book = |sheet: &'static str| Book {
        sheets: vec![("First", texts(&["x"])), (sheet, texts(&["Login Id"]) + &texts(&["ann"]))],
        ..Book::default()
    };
    let limits = Limits { sheet: Some("People".to_owned()), ..Limits::default() };
    let file = archive([("a.xlsx", book("People").bytes()), ("b.xlsx", book("Others").bytes())]);
    let (_, text) = refusal(Format::Xlsx, &file, limits);
    assert_eq!(text, "in 'b.xlsx': the workbook has no sheet 'People'; it has 'First', 'Others'");
}
