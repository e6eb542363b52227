use super::{Beside, Hash, Policy, SealingKey, Secret, hash};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// What the default policy, changed by this, says of a password.
fn said(change: impl FnOnce(&mut Policy), password: &str) -> Result<(), String> {
    let mut policy = Policy::default();
    change(&mut policy);
    policy.meets(&secret(password))
}

#[test]
fn a44_the_policy_decides_by_the_names_of_its_schema() {
    let policy: Policy = serde_json::from_str("{}").unwrap();
    assert_eq!(policy, Policy::default());
    assert_eq!(
        serde_json::to_value(&policy).unwrap(),
        serde_json::json!({
            "length": 14, "specialChars": 0, "upperCase": 0, "lowerCase": 0, "digits": 0,
            "maxNoOfConsecutiveChars": 2, "maxNoOfConsecutiveCharSets": 4, "passwordHistory": 10, "notUsername": true,
        })
    );
    // No small letter, no digit, nothing special: the policy asks for none of them.
    said(|policy| policy.max_no_of_consecutive_char_sets = 0, "ABCDEFGHIJKLMN").unwrap();
}

/// A change of a policy, a password, and the rule that it breaks then.
type Case = (fn(&mut Policy), &'static str, &'static str);

#[test]
fn a_password_that_breaks_a_rule_is_told_which() {
    let unmet = |change: fn(&mut Policy), password| said(change, password).unwrap_err();
    let cases: [Case; 9] = [
        (|_| {}, "Kite-42-Moss-", "at least 14 characters"),
        (|policy| policy.special_chars = 4, "Kite-42-Moss-17", "at least 4 special characters"),
        (|policy| policy.upper_case = 3, "Kite-42-Moss-17", "at least 3 capital letters"),
        (|policy| policy.lower_case = 7, "Kite-42-Moss-17", "at least 7 small letters"),
        (|policy| policy.digits = 5, "Kite-42-Moss-17", "at least 5 digits"),
        (|_| {}, "Kite-42-Moss-111", "at most 2 equal characters in a row"),
        (|_| {}, "Kites-42-Mosses", "at most 4 characters of one kind in a row"),
        (
            |policy| policy.max_no_of_consecutive_chars = 1,
            "Kite-42-Moss-17",
            "at most 1 equal characters in a row",
        ),
        (|_| {}, "日本語日本-Kite-42-Moss", "at most 4 characters of one kind in a row"),
    ];
    for (change, password, rule) in cases {
        assert_eq!(unmet(change, password), format!("Password policy not met: {rule}"), "{password}");
    }
    said(|_| {}, "Kite-42-Moss-17").unwrap();
    said(|_| {}, "日本語日-Kite-42-Moss").unwrap();
    assert!(said(|policy| policy.max_no_of_consecutive_char_sets = 0, &"aB".repeat(128)).is_err());
    assert!(said(|policy| policy.max_no_of_consecutive_char_sets = 0, &"aB".repeat(127)).is_ok());
}

#[test]
fn a_password_is_not_the_login() {
    let mut policy = Policy::default();
    let login = "anna.1-moss@example.com";
    assert!(policy.meets_login(&secret("ANNA.1-Moss@example.com"), login).is_err());
    assert!(policy.meets_login(&secret("anna.1-moss@example.org"), login).is_ok());
    policy.not_username = false;
    assert!(policy.meets_login(&secret(login), login).is_ok());
}

#[test]
fn a_policy_out_of_range_is_refused_field_by_field() {
    let policy = Policy { length: 7, password_history: 25, ..Policy::default() };
    let refused = policy.check().unwrap_err().to_string();
    assert!(refused.contains("length is a whole number from 8 to 255"), "{refused}");
    assert!(refused.contains("passwordHistory is a whole number from 0 to 24"), "{refused}");
    assert!(Policy { upper_case: 200, digits: 56, ..Policy::default() }.check().is_err());
    Policy { length: 255, digits: 255, ..Policy::default() }.check().unwrap();
}

