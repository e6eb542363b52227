use std::io::Cursor;

use throng_tables::{Cell, Error, Format, Limits, Row, open};

use crate::read::{Trickle, drain, refusal, remains, rows, seen, table};

const SAMPLE: &str = "\u{feff}{\"loginId\":\"ann@example.com\",\"name\":\" Ann \",\"roles\":[\"Agent\",\" Lead, x \"]}\n\
    \n\
    {\"Login Id\":\"bob@example.com\",\"extra\":{\"deep\":[1,{}]},\"ROLES\":null}\r\n\
    {\"login_id\":12345678901234567890123,\"name\":1.50,\"roles\":true}\n\
    {\"login-id\":12345.0,\"name\":-0.5e3,\"roles\":[]}";

#[test]
fn keys_in_any_spelling_and_values_of_any_simple_type() {
    let (headers, rows) = table(Format::JsonLines, SAMPLE.as_bytes(), Limits::default()).unwrap();
    assert_eq!(headers, ["Login Id", "Name", "Roles"]);
    let expected = seen(&[
        (1, "ann@example.com|Ann|[\"Agent\", \"Lead, x\"]"),
        (3, "bob@example.com||"),
        (4, "12345678901234567890123|1.50|true"),
        (5, "12345|-0.5e3|[]"),
    ]);
    assert_eq!(rows, expected);
    for step in 1..100 {
        let input = Trickle { inner: Cursor::new(SAMPLE.as_bytes().to_vec()), step };
        let mut table =
            open(Format::JsonLines, Box::new(input), &headers_known(), Limits::default()).unwrap();
        assert_eq!(drain(table.as_mut()).0, expected, "pieces of {step} bytes");
    }
}

fn headers_known() -> [&'static str; 3] {
    ["Login Id", "Name", "Roles"]
}

#[test]
fn faults_of_one_line_leave_the_others_alone() {
    let lines: [(&[u8], &str); 14] = [
        (b"{\"loginId\":\"a\"}", "a||"),
        (b"[1,2]", "!is not a JSON object"),
        (b"{\"loginId\":\"a\",}", "!is not valid JSON: trailing comma (byte 16)"),
        (b"{\"loginId\":\"a\"} x", "!is not valid JSON: trailing characters (byte 17)"),
        (b"{\"loginId\":\"a\"", "!is not valid JSON: EOF while parsing an object (byte 14)"),
        (b"{\"loginId\":\"a\",\"loginId\":\"b\"}", "!the key \"loginId\" stands twice"),
        (b"{\"loginId\":\"a\",\"Login_Id\":\"b\"}", "!the key \"Login_Id\" stands twice"),
        (b"{\"x\":1,\"x\":2}", "!the key \"x\" stands twice"),
        (
            b"{\"name\":{\"a\":1}}",
            "!the value of \"name\" is an object where a text or a list of texts is expected",
        ),
        (b"{\"roles\":[\"a\",1]}", "!the value of \"roles\" is not a list of texts"),
        (b"{\"name\":\"a\\u0000b\"}", "!the value of \"name\" contains a NUL character"),
        (b"{\"name\":\"\\ud800\"}", "!the value of \"name\" is not a valid text"),
        (b"{\"name\":\"\xe9\"}", "!is not valid UTF-8 (byte 10)"),
        (b"{\"loginId\":\"z\"}", "z||"),
    ];
    let bytes = lines.iter().map(|(line, _)| *line).collect::<Vec<_>>().join(&b'\n');
    let expected: Vec<_> = (1..).zip(lines.iter().map(|(_, row)| (*row).to_owned())).collect();
    assert_eq!(rows(Format::JsonLines, &bytes), expected);
}

#[test]
fn a_faulty_line_keeps_what_could_be_read() {
    let lines: [(&[u8], &str); 9] = [
        (b"{\"loginId\":\"a\",\"name\":{},\"roles\":[\"x\"]}", "a||[\"x\"]"),
        (b"{\"roles\":[1],\"name\":{},\"loginId\":\"b\"}", "b||"),
        (b"{\"name\":\"N\\u0000\",\"loginId\":\"c\"}", "c||"),
        (b"{\"loginId\":\"d\",\"loginId\":\"e\",\"name\":\"N\"}", "d|N|"),
        (b"{\"name\":\"\xe9\",\"roles\":[\"\xff\"],\"loginId\":\"f\"}", "f||"),
        (b"{\"loginId\":\"g\",\"name\":\"N", "g||"),
        (b"{\"name\":\"12345678901\",\"loginId\":\"h\"}", "h||"),
        (b"5", "||"),
        (b"{\"loginId\":\"i\",\"w\":1,\"x\":2,\"y\":3,\"name\":\"N\"}", "i||"),
    ];
    let bytes = lines.iter().map(|(line, _)| *line).collect::<Vec<_>>().join(&b'\n');
    let expected: Vec<_> = (1..).zip(lines.iter().map(|(_, row)| (*row).to_owned())).collect();
    let limits = Limits { cell_bytes_max: 10, columns_max: 4, ..Limits::default() };
    assert_eq!(remains(Format::JsonLines, &bytes, limits), expected);
}

