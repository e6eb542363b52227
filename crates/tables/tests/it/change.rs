//! What a cell says to an update: keep, clear, or a value.

use std::io::Cursor;

use throng_tables::{CLEAR, Cell, Change, Format, Limits, Row, open};

use crate::workbook::{Book, texts};

const COLUMNS: [&str; 2] = ["Name", "Roles"];

/// The one row of a file with the columns of [`COLUMNS`].
fn cells(format: Format, bytes: &[u8]) -> Vec<Cell> {
    let mut rows = open(format, Box::new(Cursor::new(bytes.to_vec())), &COLUMNS, Limits::default()).unwrap();
    let mut row = Row::default();
    assert!(rows.next_row(&mut row).unwrap());
    row.cells.unwrap()
}

fn said(cells: &[Cell]) -> String {
    let name = match cells[0].change().unwrap() {
        Change::Keep => "keep".to_owned(),
        Change::Clear => "clear".to_owned(),
        Change::Set(text) => format!("set {text}"),
    };
    match cells[1].list_change().unwrap() {
        Change::Keep => format!("{name}, keep"),
        Change::Clear => format!("{name}, clear"),
        Change::Set(items) => format!("{name}, set {}", items.join("+")),
    }
}

#[test]
fn in_every_format() {
    let cases = [
        ("Ann", "[a, b]", "set Ann, set a+b"),
        ("", "a", "keep, set a"),
        ("Ann", "", "set Ann, keep"),
        (" [CLEAR] ", "[]", "clear, clear"),
        (CLEAR, "[ ]", "clear, clear"),
        ("[clear]", "[Clear]", "clear, clear"),
        ("[]", "clear", "set [], set clear"),
        ("clear", "[\"[clear]\"]", "set clear, set [clear]"),
    ];
    for (name, roles, expected) in cases {
        let text = format!("Name,Roles\n\"{name}\",\"{}\"\n", roles.replace('"', "\"\""));
        assert_eq!(said(&cells(Format::Csv, text.as_bytes())), expected, "{text}");
        let book = texts(&COLUMNS) + &texts(&[name, roles]);
        assert_eq!(said(&cells(Format::Xlsx, &Book::of(&book).bytes())), expected, "{name}, {roles}");
        let line = serde_json::json!({"Name": name, "Roles": roles}).to_string();
        assert_eq!(said(&cells(Format::JsonLines, line.as_bytes())), expected, "{line}");
    }
    let lines = [
        ("{}", "keep, keep"),
        (r#"{"name":null,"roles":null}"#, "keep, keep"),
        (r#"{"name":"","roles":""}"#, "keep, keep"),
        (r#"{"roles":[]}"#, "keep, clear"),
        (r#"{"roles":["clear"]}"#, "keep, set clear"),
        (r#"{"roles":["[clear]"]}"#, "keep, set [clear]"),
        (r#"{"name":"[Clear]"}"#, "clear, keep"),
    ];
    for (line, expected) in lines {
        assert_eq!(said(&cells(Format::JsonLines, line.as_bytes())), expected, "{line}");
    }
}

#[test]
fn to_who_creates_it_reads_as_empty() {
    let clear = Cell::Text("[Clear]".to_owned());
    assert_eq!(clear.text(), Ok(""));
    assert!(clear.list().unwrap().is_empty());
    assert!(!clear.is_blank());
    assert!(Cell::List(Vec::new()).change().is_err());
    assert!(Cell::Text("[a".to_owned()).list_change().is_err());
}
