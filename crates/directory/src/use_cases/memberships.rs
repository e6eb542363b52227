//! Whom identifiers name, and the one way in which memberships change: inline and chunk by chunk alike.

use std::collections::BTreeSet;
use std::ops::Range;

use throng_jobs::{Class, Outcome, Tally};

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, MemberKey, parse_number, parse_uuid};
use crate::limits;
use crate::model::canonical;
use crate::model::groups::GroupRef;
use crate::model::jobs::Part;
use crate::model::memberships::{Effect, Entry, Subject};
use crate::model::parts::Value;
use crate::model::results::Settled;
use crate::model::users::Identifier;
use crate::port::{Snapshot, Tx};

/// Listed values as look-up keys, sorted, each with the item's index. Resolved in pieces, so that no read is
/// long: [`Lookup::piece`] by piece until it is done.
#[derive(Debug)]
pub struct Lookup {
    keys: Keys,
    next: usize,
    subjects: Vec<Subject>,
}

#[derive(Debug)]
enum Keys {
    /// UUIDs of users, then numbers of groups.
    Ids(Vec<([u8; 16], u32)>, Vec<(GroupNumber, u32)>),
    Names(Texts),
    Emails(Texts),
}

/// Text keys with their items' indexes, in one block: a million take about 50 MB.
#[derive(Debug, Default)]
struct Texts {
    block: String,
    keys: Vec<TextKey>,
}

#[derive(Clone, Copy, Debug)]
struct TextKey {
    /// The first eight bytes, so that most comparisons do not look at the block.
    prefix: u64,
    start: u32,
    end: u32,
    index: u32,
}

impl Texts {
    fn with_capacity(items: usize) -> Self {
        Self { block: String::new(), keys: Vec::with_capacity(items) }
    }

    /// Takes a key. The texts of one request fit into 4 GiB many times over.
    fn push(&mut self, key: &str, index: u32) {
        let mut prefix = [0u8; 8];
        let n = key.len().min(8);
        prefix[..n].copy_from_slice(&key.as_bytes()[..n]);
        let start = self.position();
        self.block.push_str(key);
        let prefix = u64::from_be_bytes(prefix);
        self.keys.push(TextKey { prefix, start, end: self.position(), index });
    }

    fn position(&self) -> u32 {
        u32::try_from(self.block.len()).unwrap_or(u32::MAX)
    }

    fn sort(&mut self) {
        let block = &self.block;
        self.keys.sort_unstable_by(|a, b| {
            let texts = || a.of(block).cmp(b.of(block));
            a.prefix.cmp(&b.prefix).then_with(texts).then(a.index.cmp(&b.index))
        });
    }

    /// The keys of a stretch, each with its index.
    fn stretch(&self, range: Range<usize>) -> impl Iterator<Item = (&str, u32)> {
        self.keys[range].iter().map(|key| (key.of(&self.block), key.index))
    }

    fn distinct(&self, range: Range<usize>) -> Vec<String> {
        let mut unique: Vec<String> = Vec::with_capacity(range.len());
        for (key, _) in self.stretch(range) {
            if unique.last().is_none_or(|last| last != key) {
                unique.push(key.to_owned());
            }
        }
        unique
    }
}

