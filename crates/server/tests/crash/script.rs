//! What is asked of the server, and what each request must come to: a model of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::random::Random;

/// Rows of the first import.
const PEOPLE: usize = 2_400;
/// Groups whose members are changed by requests.
pub const GROUPS: usize = 3;
/// The group that imports let people join.
pub const JOINED: usize = GROUPS;
/// The codes of outcomes, as the data directory has them.
const CREATED: u8 = 1;
const REMOVED: u8 = 3;
const ALREADY_MEMBER: u8 = 10;
const RETAINED: u8 = 11;
const NOT_MEMBER: u8 = 12;
const NOT_FOUND: u8 = 13;
const DUPLICATE: u8 = 15;
const CONFLICTING: u8 = 16;
const INVALID_ROW: u8 = 30;
const TAKEN: u8 = 31;

/// What an operation does with its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Add,
    Remove,
    Replace,
}

/// One listed member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// Somebody of the first import, by number.
    Person(usize),
    /// Nobody: this text.
    Nobody(String),
}

/// An operation with its members.
pub type Operation = (Action, Vec<Member>);

/// One row of a file.
#[derive(Clone, Debug)]
pub struct Row {
    pub login: String,
    pub last_name: &'static str,
    pub joins: bool,
}

/// A request.
#[derive(Clone, Debug)]
pub enum Step {
    /// `users:bulkAdd` under this name.
    Import { name: String, rows: Vec<Row> },
    /// POST of a group with members.
    Create { group: usize, members: Vec<Member> },
    /// PUT of a group with members.
    Put { group: usize, members: Vec<Member> },
    /// PATCH of a group.
    Patch { group: usize, operations: Vec<Operation> },
    /// The last change of a group, which is step `of`, taken back.
    Undo { group: usize, of: usize },
    /// Everybody whose login begins so deleted.
    Delete { prefix: &'static str },
    /// The deletion of step `of` taken back.
    Restore { of: usize },
}

impl Step {
    /// Whether its payload is staged before it is accepted.
    pub fn is_staged(&self) -> bool {
        let operations = self.operations();
        let values = operations.iter().flat_map(|(_, members)| members);
        let bytes = |member: &Member| match member {
            Member::Person(_) => 16,
            Member::Nobody(text) => text.len(),
        };
        matches!(self, Self::Import { .. } | Self::Delete { .. } | Self::Restore { .. })
            || values.map(bytes).sum::<usize>() > 1 << 20
    }

    /// Its group, if it is about one.
    pub const fn group(&self) -> Option<usize> {
        match self {
            Self::Import { .. } | Self::Delete { .. } | Self::Restore { .. } => None,
            Self::Create { group, .. }
            | Self::Put { group, .. }
            | Self::Patch { group, .. }
            | Self::Undo { group, .. } => Some(*group),
        }
    }

    /// Whether everything before it must have ended.
    pub const fn comes_after_all(&self) -> bool {
        matches!(self, Self::Undo { .. } | Self::Delete { .. } | Self::Restore { .. })
    }

    /// What it does to its group.
    pub fn operations(&self) -> Vec<Operation> {
        match self {
            Self::Import { .. } | Self::Undo { .. } | Self::Delete { .. } | Self::Restore { .. } => {
                Vec::new()
            }
            Self::Create { members, .. } | Self::Put { members, .. } => {
                vec![(Action::Replace, members.clone())]
            }
            Self::Patch { operations, .. } => operations.clone(),
        }
    }
}

/// How the members of a group are named in its requests.
pub const fn by_id(group: usize) -> bool {
    group == 1
}

/// The display name of a group.
pub fn group_name(group: usize) -> String {
    ["Night shift", "Ward 7", "Everybody", "Joined"][group].to_owned()
}

/// The login of person `n` of the first import.
pub fn login(n: usize) -> String {
    format!("person.{n:05}@example.org")
}

/// What a request must come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Items by code of their outcome.
    pub outcomes: BTreeMap<u8, u64>,
    /// `requestedChanges`: to be added, to be removed.
    pub asked: (u64, u64),
}

impl Expected {
    fn count(&mut self, code: u8) {
        *self.outcomes.entry(code).or_default() += 1;
    }

