use super::unescape;

#[test]
fn escapes_are_undone_once_and_only_where_they_are_well_formed() {
    for (escaped, expected) in [
        ("a_x000A_b", "a\nb"),
        ("_x005F_x000A_", "_x000A_"),
        ("_xD83D__xDE00_", "😀"),
        ("_xD83D_", "_xD83D_"),
        ("_xDE00__xD83D_", "_xDE00__xD83D_"),
        ("_x00e9_", "é"),
        ("_x00g9_", "_x00g9_"),
        ("_x0041", "_x0041"),
        ("_x004_", "_x004_"),
        ("_x", "_x"),
        ("_xé123_", "_xé123_"),
        ("__x0041_", "_A"),
        ("_x0041_x0042_", "Ax0042_"),
    ] {
        let mut text = format!("_x0041_{escaped}");
        unescape(&mut text, 7);
        assert_eq!(text, format!("_x0041_{expected}"), "{escaped}");
    }
}
