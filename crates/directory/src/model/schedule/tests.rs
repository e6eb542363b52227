use super::*;

#[test]
fn a_guard_lets_the_larger_of_count_and_share_go_free() {
    let guard = Guard { count: 100, percent: 5 };
    assert_eq!(
        [0, 1_999, 2_000, 2_020, 1_000_000].map(|all| guard.free_of(all)),
        [100, 100, 100, 101, 50_000]
    );
    assert_eq!(Guard { count: 0, percent: 0 }.free_of(10), 0);
    assert_eq!(Guard { count: 0, percent: 100 }.free_of(u64::MAX), u64::MAX / 100);
}

#[test]
fn a_quota_counts_jobs_and_items_and_never_refuses_the_only_job() {
    let quota = Quota { jobs: 2, items: 100 };
    let check = |jobs, waiting, items| {
        Waiting { jobs, items: waiting, rests_for: Duration::ZERO }.check(&quota, items).is_ok()
    };
    assert!(check(0, 0, 1_000_000));
    assert!(check(1, 60, 40));
    assert!(!check(1, 60, 41));
    assert!(!check(2, 0, 1));
}

#[test]
fn priorities_have_names_and_numbers() {
    for priority in Priority::ALL {
        assert_eq!(Priority::parse(priority.as_str()), Some(priority));
        assert_eq!(Priority::from_code(priority.code()), Some(priority));
    }
    assert!(Priority::High > Priority::Normal && Priority::Normal > Priority::Low);
    assert_eq!(Priority::parse("urgent"), None);
}
