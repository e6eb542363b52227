use std::collections::HashSet;

use super::{Emails, Random, csv};

#[test]
fn a_file_names_everybody_once_and_not_in_order() {
    let file = String::from_utf8(csv(500, Emails::Login)).unwrap();
    let rows: Vec<Vec<&str>> = file.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let logins: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(logins.iter().collect::<HashSet<_>>().len(), 500);
    assert!(!logins.is_sorted());
    assert!(rows.iter().all(|row| row.len() == 6 && row[0] == row[5]));
    assert_eq!(csv(500, Emails::Login), file.as_bytes());
}

#[test]
fn random_emails_are_in_another_order() {
    let file = String::from_utf8(csv(100, Emails::Random)).unwrap();
    let mut rows: Vec<Vec<&str>> = file.lines().skip(1).map(|line| line.split(',').collect()).collect();
    rows.sort();
    let emails: Vec<&str> = rows.iter().map(|row| row[5]).collect();
    assert!(!emails.is_sorted());
    assert_eq!(emails.iter().collect::<HashSet<_>>().len(), 100);
}

#[test]
fn a_shuffle_loses_nothing() {
    let mut values: Vec<usize> = (0..1_000).collect();
    Random::new(7).shuffle(&mut values);
    assert!(!values.is_sorted());
    values.sort_unstable();
    assert!(values.into_iter().eq(0..1_000));
}
