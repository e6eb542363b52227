use super::*;
use crate::ids::{GroupNumber, UserKey};

#[test]
fn chunks_round_trip() {
    let settled = [
        Settled { index: 0, member: None, outcome: Outcome::NotFound },
        Settled { index: 1, member: Some(MemberKey::group(GroupNumber(7))), outcome: Outcome::Removed },
        Settled {
            index: 4_000_000,
            member: Some(MemberKey::user(UserKey(i64::MAX))),
            outcome: Outcome::Created,
        },
    ];
    let data = encode_chunk(&settled);
    assert_eq!(data.len(), 39);
    assert_eq!(data[17..25], (-7i64).to_le_bytes());
    assert_eq!(decode_chunk(&data).unwrap(), settled);
    assert!(decode_chunk(&data[1..]).is_err());
    let mut broken = data;
    broken[12] = 99;
    assert!(decode_chunk(&broken).is_err());
}

#[test]
fn rows_round_trip_with_notes() {
    let rows = [
        RowResult { outcome: Outcome::Created, user: Some(Uuid::from_u128(7)), note: None, version: Some(9) },
        RowResult {
            outcome: Outcome::Invalid,
            user: None,
            note: Some("Последнее имя".to_owned()),
            version: None,
        },
        RowResult {
            outcome: Outcome::Created,
            user: Some(Uuid::from_u128(8)),
            note: Some("x".to_owned()),
            version: Some(-1),
        },
    ];
    let page = encode_rows(3, &rows);
    assert_eq!((page.page, page.items, page.effective, page.failed), (3, 3, 2, 1));
    assert_eq!(decode_rows(&page).unwrap(), rows);
    for places in [&[0, 2][..], &[1], &[2, 3], &[]] {
        let wanted: Vec<RowResult> =
            places.iter().filter_map(|place: &usize| rows.get(*place).cloned()).collect();
        assert_eq!(decode_rows_at(&page, places).unwrap(), wanted);
    }
}

#[test]
fn results_by_index_cut_pages() {
    let mut results = ByIndex::new(limits::RESULT_PAGE_ITEMS + 2);
    results
        .settle(Settled { index: 1, member: Some(MemberKey::user(UserKey(5))), outcome: Outcome::Created })
        .unwrap();
    results
        .settle(Settled {
            index: 4_097,
            member: Some(MemberKey::user(UserKey(6))),
            outcome: Outcome::NotMember,
        })
        .unwrap();
    assert!(results.is_settled(1) && !results.is_settled(0));
    assert_eq!(results.pages(), 2);
    let first = results.page(0);
    assert_eq!((first.items, first.effective, first.ignored), (4_096, 1, 0));
    let second = results.page(1);
    assert_eq!((second.page, second.items, second.ignored), (1, 2, 1));
    assert_eq!(second.data, [0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    assert!(results.settle(Settled { index: 5_000, member: None, outcome: Outcome::Created }).is_err());
}

#[test]
fn stretches_of_a_page_say_what_the_page_says() {
    let page_items = u32::try_from(limits::RESULT_PAGE_ITEMS).unwrap();
    let total = page_items + 5;
    let mut results = ByIndex::new(total as usize);
    for index in 0..total {
        let member = (index % 3 > 0).then_some(MemberKey::user(UserKey(i64::from(index))));
        let outcome = if index % 2 == 0 { Outcome::Created } else { Outcome::NotMember };
        results.settle(Settled { index, member, outcome }).unwrap();
    }
    for indexes in [0..1, 7..90, 0..page_items, page_items..page_items + 1, page_items + 2..total] {
        let [outcomes, members] = stretches(total, indexes.clone()).map(|stretch| {
            let data = results.page(stretch.block as usize).data;
            let start = stretch.start as usize;
            data[start..start + stretch.length as usize].to_vec()
        });
        let found = decode_stretches(indexes.clone(), &outcomes, &members).unwrap();
        let expected: Vec<Settled> = indexes.clone().map(|index| results.settled(index).unwrap()).collect();
        assert_eq!(found, expected);
        assert!(decode_stretches(indexes, &outcomes, &members[1..]).is_err());
    }
    assert!(results.settled(total).is_err());
    let page = results.page(1);
    assert_eq!(decode_page(&page).unwrap()[4], results.settled(total - 1).unwrap());
}
