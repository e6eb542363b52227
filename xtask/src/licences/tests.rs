use super::*;

const RULES: &str =
    "# papers\n[licenses]\nversion = 2\nallow = [\n  \"MIT\",\n  \"Zlib\",\n]\n[bans]\nallow = [\"x\"]\n";

#[test]
fn the_list_is_read_from_its_section() {
    assert_eq!(allow_list(RULES), Ok(vec!["MIT".to_owned(), "Zlib".to_owned()]));
    assert!(allow_list("[bans]\nallow = [\"x\"]\n").is_err());
}

#[test]
fn each_foreign_package_once() {
    let tree = "throng-web v0.1.0 (/src/crates/web)|MIT OR Apache-2.0\nserde v1.0.0|MIT OR Apache-2.0\n\
                serde v1.0.0|MIT OR Apache-2.0 (*)\ncopyleft v1.0.0|GPL-3.0-only\n\nnone v1.0.0|\n";
    let packages = packages(tree);
    let names: Vec<&str> = packages.iter().map(|(package, _)| package.as_str()).collect();
    assert_eq!(names, ["copyleft v1.0.0", "none v1.0.0", "serde v1.0.0"]);
    let refused = refused(&packages, &["MIT".to_owned()]);
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[0].contains("copyleft v1.0.0: `GPL-3.0-only`"), "{refused:?}");
}