    /// All items.
    pub fn total(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Items with one of these outcomes.
    pub fn sum(&self, codes: &[u8]) -> u64 {
        codes.iter().filter_map(|code| self.outcomes.get(code)).sum()
    }
}

/// A script with what it must come to.
pub struct Script {
    pub steps: Vec<Step>,
    /// What each step must come to.
    pub expected: Vec<Expected>,
    /// Who is in each group at the end, by login.
    pub members: Vec<BTreeSet<String>>,
    /// Who exists at the end, by login.
    pub users: BTreeSet<String>,
    /// This many steps must have ended before the others begin.
    pub preparing: usize,
}

impl Script {
    /// The script of a seed.
    pub fn generate(random: &mut Random) -> Self {
        let mut steps = vec![
            Step::Import { name: "people".to_owned(), rows: first_rows(random) },
            Step::Create { group: JOINED, members: Vec::new() },
        ];
        for group in 0..GROUPS {
            steps.push(Step::Create { group, members: people(random, 800, 1_600) });
        }
        let mut later = 0;
        for at in 0..9 {
            if at % 4 == 1 {
                later += 1;
                let rows = later_rows(random, later);
                steps.push(Step::Import { name: format!("later-{later}"), rows });
            }
            steps.push(change(random, at));
        }
        // Whatever the last change of the group that is named by ids was, and everybody who came later.
        let of = steps.iter().rposition(|step| step.group() == Some(1)).unwrap_or(0);
        steps.push(Step::Undo { group: 1, of });
        steps.push(Step::Delete { prefix: "later." });
        steps.push(Step::Restore { of: steps.len() - 1 });
        steps.push(Step::Delete { prefix: "later.1" });
        let mut script =
            Self { steps, expected: Vec::new(), members: Vec::new(), users: BTreeSet::new(), preparing: 2 };
        script.foresee();
        script
    }

