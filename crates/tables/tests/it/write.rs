use std::io::{Cursor, Read};

use proptest::prelude::*;
use throng_tables::{
    Cell, Format, Formulas, Limits, Row, SHEET_ROWS_MAX, Workbook, join_list, open, split_list, write_csv,
    write_json_line,
};

const HEADERS: &[&str] = &["A", "B", "C"];

fn texts(texts: &[&str]) -> Vec<Cell> {
    texts.iter().map(|&text| Cell::Text(text.to_owned())).collect()
}

fn csv(cells: &[Cell], formulas: Formulas) -> String {
    let mut out = Vec::new();
    write_csv(cells, formulas, &mut out);
    String::from_utf8(out).unwrap()
}

/// What the reader makes of a file.
fn read(format: Format, file: Vec<u8>) -> Vec<Vec<Cell>> {
    let mut rows = open(format, Box::new(Cursor::new(file)), HEADERS, Limits::default()).unwrap();
    assert_eq!(rows.headers(), HEADERS);
    let (mut read, mut row) = (Vec::new(), Row::default());
    while rows.next_row(&mut row).unwrap() {
        read.push(row.cells.clone().unwrap());
    }
    read
}

fn book(rows: &[Vec<Cell>]) -> Vec<u8> {
    let mut book = Workbook::new(HEADERS, Formulas::Escaped).unwrap();
    for row in rows {
        assert!(book.push(row).unwrap());
    }
    let mut file = Vec::new();
    book.finish().unwrap().read_to_end(&mut file).unwrap();
    file
}

#[test]
fn records_are_quoted_where_they_have_to_be() {
    let cells = texts(&["a", "b,c", "say \"hi\"", "two\nlines", " outer ", ""]);
    assert_eq!(csv(&cells, Formulas::Kept), "a,\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\",\" outer \",\r\n");
    assert_eq!(
        csv(&[Cell::List(vec!["a".to_owned(), "b, c".to_owned()])], Formulas::Kept),
        "\"[a, \"\"b, c\"\"]\"\r\n"
    );
}

#[test]
fn formulas_get_an_apostrophe_and_nothing_else_does() {
    let formulas = ["=1", "+1", "-1", "@a", "\t1", "\r1", "'=1", "''=1"];
    for text in formulas {
        let written = csv(&texts(&[text]), Formulas::Escaped);
        assert!(written.trim_start_matches('"').starts_with(&format!("'{text}")), "{written:?}");
        let kept = csv(&texts(&[text]), Formulas::Kept);
        assert!(kept.trim_start_matches('"').starts_with(text), "{kept:?}");
    }
    for text in ["a=1", "'a", "'", "", "1-1", "[=1]"] {
        assert_eq!(csv(&texts(&[text]), Formulas::Escaped), format!("{text}\r\n"));
    }
}

#[test]
fn a_workbook_holds_texts_and_cuts_what_no_cell_can_hold() {
    let long = "😀".repeat(20_000);
    let rows = read(Format::Xlsx, book(&[texts(&["=1+1", "007", &long]), texts(&["", "", "'=x"])]));
    assert_eq!(rows[0][..2], texts(&["=1+1", "007"]));
    assert_eq!(rows[0][2], Cell::Text("😀".repeat(16_383)));
    assert_eq!(rows[1], texts(&["", "", "'=x"]));
}

#[test]
fn a_full_sheet_takes_no_more() {
    let mut book = Workbook::new(&["A"], Formulas::Kept).unwrap();
    let row = texts(&["x"]);
    for _ in 0..SHEET_ROWS_MAX {
        assert!(book.push(&row).unwrap());
    }
    assert!(!book.push(&row).unwrap());
    assert!(book.finish().unwrap().metadata().unwrap().len() > 0);
}

fn value() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("'"),
        Just("="),
        Just("-"),
        Just("\""),
        Just(","),
        Just("["),
        Just("]"),
        Just(" "),
        Just("\n"),
        Just("\r\n"),
        Just("x"),
        Just("é"),
        Just("_x0041_"),
        Just("\t"),
        Just("&<"),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat().trim().to_owned())
}

fn items() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(value().prop_filter("not empty", |item| !item.is_empty()), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_was_written_is_read_again(a in value(), b in value(), list in items()) {
        // A row of blanks would be passed over.
        let row = vec![Cell::Text(a), Cell::Text(b), Cell::Text("-".to_owned())];
        let mut file = csv(&texts(HEADERS), Formulas::Kept).into_bytes();
        write_csv(&row, Formulas::Escaped, &mut file);
        prop_assert_eq!(read(Format::Csv, file), vec![row.clone()]);
        let row = vec![row[0].clone(), row[1].clone(), Cell::List(list.clone())];
        let mut file = Vec::new();
        write_json_line(HEADERS, &row, &mut file);
        prop_assert_eq!(read(Format::JsonLines, file), vec![row]);
        prop_assert_eq!(split_list(&join_list(&list)).unwrap(), list);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_a_workbook_holds_is_read_again(a in value(), b in value()) {
        let row = vec![Cell::Text(a), Cell::Text(b), Cell::Text("-".to_owned())];
        prop_assert_eq!(read(Format::Xlsx, book(std::slice::from_ref(&row))), vec![row]);
    }
}
