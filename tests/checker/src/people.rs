//! Users, groups and memberships, and how their tables fit together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::blobs;
use crate::database::{Database, Row};
use crate::findings::Findings;
use crate::jobs::Job;
use crate::{Read, Totals};

/// Between the keys of a user's addresses.
const SEPARATOR: char = '\u{1f}';

/// Who there is and who belongs where. The first number is always the account.
#[derive(Debug, Default)]
pub struct People {
    names: HashMap<(i64, i64), String>,
    uuids: HashMap<(i64, [u8; 16]), i64>,
    deleted: HashSet<(i64, i64)>,
    groups: BTreeMap<(i64, i64), Group>,
    memberships: HashSet<(i64, i64, i64)>,
    /// Numbers of groups from this one on were never given.
    groups_next: HashMap<i64, i64>,
    accounts: HashMap<String, i64>,
}

#[derive(Debug)]
struct Group {
    name_key: String,
    members: i64,
}

impl People {
    /// Whether there is this user or group.
    pub fn has(&self, account: i64, member: i64) -> bool {
        self.names.contains_key(&(account, member)) || self.has_group(account, -member)
    }

    /// Whether there is or was this user or group.
    pub fn knew(&self, account: i64, member: i64) -> bool {
        self.has(account, member) || self.is_deleted(account, member)
    }

    /// Whether the user or group was deleted.
    pub fn is_deleted(&self, account: i64, member: i64) -> bool {
        if member > 0 {
            return self.deleted.contains(&(account, member));
        }
        let given = 1..self.groups_next.get(&account).copied().unwrap_or(1);
        given.contains(&-member) && !self.has_group(account, -member)
    }

    /// Whether the account has deleted somebody.
    pub fn has_deleted(&self, account: i64) -> bool {
        self.deleted.iter().any(|(of, _)| *of == account)
    }

    /// The user with this UUID.
    pub fn by_uuid(&self, account: i64, uuid: [u8; 16]) -> Option<i64> {
        self.uuids.get(&(account, uuid)).copied()
    }

    /// By which key the user's name is compared.
    pub fn name(&self, account: i64, user: i64) -> Option<&str> {
        self.names.get(&(account, user)).map(String::as_str)
    }

    /// Whether this is the user's key, as far as that can be told.
    pub fn deleted_or_named(&self, account: i64, user: i64, key: &str) -> bool {
        self.name(account, user).is_none_or(|name| name == key)
    }

    /// The one group that a file calls so. Only plain names are understood.
    pub fn group_named(&self, account: i64, name: &str) -> Option<i64> {
        let key = name.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let of_account = self.groups.range((account, i64::MIN)..=(account, i64::MAX));
        let mut named = of_account.into_iter().filter(|(_, group)| group.name_key == key);
        named.next().filter(|_| named.next().is_none()).map(|((_, number), _)| *number)
    }

    /// Every membership: account, group, and the user's key or the other group's number below zero.
    pub const fn memberships(&self) -> &HashSet<(i64, i64, i64)> {
        &self.memberships
    }

    /// Whether the group is there.
    pub fn has_group(&self, account: i64, group: i64) -> bool {
        self.groups.contains_key(&(account, group))
    }

    /// The account with this name.
    pub fn account(&self, name: &str) -> Option<i64> {
        self.accounts.get(name).copied()
    }
}

/// A member, in words.
pub fn who(member: i64) -> String {
    if member < 0 { format!("group {}", -member) } else { format!("user {member}") }
}

/// The database's own look at its pages and indexes.
pub fn check_integrity(db: &Database, findings: &mut Findings) -> Read<()> {
    for line in db.damage()? {
        findings.violation(format!("the database is damaged: {line}"));
    }
    Ok(())
}

