use super::*;

const ACCOUNT: AccountId = AccountId(7);

fn row(n: u8) -> Row {
    let (salt, object, names) = ([n; 16], format!("id {n}"), format!(r#"{{"object":"person {n}"}}"#));
    Row {
        id: Uuid::from_bytes([n; 16]),
        at: Instant::from_micros(i64::from(n)),
        event: "CREATED".to_owned(),
        kind: "USER".to_owned(),
        body: "{}".to_owned(),
        names_digest: names_digest(Some(&salt), &object, Some(&names)),
        object,
        names: Some(names),
        salt: Some(salt),
    }
}

fn log() -> (Vec<Chained>, Head) {
    chain(ACCOUNT, Head::default(), (1..=5).map(row).collect())
}

fn findings(rows: &[Chained], head: Head) -> Vec<String> {
    let mut check = Check::new(ACCOUNT, head);
    for row in rows {
        check.row(row);
    }
    check.finish().findings
}

#[test]
fn a_log_as_it_was_written_has_no_findings() {
    let (rows, head) = log();
    assert_eq!(findings(&rows, head), [""; 0]);
    let (more, further) = chain(ACCOUNT, head, vec![row(6)]);
    assert_eq!((more[0].seq, further.seq), (6, 6));
    assert_eq!(findings(&[rows, more].concat(), further), [""; 0]);
    assert_eq!(findings(&[], Head::default()), [""; 0]);
}

#[test]
fn every_change_of_a_row_is_found() {
    let (rows, head) = log();
    let changes: [fn(&mut Chained); 10] = [
        |found| found.row.id = Uuid::from_bytes([9; 16]),
        |found| found.row.at = Instant::from_micros(99),
        |found| found.row.event = "DELETED".to_owned(),
        |found| found.row.kind = "GROUP".to_owned(),
        |found| found.row.object.push('x'),
        |found| found.row.body = "{ }".to_owned(),
        |found| found.row.names = Some(r#"{"object":"somebody"}"#.to_owned()),
        |found| found.row.salt = Some([0; 16]),
        |found| found.row.names_digest[0] ^= 1,
        |found| found.hash[31] ^= 1,
    ];
    for (at, change) in changes.iter().enumerate() {
        for place in [0, 2, 4] {
            let mut altered = rows.clone();
            change(&mut altered[place]);
            let found = findings(&altered, head);
            assert!(found.first().is_some_and(|first| first.contains("altered")), "{at} {place}: {found:?}");
            assert!(found[0].contains(&format!("row {}", place + 1)), "{at} {place}: {found:?}");
        }
    }
}

#[test]
fn rows_that_are_missing_swapped_or_inserted_are_found() {
    let (rows, head) = log();
    let without = |gone: std::ops::Range<usize>| {
        let mut left = rows.clone();
        left.drain(gone);
        findings(&left, head)
    };
    assert_eq!(without(0..1), ["row 1 is missing"]);
    assert_eq!(without(1..3), ["rows 2 to 3 are missing"]);
    assert_eq!(without(4..5), ["row 5 is missing"]);
    assert_eq!(without(0..5), ["rows 1 to 5 are missing"]);
    let mut swapped = rows.clone();
    swapped.swap(1, 2);
    (swapped[1].seq, swapped[2].seq) = (2, 3);
    assert_eq!(findings(&swapped, head).len(), 3, "both, and the one behind them");
    let (more, _) = chain(ACCOUNT, head, vec![row(6)]);
    let inserted = findings(&[rows.clone(), more].concat(), head);
    assert_eq!(inserted, ["row 6 was inserted: the log ends with row 5"]);
    // Written anew from some row on: the end is another one.
    let (other, _) = chain(ACCOUNT, Head::default(), (2..=6).map(row).collect());
    assert_eq!(findings(&other, head), ["row 5 was altered: it is not the one with which the log ended"]);
}

#[test]
fn what_is_forgotten_and_what_is_thrown_away_breaks_no_chain() {
    let (mut rows, mut head) = log();
    (rows[2].row.names, rows[2].row.salt) = (None, None);
    assert_eq!(findings(&rows, head).len(), 1, "an id that does not go with the names");
    rows[2].row.object.clear();
    assert_eq!(findings(&rows, head), [""; 0]);
    (head.kept_seq, head.kept_hash) = (rows[1].seq, rows[1].hash);
    assert_eq!(findings(&rows[2..], head), [""; 0]);
    assert_eq!(findings(&rows[1..], head), ["row 2 was inserted: the log begins behind row 2"]);
    assert_eq!(findings(&rows[3..], head), ["row 3 is missing"]);
}

#[test]
fn fields_do_not_run_into_each_other() {
    let (one, two) = (row(1), row(1));
    let one = Row { kind: "AB".to_owned(), body: "C".to_owned(), ..one };
    let two = Row { kind: "A".to_owned(), body: "BC".to_owned(), ..two };
    let before = [0; 32];
    assert_ne!(hash(&before, ACCOUNT, 1, &one), hash(&before, ACCOUNT, 1, &two));
    assert_ne!(hash(&before, ACCOUNT, 1, &one), hash(&before, AccountId(8), 1, &one));
    assert_ne!(hash(&before, ACCOUNT, 1, &one), hash(&before, ACCOUNT, 2, &one));
}

#[test]
fn a_row_is_read_as_it_was_written() {
    let actor = Actor { name: "ada".to_owned(), ..Actor::default() };
    for detail in [Map::new(), Map::from_iter([("n".to_owned(), Value::from(1))])] {
        let body = Body { actor: actor.clone(), done: true, detail, ..Body::default() };
        let row = Row { body: serde_json::to_string(&body).unwrap(), ..row(1) };
        let entry = Entry::of(Chained { seq: 7, row, hash: [3; 32] }).unwrap();
        assert_eq!((entry.body, entry.name.as_deref(), entry.seq), (body, Some("person 1"), 7));
    }
    let damaged = Chained { seq: 7, row: Row { body: "{".to_owned(), ..row(1) }, hash: [3; 32] };
    assert!(matches!(Entry::of(damaged), Err(Error::Internal(_))));
}
