use throng_directory::ids::{AccountId, EntityKey, GroupNumber, JobNumber, MemberKey, UserKey};
use throng_directory::model::images::Image;
use throng_directory::model::jobs::ImageBlock;
use throng_directory::model::memberships::Subject;
use throng_directory::model::users::User;
use throng_directory::port::scan::{NameRange, Page, Place, Scan, TimeRange};
use throng_directory::port::{AccountLock, Snapshot, Store, Tx};
use throng_directory::{Error, Result};
use throng_jobs::Instant;

use crate::backend::conformance;
use crate::make::{
    NOW, account, at, delete, group, insert_group, keyed, read, replace, user, users, uuid, write,
};

conformance!(
    stored_as_given,
    a_taken_name_is_told_and_writes_nothing,
    replaced_and_deleted,
    rewritten_together,
    found_through_indexes,
    walked_in_stretches,
    found_by_key,
    many_at_once,
    deleted_and_restored,
    images_are_found_and_thrown_away,
    resolved_on_every_road,
    missing_are_the_deleted,
    accounts_are_apart,
);

/// Everybody that a scan selects.
fn all<S: Snapshot + ?Sized>(snapshot: &mut S, account: AccountId, scan: &Scan) -> Result<Vec<User>> {
    snapshot.users(account, scan, &Page::first(1_000))
}

fn stored_as_given(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut ann = user(0, "ann");
    ann.external_id = Some("E1".to_owned());
    ann.email_keys = vec!["a@x".to_owned(), "b@x".to_owned()];
    let mut bob = user(0, "bob");
    bob.email_keys = Vec::new();
    let want = write(store, move |tx| {
        let first = tx.allocate_users(acme, 3)?;
        let mut all = vec![ann.clone(), bob.clone(), user(0, "cyd")];
        for (key, user) in (first.0..).zip(&mut all) {
            (user.key, user.uuid) = (UserKey(key), uuid(key));
        }
        assert_eq!(tx.insert_users(acme, &keyed(&all))?, [true; 3]);
        Ok(all)
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(all(snapshot, acme, &Scan::All)?, want);
        assert_eq!(snapshot.users(acme, &Scan::All, &Page { offset: 1, ..Page::first(1) })?, want[1..2]);
        assert_eq!(snapshot.count_users(acme, &Scan::All)?, 3);
        assert_eq!(snapshot.user(acme, want[1].uuid)?.as_ref(), Some(&want[1]));
        assert_eq!(snapshot.user_by_name(acme, "cyd")?.as_ref(), Some(&want[2]));
        assert_eq!(snapshot.user_by_name(acme, "CYD")?, None);
        let keys = [want[2].key, UserKey(999), want[0].key];
        let same = snapshot.users_with_keys(acme, &keys)?;
        assert_eq!(same, [Some(want[2].clone()), None, Some(want[0].clone())]);
        let mut uuids = |keys: &[UserKey]| snapshot.user_uuids(acme, keys);
        let (first, last) = (want[0].key, want[2].key);
        let far = UserKey(1_000_000);
        assert_eq!(
            uuids(&[first, last, UserKey(last.0 + 1)])?,
            [Some(want[0].uuid), Some(want[2].uuid), None]
        );
        assert_eq!(uuids(&[first, last, far])?, [Some(want[0].uuid), Some(want[2].uuid), None], "far apart");
        assert_eq!(uuids(&[])?, []);
        Ok(())
    });
}

fn a_taken_name_is_told_and_writes_nothing(store: &dyn Store) {
    let acme = account(store, "acme");
    users(store, acme, &["bob"]);
    let inserted = write(store, move |tx| {
        let first = tx.allocate_users(acme, 4)?.0;
        let mut twin = user(first + 2, "cyd");
        twin.email_keys = vec!["twin@x".to_owned()];
        let all = [user(first, "ann"), user(first + 1, "cyd"), twin, user(first + 3, "bob")];
        tx.insert_users(acme, &keyed(&all))
    })
    .unwrap();
    assert_eq!(inserted, [true, true, false, false]);
    read(store, move |snapshot| {
        assert_eq!(snapshot.count_users(acme, &Scan::All)?, 3);
        assert_eq!(snapshot.count_users(acme, &Scan::Email("twin@x".to_owned()))?, 0);
        assert_eq!(snapshot.count_users(acme, &Scan::Email("bob".to_owned()))?, 1);
        Ok(())
    });
}

