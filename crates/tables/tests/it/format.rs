use throng_tables::Format;

/// Name, media type, first bytes, and what they say.
type Case = (Option<&'static str>, Option<&'static str>, &'static [u8], Format);

#[test]
fn content_speaks_first_then_name_then_type() {
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let cases: [Case; 17] = [
        (Some("people.csv"), Some("text/csv"), b"PK\x03\x04....", Format::Xlsx),
        (Some("people.csv"), None, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Format::Xlsx),
        (Some("people.csv"), None, b"\xEF\xBB\xBF \r\n{\"a\"", Format::JsonLines),
        (None, None, b"{\"a\":1}", Format::JsonLines),
        (Some("people.csv"), None, b"\xEF\xBB\xBF\n [{\"a\"", Format::JsonLines),
        (Some("people.xlsx"), None, b"Login Id", Format::Xlsx),
        (Some("PEOPLE.JSONL"), None, b"", Format::JsonLines),
        (Some("people.ndjson"), Some("text/csv"), b"x", Format::JsonLines),
        (Some("people.csv"), Some("application/vnd.ms-excel"), b"Login Id", Format::Csv),
        (None, Some("application/vnd.ms-excel"), b"Login Id", Format::Csv),
        (None, Some(xlsx), b"", Format::Xlsx),
        (Some("people"), Some("application/x-ndjson; charset=utf-8"), b"", Format::JsonLines),
        (Some("people.txt"), Some("text/plain"), b"Login Id", Format::Csv),
        (None, None, b"", Format::Csv),
        (Some("people.csv.gz"), Some("application/gzip"), b"Login Id", Format::Csv),
        (Some("people.jsonl.GZ"), Some("application/gzip"), b"", Format::JsonLines),
        (Some("people.gz"), Some("application/x-gzip"), b"Login Id", Format::Csv),
    ];
    for (name, content_type, head, expected) in cases {
        assert_eq!(Format::detect(name, content_type, head), expected, "{name:?} {content_type:?} {head:?}");
    }
}
