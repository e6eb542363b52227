use throng_directory::Error;
use throng_directory::model::profiles::{Gives, Profile, ProfileName, ProfileNumber};
use throng_directory::port::{Series, Store};

use crate::backend::conformance;
use crate::make::{NOW, account, at, read, write};

conformance!(
    stored_replaced_and_deleted,
    names_are_had_once,
    names_come_in_order,
    accounts_are_apart,
    what_is_not_locked_is_not_written,
);

fn profile(number: i64, name: &str) -> Profile {
    Profile {
        number: ProfileNumber(number),
        version: 1,
        created_at: NOW,
        modified_at: at(number),
        name: name.to_owned(),
        name_key: name.to_lowercase(),
        gives: Gives {
            description: Some("for \"agents\"".to_owned()),
            roles: vec!["Agent".to_owned()],
            groups: vec![7, 3],
        },
    }
}

fn stored_replaced_and_deleted(store: &dyn Store) {
    let acme = account(store, "acme");
    let made = write(store, move |tx| {
        let numbers = [
            tx.allocate_number(acme, Series::Profiles)?,
            tx.allocate_number(acme, Series::Profiles)?,
            tx.allocate_number(acme, Series::Groups)?,
        ];
        assert_eq!(numbers, [1, 2, 1]);
        let made = vec![profile(1, "Agents"), profile(2, "Leads")];
        made.iter().try_for_each(|profile| tx.insert_profile(acme, profile))?;
        Ok(made)
    })
    .unwrap();
    let want = made.clone();
    read(store, move |snapshot| {
        let (first, second) = (Some(want[0].clone()), Some(want[1].clone()));
        let numbers = [2, 9, 1, 2].map(ProfileNumber);
        let found = snapshot.profiles(acme, &numbers)?;
        assert_eq!(found, [second.clone(), None, first.clone(), second.clone()]);
        assert_eq!(snapshot.profiles_by_names(acme, &["leads", "Leads", "agents"])?, [second, None, first]);
        assert_eq!(snapshot.profiles_by_names(acme, &[])?, []);
        Ok(())
    });
    let changed = Profile { version: 2, gives: Gives::default(), ..profile(1, "Others") };
    let stored = changed.clone();
    write(store, move |tx| {
        assert_eq!(tx.lock_profile(acme, ProfileNumber(9))?, None);
        tx.lock_profile(acme, ProfileNumber(1))?.unwrap();
        tx.replace_profile(acme, &stored)?;
        tx.lock_profile(acme, ProfileNumber(2))?.unwrap();
        tx.delete_profile(acme, ProfileNumber(2))
    })
    .unwrap();
    read(store, move |snapshot| {
        let found = snapshot.profiles(acme, &[ProfileNumber(1), ProfileNumber(2)])?;
        assert_eq!(found, [Some(changed.clone()), None]);
        assert_eq!(snapshot.profiles_by_names(acme, &["agents", "leads"])?, [None, None]);
        Ok(())
    });
}

fn names_are_had_once(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| {
        tx.insert_profile(acme, &profile(1, "Agents"))?;
        tx.insert_profile(acme, &profile(2, "Leads"))
    })
    .unwrap();
    let twin = write(store, move |tx| tx.insert_profile(acme, &profile(3, "AGENTS"))).unwrap_err();
    assert!(matches!(twin, Error::AlreadyExists { field: "profileName", .. }), "{twin:?}");
    let renamed = write(store, move |tx| {
        tx.lock_profile(acme, ProfileNumber(2))?.unwrap();
        tx.replace_profile(acme, &profile(2, "agents"))
    });
    assert!(matches!(renamed, Err(Error::AlreadyExists { field: "profileName", .. })), "{renamed:?}");
    read(store, move |snapshot| {
        let found = snapshot.profiles(acme, &[2, 3].map(ProfileNumber))?;
        assert_eq!(found, [Some(profile(2, "Leads")), None]);
        Ok(())
    });
}

fn names_come_in_order(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| {
        let names = ["b", "\u{e4}", "a", "B2", "z"];
        (1..).zip(names).try_for_each(|(number, name)| tx.insert_profile(acme, &profile(number, name)))
    })
    .unwrap();
    let name = |number, key: &str| ProfileName { number: ProfileNumber(number), name_key: key.to_owned() };
    let all = [name(3, "a"), name(1, "b"), name(4, "b2"), name(5, "z"), name(2, "\u{e4}")];
    read(store, move |snapshot| {
        assert_eq!(snapshot.profile_names(acme, "", 9)?, all);
        assert_eq!(snapshot.profile_names(acme, "a", 2)?, all[1..3]);
        assert_eq!(snapshot.profile_names(acme, "\u{e4}", 9)?, []);
        Ok(())
    });
}

fn accounts_are_apart(store: &dyn Store) {
    let (acme, beta) = (account(store, "acme"), account(store, "beta"));
    write(store, move |tx| tx.insert_profile(acme, &profile(1, "Agents"))).unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.profiles(beta, &[ProfileNumber(1)])?, [None]);
        assert_eq!(snapshot.profiles_by_names(beta, &["agents"])?, [None]);
        assert_eq!(snapshot.profile_names(beta, "", 9)?, []);
        Ok(())
    });
    write(store, move |tx| tx.insert_profile(beta, &profile(1, "Agents"))).unwrap();
}

fn what_is_not_locked_is_not_written(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| tx.insert_profile(acme, &profile(1, "Agents"))).unwrap();
    let replaced = write(store, move |tx| tx.replace_profile(acme, &profile(1, "Others"))).unwrap_err();
    assert!(matches!(replaced, Error::Internal(_)), "{replaced:?}");
    let deleted = write(store, move |tx| tx.delete_profile(acme, ProfileNumber(1))).unwrap_err();
    assert!(matches!(deleted, Error::Internal(_)), "{deleted:?}");
}
