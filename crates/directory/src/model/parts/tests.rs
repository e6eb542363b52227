use super::*;
use crate::ids::{GroupNumber, UserKey};

fn texts(parts: &[Part]) -> Vec<String> {
    let mut all = Vec::new();
    for part in parts {
        assert_eq!(part.value(part.items as usize).unwrap(), None);
        for (at, value) in part.values().unwrap().into_iter().enumerate() {
            assert_eq!(part.value(at).unwrap(), Some(value));
            all.push(match value {
                Value::Uuid(bytes) => Uuid::from_bytes(bytes).to_string(),
                Value::Text(text) => text.to_owned(),
                Value::Key(key) => key.code().to_string(),
            });
        }
    }
    all
}

#[test]
fn values_come_back_as_given_whatever_their_mix() {
    let id = "018f4b3c-0000-7000-8000-0000000000ab";
    let mut given: Vec<String> = (0..5_000).map(|_| id.to_owned()).collect();
    given.extend(["anna@example.com", "018F4B3C-0000-7000-8000-0000000000AB", "ß"].map(str::to_owned));
    given.extend((0..4_000).map(|n| format!("user{n}")));
    given.push(id.to_owned());
    let mut builder = PartsBuilder::new();
    for value in &given {
        builder.push(value).unwrap();
    }
    let parts = builder.finish().list;
    assert_eq!(parts[0].form, PartForm::Uuids);
    assert_eq!(parts[0].data.len(), 16 * limits::PART_ITEMS_MAX);
    assert_eq!(texts(&parts), given);
    assert_eq!(parts.iter().map(|part| part.items as usize).sum::<usize>(), given.len());
    assert!(parts.windows(2).all(|pair| pair[0].first + pair[0].items == pair[1].first));
}

#[test]
fn produced_removals_are_numbered_on() {
    let mut members: Vec<MemberKey> = (1..5_000).map(|n| MemberKey::user(UserKey(n))).collect();
    members.push(MemberKey::group(GroupNumber(5_000)));
    let parts = produced(7, &members);
    assert_eq!(parts.len(), 2);
    assert_eq!((parts[0].first, parts[1].first), (7, 7 + 4_096));
    assert_eq!(texts(&parts).last().map(String::as_str), Some("-5000"));
}

#[test]
fn damage_is_noticed() {
    let part = Part { first: 0, items: 2, form: PartForm::Uuids, data: vec![0; 16] };
    assert!(part.values().is_err());
    let part = Part { first: 0, items: 2, form: PartForm::Keys, data: vec![0; 16] };
    assert!(part.values().is_err());
    let part = Part { first: 0, items: 2, form: PartForm::Text, data: vec![0; 4] };
    assert!(part.values().is_err());
}