/// Reads everybody and checks that the tables fit together.
pub fn check(db: &Database, findings: &mut Findings, totals: &mut Totals) -> Read<People> {
    let mut people = read(db, findings)?;
    check_accounts(db, &mut people, findings)?;
    check_emails(db, &people, findings)?;
    check_group_names(db, findings)?;
    check_external_ids(db, findings)?;
    check_passwords(db, &people, findings)?;
    check_row_secrets(db, findings)?;
    let clearing = clearing(db)?;
    let mut sizes: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for (account, group, member) in &people.memberships {
        *sizes.entry((*account, *group)).or_default() += 1;
        let leaving = clearing.members.contains(&(*account, *member)) && people.is_deleted(*account, *member);
        let going = clearing.groups.contains(&(*account, *group));
        findings.demand(people.has(*account, *member) || leaving || going, || {
            format!("group {group} of account {account} has the member {}, who does not exist", who(*member))
        });
        findings.demand(people.has_group(*account, *group) || going, || {
            let who = who(*member);
            format!("{who} of account {account} is a member of group {group}, which does not exist")
        });
    }
    for ((account, number), group) in &people.groups {
        let counted = sizes.get(&(*account, *number)).copied().unwrap_or(0);
        findings.demand(counted == group.members, || {
            format!("group {number} of account {account} counts {} members and has {counted}", group.members)
        });
    }
    totals.users = people.names.len() as u64;
    totals.groups = people.groups.len() as u64;
    totals.memberships = people.memberships.len() as u64;
    Ok(people)
}

/// Reads everybody.
pub fn read(db: &Database, findings: &mut Findings) -> Read<People> {
    let mut people = People::default();
    let sql = "select account_id, user_key, uuid, name_key, doc from users";
    for (account, key, uuid, name, doc) in db.all(sql, &[], |row| {
        Ok((
            row.get::<i64>(0)?,
            row.get::<i64>(1)?,
            row.get::<[u8; 16]>(2)?,
            row.get::<String>(3)?,
            row.get::<String>(4)?,
        ))
    })? {
        check_doc(account, &name, &doc, findings);
        findings.demand(people.uuids.insert((account, uuid), key).is_none(), || {
            format!("two users of account {account} have one UUID")
        });
        people.names.insert((account, key), name);
    }
    let mut names = HashSet::new();
    for ((account, _), name) in &people.names {
        findings.demand(names.insert((account, name)), || {
            format!("two users of account {account} are called {name:?}")
        });
    }
    let pair = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    people.deleted =
        db.all("select account_id, user_key from deleted_users", &[], pair)?.into_iter().collect();
    people.groups = db
        .all("select account_id, number, name_key, members from groups", &[], |row| {
            Ok(((row.get(0)?, row.get(1)?), Group { name_key: row.get(2)?, members: row.get(3)? }))
        })?
        .into_iter()
        .collect();
    let sql = "select account_id, group_number, member_kind, member_key from memberships";
    for (account, group, kind, key) in db.all(sql, &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?, row.get::<i64>(3)?))
    })? {
        findings.demand(matches!(kind, 0 | 1) && key > 0, || {
            format!("group {group} of account {account} has a member of kind {kind} and key {key}")
        });
        people.memberships.insert((account, group, if kind == 0 { key } else { -key }));
    }
    let sql = "select account_id, next from numbers where series = 'groups'";
    people.groups_next = db.all(sql, &[], pair)?.into_iter().collect();
    people.accounts = db
        .all("select name, account_id from accounts", &[], |row| Ok((row.get(0)?, row.get(1)?)))?
        .into_iter()
        .collect();
    Ok(people)
}

/// The attributes can be read, and a plain userName is the key once its letters are small.
fn check_doc(account: i64, key: &str, doc: &str, findings: &mut Findings) {
    let doc: Option<Value> = serde_json::from_str(doc).ok();
    match doc.as_ref().and_then(|doc| doc.get("userName")).and_then(Value::as_str) {
        None => findings.violation(format!("the attributes of {key:?} of account {account} cannot be read")),
        Some(name) if name.is_ascii() => findings.demand(name.to_ascii_lowercase() == key, || {
            format!("user {name:?} of account {account} is indexed as {key:?}")
        }),
        Some(_) => {}
    }
}

