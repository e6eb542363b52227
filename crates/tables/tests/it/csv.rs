use std::io::Cursor;

use proptest::prelude::*;
use throng_tables::{Error, Format, Limits, Row, find_column, open};

use crate::read::{Seen, Trickle, drain, refusal, remains, rows, seen, table};

const SAMPLE: &str = "\u{feff}Login Id,\"Display \"\"Name\"\"\",Roles\r\n\
    ann@example.com, Ann Müller ,\"[Agent, Supervisor]\"\r\n\
    \r\n\
    bob@example.com,\"two\r\nlines, one \"\"cell\"\"\" , 山田\r\n\
    ,,\r\n\
    eve@example.com,5\" disk,\"\"\n\
    short,row\n\
    last@example.com,x,\"y\"";

fn sample_rows() -> Vec<Seen> {
    seen(&[
        (2, "ann@example.com|Ann Müller|[Agent, Supervisor]"),
        (4, "bob@example.com|two\r\nlines, one \"cell\"|山田"),
        (7, "eve@example.com|5\" disk|"),
        (8, "!has 2 cells where the header has 3"),
        (9, "last@example.com|x|y"),
    ])
}

#[test]
fn quotes_crlf_bom_blank_lines_and_lines_inside_cells() {
    let (headers, rows) = table(Format::Csv, SAMPLE.as_bytes(), Limits::default()).unwrap();
    assert_eq!(headers, ["Login Id", "Display \"Name\"", "Roles"]);
    assert_eq!(rows, sample_rows());
    assert_eq!(find_column(&headers, "login_id"), Some(0));
    assert_eq!(find_column(&headers, "ROLES"), Some(2));
    assert_eq!(find_column(&headers, "Email"), None);
}

#[test]
fn the_size_of_the_pieces_does_not_matter() {
    for step in 1..=SAMPLE.len() {
        let input = Trickle { inner: Cursor::new(SAMPLE.as_bytes().to_vec()), step };
        let mut table = open(Format::Csv, Box::new(input), &[], Limits::default()).unwrap();
        let (rows, error) = drain(table.as_mut());
        assert!(error.is_none(), "{step}: {error:?}");
        assert_eq!(rows, sample_rows(), "pieces of {step} bytes");
    }
}

#[test]
fn a_cut_at_every_byte_gives_the_rows_before_it_and_no_panic() {
    for cut in 0..SAMPLE.len() {
        match table(Format::Csv, &SAMPLE.as_bytes()[..cut], Limits::default()) {
            Ok((_, rows)) => {
                let whole = rows.len().saturating_sub(1);
                assert_eq!(rows[..whole], sample_rows()[..whole], "cut at {cut}");
            }
            Err((_, error)) => {
                assert!(matches!(error, Error::Unreadable { .. } | Error::NoHeader), "{cut}: {error}");
            }
        }
    }
}

#[test]
fn the_escape_before_formulas_is_undone() {
    let text = "a,b,c\n'=1+1,\"'@x\",'-\n'plain,''=x,'\n";
    assert_eq!(rows(Format::Csv, text.as_bytes()), seen(&[(2, "=1+1|@x|-"), (3, "'plain|'=x|'")]));
}

#[test]
fn faults_of_one_row_leave_the_others_alone() {
    let mut bytes = b"a,b\nx,1\n".to_vec();
    bytes.extend_from_slice(b"caf\xe9,2\n");
    bytes.extend_from_slice(b"nul\0,3\n");
    bytes.extend_from_slice(b"\"q\"x,4\n");
    bytes.extend_from_slice(b"1,2,3\n");
    bytes.extend_from_slice(b"y,5\n");
    let limits = Limits { cell_bytes_max: 8, ..Limits::default() };
    bytes.extend_from_slice(b"12345678,123456789\n12345678,12345678\n");
    let expected = seen(&[
        (2, "x|1"),
        (3, "!is not valid UTF-8 (byte 4)"),
        (4, "!contains a NUL character"),
        (5, "!text stands after the closing quote of a cell"),
        (6, "!has 3 cells where the header has 2"),
        (7, "y|5"),
        (8, "!the cell in column 2 has 9 bytes, at most 8 are read"),
        (9, "12345678|12345678"),
    ]);
    assert_eq!(table(Format::Csv, &bytes, limits.clone()).unwrap().1, expected);
    bytes.extend_from_slice(b"short\n\"a\"b,\"x,\xffy\"\n\"c\xe9\",\"d, e\"\n");
    let left = seen(&[
        (3, "|2"),
        (4, "|3"),
        (5, "|4"),
        (6, "1|2"),
        (8, "12345678|"),
        (10, "short|"),
        (11, "|"),
        (12, "|d, e"),
    ]);
    assert_eq!(remains(Format::Csv, &bytes, limits), left);
}

