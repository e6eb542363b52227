use throng_jobs::Instant;

use super::*;

struct Zeros;
impl Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0xff);
    }
}

#[test]
fn uuids_rise_within_and_across_milliseconds() {
    let ids = Ids::new(Box::new(Zeros));
    let mut all = ids.uuids(Instant::from_micros(1_000_000), 5_000);
    all.extend(ids.uuids(Instant::from_micros(1_000_500), 5_000));
    all.extend(ids.uuids(Instant::from_micros(999_000), 10));
    all.extend(ids.uuids(Instant::from_micros(2_000_000), 10));
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(all.iter().all(|id| id.get_version_num() == 7));
}

#[test]
fn numbers_have_one_spelling() {
    for bad in ["", "0", "01", "-1", "1e3", "+1", "9007199254740992", "99999999999999999", "1 "] {
        assert_eq!(parse_number(bad), None, "{bad}");
    }
    assert_eq!(parse_number("9007199254740991"), Some(NUMBER_MAX));
}

#[test]
fn uuids_have_one_spelling() {
    assert!(parse_uuid("018f4b3c-0000-7000-8000-0000000000ab").is_some());
    assert!(parse_uuid("018F4B3C-0000-7000-8000-0000000000AB").is_none());
    assert!(parse_uuid("018f4b3c0000700080000000000000ab").is_none());
}

#[test]
fn members_have_one_order_and_one_code() {
    let sorted = [
        MemberKey::user(UserKey(1)),
        MemberKey::user(UserKey(i64::MAX)),
        MemberKey::group(GroupNumber(1)),
        MemberKey::group(GroupNumber(NUMBER_MAX)),
    ];
    assert!(sorted.is_sorted());
    for member in sorted {
        assert_eq!(MemberKey::from_code(member.code()), Some(member));
    }
    assert_eq!((sorted[0].code(), sorted[2].code(), MemberKey::from_code(0)), (1, -1, None));
}
