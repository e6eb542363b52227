use super::*;

const NOW: Instant = Instant::from_micros(0);

fn key(job: i64) -> ViewKey {
    ViewKey { account: AccountId(1), job: JobNumber(job), query: "q".to_owned() }
}

#[test]
fn what_was_used_last_is_kept() {
    let views = Views::default();
    let half = Arc::new(vec![7; NUMBERS_MAX / 2]);
    views.keep(key(1), Arc::clone(&half), NOW);
    views.keep(key(2), Arc::clone(&half), NOW);
    assert_eq!(views.get(&key(1), NOW).unwrap()[0], 7);
    views.keep(key(3), Arc::new(vec![1]), NOW);
    assert!(views.get(&key(2), NOW).is_none(), "it was used before the others");
    assert!(views.get(&key(1), NOW).is_some() && views.get(&key(3), NOW).is_some());
    assert!(views.get(&ViewKey { query: "other".to_owned(), ..key(1) }, NOW).is_none());
    // One that is larger than all is kept alone.
    views.keep(key(4), Arc::new(vec![1; NUMBERS_MAX + 1]), NOW);
    assert!(views.get(&key(4), NOW).is_some() && views.get(&key(1), NOW).is_none());
}

#[test]
fn what_is_old_or_of_somebody_forgotten_is_not_kept() {
    let views = Views::default();
    let other = ViewKey { account: AccountId(2), ..key(1) };
    views.keep(key(1), Arc::new(vec![1]), NOW);
    views.keep(other.clone(), Arc::new(vec![2]), NOW);
    views.forget(AccountId(1));
    assert!(views.get(&key(1), NOW).is_none());
    assert!(views.get(&other, NOW).is_some());
    assert!(views.get(&other, NOW.plus(KEPT)).is_none());
}

#[test]
fn items_are_ordered_by_text_and_then_by_place() {
    let mut found = Found::default();
    let long = "x".repeat(KEY_BYTES_MAX);
    let texts = ["b", "", "anna-maria", "anna-maja", "b", &format!("{long}b"), &format!("{long}a"), "ann"];
    for (text, place) in texts.into_iter().zip(0..) {
        found.add(text, place);
    }
    found.sort(false);
    // The last two differ behind what is compared.
    assert_eq!(found.places(), [1, 7, 3, 2, 0, 4, 5, 6]);
    assert_eq!(found.until("anna-maria", 2, false), 4);
    assert_eq!(found.until("b", 0, false), 5);
    // It need not be there any more.
    assert_eq!(found.until("anna-m", 99, false), 2);
    assert_eq!(found.text_at(3), "anna-maria");
    found.sort(true);
    assert_eq!(found.places(), [5, 6, 0, 4, 2, 3, 7, 1]);
    assert_eq!(found.until("b", 0, true), 3);
}

#[test]
fn texts_that_differ_late_or_by_their_length_alone_are_in_order() {
    let mut texts: Vec<String> = Vec::new();
    for length in 12..20 {
        for end in ["", "\0", "\0\0", "a", "b", "ab"] {
            texts.push(format!("same{}{end}", "a".repeat(length)));
            texts.push(format!("same{end}{}", "\0".repeat(length)));
        }
    }
    for descending in [false, true] {
        let mut found = Found::default();
        (0..).zip(&texts).for_each(|(place, text)| found.add(text, place));
        found.sort(descending);
        let mut places: Vec<u32> = (0..).zip(&texts).map(|(place, _)| place).collect();
        places.sort_by(|a, b| {
            let order = texts[*a as usize].cmp(&texts[*b as usize]);
            if descending { order.reverse() } else { order }
        });
        assert_eq!(found.places(), places);
    }
}
