//! What several transactions do at once.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::Duration;

use throng_directory::Error;
use throng_directory::ids::{AccountId, ClientId, GroupNumber, JobNumber, MemberKey};
use throng_directory::model::access::{AccountSettings, GroupNames};
use throng_directory::model::jobs::{IdempotencyRecord, Target};
use throng_directory::port::scan::{Page, Scan};
use throng_directory::port::{AccountLock, Series, Store};

use crate::backend::conformance;
use crate::make::{NOW, account, group, insert_group, job, read, token, user, users, write};

conformance!(
    one_of_eight_gets_a_name,
    one_of_eight_gets_a_display_name,
    names_of_groups_become_unique_or_stay_shared,
    a_locked_user_loses_no_change,
    a_locked_group_loses_no_change,
    places_in_a_queue_are_given_once,
    numbers_are_given_once,
    a_key_is_taken_by_one_request,
    nobody_is_a_member_after_deletion,
    no_group_is_a_member_after_deletion,
    users_are_counted,
);

const RACERS: i64 = 8;
const ROUNDS: i64 = 20;

/// Runs rounds of something in eight threads that start together, and collects what they return.
fn race<T: Send>(rounds: i64, run: impl Fn(i64, i64) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(usize::try_from(RACERS).unwrap());
    std::thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|racer| {
                let (barrier, run) = (&barrier, &run);
                scope.spawn(move || {
                    barrier.wait();
                    (0..rounds).map(|round| run(racer, round)).collect::<Vec<_>>()
                })
            })
            .collect();
        racers.into_iter().flat_map(|racer| racer.join().unwrap()).collect()
    })
}

fn one_of_eight_gets_a_name(store: &dyn Store) {
    let acme = account(store, "acme");
    let won = race(ROUNDS, |_, round| {
        write(store, move |tx| {
            let key = tx.allocate_users(acme, 1)?;
            Ok(tx.insert_users(acme, &[(key, &user(key.0, &format!("name{round}")))])?[0])
        })
        .unwrap()
    });
    assert_eq!(won.into_iter().filter(|won| *won).count(), 20);
    assert_eq!(read(store, move |snapshot| snapshot.count_users(acme, &Scan::All)), 20);
}

fn one_of_eight_gets_a_display_name(store: &dyn Store) {
    let acme = account(store, "acme");
    let won = race(ROUNDS, |racer, round| {
        let group = group(1 + racer * ROUNDS + round, &format!("g{round}"));
        write(store, move |tx| insert_group(tx, acme, &group))
    });
    let taken = |result: &Result<(), Error>| matches!(result, Err(Error::AlreadyExists { .. }));
    assert_eq!(won.iter().filter(|result| result.is_ok()).count(), 20);
    assert_eq!(won.iter().filter(|result| taken(result)).count(), 140);
}

/// Half of the racers make groups of one name, the others let names be shared and forbid it again.
fn names_of_groups_become_unique_or_stay_shared(store: &dyn Store) {
    let acme = account(store, "acme");
    race(ROUNDS, |racer, round| {
        let made = group(1 + racer * ROUNDS + round, &format!("g{round}"));
        write(store, move |tx| {
            if racer % 2 == 0 {
                return insert_group(tx, acme, &made);
            }
            tx.lock_account(acme, AccountLock::Exclusive)?;
            let group_names = if racer == 1 { GroupNames::Free } else { GroupNames::Unique };
            tx.set_account_settings(acme, &AccountSettings { group_names, ..AccountSettings::default() })
        })
    });
    let made = read(store, move |snapshot| snapshot.groups(acme, &Scan::All, &Page::first(1_000)));
    let names: BTreeSet<&str> = made.iter().map(|group| group.name_key.as_str()).collect();
    let unique = read(store, move |snapshot| Ok(snapshot.account("acme")?.unwrap().settings.group_names));
    assert!(unique == GroupNames::Free || names.len() == made.len(), "{names:?}");
    // Whatever it is now, the store holds it to that.
    let name = made[0].name_key.clone();
    let again = write(store, move |tx| insert_group(tx, acme, &group(9_999, &name)));
    assert_eq!(again.is_err(), unique == GroupNames::Unique, "{again:?}");
}

fn a_locked_user_loses_no_change(store: &dyn Store) {
    let acme = account(store, "acme");
    let ann = users(store, acme, &["ann"]).remove(0);
    race(ROUNDS, |_, _| {
        write(store, move |tx| {
            let was = tx.lock_user(acme, ann.uuid)?.unwrap();
            let mut user = was.clone();
            user.version += 1;
            tx.replace_user(acme, &was, &user)
        })
        .unwrap();
    });
    assert_eq!(read(store, move |snapshot| snapshot.user_by_name(acme, "ann")).unwrap().version, 161);
}

fn a_locked_group_loses_no_change(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| insert_group(tx, acme, &group(1, "g"))).unwrap();
    race(ROUNDS, |racer, _| {
        write(store, move |tx| {
            tx.lock_account(acme, AccountLock::Shared)?;
            let mut group = tx.lock_group(acme, GroupNumber(1))?.unwrap();
            if racer % 2 == 0 {
                return tx.touch_group(acme, GroupNumber(1), 1, NOW);
            }
            group.version += 1;
            group.members += 1;
            tx.replace_group(acme, &group)
        })
        .unwrap();
    });
    let group = read(store, move |snapshot| snapshot.group(acme, GroupNumber(1))).unwrap();
    assert_eq!((group.version, group.members), (161, 160));
}

