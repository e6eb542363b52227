//! Groups as members of groups.

use throng_directory::Error;
use throng_directory::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use throng_directory::port::{AccountLock, Store};

use crate::backend::conformance;
use crate::make::{account, group, insert_group, read, write};

conformance!(
    members_are_users_then_groups,
    a_user_and_a_group_of_one_number_are_apart,
    groups_above_and_below,
    a_walk_reads_no_more_than_it_may,
    missing_groups_are_the_deleted,
    a_group_goes_only_while_nobody_joins,
);

const TOP: GroupNumber = GroupNumber(9);

fn user(key: i64) -> MemberKey {
    MemberKey::user(UserKey(key))
}

fn nested(number: i64) -> MemberKey {
    MemberKey::group(GroupNumber(number))
}

/// Makes groups, and puts members into them.
fn fill(store: &dyn Store, acme: AccountId, groups: i64, members: &[(i64, Vec<MemberKey>)]) {
    let members = members.to_vec();
    write(store, move |tx| {
        for number in 1..=groups {
            insert_group(tx, acme, &group(number, &format!("G{number}")))?;
        }
        members.iter().try_for_each(|(of, keys)| tx.add_members(acme, GroupNumber(*of), keys))
    })
    .unwrap();
}

fn members_are_users_then_groups(store: &dyn Store) {
    let acme = account(store, "acme");
    let all = vec![user(3), user(700), nested(1), nested(2), nested(9)];
    fill(store, acme, 9, &[(9, all.clone()), (8, vec![user(3), nested(2)])]);
    let want = all.clone();
    read(store, move |snapshot| {
        assert_eq!(snapshot.members(acme, TOP, None, 10)?, want);
        for after in 0..want.len() {
            for limit in 0..=want.len() {
                let page = snapshot.members(acme, TOP, Some(want[after]), limit)?;
                let end = (after + 1 + limit).min(want.len());
                assert_eq!(page, want[after + 1..end], "{limit} behind {:?}", want[after]);
            }
        }
        let asked = [user(2), user(3), nested(1), nested(3), nested(9)];
        assert_eq!(snapshot.members_among(acme, TOP, &asked)?, [user(3), nested(1), nested(9)]);
        assert_eq!(snapshot.members_among(acme, TOP, &asked[3..4])?, []);
        let of = |groups: Vec<throng_directory::model::groups::GroupRef>| {
            groups.into_iter().map(|group| group.number.0).collect::<Vec<_>>()
        };
        assert_eq!(of(snapshot.groups_of(acme, nested(2), GroupNumber(0), 9)?), [8, 9]);
        assert_eq!(of(snapshot.groups_of(acme, nested(2), GroupNumber(8), 9)?), [9]);
        assert_eq!(of(snapshot.groups_of(acme, nested(2), GroupNumber(0), 1)?), [8]);
        assert_eq!(of(snapshot.groups_of(acme, nested(9), GroupNumber(0), 9)?), [9]);
        assert_eq!(of(snapshot.groups_of(acme, user(3), GroupNumber(8), 9)?), [9]);
        Ok(())
    });
    write(store, move |tx| {
        tx.lock_group(acme, TOP)?;
        tx.remove_members(acme, TOP, &[user(700), nested(2), nested(5)])
    })
    .unwrap();
    let left = read(store, move |snapshot| snapshot.members(acme, TOP, None, 10));
    assert_eq!(left, [all[0], all[2], all[4]]);
}

fn a_user_and_a_group_of_one_number_are_apart(store: &dyn Store) {
    let acme = account(store, "acme");
    fill(store, acme, 2, &[(1, vec![user(2), nested(2)])]);
    write(store, move |tx| {
        tx.lock_group(acme, GroupNumber(1))?;
        tx.remove_members(acme, GroupNumber(1), &[user(2)])
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.members(acme, GroupNumber(1), None, 9)?, [nested(2)]);
        assert_eq!(snapshot.groups_of(acme, user(2), GroupNumber(0), 9)?, []);
        assert_eq!(snapshot.groups_of(acme, nested(2), GroupNumber(0), 9)?.len(), 1);
        Ok(())
    });
}

