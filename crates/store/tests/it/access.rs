use throng_directory::caller::{Client, Dialect, KeyRecord, NewClient, Role, Scopes};
use throng_directory::ids::{AccountId, GroupNumber};
use throng_directory::model::access::{AccountSettings, GroupNames, LargeGroupWrites, UnknownMembers};
use throng_directory::port::scan::{NameRange, Page, Place, Scan};
use throng_directory::port::{AccountLock, Snapshot, Store, Tx};
use throng_directory::{Error, Result};

use crate::backend::conformance;
use crate::make::{NOW, account, group, insert_group, read, uuid, write};

conformance!(
    accounts_and_keys,
    names_of_accounts_are_unique_without_case,
    settings_travel_with_keys,
    groups_share_names_where_they_may,
);

fn accounts_and_keys(store: &dyn Store) {
    let acme = account(store, "Acme");
    account(store, "other");
    write(store, move |tx| {
        let Client { id, role, source } = tx.client(acme, "tester")?.unwrap();
        assert_eq!((role, source), (Role::AccountAdministrator, None));
        tx.create_key(&record(acme, "Acme", id, role), NOW)?;
        let hr = NewClient { name: "hr", role: Role::Reader, source: Some("HR") };
        let hr_id = tx.create_client(acme, &hr, NOW)?;
        let found = tx.client(acme, "hr")?.unwrap();
        assert_eq!(found, Client { id: hr_id, role: Role::Reader, source: Some("HR".to_owned()) });
        tx.create_key(
            &KeyRecord { key_id: "k2".to_owned(), ..record(acme, "Acme", hr_id, Role::Reader) },
            NOW,
        )?;
        let operator = tx.create_client(
            AccountId(0),
            &NewClient { name: "ops", role: Role::Operator, source: None },
            NOW,
        )?;
        tx.create_key(&record(AccountId(0), "", operator, Role::Operator), NOW)
    })
    .unwrap();
    read(store, move |snapshot| {
        let found = snapshot.account("Acme")?.unwrap();
        assert_eq!((found.id, found.created_at), (acme, NOW));
        assert!(snapshot.account("acme")?.is_none());
        assert!(snapshot.account("")?.is_none());
        let key = snapshot.key("Acme", "k1")?.unwrap();
        assert_eq!(
            (key.account, key.role, key.dialect),
            (acme, Role::AccountAdministrator, Dialect::Firstup)
        );
        assert_eq!((key.secret_hash, key.revoked_at, key.user), ([9; 32], None, Some(uuid(7))));
        assert_eq!((key.source, snapshot.key("Acme", "k2")?.unwrap().source.as_deref()), (None, Some("HR")));
        assert!(snapshot.key("other", "k1")?.is_none());
        let operator = snapshot.key("", "k1")?.unwrap();
        assert_eq!((operator.role, operator.user), (Role::Operator, None));
        assert!(snapshot.client_stands(acme, key.client)?);
        assert!(!snapshot.client_stands(acme, throng_directory::ids::ClientId(99))?);
        Ok(())
    });
}

