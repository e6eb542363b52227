//! Archives that are hostile, whatever their parts say.

use super::archive::{Archive, Entry};
use super::{Case, Expected, base, noise, xlsx};
use crate::workbook::Book;

const PARTS: [&str; 5] = ["_rels/.rels", "xl/workbook.xml", "workbook.xml.rels", "styles.xml", "sheet1.xml"];

fn lie(name: &str, expected: Expected, change: impl Fn(&mut Archive) + Send + Sync + 'static) -> Case {
    xlsx(name, expected, move || {
        let mut archive = Archive::of(&base());
        change(&mut archive);
        archive.bytes()
    })
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for part in PARTS.into_iter().chain(["sharedStrings.xml"]) {
        bad_part(part, &mut cases);
    }
    for tenth in 1..10 {
        cases.push(xlsx(
            &format!("cut off after {tenth} tenths"),
            Expected::Refused("the workbook is damaged"),
            move || {
                let mut bytes = Archive::of(&base()).bytes();
                bytes.truncate(bytes.len() * tenth / 10);
                bytes
            },
        ));
    }
    overlaps(&mut cases);
    counts(&mut cases);
    wide(&mut cases);
    names(&mut cases);
    cases
}

/// One part that is a bomb, damaged, or lied about.
fn bad_part(part: &'static str, cases: &mut Vec<Case>) {
    let refused = Expected::Refused;
    let size = "a part is larger than the archive says";
    let sum = "a part is not what its checksum says";
    let ratio = "unpacks to more than 250 times its size";
    cases.push(lie(&format!("{part}: a bomb of 40 MB"), refused(ratio), move |archive| {
        let blank = [b"<x>".to_vec(), [vec![b' '; 100_000], b"<y/>".to_vec()].concat().repeat(400)].concat();
        let entry = archive.entry(part);
        *entry = Entry::deflated(std::str::from_utf8(&entry.name).unwrap(), &blank);
    }));
    cases.push(lie(&format!("{part}: another checksum"), refused(sum), move |archive| {
        archive.entry(part).crc ^= 1;
    }));
    cases.push(lie(&format!("{part}: said to be smaller"), refused(size), move |archive| {
        archive.entry(part).size -= 1;
    }));
    cases.push(lie(&format!("{part}: said to be larger"), refused(sum), move |archive| {
        archive.entry(part).size += 1;
    }));
    cases.push(lie(&format!("{part}: encrypted"), refused("protected by a password"), move |archive| {
        archive.entry(part).flags = 1;
    }));
    cases.push(lie(&format!("{part}: no deflate"), refused("the workbook is damaged"), move |archive| {
        let entry = archive.entry(part);
        entry.data = noise(entry.data.len());
    }));
}

fn overlaps(cases: &mut Vec<Case>) {
    let over = Expected::Refused("its parts lie over one another");
    cases.push(lie("two parts in one place", over, |archive| {
        let mut twin = archive.entries[0].clone();
        (twin.name, twin.same_as) = (b"twin".to_vec(), Some(0));
        archive.entries.push(twin);
    }));
    cases.push(lie("500 parts in one place", over, |archive| {
        for number in 0..500 {
            let mut twin = archive.entries[0].clone();
            (twin.name, twin.same_as) = (format!("twin{number}").into_bytes(), Some(0));
            archive.entries.push(twin);
        }
    }));
    cases.push(lie("a part that reaches into the next", over, |archive| {
        archive.entries[0].compressed = Some(u32::try_from(archive.entries[0].data.len()).unwrap() + 50);
    }));
    cases.push(lie("a part that reaches into the directory", over, |archive| {
        archive.entries.last_mut().unwrap().compressed = Some(1_000_000);
    }));
    cases.push(lie("a part behind the end", Expected::Refused("the workbook is damaged"), |archive| {
        archive.entries[0].shift = 1_000_000;
    }));
    cases.push(lie("a part where there is none", Expected::Refused("the workbook is damaged"), |archive| {
        archive.entries[0].shift = 7;
    }));
}

