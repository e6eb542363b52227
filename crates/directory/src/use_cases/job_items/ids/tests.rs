use super::*;
use crate::ids::GroupNumber;

#[test]
fn found_whatever_gaps_there_are_between_keys() {
    for keys in [vec![], vec![7], vec![7, 8, 9], vec![7, 9, 20, 21, 22, 900], vec![1, 500, 501, 502]] {
        let ids =
            Ids(keys.iter().map(|key| (UserKey(*key), Uuid::from_u64_pair(0, key.unsigned_abs()))).collect());
        for key in 0..1_000 {
            let expected =
                keys.contains(&key).then(|| MemberId::User(Uuid::from_u64_pair(0, key.unsigned_abs())));
            assert_eq!(ids.get(MemberKey::user(UserKey(key))), expected, "{key} of {keys:?}");
        }
        let group = GroupNumber(7);
        assert_eq!(ids.get(MemberKey::group(group)), Some(MemberId::Group(group)));
    }
}