#[test]
fn a_row_longer_than_the_limit_ends_the_file() {
    let limits = Limits { line_bytes_max: 20, ..Limits::default() };
    let exact = format!("a,b\n{},2\n", "x".repeat(18));
    assert_eq!(table(Format::Csv, exact.as_bytes(), limits.clone()).unwrap().1.len(), 1);
    let over = format!("a,b\n1,2\n{},2\n", "x".repeat(19));
    let (before, error) = table(Format::Csv, over.as_bytes(), limits).unwrap_err();
    assert_eq!(before, seen(&[(2, "1|2")]));
    assert!(error.is_too_large());
    assert_eq!(error.row(), Some(3));
    assert_eq!(error.to_string(), "row 3: the row is longer than 20 bytes");
}

#[test]
fn the_default_limit_of_a_row_holds_in_a_stream_without_end() {
    let endless = std::io::Read::chain(Cursor::new(b"a,b\n".to_vec()), std::io::repeat(b'x'));
    let mut table = open(Format::Csv, Box::new(endless), &[], Limits::default()).unwrap();
    let error = drain(table.as_mut()).1.unwrap();
    assert_eq!(error.to_string(), "row 2: the row is longer than 1048576 bytes");
}

#[test]
fn a_quote_that_is_never_closed() {
    let limits = Limits { line_bytes_max: 40, ..Limits::default() };
    let text = format!("a,b\n1,2\n\"open,3\n{}", "4,5\n".repeat(20));
    assert_eq!(
        refusal(Format::Csv, text.as_bytes(), limits),
        (false, "row 3: a quoted cell is not closed within 40 bytes; is a quote missing?".to_owned())
    );
    assert_eq!(
        refusal(Format::Csv, b"a,b\n1,2\n\n3,\"open\n4,5\n", Limits::default()),
        (false, "row 4: a quoted cell that begins in this row is never closed".to_owned())
    );
}

#[test]
fn too_many_rows_and_columns() {
    let limits = Limits { rows_max: 2, columns_max: 3, ..Limits::default() };
    assert_eq!(table(Format::Csv, b"a,b,c\n1,2,3\n\n4,5,6\n", limits.clone()).unwrap().1.len(), 2);
    assert_eq!(
        refusal(Format::Csv, b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n", limits.clone()),
        (true, "row 4: the file has more than 2 rows".to_owned())
    );
    assert_eq!(
        refusal(Format::Csv, b"\na,b,c,d,e\n", limits.clone()),
        (true, "row 2: the header has 5 columns, at most 3 are read".to_owned())
    );
    let wide = format!("a,b,c\n{}\n1,2,3\n", ",".repeat(1000));
    assert_eq!(
        table(Format::Csv, wide.as_bytes(), limits).unwrap().1,
        seen(&[(2, "!has 1001 cells where the header has 3"), (3, "1|2|3")])
    );
}

#[test]
fn headers_that_cannot_be_used() {
    let cases: [(&[u8], &str); 8] = [
        (b"", "the file is empty: its first row must name the columns"),
        (b"\xEF\xBB\xBF\r\n \n", "the file is empty: its first row must name the columns"),
        (b"Login Id,Name,login_id\n", "row 1: the column 'login_id' stands twice, in columns 1 and 3"),
        (b"a;b;c\n1;2;3\n", "row 1: columns must be separated by commas, not by ';'"),
        (b"a\tb\n", "row 1: columns must be separated by commas, not by '\\t'"),
        (b"a,b\r1,2\r3,4", "row 1: lines must end in LF or CRLF, not in CR alone"),
        (b"a,\xff\n", "row 1: the header: is not valid UTF-8 (byte 3)"),
        (b"\xff\xfea\0,\0", "row 1: the file is in UTF-16; save it as UTF-8"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(refusal(Format::Csv, bytes, Limits::default()), (false, expected.to_owned()));
    }
    let (headers, rows) = table(Format::Csv, b"a,,b,\n1,2,3,4\n", Limits::default()).unwrap();
    assert_eq!(headers, ["a", "", "b", ""]);
    assert_eq!(rows, seen(&[(2, "1|2|3|4")]));
}

#[test]
fn a_failing_stream_is_not_the_fault_of_the_file() {
    struct Broken(Cursor<Vec<u8>>);
    impl std::io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::other("gone")),
                count => Ok(count),
            }
        }
    }
    let input = Broken(Cursor::new(b"a,b\n1,2\n3,".to_vec()));
    let mut table = open(Format::Csv, Box::new(input), &[], Limits::default()).unwrap();
    let (rows, error) = drain(table.as_mut());
    assert_eq!(rows, seen(&[(2, "1|2")]));
    let error = error.unwrap();
    assert!(error.is_input() && !error.is_too_large());
    assert_eq!(error.to_string(), "the file could not be read to its end: gone");
}