#[test]
fn ready_hashes_are_known_by_their_form() {
    let bcrypt = format!("$2b$12${}", "a.B/".repeat(13) + "x");
    let taken = [
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2i$m=4096,t=3,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        &bcrypt,
        &bcrypt.replace("$2b$", "$2a$"),
        &bcrypt.replace("$2b$", "$2y$"),
        "$scrypt$ln=17,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
        "$pbkdf2-sha512$i=210000,l=64$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    ];
    for text in taken {
        let hash = Hash::ready(text).unwrap().unwrap();
        assert_eq!(hash.reveal(), text);
        assert!(!format!("{hash:?}").contains('$'));
    }
    let refused = [
        "$argon2id$v=19$m=9999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2d$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        &bcrypt[..59],
        &bcrypt.replace("$12$", "$31$"),
        &bcrypt.replace("a.", "a:"),
        "$scrypt$ln=30,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$99999999$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$6$rounds=5000$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
    ];
    for text in refused {
        let why = Hash::ready(text).unwrap_err();
        assert!(!why.contains('$'), "{why}");
    }
    let long = format!("$scrypt$ln=17,r=8,p=1$c2FsdHNhbHQ${}", "A".repeat(512));
    assert!(Hash::ready(&long).is_err());
    for text in ["Kite-42-Moss-17", "$ecret-42-Moss-17", "", "$2"] {
        assert_eq!(Hash::ready(text), Ok(None), "{text}");
    }
}

#[test]
fn a_password_verifies_against_its_hash_and_no_other_does() {
    let password = secret("Kite-42-Moss-17");
    let hash = Hash::of(&password, [7; hash::SALT_BYTES]).unwrap();
    assert!(hash.reveal().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(Hash::ready(hash.reveal()).unwrap().is_some());
    let verifies = |text: &str| hash.is_of(&secret(text));
    assert!(verifies("Kite-42-Moss-17") && !verifies("Kite-42-Moss-18"));
    assert_ne!(Hash::of(&password, [8; hash::SALT_BYTES]).unwrap(), hash);
    assert_eq!(format!("{password:?}"), "(not shown)");
}

#[test]
fn hashes_that_others_made_are_of_their_password() {
    // By OpenSSL and libxcrypt.
    for text in [
        "$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$lQLsc9ki7sNGjLBVPxG.7kGj92FocR1rMtJ4wtFz2Uk",
        "$pbkdf2-sha512$i=1000,l=64$MDEyMzQ1Njc4OWFiY2RlZg$HGnt3SpyWEsZn1j/KMJvjzb72LLMQW23i5UBLk4AvMevvAcEceq/nQU6ekQib\
         0JCWwKadDPdJ74ICmolgTIQ1Q",
        "$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$lA6GOJMOR3QY0SSsXOEZxpQGkoWz8B9wtt5jaRitHB4",
        "$2b$06$abcdefghijklmnopqrstuuE7kSiId4jcz3mKGQat5VuuUYsB0gi96",
        "$2y$06$abcdefghijklmnopqrstuuE7kSiId4jcz3mKGQat5VuuUYsB0gi96",
    ] {
        let hash = Hash::ready(text).unwrap().unwrap();
        assert!(hash.is_of(&secret("Kt-12-34-56-78")), "{text}");
        assert!(!hash.is_of(&secret("Kt-12-34-56-79")), "{text}");
    }
    assert!(!Hash::stored("no hash".to_owned()).is_of(&secret("no hash")));
}

#[test]
fn the_password_that_is_may_come_again_and_those_that_were_may_not() {
    let had =
        [3, 2, 1].map(|n| Hash::of(&secret(&format!("Kite-42-Moss-{n}")), [n; hash::SALT_BYTES]).unwrap());
    let beside = |n: u8, kept: usize| Beside::of(&secret(&format!("Kite-42-Moss-{n}")), &had[..kept]);
    assert_eq!([beside(3, 3), beside(2, 3), beside(1, 3)], [Beside::Same, Beside::Earlier, Beside::Earlier]);
    assert_eq!([beside(4, 3), beside(1, 2), beside(1, 0)], [Beside::New; 3]);
}

/// Bytes that count.
struct Counting(std::sync::atomic::AtomicU8);

impl crate::ids::Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    }
}