fn counts(cases: &mut Vec<Case>) {
    let empty = |number: usize| Entry { name: format!("{number}").into_bytes(), ..Entry::default() };
    for count in [995, 10_000, 65_000] {
        let expected = Expected::Refused("parts, at most 1000 are read");
        cases.push(lie(&format!("{count} parts more"), expected, move |archive| {
            archive.entries.extend((0..count).map(empty));
        }));
    }
    cases.push(lie(
        "150,000 parts with long names",
        Expected::Refused("the directory of the workbook's parts is too large"),
        |archive| {
            let named =
                |number: usize| Entry { name: format!("{number:0100}").into_bytes(), ..Entry::default() };
            archive.entries.extend((0..150_000).map(named));
            archive.is_honest = true;
        },
    ));
    cases.push(lie("said to have 65,535 parts", Expected::Any, |archive| archive.count = Some(u16::MAX)));
    cases.push(lie("said to have no parts", Expected::Any, |archive| archive.count = Some(0)));
    cases.push(lie("a directory that begins behind the end", Expected::Any, |archive| {
        archive.directory = Some((u32::MAX - 1, u32::MAX - 1));
    }));
    cases.push(lie("end records inside the comment", Expected::Any, |archive| {
        archive.comment = b"PK\x05\x06".repeat(16_000);
    }));
    cases.push(lie("directory records inside the comment", Expected::Any, |archive| {
        archive.comment = b"PK\x01\x02PK\x05\x06".repeat(8_000);
    }));
}

fn wide(cases: &mut Vec<Case>) {
    let max = u64::MAX;
    let damaged = Expected::Refused("the workbook");
    for (name, record) in [
        ("2^64 parts", (max, 46, 0)),
        ("2^32 parts", (1 << 32, 1 << 40, 0)),
        ("a directory of 2^64 bytes", (6, max, 0)),
        ("a directory at 2^64", (6, 300, max)),
    ] {
        cases.push(lie(&format!("zip64: {name}"), damaged, move |archive| archive.zip64 = Some(record)));
    }
    for (name, sizes) in [
        ("2^64 bytes inflated", (max, 100)),
        ("2^64 bytes", (100, max)),
        ("2^63 bytes both", (1 << 63, 1 << 63)),
    ] {
        cases.push(lie(&format!("zip64: a part of {name}"), damaged, move |archive| {
            archive.entry("sheet1.xml").wide = Some(sizes);
        }));
    }
    cases.push(lie("zip64 that tells the truth", Expected::Read(2, 0), |archive| {
        let entry = archive.entry("sheet1.xml");
        entry.wide = Some((entry.size.into(), entry.data.len() as u64));
    }));
}

fn names(cases: &mut Vec<Case>) {
    let extra = |name: Vec<u8>| {
        move |archive: &mut Archive| {
            let other = Entry::deflated("x", b"<x/>");
            archive.entries.push(Entry { name: name.clone(), ..other });
        }
    };
    let good = Expected::Read(2, 0);
    cases.push(lie("a part outside", good, extra(b"../../../../tmp/throng-hostile".to_vec())));
    cases.push(lie("a part at the root", good, extra(b"/etc/passwd".to_vec())));
    cases.push(lie("a part with a drive", good, extra(b"C:\\windows\\x".to_vec())));
    cases.push(lie("a part whose name is no text", good, extra(b"\xff\0\xfe".to_vec())));
    cases.push(lie("a part with a name of 65,535 bytes", good, extra(vec![b'a'; 65_535])));
    cases.push(lie("a part that is an archive", good, |archive| {
        archive.entries.push(Entry::deflated("inner.zip", &Archive::of(&base()).bytes()));
    }));
    cases.push(lie("a sheet that is an archive", Expected::Refused("the workbook"), |archive| {
        *archive.entry("sheet1.xml") =
            Entry::deflated("xl/worksheets/sheet1.xml", &Archive::of(&base()).bytes());
    }));
    for (name, method) in [("bzip2", 12), ("lzma", 14), ("zstd", 93), ("AES", 99), ("nothing known", 77)] {
        cases.push(lie(
            &format!("compressed by {name}"),
            Expected::Refused("the workbook"),
            move |archive| {
                archive.entry("sheet1.xml").method = method;
            },
        ));
    }
    for ending in ["workbook.xml", "sheet1.xml"] {
        let expected = if ending == "sheet1.xml" {
            "its sheet is missing"
        } else {
            "a ZIP archive, but no XLSX workbook"
        };
        cases.push(lie(&format!("without {ending}"), Expected::Refused(expected), move |archive| {
            archive.entries.retain(|entry| !entry.name.ends_with(ending.as_bytes()));
        }));
    }
    cases.push(xlsx("no parts", Expected::Refused("no XLSX workbook"), || Archive::default().bytes()));
    cases.push(xlsx("no sheets", Expected::Refused("the workbook has no sheet"), || Book::default().bytes()));
}
