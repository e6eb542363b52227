use super::*;

#[test]
fn a_name_with_spaces_and_parentheses_is_no_obstacle() {
    assert_eq!(Status::of_stat("12 (a b) c) T 7 12 12"), Some(Status { state: 'T', parent: 7 }));
    assert_eq!(Status::of_stat("12 (postgres) S 1"), Some(Status { state: 'S', parent: 1 }));
    assert_eq!(Status::of_stat("12 (postgres"), None);
}

#[test]
fn a_process_is_stopped_with_its_children_goes_on_and_dies_with_them() {
    let mut parent = Command::new("sh").args(["-c", "sleep 300 & sleep 300 & wait"]).spawn().unwrap();
    let pid = parent.id();
    wait::until(5, "two children", || Ok(children(pid)?.len() == 2)).unwrap();
    let family = children(pid).unwrap();
    pause(pid).unwrap();
    for member in [family[0], family[1], pid] {
        assert_eq!(Status::of(member).unwrap().state, 'T');
    }
    resume(pid).unwrap();
    wait::until(5, "all run", || {
        Ok(family.iter().chain([&pid]).all(|&member| Status::of(member).unwrap().state == 'S'))
    })
    .unwrap();
    kill(pid).unwrap();
    assert!(!parent.wait().unwrap().success());
    assert!(!family.iter().any(|&child| lives(child)));
    signal("CONT", &family).unwrap();
}

#[test]
fn a_signal_to_one_that_is_gone_is_no_failure() {
    let mut gone = Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    assert_eq!(signal("CONT", &[gone.id()]), Ok(()));
    assert!(signal("NONE", &[gone.id()]).is_err());
}