fn replaced_and_deleted(store: &dyn Store) {
    let acme = account(store, "acme");
    let people = users(store, acme, &["ann", "bob"]);
    let (ann, bob) = (people[0].clone(), people[1].clone());
    let taken = {
        let (ann, mut new) = (ann.clone(), ann.clone());
        "bob".clone_into(&mut new.name_key);
        write(store, move |tx| replace(tx, acme, &ann, &new)).unwrap_err()
    };
    assert!(matches!(taken, Error::AlreadyExists { field: "userName", .. }), "{taken:?}");

    let mut new = ann.clone();
    new.version = 2;
    "anna".clone_into(&mut new.name_key);
    new.email_keys = vec!["ann".to_owned(), "anna@x".to_owned()];
    let want = new.clone();
    write(store, move |tx| {
        let mut between = new.clone();
        between.email_keys = vec!["gone@x".to_owned()];
        replace(tx, acme, &ann, &between)?;
        replace(tx, acme, &between, &new)
    })
    .unwrap();
    write(store, move |tx| delete(tx, acme, &[&bob])).unwrap();
    read(store, move |snapshot| {
        assert_eq!(all(snapshot, acme, &Scan::All)?, std::slice::from_ref(&want));
        assert_eq!(snapshot.count_users(acme, &Scan::All)?, 1);
        for (email, n) in [("ann", 1), ("anna@x", 1), ("gone@x", 0), ("bob", 0)] {
            assert_eq!(snapshot.count_users(acme, &Scan::Email(email.to_owned()))?, n, "{email}");
        }
        Ok(())
    });
}

fn rewritten_together(store: &dyn Store) {
    let acme = account(store, "acme");
    let was = users(store, acme, &["ann", "bob", "cyd"]);
    let mut is = was.clone();
    for (n, user) in (0..).zip(&mut is) {
        (user.version, user.modified_at, user.doc) = (2 + n, at(n), format!("{{\"n\":{n}}}"));
    }
    is[1].email_keys = vec!["all@x".to_owned(), "bob".to_owned()];
    is[2].email_keys = vec!["all@x".to_owned()];
    let (old, new) = (was.clone(), is.clone());
    write(store, move |tx| {
        tx.rewrite_users(acme, &[])?;
        let mut uuids: Vec<_> = old.iter().map(|user| user.uuid).collect();
        uuids.sort_unstable();
        tx.lock_users(acme, &uuids)?;
        tx.rewrite_users(acme, &old.iter().zip(&new).collect::<Vec<_>>())
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(all(snapshot, acme, &Scan::All)?, is);
        for (email, n) in [("ann", 1), ("bob", 1), ("cyd", 0), ("all@x", 2)] {
            assert_eq!(snapshot.count_users(acme, &Scan::Email(email.to_owned()))?, n, "{email}");
        }
        Ok(())
    });
    let unlocked = write(store, move |tx| tx.rewrite_users(acme, &[(&was[0], &was[0])]));
    assert!(matches!(unlocked, Err(Error::Internal(_))), "{unlocked:?}");
}

