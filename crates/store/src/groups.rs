//! Groups.

use throng_directory::Result;
use throng_directory::ids::{AccountId, EntityKey, GroupNumber, MemberKey, UserKey};
use throng_directory::model::groups::{Group, GroupRef};
use throng_directory::port::scan::{Page, Scan};
use throng_directory::port::{GroupReads, GroupWrites, Series};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::conn::{Conn, Row, Value};
use crate::fault::{Fault, Outcome, loaded, stored};
use crate::memberships::by_kind;
use crate::merge::{self, Walk};
use crate::session::Session;
use crate::sources;
use crate::users::uuid;

/// The columns that [`group`] reads, in its order.
macro_rules! select_group {
    ($rest:expr) => {
        concat!(
            "select number, uuid, version, created_at, modified_at, display_name, name_key, external_id, \
             members, doc from groups where account_id = ?1 ",
            $rest
        )
    };
}

mod scan;

/// Reads a row of [`select_group`].
fn group(row: &dyn Row) -> Outcome<Group> {
    Ok(Group {
        number: GroupNumber(row.int(0)?),
        uuid: uuid(row.blob(1)?)?,
        version: row.int(2)?,
        created_at: Instant::from_micros(row.int(3)?),
        modified_at: Instant::from_micros(row.int(4)?),
        display_name: row.text(5)?.to_owned(),
        name_key: row.text(6)?.to_owned(),
        external_id: row.opt_text(7)?.map(str::to_owned),
        members: loaded(row.int(8)?)?,
        doc: row.text(9)?.to_owned(),
    })
}

/// Reads a group's number, name and UUID.
fn group_ref(row: &dyn Row) -> Outcome<GroupRef> {
    Ok(GroupRef {
        number: GroupNumber(row.int(0)?),
        uuid: uuid(row.blob(2)?)?,
        display_name: row.text(1)?.to_owned(),
    })
}

