use proptest::prelude::*;
use throng_jobs::{Class, Counts, Outcome, State, Tally};

proptest! {
    #[test]
    fn the_sum_law_holds_however_items_settle(chunks in prop::collection::vec(prop::collection::vec(1usize..17, 0..40), 0..20)) {
        let total = chunks.iter().map(Vec::len).sum::<usize>() as u64 + 3;
        let mut counts = Counts::of_total(total);
        let mut all = Tally::default();
        for chunk in &chunks {
            let mut tally = Tally::default();
            for outcome in chunk {
                tally.add(Outcome::ALL[*outcome], 1);
            }
            let before = counts.processed();
            counts.add(&tally);
            all.merge(&tally);
            prop_assert_eq!(counts.processed(), before + chunk.len() as u64);
            prop_assert_eq!(counts.processed() + counts.pending(), total);
        }
        let of = |class: Class| all.iter().filter(|(o, _)| o.class() == class).map(|(_, n)| n).sum::<u64>();
        prop_assert_eq!(counts.created, of(Class::Created));
        prop_assert_eq!(counts.ignored, of(Class::Ignored));
        prop_assert_eq!(counts.failed, of(Class::Failed));
        counts.skip_rest();
        prop_assert_eq!(counts.pending(), 0);
        prop_assert_eq!(counts.processed(), total);
    }
}

#[test]
fn stored_numbers_and_texts_round_trip() {
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::from_code(outcome.code()), Some(outcome));
    }
    assert_eq!(Outcome::from_code(99), None);
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
    }
    assert_eq!(State::ALL.into_iter().filter(|state| state.is_terminal()).count(), 4);
}
