use throng_directory::Error;
use throng_directory::caller::{Dialect, KeyRecord, Role};
use throng_directory::ids::AccountId;
use throng_directory::port::Store;

use crate::backend::conformance;
use crate::make::{NOW, account, read, write};

conformance!(accounts_and_keys, names_of_accounts_are_unique_without_case);

fn accounts_and_keys(store: &dyn Store) {
    let acme = account(store, "Acme");
    account(store, "other");
    write(store, move |tx| {
        let (client, role) = tx.client(acme, "tester")?.unwrap();
        assert_eq!(role, Role::AccountAdministrator);
        tx.create_key(&record(acme, "Acme", client, role), NOW)?;
        let operator = tx.create_client(AccountId(0), "ops", Role::Operator, NOW)?;
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
        assert_eq!((key.secret_hash, key.revoked_at), ([9; 32], None));
        assert!(snapshot.key("other", "k1")?.is_none());
        assert_eq!(snapshot.key("", "k1")?.unwrap().role, Role::Operator);
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
        role,
        dialect: Dialect::Firstup,
        revoked_at: None,
    }
}

fn names_of_accounts_are_unique_without_case(store: &dyn Store) {
    account(store, "Acme");
    let again = write(store, |tx| tx.create_account("ACME", NOW)).unwrap_err();
    assert!(matches!(again, Error::AlreadyExists { field: "account", .. }), "{again:?}");
    let other = account(store, "beta");
    let again = write(store, move |tx| tx.create_client(other, "tester", Role::Reader, NOW)).unwrap_err();
    assert!(matches!(again, Error::AlreadyExists { field: "client", .. }), "{again:?}");
}
