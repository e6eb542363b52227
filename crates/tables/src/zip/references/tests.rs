use super::References;

/// The text of the refusal of a part that comes in two pieces, and byte by byte.
fn refusals(part: &[u8]) -> Vec<Option<String>> {
    let read = |pieces: &[&[u8]]| {
        let mut references = References::default();
        pieces.iter().find_map(|piece| references.look(piece).err()).map(|error| error.to_string())
    };
    let mut found = vec![read(&part.chunks(1).collect::<Vec<_>>())];
    for cut in 0..=part.len() {
        let (first, second) = part.split_at(cut);
        found.push(read(&[first, second]));
    }
    found
}

#[test]
fn pieces_do_not_matter() {
    let refused = br#"<?a > ?><!-- > -- ' --><![CDATA[ ]> " ]]><row a='>"' r = "12345678"/>"#;
    let expected = "the workbook is damaged: \"12345678\" is no place in a sheet".to_owned();
    for found in refusals(refused) {
        assert_eq!(found.as_ref(), Some(&expected));
    }
    let read = br#"<?a <c r="x"?><!----><!-- <c r="x"> --><![CDATA[<c r="x">]]><t r="x"/><c r="XFD1048576">r="x"</c>"#;
    for found in refusals(read) {
        assert_eq!(found, None);
    }
}

#[test]
fn the_first_place_that_is_none_beyond_each_bound() {
    let refused = |tag: &str| References::default().look(tag.as_bytes()).is_err();
    for (fits, beyond) in [
        ("<c r='A1'>", "<c r='A0'>"),
        ("<c r='A1048576'>", "<c r='A1048577'>"),
        ("<c r='xfd1'>", "<c r='xfe1'>"),
        ("<c r='AAA0000001'>", "<c r='AAAA1'>"),
        ("<row r='0000001'>", "<row r='00000001'>"),
        ("<row r='1'>", "<row r=1>"),
        ("<dimension ref='A1:A1'>", "<dimension ref='A2:A1'>"),
        ("<f ref='A2:B2'>", "<f ref='B2:A2'>"),
        ("<table ref='A1'>", "<table ref='$A$1'>"),
        ("<c rr='A0' x:r='A0'>", "<c rr='A1' r='A0'>"),
    ] {
        assert!(!refused(fits), "{fits}");
        assert!(refused(beyond), "{beyond}");
    }
}
