//! The audit log.

use throng_directory::Result;
use throng_directory::ids::AccountId;
use throng_directory::model::audit::{Chained, Head, Row as AuditRow, Span};
use throng_directory::port::{AuditReads, AuditWrites};
use throng_jobs::Instant;

use crate::access::bytes;
use crate::conn::{Conn, Row, Scope, Value};
use crate::fault::{Outcome, stored};
use crate::session::Session;
use crate::users::uuid;

/// The columns that [`chained`] reads, in its order.
macro_rules! select_rows {
    ($rest:expr) => {
        concat!(
            "select id, at, event, kind, object, body, names, salt, names_digest, seq, hash from audit \
             where account_id = ?1 ",
            $rest
        )
    };
}

/// Reads the columns that rows have with and without a number.
fn unnumbered(row: &dyn Row) -> Outcome<AuditRow> {
    Ok(AuditRow {
        id: uuid(row.blob(0)?)?,
        at: Instant::from_micros(row.int(1)?),
        event: row.text(2)?.to_owned(),
        kind: row.text(3)?.to_owned(),
        object: row.text(4)?.to_owned(),
        body: row.text(5)?.to_owned(),
        names: row.opt_text(6)?.map(str::to_owned),
        salt: row.opt_blob(7)?.map(bytes).transpose()?,
        names_digest: bytes(row.blob(8)?)?,
    })
}

fn chained(row: &dyn Row) -> Outcome<Chained> {
    Ok(Chained { row: unnumbered(row)?, seq: row.int(9)?, hash: bytes(row.blob(10)?)? })
}

fn head(row: &dyn Row) -> Outcome<Head> {
    Ok(Head {
        seq: row.int(0)?,
        hash: bytes(row.blob(1)?)?,
        kept_seq: row.int(2)?,
        kept_hash: bytes(row.blob(3)?)?,
    })
}

/// The row's values in the order of the columns.
fn values(row: &AuditRow) -> [Value<'_>; 9] {
    [
        Value::Blob(row.id.as_bytes()),
        Value::Int(row.at.micros()),
        Value::Text(&row.event),
        Value::Text(&row.kind),
        Value::Text(&row.object),
        Value::Text(&row.body),
        row.names.as_deref().into(),
        row.salt.as_ref().map(<[u8; 16]>::as_slice).into(),
        Value::Blob(&row.names_digest),
    ]
}

impl<C: Conn> AuditReads for Session<C> {
    fn audit_waiting(&mut self, after: AccountId) -> Result<Option<AccountId>> {
        // The primary key of audit_inbox.
        let sql = "select account_id from audit_inbox where account_id > ?1 order by account_id limit 1";
        self.run(Scope::Everywhere, |conn| {
            conn.first(sql, &[after.0.into()], |row| Ok(AccountId(row.int(0)?)))
        })
    }

    fn audit_unnumbered(&mut self) -> Result<(u64, Option<Instant>)> {
        // The whole table, which has what came in the last moments.
        let sql = "select count(*), min(at) from audit_inbox";
        self.run(Scope::Everywhere, |conn| {
            let read =
                |row: &dyn Row| Ok((row.int(0)?.unsigned_abs(), row.opt_int(1)?.map(Instant::from_micros)));
            Ok(conn.first(sql, &[], read)?.unwrap_or_default())
        })
    }

    fn audit_inbox(&mut self, account: AccountId, limit: usize) -> Result<Vec<AuditRow>> {
        // The primary key of audit_inbox: ids rise with time, in a node; the order of what is found is by time.
        let sql = "select id, at, event, kind, object, body, names, salt, names_digest from \
                   (select * from audit_inbox where account_id = ?1 order by id limit ?2) i order by at, id";
        self.of(account, |conn| conn.all(sql, &[account.0.into(), stored(limit as u64)?.into()], unnumbered))
    }

    fn audit_head(&mut self, account: AccountId) -> Result<Head> {
        // The primary key of audit_heads.
        let sql = "select seq, hash, kept_seq, kept_hash from audit_heads where account_id = ?1";
        self.of(account, |conn| Ok(conn.first(sql, &[account.0.into()], head)?.unwrap_or_default()))
    }

    fn audit_rows(&mut self, account: AccountId, after: i64, limit: usize) -> Result<Vec<Chained>> {
        // The primary key of audit.
        let sql = select_rows!("and seq > ?2 order by seq limit ?3");
        let values = [account.0.into(), after.into()];
        self.of(account, |conn| conn.all(sql, &[values[0], values[1], stored(limit as u64)?.into()], chained))
    }

