use throng_directory::ids::{AccountId, GroupNumber, UserKey};
use throng_directory::port::AccountLock::{Exclusive, Shared};

use super::Locks;

const A: AccountId = AccountId(1);

#[test]
fn locks_are_taken_in_one_order() {
    let mut locks = Locks::default();
    locks.key().unwrap();
    locks.account(A, Shared).unwrap();
    locks.group(GroupNumber(3)).unwrap();
    locks.group(GroupNumber(7)).unwrap();
    // What is held can be asked for again.
    locks.group(GroupNumber(3)).unwrap();
    locks.account(A, Shared).unwrap();
    locks.key().unwrap();
    assert!(locks.group(GroupNumber(5)).is_err());
    locks.user().unwrap();
    locks.job().unwrap();
    locks.job().unwrap();
    assert!(locks.group(GroupNumber(9)).is_err());
    assert!(locks.user().is_err());
}

#[test]
fn an_account_is_not_taken_alone_after_it_was_shared() {
    let mut locks = Locks::default();
    locks.account(A, Shared).unwrap();
    assert!(locks.account(A, Exclusive).is_err());
    let mut locks = Locks::default();
    locks.account(A, Exclusive).unwrap();
    locks.account(A, Shared).unwrap();
    locks.need_account_alone(A).unwrap();
}

#[test]
fn what_needs_a_lock_is_refused_without_it() {
    let mut locks = Locks::default();
    assert!(locks.need_key().is_err());
    assert!(locks.need_account(A).is_err());
    assert!(locks.need_group(GroupNumber(1)).is_err());
    assert!(locks.need_user(UserKey(1)).is_err());
    assert!(locks.need_job().is_err());
    locks.account(A, Shared).unwrap();
    locks.need_account(A).unwrap();
    assert!(locks.need_account(AccountId(2)).is_err());
    assert!(locks.need_account_alone(A).is_err());
    locks.group(GroupNumber(1)).unwrap();
    locks.need_group(GroupNumber(1)).unwrap();
    locks.user().unwrap();
    locks.found_user(UserKey(1));
    locks.need_user(UserKey(1)).unwrap();
    assert!(locks.need_user(UserKey(2)).is_err());
}
