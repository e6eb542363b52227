use super::Rows;

#[test]
fn rows_have_the_form_that_copy_reads() {
    let mut rows = Rows::new(3);
    rows.row().int(-2).text(b"ab").maybe(None);
    let expected: &[u8] = b"PGCOPY\n\xff\r\n\0\
        \0\0\0\0\0\0\0\0\
        \0\x03\
        \0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xfe\
        \0\0\0\x02ab\
        \xff\xff\xff\xff\
        \xff\xff";
    assert_eq!(&rows.finish()[..], expected);
}
