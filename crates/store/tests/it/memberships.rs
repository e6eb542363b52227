use throng_directory::Error;
use throng_directory::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use throng_directory::port::scan::{NameRange, Page, Place, Scan, TimeRange};
use throng_directory::port::{AccountLock, Store};

use crate::backend::conformance;
use crate::make::{account, at, group, insert_group, read, users, uuid, write};

conformance!(
    groups_stored_as_given,
    groups_walked_in_stretches,
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
        insert_group(tx, acme, &a)?;
        insert_group(tx, acme, &b)?;
        tx.touch_group(acme, GroupNumber(2), 3, at(5))?;
        tx.lock_group(acme, GroupNumber(3))?;
        tx.touch_group(acme, GroupNumber(3), 3, at(5))?;
        let mut changed = a.clone();
        "RED".clone_into(&mut changed.display_name);
        tx.replace_group(acme, &changed)
    })
    .unwrap();
    read(store, move |snapshot| {
        let page = Page::first(10);
        let all = snapshot.groups(acme, &Scan::All, &page)?;
        assert_eq!(all[0].display_name, "RED");
        assert_eq!((all[1].members, all[1].version, all[1].modified_at), (3, 2, at(5)));
        assert_eq!(all[1].uuid, uuid(2));
        assert_eq!(snapshot.count_groups(acme, &Scan::All)?, 2);
        assert_eq!(snapshot.group(acme, GroupNumber(1))?.as_ref(), Some(&all[0]));
        assert_eq!(snapshot.group_by_uuid(acme, uuid(2))?.as_ref(), Some(&all[1]));
        assert_eq!(snapshot.group_by_uuid(acme, uuid(3))?, None);
        assert_eq!(snapshot.group_by_uuid(AccountId(0), uuid(2))?, None);
        let external = Scan::ExternalId("X".to_owned());
        assert_eq!(snapshot.groups(acme, &external, &page)?, all[..1]);
        assert_eq!(snapshot.count_groups(acme, &external)?, 1);
        assert_eq!(snapshot.groups(acme, &Scan::Email("X".to_owned()), &page)?, []);
        assert_eq!(snapshot.groups(AccountId(0), &Scan::All, &page)?, []);
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

fn groups_walked_in_stretches(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| {
        for (number, (name, micros)) in (1..).zip([("d", 20), ("bx", 10), ("b", 10), ("c", 40)]) {
            let mut group = group(number, name);
            group.modified_at = at(micros);
            insert_group(tx, acme, &group)?;
        }
        Ok(())
    })
    .unwrap();
    let times = TimeRange { from: at(10), until: at(40) };
    let cases = [
        (Scan::All, vec!["d", "bx", "b", "c"]),
        (Scan::Names(NameRange::all()), vec!["b", "bx", "c", "d"]),
        (Scan::Names(NameRange::starting_with("b")), vec!["b", "bx"]),
        (Scan::Modified(times), vec!["bx", "b", "d"]),
    ];
    for (scan, want) in cases {
        for descending in [false, true] {
            let (scan, mut want) = (scan.clone(), want.clone());
            if descending && scan == Scan::All {
                continue;
            }
            if descending {
                want.reverse();
            }
            read(store, move |snapshot| {
                let (mut found, mut after) = (Vec::new(), Place::Start);
                while let Some(group) = snapshot
                    .groups(acme, &scan, &Page { after: after.clone(), descending, ..Page::first(1) })?
                    .pop()
                {
                    after = match scan {
                        Scan::Names(_) => Place::Name(group.name_key.clone(), group.number.0),
                        Scan::Modified(_) => Place::Time(group.modified_at, group.number.0),
                        _ => Place::Key(group.number.0),
                    };
                    found.push(group.name_key);
                }
                assert_eq!(found, want, "{scan:?}, descending: {descending}");
                assert_eq!(snapshot.count_groups(acme, &scan)?, want.len() as u64);
                Ok(())
            });
        }
    }
}

fn names_of_groups_are_unique(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| {
        insert_group(tx, acme, &group(1, "red"))?;
        insert_group(tx, acme, &group(2, "blue"))
    })
    .unwrap();
    let inserted = write(store, move |tx| insert_group(tx, acme, &group(3, "red"))).unwrap_err();
    let replaced = write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Shared)?;
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
        insert_group(tx, acme, &group(7, "Red"))?;
        insert_group(tx, acme, &group(8, "Blue"))?;
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
