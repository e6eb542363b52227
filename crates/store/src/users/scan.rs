//! Lists of people: a scan, stretch by stretch. Each finds the keys in an index first, so that rows to skip are not
//! read.

use throng_directory::ids::AccountId;
use throng_directory::model::users::User;
use throng_directory::port::scan::{Page, Scan};

use crate::conn::{Conn, Value};
use crate::fault::{Outcome, loaded};
use crate::ranges::{Bounds, stretch};

use super::user;

/// People by key: `k` are the keys, in order.
macro_rules! by_key {
    ($keys:literal) => {
        select_user!(concat!(
            "(",
            $keys,
            ") k join users u on u.account_id = ?1 and u.user_key = k.user_key order by k.user_key"
        ))
    };
}

/// People by a column and key, forwards or backwards.
macro_rules! by_column {
    ($column:literal, $behind:literal, $direction:literal) => {
        select_user!(concat!(
            "(select s.user_key, s.",
            $column,
            " from users s where s.account_id = ?1 and s.",
            $column,
            " >= ?2 and s.",
            $column,
            " < ?3 and (s.",
            $column,
            ", s.user_key) ",
            $behind,
            " (?4, ?5) order by s.",
            $column,
            $direction,
            ", s.user_key",
            $direction,
            " limit ?6 offset ?7) k join users u on u.account_id = ?1 and u.user_key = k.user_key order by k.",
            $column,
            $direction,
            ", k.user_key",
            $direction
        ))
    };
}

/// A stretch of a scan.
pub fn page<C: Conn>(conn: &mut C, account: AccountId, scan: &Scan, page: &Page) -> Outcome<Vec<User>> {
    let (limit, offset) = stretch(page)?;
    let (limit, offset, after) = (limit.into(), offset.into(), page.after_key().into());
    let account = Value::Int(account.0);
    match scan {
        Scan::All => {
            // Index users_account; on PostgreSQL the primary key.
            let sql = by_key!(
                "select s.user_key from users s where s.account_id = ?1 and s.user_key > ?2 \
                 order by s.user_key limit ?3 offset ?4"
            );
            conn.some(sql, &[account, after, limit, offset], user, |user| user.doc.len())
        }
        Scan::ExternalId(value) => {
            // Index users_external_id.
            let sql = by_key!(
                "select s.user_key from users s where s.account_id = ?1 and s.external_id = ?2 \
                 and s.user_key > ?3 order by s.user_key limit ?4 offset ?5"
            );
            conn.some(sql, &[account, value.as_str().into(), after, limit, offset], user, |user| {
                user.doc.len()
            })
        }
        Scan::SourceId { source, external_id } => {
            // Index external_ids_of.
            let sql = by_key!(
                "select e.resource_key as user_key from external_ids e where e.account_id = ?1 and e.source = ?2 \
                 and e.kind = 0 and e.external_id = ?3 and e.resource_key > ?4 order by e.resource_key \
                 limit ?5 offset ?6"
            );
            let (source, external_id) = (source.as_str().into(), external_id.as_str().into());
            conn.some(sql, &[account, source, external_id, after, limit, offset], user, |user| user.doc.len())
        }
        Scan::Email(value) => {
            // The primary key of user_emails.
            let sql = by_key!(
                "select e.user_key from user_emails e where e.account_id = ?1 and e.email_key = ?2 \
                 and e.user_key > ?3 order by e.user_key limit ?4 offset ?5"
            );
            conn.some(sql, &[account, value.as_str().into(), after, limit, offset], user, |user| {
                user.doc.len()
            })
        }
        Scan::Names(range) => {
            // Index users_name.
            let sql = if page.descending {
                by_column!("name_key", "<", " desc")
            } else {
                by_column!("name_key", ">", "")
            };
            let bounds = Bounds::of_names(range, page);
            conn.some(sql, &bounds.values(account, limit, offset), user, |user| user.doc.len())
        }
        Scan::Modified(range) => {
            // Index users_modified.
            let sql = if page.descending {
                by_column!("modified_at", "<", " desc")
            } else {
                by_column!("modified_at", ">", "")
            };
            let bounds = Bounds::of_times(*range, page);
            conn.some(sql, &bounds.values(account, limit, offset), user, |user| user.doc.len())
        }
    }
}

/// How many a scan comes to.
pub fn count<C: Conn>(conn: &mut C, account: AccountId, scan: &Scan) -> Outcome<u64> {
    let account = Value::Int(account.0);
    let n = match scan {
        Scan::All => {
            // The primary key of user_counts; counting the index would take 10 ms a million.
            let sql = "select cast(coalesce(sum(users), 0) as bigint) from user_counts where account_id = ?1";
            conn.number(sql, &[account])
        }
        Scan::ExternalId(value) => {
            // Index users_external_id.
            let sql = "select count(*) from users where account_id = ?1 and external_id = ?2";
            conn.number(sql, &[account, value.as_str().into()])
        }
        Scan::SourceId { source, external_id } => {
            // Index external_ids_of.
            let sql = "select count(*) from external_ids where account_id = ?1 and source = ?2 and kind = 0 \
                       and external_id = ?3";
            conn.number(sql, &[account, source.as_str().into(), external_id.as_str().into()])
        }
        Scan::Email(value) => {
            // The primary key of user_emails.
            let sql = "select count(*) from user_emails where account_id = ?1 and email_key = ?2";
            conn.number(sql, &[account, value.as_str().into()])
        }
        Scan::Names(range) => {
            // Index users_name.
            let sql = "select count(*) from users where account_id = ?1 and name_key >= ?2 and name_key < ?3";
            conn.number(sql, &[account, range.from.as_str().into(), range.until.as_str().into()])
        }
        Scan::Modified(range) => {
            // Index users_modified.
            let sql =
                "select count(*) from users where account_id = ?1 and modified_at >= ?2 and modified_at < ?3";
            conn.number(sql, &[account, range.from.micros().into(), range.until.micros().into()])
        }
    }?;
    loaded(n)
}