fn check_accounts(db: &Database, people: &mut People, findings: &mut Findings) -> Read<()> {
    let mut users: HashMap<i64, i64> = HashMap::new();
    for (account, _) in people.names.keys() {
        *users.entry(*account).or_default() += 1;
    }
    // An account's number is spread over rows, so that many writers need not wait for each other.
    let sql = "select a.account_id, cast(coalesce(sum(c.users), 0) as bigint) from accounts a \
               left join user_counts c on c.account_id = a.account_id group by a.account_id";
    let counted: Vec<(i64, i64)> = db.all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (account, counted) in &counted {
        let found = users.get(account).copied().unwrap_or(0);
        findings.demand(found == *counted, || {
            format!("account {account} counts {counted} users and has {found}")
        });
    }
    for account in users.keys().filter(|account| !counted.iter().any(|(known, _)| known == *account)) {
        findings.violation(format!("users of account {account}, which does not exist"));
    }
    let sql = "select c.account_id from user_counts c left join accounts a on a.account_id = c.account_id \
               where a.account_id is null union \
               select t.account_id from turns t left join accounts a on a.account_id = t.account_id \
               where a.account_id is null";
    for account in db.all(sql, &[], |row| row.get::<i64>(0))? {
        findings.violation(format!("counts or turns of account {account}, which does not exist"));
    }
    Ok(())
}

/// The rows of addresses are those that the users' own rows list.
fn check_emails(db: &Database, people: &People, findings: &mut Findings) -> Read<()> {
    let sql = "select account_id, user_key, name_key, email_keys from users";
    let mut listed = BTreeSet::new();
    for (account, user, name, keys) in db.all(sql, &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?, row.get::<Option<String>>(3)?))
    })? {
        let keys = keys.unwrap_or(name);
        for key in keys.split(SEPARATOR).filter(|key| !key.is_empty()) {
            listed.insert((account, key.to_owned(), user));
        }
    }
    let sql = "select account_id, email_key, user_key from user_emails";
    let indexed: BTreeSet<(i64, String, i64)> =
        db.all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.into_iter().collect();
    for (account, key, user) in listed.symmetric_difference(&indexed) {
        let name = people.name(*account, *user).unwrap_or("nobody");
        findings
            .violation(format!("address {key:?} of {name:?} of account {account} is in one of two places"));
    }
    Ok(())
}

/// Images are those of people whom deletions deleted: blocks that can be read, each image once, none of nobody.
pub fn check_images(db: &Database, jobs: &[Job], findings: &mut Findings) -> Read<()> {
    let sql = "select account_id, job, first, items, data from job_images order by account_id, job, first";
    let mut images: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    for (account, job, first, items, data) in db.all(sql, &[], |row| {
        Ok((
            row.get::<i64>(0)?,
            row.get::<i64>(1)?,
            row.get::<i64>(2)?,
            row.get::<i64>(3)?,
            row.get::<Vec<u8>>(4)?,
        ))
    })? {
        let of_job = images.entry((account, job)).or_default();
        let indexes = blobs::image_indexes(&data);
        let is_inside = |index: &i64| (first..first + items).contains(index);
        findings.demand(indexes.as_ref().is_some_and(|indexes| indexes.iter().all(is_inside)), || {
            format!("block {first} of the images of job {job} of account {account} is damaged")
        });
        of_job.extend(indexes.unwrap_or_default());
    }
    for ((account, number), indexes) in images {
        let job = jobs.iter().find(|job| (job.account, job.number) == (account, number));
        let removed =
            job.filter(|job| matches!(job.kind.as_str(), "deletion" | "import")).map_or(0, |job| job.removed);
        let distinct: BTreeSet<i64> = indexes.iter().copied().collect();
        findings.demand(distinct.len() == indexes.len(), || {
            format!("job {number} of account {account} has two images for one item")
        });
        // Who was forgotten has none.
        findings.demand(i64::try_from(indexes.len()).is_ok_and(|images| images <= removed), || {
            format!("job {number} of account {account} deleted {removed} and has {} images", indexes.len())
        });
    }
    Ok(())
}

/// What sources call by an `externalId` is there.
fn check_external_ids(db: &Database, findings: &mut Findings) -> Read<()> {
    let there = "select account_id, 0, user_key from users union all \
                 select account_id, 1, number from groups union all \
                 select account_id, 2, resource_key from resources";
    let triple = |row: &Row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?));
    let there: HashSet<(i64, i64, i64)> = db.all(there, &[], triple)?.into_iter().collect();
    let sql = "select account_id, kind, resource_key, source, external_id from external_ids";
    for (called, source, name) in db.all(sql, &[], |row| {
        Ok((
            (row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?),
            row.get::<String>(3)?,
            row.get::<String>(4)?,
        ))
    })? {
        let (account, kind, key) = called;
        findings.demand(there.contains(&called), || {
            format!("source {source:?} of account {account} calls {key} of kind {kind} {name:?}, which is not there")
        });
        findings.demand(!source.is_empty() && !name.is_empty(), || {
            format!("a source or an externalId of account {account} is empty")
        });
    }
    Ok(())
}