fn groups_above_and_below(store: &dyn Store) {
    let (acme, beta) = (account(store, "acme"), account(store, "beta"));
    // 1 and 2 are in 3, 3 is in 4 and in itself, 5 is in 4, 7 is in groups that are gone.
    let edges = [(3, vec![user(1), nested(1), nested(2), nested(3)]), (4, vec![nested(3), nested(5)])];
    fill(store, acme, 7, &edges);
    write(store, move |tx| {
        tx.lock_group(acme, GroupNumber(77))?;
        tx.lock_group(acme, GroupNumber(78))?;
        tx.add_members(acme, GroupNumber(77), &[nested(7), nested(88)])?;
        tx.add_members(acme, GroupNumber(78), &[nested(7)])
    })
    .unwrap();
    read(store, move |snapshot| {
        let mut above = |account, groups: &[i64]| {
            let groups: Vec<GroupNumber> = groups.iter().copied().map(GroupNumber).collect();
            let mut found: Vec<(i64, String)> = snapshot
                .parents_of(account, &groups, 99)?
                .into_iter()
                .map(|group| (group.number.0, group.display_name))
                .collect();
            found.sort_unstable();
            Ok::<_, Error>(found)
        };
        let named = |numbers: &[i64]| numbers.iter().map(|n| (*n, format!("G{n}"))).collect::<Vec<_>>();
        assert_eq!(above(acme, &[1])?, named(&[3]));
        assert_eq!(above(acme, &[1, 2, 3, 4])?, named(&[3, 3, 3, 4]));
        assert_eq!(above(acme, &[4, 6])?, []);
        assert_eq!(above(acme, &[7])?, [], "a group that is gone contains nobody");
        assert_eq!(above(acme, &[])?, []);
        assert_eq!(above(beta, &[1, 2, 3])?, []);
        let mut below = |account, groups: &[i64]| {
            let groups: Vec<GroupNumber> = groups.iter().copied().map(GroupNumber).collect();
            let found = snapshot.children_of(account, &groups, 99)?;
            let mut found: Vec<i64> = found.into_iter().map(|group| group.number.0).collect();
            found.sort_unstable();
            Ok::<_, Error>(found)
        };
        assert_eq!(below(acme, &[3, 4])?, [1, 2, 3, 3, 5]);
        assert_eq!(below(acme, &[77])?, [7], "a group that is gone is in no group");
        assert!(below(acme, &[1, 2])?.is_empty());
        assert!(below(beta, &[3, 4])?.is_empty());
        let refs = snapshot.group_refs(acme, &[2, 7, 8, 88].map(GroupNumber))?;
        assert_eq!(refs.iter().map(|group| group.number.0).collect::<Vec<_>>(), [2, 7]);
        assert_eq!(refs[1].display_name, "G7");
        Ok(())
    });
}

fn a_walk_reads_no_more_than_it_may(store: &dyn Store) {
    let acme = account(store, "acme");
    let all: Vec<MemberKey> = (1..=40).map(nested).collect();
    let edges: Vec<(i64, Vec<MemberKey>)> = (1..=40).map(|number| (number, all.clone())).collect();
    fill(store, acme, 40, &edges);
    read(store, move |snapshot| {
        let groups: Vec<GroupNumber> = (1..=40).map(GroupNumber).collect();
        for (limit, found) in [(0, 0), (1, 1), (39, 39), (41, 41), (1_599, 1_599), (9_999, 1_600)] {
            assert_eq!(snapshot.parents_of(acme, &groups, limit)?.len(), found);
            assert_eq!(snapshot.children_of(acme, &groups, limit)?.len(), found);
        }
        Ok(())
    });
}

fn missing_groups_are_the_deleted(store: &dyn Store) {
    let acme = account(store, "acme");
    fill(store, acme, 9, &[]);
    write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Exclusive)?;
        for number in [2, 5] {
            tx.lock_group(acme, GroupNumber(number))?;
            tx.delete_group(acme, GroupNumber(number))?;
        }
        Ok(())
    })
    .unwrap();
    write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Shared)?;
        let asked: Vec<MemberKey> = [user(2)].into_iter().chain((1..=12).map(nested)).collect();
        let want = [2, 5, 10, 11, 12].map(nested);
        assert_eq!(tx.missing_members(acme, &asked)?, want, "no user of number 2 was deleted");
        assert_eq!(tx.missing_members(acme, &[nested(1), nested(9)])?, []);
        Ok(())
    })
    .unwrap();
    let unlocked = write(store, move |tx| tx.missing_members(acme, &[nested(1)]));
    assert!(matches!(unlocked, Err(Error::Internal(_))), "{unlocked:?}");
}

fn a_group_goes_only_while_nobody_joins(store: &dyn Store) {
    let acme = account(store, "acme");
    fill(store, acme, 1, &[]);
    let shared = write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Shared)?;
        tx.lock_group(acme, GroupNumber(1))?;
        tx.delete_group(acme, GroupNumber(1))
    });
    assert!(matches!(shared, Err(Error::Internal(_))), "{shared:?}");
    assert!(read(store, move |snapshot| snapshot.group(acme, GroupNumber(1))).is_some());
}
