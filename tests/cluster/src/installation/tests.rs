use super::*;

#[test]
fn versions_are_read_as_the_server_says_them() {
    assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
    assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
    assert_eq!(major("postgres (PostgreSQL) 14\n"), Some(14));
    assert_eq!(major("something else"), None);
}

#[test]
fn a_folder_without_the_programs_is_refused() {
    let folder = std::env::temp_dir().join(format!("throng-no-programs-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("initdb"), "").unwrap();
    let refusal = Installation::at(&folder).unwrap_err();
    fs::remove_dir_all(&folder).unwrap();
    assert!(refusal.ends_with("no `postgres`, so this is no installation of PostgreSQL"), "{refusal}");
}
