//! The server: what it does and answers, and how it works its jobs.

use super::{Bug, GROUPS, Job, MEMBERS, Simulation};
use crate::history::{
    Accepted, Action, Change, Class, Counts, CreateAnswer, ListedJob, Outcome, RenameAnswer, State, Step,
    Submission, Versioned, WriteAnswer,
};

impl Simulation {
    /// Does what an operation asks, and gives it back with its answer.
    pub(super) fn effect(&mut self, operation: usize) -> Step {
        let step = self.history.operations[operation].step.clone();
        match step {
            Step::Submit { submission, .. } => {
                let accepted = self.submit(&submission);
                Step::Submit { submission, outcome: Outcome::Ok(accepted) }
            }
            Step::ReadJob { job, .. } => {
                let found = self.jobs.iter().find(|each| each.number == job).map(Job::sight);
                Step::ReadJob { job, outcome: Outcome::Ok(found) }
            }
            Step::ListJobs { .. } => {
                let listed = |job: &Job| ListedJob {
                    job: job.number,
                    state: job.state,
                    marker: job.marker.clone(),
                    place: Some(job.place),
                };
                Step::ListJobs { outcome: Outcome::Ok(self.jobs.iter().map(listed).collect()) }
            }
            Step::ReadMembers { group, .. } => {
                let old = self.buggy(Bug::ReadsOldMembers, 30);
                let read = &self.groups[&group];
                let members = if old { read.before.clone() } else { read.members.clone() };
                Step::ReadMembers { group, outcome: Outcome::Ok(members) }
            }
            Step::ReadVersion { resource, .. } => {
                let current = Versioned { version: format!("v{}", self.version), value: self.value.clone() };
                let old = self.buggy(Bug::ReadsOldVersions, 30);
                let read = if old { self.old_value.clone() } else { current };
                Step::ReadVersion { resource, outcome: Outcome::Ok(read) }
            }
            Step::WriteVersion { resource, expected, value, .. } => {
                let answer = self.write(expected.as_deref(), &value);
                Step::WriteVersion { resource, expected, value, outcome: Outcome::Ok(answer) }
            }
            step => self.name(step),
        }
    }

    fn name(&mut self, step: Step) -> Step {
        match step {
            Step::CreateUser { name, .. } => {
                let answer = self.create(&name);
                Step::CreateUser { name, outcome: Outcome::Ok(answer) }
            }
            Step::FindUser { name, .. } => {
                let old = self.buggy(Bug::ReadsOldNames, 30);
                let found = if old { self.old_users.get(&name) } else { self.users.get(&name) };
                Step::FindUser { outcome: Outcome::Ok(found.cloned()), name }
            }
            Step::DeleteUser { id, .. } => {
                let name = self.users.iter().find(|(_, of)| **of == id).map(|(name, _)| name.clone());
                if let Some(name) = &name {
                    self.old_users.clone_from(&self.users);
                    self.users.remove(name);
                }
                Step::DeleteUser { id, outcome: Outcome::Ok(name.is_some()) }
            }
            Step::RenameUser { id, name, .. } => {
                let own = self.users.iter().find(|(_, of)| **of == id).map(|(name, _)| name.clone());
                let answer = match own {
                    None => RenameAnswer::Missing,
                    Some(own) if own != name && self.users.contains_key(&name) => RenameAnswer::Taken,
                    Some(own) => {
                        self.old_users.clone_from(&self.users);
                        self.users.remove(&own);
                        self.users.insert(name.clone(), id.clone());
                        RenameAnswer::Done
                    }
                };
                Step::RenameUser { id, name, outcome: Outcome::Ok(answer) }
            }
            step => step,
        }
    }

    fn create(&mut self, name: &str) -> CreateAnswer {
        if self.users.contains_key(name) && !self.buggy(Bug::MakesNamesTwice, 30) {
            return CreateAnswer::Taken;
        }
        self.old_users.clone_from(&self.users);
        if !self.buggy(Bug::RepeatsUserIds, 30) {
            self.made += 1;
        }
        let id = format!("id{}", self.made);
        self.users.insert(name.to_owned(), id.clone());
        CreateAnswer::Made(id)
    }

    fn write(&mut self, expected: Option<&str>, value: &str) -> WriteAnswer {
        let current = format!("v{}", self.version);
        let fits = expected.is_none_or(|expected| expected == current);
        if !fits && !self.buggy(Bug::IgnoresVersions, 30) {
            return WriteAnswer::Mismatch;
        }
        self.old_value = Versioned { version: current, value: self.value.clone() };
        self.version += 1;
        value.clone_into(&mut self.value);
        WriteAnswer::Done(format!("v{}", self.version))
    }