    fn audit_span(&mut self, account: AccountId, span: &Span, limit: usize) -> Result<Vec<Chained>> {
        // Index audit_at.
        const RISING: &str =
            select_rows!("and at >= ?2 and at < ?3 and (at, seq) > (?4, ?5) order by at, seq limit ?6");
        // Index audit_at.
        const FALLING: &str = select_rows!(
            "and at >= ?2 and at < ?3 and (at, seq) < (?4, ?5) order by at desc, seq desc limit ?6"
        );
        let (sql, begin) = if span.descending {
            (FALLING, (span.until.micros(), i64::MAX))
        } else {
            (RISING, (span.from.micros(), 0))
        };
        let (at, seq) = span.after.map_or(begin, |(at, seq)| (at.micros(), seq));
        let (from, until) = (span.from.micros(), span.until.micros());
        self.of(account, |conn| {
            let limit = stored(limit as u64)?;
            let values = [account.0, from, until, at, seq, limit].map(Value::Int);
            conn.all(sql, &values, chained)
        })
    }

    fn audit_about(
        &mut self,
        account: AccountId,
        object: &str,
        before: i64,
        limit: usize,
    ) -> Result<Vec<Chained>> {
        // Index audit_object.
        let sql = select_rows!("and object = ?2 and seq < ?3 order by seq desc limit ?4");
        self.of(account, |conn| {
            let limit = stored(limit as u64)?;
            conn.all(sql, &[account.0.into(), object.into(), before.into(), limit.into()], chained)
        })
    }
}

impl<C: Conn> AuditWrites for Session<C> {
    fn append_audit(&mut self, account: AccountId, rows: &[AuditRow]) -> Result<()> {
        let sql = "insert into audit_inbox (account_id, id, at, event, kind, object, body, names, salt, names_digest) \
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        self.of(account, |conn| {
            if let [row] = rows {
                let [id, at, event, kind, object, body, names, salt, digest] = values(row);
                let values = [account.0.into(), id, at, event, kind, object, body, names, salt, digest];
                return conn.execute(sql, &values).map(drop);
            }
            conn.for_rows(sql, &[account.0.into()], rows.iter().map(values), |_| Ok(()))
        })
    }

    fn lock_audit(&mut self, account: AccountId) -> Result<Head> {
        // Conflicts are found through the primary key of audit_heads.
        let begin = "insert into audit_heads (account_id, seq, hash, kept_seq, kept_hash) values (?1, 0, ?2, 0, ?2) \
                     on conflict (account_id) do nothing";
        // The primary key of audit_heads.
        let sql = C::DIALECT
            .locking("select seq, hash, kept_seq, kept_hash from audit_heads where account_id = ?1");
        self.locks(|locks| locks.audit(account))?;
        self.of(account, |conn| {
            conn.execute(begin, &[account.0.into(), Value::Blob(&Head::default().hash)])?;
            Ok(conn.first(&sql, &[account.0.into()], head)?.unwrap_or_default())
        })
    }

    fn number_audit(&mut self, account: AccountId, rows: &[Chained], head: &Head) -> Result<()> {
        let insert = "insert into audit (account_id, id, at, event, kind, object, body, names, salt, names_digest, seq, hash) \
                      values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        // The primary key of audit_inbox.
        let delete = "delete from audit_inbox where account_id = ?1 and id = ?2";
        self.locks(|locks| locks.need_audit(account))?;
        self.of(account, |conn| {
            let numbered = rows.iter().map(|found| {
                let [id, at, event, kind, object, body, names, salt, digest] = values(&found.row);
                let (seq, hash) = (Value::Int(found.seq), Value::Blob(&found.hash));
                [id, at, event, kind, object, body, names, salt, digest, seq, hash]
            });
            conn.for_rows(insert, &[account.0.into()], numbered, |_| Ok(()))?;
            let ids = rows.iter().map(|found| [Value::Blob(found.row.id.as_bytes())]);
            conn.for_rows(delete, &[account.0.into()], ids, |_| Ok(()))?;
            put_head(conn, account, head)
        })
    }

    fn forget_audit_names(&mut self, account: AccountId, rows: &[i64]) -> Result<()> {
        // The primary key of audit.
        let sql =
            "update audit set names = null, salt = null, object = '' where account_id = ?1 and seq = ?2";
        self.of(account, |conn| {
            rows.iter().try_for_each(|seq| conn.execute(sql, &[account.0.into(), (*seq).into()]).map(drop))
        })
    }

    fn purge_audit(&mut self, account: AccountId, head: &Head) -> Result<()> {
        // The primary key of audit.
        let sql = "delete from audit where account_id = ?1 and seq <= ?2";
        self.locks(|locks| locks.need_audit(account))?;
        self.of(account, |conn| {
            conn.execute(sql, &[account.0.into(), head.kept_seq.into()])?;
            put_head(conn, account, head)
        })
    }
}

fn put_head<C: Conn>(conn: &mut C, account: AccountId, head: &Head) -> Outcome<()> {
    // The primary key of audit_heads.
    let sql =
        "update audit_heads set seq = ?2, hash = ?3, kept_seq = ?4, kept_hash = ?5 where account_id = ?1";
    let values = [
        account.0.into(),
        head.seq.into(),
        Value::Blob(&head.hash),
        head.kept_seq.into(),
        Value::Blob(&head.kept_hash),
    ];
    conn.execute(sql, &values).map(drop)
}
