use super::*;

#[test]
fn names_tell_their_maker() {
    assert_eq!(maker("throng-pg-4711-00ff"), Some(4711));
    assert_eq!(maker("throng-pg-4711"), None);
    assert_eq!(maker("throng-pg-x-1"), None);
    assert_eq!(maker("else-4711-1"), None);
}

#[test]
fn a_folder_goes_with_its_owner_and_one_left_over_is_swept() {
    let owner = Owner::choose().unwrap();
    let home = Home::create(owner, &std::env::temp_dir()).unwrap();
    let path = home.path().to_owned();
    let mode = fs::metadata(&path).unwrap().mode();
    assert_eq!(mode & 0o777, 0o700);
    fs::create_dir_all(home.data()).unwrap();
    drop(home);
    assert!(!path.exists());

    let mut child = Command::new("true").spawn().unwrap();
    let dead = child.id();
    child.wait().unwrap();
    let left = std::env::temp_dir().join(format!("{PREFIX}{dead}-{}", random::word().unwrap()));
    fs::create_dir(&left).unwrap();
    owner.give(&left).unwrap();
    let home = Home::create(owner, &std::env::temp_dir()).unwrap();
    assert!(!left.exists());
    assert!(home.path().exists());
}
