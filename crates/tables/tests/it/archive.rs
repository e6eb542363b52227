//! Archives, piece by piece.

use std::io::{Cursor, Read};

use throng_tables::Archive;
use zip::ZipArchive;

fn archive() -> Vec<u8> {
    let mut archive = Archive::default();
    let mut bytes = Vec::new();
    for (name, text) in [("a.txt", "first"), ("b.txt", ""), ("c.txt", "third")] {
        archive.begin(name).unwrap();
        archive.write(text.as_bytes()).unwrap();
        bytes.extend(archive.take());
    }
    bytes.extend(archive.finish().unwrap());
    bytes
}

#[test]
fn files_come_out_as_they_went_in() {
    let mut read = ZipArchive::new(Cursor::new(archive())).unwrap();
    let mut files = Vec::new();
    for at in 0..read.len() {
        let mut file = read.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.push((file.name().unwrap().into_owned(), text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&name[..], &text[..])).collect();
    assert_eq!(files, [("a.txt", "first"), ("b.txt", ""), ("c.txt", "third")]);
}

#[test]
fn the_same_files_make_the_same_archive() {
    assert_eq!(archive(), archive());
}