#[test]
fn what_is_sealed_is_opened_for_its_row_of_its_job_alone() {
    let ids = crate::ids::Ids::new(Box::new(Counting(1.into())));
    let (key, other) = (SealingKey::new(&[7; 32]), SealingKey::new(&[8; 32]));
    let (account, job) = (crate::ids::AccountId(3), uuid::Uuid::from_u128(9));
    let of_job = key.of_job(account, job).unwrap();
    let password = secret("Kite-42-Moss-17");
    let sealed = of_job.seal(&password, 5, &ids).unwrap();
    assert!(!sealed.windows(4).any(|bytes| bytes == b"Kite"));
    assert_ne!(of_job.seal(&password, 5, &ids).unwrap(), sealed);
    assert_eq!(of_job.open(sealed.clone(), 5), Some(password));
    assert_eq!(of_job.open(sealed.clone(), 6), None);
    let others = [
        other.of_job(account, job),
        key.of_job(crate::ids::AccountId(4), job),
        key.of_job(account, uuid::Uuid::from_u128(8)),
    ];
    for other in others {
        assert_eq!(other.unwrap().open(sealed.clone(), 5), None);
    }
    for at in [0, 20, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(of_job.open(changed, 5), None);
    }
    assert_eq!(of_job.open(vec![1; 5], 5), None);
    assert!(!format!("{key:?}").contains('7'));
}

#[test]
fn a_block_of_an_upload_is_opened_in_its_place_alone() {
    use super::seal::{BlockPlace, Blocks};
    let ids = crate::ids::Ids::new(Box::new(Counting(1.into())));
    let (key, other) = (SealingKey::new(&[7; 32]), SealingKey::new(&[8; 32]));
    let (account, upload) = (crate::ids::AccountId(3), uuid::Uuid::from_u128(9));
    let blocks = Blocks::of(Some(&key), account, upload).unwrap();
    let place = BlockPlace { part: 2, attempt: -5, block: 1 };
    let sealed = blocks.store(b"Kite-42-Moss-17", place, &ids).unwrap();
    assert!(!sealed.windows(4).any(|bytes| bytes == b"Kite"));
    assert_eq!(blocks.load(sealed.clone(), place).as_deref(), Some(&b"Kite-42-Moss-17"[..]));
    for elsewhere in [
        BlockPlace { part: 1, ..place },
        BlockPlace { attempt: 5, ..place },
        BlockPlace { block: 0, ..place },
    ] {
        assert_eq!(blocks.load(sealed.clone(), elsewhere), None, "{elsewhere:?}");
    }
    let none = Blocks::of(None, account, upload).unwrap();
    for other in [
        Blocks::of(Some(&other), account, upload).unwrap(),
        Blocks::of(Some(&key), crate::ids::AccountId(4), upload).unwrap(),
        Blocks::of(Some(&key), account, uuid::Uuid::from_u128(8)).unwrap(),
    ] {
        assert_eq!(other.load(sealed.clone(), place), None);
    }
    assert_eq!(none.load(sealed.clone(), place), None);
    assert_eq!(blocks.load(sealed[1..].to_vec(), place), None);
    assert_eq!(blocks.load(vec![1; 5], place), None);
    assert_eq!(blocks.load(Vec::new(), place), None);

    // What was stored before there was a key.
    let clear = none.store(b"Kite", place, &ids).unwrap();
    assert_eq!(blocks.load(clear, place).as_deref(), Some(&b"Kite"[..]));
}

#[test]
fn pages_of_sealed_passwords_round_trip() {
    let sealed = [(0, vec![1; 40]), (255, vec![2; 900])];
    let data = super::seal::encode_page(sealed.iter().map(|(at, bytes)| (*at, &bytes[..]))).unwrap();
    assert_eq!(super::seal::decode_page(&data).unwrap(), sealed);
    assert!(super::seal::decode_page(&data[..data.len() - 1]).is_err());
    assert!(super::seal::decode_page(&data[..2]).is_err());
    assert_eq!(super::seal::decode_page(&[]).unwrap(), []);
}
