//! The file that the repository offers for trying an import.

use std::fs::File;
use std::path::Path;

use throng_tables::{Cell, Format, Limits, Row, find_column, open};

#[test]
fn the_example_file_has_the_faults_it_lists_and_no_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let known = ["Line", "Kind", "Login Id"];
    let mut listed = Vec::new();
    let file = File::open(folder.join("people.faults.csv")).unwrap();
    let mut rows = open(Format::Csv, Box::new(file), &known, Limits::default()).unwrap();
    assert_eq!(rows.headers(), known);
    let mut row = Row::default();
    while rows.next_row(&mut row).unwrap() {
        let cells = row.cells.as_ref().unwrap();
        listed.push((cells[0].text().unwrap().parse::<u64>().unwrap(), cells[1].text().unwrap().to_owned()));
    }
    assert_eq!(listed.len(), 25);

    let file = File::open(folder.join("people.csv")).unwrap();
    let mut rows = open(Format::Csv, Box::new(file), &[], Limits::default()).unwrap();
    let roles = find_column(rows.headers(), "roles").unwrap();
    let mut faults = Vec::new();
    let mut count = 0;
    while rows.next_row(&mut row).unwrap() {
        count += 1;
        assert_eq!(row.number, count + 1);
        let fault = row.cells.as_ref().map_err(Clone::clone).and_then(|cells| list(&cells[roles])).err();
        if let Some(fault) = fault {
            let kind = listed.iter().find(|(line, _)| *line == row.number).map(|(_, kind)| kind.as_str());
            faults.push((kind.unwrap_or("not listed").to_owned(), fault.message));
        }
    }
    assert_eq!(count, 5_000);
    let faults: Vec<(&str, &str)> =
        faults.iter().map(|(kind, fault)| (kind.as_str(), fault.as_str())).collect();
    let width = "cells where the header has 11";
    assert_eq!(
        faults,
        [
            ("too few cells", format!("has 9 {width}").as_str()),
            ("invalid UTF-8", "is not valid UTF-8 (byte 52)"),
            ("list without closing bracket", "a list opened with '[' is not closed with ']'"),
            ("too many cells", format!("has 13 {width}").as_str()),
            ("text after a closing quote", "text stands after the closing quote of a cell"),
            ("NUL character", "contains a NUL character"),
        ]
    );
}

fn list(cell: &Cell) -> Result<(), throng_tables::RowFault> {
    cell.list().map(|_| ())
}
