use throng_tables::{Format, Limits};

use crate::read::{refusal, rows, seen, table};
use crate::workbook::{Book, shared, texts};

fn refused(book: &Book, limits: Limits) -> (bool, String) {
    refusal(Format::Xlsx, &book.bytes(), limits)
}

fn small() -> Book {
    Book::of_texts(&[&["Login Id", "Name"], &["ann@example.com", "Ann"], &["bob@example.com", "Bob"]])
}

/// The small workbook with these shared strings.
fn with(part: String) -> Book {
    Book { shared: Some(part), ..small() }
}

#[test]
fn compressed_bytes() {
    let bytes = small().bytes();
    let exact = Limits { xlsx_compressed_bytes_max: bytes.len() as u64, ..Limits::default() };
    assert_eq!(table(Format::Xlsx, &bytes, exact).unwrap().1.len(), 2);
    let max = bytes.len() as u64 - 1;
    assert_eq!(
        refusal(Format::Xlsx, &bytes, Limits { xlsx_compressed_bytes_max: max, ..Limits::default() }),
        (true, format!("the workbook is larger than {max} bytes"))
    );
}

#[test]
fn inflated_bytes_of_what_is_read() {
    let comment =
        |length| shared("'1'", &["a"]).replace("<si>", &format!("<!--{}--><si>", "x".repeat(length)));
    let limits = || Limits { xlsx_inflated_bytes_max: 90_000, ..Limits::default() };
    assert_eq!(table(Format::Xlsx, &with(comment(80_000)).bytes(), limits()).unwrap().1.len(), 2);
    assert_eq!(
        refused(&with(comment(90_000)), limits()),
        (true, "the workbook unpacks to more than 90000 bytes".to_owned())
    );
    let mut book = small();
    book.parts.push(("xl/media/a.bin".to_owned(), vec![7; 3_000_000]));
    assert_eq!(table(Format::Xlsx, &book.bytes(), limits()).unwrap().1.len(), 2, "pictures are not read");
}

#[test]
fn a_bomb_is_refused_by_its_ratio_and_a_lying_size_does_not_help() {
    let bomb = texts(&["a"]) + &format!("<row/>{}", " ".repeat(200_000)).repeat(20);
    assert_eq!(
        refused(&Book::of(&bomb), Limits::default()),
        (true, "row 7: the workbook unpacks to more than 250 times its size".to_owned())
    );
    // The size in both headers of the part, made small.
    let mut bytes = Book::of(&bomb).bytes();
    let length = u32::try_from(Book::of(&bomb).sheet(0).len()).unwrap();
    let size = length.to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == size).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 4].copy_from_slice(&100_000_u32.to_le_bytes());
    }
    let (_, message) = refusal(Format::Xlsx, &bytes, Limits::default());
    assert_eq!(message, "row 2: the workbook is damaged: a part is larger than the archive says");
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
fn shared_strings_are_counted_and_what_is_announced_is_not_believed() {
    let limits = || Limits { xlsx_shared_strings_max: 3, ..Limits::default() };
    let too_many = (true, "the workbook has more than 3 shared strings".to_owned());
    let read = |part| table(Format::Xlsx, &with(part).bytes(), limits()).unwrap().1.len();
    for unique in ["'3'", "\"4\"", "\"99999999999999\"", "\"18446744073709551616\"", "\"+9\"", "\"\""] {
        assert_eq!(read(shared(unique, &["a", "b", "c"])), 2, "{unique}");
    }
    assert_eq!(refused(&with(shared("\"1\"", &["a", "b", "c", "d"])), limits()), too_many);
    let prefixed = shared("\"1\"", &["a", "b", "c", "d"])
        .replace("<si>", "<x:si >")
        .replace("</si>", "</x:si>")
        .replace("<x:si ><t>d</t></x:si>", "<si/>");
    assert_eq!(refused(&with(prefixed), limits()), too_many);
}

