//! User names are unique as if one server did one thing at a time: making, deleting, renaming and finding users
//! by name. Names that a rename connects are searched together, others apart. Every name is free at first, so all
//! users of these names must be in the history.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::order::{self, Model, Timed};
use super::{Checker, CreateAnswer, Finding, History, Outcome, RenameAnswer, Step, Verdict};

/// Looks for answers about names that no order of the operations explains.
pub fn check(history: &History) -> Vec<Finding> {
    let mut accounts: BTreeMap<&str, Account<'_>> = BTreeMap::new();
    for (at, operation) in history.operations.iter().enumerate() {
        let account = accounts.entry(&operation.account).or_default();
        if let Some((call, is_known)) = account.call(&operation.step) {
            let returned = is_known.then_some(operation.returned);
            account.calls.push(Timed { operation: at, invoked: operation.invoked, returned, call });
        }
    }
    accounts.into_iter().flat_map(|(name, account)| account.check(name)).collect()
}

/// A name or an id, by number.
type Symbol = usize;

/// What was asked and answered. The answer `None`, or `Unknown`, is the unknown one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Create { name: Symbol, made: Made },
    Delete { id: Symbol, done: Option<bool> },
    Rename { id: Symbol, name: Symbol, answer: Option<RenameAnswer> },
    Find { name: Symbol, id: Option<Symbol> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Told(Symbol),
    Taken,
    Unknown,
}

impl Made {
    const fn id(self) -> Option<Symbol> {
        match self {
            Self::Told(id) => Some(id),
            Self::Taken | Self::Unknown => None,
        }
    }
}

impl Call {
    /// Every name and id in it.
    fn symbols(self) -> [Option<Symbol>; 2] {
        match self {
            Self::Create { name, made } => [Some(name), made.id()],
            Self::Delete { id, .. } => [Some(id), None],
            Self::Rename { id, name, .. } => [Some(id), Some(name)],
            Self::Find { name, id } => [Some(name), id],
        }
    }
}

/// What was done in one account.
#[derive(Default)]
struct Account<'a> {
    /// Names (`false`) and ids (`true`).
    symbols: HashMap<(bool, &'a str), Symbol>,
    texts: Vec<&'a str>,
    calls: Vec<Timed<Call>>,
}

impl<'a> Account<'a> {
    fn symbol(&mut self, is_id: bool, text: &'a str) -> Symbol {
        let next = self.texts.len();
        let symbol = *self.symbols.entry((is_id, text)).or_insert(next);
        if symbol == next {
            self.texts.push(text);
        }
        symbol
    }

    /// The call of a step, and whether it was answered; none for what says nothing about names.
    fn call(&mut self, step: &'a Step) -> Option<(Call, bool)> {
        let call = match step {
            Step::CreateUser { outcome: Outcome::Failed, .. }
            | Step::DeleteUser { outcome: Outcome::Failed, .. }
            | Step::RenameUser { outcome: Outcome::Failed, .. } => return None,
            Step::CreateUser { name, outcome } => {
                let name = self.symbol(false, name);
                let made = match outcome.answer() {
                    Some(CreateAnswer::Made(id)) => Made::Told(self.symbol(true, id)),
                    Some(CreateAnswer::Taken) => Made::Taken,
                    None => Made::Unknown,
                };
                (Call::Create { name, made }, made != Made::Unknown)
            }
            Step::DeleteUser { id, outcome } => {
                let done = outcome.answer().copied();
                (Call::Delete { id: self.symbol(true, id), done }, done.is_some())
            }
            Step::RenameUser { id, name, outcome } => {
                let answer = outcome.answer().copied();
                let (id, name) = (self.symbol(true, id), self.symbol(false, name));
                (Call::Rename { id, name, answer }, answer.is_some())
            }
            Step::FindUser { name, outcome: Outcome::Ok(found) } => {
                let id = found.as_ref().map(|id| self.symbol(true, id));
                (Call::Find { name: self.symbol(false, name), id }, true)
            }
            _ => return None,
        };
        Some(call)
    }

    fn check(self, account: &str) -> Vec<Finding> {
        let made: HashSet<Symbol> = self
            .calls
            .iter()
            .filter_map(|timed| match timed.call {
                Call::Create { made, .. } => made.id(),
                _ => None,
            })
            .collect();
        let model = Names { made };
        let mut findings = Vec::new();
        for calls in components(self.calls, self.texts.len()) {
            let all = calls.len();
            let about =
                calls.first().and_then(|timed| timed.call.symbols()[0]).map_or("", |at| self.texts[at]);
            let (verdict, text, operations) = match order::search(&model, Held::default(), calls) {
                order::Verdict::Ordered => continue,
                order::Verdict::Impossible(stuck) => {
                    (Verdict::Violation, "no order explains the answers", stuck)
                }
                order::Verdict::Undecided => {
                    (Verdict::Undecided, "the search for an order was given up", Vec::new())
                }
            };
            let text =
                format!("{text} of {all} operations on {about:?} of {account:?} and names connected with it");
            findings.push(Finding { checker: Checker::Names, verdict, text, operations });
        }
        findings
    }
}

