use throng_directory::Error;
use throng_directory::ids::UserKey;
use throng_directory::model::passwords::{Hash, Policy};
use throng_directory::port::{AccountLock, Store};

use crate::backend::conformance;
use crate::make::{NOW, account, at, read, user, users, write};

conformance!(
    stored_replaced_and_taken_away,
    so_many_earlier_ones_are_kept,
    who_is_made_gets_a_first_one,
    whoever_is_deleted_leaves_no_password,
    accounts_have_policies_of_their_own,
    nobody_who_is_not_locked_gets_a_password,
);

/// Earlier ones.
const KEPT: u32 = 2;

fn hash(n: i64) -> Hash {
    Hash::stored(format!("$2b$12${n}"))
}

/// Locks users and stores hashes of them.
fn put(store: &dyn Store, account: throng_directory::ids::AccountId, of: &[(UserKey, uuid::Uuid, Hash)]) {
    let of = of.to_vec();
    write(store, move |tx| {
        for (_, uuid, _) in &of {
            tx.lock_user(account, *uuid)?.unwrap();
        }
        let passwords: Vec<(UserKey, &Hash)> = of.iter().map(|(key, _, hash)| (*key, hash)).collect();
        tx.put_passwords(account, &passwords, KEPT, NOW)
    })
    .unwrap();
}

fn stored_replaced_and_taken_away(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    let people = users(store, acme, &["a", "b", "c"]);
    let keys: Vec<UserKey> = people.iter().map(|user| user.key).collect();
    put(store, acme, &[(keys[0], people[0].uuid, hash(1)), (keys[1], people[1].uuid, hash(2))]);
    put(store, acme, &[(keys[1], people[1].uuid, hash(3)), (keys[2], people[2].uuid, hash(4))]);
    let (of, gone) = (keys.clone(), people[2].uuid);
    write(store, move |tx| {
        tx.lock_user(acme, gone)?.unwrap();
        tx.delete_password(acme, of[2])?;
        tx.delete_password(acme, of[2])
    })
    .unwrap();
    read(store, move |snapshot| {
        let found: Vec<_> =
            keys.iter().map(|key| snapshot.passwords(acme, *key)).collect::<Result<_, _>>()?;
        assert_eq!(found, [vec![hash(1)], vec![hash(3), hash(2)], Vec::new()]);
        assert_eq!(snapshot.passwords(other, keys[0])?, []);
        Ok(())
    });
}

fn so_many_earlier_ones_are_kept(store: &dyn Store) {
    let acme = account(store, "acme");
    let person = users(store, acme, &["a", "b"]).remove(0);
    for n in 1..=5 {
        put(store, acme, &[(person.key, person.uuid, hash(n))]);
    }
    let key = person.key;
    read(store, move |snapshot| {
        assert_eq!(snapshot.passwords(acme, key)?, [5, 4, 3].map(hash));
        Ok(())
    });
    write(store, move |tx| {
        tx.lock_user(acme, person.uuid)?.unwrap();
        tx.put_passwords(acme, &[(key, &hash(6))], 0, NOW)
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.passwords(acme, key)?, [hash(6)]);
        Ok(())
    });
}

fn who_is_made_gets_a_first_one(store: &dyn Store) {
    let acme = account(store, "acme");
    let keys = write(store, move |tx| {
        let first = tx.allocate_users(acme, 2)?;
        let people = [user(first.0, "a"), user(first.0 + 1, "b")];
        let keys = people.each_ref().map(|user| user.key);
        tx.insert_users(acme, &people.each_ref().map(|user| (user.key, user)))?;
        tx.put_first_passwords(acme, &[(keys[0], &hash(1)), (keys[1], &hash(2))], NOW)?;
        // Another one in the same transaction.
        tx.put_passwords(acme, &[(keys[1], &hash(3))], KEPT, NOW)?;
        Ok(keys)
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.passwords(acme, keys[0])?, [hash(1)]);
        assert_eq!(snapshot.passwords(acme, keys[1])?, [hash(3), hash(2)]);
        Ok(())
    });
}

fn whoever_is_deleted_leaves_no_password(store: &dyn Store) {
    let acme = account(store, "acme");
    let people = users(store, acme, &["a", "b"]);
    let keys = [people[0].key, people[1].key];
    put(store, acme, &[(keys[0], people[0].uuid, hash(1)), (keys[1], people[1].uuid, hash(2))]);
    write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Exclusive)?;
        tx.delete_users(acme, &[&people[0]], at(1))
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.passwords(acme, keys[0])?, []);
        assert_eq!(snapshot.passwords(acme, keys[1])?, [hash(2)]);
        Ok(())
    });
}

fn accounts_have_policies_of_their_own(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    for length in [20, 30] {
        let policy = Policy { length, not_username: false, ..Policy::default() };
        write(store, move |tx| tx.put_password_policy(acme, &policy)).unwrap();
    }
    read(store, move |snapshot| {
        let policy = snapshot.password_policy(acme)?;
        assert_eq!((policy.length, policy.not_username, policy.password_history), (30, false, 10));
        assert_eq!(snapshot.password_policy(other)?, Policy::default());
        Ok(())
    });
}

fn nobody_who_is_not_locked_gets_a_password(store: &dyn Store) {
    let acme = account(store, "acme");
    let key = users(store, acme, &["a"])[0].key;
    let refused = write(store, move |tx| tx.put_passwords(acme, &[(key, &hash(1))], KEPT, NOW));
    assert!(matches!(refused, Err(Error::Internal(_))), "{refused:?}");
    let refused = write(store, move |tx| tx.put_first_passwords(acme, &[(key, &hash(1))], NOW));
    assert!(matches!(refused, Err(Error::Internal(_))), "{refused:?}");
    let refused = write(store, move |tx| tx.delete_password(acme, key));
    assert!(matches!(refused, Err(Error::Internal(_))), "{refused:?}");
}