fn found_through_indexes(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| {
        let first = tx.allocate_users(acme, 6)?.0;
        let all: Vec<_> = (0..6)
            .map(|n| {
                let mut user = user(first + n, &format!("u{n}"));
                user.external_id = Some(if n % 2 == 0 { "even" } else { "odd" }.to_owned());
                user.email_keys = vec!["all@x".to_owned(), format!("u{n}@x")];
                user
            })
            .collect();
        tx.insert_users(acme, &keyed(&all)).map(drop)
    })
    .unwrap();
    read(store, move |snapshot| {
        let names = |users: Vec<throng_directory::model::users::User>| -> Vec<String> {
            users.into_iter().map(|user| user.name_key).collect()
        };
        let even = Scan::ExternalId("even".to_owned());
        assert_eq!(names(all(snapshot, acme, &even)?), ["u0", "u2", "u4"]);
        let odd = Scan::ExternalId("odd".to_owned());
        assert_eq!(names(snapshot.users(acme, &odd, &Page { offset: 1, ..Page::first(1) })?), ["u3"]);
        let email = Scan::Email("all@x".to_owned());
        assert_eq!(
            names(snapshot.users(acme, &email, &Page { offset: 4, ..Page::first(10) })?),
            ["u4", "u5"]
        );
        assert_eq!(snapshot.count_users(acme, &Scan::Email("all@x".to_owned()))?, 6);
        assert_eq!(snapshot.count_users(acme, &Scan::ExternalId("even".to_owned()))?, 3);
        assert_eq!(snapshot.count_users(acme, &Scan::ExternalId("none".to_owned()))?, 0);
        Ok(())
    });
}

/// People with names and times of change in another order than that of their keys, two of them changed at once.
fn shuffled(store: &dyn Store, account: AccountId) -> Vec<User> {
    write(store, move |tx| {
        let first = tx.allocate_users(account, 5)?.0;
        let people = ["e", "bob", "boa", "c", "bo"].into_iter().zip([30, 10, 10, 20, 50]);
        let mut made: Vec<User> = (first..)
            .zip(people)
            .map(|(key, (name, micros))| {
                let mut user = user(key, name);
                user.external_id = Some("x".to_owned());
                user.email_keys = vec!["x@x".to_owned()];
                user.modified_at = at(micros);
                user
            })
            .collect();
        made.sort_unstable_by(|a, b| a.name_key.cmp(&b.name_key));
        tx.insert_users(account, &keyed(&made))?;
        Ok(made)
    })
    .unwrap()
}

/// Every scan, walked one row at a time from place to place, meets everybody once, in order, both ways round.
fn walked_in_stretches(store: &dyn Store) {
    let (acme, beta) = (account(store, "acme"), account(store, "beta"));
    shuffled(store, acme);
    shuffled(store, beta);
    let names =
        |from: &str, until: &str| Scan::Names(NameRange { from: from.to_owned(), until: until.to_owned() });
    let times = |from, until| Scan::Modified(TimeRange { from: at(from), until: at(until) });
    let by_key = ["e", "bob", "boa", "c", "bo"];
    let cases: Vec<(Scan, Vec<&str>)> = vec![
        (Scan::All, by_key.to_vec()),
        (Scan::ExternalId("x".to_owned()), by_key.to_vec()),
        (Scan::Email("x@x".to_owned()), by_key.to_vec()),
        (Scan::Email("y@x".to_owned()), vec![]),
        (Scan::Names(NameRange::all()), vec!["bo", "boa", "bob", "c", "e"]),
        (Scan::Names(NameRange::starting_with("bo")), vec!["bo", "boa", "bob"]),
        (names("boa", "c"), vec!["boa", "bob"]),
        (names("c", "b"), vec![]),
        (Scan::Modified(TimeRange::all()), vec!["bob", "boa", "c", "e", "bo"]),
        (times(10, 30), vec!["bob", "boa", "c"]),
        (times(11, 51), vec!["c", "e", "bo"]),
    ];
    for (scan, want) in cases {
        for descending in [false, true] {
            let ordered = matches!(scan, Scan::Names(_) | Scan::Modified(_));
            if descending && !ordered {
                continue;
            }
            let (scan, mut want) = (scan.clone(), want.clone());
            if descending {
                want.reverse();
            }
            let want: Vec<String> = want.into_iter().map(str::to_owned).collect();
            read(store, move |snapshot| {
                let (mut found, mut after) = (Vec::new(), Place::Start);
                loop {
                    let page = Page { after: after.clone(), descending, ..Page::first(1) };
                    let Some(user) = snapshot.users(acme, &scan, &page)?.pop() else { break };
                    let key = user.key.0;
                    after = match scan {
                        Scan::Names(_) => Place::Name(user.name_key.clone(), key),
                        Scan::Modified(_) => Place::Time(user.modified_at, key),
                        _ => Place::Key(key),
                    };
                    found.push(user.name_key);
                }
                assert_eq!(found, want, "{scan:?}, descending: {descending}");
                assert_eq!(snapshot.count_users(acme, &scan)?, want.len() as u64, "{scan:?}");
                let whole = Page { descending, ..Page::first(100) };
                let whole = snapshot.users(acme, &scan, &whole)?;
                assert!(whole.iter().map(|user| &user.name_key).eq(&want), "{scan:?}");
                let skipped = Page { descending, offset: 2, ..Page::first(1) };
                let skipped = snapshot.users(acme, &scan, &skipped)?;
                assert!(
                    skipped.iter().map(|user| &user.name_key).eq(want.iter().skip(2).take(1)),
                    "{scan:?}"
                );
                Ok(())
            });
        }
    }
}

