//! In which order operations run. Source: RFC 7644 §3.7.2, §3.7.3.

use std::collections::{BTreeMap, BTreeSet};

use super::{BulkRequest, Method, Operation};
use crate::schema::Registry;

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
    /// references may point forward, and what does not refer to anything stays where it is. Of a circle, a reference
    /// waits that its resource can be made without, wherever there is one.
    pub fn plan(&self, registry: &Registry) -> Vec<Step> {
        let references = self.references(registry);
        let mut needed_by = vec![Vec::new(); self.entries.len()];
        for (index, makers) in references.iter().enumerate() {
            let needed = makers.iter().filter(|(_, needed)| **needed);
            needed.for_each(|(maker, _)| needed_by[*maker].push(index));
        }
        let mut steps = Vec::with_capacity(self.entries.len());
        let mut state = vec![State::Waiting; self.entries.len()];
        // How many open ones must be made before each, by way of what is needed.
        let mut held = vec![0_usize; self.entries.len()];
        for first in 0..self.entries.len() {
            // A stack instead of recursion: chains may be as long as the request.
            let mut stack = vec![first];
            while let Some(&index) = stack.last() {
                match state[index] {
                    State::Done => _ = stack.pop(),
                    State::Waiting => {
                        state[index] = State::Open;
                        dependants(index, &needed_by).for_each(|dependant| held[dependant] += 1);
                        let can_come = |(maker, needed): &(&usize, &bool)| {
                            state[**maker] == State::Waiting && (**needed || held[**maker] == 0)
                        };
                        // The last one pushed is the first one done.
                        let waiting: Vec<usize> =
                            references[index].iter().filter(can_come).map(|(maker, _)| *maker).collect();
                        stack.extend(waiting.into_iter().rev());
                    }
                    State::Open => {
                        let undone = references[index].keys().filter(|maker| state[**maker] != State::Done);
                        let later = undone.filter_map(|maker| self.entries[*maker].bulk_id.clone()).collect();
                        steps.push(Step { index, later });
                        state[index] = State::Done;
                        dependants(index, &needed_by).for_each(|dependant| held[dependant] -= 1);
                        stack.pop();
                    }
                }
            }
        }
        steps
    }

    /// For each entry those that make what it refers to, and whether it cannot be made without.
    fn references(&self, registry: &Registry) -> Vec<BTreeMap<usize, bool>> {
        let operations = || self.entries.iter().map(|entry| entry.operation.as_ref().ok());
        let makers: BTreeMap<&str, usize> = self
            .entries
            .iter()
            .zip(operations())
            .enumerate()
            .filter(|(_, (_, operation))| operation.is_some_and(|found| found.method == Method::Post))
            .filter_map(|(index, (entry, _))| Some((entry.bulk_id.as_deref()?, index)))
            .collect();
        let of_operation = |operation: Option<&Operation>| {
            let Some(operation) = operation else { return BTreeMap::new() };
            let resource_type = registry.by_endpoint(&operation.endpoint);
            let needs = resource_type.map(|resource_type| operation.needs(resource_type)).unwrap_or_default();
            let made = |id: String| Some((*makers.get(id.as_str())?, needs.contains(&id)));
            operation.references().into_iter().filter_map(made).collect()
        };
        operations().map(of_operation).collect()
    }
}

/// What needs this one, and what needs that in turn.
fn dependants(index: usize, needed_by: &[Vec<usize>]) -> impl Iterator<Item = usize> {
    let (mut found, mut stack) = (BTreeSet::new(), vec![index]);
    while let Some(index) = stack.pop() {
        stack.extend(needed_by[index].iter().filter(|dependant| found.insert(**dependant)));
    }
    found.into_iter()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// What it refers to comes before it.
    Open,
    Done,
}