fn places_in_a_queue_are_given_once(store: &dyn Store) {
    let acme = account(store, "acme");
    let target = Target::Group(GroupNumber(1));
    write(store, move |tx| insert_group(tx, acme, &group(1, "g"))).unwrap();
    let places: BTreeSet<i64> = race(ROUNDS, |racer, round| {
        write(store, move |tx| {
            tx.lock_group(acme, GroupNumber(1))?;
            let place = tx.next_queue_seq(acme, target)?;
            tx.insert_job(&job(acme, 1 + racer * ROUNDS + round, target, place))?;
            Ok(place)
        })
        .unwrap()
    })
    .into_iter()
    .collect();
    assert_eq!(places, (1..=160).collect());
}

fn numbers_are_given_once(store: &dyn Store) {
    let acme = account(store, "acme");
    let given = race(ROUNDS, |_, _| {
        let number = write(store, move |tx| tx.allocate_number(acme, Series::Jobs)).unwrap();
        let first = write(store, move |tx| tx.allocate_users(acme, 100)).unwrap();
        (number, first.0)
    });
    let numbers: BTreeSet<i64> = given.iter().map(|(number, _)| *number).collect();
    let keys: BTreeSet<i64> = given.iter().flat_map(|(_, first)| *first..*first + 100).collect();
    assert_eq!((numbers.len(), keys.len()), (160, 16_000));
    assert!(*numbers.first().unwrap() >= 1 && *keys.first().unwrap() >= 1);
}

fn a_key_is_taken_by_one_request(store: &dyn Store) {
    let acme = account(store, "acme");
    let made = race(ROUNDS, |racer, round| {
        let record = IdempotencyRecord {
            client: ClientId(1),
            route: "PATCH /x".to_owned(),
            key: format!("key{round}"),
            fingerprint: Some([1; 32]),
            job: Some(JobNumber(racer)),
            resource: None,
            status: 202,
            holder: Some(token(1)),
            lasts: Duration::from_mins(1),
        };
        write(store, move |tx| {
            if let Some(known) = tx.lock_idempotency(acme, record.client, &record.route, &record.key)? {
                return Ok((round, known.job));
            }
            tx.put_idempotency(acme, &record)?;
            Ok((round, record.job))
        })
        .unwrap()
    });
    let different: BTreeSet<_> = made.into_iter().collect();
    assert_eq!(different.len(), 20, "{different:?}");
}

fn nobody_is_a_member_after_deletion(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| insert_group(tx, acme, &group(1, "g"))).unwrap();
    for round in 0..ROUNDS {
        let person = users(store, acme, &[&*format!("p{round}")]).remove(0);
        race(1, |racer, _| {
            let person = person.clone();
            let key = MemberKey::user(person.key);
            write(store, move |tx| {
                if racer > 0 {
                    tx.lock_account(acme, AccountLock::Shared)?;
                    tx.lock_group(acme, GroupNumber(1))?;
                    let missing = tx.missing_members(acme, &[key])?;
                    let members = tx.members_among(acme, GroupNumber(1), &[key])?;
                    if missing.is_empty() && members.is_empty() {
                        tx.add_members(acme, GroupNumber(1), &[key])?;
                    }
                    return Ok(());
                }
                tx.lock_account(acme, AccountLock::Exclusive)?;
                for group in tx.groups_of(acme, key, GroupNumber(0), 9)? {
                    tx.lock_group(acme, group.number)?;
                    tx.remove_members(acme, group.number, &[key])?;
                }
                tx.delete_users(acme, &[&person], NOW)
            })
            .unwrap();
        });
        let members = read(store, move |snapshot| snapshot.members(acme, GroupNumber(1), None, 9));
        assert_eq!(members, []);
    }
}

fn no_group_is_a_member_after_deletion(store: &dyn Store) {
    let acme = account(store, "acme");
    let parent = GroupNumber(1);
    write(store, move |tx| insert_group(tx, acme, &group(1, "parent"))).unwrap();
    for round in 0..ROUNDS {
        let number = GroupNumber(2 + round);
        let (made, member) = (group(number.0, &format!("g{round}")), MemberKey::group(number));
        write(store, move |tx| insert_group(tx, acme, &made)).unwrap();
        race(1, |racer, _| {
            write(store, move |tx| {
                if racer > 0 {
                    tx.lock_account(acme, AccountLock::Shared)?;
                    tx.lock_group(acme, parent)?;
                    let missing = tx.missing_members(acme, &[member])?;
                    let members = tx.members_among(acme, parent, &[member])?;
                    if missing.is_empty() && members.is_empty() {
                        tx.add_members(acme, parent, &[member])?;
                        tx.touch_group(acme, parent, 1, NOW)?;
                    }
                    return Ok(());
                }
                tx.lock_account(acme, AccountLock::Exclusive)?;
                for group in tx.groups_of(acme, member, GroupNumber(0), 9)? {
                    tx.lock_group(acme, group.number)?;
                    tx.remove_members(acme, group.number, &[member])?;
                    tx.touch_group(acme, group.number, -1, NOW)?;
                }
                tx.lock_group(acme, number)?;
                tx.delete_group(acme, number)
            })
            .unwrap();
        });
        let left = read(store, move |snapshot| {
            Ok((snapshot.members(acme, parent, None, 9)?, snapshot.group(acme, parent)?.unwrap().members))
        });
        assert_eq!(left, (vec![], 0));
    }
}

fn users_are_counted(store: &dyn Store) {
    let acme: AccountId = account(store, "acme");
    race(ROUNDS, |racer, round| {
        let people = users(store, acme, &[&*format!("a{racer}-{round}"), &*format!("b{racer}-{round}")]);
        write(store, move |tx| {
            tx.lock_account(acme, AccountLock::Exclusive)?;
            tx.delete_users(acme, &[&people[0]], NOW)
        })
        .unwrap();
    });
    assert_eq!(read(store, move |snapshot| snapshot.count_users(acme, &Scan::All)), 160);
}
