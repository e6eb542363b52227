use super::*;
use crate::ids::{AccountId, Random};
use crate::model::passwords::SealingKey;

struct Zeros;

impl Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn sealer(key: u8) -> Sealer {
    SealingKey::new(&[key; 32]).of_job(AccountId(3), uuid::Uuid::from_u128(9)).unwrap()
}

/// Every form that is taken, and what cannot be packed.
const HASHES: &[&str] = &[
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$q83vEjRWeJASNFZ4kKvN7xI0VniQEjRWeJASNFZ4kKs",
    "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    // The last letter has bits that no byte has.
    "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0OD1$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
    "$argon2i$v=16$m=8,t=1,p=1$c2FsdHNhbHQ$q83vEjRWeJASNFZ4kKvN7w",
    "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
    "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
    "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
    "$pbkdf2-sha512$i=29000,l=64$c2FsdA$q83vEjRWeJASNFZ4kKvN7xI0VniQEjRWeJASNFZ4kKs",
    "",
    "$",
    "$$",
    "no hash at all",
];

#[test]
fn every_hash_comes_back_letter_for_letter() {
    let (ids, of_job) = (Ids::new(Box::new(Zeros)), sealer(1));
    let long = format!("$argon2id${}$c2FsdA$c2FsdA", "m".repeat(300));
    let large = format!("$argon2id$v=19$c2FsdA${}", "A".repeat(120));
    let hashes: Vec<&str> =
        HASHES.iter().copied().chain([long.as_str(), large.as_str(), HASHES[0]]).collect();
    let (mut page, mut positions) = (ReadyPage::default(), (7..).step_by(100_003));
    let written: Vec<(u32, Hash)> = positions
        .by_ref()
        .zip(&hashes)
        .map(|(position, hash)| {
            assert!(!page.push(position, hash));
            (position, Hash::stored((*hash).to_owned()))
        })
        .collect();
    let number = first_page(3).unwrap() + 2;
    let sealed = page.seal(number, &of_job, &ids).unwrap();
    assert!(page.is_empty());
    assert!(!sealed.data.windows(4).any(|bytes| bytes == b"$2b$"));
    assert_eq!(open(sealed.clone(), &of_job).unwrap(), Some(written));

    // Not with another key, nor as another page, nor if a bit of it is another.
    assert_eq!(open(sealed.clone(), &sealer(2)).unwrap(), None);
    assert_eq!(open(SecretPage { page: number + 1, ..sealed.clone() }, &of_job).unwrap(), None);
    let mut changed = sealed;
    changed.data[20] ^= 1;
    assert_eq!(open(changed, &of_job).unwrap(), None);
}

#[test]
fn a_page_is_full_and_begins_anew() {
    let (ids, of_job) = (Ids::new(Box::new(Zeros)), sealer(1));
    let mut page = ReadyPage::default();
    for number in 0..2 {
        let full: Vec<bool> = (0..512).map(|position| page.push(position, HASHES[0])).collect();
        assert_eq!(full.iter().position(|full| *full), Some(511));
        let sealed = page.seal(first_page(0).unwrap() + number, &of_job, &ids).unwrap();
        // 97 letters are some 55 bytes.
        assert!(sealed.data.len() < 512 * 56, "{}", sealed.data.len());
        let opened = open(sealed, &of_job).unwrap().unwrap();
        assert!(opened.iter().all(|(_, hash)| hash.reveal() == HASHES[0]) && opened.len() == 512);
    }
}

#[test]
fn damage_is_noticed_and_pages_of_runs_do_not_meet() {
    let (ids, of_job) = (Ids::new(Box::new(Zeros)), sealer(1));
    let number = first_page(0).unwrap();
    let mut page = ReadyPage::default();
    page.push(5, HASHES[0]);
    page.plain.pop();
    assert!(open(page.seal(number, &of_job, &ids).unwrap(), &of_job).is_err());
    let runs: Vec<u32> = (0..300).map(|run| first_page(run).unwrap()).collect();
    assert!(runs[0] == 1 << 31 && runs.windows(2).all(|two| two[1] - two[0] == 1 << 16));
    assert!(first_page(1 << 15).is_err());
}
