//! What provisioning sources call resources.

use throng_directory::ids::{AccountId, EntityKey, GroupNumber, ResourceKey, UserKey};
use throng_directory::model::resources::Resource;
use throng_directory::port::scan::{Page, Place, Scan};
use throng_directory::port::{AccountLock, Snapshot, Store, Tx};
use throng_directory::{Error, Result};

use crate::backend::conformance;
use crate::make::{NOW, account, delete, group, insert_group, read, users, uuid, write};

conformance!(
    each_source_has_its_own,
    found_in_stretches,
    what_is_deleted_is_forgotten,
    written_only_under_a_lock,
    accounts_are_apart,
);

fn named(source: &str, external_id: &str) -> Scan {
    Scan::SourceId { source: source.to_owned(), external_id: external_id.to_owned() }
}

/// Lets a source call users so, under their locks.
fn call(
    tx: &mut dyn Tx,
    account: AccountId,
    source: &str,
    names: &[(i64, UserKey, Option<&str>)],
) -> Result<()> {
    for (id, key, name) in names {
        tx.lock_user(account, uuid(*id))?;
        tx.put_external_id(account, source, EntityKey::User(*key), *name)?;
    }
    Ok(())
}

fn keys_of(snapshot: &mut dyn Snapshot, account: AccountId, scan: &Scan, page: &Page) -> Result<Vec<i64>> {
    Ok(snapshot.users(account, scan, page)?.iter().map(|user| user.key.0).collect())
}

fn each_source_has_its_own(store: &dyn Store) {
    let acme = account(store, "acme");
    let people = users(store, acme, &["ann", "bob"]);
    let (ann, bob) = (people[0].key, people[1].key);
    write(store, move |tx| {
        insert_group(tx, acme, &group(ann.0, "same number"))?;
        tx.put_external_id(acme, "a", EntityKey::Group(GroupNumber(ann.0)), Some("g"))?;
        call(tx, acme, "a", &[(ann.0, ann, Some("1")), (bob.0, bob, Some("2"))])?;
        call(tx, acme, "b", &[(ann.0, ann, Some("2")), (bob.0, bob, Some("old"))])?;
        call(tx, acme, "b", &[(bob.0, bob, Some("new"))])
    })
    .unwrap();
    let entities = [EntityKey::User(bob), EntityKey::User(UserKey(99_999)), EntityKey::User(ann)];
    read(store, move |snapshot| {
        let mut names = |source: &str, keys: &[EntityKey]| snapshot.external_ids(acme, source, keys);
        let text = |name: &str| Some(name.to_owned());
        assert_eq!(names("a", &entities)?, [text("2"), None, text("1")]);
        assert_eq!(names("b", &entities)?, [text("new"), None, text("2")]);
        assert_eq!(names("c", &entities)?, [None, None, None]);
        assert_eq!(names("a", &[EntityKey::Group(GroupNumber(ann.0))])?, [text("g")]);
        assert_eq!(names("b", &[EntityKey::Group(GroupNumber(ann.0))])?, [None]);
        assert_eq!(names("a", &[])?, []);
        for (source, name, found) in
            [("a", "1", vec![ann]), ("a", "2", vec![bob]), ("b", "2", vec![ann]), ("b", "old", vec![])]
        {
            let scan = named(source, name);
            let found: Vec<i64> = found.iter().map(|key| key.0).collect();
            assert_eq!(keys_of(snapshot, acme, &scan, &Page::first(9))?, found, "{source} {name}");
            assert_eq!(snapshot.count_users(acme, &scan)?, found.len() as u64);
        }
        assert_eq!(snapshot.groups(acme, &named("a", "g"), &Page::first(9))?.len(), 1);
        assert_eq!(snapshot.count_groups(acme, &named("a", "g"))?, 1);
        assert_eq!(snapshot.count_groups(acme, &named("a", "1"))?, 0);
        assert_eq!(snapshot.count_users(acme, &named("a", "g"))?, 0);
        // What sources with names call somebody is nothing to the default one.
        assert_eq!(snapshot.count_users(acme, &Scan::ExternalId("1".to_owned()))?, 0);
        Ok(())
    });
    write(store, move |tx| call(tx, acme, "a", &[(bob.0, bob, None)])).unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.external_ids(acme, "a", &[EntityKey::User(bob)])?, [None]);
        assert_eq!(snapshot.count_users(acme, &named("b", "new"))?, 1);
        Ok(())
    });
}

