use super::*;

const ONE: AccountId = AccountId(1);

#[test]
fn requests_come_back_evenly() {
    let (rates, start) = (Rates::default(), Instant::now());
    for remaining in [2, 1, 0] {
        let left = rates.count(ONE, 3, start);
        assert_eq!((left.remaining, left.wait_seconds()), (remaining, None));
    }
    let refused = rates.count(ONE, 3, start);
    assert_eq!((refused.remaining, refused.wait_seconds()), (0, Some(20)));
    assert_eq!(refused.reset, WINDOW);
    // Those that are refused cost nothing.
    let later = start + Duration::from_secs(20);
    assert_eq!(rates.count(ONE, 3, later).wait_seconds(), None);
    assert_eq!(rates.count(ONE, 3, later).wait_seconds(), Some(20));
    assert_eq!(rates.count(ONE, 3, later + WINDOW).remaining, 2);
}

#[test]
fn accounts_do_not_share_and_a_change_counts_at_once() {
    let (rates, start) = (Rates::default(), Instant::now());
    assert_eq!(rates.count(ONE, 1, start).wait_seconds(), None);
    assert_eq!(rates.count(ONE, 1, start).wait_seconds(), Some(60));
    assert_eq!(rates.count(AccountId(2), 1, start).wait_seconds(), None);
    assert_eq!(rates.count(ONE, u32::MAX, start + WINDOW).wait_seconds(), None);
}

#[test]
fn whoever_is_quiet_takes_no_memory() {
    let (rates, start) = (Rates::default(), Instant::now());
    for account in 0..RATED_ACCOUNTS_MAX {
        rates.count(AccountId(i64::try_from(account).unwrap()), 60, start);
    }
    rates.count(AccountId(-1), 60, start + Duration::from_secs(2));
    assert_eq!(rates.whole_at.lock().unwrap().len(), 1);
}
