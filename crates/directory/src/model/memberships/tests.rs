use throng_jobs::Outcome as O;

use super::*;
use crate::ids::{GroupNumber, UserKey};

fn operation(action: Action, start: u32, end: u32) -> Operation {
    Operation { action, start, end }
}

fn user(n: i64) -> Subject {
    Subject::Member(MemberKey::user(UserKey(n)))
}

fn entry(n: i64, index: u32, effect: Effect) -> Entry {
    Entry { member: MemberKey::user(UserKey(n)), index, effect }
}

fn settled(index: u32, user: Option<i64>, outcome: O) -> Settled {
    Settled { index, member: user.map(|user| MemberKey::user(UserKey(user))), outcome }
}

#[test]
fn the_last_of_several_items_decides() {
    let operations = [operation(Action::Add, 0, 3), operation(Action::Remove, 3, 5)];
    let plan = plan(&operations, &[user(1), user(1), user(2), user(2), user(3)]);
    assert_eq!(
        plan.settled,
        [settled(0, Some(1), O::DuplicateInRequest), settled(2, Some(2), O::AddAndRemoveConflict)]
    );
    assert_eq!(
        plan.entries,
        [entry(1, 1, Effect::Add), entry(2, 3, Effect::Remove), entry(3, 4, Effect::Remove)]
    );
    assert!(!plan.removes_unlisted);
}

#[test]
fn unknown_and_ambiguous_values_settle_at_once() {
    let plan = plan(&[operation(Action::Add, 0, 3)], &[Subject::Unknown, user(5), Subject::Ambiguous]);
    assert_eq!(plan.settled, [settled(0, None, O::NotFound), settled(2, None, O::Ambiguous)]);
    assert_eq!(plan.entries, [entry(5, 1, Effect::Add)]);
}

#[test]
fn a_replace_overrules_what_came_before_it() {
    let operations = [
        operation(Action::Add, 0, 2),
        operation(Action::Remove, 2, 3),
        operation(Action::Replace, 3, 4),
        operation(Action::Remove, 4, 5),
    ];
    let plan = plan(&operations, &[user(1), user(2), user(3), user(2), user(4)]);
    // 1 was to be added and is then removed by the replace; 2 is listed by both; 3 is removed either way.
    assert_eq!(
        plan.settled,
        [
            settled(0, Some(1), O::AddAndRemoveConflict),
            settled(1, Some(2), O::DuplicateInRequest),
            settled(2, Some(3), O::DuplicateInRequest)
        ]
    );
    assert_eq!(plan.entries, [entry(2, 3, Effect::Retain), entry(4, 4, Effect::Remove)]);
    assert!(plan.removes_unlisted);
}

#[test]
fn a_replace_of_nobody_clears() {
    let plan = plan(&[operation(Action::Replace, 0, 0)], &[]);
    assert!(plan.removes_unlisted && plan.entries.is_empty() && plan.settled.is_empty());
}

#[test]
fn a_replace_of_which_nobody_is_found_replaces_nothing() {
    let operations = [operation(Action::Add, 0, 1), operation(Action::Replace, 1, 3)];
    let plan = plan(&operations, &[user(1), Subject::Unknown, Subject::Unknown]);
    assert_eq!(
        plan.settled,
        [settled(1, None, O::ReplaceUnresolved), settled(2, None, O::ReplaceUnresolved)]
    );
    assert_eq!(plan.entries, [entry(1, 0, Effect::Add)]);
    assert!(!plan.removes_unlisted);
}

#[test]
fn a_user_and_a_group_of_one_number_are_two_members() {
    let group = MemberKey::group(GroupNumber(1));
    let plan =
        plan(&[operation(Action::Replace, 0, 3)], &[Subject::Member(group), user(1), Subject::Member(group)]);
    assert_eq!(plan.settled, [Settled { index: 0, member: Some(group), outcome: O::DuplicateInRequest }]);
    let listed = Entry { member: group, index: 2, effect: Effect::Retain };
    assert_eq!(plan.entries, [entry(1, 1, Effect::Retain), listed]);
}

#[test]
fn who_is_not_listed_goes_but_groups_where_they_stay() {
    let group = MemberKey::group(GroupNumber(4));
    let members = [1, 2, 3].map(|n| MemberKey::user(UserKey(n))).into_iter().chain([group]);
    let members: Vec<MemberKey> = members.collect();
    let entries = [entry(2, 0, Effect::Retain)];
    let left = |keeps_groups| unlisted(&entries, members.clone(), keeps_groups).collect::<Vec<_>>();
    assert_eq!(left(false), [members[0], members[2], group]);
    assert_eq!(left(true), [members[0], members[2]]);
}
