//! Files inside gzip, as somebody sends them.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use throng_tables::{Error, Limits, Upload, open_upload};

use crate::read::{Seen, Trickle, drain, seen};
use crate::workbook::Book;

const CSV: &[u8] = b"Login Id,Name\nann,Ann\nbob,Bob\n";
const NONE: (Option<&str>, Option<&str>) = (None, None);

pub fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The rows of an upload in pieces, and what ended it.
fn read(
    bytes: &[u8],
    named: (Option<&str>, Option<&str>),
    limits: Limits,
    step: usize,
) -> (Vec<Seen>, Option<Error>) {
    let input = Box::new(Trickle { inner: Cursor::new(bytes.to_vec()), step });
    let upload = Upload { input, file_name: named.0, content_type: named.1 };
    match open_upload(upload, &["Login Id", "Name"], limits) {
        Ok(mut rows) => drain(rows.as_mut()),
        Err(error) => (Vec::new(), Some(error)),
    }
}

fn refusal(bytes: &[u8], limits: Limits) -> (bool, String) {
    let error = read(bytes, NONE, limits, usize::MAX).1.unwrap();
    (error.is_too_large(), error.to_string())
}

#[test]
fn every_format_is_told_inside_and_by_the_name_inside() {
    let expected = seen(&[(2, "ann|Ann"), (3, "bob|Bob")]);
    let lines = b"{\"loginId\":\"ann\",\"name\":\"Ann\"}\n{\"loginId\":\"bob\",\"name\":\"Bob\"}\n";
    let book = Book::of_texts(&[&["Login Id", "Name"], &["ann", "Ann"], &["bob", "Bob"]]).bytes();
    for step in [1, 7, usize::MAX] {
        for file in [CSV, book.as_slice()] {
            for named in [NONE, (Some("x.jsonl.gz"), Some("application/gzip")), (Some("x"), Some("text/csv"))]
            {
                // The name counts only where the bytes do not speak.
                if file == CSV && named.0 == Some("x.jsonl.gz") {
                    continue;
                }
                let (rows, error) = read(&gzipped(file), named, Limits::default(), step);
                assert!(error.is_none(), "{error:?}");
                assert_eq!(rows, expected);
                assert_eq!(read(file, named, Limits::default(), step).0, expected);
            }
        }
        let (rows, error) = read(&gzipped(lines), (Some("people.gz"), None), Limits::default(), step);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(rows, seen(&[(1, "ann|Ann"), (2, "bob|Bob")]));
    }
    let blank = gzipped(b"\n\n");
    assert!(
        read(&blank, (Some("x.csv.gz"), None), Limits::default(), 9)
            .1
            .unwrap()
            .to_string()
            .contains("is empty")
    );
    assert!(read(&blank, (Some("x.jsonl.gz"), None), Limits::default(), 9).1.is_none());
}

#[test]
fn members_one_after_the_other() {
    for cut in 0..CSV.len() {
        let bytes = [gzipped(&CSV[..cut]), gzipped(b""), gzipped(&CSV[cut..])].concat();
        assert_eq!(read(&bytes, NONE, Limits::default(), 11).0.len(), 2, "{cut}");
    }
}

#[test]
fn what_is_damaged_or_cut_off_says_so() {
    let whole = gzipped(CSV);
    for cut in 3..whole.len() {
        let (_, error) = read(&whole[..cut], NONE, Limits::default(), 5);
        let error = error.unwrap();
        assert!(matches!(error, Error::Unreadable { .. }), "{cut}: {error:?}");
        assert!(
            error
                .to_string()
                .ends_with("the gzip file is cut off, or a few bytes that are no gzip follow it"),
            "{cut}: {error}"
        );
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let _ = read(&bytes, NONE, Limits::default(), 5);
    }
    let mut wrong = whole.clone();
    let crc = wrong.len() - 8;
    wrong[crc] ^= 1;
    let text = "the gzip file is damaged: corrupt gzip stream does not have a matching checksum";
    assert_eq!(refusal(&wrong, Limits::default()), (false, text.to_owned()));
    let text = "the gzip file is damaged: its end is followed by bytes that are no gzip";
    let behind = [whole.clone(), b"0123456789 and more".to_vec()].concat();
    assert_eq!(refusal(&behind, Limits::default()), (false, text.to_owned()));
    let text = "the file is compressed by gzip twice; take one off";
    assert_eq!(refusal(&gzipped(&whole), Limits::default()), (false, text.to_owned()));
}

#[test]
fn the_row_at_which_it_breaks_is_told() {
    let text: String = (0..200_000).map(|n| format!("user{n}@example.com,{}\n", n * 7919 % 10_007)).collect();
    let whole = gzipped(format!("Login Id,Name\n{text}").as_bytes());
    let (rows, error) = read(&whole[..whole.len() / 2], NONE, Limits::default(), usize::MAX);
    let (last, _) = rows.last().unwrap();
    assert_eq!(
        error.unwrap().to_string(),
        format!("row {}: the gzip file is cut off, or a few bytes that are no gzip follow it", last + 1)
    );
}

#[test]
fn a_bomb_is_refused_by_its_ratio_and_by_its_size() {
    let bomb = gzipped(&[CSV, &vec![b' '; 8_000_000]].concat());
    let (too_large, message) = refusal(&bomb, Limits::default());
    assert!(
        too_large && message.ends_with("the gzip file unpacks to more than 250 times its size"),
        "{message}"
    );
    let limits = Limits { gzip_inflated_bytes_max: 20, ..Limits::default() };
    assert_eq!(
        refusal(&gzipped(CSV), limits),
        (true, "the gzip file unpacks to more than 20 bytes".to_owned())
    );
}

#[test]
fn a_failing_stream_is_not_the_fault_of_the_file() {
    struct Broken(Cursor<Vec<u8>>);
    impl std::io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "gone")),
                count => Ok(count),
            }
        }
    }
    for file in [gzipped(CSV), Book::of_texts(&[&["a"]]).bytes()] {
        let input = Box::new(Broken(Cursor::new(file[..file.len() - 9].to_vec())));
        let upload = Upload { input, file_name: None, content_type: None };
        let ended = match open_upload(upload, &[], Limits::default()) {
            Ok(mut rows) => drain(rows.as_mut()).1,
            Err(error) => Some(error),
        };
        let error = ended.unwrap();
        assert!(error.is_input(), "{error:?}");
        assert_eq!(error.to_string(), "the file could not be read to its end: gone");
    }
}