#[test]
fn a_used_row_carries_nothing_over() {
    let mut table =
        open(Format::Csv, Box::new(&b"a,b\nlong value,2\nbad\n,4\n"[..]), &[], Limits::default()).unwrap();
    let mut row = Row::default();
    let mut all = Vec::new();
    while table.next_row(&mut row).unwrap() {
        all.push(crate::read::show(&row));
    }
    assert_eq!(all, seen(&[(2, "long value|2"), (3, "!has 1 cells where the header has 2"), (4, "|4")]));
}

#[test]
#[ignore = "a measurement; run with --release"]
fn a_million_rows() {
    let mut text = String::from(
        "Login Id,Account Hierarchy,Last Name,First Name,Display Name,Password,Profile,Roles,Email,Member Of,Owned Groups\n",
    );
    for n in 0..1_000_000 {
        text.push_str(&format!("first.last.{n}@example.com,,Müller,Anna,Anna Müller,,,\"[Agent,Supervisor]\",first.last.{n}@example.com,,\n"));
    }
    #[expect(clippy::disallowed_methods, reason = "a measurement")]
    let start = std::time::Instant::now();
    let mut table =
        open(Format::Csv, Box::new(Cursor::new(text.into_bytes())), &[], Limits::default()).unwrap();
    let mut row = Row::default();
    let mut count = 0;
    while table.next_row(&mut row).unwrap() {
        count += row.cells.as_ref().unwrap().len();
    }
    println!("1,000,000 rows in {:?}", start.elapsed());
    assert_eq!(count, 11_000_000);
}

proptest! {
    /// What an RFC 4180 writer writes is read back, whatever the pieces.
    #[test]
    fn written_rows_are_read_back(
        cells in prop::collection::vec(prop::collection::vec("[a-c,\"\n =é\\[]{0,6}", 3), 1..6),
        step in 1_usize..40,
    ) {
        let mut text = String::from("a,b,c\n");
        for row in &cells {
            let quoted: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            text.push_str(&quoted.join(","));
            text.push_str("\r\n");
        }
        let input = Trickle { inner: Cursor::new(text.into_bytes()), step };
        let mut table = open(Format::Csv, Box::new(input), &[], Limits::default()).unwrap();
        let (rows, error) = drain(table.as_mut());
        prop_assert!(error.is_none());
        let expected: Vec<String> = cells
            .iter()
            .map(|row| row.iter().map(|cell| cell.trim()).collect::<Vec<_>>().join("|"))
            .filter(|row| row != "||")
            .collect();
        let got: Vec<String> = rows.into_iter().map(|(_, row)| row).collect();
        prop_assert_eq!(got, expected);
    }

    /// No bytes make it panic, and pieces never matter.
    #[test]
    fn any_bytes_give_the_same_in_any_pieces(
        bytes in prop::collection::vec(prop::sample::select(b"ab,\"\n\r \t\0\xc3\xa9'=".to_vec()), 0..120),
        step in 1_usize..9,
    ) {
        let read = |step| {
            let input = Trickle { inner: Cursor::new(bytes.clone()), step };
            let limits = Limits { line_bytes_max: 30, cell_bytes_max: 6, columns_max: 4, ..Limits::default() };
            match open(Format::Csv, Box::new(input), &[], limits) {
                Ok(mut table) => {
                    let headers = table.headers().to_vec();
                    let (rows, error) = drain(table.as_mut());
                    (headers, rows, error.map(|error| error.to_string()))
                }
                Err(error) => (Vec::new(), Vec::new(), Some(error.to_string())),
            }
        };
        prop_assert_eq!(read(step), read(usize::MAX));
    }
}