    /// Works all steps in their order on sets in memory.
    fn foresee(&mut self) {
        let mut groups = vec![BTreeSet::new(); GROUPS + 1];
        let mut before = groups.clone();
        // Who there was, and in which groups, when people were last deleted.
        let mut undeleted = (BTreeSet::new(), groups.clone());
        for step in &self.steps {
            if let (Some(group), false) = (step.group(), matches!(step, Step::Undo { .. })) {
                before[group].clone_from(&groups[group]);
            }
            let expected = match step {
                Step::Import { rows, .. } => import(rows, &mut self.users, &mut groups[JOINED]),
                Step::Undo { group, .. } => undo(&mut groups[*group], &before[*group]),
                Step::Delete { prefix } => {
                    undeleted = (self.users.clone(), groups.clone());
                    delete(prefix, &mut self.users, &mut groups)
                }
                Step::Restore { .. } => {
                    let back = (undeleted.0.len() - self.users.len()) as u64;
                    (self.users, groups) = undeleted.clone();
                    Expected { outcomes: [(CREATED, back)].into(), asked: (back, 0) }
                }
                step => membership(&step.operations(), &mut groups[step.group().unwrap()]),
            };
            self.expected.push(expected);
        }
        self.members = groups;
    }
}

/// The first of several rows with one login counts, if nobody has it yet.
fn import(rows: &[Row], users: &mut BTreeSet<String>, joined: &mut BTreeSet<String>) -> Expected {
    let mut expected = Expected { asked: (rows.len() as u64, 0), ..Expected::default() };
    for row in rows {
        if row.last_name.is_empty() {
            expected.count(INVALID_ROW);
        } else if users.insert(row.login.clone()) {
            expected.count(CREATED);
            if row.joins {
                joined.insert(row.login.clone());
            }
        } else {
            expected.count(TAKEN);
        }
    }
    expected
}

/// Who came goes, who went comes, and of nobody else is anything said.
fn undo(group: &mut BTreeSet<String>, before: &BTreeSet<String>) -> Expected {
    let came = group.difference(before).count() as u64;
    let went = before.difference(group).count() as u64;
    group.clone_from(before);
    let outcomes = [(CREATED, went), (REMOVED, came)].into_iter().filter(|(_, n)| *n > 0).collect();
    Expected { outcomes, asked: (went, came) }
}

/// They go with their memberships.
fn delete(prefix: &str, users: &mut BTreeSet<String>, groups: &mut [BTreeSet<String>]) -> Expected {
    let stays = |login: &String| !login.starts_with(prefix);
    let gone = users.iter().filter(|login| !stays(login)).count() as u64;
    users.retain(stays);
    for group in groups.iter_mut() {
        group.retain(stays);
    }
    Expected { outcomes: [(REMOVED, gone)].into(), asked: (0, gone) }
}

/// Of several items for one person the last decides. A replace, which only ever comes first, also removes
/// whoever is not named.
fn membership(operations: &[Operation], group: &mut BTreeSet<String>) -> Expected {
    let mut expected = Expected::default();
    let mut named: BTreeMap<String, Vec<Action>> = BTreeMap::new();
    for (action, members) in operations {
        for member in members {
            match action {
                Action::Remove => expected.asked.1 += 1,
                Action::Add | Action::Replace => expected.asked.0 += 1,
            }
            match member {
                Member::Person(n) => named.entry(login(*n)).or_default().push(*action),
                Member::Nobody(_) => expected.count(NOT_FOUND),
            }
        }
    }
    if operations.iter().any(|(action, _)| *action == Action::Replace) {
        let unlisted: Vec<String> =
            group.iter().filter(|login| !named.contains_key(*login)).cloned().collect();
        for login in unlisted {
            group.remove(&login);
            expected.asked.1 += 1;
            expected.count(REMOVED);
        }
    }
    for (login, actions) in named {
        let (last, earlier) = actions.split_last().unwrap();
        for action in earlier {
            let agrees = (*action == Action::Remove) == (*last == Action::Remove);
            expected.count(if agrees { DUPLICATE } else { CONFLICTING });
        }
        expected.count(match last {
            Action::Remove if group.remove(&login) => REMOVED,
            Action::Remove => NOT_MEMBER,
            _ if group.insert(login) => CREATED,
            Action::Add => ALREADY_MEMBER,
            Action::Replace => RETAINED,
        });
    }
    expected
}

/// People of the first import, some twice, and a few who do not exist.
fn people(random: &mut Random, from: usize, to: usize) -> Vec<Member> {
    let count = random.between(from, to);
    let mut members: Vec<Member> = (0..count).map(|_| Member::Person(random.below(PEOPLE))).collect();
    for n in 0..random.between(1, 20) {
        let at = random.below(members.len());
        members.insert(at, Member::Nobody(format!("nobody.{n}@example.org")));
    }
    members
}

/// Names of nobody, so long that the payload does not fit into one transaction.
fn long_names(random: &mut Random) -> Vec<Member> {
    (0..1_150).map(|n| Member::Nobody(format!("{n}-{}", "x".repeat(random.between(940, 990))))).collect()
}

/// The `at`th change of a group.
fn change(random: &mut Random, at: usize) -> Step {
    let group = at % GROUPS;
    match random.below(10) {
        _ if at % 4 == 2 => {
            let mut members = people(random, 900, 1_500);
            members.extend(long_names(random));
            Step::Patch { group, operations: vec![(Action::Add, members)] }
        }
        // Small enough to be applied before the answer, when its turn has come.
        0 => Step::Patch { group, operations: vec![(Action::Add, people(random, 5, 100))] },
        1 | 2 => Step::Put { group, members: people(random, 1_200, 2_400) },
        3 => Step::Patch {
            group,
            operations: vec![
                (Action::Replace, people(random, 900, 1_500)),
                (Action::Remove, people(random, 100, 500)),
            ],
        },
        4 | 5 => Step::Patch { group, operations: vec![(Action::Remove, people(random, 900, 2_000))] },
        6 => Step::Patch { group, operations: vec![(Action::Add, people(random, 1_500, 3_000))] },
        _ => Step::Patch {
            group,
            operations: vec![
                (Action::Add, people(random, 600, 1_200)),
                (Action::Remove, people(random, 400, 800)),
                (Action::Add, people(random, 100, 600)),
            ],
        },
    }
}

/// Everybody once, in no order; besides some twice, and some without a last name.
fn first_rows(random: &mut Random) -> Vec<Row> {
    let mut rows: Vec<Row> =
        (0..PEOPLE).map(|n| Row { login: login(n), last_name: "Ames", joins: false }).collect();
    for n in (1..PEOPLE).rev() {
        rows.swap(n, random.below(n + 1));
    }
    for n in 0..random.between(5, 40) {
        let again = rows[random.below(PEOPLE)].login.clone();
        rows.push(Row { login: again, last_name: "Again", joins: false });
        rows.push(Row { login: format!("nameless.{n}@example.org"), last_name: "", joins: false });
    }
    rows
}

/// New people, many of whom join a group, and some of the first import.
fn later_rows(random: &mut Random, import: usize) -> Vec<Row> {
    let count = random.between(1_200, 2_000);
    let mut rows = Vec::with_capacity(count);
    for n in 0..count {
        let login = if random.percent(10) {
            login(random.below(PEOPLE))
        } else {
            format!("later.{import}.{n:05}@example.org")
        };
        rows.push(Row { login, last_name: "Later", joins: random.percent(40) });
    }
    rows
}
