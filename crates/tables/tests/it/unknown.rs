//! Columns that the caller does not know.

use std::io::Cursor;

use throng_tables::{Format, Limits, Row, Rows, UNKNOWN_COLUMNS_MAX, open};

use crate::workbook::{Book, texts};

fn opened(format: Format, bytes: &[u8]) -> Box<dyn Rows + Send> {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    open(format, input, &["Login Id", "Name"], Limits::default()).unwrap()
}

#[test]
fn of_a_header() {
    let known = "login_id, Shoe Size ,,NAME,Ünknown";
    let expected = ["Shoe Size", "Ünknown"];
    assert_eq!(opened(Format::Csv, known.as_bytes()).unknown_columns(), expected);
    let header: Vec<&str> = known.split(',').collect();
    assert_eq!(opened(Format::Xlsx, &Book::of(&texts(&header)).bytes()).unknown_columns(), expected);
    assert!(opened(Format::Csv, b"loginid").unknown_columns().is_empty());
}

#[test]
fn of_json_lines_as_they_are_met() {
    let text = "{\"login id\":1,\"shoeSize\":2}\n{\"Shoe_Size\":1,\"b\":{}}\nx\n{\"c\":\"\\ud800\"}\n";
    let (mut rows, mut row) = (opened(Format::JsonLines, text.as_bytes()), Row::default());
    assert!(rows.unknown_columns().is_empty());
    assert!(rows.next_row(&mut row).unwrap());
    assert_eq!(rows.unknown_columns(), ["shoeSize"]);
    while rows.next_row(&mut row).unwrap() {}
    assert_eq!(rows.unknown_columns(), ["shoeSize", "b", "c"]);
    let many: String = (0..300).map(|n| format!("{{\"k{n}\":1}}\n")).collect();
    let mut rows = opened(Format::JsonLines, many.as_bytes());
    while rows.next_row(&mut row).unwrap() {}
    assert_eq!(rows.unknown_columns().len(), UNKNOWN_COLUMNS_MAX);
    let long = format!("{{\"{}\":1}}", "k".repeat(1000));
    let mut rows = opened(Format::JsonLines, long.as_bytes());
    assert!(rows.next_row(&mut row).unwrap());
    assert!(rows.unknown_columns().is_empty());
}
