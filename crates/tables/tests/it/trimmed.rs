//! Which texts had white space at their ends.

use std::io::{Cursor, Read as _};

use throng_tables::{Cell, Format, Formulas, Limits, Row, Workbook, open};

fn trimmed(format: Format, file: &[u8]) -> Vec<Vec<usize>> {
    let input = Box::new(Cursor::new(file.to_vec()));
    let mut rows = open(format, input, &["a", "b", "c"], Limits::default()).unwrap();
    let (mut all, mut row) = (Vec::new(), Row::default());
    while rows.next_row(&mut row).unwrap() {
        assert!(row.cells.is_ok(), "{row:?}");
        all.push(row.trimmed.clone());
    }
    all
}

#[test]
fn what_was_trimmed_is_known_by_its_place() {
    let rows: [[&str; 3]; 4] = [["x", "y", "z"], [" x", "y", "z "], ["x", "\" y\"", "   "], ["x", "y", "z"]];
    let expected: [&[usize]; 4] = [&[], &[0, 2], &[1], &[]];
    for end in ["\n", "\r\n"] {
        let lines: String = rows.iter().map(|row| format!("{}{end}", row.join(","))).collect();
        assert_eq!(trimmed(Format::Csv, format!("a,b,c{end}{lines}").as_bytes()), expected);
    }
    let rows = rows.map(|row| row.map(|text| text.trim_matches('"')));
    let line =
        |row: &[&str; 3]| format!("{}\n", serde_json::json!({ "a": row[0], "b": row[1], "c": row[2] }));
    let lines: String = rows.iter().map(line).collect();
    assert_eq!(trimmed(Format::JsonLines, lines.as_bytes()), expected);
    assert_eq!(trimmed(Format::JsonLines, lines.replace(' ', "\\u0020").as_bytes()), expected);
    let mut book = Workbook::new(&["a", "b", "c"], Formulas::Escaped).unwrap();
    for row in rows {
        book.push(&row.map(|text| Cell::Text(text.to_owned()))).unwrap();
    }
    let mut bytes = Vec::new();
    book.finish().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(trimmed(Format::Xlsx, &bytes), expected);
}
