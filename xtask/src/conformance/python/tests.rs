use super::*;

#[test]
fn an_environment_is_current_only_for_the_same_requirements() {
    let stamp = std::env::temp_dir().join(format!("throng-stamp-{}", std::process::id()));
    assert!(!is_current(&stamp, "one==1\n"));
    fs::write(&stamp, "one==1\n").unwrap();
    assert!(is_current(&stamp, "one==1\n"));
    assert!(!is_current(&stamp, "one==2\n"));
    fs::remove_file(&stamp).unwrap();
}

#[test]
fn every_package_is_pinned_with_a_hash() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    let text = fs::read_to_string(folder.join(REQUIREMENTS)).unwrap();
    let joined = text.replace("\\\n", " ");
    let packages: Vec<&str> =
        joined.lines().filter(|line| !line.trim_start().starts_with('#') && !line.is_empty()).collect();
    assert!(packages.iter().any(|line| line.starts_with("scim2-tester==0.5.2 ")), "{packages:?}");
    for line in packages {
        assert!(line.contains("==") && line.contains("--hash=sha256:"), "{line}");
    }
}
