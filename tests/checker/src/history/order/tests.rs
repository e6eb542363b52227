use super::{Model, Placed, Search, Timed, Verdict};

/// A counter: `Add` makes it larger by one, `Is` says what it is.
struct Counter;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Add,
    Is(u32),
}

impl Model for Counter {
    type Call = Call;
    type State = u32;

    fn step(&self, state: &u32, call: &Call) -> Vec<u32> {
        match call {
            Call::Add => vec![state + 1],
            Call::Is(value) => (value == state).then_some(*state).into_iter().collect(),
        }
    }

    fn only_looks(&self, call: &Call) -> bool {
        matches!(call, Call::Is(_))
    }
}

fn search(calls: &[(u64, Option<u64>, Call)], places_max: usize) -> Verdict {
    let timed = |(operation, &(invoked, returned, call))| Timed { operation, invoked, returned, call };
    Search::new(&Counter, calls.iter().enumerate().map(timed).collect()).run(0, places_max)
}

#[test]
fn calls_keep_their_times() {
    assert_eq!(search(&[(1, Some(2), Call::Add), (3, Some(4), Call::Is(1))], 100), Verdict::Ordered);
    assert_eq!(search(&[(1, Some(3), Call::Add), (3, Some(4), Call::Is(0))], 100), Verdict::Ordered);
    assert_eq!(
        search(&[(1, Some(2), Call::Add), (3, Some(4), Call::Is(0))], 100),
        Verdict::Impossible(vec![1])
    );
    assert_eq!(search(&[], 100), Verdict::Ordered);
}

#[test]
fn unknown_calls_may_stand_anywhere_after_their_beginning() {
    let calls = |first| [(first, None, Call::Add), (3, Some(4), Call::Is(0)), (5, Some(6), Call::Is(1))];
    assert_eq!(search(&calls(1), 100), Verdict::Ordered);
    assert_eq!(search(&calls(6), 100), Verdict::Ordered);
    assert_eq!(search(&calls(7), 100), Verdict::Impossible(vec![2]));
}

#[test]
fn twelve_at_a_time_are_searched_to_the_end() {
    let mut calls: Vec<(u64, Option<u64>, Call)> = (0..11).map(|_| (1, Some(9), Call::Add)).collect();
    calls.push((1, Some(9), Call::Is(12)));
    let Verdict::Impossible(stuck) = search(&calls, super::PLACES_MAX) else { panic!("there is no order") };
    assert_eq!(stuck, [11]);
    calls[11].2 = Call::Is(7);
    assert_eq!(search(&calls, super::PLACES_MAX), Verdict::Ordered);
}

#[test]
fn a_search_is_given_up_at_its_bound() {
    let mut calls: Vec<(u64, Option<u64>, Call)> = (0..11).map(|_| (1, Some(9), Call::Add)).collect();
    calls.push((1, Some(9), Call::Is(12)));
    assert_eq!(search(&calls, 1000), Verdict::Undecided);
}

#[test]
fn long_histories_of_few_clients_are_quick() {
    let calls: Vec<(u64, Option<u64>, Call)> = (0..3000u32)
        .flat_map(|at| {
            let time = u64::from(at) * 10;
            [(time, Some(time + 15), Call::Add), (time + 16, Some(time + 24), Call::Is(3000.min(at + 2)))]
        })
        .collect();
    assert_eq!(search(&calls, 20_000), Verdict::Ordered);
}

#[test]
fn places_are_remembered_in_one_form() {
    let mut one = Placed::default();
    let mut other = Placed::default();
    for at in [0, 2, 1] {
        one.place_known(at);
    }
    for at in [1, 0, 2] {
        other.place_known(at);
    }
    assert!(one == other && one.first == 3 && one.ahead.is_empty());
    one.place_known(5);
    assert_eq!((one.first, one.known()), (3, 4));
}