#[test]
fn an_array_is_refused_before_any_of_it_is_read() {
    let array = b"\xef\xbb\xbf\n  [\n{\"loginId\":\"a\"},\n{\"loginId\":\"b\"}\n]\n";
    for step in [1, 3, 1000] {
        let input = Trickle { inner: Cursor::new(array.to_vec()), step };
        let Err(error) = open(Format::JsonLines, Box::new(input), &headers_known(), Limits::default()) else {
            panic!("opened");
        };
        assert!(matches!(error, Error::Unreadable { .. }));
        let text = "row 2: the file is a JSON array; expected is one JSON object per line (JSON Lines)";
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(rows(Format::JsonLines, b"\n \n {\"name\":\"n\"}\n"), seen(&[(3, "|n|")]));
    assert_eq!(rows(Format::JsonLines, b" \n \n"), []);
}

#[test]
fn depth_does_no_harm() {
    let deep = format!(
        "{{\"name\":{}}}\n{{\"x\":{}}}\n{{\"name\":\"ok\"}}\n",
        "[".repeat(400_000),
        "[".repeat(400_000)
    );
    let rows = rows(Format::JsonLines, deep.as_bytes());
    assert_eq!(rows.len(), 3);
    assert!(rows[0].1.starts_with("!is not valid JSON"), "{:?}", rows[0]);
    assert!(rows[1].1.starts_with("!is not valid JSON"), "{:?}", rows[1]);
    assert_eq!(rows[2].1, "|ok|");
}

#[test]
fn limits() {
    let limits =
        Limits { line_bytes_max: 30, cell_bytes_max: 4, columns_max: 3, rows_max: 3, ..Limits::default() };
    let text = "{\"name\":\"1234\"}\n{\"name\":\"12345\"}\n{\"roles\":[\"123\",\"45\"]}\n";
    assert_eq!(
        table(Format::JsonLines, text.as_bytes(), limits.clone()).unwrap().1,
        seen(&[
            (1, "|1234|"),
            (2, "!the cell in column 2 has 5 bytes, at most 4 are read"),
            (3, "!the cell in column 3 has 5 bytes, at most 4 are read"),
        ])
    );
    assert_eq!(
        refusal(Format::JsonLines, format!("{text}\n{{}}\n").as_bytes(), limits.clone()),
        (true, "row 5: the file has more than 3 rows".to_owned())
    );
    assert_eq!(
        refusal(Format::JsonLines, format!("{{}}\n{}", "{".repeat(31)).as_bytes(), limits.clone()),
        (true, "row 2: the line is longer than 30 bytes".to_owned())
    );
    assert_eq!(
        table(Format::JsonLines, b"{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", limits).unwrap().1,
        seen(&[(1, "!has more than 3 keys")])
    );
    assert_eq!(
        refusal(Format::JsonLines, b"\xff\xfe{\0", Limits::default()),
        (false, "row 1: the file is in UTF-16; save it as UTF-8".to_owned())
    );
}

#[test]
fn an_empty_list_is_not_a_blank() {
    let input = Box::new(&b"{\"roles\":[],\"name\":\"\"}"[..]);
    let mut table = open(Format::JsonLines, input, &headers_known(), Limits::default()).unwrap();
    let mut row = Row::default();
    assert!(table.next_row(&mut row).unwrap());
    let cells = row.cells.unwrap();
    assert_eq!(cells, [Cell::default(), Cell::default(), Cell::List(Vec::new())]);
    assert!(cells[0].is_blank() && !cells[2].is_blank());
    assert_eq!(cells[1].text(), Ok(""));
    assert!(cells[2].text().is_err());
    assert!(cells[2].list().unwrap().is_empty());
}