fn found_by_key(store: &dyn Store) {
    let acme = account(store, "acme");
    let people = users(store, acme, &["ann", "bob"]);
    read(store, move |snapshot| {
        let keys = [people[1].key, UserKey(999), people[0].key];
        let found = snapshot.users_with_keys(acme, &keys)?;
        assert_eq!(found, [Some(people[1].clone()), None, Some(people[0].clone())]);
        Ok(())
    });
}

fn many_at_once(store: &dyn Store) {
    let acme = account(store, "acme");
    let people = users(store, acme, &["ann", "bob", "cyd", "dan"]);
    let keys: Vec<UserKey> = people.iter().map(|user| user.key).collect();
    write(store, move |tx| {
        for (number, members) in [(1, [0, 1, 2]), (2, [1, 2, 3])] {
            insert_group(tx, acme, &group(number, &format!("g{number}")))?;
            tx.lock_group(acme, GroupNumber(number))?;
            let members = members.map(|at| MemberKey::user(keys[at]));
            tx.add_members(acme, GroupNumber(number), &members)?;
        }
        Ok(())
    })
    .unwrap();
    let (asked, last) = (people.clone(), people[3].clone());
    write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Exclusive)?;
        let uuids = [asked[0].uuid, uuid(999), asked[2].uuid];
        let found = [Some(asked[0].clone()), None, Some(asked[2].clone())];
        assert_eq!(tx.users_with_uuids(acme, &uuids)?, found);
        let keys = [asked[0].key, asked[2].key, asked[3].key, UserKey(999)];
        let (one, two) = (vec![GroupNumber(1)], vec![GroupNumber(2)]);
        let both = [one.clone(), two.clone()].concat();
        assert_eq!(tx.groups_of_users(acme, &keys, 9)?, [one.clone(), both, two.clone(), vec![]]);
        assert_eq!(tx.groups_of_users(acme, &keys, 1)?, [one.clone(), one, two, vec![]]);
        assert_eq!(tx.lock_users(acme, &uuids)?, found);
        tx.put_external_id(acme, "s", EntityKey::User(asked[2].key), Some("x"))?;
        // Who is gone already does no harm.
        tx.delete_users(acme, &[&asked[2], &user(999, "nobody"), &asked[0]], NOW)?;
        tx.delete_users(acme, &[&asked[0], &asked[1]], NOW)
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(all(snapshot, acme, &Scan::All)?, std::slice::from_ref(&last));
        assert_eq!(snapshot.count_users(acme, &Scan::All)?, 1);
        assert_eq!(all(snapshot, acme, &Scan::Email("cyd".to_owned()))?, []);
        let called = Scan::SourceId { source: "s".to_owned(), external_id: "x".to_owned() };
        assert_eq!(snapshot.count_users(acme, &called)?, 0);
        Ok(())
    });
}