fn found_in_stretches(store: &dyn Store) {
    let acme = account(store, "acme");
    let people = users(store, acme, &["ann", "bob", "cyd"]);
    let keys: Vec<i64> = people.iter().map(|user| user.key.0).collect();
    let calls = people.clone();
    write(store, move |tx| {
        for number in 1..4 {
            insert_group(tx, acme, &group(number, &format!("g{number}")))?;
            tx.put_external_id(acme, "a", EntityKey::Group(GroupNumber(number)), Some("team"))?;
        }
        calls.iter().try_for_each(|user| call(tx, acme, "a", &[(user.key.0, user.key, Some("team"))]))
    })
    .unwrap();
    read(store, move |snapshot| {
        let scan = named("a", "team");
        let after = Page { after: Place::Key(keys[0]), ..Page::first(1) };
        assert_eq!(keys_of(snapshot, acme, &scan, &after)?, keys[1..2]);
        let offset = Page { offset: 2, ..Page::first(9) };
        assert_eq!(keys_of(snapshot, acme, &scan, &offset)?, keys[2..]);
        let mut groups = |page: &Page| -> Result<Vec<i64>> {
            Ok(snapshot.groups(acme, &scan, page)?.iter().map(|group| group.number.0).collect())
        };
        assert_eq!(groups(&Page { after: Place::Key(1), ..Page::first(1) })?, [2]);
        assert_eq!(groups(&Page { offset: 1, ..Page::first(9) })?, [2, 3]);
        Ok(())
    });
}

fn resource(key: i64, kind: &str) -> Resource {
    Resource {
        key: ResourceKey(key),
        kind: kind.to_owned(),
        uuid: uuid(key),
        version: 1,
        created_at: NOW,
        modified_at: NOW,
        external_id: None,
        unique: Vec::new(),
        doc: "{}".to_owned(),
    }
}

fn what_is_deleted_is_forgotten(store: &dyn Store) {
    let acme = account(store, "acme");
    let people = users(store, acme, &["ann", "bob"]);
    let (ann, bob) = (people[0].clone(), people[1].clone());
    let (ann_key, bob_key) = (ann.key, bob.key);
    write(store, move |tx| {
        for source in ["a", "b"] {
            call(tx, acme, source, &[(ann_key.0, ann_key, Some("x")), (bob_key.0, bob_key, Some("x"))])?;
        }
        Ok(())
    })
    .unwrap();
    let made = write(store, move |tx| {
        insert_group(tx, acme, &group(7, "g"))?;
        tx.put_external_id(acme, "a", EntityKey::Group(GroupNumber(7)), Some("x"))?;
        let (door, gate) = (tx.allocate_resource(acme)?, tx.allocate_resource(acme)?);
        for (key, kind) in [(door, "Door"), (gate, "Gate")] {
            tx.insert_resource(acme, &resource(key.0, kind))?;
            tx.put_external_id(acme, "a", EntityKey::Resource(key), Some("x"))?;
        }
        Ok((door, gate))
    })
    .unwrap();
    read(store, move |snapshot| {
        for (kind, key) in [("Door", made.0), ("Gate", made.1)] {
            let found = snapshot.resources(acme, kind, &named("a", "x"), &Page::first(9))?;
            assert_eq!(found.iter().map(|found| found.key).collect::<Vec<_>>(), [key], "{kind}");
            assert_eq!(snapshot.count_resources(acme, kind, &named("a", "x"))?, 1);
        }
        Ok(())
    });
    write(store, move |tx| {
        delete(tx, acme, &[&ann])?;
        tx.lock_group(acme, GroupNumber(7))?;
        tx.delete_group(acme, GroupNumber(7))?;
        let door = tx.lock_resource(acme, "Door", uuid(made.0.0))?.unwrap();
        tx.delete_resource(acme, &door)
    })
    .unwrap();
    read(store, move |snapshot| {
        for source in ["a", "b"] {
            let both = [EntityKey::User(ann_key), EntityKey::User(bob_key)];
            assert_eq!(snapshot.external_ids(acme, source, &both)?, [None, Some("x".to_owned())]);
            assert_eq!(snapshot.count_users(acme, &named(source, "x"))?, 1);
        }
        assert_eq!(snapshot.count_groups(acme, &named("a", "x"))?, 0);
        let resources = [EntityKey::Resource(made.0), EntityKey::Resource(made.1)];
        assert_eq!(snapshot.external_ids(acme, "a", &resources)?, [None, Some("x".to_owned())]);
        Ok(())
    });
}

fn written_only_under_a_lock(store: &dyn Store) {
    let acme = account(store, "acme");
    let ann = users(store, acme, &["ann"])[0].key;
    for key in [EntityKey::User(ann), EntityKey::Group(GroupNumber(1)), EntityKey::Resource(ResourceKey(1))] {
        let refused = write(store, move |tx| tx.put_external_id(acme, "a", key, Some("x"))).unwrap_err();
        assert!(matches!(&refused, Error::Internal(text) if text.contains("lock")), "{refused:?}");
    }
    let shared = write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Shared)?;
        tx.put_external_id(acme, "a", EntityKey::User(ann), None)
    });
    shared.unwrap_err();
}

fn accounts_are_apart(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    let ann = users(store, acme, &["ann"])[0].key;
    write(store, move |tx| call(tx, acme, "a", &[(ann.0, ann, Some("x"))])).unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.external_ids(other, "a", &[EntityKey::User(ann)])?, [None]);
        assert_eq!(snapshot.count_users(other, &named("a", "x"))?, 0);
        assert_eq!(snapshot.users(other, &named("a", "x"), &Page::first(9))?, []);
        Ok(())
    });
}
