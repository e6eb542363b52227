//! In which order operations run. Source: RFC 7644 §3.7.2, §3.7.3.

use std::collections::{BTreeMap, BTreeSet};

use super::{BulkRequest, Method};

/// One operation of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its index in the request.
    pub index: usize,
    /// The `bulkId`s that it refers to and that are made only after it, because they wait for it in turn, or for
    /// itself. What is left without them ([`super::Operation::data_without`]) runs now, the whole once more, as a
    /// replacement, at the end.
    pub later: BTreeSet<String>,
}

impl BulkRequest {
    /// Every entry once, in the order of the request, but for this: what an operation refers to is made before it. So
    /// references may point forward, and what does not refer to anything stays where it is.
    pub fn plan(&self) -> Vec<Step> {
        let makers: BTreeMap<&str, usize> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.operation.as_ref().is_ok_and(|found| found.method == Method::Post))
            .filter_map(|(index, entry)| Some((entry.bulk_id.as_deref()?, index)))
            .collect();
        let references: Vec<BTreeSet<String>> = self
            .entries
            .iter()
            .map(|entry| entry.operation.as_ref().map(super::Operation::references).unwrap_or_default())
            .collect();
        let mut steps = Vec::with_capacity(self.entries.len());
        let mut state = vec![State::Waiting; self.entries.len()];
        for first in 0..self.entries.len() {
            // A stack instead of recursion: chains may be as long as the request.
            let mut stack = vec![first];
            while let Some(&index) = stack.last() {
                let makers_of = || references[index].iter().filter_map(|id| makers.get(id.as_str()).copied());
                match state[index] {
                    State::Done => _ = stack.pop(),
                    State::Waiting => {
                        state[index] = State::Open;
                        // The last one pushed is the first one done.
                        let waiting: Vec<usize> =
                            makers_of().filter(|maker| state[*maker] == State::Waiting).collect();
                        stack.extend(waiting.into_iter().rev());
                    }
                    State::Open => {
                        state[index] = State::Done;
                        let undone = |id: &&String| {
                            makers
                                .get(id.as_str())
                                .is_some_and(|maker| *maker == index || state[*maker] != State::Done)
                        };
                        let later = references[index].iter().filter(undone).cloned().collect();
                        steps.push(Step { index, later });
                        stack.pop();
                    }
                }
            }
        }
        steps
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// What it refers to comes before it.
    Open,
    Done,
}
