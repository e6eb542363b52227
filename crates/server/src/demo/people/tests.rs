use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use throng_tables::{Format, Limits, Row, find_column};

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
    let file = Box::new(std::io::Cursor::new(whole(PEOPLE)));
    let mut rows = throng_tables::open(Format::Csv, file, &[], Limits::default()).unwrap();
    let columns = ["Login Id", "Email"].map(|name| find_column(rows.headers(), name).unwrap());
    let mut logins = HashSet::new();
    let mut row = Row::default();
    for number in 0..PEOPLE {
        assert!(rows.next_row(&mut row).unwrap());
        let cells = row.cells.as_ref().unwrap();
        assert_eq!(columns.map(|at| cells[at].text().unwrap()), [login(number), login(number)]);
        assert!(cells.iter().all(|cell| !cell.is_blank()));
        assert!(logins.insert(login(number)));
    }
    assert!(!rows.next_row(&mut row).unwrap());
}

#[test]
fn pieces_are_small_and_counted() {
    let heard = Arc::new(AtomicU64::new(0));
    let teller = Arc::clone(&heard);
    let written = move |people| {
        teller.fetch_add(people, Ordering::Relaxed);
    };
    let pieces: Vec<_> = csv(1_201, written).collect();
    assert_eq!(heard.load(Ordering::Relaxed), 1_201);
    assert_eq!(pieces.len(), 4);
    assert!(pieces.iter().all(|piece| piece.len() < 128 << 10));
}

#[test]
fn no_people_make_a_file_with_a_header_only() {
    assert_eq!(whole(0), b"Login Id,Last Name,First Name,Display Name,Email\n");
}