/// The groups that a query finds for each of these, at most `limit` in all.
fn gather<C: Conn>(
    conn: &mut C,
    sql: &str,
    account: AccountId,
    groups: &[GroupNumber],
    limit: usize,
) -> Outcome<Vec<GroupRef>> {
    let mut found = Vec::new();
    let keys = groups.iter().map(|group| group.0);
    conn.gather(sql, account.0, stored(limit as u64)?, keys, |row| {
        found.push(group_ref(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The group's values in the order of the columns that [`group`] reads, behind the account.
fn values(account: AccountId, group: &Group) -> Outcome<[Value<'_>; 11]> {
    Ok([
        Value::Int(account.0),
        Value::Int(group.number.0),
        Value::Blob(group.uuid.as_bytes()),
        Value::Int(group.version),
        Value::Int(group.created_at.micros()),
        Value::Int(group.modified_at.micros()),
        Value::Text(&group.display_name),
        Value::Text(&group.name_key),
        group.external_id.as_deref().into(),
        Value::Int(stored(group.members)?),
        Value::Text(&group.doc),
    ])
}

impl<C: Conn> GroupReads for Session<C> {
    fn group(&mut self, account: AccountId, number: GroupNumber) -> Result<Option<Group>> {
        // The primary key of groups.
        let sql = select_group!("and number = ?2");
        self.of(account, |conn| conn.first(sql, &[account.0.into(), number.0.into()], group))
    }

    fn group_by_uuid(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<Group>> {
        // Index groups_uuid.
        let sql = select_group!("and uuid = ?2");
        let values = [account.0.into(), Value::Blob(uuid.as_bytes())];
        self.of(account, |conn| conn.first(sql, &values, group))
    }

    fn groups(&mut self, account: AccountId, scan: &Scan, page: &Page) -> Result<Vec<Group>> {
        self.of(account, |conn| scan::page(conn, account, scan, page))
    }

    fn count_groups(&mut self, account: AccountId, scan: &Scan) -> Result<u64> {
        self.of(account, |conn| scan::count(conn, account, scan))
    }

    fn group_refs(&mut self, account: AccountId, numbers: &[GroupNumber]) -> Result<Vec<GroupRef>> {
        // The primary key of groups.
        let sql = "select number, display_name, uuid from groups where account_id = ?1 and number >= ?2 \
                   and number <= ?3 order by number";
        let plan = Walk {
            sql,
            account: account.0,
            group: None,
            keys: numbers.len(),
            key: |at: usize| Value::Int(numbers[at].0),
            compare: |at: usize, row: &dyn Row| Ok(numbers[at].0.cmp(&row.int(0)?)),
        };
        self.of(account, |conn| {
            let mut found = Vec::new();
            conn.find_keys(&plan, |_, row| {
                found.push(group_ref(row)?);
                Ok(())
            })?;
            Ok(found)
        })
    }

    fn parents_of(
        &mut self,
        account: AccountId,
        groups: &[GroupNumber],
        limit: usize,
    ) -> Result<Vec<GroupRef>> {
        // Index memberships_member.
        let probe = "select member_key from memberships where account_id = ?1 and member_kind = 1 \
                     and member_key >= ?2 and member_key <= ?3 order by member_key limit 1";
        // Index memberships_member, then the primary key of groups.
        let sql = "select g.number, g.display_name, g.uuid from memberships m \
                   join groups g on g.account_id = m.account_id and g.number = m.group_number \
                   where m.account_id = ?1 and m.member_kind = 1 and m.member_key = ?3 \
                   order by m.group_number limit ?2";
        let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return Ok(Vec::new()) };
        self.of(account, |conn| {
            let range = [account.0.into(), first.0.into(), last.0.into()];
            let Some(nested) = conn.first(probe, &range, |row| Ok(GroupNumber(row.int(0)?)))? else {
                return Ok(Vec::new());
            };
            let groups = &groups[groups.partition_point(|group| *group < nested)..];
            gather(conn, sql, account, groups, limit)
        })
    }

    fn children_of(
        &mut self,
        account: AccountId,
        groups: &[GroupNumber],
        limit: usize,
    ) -> Result<Vec<GroupRef>> {
        // The primary key of memberships, then that of groups.
        let sql = "select g.number, g.display_name, g.uuid from memberships m \
                   join groups g on g.account_id = m.account_id and g.number = m.member_key \
                   where m.account_id = ?1 and m.group_number = ?3 and m.member_kind = 1 \
                   order by m.member_key limit ?2";
        self.of(account, |conn| gather(conn, sql, account, groups, limit))
    }

    fn groups_of(
        &mut self,
        account: AccountId,
        member: MemberKey,
        after: GroupNumber,
        limit: usize,
    ) -> Result<Vec<GroupRef>> {
        // Index memberships_member, then the primary key of groups.
        let sql = by_kind!(
            "select g.number, g.display_name, g.uuid from memberships m \
             join groups g on g.account_id = m.account_id and g.number = m.group_number \
             where m.account_id = ?1 and m.member_kind = ",
            " and m.member_key = ?2 and m.group_number > ?3 order by m.group_number limit ?4"
        );
        self.of(account, |conn| {
            let limit = stored(limit as u64)?;
            let values = [account.0.into(), member.number().into(), after.0.into(), limit.into()];
            conn.all(sql.of(member), &values, group_ref)
        })
    }

    fn groups_of_users(
        &mut self,
        account: AccountId,
        users: &[UserKey],
        limit: usize,
    ) -> Result<Vec<Vec<GroupNumber>>> {
        // Index memberships_member, then the primary key of groups.
        let sql = "select m.member_key, m.group_number from memberships m \
                   join groups g on g.account_id = m.account_id and g.number = m.group_number \
                   where m.account_id = ?1 and m.member_kind = 0 and m.member_key >= ?2 and m.member_key <= ?3 \
                   order by m.member_key, m.group_number";
        self.of(account, |conn| {
            merge::of_users(conn, sql, account, users, |groups: &mut Vec<GroupNumber>, row| {
                if groups.len() < limit {
                    groups.push(GroupNumber(row.int(1)?));
                }
                Ok(())
            })
        })
    }
}

impl<C: Conn> GroupWrites for Session<C> {
    fn allocate_number(&mut self, account: AccountId, series: Series) -> Result<i64> {
        let series = match series {
            Series::Groups => "groups",
            Series::Jobs => "jobs",
            Series::Profiles => "profiles",
        };
        self.of(account, |conn| conn.take_numbers(account.0, series, 1))
    }

    fn insert_group(&mut self, account: AccountId, group: &Group) -> Result<()> {
        // Conflicts are found through index groups_unique_name.
        let sql = "insert into groups (account_id, number, uuid, version, created_at, modified_at, display_name, \
                   name_key, external_id, members, doc, unique_name) \
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, (select case free_group_names \
                   when 0 then ?8 end from accounts where account_id = ?1)) \
                   on conflict (account_id, unique_name) do nothing";
        self.locks(|locks| locks.need_account(account))?;
        self.of(account, |conn| match conn.execute(sql, &values(account, group)?)? {
            0 => Err(Fault::taken("displayName", TAKEN)),
            _ => Ok(()),
        })?;
        self.locks(|locks| {
            locks.made_group(group.number);
            Ok(())
        })
    }

    fn replace_group(&mut self, account: AccountId, group: &Group) -> Result<()> {
        // The primary key of groups; index groups_unique_name refuses a name that is taken.
        let sql = "update groups set uuid = ?3, version = ?4, created_at = ?5, modified_at = ?6, \
                   display_name = ?7, name_key = ?8, external_id = ?9, members = ?10, doc = ?11, \
                   unique_name = (select case free_group_names when 0 then ?8 end from accounts \
                   where account_id = ?1) where account_id = ?1 and number = ?2";
        self.locks(|locks| locks.need_account(account))?;
        self.locks(|locks| locks.need_group(group.number))?;
        self.of(account, |conn| {
            let changed = conn
                .execute(sql, &values(account, group)?)
                .map_err(|fault| fault.or_taken("name", "displayName", TAKEN))?;
            if changed == 0 {
                return Err(Fault::Defect("a group to replace does not exist".to_owned()));
            }
            Ok(())
        })
    }

    fn delete_group(&mut self, account: AccountId, number: GroupNumber) -> Result<()> {
        // The primary key of groups.
        let sql = "delete from groups where account_id = ?1 and number = ?2";
        self.locks(|locks| {
            locks.need_account_alone(account)?;
            locks.need_group(number)
        })?;
        self.of(account, |conn| {
            conn.execute(sql, &[account.0.into(), number.0.into()])?;
            sources::forget(conn, account, EntityKey::Group(number))
        })
    }

    fn lock_group(&mut self, account: AccountId, number: GroupNumber) -> Result<Option<Group>> {
        // The primary key of groups.
        const READ: &str = select_group!("and number = ?2");
        let sql = C::DIALECT.locking(READ);
        self.locks(|locks| locks.group(number))?;
        self.of(account, |conn| conn.first(&sql, &[account.0.into(), number.0.into()], group))
    }

    fn touch_group(
        &mut self,
        account: AccountId,
        number: GroupNumber,
        delta: i64,
        now: Instant,
    ) -> Result<()> {
        // The primary key of groups.
        let sql = "update groups set version = version + 1, members = members + ?3, \
                   modified_at = case when modified_at > ?4 then modified_at else ?4 end \
                   where account_id = ?1 and number = ?2";
        let values = [account.0.into(), number.0.into(), delta.into(), now.micros().into()];
        self.locks(|locks| locks.need_group(number))?;
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }
}

/// Lets groups of an account have one name.
pub fn free_names<C: Conn>(conn: &mut C, account: AccountId) -> Outcome<()> {
    // Index groups_unique_name.
    let sql = "update groups set unique_name = null where account_id = ?1 and unique_name is not null";
    conn.execute(sql, &[account.0.into()]).map(drop)
}

/// Gives each group of an account its name alone.
///
/// # Errors
/// `AlreadyExists`, with a name that several groups have.
pub fn reserve_names<C: Conn>(conn: &mut C, account: AccountId) -> Outcome<()> {
    // Both by index groups_unique_name: an account whose names are unique already has nothing to do.
    let shared_name = "select number from groups where account_id = ?1 and unique_name is null limit 1";
    let sql = "update groups set unique_name = name_key where account_id = ?1 and unique_name is null";
    // Index groups_name.
    let twice = "select min(display_name), count(*) from groups where account_id = ?1 \
                 group by name_key having count(*) > 1 order by name_key limit 1";
    if conn.first(shared_name, &[account.0.into()], |row| row.int(0))?.is_none() {
        return Ok(());
    }
    let shared = conn.first(twice, &[account.0.into()], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))?;
    if let Some((name, groups)) = shared {
        let detail = format!(
            "group_names cannot be unique: {groups} groups have the displayName {name:?}; rename them first"
        );
        return Err(Fault::taken("group_names", &detail));
    }
    conn.execute(sql, &[account.0.into()]).map(drop)
}

const TAKEN: &str = "another group has this displayName";