#[test]
fn document_types_entities_and_other_encodings() {
    let with = |part: Vec<u8>| {
        let mut book = small();
        book.shared = Some(String::new());
        book.binary_shared = Some(part);
        refused(&book, Limits::default())
    };
    assert_eq!(
        with(b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\">]><sst/>".to_vec()),
        (false, "the workbook declares a document type".to_owned())
    );
    assert_eq!(
        with(b"<sst><si><t>&lol;</t></si></sst>".to_vec()),
        (false, "the workbook is damaged: there is no entity \"lol\"".to_owned())
    );
    let utf16: Vec<u8> =
        shared("\"99999999999\"", &["a"]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let other = (false, "the workbook is not written in UTF-8".to_owned());
    assert_eq!(with([b"\xff\xfe".to_vec(), utf16.clone()].concat()), other);
    assert_eq!(with(utf16), other);
    assert_eq!(with(b"<?xml version=\"1.0\" encoding = 'ISO-2022-JP'?><sst/>".to_vec()), other);
    assert_eq!(with([b"<?xml ".to_vec(), vec![b' '; 400], b"encoding='x'?><sst/>".to_vec()].concat()), other);
    let (_, message) = with(b"<sst><si><t>\xff</t></si></sst>".to_vec());
    assert!(message.starts_with("the workbook is damaged: "), "{message}");
}

#[test]
fn depth_and_length_of_what_stands_in_a_part() {
    let deep = |depth| shared("'1'", &["a"]).replace("<si>", &format!("{}<si>", "<x>".repeat(depth)));
    let refused = |part| refused(&with(part), Limits::default()).1;
    assert_eq!(
        refused(deep(61)),
        "the workbook is damaged: ill-formed document: expected `</x>`, but `</sst>` was found"
    );
    assert_eq!(refused(deep(100)), "the workbook is damaged: 64 elements stand inside one another");
    let long = "a tag or text of the workbook is longer than 262144 bytes";
    let noise: String = (0..300_000_u32)
        .map(|n| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 16 & 15) as u8))
        .collect();
    assert_eq!(refused(shared("'1'", &[&noise])), long);
    assert_eq!(refused(shared(&format!("'1' x='{noise}'"), &["a"])), long);
    assert_eq!(refused(shared(&format!("'1' {noise}='1'"), &["a"])), long);
    let runs =
        format!("</t></si><si><r><t>{}</t></r></si><si><t>", [&noise[..200_000]; 6].join("</t></r><r><t>"));
    assert_eq!(refused(shared("'1'", &[&runs])), "a text of the workbook is longer than 1048576 bytes");
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
        table(Format::Xlsx, &book.bytes(), limits.clone()).unwrap().1,
        seen(&[(2, "!the cell in column 1 has 15 bytes, at most 14 are read"), (3, "12345678901234")])
    );
    let header = Book::of_texts(&[&["123456789012345"]]);
    assert_eq!(
        refused(&header, limits),
        (false, "row 1: the cell in column 1 has 15 bytes, at most 14 are read".to_owned())
    );
}

#[test]
fn as_many_rows_and_columns_as_a_sheet_can_have() {
    let wide = |count| texts(&["a"]) + "<row>" + &"<c/>".repeat(count) + "</row>" + &texts(&["1"]);
    assert_eq!(rows(Format::Xlsx, &Book::of(&wide(16_384)).bytes()), seen(&[(3, "1")]));
    assert_eq!(
        refused(&Book::of(&wide(16_385)), Limits::default()),
        (false, "row 2: the workbook is damaged: a row of its sheet has more than 16384 columns".to_owned())
    );
    let last = texts(&["a"]) + r#"<row r="1048576"><c><v>1</v></c></row>"#;
    assert_eq!(rows(Format::Xlsx, &Book::of(&last).bytes()), seen(&[(1_048_576, "1")]));
    let over = "row 1048576: the workbook is damaged: its sheet has more than 1048576 rows";
    assert_eq!(refused(&Book::of(&(last + "<row/>")), Limits::default()), (false, over.to_owned()));
}
