//! Lists of groups: a scan, stretch by stretch.

use throng_directory::ids::AccountId;
use throng_directory::model::groups::Group;
use throng_directory::port::scan::{Page, Scan};

use crate::conn::{Conn, Value};
use crate::fault::{Outcome, loaded};
use crate::ranges::{Bounds, stretch};

use super::group;

/// Groups by a column and number, forwards or backwards.
macro_rules! by_column {
    ($column:literal, $behind:literal, $direction:literal) => {
        select_group!(concat!(
            "and ",
            $column,
            " >= ?2 and ",
            $column,
            " < ?3 and (",
            $column,
            ", number) ",
            $behind,
            " (?4, ?5) order by ",
            $column,
            $direction,
            ", number",
            $direction,
            " limit ?6 offset ?7"
        ))
    };
}

/// A stretch of a scan.
pub fn page<C: Conn>(conn: &mut C, account: AccountId, scan: &Scan, page: &Page) -> Outcome<Vec<Group>> {
    let (limit, offset) = stretch(page)?;
    let (limit, offset, after) = (limit.into(), offset.into(), page.after_key().into());
    let account = Value::Int(account.0);
    match scan {
        Scan::All => {
            // The primary key of groups.
            let sql = select_group!("and number > ?2 order by number limit ?3 offset ?4");
            conn.some(sql, &[account, after, limit, offset], group, |group| group.doc.len())
        }
        Scan::ExternalId(value) => {
            // Index groups_external_id.
            let sql =
                select_group!("and external_id = ?2 and number > ?3 order by number limit ?4 offset ?5");
            conn.some(sql, &[account, value.as_str().into(), after, limit, offset], group, |group| {
                group.doc.len()
            })
        }
        Scan::SourceId { source, external_id } => {
            // Index external_ids_of, then the primary key of groups.
            let sql = select_group!(
                "and number in (select e.resource_key from external_ids e where e.account_id = ?1 \
                 and e.source = ?2 and e.kind = 1 and e.external_id = ?3) and number > ?4 \
                 order by number limit ?5 offset ?6"
            );
            let (source, external_id) = (source.as_str().into(), external_id.as_str().into());
            conn.some(sql, &[account, source, external_id, after, limit, offset], group, |group| {
                group.doc.len()
            })
        }
        // Groups have no addresses.
        Scan::Email(_) => Ok(Vec::new()),
        Scan::Names(range) => {
            // Index groups_name.
            let sql = if page.descending {
                by_column!("name_key", "<", " desc")
            } else {
                by_column!("name_key", ">", "")
            };
            let bounds = Bounds::of_names(range, page);
            conn.some(sql, &bounds.values(account, limit, offset), group, |group| group.doc.len())
        }
        Scan::Modified(range) => {
            // Index groups_modified.
            let sql = if page.descending {
                by_column!("modified_at", "<", " desc")
            } else {
                by_column!("modified_at", ">", "")
            };
            let bounds = Bounds::of_times(*range, page);
            conn.some(sql, &bounds.values(account, limit, offset), group, |group| group.doc.len())
        }
    }
}

/// How many a scan comes to.
pub fn count<C: Conn>(conn: &mut C, account: AccountId, scan: &Scan) -> Outcome<u64> {
    let account = Value::Int(account.0);
    let n = match scan {
        // The smallest index of groups.
        Scan::All => conn.number("select count(*) from groups where account_id = ?1", &[account]),
        Scan::ExternalId(value) => {
            // Index groups_external_id.
            let sql = "select count(*) from groups where account_id = ?1 and external_id = ?2";
            conn.number(sql, &[account, value.as_str().into()])
        }
        Scan::SourceId { source, external_id } => {
            // Index external_ids_of.
            let sql = "select count(*) from external_ids where account_id = ?1 and source = ?2 and kind = 1 \
                       and external_id = ?3";
            conn.number(sql, &[account, source.as_str().into(), external_id.as_str().into()])
        }
        Scan::Email(_) => Ok(0),
        Scan::Names(range) => {
            // Index groups_name.
            let sql =
                "select count(*) from groups where account_id = ?1 and name_key >= ?2 and name_key < ?3";
            conn.number(sql, &[account, range.from.as_str().into(), range.until.as_str().into()])
        }
        Scan::Modified(range) => {
            // Index groups_modified.
            let sql = "select count(*) from groups where account_id = ?1 and modified_at >= ?2 \
                       and modified_at < ?3";
            conn.number(sql, &[account, range.from.micros().into(), range.until.micros().into()])
        }
    }?;
    loaded(n)
}
