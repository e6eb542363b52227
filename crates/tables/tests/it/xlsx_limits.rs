use throng_tables::{Format, Limits};

use crate::read::{refusal, seen, table};
use crate::workbook::{Book, shared, texts};

fn refused(book: &Book, limits: Limits) -> (bool, String) {
    refusal(Format::Xlsx, &book.bytes(), limits)
}

fn small() -> Book {
    Book::of_texts(&[&["Login Id", "Name"], &["ann@example.com", "Ann"], &["bob@example.com", "Bob"]])
}

#[test]
fn compressed_bytes() {
    let bytes = small().bytes();
    let exact = Limits { xlsx_compressed_bytes_max: bytes.len(), ..Limits::default() };
    assert_eq!(table(Format::Xlsx, &bytes, exact).unwrap().1.len(), 2);
    let max = bytes.len() - 1;
    assert_eq!(
        refusal(Format::Xlsx, &bytes, Limits { xlsx_compressed_bytes_max: max, ..Limits::default() }),
        (true, format!("the workbook is larger than {max} bytes"))
    );
}

#[test]
fn inflated_bytes_are_counted_over_all_parts() {
    let mut book = small();
    book.parts.push(("xl/media/a.bin".to_owned(), vec![7; 40_000]));
    book.parts.push(("xl/media/b.bin".to_owned(), vec![7; 40_000]));
    let limits = |max| Limits { xlsx_inflated_bytes_max: max, ..Limits::default() };
    assert_eq!(table(Format::Xlsx, &book.bytes(), limits(90_000)).unwrap().1.len(), 2);
    assert_eq!(
        refused(&book, limits(70_000)),
        (true, "the workbook unpacks to more than 70000 bytes".to_owned())
    );
}

#[test]
fn a_bomb_is_refused_by_its_ratio_and_a_lying_size_does_not_help() {
    let mut book = small();
    book.parts.push(("xl/media/a.bin".to_owned(), vec![0; 3_000_000]));
    assert_eq!(
        refused(&book, Limits::default()),
        (true, "the workbook unpacks to more than 250 times its size".to_owned())
    );
    // The size in both headers of the part, made small.
    let mut bytes = book.bytes();
    let size = 3_000_000_u32.to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == size).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    let (_, message) = refusal(Format::Xlsx, &bytes, Limits::default());
    assert!(message.contains("250 times") || message.contains("damaged"), "{message}");
}

#[test]
fn parts() {
    let mut book = small();
    for index in 0..20 {
        book.parts.push((format!("xl/media/{index}.bin"), Vec::new()));
    }
    let limits = Limits { xlsx_entries_max: 25, ..Limits::default() };
    assert_eq!(refused(&book, limits), (true, "the workbook has 26 parts, at most 25 are read".to_owned()));
}

#[test]
fn shared_strings_announced_and_real() {
    let limits = || Limits { xlsx_shared_strings_max: 3, ..Limits::default() };
    let with = |part: String| Book { shared: Some(part), ..small() };
    let too_many = (true, "the workbook has more than 3 shared strings".to_owned());
    let malformed = (false, "the table of shared strings has a malformed uniqueCount".to_owned());
    assert_eq!(
        table(Format::Xlsx, &with(shared("'3'", &["a", "b", "c"])).bytes(), limits()).unwrap().1.len(),
        2
    );
    assert_eq!(refused(&with(shared("\"4\"", &["a"])), limits()), too_many);
    assert_eq!(refused(&with(shared("\"1\"", &["a", "b", "c", "d"])), limits()), too_many);
    let prefixed =
        shared("\"1\"", &["a", "b", "c", "d"]).replace("<si>", "<x:si >").replace("</si>", "</x:si>");
    assert_eq!(refused(&with(prefixed), limits()), too_many);
    // Numbers and forms that must not reach the parser, which reserves memory for them.
    for unique in ["\"99999999999999\"", "\"18446744073709551615\""] {
        assert_eq!(refused(&with(shared(unique, &["a"])), limits()), too_many, "{unique}");
    }
    for unique in ["\"184467440737095516150\"", " \"9999999999\"", "\"+9999999999\"", "\"\"", "9"] {
        assert_eq!(refused(&with(shared(unique, &["a"])), limits()), malformed, "{unique}");
    }
    // Across the border of two pieces of the inflating.
    for padding in 65_300..65_480 {
        let part = shared("\"99999999999999\"", &["a"])
            .replace("<sst", &format!("<!--{}--><sst", "x".repeat(padding)));
        assert_eq!(refused(&with(part), limits()), too_many, "{padding}");
    }
    for padding in 65_300..65_480 {
        let part = shared("\"1\"", &["a", "b", "c", "d"])
            .replace("<sst", &format!("<!--{}--><sst", "x".repeat(padding)));
        assert_eq!(refused(&with(part), limits()), too_many, "{padding}");
        let part =
            shared("\"1\"", &["a", "b", "c"]).replace("<sst", &format!("<!--{}--><sst", "x".repeat(padding)));
        assert_eq!(table(Format::Xlsx, &with(part).bytes(), limits()).unwrap().1.len(), 2, "{padding}");
    }
}

#[test]
fn document_types_and_other_encodings() {
    let with = |part: Vec<u8>| {
        let mut book = small();
        book.parts.push(("xl/sharedStrings.xml".to_owned(), part));
        refused(&book, Limits::default())
    };
    assert_eq!(
        with(b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\">]><sst/>".to_vec()),
        (false, "the workbook declares a document type".to_owned())
    );
    let utf16: Vec<u8> =
        shared("\"99999999999\"", &["a"]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let other = (false, "the workbook is not written in UTF-8".to_owned());
    assert_eq!(with([b"\xff\xfe".to_vec(), utf16].concat()), other);
    assert_eq!(
        with(
            b"<?xml version=\"1.0\" encoding = 'ISO-2022-JP'?><sst uni\x1b(BqueCount=\"99999999999\"/>"
                .to_vec()
        ),
        other
    );
    assert_eq!(with([b"<?xml ".to_vec(), vec![b' '; 400], b"encoding='x'?><sst/>".to_vec()].concat()), other);
}

#[test]
fn cells_rows_columns_and_bytes_of_a_cell() {
    let limits = Limits { xlsx_cells_max: 5, ..Limits::default() };
    assert_eq!(refused(&small(), limits), (true, "row 3: the sheet has more than 5 cells".to_owned()));
    let limits = Limits { rows_max: 1, ..Limits::default() };
    assert_eq!(refused(&small(), limits), (true, "row 3: the file has more than 1 rows".to_owned()));
    let limits = Limits { columns_max: 2, ..Limits::default() };
    assert_eq!(table(Format::Xlsx, &small().bytes(), limits.clone()).unwrap().1.len(), 2);
    let wide = Book::of(
        &(texts(&["a"]) + &texts(&["1"])).replace("</row><row>", r#"<c r="XFD1"><v>1</v></c></row><row>"#),
    );
    assert_eq!(
        refused(&wide, limits),
        (true, "row 1: the header reaches to column 16384, at most 2 are read".to_owned())
    );
    let limits = Limits { cell_bytes_max: 14, ..Limits::default() };
    let book = Book::of_texts(&[&["a"], &["123456789012345"], &["12345678901234"]]);
    assert_eq!(
        table(Format::Xlsx, &book.bytes(), limits).unwrap().1,
        seen(&[(2, "!the cell in column 1 has 15 bytes, at most 14 are read"), (3, "12345678901234")])
    );
}