/// Passwords are hashes, of people who are there.
fn check_passwords(db: &Database, people: &People, findings: &mut Findings) -> Read<()> {
    let sql = "select account_id, user_key, hash from passwords";
    for (account, user, hash) in
        db.all(sql, &[], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?)))?
    {
        findings.demand(people.name(account, user).is_some(), || {
            format!("user {user} of account {account} has a password and is not there")
        });
        findings.demand(hash.starts_with('$') && hash.matches('$').count() >= 3, || {
            format!("the password of user {user} of account {account} is no hash")
        });
    }
    Ok(())
}

/// What is sealed of the rows of imports is of jobs that are there and have not ended.
fn check_row_secrets(db: &Database, findings: &mut Findings) -> Read<()> {
    let sql = "select s.account_id, s.job, s.page, case when j.number is null then 0 when j.ended_at is null then 1 \
               else 2 end from job_secrets s left join jobs j on j.account_id = s.account_id and j.number = s.job";
    for (account, job, page, state) in db.all(sql, &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?, row.get::<i64>(3)?))
    })? {
        findings.demand(state == 1, || {
            let why = if state == 0 { "is not there" } else { "has ended" };
            format!("passwords of page {page} of job {job} of account {account} are kept, which {why}")
        });
    }
    Ok(())
}

/// A group keeps its name for itself where the account says so, and nowhere else.
fn check_group_names(db: &Database, findings: &mut Findings) -> Read<()> {
    let sql = "select account_id, settings, free_group_names from accounts";
    let accounts: Vec<(i64, String, i64)> =
        db.all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut free = HashSet::new();
    for (account, settings, is_free) in accounts {
        let settings: Value = serde_json::from_str(&settings).unwrap_or_default();
        findings.demand(settings.is_object(), || format!("the settings of account {account} cannot be read"));
        findings.demand((settings["group_names"] == "free") == (is_free == 1), || {
            format!("account {account} says nothing of what its column says of names of groups")
        });
        if is_free == 1 {
            free.insert(account);
        }
    }
    let sql = "select account_id, number, name_key, unique_name from groups";
    let mut kept = HashSet::new();
    for (account, number, name, unique) in db.all(sql, &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?, row.get::<Option<String>>(3)?))
    })? {
        let expected = (!free.contains(&account)).then_some(&name);
        findings.demand(unique.as_ref() == expected, || match &unique {
            Some(unique) => format!("group {number} of account {account} keeps the name {unique:?}"),
            None => format!("group {number} of account {account} keeps no name"),
        });
        findings.demand(unique.is_none_or(|unique| kept.insert((account, unique))), || {
            format!("two groups of account {account} keep the name {name:?}")
        });
    }
    Ok(())
}

/// What jobs are still clearing away.
struct Clearing {
    groups: HashSet<(i64, i64)>,
    members: HashSet<(i64, i64)>,
}

fn clearing(db: &Database) -> Read<Clearing> {
    let sql = "select j.account_id, j.kind, j.target, s.spec from jobs j \
               join job_specs s on s.account_id = j.account_id and s.job = j.number \
               where j.kind in ('clear_group', 'clear_user', 'clear_nested_group') and j.ended_at is null";
    let mut clearing = Clearing { groups: HashSet::new(), members: HashSet::new() };
    for (account, kind, target, spec) in db.all(sql, &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<i64>(2)?, row.get::<String>(3)?))
    })? {
        if kind == "clear_group" {
            clearing.groups.insert((account, target));
        } else if let Ok(spec) = serde_json::from_str::<Value>(&spec) {
            let named = |name: &str| spec.get(name).and_then(Value::as_i64);
            let member = named("user").or_else(|| named("group").map(|number| -number));
            clearing.members.extend(member.map(|member| (account, member)));
        }
    }
    Ok(clearing)
}