impl TextKey {
    fn of<'a>(&self, block: &'a str) -> &'a str {
        block.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Lookup {
    /// A look-up of so many items, none of which is known yet.
    pub fn new(identifier: Identifier, items: usize) -> Self {
        let keys = match identifier {
            Identifier::Id => Keys::Ids(Vec::with_capacity(items), Vec::new()),
            Identifier::UserName => Keys::Names(Texts::with_capacity(items)),
            Identifier::Email => Keys::Emails(Texts::with_capacity(items)),
        };
        Self { keys, next: 0, subjects: vec![Subject::Unknown; items] }
    }

    /// Takes the values of a part.
    ///
    /// # Errors
    /// `Internal` for a damaged part.
    pub fn add(&mut self, part: &Part) -> Result<()> {
        for (index, value) in (part.first..).zip(part.values()?) {
            self.keys.push(value, index);
        }
        Ok(())
    }

    /// Puts the keys in order: after the last part, before the first piece.
    pub fn sort(&mut self) {
        match &mut self.keys {
            Keys::Ids(users, groups) => {
                users.sort_unstable();
                groups.sort_unstable();
            }
            Keys::Names(keys) | Keys::Emails(keys) => keys.sort(),
        }
    }

    /// The next keys of one kind, at most `READ_ROWS_MAX`.
    fn stretch(&self) -> Range<usize> {
        let (users, all) = (self.keys.users(), self.keys.len());
        let end = if self.next < users { users } else { all };
        self.next..(self.next + limits::READ_ROWS_MAX).min(end)
    }

    /// The next `READ_ROWS_MAX` keys, for one read.
    pub fn piece(&self) -> Piece {
        let range = self.stretch();
        let unique = match &self.keys {
            Keys::Ids(users, _) if range.end <= users.len() => Unique::Uuids(distinct(&users[range])),
            Keys::Ids(users, groups) => {
                Unique::Groups(distinct(&groups[range.start - users.len()..range.end - users.len()]))
            }
            Keys::Names(keys) => Unique::Names(keys.distinct(range)),
            Keys::Emails(keys) => Unique::Emails(keys.distinct(range)),
        };
        Piece(unique)
    }

    /// Takes in what the piece found.
    #[must_use]
    pub fn with(mut self, found: &[Subject]) -> Self {
        let range = self.stretch();
        self.next = range.end;
        match &self.keys {
            Keys::Ids(users, _) if range.end <= users.len() => {
                spread(users[range].iter().copied(), found, &mut self.subjects);
            }
            Keys::Ids(users, groups) => {
                let groups = &groups[range.start - users.len()..range.end - users.len()];
                spread(groups.iter().copied(), found, &mut self.subjects);
            }
            Keys::Names(keys) | Keys::Emails(keys) => {
                spread(keys.stretch(range), found, &mut self.subjects);
            }
        }
        self
    }

    /// Whether every key is resolved.
    pub fn is_done(&self) -> bool {
        self.next >= self.keys.len()
    }

    /// Whom each item names, by index.
    pub fn into_subjects(self) -> Vec<Subject> {
        self.subjects
    }
}

impl Keys {
    const fn len(&self) -> usize {
        match self {
            Self::Ids(users, groups) => users.len() + groups.len(),
            Self::Names(_) | Self::Emails(_) => self.users(),
        }
    }

    /// How many keys name users; they come first.
    const fn users(&self) -> usize {
        match self {
            Self::Ids(users, _) => users.len(),
            Self::Names(keys) | Self::Emails(keys) => keys.keys.len(),
        }
    }

    /// Takes a value; one that cannot name anybody is left out and stays unknown.
    fn push(&mut self, value: Value<'_>, index: u32) {
        match self {
            Self::Ids(users, groups) => match value {
                Value::Uuid(bytes) => users.push((bytes, index)),
                // A part in which one value is no UUID holds all of them as text.
                Value::Text(text) => match parse_uuid(text) {
                    Some(uuid) => users.push((uuid.into_bytes(), index)),
                    None => groups.extend(parse_number(text).map(|number| (GroupNumber(number), index))),
                },
                Value::Key(_) => {}
            },
            Self::Names(keys) => {
                if let Some(Ok(key)) = text(value).map(|name| canonical::login_key("userName", &name)) {
                    keys.push(&key, index);
                }
            }
            Self::Emails(keys) => {
                if let Some(address) = text(value) {
                    let key = canonical::email_key(&address);
                    if canonical::is_indexable(&key) {
                        keys.push(&key, index);
                    }
                }
            }
        }
    }
}

/// The distinct keys of a sorted stretch.
fn distinct<K: Copy + PartialEq>(keyed: &[(K, u32)]) -> Vec<K> {
    let mut keys: Vec<K> = keyed.iter().map(|(key, _)| *key).collect();
    keys.dedup();
    keys
}

/// The text of a listed value; a produced removal has none.
pub(crate) fn text(value: Value<'_>) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(text.into()),
        Value::Uuid(bytes) => Some(uuid::Uuid::from_bytes(bytes).to_string().into()),
        Value::Key(_) => None,
    }
}

/// Gives each keyed item the subject of its key; `found` has one for each distinct key, in order.
fn spread<K: PartialEq>(keyed: impl Iterator<Item = (K, u32)>, found: &[Subject], subjects: &mut [Subject]) {
    let mut found = found.iter();
    let (mut last, mut subject) = (None, None);
    for (key, index) in keyed {
        if last.as_ref() != Some(&key) {
            subject = found.next();
            last = Some(key);
        }
        if let Some(subject) = subject {
            subjects[index as usize] = *subject;
        }
    }
}

