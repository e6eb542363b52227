//! Files of text, files inside gzip, and files that are something else.

use std::io::{self, Cursor, Read};

use super::archive::{Archive, Entry};
use super::{Case, Expected, base, noise, plain, stream};
use crate::gzip::gzipped;

const GIB: u64 = 1024 * 1024 * 1024;
const BOOK: &str = "x.xlsx";
const CSV: &str = "x.csv";
const LINES: &str = "x.jsonl";

/// A file that begins so, then repeats a byte for 1 GiB.
fn endless(name: &str, file: &'static str, expected: Expected, head: &'static [u8], byte: u8) -> Case {
    let case = stream(name, expected, move || Box::new(Cursor::new(head).chain(io::repeat(byte).take(GIB))));
    Case { file, ..case }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub fn cases() -> Vec<Case> {
    let mut cases = csv();
    cases.extend(json_lines());
    cases.extend(inside_gzip());
    cases.extend(something_else());
    cases
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn csv() -> Vec<Case> {
    let refused = Expected::Refused;
    let wide = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    vec![
        endless(
            "a row of 1 GiB",
            CSV,
            refused("row 2: the row is longer than 1048576 bytes"),
            b"a,b\n",
            b'x',
        ),
        endless("a header of 1 GiB", CSV, refused("row 1: the row is longer than 1048576 bytes"), b"a", b'x'),
        endless(
            "1 GiB of commas",
            CSV,
            refused("row 2: the row is longer than 1048576 bytes"),
            b"a,b\n",
            b',',
        ),
        endless(
            "a quoted cell of 1 GiB",
            CSV,
            refused("row 2: a quoted cell is not closed within 1048576 bytes; is a quote missing?"),
            b"a,b\n\"",
            b'\n',
        ),
        endless("1 GiB of quotes", CSV, refused("row 2: "), b"a,b\n", b'"'),
        plain(
            "a quote that is never closed",
            CSV,
            refused("row 2: a quoted cell that begins in this row is never closed"),
            || b"a,b\n\"x,1\n".to_vec(),
        ),
        plain("UTF-16", CSV, refused("the file is in UTF-16; save it as UTF-8"), || {
            utf16("\u{feff}a,b\n1,2\n")
        }),
        plain("UTF-16, the other way round", CSV, refused("the file is in UTF-16; save it as UTF-8"), || {
            "\u{feff}a,b\n".encode_utf16().flat_map(u16::to_be_bytes).collect()
        }),
        plain("UTF-16 without its mark", CSV, refused("row 1: the header: contains a NUL character"), || {
            utf16("a,b\n1,2\n")
        }),
        plain(
            "a header that is no UTF-8",
            CSV,
            refused("row 1: the header: is not valid UTF-8 (byte 1)"),
            || b"\xff,b\n".to_vec(),
        ),
        plain("rows that are no UTF-8", CSV, Expected::Read(2, 2), || {
            b"a,b\n\xc3\x28,1\n\xed\xa0\x80,2\n".to_vec()
        }),
        plain("NUL", CSV, Expected::Read(2, 1), || b"a,b\nx\0,1\ny,2\n".to_vec()),
        plain("line ends of CR alone", CSV, refused("lines must end in LF or CRLF, not in CR alone"), || {
            b"a,b\r1,2\r".to_vec()
        }),
        plain("semicolons", CSV, refused("columns must be separated by commas, not by ';'"), || {
            b"a;b\n1;2\n".to_vec()
        }),
        plain(
            "duplicate headers",
            CSV,
            refused("row 1: the column 'login_id' stands twice, in columns 1 and 3"),
            || b"Login Id,b,login_id\n".to_vec(),
        ),
        plain(
            "257 headers",
            CSV,
            refused("row 1: the header has 257 columns, at most 256 are read"),
            move || wide(257).into(),
        ),
        plain(
            "16,385 headers",
            CSV,
            refused("row 1: the header has 16385 columns, at most 256 are read"),
            move || wide(16_385).into(),
        ),
        plain("a row of 500,000 cells", CSV, Expected::Read(1, 1), || {
            format!("a,b\n{}", ",".repeat(500_000)).into()
        }),
        plain("formulas are texts", CSV, Expected::Read(1, 0), || b"a,b\n=1+1,@SUM(A1)\n".to_vec()),
        plain("a cell of 65,537 bytes", CSV, Expected::Read(1, 1), || {
            format!("a,b\n{},1\n", "x".repeat(65_537)).into()
        }),
        plain("20 million blank lines", CSV, Expected::Read(1, 0), || {
            [b"a,b\n".to_vec(), vec![b'\n'; 20_000_000], b"1,2\n".to_vec()].concat()
        }),
        plain("nothing", CSV, refused("the file is empty"), Vec::new),
        plain("blanks alone", CSV, refused("the file is empty"), || b"\xEF\xBB\xBF \n\n \n".to_vec()),
        plain("junk", CSV, refused("row 1: "), || [vec![0xff], noise(1_000_000)].concat()),
    ]
}

fn json_lines() -> Vec<Case> {
    let refused = Expected::Refused;
    vec![
        endless(
            "a line of 1 GiB",
            LINES,
            refused("row 1: the line is longer than 1048576 bytes"),
            b"{",
            b' ',
        ),
        endless(
            "a text of 1 GiB",
            LINES,
            refused("row 1: the line is longer than 1048576 bytes"),
            b"{\"a\":\"",
            b'x',
        ),
        endless("1 GiB of brackets", LINES, refused("the file is a JSON array"), b"", b'['),
        plain(
            "an array",
            LINES,
            refused("row 1: the file is a JSON array; expected is one JSON object per line"),
            || b"[{\"a\":1}]".to_vec(),
        ),
        plain("500,000 lists inside one another", LINES, Expected::Read(1, 1), || {
            format!("{{\"a\":{}", "[".repeat(500_000)).into()
        }),
        plain("500,000 objects inside one another", LINES, Expected::Read(1, 1), || {
            "{\"a\":".repeat(200_000).into()
        }),
        plain("100,000 keys", LINES, Expected::Read(1, 1), || {
            let keys: Vec<String> = (0..100_000).map(|n| format!("\"{n}\":1")).collect();
            format!("{{{}}}", keys.join(",")).into()
        }),
        plain("a key twice", LINES, Expected::Read(1, 1), || b"{\"a\":1,\"A\":2}\n".to_vec()),
        plain("half a pair of surrogates", LINES, Expected::Read(1, 1), || b"{\"a\":\"\\ud800\"}\n".to_vec()),
        plain("NUL inside a text", LINES, Expected::Read(1, 1), || b"{\"a\":\"\\u0000\"}\n".to_vec()),
        plain("a line that is no UTF-8", LINES, Expected::Read(1, 1), || b"{\"a\":\"\xff\"}\n".to_vec()),
        plain("a number of 100,000 digits", LINES, Expected::Read(1, 1), || {
            format!("{{\"a\":{}}}", "9".repeat(100_000)).into()
        }),
        plain("UTF-16", LINES, refused("the file is in UTF-16; save it as UTF-8"), || {
            utf16("\u{feff}{\"a\":1}")
        }),
        plain("junk", LINES, Expected::Any, || noise(1_000_000)),
    ]
}

fn inside_gzip() -> Vec<Case> {
    let refused = Expected::Refused;
    let bomb = |head: &[u8], byte: u8| gzipped(&[head, &vec![byte; 30_000_000]].concat());
    let ratio = refused("the gzip file unpacks to more than 250 times its size");
    let cut = refused("the gzip file is cut off, or a few bytes that are no gzip follow it");
    let good = || gzipped(b"a,b\n1,2\n");
    vec![
        plain("a bomb of CSV", "x.csv.gz", ratio, move || bomb(b"a,b\n", b'\n')),
        plain("a bomb of JSON Lines", "x.jsonl.gz", ratio, move || bomb(b"{}\n", b'\n')),
        plain("a bomb of a workbook", "x.xlsx.gz", ratio, move || bomb(b"PK\x03\x04", 0)),
        plain(
            "a workbook that is a bomb",
            "x.xlsx.gz",
            refused("unpacks to more than 250 times its size"),
            || {
                let mut archive = Archive::of(&base());
                let sheet =
                    [b"<x>".to_vec(), [vec![b' '; 100_000], b"<y/>".to_vec()].concat().repeat(400)].concat();
                *archive.entry("sheet1.xml") = Entry::deflated("xl/worksheets/sheet1.xml", &sheet);
                gzipped(&archive.bytes())
            },
        ),
        plain("cut off in its head", "x.csv.gz", cut, move || good()[..8].to_vec()),
        plain("cut off in its middle", "x.csv.gz", cut, move || good()[..16].to_vec()),
        plain("cut off in its end", "x.csv.gz", cut, move || good()[..good().len() - 3].to_vec()),
        plain(
            "inside another one",
            "x.csv.gz",
            refused("compressed by gzip twice"),
            move || gzipped(&good()),
        ),
        plain(
            "other bytes behind it",
            "x.csv.gz",
            refused("its end is followed by bytes that are no gzip"),
            move || [good(), noise(100)].concat(),
        ),
        plain("another checksum", "x.csv.gz", refused("does not have a matching checksum"), move || {
            flipped(good(), 8)
        }),
        plain("another length", "x.csv.gz", refused("does not have a matching checksum"), move || {
            flipped(good(), 4)
        }),
        plain("no deflate", "x.csv.gz", refused("the gzip file is damaged"), || {
            [b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(), vec![0xff; 1000]].concat()
        }),
        plain("300,000 empty members", "x.csv.gz", Expected::Read(1, 0), move || {
            [gzipped(b"").repeat(300_000), good()].concat()
        }),
        plain("a head of 10 MB", "x.csv.gz", refused("the gzip file is damaged"), || {
            [b"\x1f\x8b\x08\x08\0\0\0\0\0\x03".to_vec(), vec![b'n'; 10_000_000]].concat()
        }),
    ]
}

fn flipped(mut bytes: Vec<u8>, from_end: usize) -> Vec<u8> {
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    bytes
}

fn something_else() -> Vec<Case> {
    let refused = Expected::Refused;
    let compound = || [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), noise(100_000)].concat();
    let document =
        |name: &str| Archive { entries: vec![Entry::deflated(name, b"<x/>")], ..Archive::default() }.bytes();
    let no_book = refused("the file is a ZIP archive, but no XLSX workbook");
    vec![
        plain("a PDF", BOOK, refused("the file is a PDF document and no XLSX workbook"), || {
            [b"%PDF-1.7\n".to_vec(), noise(100_000)].concat()
        }),
        plain(
            "an .xls workbook",
            BOOK,
            refused("the file is an old .xls workbook or protected by a password"),
            compound,
        ),
        plain(
            "an .xls workbook",
            CSV,
            refused("the file is an old .xls workbook or protected by a password"),
            compound,
        ),
        plain("a picture", BOOK, refused("the file is no XLSX workbook"), || {
            [b"\x89PNG\r\n\x1a\n".to_vec(), noise(1000)].concat()
        }),
        plain("a text", BOOK, refused("the file is no XLSX workbook"), || b"a,b\n1,2\n".to_vec()),
        plain("nothing", BOOK, refused("the file is no XLSX workbook"), Vec::new),
        plain("two bytes", BOOK, refused("the workbook is damaged"), || b"PK".to_vec()),
        plain("junk", BOOK, refused("the file is no XLSX workbook"), || {
            [b"x".to_vec(), noise(1_000_000)].concat()
        }),
        plain("junk that begins like one", BOOK, refused("the workbook is damaged"), || {
            [b"PK\x03\x04".to_vec(), noise(1_000_000)].concat()
        }),
        plain("a text document", BOOK, no_book, move || document("word/document.xml")),
        plain("an OpenDocument sheet", BOOK, no_book, move || document("content.xml")),
        plain(
            "a binary workbook",
            BOOK,
            refused("the file is a binary .xlsb workbook; save it as .xlsx"),
            || {
                let related = b"<Relationships><Relationship Type='x/officeDocument' Target='xl/workbook.bin'/></Relationships>";
                Archive { entries: vec![Entry::deflated("_rels/.rels", related)], ..Archive::default() }
                    .bytes()
            },
        ),
        plain("a ZIP archive with a table", CSV, no_book, move || document("people.csv")),
    ]
}
