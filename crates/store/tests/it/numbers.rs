use throng_directory::ids::{AccountId, GroupNumber};
use throng_directory::port::{AccountLock, Series, Store};
use throng_store::Settings;

use crate::backend::reopen;
use crate::make::{account, delete, group, insert_group, users, write};

#[test]
fn numbers_and_keys_are_never_given_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (account, given, key) = {
        let store = reopen(dir.path(), &Settings::default());
        let account = account(&*store, "acme");
        let given = take_and_delete(&*store, account);
        let user = users(&*store, account, &["ann"]).remove(0);
        let key = user.key;
        write(&*store, move |tx| delete(tx, account, &[&user])).unwrap();
        (account, given, key)
    };
    let store = reopen(dir.path(), &Settings::default());
    let again = take_and_delete(&*store, account);
    assert_eq!(given, 1);
    assert_eq!(again, 2);
    let next = write(&*store, move |tx| tx.allocate_users(account, 10)).unwrap();
    let after = write(&*store, move |tx| tx.allocate_users(account, 1)).unwrap();
    assert_eq!((next.0, after.0), (key.0 + 1, key.0 + 11));
    let series = write(&*store, move |tx| {
        Ok((tx.allocate_number(account, Series::Jobs)?, tx.allocate_number(AccountId(77), Series::Groups)?))
    });
    assert_eq!(series.unwrap(), (1, 1));
}

fn take_and_delete(store: &dyn Store, account: AccountId) -> i64 {
    write(store, move |tx| {
        tx.lock_account(account, AccountLock::Exclusive)?;
        let number = tx.allocate_number(account, Series::Groups)?;
        insert_group(tx, account, &group(number, "g"))?;
        tx.delete_group(account, GroupNumber(number))?;
        Ok(number)
    })
    .unwrap()
}
