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

/// What is stored between the two ends of a stretch.
fn bytes(part: &Part, stretch: Stretch) -> Vec<u8> {
    assert_eq!(stretch.block, part.first);
    let start = stretch.start as usize;
    part.data[start..start + stretch.length as usize].to_vec()
}

#[test]
fn a_run_reads_what_the_whole_part_says() {
    let id = "018f4b3c-0000-7000-8000-0000000000ab";
    let mut builder = PartsBuilder::new();
    (0..limits::PART_ITEMS_MAX).try_for_each(|_| builder.push(id)).unwrap();
    ["", "anna", "ß", "", id].iter().try_for_each(|value| builder.push(value)).unwrap();
    let mut parts = builder.finish().list;
    parts.extend(produced(9, &(1..8).map(|n| MemberKey::user(UserKey(n))).collect::<Vec<_>>()));
    assert_eq!(parts.iter().map(|part| part.form as u8).collect::<Vec<_>>(), [1, 2, 3]);
    for part in &parts {
        let place = PartPlace { first: part.first, items: part.items, form: part.form };
        let all = part.values().unwrap();
        for (start, end) in [(0, 1), (0, part.items), (2, 5), (part.items - 1, part.items)] {
            let run = Run { place, items: start..end };
            let head = bytes(part, run.head());
            let texts = run.texts(&head).unwrap().map(|stretch| bytes(part, stretch)).unwrap_or_default();
            let some = run.part(head, texts);
            assert_eq!(some.first, part.first + start);
            assert_eq!(some.values().unwrap(), all[start as usize..end as usize]);
        }
    }
    let place = PartPlace { first: 0, items: 2, form: PartForm::Text };
    let run = Run { place, items: 0..1 };
    let falling = [9u32, 3].map(u32::to_le_bytes).concat();
    assert!(run.texts(&falling).is_err() && run.texts(&[]).is_err());
}
