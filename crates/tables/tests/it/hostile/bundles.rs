//! Archives of workbooks that are hostile, as archives or by what is in them.

use super::archive::{Archive, Entry};
use super::{Case, Expected, base, noise, plain};
use crate::workbook::{Book, texts};

const RATIO: Expected = Expected::Refused("unpacks to more than 250 times its size");

/// An archive of two workbooks with which nothing is wrong but for this.
fn lie(name: &str, expected: Expected, change: impl Fn(&mut Archive) + Send + Sync + 'static) -> Case {
    plain(&format!("workbooks: {name}"), "x.zip", expected, move || {
        let mut archive = of((0..2).map(|_| base().bytes()));
        change(&mut archive);
        archive.bytes()
    })
}

fn of(books: impl IntoIterator<Item = Vec<u8>>) -> Archive {
    let entries =
        books.into_iter().zip(1..).map(|(book, number)| Entry::deflated(&format!("{number}.xlsx"), &book));
    Archive { entries: entries.collect(), ..Archive::default() }
}

/// A workbook whose sheet has so many bytes of nothing in it.
fn blown(bytes: usize) -> Vec<u8> {
    let rows = texts(&["a"]) + &"<row/>".repeat(bytes / 6) + &texts(&["x"]);
    Archive::of(&Book::of(&rows)).bytes()
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![lie("two good ones", Expected::Read(4, 0), |_| {})];
    bombs(&mut cases);
    lies(&mut cases);
    counts(&mut cases);
    cases
}

fn bombs(cases: &mut Vec<Case>) {
    cases.push(lie("one that is a bomb itself", RATIO, |archive| {
        archive.entries[1] =
            Entry::deflated("2.xlsx", &[b"PK\x03\x04".to_vec(), vec![0; 40_000_000]].concat());
    }));
    cases.push(lie("one with a bomb in it", RATIO, |archive| {
        archive.entries[1] = Entry::deflated("2.xlsx", &blown(40_000_000));
    }));
    // Each stays below what counts; not so all of them.
    cases.push(plain("workbooks: 500 of a little bomb", "x.zip", RATIO, || {
        let book = blown(1_000_000);
        of((0..500).map(|_| book.clone())).bytes()
    }));
    // Its blanks are stored, so the workbook is honest, and the archive is not.
    cases.push(lie("one that is stored, in an archive that is not", RATIO, |archive| {
        let mut book = Archive::of(&base());
        let mut blanks = Entry { data: vec![b' '; 30_000_000], ..Entry::default() };
        (blanks.name, blanks.size) = (b"blanks".to_vec(), 30_000_000);
        book.entries.push(blanks);
        archive.entries[1] = Entry::deflated("2.xlsx", &book.bytes());
    }));
}

fn lies(cases: &mut Vec<Case>) {
    // A reader that goes by names alone would pass over one of them, and with it everybody in it.
    let twice = Expected::Refused("two files of one name");
    cases.push(lie("two of one name", twice, |archive| archive.entries[1].name = b"1.xlsx".to_vec()));
    let refused = Expected::Refused;
    cases.push(lie("in one place", refused("its parts lie over one another"), |archive| {
        archive.entries[1].same_as = Some(0);
    }));
    cases.push(lie("another checksum", refused("'2.xlsx': the workbook is damaged"), |archive| {
        archive.entries[1].crc ^= 1;
    }));
    cases.push(lie("said to be smaller", refused("'2.xlsx': the workbook is damaged"), |archive| {
        archive.entries[1].size -= 1;
    }));
    cases.push(lie("encrypted", refused("'2.xlsx': the workbook is protected by a password"), |archive| {
        archive.entries[1].flags = 1;
    }));
    cases.push(lie("no deflate", refused("'2.xlsx': the workbook is damaged"), |archive| {
        archive.entries[1].data = noise(archive.entries[1].data.len());
    }));
    cases.push(lie("an archive in the archive", refused("is an archive of workbooks itself"), |archive| {
        archive.entries[1] = Entry::deflated("2.xlsx", &of([base().bytes()]).bytes());
    }));
    for name in
        ["../../etc/x.xlsx", "/x.xlsx", "C:\\x.xlsx", "x.exe", "__MACOSX", "folder/.DS_Store", "folder/"]
    {
        cases.push(lie(name, refused("only .xlsx workbooks are read"), move |archive| {
            archive.entries.push(Entry { name: name.as_bytes().to_vec(), ..Entry::default() });
        }));
    }
    cases.push(lie("a name of 65,535 bytes", refused("only .xlsx workbooks are read"), |archive| {
        archive.entries.push(Entry { name: vec![b'a'; 65_535], ..Entry::default() });
    }));
    cases.push(lie("one that is nothing", refused("'3.xlsx': the file is no XLSX workbook"), |archive| {
        archive.entries.push(Entry { name: b"3.xlsx".to_vec(), ..Entry::default() });
    }));
}

fn counts(cases: &mut Vec<Case>) {
    let refused = Expected::Refused("files, at most 20000 are read");
    cases.push(lie("20,000 more", refused, |archive| {
        let named =
            |number: usize| Entry { name: format!("e{number}.xlsx").into_bytes(), ..Entry::default() };
        archive.entries.extend((0..20_000).map(named));
    }));
    cases.push(plain("workbooks: 3,000 little ones", "x.zip", Expected::Read(6_000, 0), || {
        let book = base().bytes();
        of((0..3_000).map(|_| book.clone())).bytes()
    }));
}