fn deleted_and_restored(store: &dyn Store) {
    let acme = account(store, "acme");
    let people = users(store, acme, &["ann", "bob", "cyd"]);
    let called = move |tx: &mut dyn Tx, of: &User| tx.external_ids_of(acme, &[of.key]);
    write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Exclusive)?;
        tx.lock_users(acme, &[people[0].uuid])?;
        tx.put_external_id(acme, "s", EntityKey::User(people[0].key), Some("x"))?;
        let external_ids = called(tx, &people[0])?.remove(0);
        assert_eq!(external_ids, [("s".to_owned(), "x".to_owned())]);
        tx.delete_users(acme, &[&people[0], &people[1]], NOW)?;
        let keys = [people[1].key, people[2].key, people[0].key];
        assert_eq!(tx.users_deleted_at(acme, &keys)?, [Some(NOW), None, Some(NOW)]);
        let mut image = Image {
            index: 0,
            user: people[0].clone(),
            external_ids,
            groups: Vec::new(),
            taken_at: NOW,
            had_more_groups: false,
        };
        image.user.version = 9;
        let mut taken = Image { index: 1, user: people[1].clone(), ..image.clone() };
        "cyd".clone_into(&mut taken.user.name_key);
        assert_eq!(tx.undelete_users(acme, &[&image, &taken])?, [true, false]);
        assert_eq!(tx.user(acme, people[0].uuid)?.as_ref(), Some(&image.user));
        assert_eq!(tx.users_deleted_at(acme, &keys)?, [Some(NOW), None, None]);
        assert_eq!(called(tx, &people[0])?, [image.external_ids.clone()]);
        assert_eq!(tx.user(acme, people[1].uuid)?, None);
        assert_eq!(tx.count_users(acme, &Scan::All)?, 2);
        assert_eq!(all(tx, acme, &Scan::Email("ann".to_owned()))?, [image.user]);
        let keys = [people[0].key, people[1].key].map(MemberKey::user);
        assert_eq!(tx.missing_members(acme, &keys)?, keys[1..]);
        Ok(())
    })
    .unwrap();
}

fn images_are_found_and_thrown_away(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    let block = |first, taken_at: i64| ImageBlock {
        first,
        items: 5,
        taken_at: Instant::from_micros(taken_at),
        data: vec![7; 3],
    };
    let (old, new) = (block(0, 10), block(5, 20));
    let kept = [old.clone(), new.clone()];
    write(store, move |tx| tx.put_images(acme, JobNumber(1), &kept)).unwrap();
    let (found, last) = ([old, new.clone()], new);
    write(store, move |tx| {
        assert_eq!(tx.images(acme, JobNumber(1), 4, 9)?, found);
        assert_eq!(tx.images(acme, JobNumber(1), 4, 1)?, found[..1]);
        assert_eq!(tx.images(acme, JobNumber(1), 9, 9)?, found[1..]);
        assert_eq!(tx.images(acme, JobNumber(2), 0, 9)?, []);
        assert_eq!(tx.images(other, JobNumber(1), 0, 9)?, []);
        assert_eq!(tx.delete_images(other, NOW, 9)?, 0);
        assert_eq!(tx.delete_images(acme, Instant::from_micros(20), 9)?, 1);
        assert_eq!(tx.images(acme, JobNumber(1), 0, 9)?, std::slice::from_ref(&last));
        assert_eq!(tx.delete_items(acme, JobNumber(1), 9)?, 1);
        assert_eq!(tx.images(acme, JobNumber(1), 0, 9)?, []);
        Ok(())
    })
    .unwrap();
}

/// Which of the stored users are asked for.
type Pick = fn(usize) -> bool;