/// Calls that share no name and no id do not concern one another.
fn components(calls: Vec<Timed<Call>>, symbols: usize) -> Vec<Vec<Timed<Call>>> {
    let mut parents: Vec<Symbol> = (0..symbols).collect();
    for timed in &calls {
        if let [Some(one), Some(other)] = timed.call.symbols() {
            let (one, other) = (root(&mut parents, one), root(&mut parents, other));
            parents[one] = other;
        }
    }
    let mut components: BTreeMap<Symbol, Vec<Timed<Call>>> = BTreeMap::new();
    for timed in calls {
        if let Some(symbol) = timed.call.symbols()[0] {
            components.entry(root(&mut parents, symbol)).or_default().push(timed);
        }
    }
    components.into_values().collect()
}

fn root(parents: &mut [Symbol], mut symbol: Symbol) -> Symbol {
    while parents[symbol] != symbol {
        parents[symbol] = parents[parents[symbol]];
        symbol = parents[symbol];
    }
    symbol
}

/// One server that does one thing at a time.
struct Names {
    /// Ids that were told to whoever made their users.
    made: HashSet<Symbol>,
}

/// Who has which name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Held {
    /// By name: the user's id; `None` while nobody has been told it.
    users: BTreeMap<Symbol, Option<Symbol>>,
    /// Ids that were found out after a creation with unknown outcome.
    found_out: Vec<Symbol>,
}

impl Held {
    fn with(&self, name: Symbol, id: Option<Symbol>) -> Self {
        let mut held = self.clone();
        held.users.insert(name, id);
        held
    }

    fn without(&self, name: Symbol) -> Self {
        let mut held = self.clone();
        held.users.remove(&name);
        held
    }

    /// The same after it turned out which id the user of this name has.
    fn naming(&self, name: Symbol, id: Symbol) -> Self {
        let mut held = self.with(name, Some(id));
        held.found_out.push(id);
        held.found_out.sort_unstable();
        held
    }
}

impl Names {
    /// Whether an id may be that of a user whose id nobody was told yet.
    fn may_be_new(&self, held: &Held, id: Symbol) -> bool {
        !self.made.contains(&id) && !held.found_out.contains(&id)
    }

    /// The ways to see the user with this id: who it is, and what is known then. None if there is none.
    fn owners(&self, held: &Held, id: Symbol) -> Vec<(Symbol, Held)> {
        if let Some((name, _)) = held.users.iter().find(|(_, of)| **of == Some(id)) {
            return vec![(*name, held.clone())];
        }
        if !self.may_be_new(held, id) {
            return Vec::new();
        }
        let untold = held.users.iter().filter(|(_, of)| of.is_none());
        untold.map(|(name, _)| (*name, held.naming(*name, id))).collect()
    }

    /// Whether there may be no user with this id.
    fn may_miss(held: &Held, id: Symbol) -> bool {
        !held.users.values().any(|of| *of == Some(id))
    }

    fn rename(&self, held: &Held, id: Symbol, name: Symbol, answer: Option<RenameAnswer>) -> Vec<Held> {
        let owners = self.owners(held, id);
        // To the name that one has already.
        let is_free = |own: Symbol| own == name || !held.users.contains_key(&name);
        let renamed = |(own, held): &(Symbol, Held)| {
            let of = held.users.get(own).copied().flatten();
            held.without(*own).with(name, of)
        };
        let may = |owner: &&(Symbol, Held)| is_free(owner.0);
        match answer {
            Some(RenameAnswer::Taken) => {
                owners.into_iter().filter(|owner| !is_free(owner.0)).map(|(_, held)| held).collect()
            }
            Some(RenameAnswer::Missing) => {
                Self::may_miss(held, id).then(|| held.clone()).into_iter().collect()
            }
            Some(RenameAnswer::Done) | None => owners.iter().filter(may).map(renamed).collect(),
        }
    }
}

impl Model for Names {
    type Call = Call;
    type State = Held;

    /// A rename to the user's own name changes nothing, and would change something elsewhere in the order.
    fn only_looks(&self, call: &Call) -> bool {
        match call {
            Call::Create { made, .. } => *made == Made::Taken,
            Call::Delete { done, .. } => *done == Some(false),
            Call::Rename { answer, .. } => {
                matches!(answer, Some(RenameAnswer::Taken | RenameAnswer::Missing))
            }
            Call::Find { .. } => true,
        }
    }

    fn step(&self, held: &Held, call: &Call) -> Vec<Held> {
        match *call {
            Call::Create { name, made } => match (made, held.users.contains_key(&name)) {
                (Made::Told(id), false) => vec![held.with(name, Some(id))],
                (Made::Taken, true) => vec![held.clone()],
                (Made::Unknown, false) => vec![held.with(name, None)],
                _ => Vec::new(),
            },
            Call::Find { name, id } => match (id, held.users.get(&name)) {
                (None, None) => vec![held.clone()],
                (Some(id), Some(Some(of))) if id == *of => vec![held.clone()],
                (Some(id), Some(None)) if self.may_be_new(held, id) => vec![held.naming(name, id)],
                _ => Vec::new(),
            },
            Call::Delete { id, done } => match done {
                Some(false) => Self::may_miss(held, id).then(|| held.clone()).into_iter().collect(),
                Some(true) | None => {
                    self.owners(held, id).into_iter().map(|(name, held)| held.without(name)).collect()
                }
            },
            Call::Rename { id, name, answer } => self.rename(held, id, name, answer),
        }
    }
}

#[cfg(test)]
mod tests;
