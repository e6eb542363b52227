use std::path::Path;

use throng_cluster::Installation;

#[test]
fn an_unknown_version_is_refused_before_anything_is_fetched() {
    let nowhere = Path::new("/nonexistent");
    let refusal = Installation::from_wheel(9, nowhere).unwrap_err();
    assert_eq!(refusal, "no package of PostgreSQL 9 is known, only of 14, 16, 18");
}
