use throng_directory::Error;
use throng_directory::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use throng_directory::port::users::Page;
use throng_directory::port::{AccountLock, Store};

use crate::backend::conformance;
use crate::make::{account, at, group, read, users, uuid, write};

conformance!(
    groups_stored_as_given,
    names_of_groups_are_unique,
    members_in_pages,
    members_among_on_every_road
);

const GROUP: GroupNumber = GroupNumber(7);

fn user(key: i64) -> MemberKey {
    MemberKey::user(UserKey(key))
}

fn groups_stored_as_given(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut red = group(1, "Red");
    red.external_id = Some("X".to_owned());
    let blue = group(2, "Blue");
    let (a, b) = (red.clone(), blue.clone());
    write(store, move |tx| {
        tx.insert_group(acme, &a)?;
        tx.insert_group(acme, &b)?;
        tx.touch_group(acme, GroupNumber(2), 3, at(5))?;
        tx.lock_group(acme, GroupNumber(3))?;
        tx.touch_group(acme, GroupNumber(3), 3, at(5))?;
        let mut changed = a.clone();
        "RED".clone_into(&mut changed.display_name);
        tx.replace_group(acme, &changed)
    })
    .unwrap();
    read(store, move |snapshot| {
        let page = Page { offset: 0, limit: 10 };
        let all = snapshot.groups(acme, page)?;
        assert_eq!(all[0].display_name, "RED");
        assert_eq!((all[1].members, all[1].version, all[1].modified_at), (3, 2, at(5)));
        assert_eq!(all[1].uuid, uuid(2));
        assert_eq!(snapshot.count_groups(acme)?, 2);
        assert_eq!(snapshot.group(acme, GroupNumber(1))?.as_ref(), Some(&all[0]));
        assert_eq!(snapshot.group_by_name(acme, "blue")?.as_ref(), Some(&all[1]));
        assert_eq!(snapshot.groups_by_external_id(acme, "X", page)?, all[..1]);
        assert_eq!(snapshot.count_groups_by_external_id(acme, "X")?, 1);
        assert_eq!(snapshot.groups(AccountId(0), page)?, []);
        Ok(())
    });
    let left = write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Exclusive)?;
        tx.lock_group(acme, GroupNumber(1))?;
        tx.delete_group(acme, GroupNumber(1))?;
        assert!(tx.lock_group(acme, GroupNumber(2))?.is_some());
        tx.lock_group(acme, GroupNumber(1))
    });
    assert_eq!(left.unwrap(), None);
}

fn names_of_groups_are_unique(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| {
        tx.insert_group(acme, &group(1, "red"))?;
        tx.insert_group(acme, &group(2, "blue"))
    })
    .unwrap();
    let inserted = write(store, move |tx| tx.insert_group(acme, &group(3, "red"))).unwrap_err();
    let replaced = write(store, move |tx| {
        let mut blue = tx.lock_group(acme, GroupNumber(2))?.unwrap();
        "red".clone_into(&mut blue.name_key);
        tx.replace_group(acme, &blue)
    })
    .unwrap_err();
    for error in [inserted, replaced] {
        assert!(matches!(error, Error::AlreadyExists { field: "displayName", .. }), "{error:?}");
    }
}

fn members_in_pages(store: &dyn Store) {
    let acme = account(store, "acme");
    let all = users(store, acme, &["a", "b", "c", "d", "e"]);
    let keys: Vec<MemberKey> = all.iter().map(|user| MemberKey::user(user.key)).collect();
    let added = keys.clone();
    write(store, move |tx| {
        tx.insert_group(acme, &group(7, "Red"))?;
        tx.insert_group(acme, &group(8, "Blue"))?;
        tx.add_members(acme, GROUP, &added)?;
        tx.add_members(acme, GroupNumber(8), &added[1..2])?;
        tx.remove_members(acme, GROUP, &[added[2], MemberKey::user(UserKey(999))])
    })
    .unwrap();
    read(store, move |snapshot| {
        let left = [keys[0], keys[1], keys[3], keys[4]];
        assert_eq!(snapshot.members(acme, GROUP, None, 10)?, left);
        assert_eq!(snapshot.members(acme, GROUP, Some(keys[0]), 2)?, left[1..3]);
        assert_eq!(snapshot.members(acme, GROUP, Some(keys[4]), 2)?, []);
        let page = snapshot.users_in(acme, GROUP, Page { offset: 2, limit: 5 })?;
        assert_eq!(page, [all[3].clone(), all[4].clone()]);
        let groups: Vec<_> =
            snapshot.groups_of(acme, keys[1], GroupNumber(0), 10)?.into_iter().map(|g| g.number.0).collect();
        assert_eq!(groups, [7, 8]);
        assert_eq!(snapshot.groups_of(acme, keys[1], GroupNumber(0), 1)?[0].display_name, "Red");
        assert_eq!(snapshot.groups_of(acme, keys[2], GroupNumber(0), 10)?, []);
        Ok(())
    });
}

fn members_among_on_every_road(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| {
        let members: Vec<MemberKey> = (1..=5_000).filter(|n| n % 3 != 0).map(user).collect();
        tx.lock_group(acme, GROUP)?;
        tx.lock_group(acme, GroupNumber(8))?;
        tx.add_members(acme, GROUP, &members)?;
        tx.add_members(acme, GroupNumber(8), &[user(3)])
    })
    .unwrap();
    let asked: [Vec<i64>; 6] = [
        (1..=5_000).collect(),
        (0..=50).map(|n| n * 100).collect(),
        vec![4_999, 5_000, 5_001],
        vec![1, 2_500, 2_501, 2_502, 9_999],
        (1..100).chain(4_000..4_200).collect(),
        vec![],
    ];
    for keys in asked {
        read(store, move |snapshot| {
            let want: Vec<MemberKey> =
                keys.iter().copied().filter(|n| n % 3 != 0 && (1..=5_000).contains(n)).map(user).collect();
            let keys: Vec<MemberKey> = keys.iter().copied().map(user).collect();
            assert_eq!(snapshot.members_among(acme, GROUP, &keys)?, want);
            Ok(())
        });
    }
}