fn record(account: AccountId, name: &str, client: throng_directory::ids::ClientId, role: Role) -> KeyRecord {
    KeyRecord {
        account,
        account_name: name.to_owned(),
        key_id: "k1".to_owned(),
        secret_hash: [9; 32],
        client,
        client_name: "tester".into(),
        role,
        scopes: Scopes::ALL,
        dialect: Dialect::Firstup,
        source: None,
        user: (account != AccountId(0)).then(|| uuid(7)),
        settings: AccountSettings::default(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

fn names_of_accounts_are_unique_without_case(store: &dyn Store) {
    account(store, "Acme");
    let again = write(store, |tx| tx.create_account("ACME", NOW)).unwrap_err();
    assert!(matches!(again, Error::AlreadyExists { field: "account", .. }), "{again:?}");
    let other = account(store, "beta");
    let again = write(store, move |tx| {
        tx.create_client(other, &NewClient { name: "tester", role: Role::Reader, source: None }, NOW)
    })
    .unwrap_err();
    assert!(matches!(again, Error::AlreadyExists { field: "client", .. }), "{again:?}");
}

fn set(tx: &mut dyn Tx, account: AccountId, group_names: GroupNames) -> Result<()> {
    let settings = AccountSettings { group_names, ..AccountSettings::default() };
    tx.lock_account(account, AccountLock::Exclusive)?;
    tx.set_account_settings(account, &settings)
}

fn settings_travel_with_keys(store: &dyn Store) {
    let acme = account(store, "Acme");
    let other = account(store, "other");
    for account in [acme, other] {
        let name = if account == acme { "Acme" } else { "other" };
        write(store, move |tx| {
            let client = tx.client(account, "tester")?.unwrap();
            tx.create_key(&record(account, name, client.id, client.role), NOW)
        })
        .unwrap();
    }
    let settings = AccountSettings {
        unknown_members: UnknownMembers::Reject,
        large_group_writes: LargeGroupWrites::Refuse,
        group_names: GroupNames::Free,
        guard_count: Some(100),
        guard_percent: Some(5),
        job_weight: 3,
        ..AccountSettings::default()
    };
    let unlocked = write(store, move |tx| tx.set_account_settings(acme, &settings)).unwrap_err();
    assert!(matches!(unlocked, Error::Internal(_)), "{unlocked:?}");
    write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Exclusive)?;
        tx.set_account_settings(acme, &settings)
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.account("Acme")?.unwrap().settings, settings);
        assert_eq!(snapshot.settings(acme)?, settings);
        assert_eq!(snapshot.key("Acme", "k1")?.unwrap().settings, settings);
        assert_eq!(snapshot.account("other")?.unwrap().settings, AccountSettings::default());
        assert_eq!(snapshot.key("other", "k1")?.unwrap().settings, AccountSettings::default());
        Ok(())
    });
}

fn groups_share_names_where_they_may(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    let twins = |account| {
        write(store, move |tx| {
            insert_group(tx, account, &group(1, "Red"))?;
            insert_group(tx, account, &group(2, "red"))
        })
    };
    assert!(matches!(twins(acme), Err(Error::AlreadyExists { field: "displayName", .. })));
    write(store, move |tx| set(tx, acme, GroupNames::Free)).unwrap();
    twins(acme).unwrap();
    assert!(matches!(twins(other), Err(Error::AlreadyExists { field: "displayName", .. })));
    read(store, move |snapshot| {
        let named = Scan::Names(NameRange::only("red"));
        let numbers = |page: &Page, snapshot: &mut dyn Snapshot| -> Result<Vec<i64>> {
            let groups = snapshot.groups(acme, &named, page)?;
            Ok(groups.iter().map(|group| group.number.0).collect())
        };
        assert_eq!(numbers(&Page::first(9), snapshot)?, [1, 2]);
        assert_eq!(numbers(&Page { descending: true, ..Page::first(9) }, snapshot)?, [2, 1]);
        let after = Page { after: Place::Name("red".to_owned(), 1), ..Page::first(9) };
        assert_eq!(numbers(&after, snapshot)?, [2]);
        assert_eq!(snapshot.count_groups(acme, &named)?, 2);
        Ok(())
    });

    let shared = write(store, move |tx| set(tx, acme, GroupNames::Unique)).unwrap_err();
    let Error::AlreadyExists { field: "group_names", detail, .. } = shared else { panic!("{shared:?}") };
    assert!(detail.to_lowercase().contains("2 groups have the displayname \"red\""), "{detail}");
    write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Shared)?;
        let mut second = tx.lock_group(acme, GroupNumber(2))?.unwrap();
        "Blue".clone_into(&mut second.display_name);
        "blue".clone_into(&mut second.name_key);
        tx.replace_group(acme, &second)
    })
    .unwrap();
    write(store, move |tx| set(tx, acme, GroupNames::Unique)).unwrap();
    for name in ["red", "blue"] {
        let taken = write(store, move |tx| insert_group(tx, acme, &group(3, name))).unwrap_err();
        assert!(matches!(taken, Error::AlreadyExists { field: "displayName", .. }), "{taken:?}");
    }
    let renamed = write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Shared)?;
        let mut second = tx.lock_group(acme, GroupNumber(2))?.unwrap();
        "red".clone_into(&mut second.name_key);
        tx.replace_group(acme, &second)
    });
    assert!(matches!(renamed, Err(Error::AlreadyExists { field: "displayName", .. })));
}