    pub(super) fn submit(&mut self, submission: &Submission) -> Accepted {
        let group = submission.group.unwrap();
        let kept = submission.key.as_ref().and_then(|key| self.keys.get(key)).copied();
        if let Some(job) = kept.filter(|_| !self.buggy(Bug::IgnoresKeys, 30)) {
            let done = self.jobs.iter().any(|each| each.number == job && each.state.is_terminal());
            return Accepted { job: Some(job), group: Some(group), done };
        }
        // Numbers are taken in blocks by several nodes: they say nothing about order.
        let node = self.random.below(2);
        let last = self.jobs.iter().map(|job| job.number).filter(|number| number / 1000 == node).max();
        let repeats = self.buggy(Bug::RepeatsJobNumbers, 10);
        let number = last.map_or(node * 1000 + 1, |last| if repeats { last } else { last + 1 });
        let place = {
            let group = self.groups.get_mut(&group).unwrap();
            group.places += 1;
            group.places
        };
        let items = Self::items(&submission.changes[0]);
        let total = items.len() as u64;
        let classes = Class::ALL.into_iter().map(|class| (class, 0)).collect();
        let counts = Counts { total, processed: 0, pending: total, classes };
        let marker = submission.marker.clone();
        let is_idle = !self.jobs.iter().any(|job| job.group == group && !job.state.is_terminal());
        self.jobs.push(Job { number, group, place, marker, state: State::Pending, items, counts });
        if let Some(key) = &submission.key {
            self.keys.insert(key.clone(), number);
        }
        let inline = is_idle && self.random.percent(30);
        if inline {
            let at = self.jobs.len() - 1;
            while self.settle(at) {}
            self.jobs[at].state = State::Completed;
        }
        Accepted { job: Some(number), group: Some(group), done: inline }
    }

    /// What a change comes to. A replacement asks for the removal of everybody it could meet, which in this small
    /// world can be said at once.
    fn items(change: &Change) -> Vec<(bool, String)> {
        let listed = change.members.iter().map(|member| (change.action != Action::Remove, member.clone()));
        let mut items: Vec<(bool, String)> = listed.collect();
        if change.action == Action::Replace {
            let everybody = (0..MEMBERS).map(|member| format!("u{member}"));
            items.extend(
                everybody.filter(|member| !change.members.contains(member)).map(|member| (false, member)),
            );
        }
        items
    }

    /// Settles the next item of a job; `false` when there is none.
    fn settle(&mut self, at: usize) -> bool {
        let done = usize::try_from(self.jobs[at].counts.processed).unwrap();
        let Some((joins, member)) = self.jobs[at].items.get(done).cloned() else { return false };
        let loses = joins && self.buggy(Bug::LosesMembers, 5);
        let revives = self.buggy(Bug::RevivesMembers, 5);
        let group = self.groups.get_mut(&self.jobs[at].group).unwrap();
        group.before.clone_from(&group.members);
        let changed =
            if joins { group.members.insert(member.clone()) } else { group.members.remove(&member) };
        if loses {
            group.members.remove(&member);
        }
        if revives {
            group.members.extend(group.removed.pop());
        }
        if !joins {
            group.removed.push(member);
        }
        let class = match (changed, joins) {
            (false, _) => Class::Ignored,
            (true, true) => Class::Created,
            (true, false) => Class::Removed,
        };
        self.jobs[at].count(class);
        if self.buggy(Bug::CountsWrongly, 3) {
            *self.jobs[at].counts.classes.entry(Class::Created).or_default() += 1;
        }
        true
    }

    /// One chunk of one job; `false` when all have ended.
    pub(super) fn work(&mut self) -> bool {
        if self.buggy(Bug::LosesJobs, 2) && !self.jobs.is_empty() {
            self.jobs.pop();
        }
        if self.buggy(Bug::ReopensJobs, 2)
            && let Some(job) = self.jobs.iter_mut().find(|job| job.state == State::Completed)
        {
            job.state = State::Aborted;
        }
        let group = 1 + self.random.below(GROUPS);
        let out_of_order = self.buggy(Bug::WorksOutOfOrder, 80);
        let forgets = self.bug == Some(Bug::ForgetsJobs);
        let is_open = |job: &Job| !(job.state.is_terminal() || forgets && job.place.is_multiple_of(7));
        let mut queue: Vec<usize> = (0..self.jobs.len())
            .filter(|at| self.jobs[*at].group == group && is_open(&self.jobs[*at]))
            .collect();
        if out_of_order {
            queue.reverse();
        }
        let Some(&at) = queue.first() else { return self.jobs.iter().any(is_open) };
        self.jobs[at].state = State::InProgress;
        for _ in 0..=self.random.below(3) {
            if !self.settle(at) {
                self.jobs[at].state = State::Completed;
                return true;
            }
        }
        if self.random.percent(3) {
            while self.jobs[at].counts.pending > 0 {
                self.jobs[at].count(Class::Skipped);
            }
            self.jobs[at].state = State::Aborted;
        } else if self.buggy(Bug::CountsAgain, 60) {
            let counts = &mut self.jobs[at].counts;
            *counts = Counts { processed: 0, pending: counts.total, ..counts.clone() };
            counts.classes.values_mut().for_each(|n| *n = 0);
        } else if self.buggy(Bug::PlansAgain, 20) {
            let job = &mut self.jobs[at];
            job.items.push((false, "u0".to_owned()));
            job.counts.total += 1;
            job.counts.pending += 1;
        }
        true
    }
}