/// Distinct keys to look up in one read.
#[derive(Debug)]
pub struct Piece(Unique);

#[derive(Debug)]
enum Unique {
    Uuids(Vec<[u8; 16]>),
    Groups(Vec<GroupNumber>),
    Names(Vec<String>),
    Emails(Vec<String>),
}

impl Piece {
    /// Whom the keys name. `users` = about how many users the account has.
    ///
    /// # Errors
    /// What the store fails with.
    pub fn find<S: Snapshot + ?Sized>(
        &self,
        snapshot: &mut S,
        account: AccountId,
        users: u64,
    ) -> Result<Vec<Subject>> {
        match &self.0 {
            Unique::Uuids(uuids) => snapshot.resolve_uuids(account, uuids, users),
            Unique::Groups(numbers) => {
                let existing = snapshot.group_refs(account, numbers)?;
                Ok(numbers.iter().map(|number| subject(*number, &existing)).collect())
            }
            Unique::Names(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                snapshot.resolve_names(account, &names, users)
            }
            Unique::Emails(emails) => {
                let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
                snapshot.resolve_emails(account, &emails, users)
            }
        }
    }
}

/// The group of this number, if it is among those that exist, given by rising number.
fn subject(number: GroupNumber, existing: &[GroupRef]) -> Subject {
    match existing.binary_search_by_key(&number, |group| group.number) {
        Ok(_) => Subject::Member(MemberKey::group(number)),
        Err(_) => Subject::Unknown,
    }
}

/// Whose members change, and how.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    /// The account.
    pub account: AccountId,
    /// The group.
    pub group: GroupNumber,
    /// Nothing is written: the outcomes are what would become of the items.
    pub is_dry: bool,
    /// An item without effect ends `changed_since`: it was found to have one before.
    pub expects_change: bool,
}

/// What a stretch of entries came to.
#[derive(Debug, Default)]
pub struct Applied {
    /// The settled items.
    pub settled: Vec<Settled>,
    /// Their outcomes.
    pub tally: Tally,
    /// By how many members the group grew.
    pub grown_by: i64,
}

/// Applies entries, given by rising member, until `items_max` are settled or the transaction should end; at
/// least one batch. The caller shares the account's lock and holds the group's. Members that no longer exist end
/// `not_found`.
///
/// # Errors
/// What the store fails with.
pub fn apply(tx: &mut dyn Tx, target: &Changed, entries: &[Entry], items_max: usize) -> Result<Applied> {
    let mut applied = Applied::default();
    for batch in entries[..entries.len().min(items_max)].chunks(tx.batch_items()) {
        apply_batch(tx, target, batch, &mut applied)?;
        if tx.should_yield() {
            break;
        }
    }
    Ok(applied)
}

fn apply_batch(tx: &mut dyn Tx, target: &Changed, batch: &[Entry], applied: &mut Applied) -> Result<()> {
    let Changed { account, group, is_dry, expects_change } = *target;
    let named: Vec<MemberKey> = batch.iter().map(|entry| entry.member).collect();
    let missing: BTreeSet<MemberKey> = tx.missing_members(account, &named)?.into_iter().collect();
    let members = tx.members_among(account, group, &named)?;
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for entry in batch {
        let is_member = members.binary_search(&entry.member).is_ok();
        let outcome = match (entry.effect, is_member) {
            _ if missing.contains(&entry.member) => Outcome::NotFound,
            (Effect::Add, true) => Outcome::AlreadyMember,
            (Effect::Retain, true) => Outcome::Retained,
            (Effect::Add | Effect::Retain, false) => Outcome::Created,
            (Effect::Remove, true) => Outcome::Removed,
            (Effect::Remove, false) => Outcome::NotMember,
        };
        let outcome = match outcome.class() {
            Class::Ignored if expects_change => Outcome::ChangedSince,
            _ => outcome,
        };
        match outcome {
            Outcome::Created => add.push(entry.member),
            Outcome::Removed => remove.push(entry.member),
            _ => {}
        }
        applied.tally.add(outcome, 1);
        applied.settled.push(Settled { index: entry.index, member: Some(entry.member), outcome });
    }
    if !is_dry {
        tx.add_members(account, group, &add)?;
        tx.remove_members(account, group, &remove)?;
    }
    let number = |members: &[MemberKey]| i64::try_from(members.len()).unwrap_or(i64::MAX);
    applied.grown_by += number(&add) - number(&remove);
    Ok(())
}
