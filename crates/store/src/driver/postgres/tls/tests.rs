use std::fs;

use super::connector;

#[test]
fn a_file_without_certificates_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.pem");
    let missing = connector(Some(&path)).err().unwrap();
    assert!(missing.contains("root.pem"), "{missing}");

    fs::write(&path, "no certificate").unwrap();
    let empty = connector(Some(&path)).err().unwrap();
    assert!(empty.contains("holds no certificate"), "{empty}");

    fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let broken = connector(Some(&path)).err().unwrap();
    assert!(broken.contains("root.pem"), "{broken}");
}
