use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use throng_tables::{Limits, find_column};

use super::{csv, login};

fn whole(people: usize) -> Vec<u8> {
    csv(people, |_| {}).flatten().collect()
}

#[test]
fn the_first_lines_are_these_every_time() {
    let text = String::from_utf8(whole(2)).unwrap();
    let expected = "\
Login Id,Last Name,First Name,Display Name,Email
ada.okafor.0@demo.example,Okafor,Ada,Ada Okafor,ada.okafor.0@demo.example
lukasz.wisniewska.1@demo.example,Wiśniewska,Łukasz,Łukasz Wiśniewska,lukasz.wisniewska.1@demo.example
";
    assert_eq!(text, expected);
}

#[test]
fn the_file_reads_back_as_the_people_it_was_made_of() {
    const PEOPLE: usize = 2_345;
    let file = std::io::Cursor::new(whole(PEOPLE));
    let mut rows = throng_tables::open(file, throng_tables::Format::Csv, &[], &Limits::default()).unwrap();
    let (login_at, email_at) =
        (find_column(rows.headers(), "login id").unwrap(), find_column(rows.headers(), "email").unwrap());
    let mut logins = HashSet::new();
    for number in 0..PEOPLE {
        let row = rows.next().unwrap().unwrap();
        assert_eq!(row.cells[login_at].text().unwrap(), login(number));
        assert_eq!(row.cells[email_at].text().unwrap(), login(number));
        assert!(row.cells.iter().all(|cell| !cell.is_blank()));
        assert!(logins.insert(login(number)));
    }
    assert!(rows.next().is_none());
}

#[test]
fn pieces_are_small_and_counted() {
    let counted = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&counted);
    let pieces: Vec<_> = csv(1_201, move |n| drop(counter.fetch_add(n, Ordering::Relaxed))).collect();
    assert_eq!(counted.load(Ordering::Relaxed), 1_201);
    assert_eq!(pieces.len(), 4);
    assert!(pieces.iter().all(|piece| piece.len() < 128 << 10));
}

#[test]
fn no_people_make_a_file_with_a_header_only() {
    assert_eq!(whole(0), b"Login Id,Last Name,First Name,Display Name,Email\n");
}
