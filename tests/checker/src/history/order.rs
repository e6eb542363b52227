//! Linearisability: whether operations that overlapped can be put in an order that respects their times and in
//! which a model gives the answers that were given. The search is that of Wing and Gong with Lowe's memory of the
//! places where it has been (Wing, Gong: Testing and verifying concurrent objects, 1993; Lowe: Testing for
//! linearizability, 2017).
//!
//! It is meant for up to 12 operations that overlap. What is unknown overlaps with everything after it; it may be
//! put anywhere or left out. The search visits at most [`PLACES_MAX`] places and then gives up.

use std::collections::HashSet;
use std::hash::Hash;

/// More places than this are not visited: about a hundred megabytes of memory, some seconds.
pub const PLACES_MAX: usize = 200_000;

/// What the operations are about.
pub trait Model {
    /// A request and its answer, if it was answered.
    type Call: PartialEq;
    /// What requests change.
    type State: Clone + Eq + Hash;

    /// The states that the call may leave; none if it cannot have been answered so. Unknown calls leave one state.
    fn step(&self, state: &Self::State, call: &Self::Call) -> Vec<Self::State>;

    /// Whether the call changes nothing in whatever state it was answered so.
    fn only_looks(&self, call: &Self::Call) -> bool;
}

/// A call with its time.
#[derive(Debug)]
pub struct Timed<C> {
    /// Where it stands in the history.
    pub operation: usize,
    pub invoked: u64,
    /// `None` = unknown outcome.
    pub returned: Option<u64>,
    pub call: C,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order.
    Ordered,
    /// There is none. These operations could not be put anywhere after as many others as possible.
    Impossible(Vec<usize>),
    /// The search was given up.
    Undecided,
}

/// Looks for an order of `calls` from the state `initial`.
pub fn search<M: Model>(model: &M, initial: M::State, calls: Vec<Timed<M::Call>>) -> Verdict {
    Search::new(model, calls).run(initial, PLACES_MAX)
}

/// Which calls have their place in the order.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Placed {
    /// All known calls before this one.
    first: usize,
    /// Known calls behind `first`, ascending.
    ahead: Vec<usize>,
    /// Unknown calls, ascending.
    unknown: Vec<usize>,
}

impl Placed {
    fn place_known(&mut self, at: usize) {
        let (Ok(place) | Err(place)) = self.ahead.binary_search(&at);
        self.ahead.insert(place, at);
        let run = self.ahead.iter().zip(self.first..).take_while(|(at, first)| **at == *first).count();
        self.ahead.drain(..run);
        self.first += run;
    }

    fn place_unknown(&mut self, at: usize) {
        let (Ok(place) | Err(place)) = self.unknown.binary_search(&at);
        self.unknown.insert(place, at);
    }

    fn known(&self) -> usize {
        self.first + self.ahead.len()
    }
}

struct Search<'a, M: Model> {
    model: &'a M,
    /// By the time of their invocation.
    known: Vec<Timed<M::Call>>,
    /// By the time of their invocation.
    unknown: Vec<Timed<M::Call>>,
    /// By unknown call: the one before it that asks the same. Of twins the earlier is placed first, since it can
    /// stand wherever the later can.
    twins: Vec<Option<usize>>,
}

impl<'a, M: Model> Search<'a, M> {
    fn new(model: &'a M, calls: Vec<Timed<M::Call>>) -> Self {
        let (mut known, mut unknown): (Vec<_>, Vec<_>) =
            calls.into_iter().partition(|call| call.returned.is_some());
        known.sort_by_key(|call| call.invoked);
        unknown.sort_by_key(|call| call.invoked);
        let twin = |at: usize| (0..at).rev().find(|before| unknown[*before].call == unknown[at].call);
        let twins = (0..unknown.len()).map(twin).collect();
        Self { model, known, unknown, twins }
    }

    fn run(&self, initial: M::State, places_max: usize) -> Verdict {
        let mut seen = HashSet::new();
        let mut open = vec![(Placed::default(), initial)];
        let mut deepest = Placed::default();
        while let Some(place) = open.pop() {
            if place.0.known() == self.known.len() {
                return Verdict::Ordered;
            }
            if !seen.insert(place.clone()) {
                continue;
            }
            if seen.len() > places_max {
                return Verdict::Undecided;
            }
            if place.0.known() > deepest.known() {
                deepest = place.0.clone();
            }
            self.push_next(&place.0, &place.1, &mut open);
        }
        let (candidates, _) = self.candidates(&deepest);
        Verdict::Impossible(candidates.into_iter().map(|at| self.known[at].operation).collect())
    }

    /// Known calls that can come next, and by when the next call must have been invoked.
    fn candidates(&self, placed: &Placed) -> (Vec<usize>, u64) {
        let mut until = u64::MAX;
        let mut candidates = Vec::new();
        for (at, call) in self.known.iter().enumerate().skip(placed.first) {
            if call.invoked > until {
                break;
            }
            if placed.ahead.binary_search(&at).is_err() {
                until = until.min(call.returned.unwrap_or(u64::MAX));
                candidates.push(at);
            }
        }
        // Those that were invoked after the first of them returned come later.
        candidates.retain(|at| self.known[*at].invoked <= until);
        (candidates, until)
    }

    /// What can come next, the likeliest last.
    fn push_next(&self, placed: &Placed, state: &M::State, open: &mut Vec<(Placed, M::State)>) {
        let (mut candidates, until) = self.candidates(placed);
        candidates.sort_by_key(|at| self.known[*at].returned);
        let mut next = Vec::new();
        for at in candidates {
            let call = &self.known[at].call;
            let states = self.model.step(state, call);
            let changes_nothing =
                self.model.only_looks(call) && states.as_slice() == std::slice::from_ref(state);
            let with_it = || {
                let mut placed = placed.clone();
                placed.place_known(at);
                placed
            };
            if changes_nothing {
                // Whatever order there is, this call can be moved here.
                open.push((with_it(), state.clone()));
                return;
            }
            next.extend(states.into_iter().map(|state| (with_it(), state)));
        }
        for (at, call) in self.unknown.iter().enumerate().take_while(|(_, call)| call.invoked <= until) {
            let is_placed = |at: usize| placed.unknown.binary_search(&at).is_ok();
            if is_placed(at) || self.twins[at].is_some_and(|twin| !is_placed(twin)) {
                continue;
            }
            // Without an effect it need not be there.
            for after in self.model.step(state, &call.call).into_iter().filter(|after| after != state) {
                let mut placed = placed.clone();
                placed.place_unknown(at);
                next.push((placed, after));
            }
        }
        open.extend(next.into_iter().rev());
    }
}

#[cfg(test)]
mod tests;
