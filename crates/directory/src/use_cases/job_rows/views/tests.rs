use super::*;

fn key(job: i64) -> ViewKey {
    ViewKey { account: AccountId(1), job: JobNumber(job), query: "q".to_owned() }
}

#[test]
fn what_was_used_last_is_kept() {
    let views = Views::default();
    let half = Arc::new(vec![7; PLACES_MAX / 2]);
    views.keep(key(1), Arc::clone(&half));
    views.keep(key(2), Arc::clone(&half));
    assert_eq!(views.get(&key(1)).unwrap()[0], 7);
    views.keep(key(3), Arc::new(vec![1]));
    assert!(views.get(&key(2)).is_none(), "it was used before the others");
    assert!(views.get(&key(1)).is_some() && views.get(&key(3)).is_some());
    assert!(views.get(&ViewKey { query: "other".to_owned(), ..key(1) }).is_none());
    // One that is larger than all is kept alone.
    views.keep(key(4), Arc::new(vec![1; PLACES_MAX + 1]));
    assert!(views.get(&key(4)).is_some() && views.get(&key(1)).is_none());
}