/// Keys that lie close together, far apart, in clusters, before the first and behind the last.
fn resolved_on_every_road(store: &dyn Store) {
    let acme = account(store, "acme");
    let names: Vec<String> = (0..2_000).map(|n| format!("user{n:05}")).collect();
    let all = users(store, acme, &names.iter().map(String::as_str).collect::<Vec<_>>());
    write(store, move |tx| {
        let key = tx.allocate_users(acme, 1)?;
        let mut twin = user(key.0, "zoe");
        twin.email_keys = vec!["user00000".to_owned(), "user01000".to_owned()];
        tx.insert_users(acme, &[(twin.key, &twin)]).map(drop)
    })
    .unwrap();
    let picks: [Pick; 6] =
        [|_| true, |n| n % 400 == 0, |n| n % 2 == 0, |n| n == 1_999, |n| n % 500 < 20, |n| n > 1_990];
    for pick in picks {
        let (all, names) = (all.clone(), names.clone());
        read(store, move |snapshot| {
            let mut uuids: Vec<([u8; 16], Subject)> =
                vec![([0; 16], Subject::Unknown), ([255; 16], Subject::Unknown)];
            let mut texts = vec![(String::new(), Subject::Unknown), ("zzz".to_owned(), Subject::Unknown)];
            for n in (0..2_000).filter(|n| pick(*n)) {
                let subject = Subject::Member(MemberKey::user(all[n].key));
                uuids.push((*all[n].uuid.as_bytes(), subject));
                texts.push((names[n].clone(), subject));
                texts.push((format!("{}x", names[n]), Subject::Unknown));
            }
            uuids.sort_unstable_by_key(|(uuid, _)| *uuid);
            texts.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            let (keys, want): (Vec<_>, Vec<_>) = uuids.into_iter().unzip();
            assert_eq!(snapshot.resolve_uuids(acme, &keys, 2_000)?, want);
            assert_eq!(snapshot.resolve_uuids(acme, &keys, 2_000_000)?, want);
            let (keys, want): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            assert_eq!(snapshot.resolve_names(acme, &keys, 2_000)?, want);
            let ambiguous = ["user00000", "user01000"];
            let want: Vec<Subject> = keys
                .iter()
                .zip(want)
                .map(|(key, subject)| if ambiguous.contains(key) { Subject::Ambiguous } else { subject })
                .collect();
            assert_eq!(snapshot.resolve_emails(acme, &keys, 2_000)?, want);
            assert_eq!(snapshot.resolve_names(acme, &[], 2_000)?, []);
            Ok(())
        });
    }
}

fn missing_are_the_deleted(store: &dyn Store) {
    let acme = account(store, "acme");
    let names: Vec<String> = (0..100).map(|n| format!("u{n:03}")).collect();
    let all = users(store, acme, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let keys: Vec<MemberKey> = all.iter().map(|user| MemberKey::user(user.key)).collect();
    let gone: Vec<MemberKey> = [3, 4, 50, 99].map(|n: usize| keys[n]).to_vec();
    let want = gone.clone();
    write(store, move |tx| {
        let gone: Vec<&User> = all.iter().filter(|user| gone.contains(&MemberKey::user(user.key))).collect();
        delete(tx, acme, &gone)
    })
    .unwrap();
    write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Shared)?;
        assert_eq!(tx.missing_members(acme, &keys)?, want);
        assert_eq!(tx.missing_members(acme, &keys[..3])?, []);
        assert_eq!(tx.missing_members(acme, &[keys[4], keys[60]])?, [keys[4]]);
        assert_eq!(tx.missing_members(acme, &[])?, []);
        Ok(())
    })
    .unwrap();
}

fn accounts_are_apart(store: &dyn Store) {
    let (acme, beta) = (account(store, "acme"), account(store, "beta"));
    let in_acme = users(store, acme, &["ann"]);
    let in_beta = users(store, beta, &["ann"]);
    assert_ne!(in_acme[0].key, in_beta[0].key);
    write(store, move |tx| {
        assert!(tx.user(beta, in_acme[0].uuid)?.is_none());
        assert_eq!(tx.user_uuids(beta, &[in_acme[0].key])?, [None]);
        delete(tx, beta, &[&in_acme[0]])?;
        assert_eq!(tx.count_users(acme, &Scan::All)?, 1);
        assert_eq!(tx.count_users(beta, &Scan::All)?, 1);
        assert!(tx.user(acme, in_acme[0].uuid)?.is_some());
        Ok(())
    })
    .unwrap();
}
