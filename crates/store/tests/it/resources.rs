use throng_directory::Error;
use throng_directory::ids::{AccountId, ResourceKey};
use throng_directory::model::resources::Resource;
use throng_directory::port::scan::{Page, Place, Scan, TimeRange};
use throng_directory::port::{Store, Tx};

use crate::backend::conformance;
use crate::make::{account, at, read, uuid, write};

conformance!(
    stored_replaced_and_deleted,
    unique_values_are_had_once,
    kinds_and_accounts_are_apart,
    values_are_stored_anew_by_another_rule,
);

fn resource(key: i64, kind: &str) -> Resource {
    Resource {
        key: ResourceKey(key),
        kind: kind.to_owned(),
        uuid: uuid(key),
        version: 1,
        created_at: at(0),
        modified_at: at(100 - key),
        external_id: Some("X".to_owned()),
        unique: vec![("serial".to_owned(), format!("s{key}"))],
        doc: format!("{{\"n\":{key}}}"),
    }
}

/// As it is read: the document says what is unique.
fn seen(resource: &Resource) -> Resource {
    Resource { unique: Vec::new(), ..resource.clone() }
}

fn stored_replaced_and_deleted(store: &dyn Store) {
    let acme = account(store, "acme");
    let all: Vec<Resource> = (1..=4).map(|key| resource(key, "Device")).collect();
    let made = all.clone();
    write(store, move |tx| made.iter().try_for_each(|resource| tx.insert_resource(acme, resource))).unwrap();
    let want: Vec<Resource> = all.iter().map(seen).collect();
    let all_of = want.clone();
    read(store, move |snapshot| {
        let want = &all_of;
        assert_eq!(snapshot.resource(acme, "Device", want[1].uuid)?.as_ref(), Some(&want[1]));
        assert_eq!(snapshot.resource_with(acme, "Device", "serial", "s3")?.as_ref(), Some(&want[2]));
        assert_eq!(snapshot.resource_with(acme, "Device", "serial", "s9")?, None);
        let external = Scan::ExternalId("X".to_owned());
        for scan in [Scan::All, external] {
            assert_eq!(snapshot.resources(acme, "Device", &scan, &Page::first(9))?, *want);
            assert_eq!(snapshot.count_resources(acme, "Device", &scan)?, 4);
            let page = Page { after: Place::Key(1), offset: 1, ..Page::first(1) };
            assert_eq!(snapshot.resources(acme, "Device", &scan, &page)?, want[2..3]);
        }
        let changed = Scan::Modified(TimeRange { from: at(97), until: at(99) });
        let newest_first = Page { descending: true, ..Page::first(9) };
        assert_eq!(snapshot.resources(acme, "Device", &changed, &newest_first)?, want[1..3]);
        let behind = Page { after: Place::Time(at(97), 3), ..Page::first(9) };
        assert_eq!(snapshot.resources(acme, "Device", &changed, &behind)?, want[1..2]);
        assert_eq!(snapshot.count_resources(acme, "Device", &changed)?, 2);
        Ok(())
    });
    let third = all[2].clone();
    write(store, move |tx| {
        let mut changed = tx.lock_resource(acme, "Device", third.uuid)?.unwrap();
        changed.version = 2;
        changed.unique = vec![("serial".to_owned(), "new".to_owned())];
        tx.replace_resource(acme, &changed)?;
        let first = tx.lock_resource(acme, "Device", uuid(1))?.unwrap();
        tx.delete_resource(acme, &first)
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.resource_with(acme, "Device", "serial", "s3")?, None);
        assert_eq!(snapshot.resource_with(acme, "Device", "serial", "new")?.unwrap().version, 2);
        assert_eq!(snapshot.resource_with(acme, "Device", "serial", "s1")?, None);
        assert_eq!(snapshot.count_resources(acme, "Device", &Scan::All)?, 3);
        Ok(())
    });
    let unlocked = all[1].clone();
    let refused = write(store, move |tx| tx.replace_resource(acme, &unlocked)).unwrap_err();
    assert!(matches!(refused, Error::Internal(_)), "{refused:?}");
}

fn unique_values_are_had_once(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| tx.insert_resource(acme, &resource(1, "Device"))).unwrap();
    let twin = Resource { unique: resource(1, "Device").unique, ..resource(2, "Device") };
    let refused = write(store, move |tx| tx.insert_resource(acme, &twin)).unwrap_err();
    assert!(matches!(&refused, Error::Scim(error) if error.status == 409), "{refused:?}");
    let other_kind = Resource { unique: resource(1, "Device").unique, ..resource(3, "Badge") };
    write(store, move |tx| tx.insert_resource(acme, &other_kind)).unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.count_resources(acme, "Device", &Scan::All)?, 1);
        Ok(())
    });
}

fn kinds_and_accounts_are_apart(store: &dyn Store) {
    let (acme, beta) = (account(store, "acme"), account(store, "beta"));
    write(store, move |tx| tx.insert_resource(acme, &resource(1, "Device"))).unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.resource(acme, "Badge", uuid(1))?, None);
        assert_eq!(snapshot.resource(beta, "Device", uuid(1))?, None);
        assert_eq!(snapshot.resource_with(beta, "Device", "serial", "s1")?, None);
        assert_eq!(snapshot.resources(beta, "Device", &Scan::All, &Page::first(9))?, []);
        assert_eq!(snapshot.count_resources(acme, "Badge", &Scan::All)?, 0);
        Ok(())
    });
}

fn values_are_stored_anew_by_another_rule(store: &dyn Store) {
    let (acme, beta) = (account(store, "acme"), account(store, "beta"));
    write(store, move |tx| {
        tx.insert_resource(acme, &resource(1, "Device"))?;
        tx.insert_resource(acme, &resource(2, "Device"))?;
        assert_eq!(tx.value_rule("Device")?, None);
        tx.set_value_rule("Device", "a")?;
        tx.set_value_rule("Device", "b")
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.value_rule("Device")?.as_deref(), Some("b"));
        assert_eq!(snapshot.value_rule("Badge")?, None);
        let names = [(acme, "acme".to_owned()), (beta, "beta".to_owned())];
        assert_eq!(snapshot.accounts(AccountId(0), 9)?, names);
        assert_eq!(snapshot.accounts(AccountId(0), 1)?, names[..1]);
        assert_eq!(snapshot.accounts(acme, 9)?, names[1..]);
        Ok(())
    });
    let unlocked = write(store, move |tx| tx.replace_values(acme, &resource(1, "Device"))).unwrap_err();
    assert!(matches!(unlocked, Error::Internal(_)), "{unlocked:?}");
    let anew = |serial: &'static str| {
        move |tx: &mut dyn Tx| {
            let mut found = tx.lock_resource(acme, "Device", uuid(1))?.unwrap();
            found.unique = vec![("serial".to_owned(), serial.to_owned())];
            tx.replace_values(acme, &found)
        }
    };
    write(store, anew("new")).unwrap();
    let taken = write(store, anew("s2")).unwrap_err();
    assert!(matches!(&taken, Error::Scim(error) if error.status == 409), "{taken:?}");
    read(store, move |snapshot| {
        assert_eq!(snapshot.resource_with(acme, "Device", "serial", "s1")?, None);
        let found = snapshot.resource_with(acme, "Device", "serial", "new")?.unwrap();
        assert_eq!(found, seen(&resource(1, "Device")));
        Ok(())
    });
}
