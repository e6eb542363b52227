//! Workbooks whose parts are hostile.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Case, Expected, base, noise_text, stream, xlsx};
use crate::workbook::{Book, shared, texts};

const REFUSED_DOCTYPE: Expected = Expected::Refused("the workbook declares a document type");
const REFUSED_DAMAGED: Expected = Expected::Refused("the workbook is damaged");

fn sheet(name: &str, expected: Expected, rows: impl Fn() -> String + Send + Sync + 'static) -> Case {
    xlsx(name, expected, move || Book::of(&(texts(&["a", "b"]) + &rows())).bytes())
}

fn strings(name: &str, expected: Expected, part: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Case {
    xlsx(name, expected, move || Book { binary_shared: Some(part()), ..base() }.bytes())
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for part in [
        "_rels/.rels",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "xl/worksheets/sheet1.xml",
    ] {
        every_part(part, &mut cases);
    }
    declarations(&mut cases);
    rows(&mut cases);
    places(&mut cases);
    shared_strings(&mut cases);
    sizes(&mut cases);
    cases
}

/// The base with a part in whose place something else stands.
fn replaced(
    part: &'static str,
    name: &str,
    expected: Expected,
    content: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Case {
    xlsx(&format!("{part}: {name}"), expected, move || {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, whole) in base().all_parts() {
            zip.start_file(&name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&if name == part { content() } else { whole }).unwrap();
        }
        zip.finish().unwrap().into_inner()
    })
}

fn every_part(part: &'static str, cases: &mut Vec<Case>) {
    let laughs = r#"<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>"#;
    cases.push(replaced(part, "a document type", REFUSED_DOCTYPE, move || laughs.into()));
    cases.push(replaced(
        part,
        "100,000 elements inside one another",
        Expected::Refused("64 elements stand inside one another"),
        || "<a>".repeat(100_000).into(),
    ));
    cases.push(replaced(part, "UTF-16", Expected::Refused("the workbook is not written in UTF-8"), || {
        "\u{feff}<x/>".encode_utf16().flat_map(u16::to_le_bytes).collect()
    }));
    cases.push(replaced(part, "cut off inside an element", REFUSED_DAMAGED, || b"<x><y><z>".to_vec()));
    cases.push(replaced(
        part,
        "an attribute of 1 MB",
        Expected::Refused("is longer than 262144 bytes"),
        || format!("<x a=\"{}\"/>", noise_text(1_000_000)).into(),
    ));
}

fn declarations(cases: &mut Vec<Case>) {
    for (name, inside) in [
        ("an outer entity", "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><sst>&a;</sst>"),
        ("a parameter entity", "<!DOCTYPE x [<!ENTITY % a SYSTEM \"http://127.0.0.1:1/x\"> %a;]><sst/>"),
        ("a document type behind a comment", "<!-- x --><!DOCTYPE sst><sst/>"),
    ] {
        cases.push(strings(name, REFUSED_DOCTYPE, move || inside.into()));
    }
    for (name, inside) in [
        ("an entity that is not declared", "<sst><si><t>&lol;</t></si></sst>"),
        ("a character that there is none of", "<sst><si><t>&#x110000;</t></si></sst>"),
        ("a character reference to NUL", "<sst><si><t>&#0;</t></si></sst>"),
        ("an ampersand alone", "<sst><si><t>a & b</t></si></sst>"),
        ("tags that cross", "<sst><si><t>a</si></t></sst>"),
        ("an attribute without quotes", "<sst><si><t x=y>a</t></si></sst>"),
        ("a tag without an end", "<sst><si><t"),
    ] {
        cases.push(strings(name, REFUSED_DAMAGED, move || inside.into()));
    }
    cases.push(strings("bytes that are no UTF-8", REFUSED_DAMAGED, || {
        b"<sst><si><t>caf\xe9</t></si></sst>".to_vec()
    }));
    cases.push(strings(
        "another encoding",
        Expected::Refused("the workbook is not written in UTF-8"),
        || b"<?xml version='1.0' encoding='ISO-2022-JP'?><sst/>".to_vec(),
    ));
}

fn rows(cases: &mut Vec<Case>) {
    for (name, row) in [
        ("a formula", "<row><c><f>1+1</f><v>2</v></c></row>"),
        (
            "a shared formula",
            "<row><c><f t=\"shared\" si=\"4000000000\" ref=\"A2:XFD1048576\"/><v>2</v></c></row>",
        ),
        ("an array formula", "<row><c><f t=\"array\" ref=\"A2:A9\">SUM(A1:XFD1048576)</f></c></row>"),
        ("an error", "<row><c t=\"e\"><v>#DIV/0!</v></c></row>"),
        ("a shared string that there is none of", "<row><c t=\"s\"><v>99</v></c></row>"),
        ("a shared string below none", "<row><c t=\"s\"><v>-1</v></c></row>"),
        ("a shared string beyond 2^64", "<row><c t=\"s\"><v>99999999999999999999</v></c></row>"),
        ("a NUL", "<row><c t=\"str\"><v>a_x0000_b</v></c></row>"),
        ("a raw NUL", "<row><c t=\"str\"><v>a\0b</v></c></row>"),
        ("a cell in the last column", "<row><c r=\"XFD2\"><v>1</v></c></row>"),
    ] {
        cases.push(sheet(name, Expected::Read(1, 1), move || row.to_owned()));
    }
    cases.push(sheet("a style that there is none of", Expected::Read(1, 0), || {
        "<row><c s=\"4294967296\"><v>1</v></c></row>".to_owned()
    }));
    cases.push(sheet("100,000 rows with a formula each", Expected::Read(100_000, 100_000), || {
        "<row><c><f>1</f></c></row>".repeat(100_000)
    }));
    cases.push(xlsx(
        "a formula in the header",
        Expected::Refused("row 1: the cell A1 holds a formula"),
        || Book::of("<row><c><f>1</f></c></row>").bytes(),
    ));
    cases.push(xlsx(
        "duplicate headers",
        Expected::Refused("row 1: the column 'login_id' stands twice, in columns 1 and 3"),
        || Book::of_texts(&[&["Login Id", "x", "login_id"]]).bytes(),
    ));
    cases.push(xlsx(
        "257 headers",
        Expected::Refused("row 1: the header reaches to column 257, at most 256 are read"),
        || {
            let names: Vec<String> = (0..257).map(|n| n.to_string()).collect();
            Book::of_texts(&[&names.iter().map(String::as_str).collect::<Vec<_>>()]).bytes()
        },
    ));
    cases.push(xlsx("nothing in it", Expected::Refused("the file is empty"), || Book::of("").bytes()));
}

fn places(cases: &mut Vec<Case>) {
    for place in ["A99999999999", "ZZZZZZZZ2", "XFE2", "A0", "A1048577", "2A", "A", "", "A2:B3", "\u{1F600}2"]
    {
        cases.push(sheet(
            &format!("the place {place:?}"),
            Expected::Refused("is no place in a sheet"),
            move || format!("<row r=\"2\"><c r=\"{place}\"><v>1</v></c></row>"),
        ));
    }
    let order = Expected::Refused("its cells are out of order");
    cases.push(sheet("rows backwards", order, || "<row r=\"9\"/><row r=\"8\"/>".to_owned()));
    cases.push(sheet("cells backwards", order, || "<row><c r=\"B2\"/><c r=\"A2\"/></row>".to_owned()));
    cases.push(sheet("a cell twice", order, || "<row><c r=\"A2\"/><c r=\"A2\"/></row>".to_owned()));
    cases.push(sheet("a cell of an earlier row", order, || "<row r=\"7\"><c r=\"A3\"/></row>".to_owned()));
    cases.push(sheet("16,384 columns", Expected::Read(0, 0), || {
        format!("<row>{}</row>", "<c/>".repeat(16_384))
    }));
    cases.push(sheet(
        "16,385 columns",
        Expected::Refused("row 2: the workbook is damaged: a row of its sheet has more than 16384 columns"),
        || format!("<row>{}</row>", "<c/>".repeat(16_385)),
    ));
    cases.push(sheet(
        "a row behind the last",
        Expected::Refused("row 1048576: the workbook is damaged: its sheet has more than 1048576 rows"),
        || "<row r=\"1048576\"/><row/>".to_owned(),
    ));
    for (name, before, behind) in [
        ("a dimension of everything", "<dimension ref=\"A1:XFD1048576\"/>".to_owned(), String::new()),
        ("20,000 merges", String::new(), merges()),
    ] {
        cases.push(replaced("xl/worksheets/sheet1.xml", name, Expected::Read(1, 0), move || {
            let rows = texts(&["a"]) + &texts(&["1"]);
            format!("<worksheet>{before}<sheetData>{rows}</sheetData>{behind}</worksheet>").into()
        }));
    }
}

fn merges() -> String {
    let merges: String = (1..=20_000).map(|n| format!("<mergeCell ref=\"A{n}:XFD{n}\"/>")).collect();
    format!("<mergeCells>{merges}</mergeCells>")
}

fn shared_strings(cases: &mut Vec<Case>) {
    let long = Expected::Refused("is longer than 262144 bytes");
    cases.push(strings("a string of 20 MB", long, || shared("'1'", &[&noise_text(20_000_000)]).into()));
    cases.push(strings("a comment of 20 MB", long, || {
        format!("<sst><!--{}--></sst>", noise_text(20_000_000)).into()
    }));
    cases.push(strings("an instruction of 20 MB", long, || {
        format!("<sst><?x {}?></sst>", noise_text(20_000_000)).into()
    }));
    cases.push(strings("a CDATA section of 20 MB", long, || {
        format!("<sst><![CDATA[{}]]></sst>", noise_text(20_000_000)).into()
    }));
    cases.push(strings("a name of 20 MB", long, || format!("<{}/>", noise_text(20_000_000)).into()));
    cases.push(strings("a million attributes", long, || {
        let attributes: String = (0..1_000_000).map(|n| format!(" a{n}=''")).collect();
        format!("<sst{attributes}/>").into()
    }));
    cases.push(strings(
        "a string of 40 runs of 100 kB",
        Expected::Refused("a text of the workbook is longer than 1048576 bytes"),
        || {
            let run = format!("<r><t>{}</t></r>", noise_text(100_000));
            format!("<sst><si>{}</si></sst>", run.repeat(40)).into()
        },
    ));
    cases.push(strings("2^64 strings announced", Expected::Read(2, 0), || {
        shared("'18446744073709551615'", &["x"]).into()
    }));
    cases.push(stream("5 million tiny shared strings", Expected::Read(1, 0), || {
        Box::new(stored("xl/sharedStrings.xml", |out| {
            out.write_all(b"<sst>").unwrap();
            for number in 0..5_000_000 {
                write!(out, "<si><t>{:x}</t></si>", number % 4096).unwrap();
            }
            out.write_all(b"</sst>").unwrap();
        }))
    }));
}

fn sizes(cases: &mut Vec<Case>) {
    cases.push(stream("a million rows that are blank", Expected::Read(0, 0), || {
        Box::new(stored("xl/worksheets/sheet1.xml", |out| {
            let head = texts(&["a"]);
            write!(out, "<worksheet><sheetData>{head}").unwrap();
            for number in 2..1_000_000 {
                write!(out, "<row r=\"{number}\" spans=\"1:2\"><c r=\"A{number}\" s=\"1\"/></row>").unwrap();
            }
            out.write_all(b"</sheetData></worksheet>").unwrap();
        }))
    }));
    let many = "the workbook refers to more than 10000 parts";
    cases.push(replaced(
        "xl/_rels/workbook.xml.rels",
        "100,000 relationships",
        Expected::Refused(many),
        || {
            let all: String = (0..100_000)
                .map(|n| format!("<Relationship Id=\"r{n}\" Type=\"x\" Target=\"y{n}\"/>"))
                .collect();
            format!("<Relationships>{all}</Relationships>").into()
        },
    ));
    cases.push(replaced("xl/workbook.xml", "100,000 sheets", Expected::Refused(many), || {
        let all: String =
            (0..100_000).map(|n| format!("<sheet name=\"{n}\" sheetId=\"{n}\" r:id=\"rId1\"/>")).collect();
        format!("<workbook><sheets>{all}</sheets></workbook>").into()
    }));
    cases.push(replaced(
        "xl/styles.xml",
        "200,000 styles",
        Expected::Refused("the workbook has more than 100000 styles of cells"),
        || {
            let all: String = (0..200_000).map(|n| format!("<xf numFmtId=\"{n}\"/>")).collect();
            format!("<styleSheet><cellXfs>{all}</cellXfs></styleSheet>").into()
        },
    ));
    for target in
        ["../../../../../../etc/passwd", "file:///etc/passwd", "/etc/passwd", "http://127.0.0.1:1/x"]
    {
        let expected = Expected::Refused("the workbook is damaged: its sheet is missing");
        cases.push(replaced("xl/_rels/workbook.xml.rels", &format!("a sheet at {target}"), expected, move || {
            format!("<Relationships><Relationship Id=\"rId1\" Type=\"x/worksheet\" Target=\"{target}\"/></Relationships>").into()
        }));
    }
}

/// The base with a large part in place of another one, not compressed, on the disk.
fn stored(part: &str, write: impl Fn(&mut dyn Write)) -> File {
    let mut zip = ZipWriter::new(BufWriter::new(tempfile::tempfile().unwrap()));
    for (name, whole) in base().all_parts() {
        zip.start_file(&name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
            .unwrap();
        if name == part {
            write(&mut zip);
        } else if name == "xl/worksheets/sheet1.xml" {
            let cell = "<row><c t=\"s\"><v>4999999</v></c></row>";
            write!(zip, "<worksheet><sheetData>{}{cell}</sheetData></worksheet>", texts(&["a"])).unwrap();
        } else {
            zip.write_all(&whole).unwrap();
        }
    }
    let mut file = zip.finish().unwrap().into_inner().unwrap();
    file.rewind().unwrap();
    file
}
