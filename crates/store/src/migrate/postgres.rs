//! Migrations on PostgreSQL. Several nodes may start at once: whoever comes second finds everything done.

use std::time::Duration;

use super::{Applied, MigrateError, checksum, missing};
use crate::conn::{Flow, Row, Value};
use crate::driver::postgres::connect::{Connector, ROLE};
use crate::driver::postgres::link::{Committed, Kind, Link};
use crate::driver::postgres::value::{Param, PgRow};
use crate::fault::{Fault, Outcome};

/// The lock that one node at a time migrates under; any number that nobody else uses.
const LOCK: i64 = 0x7468_726f_6e67_0001;
/// How long a migration may take. Its statements wait for the server's answer, not for a limit.
const ANSWER_MAX: Duration = Duration::from_hours(24);
/// How long a migration waits for a table. Who waits for a table keeps everybody else from it.
const TABLE_WAIT: &str = "10s";

/// Brings the schema to this server's version, one transaction a migration. The role that logs in makes the
/// schema and the role that servers work in, where they are missing, and owns what it makes. A role that may
/// not is enough once everything is there.
pub fn migrate(connector: &Connector) -> Result<(), MigrateError> {
    let mut link = connector.connect_plain().map_err(MigrateError::Unreachable)?;
    link.answer_max = ANSWER_MAX;
    let ready = transaction(&mut link, is_ready)?;
    if ready {
        return Ok(());
    }
    make_role(&mut link)?;
    transaction(&mut link, |link| {
        take_lock(link)?;
        make_schema(link)
    })?;
    while let Some((version, name)) = transaction(&mut link, apply_next)? {
        tracing::info!(version, name, "migrated the schema");
    }
    Ok(())
}

/// What a transaction of migrations fails with.
enum Stop {
    /// The database failed.
    Fault(Fault),
    /// The schema does not fit.
    Refused(MigrateError),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<MigrateError> for Stop {
    fn from(error: MigrateError) -> Self {
        Self::Refused(error)
    }
}

fn transaction<T>(
    link: &mut Link,
    work: impl FnOnce(&mut Link) -> Result<T, Stop>,
) -> Result<T, MigrateError> {
    link.begin(Kind::Write);
    let failed = match work(link) {
        Ok(value) => match link.commit() {
            Committed::Done => return Ok(value),
            Committed::Undone(fault) => Stop::Fault(fault),
            Committed::Unknown(why) => Stop::Fault(Fault::Busy(why)),
        },
        Err(stop) => {
            link.roll_back();
            stop
        }
    };
    Err(match failed {
        Stop::Refused(error) => error,
        Stop::Fault(Fault::Defect(text)) if text.contains("(42501)") => {
            MigrateError::Forbidden(forbidden(&text))
        }
        Stop::Fault(fault) => MigrateError::Database(throng_directory::Error::from(fault).to_string()),
    })
}

fn forbidden(text: &str) -> String {
    format!(
        "the database is not set up, and the role that logs in may not do it: {text}. Let an administrator run \
         `create role {ROLE} nologin; grant {ROLE} to LOGIN with admin option; grant create on database \
         DATABASE to LOGIN;` with your login role and database in place of LOGIN and DATABASE, or start the \
         server once as the owner of the schema throng"
    )
}

/// Whether nothing has to be done.
fn is_ready(link: &mut Link) -> Result<bool, Stop> {
    let may_read = "select case when has_schema_privilege(to_regnamespace('throng')::oid, 'usage') \
                    then coalesce(has_table_privilege(to_regclass('throng.migrations')::oid, 'select'), false) \
                    else false end and exists (select from pg_roles where rolname = ?1)";
    if number(link, may_read, &[Value::Text(ROLE)])? == 0 {
        return Ok(false);
    }
    Ok(missing(&applied(link)?, |migration| migration.postgres)?.next().is_none())
}

fn applied(link: &mut Link) -> Outcome<Vec<Applied>> {
    let mut applied = Vec::new();
    let sql = "select version, checksum, min_reader from throng.migrations order by version";
    link.run(sql, &[], |row| {
        let row = PgRow::from(&row, 0);
        let (version, checksum) = (row.int(0)?, row.blob(1)?.to_vec());
        applied.push(Applied { version, checksum, min_reader: row.int(2)? });
        Ok(Flow::More)
    })?;
    Ok(applied)
}

/// Makes the role that servers work in, and makes the login role a member of it. Roles belong to all databases
/// of a server, so another database's migration may do the same at the same time.
fn make_role(link: &mut Link) -> Result<(), MigrateError> {
    let made = transaction(link, |link| {
        let exists = "select exists (select from pg_roles where rolname = ?1)";
        if number(link, exists, &[Value::Text(ROLE)])? == 0 {
            let text = format!("create role {ROLE} nologin");
            link.run(&text, &[], |_| Ok(Flow::More))?;
        }
        let member = "select pg_has_role(oid, case when current_setting('server_version_num')::int >= 160000 \
                      then 'set' else 'member' end) from pg_roles where rolname = ?1";
        if number(link, member, &[Value::Text(ROLE)])? == 0 {
            let text = format!("grant {ROLE} to current_user");
            link.run(&text, &[], |_| Ok(Flow::More))?;
        }
        Ok(())
    });
    match made {
        // Somebody else was quicker, and has given the role to the same login role or will be told below.
        Err(MigrateError::Database(text)) if text.contains("(42710)") || text.contains("pg_auth") => {
            make_role(link)
        }
        made => made,
    }
}

fn take_lock(link: &mut Link) -> Outcome<()> {
    link.run("set local statement_timeout = 0", &[], |_| Ok(Flow::More))?;
    link.run("set local lock_timeout = 0", &[], |_| Ok(Flow::More))?;
    link.run("select pg_advisory_xact_lock(?1)", &[Param::One(Value::Int(LOCK))], |_| Ok(Flow::More))?;
    link.run(&format!("set local lock_timeout = '{TABLE_WAIT}'"), &[], |_| Ok(Flow::More))?;
    Ok(())
}

fn make_schema(link: &mut Link) -> Result<(), Stop> {
    // Asked first: who may not make it need not, where it is. Asked of the tables: functions that look up names
    // may answer from before the lock.
    let schema = "select count(*) from pg_namespace where nspname = 'throng'";
    if number(link, schema, &[])? == 0 {
        link.run("create schema throng", &[], |_| Ok(Flow::More))?;
    }
    let table = "select count(*) from pg_tables where schemaname = 'throng' and tablename = 'migrations'";
    if number(link, table, &[])? == 0 {
        let table = "create table throng.migrations (version bigint primary key, name text not null, \
                     checksum bytea not null, min_reader bigint not null, applied_at bigint not null)";
        link.run(table, &[], |_| Ok(Flow::More))?;
        link.run(&format!("grant usage on schema throng to {ROLE}"), &[], |_| Ok(Flow::More))?;
        link.run(&format!("grant select on throng.migrations to {ROLE}"), &[], |_| Ok(Flow::More))?;
    }
    Ok(())
}

/// Applies the next change, and says which it was.
fn apply_next(link: &mut Link) -> Result<Option<(i64, &'static str)>, Stop> {
    take_lock(link)?;
    let Some(migration) = missing(&applied(link)?, |migration| migration.postgres)?.next() else {
        return Ok(None);
    };
    link.batch(migration.postgres).map_err(|failure| failure.fault())?;
    let record = "insert into throng.migrations (version, name, checksum, min_reader, applied_at) \
                  values (?1, ?2, ?3, ?4, (extract(epoch from clock_timestamp()) * 1000000)::bigint)";
    let values = [
        Value::Int(migration.version),
        Value::Text(migration.name),
        Value::Blob(&checksum(migration.postgres)),
        Value::Int(migration.min_reader),
    ];
    link.run(record, &values.map(Param::One), |_| Ok(Flow::More))?;
    Ok(Some((migration.version, migration.name)))
}

fn number(link: &mut Link, sql: &str, values: &[Value<'_>]) -> Outcome<i64> {
    let params: Vec<Param<'_>> = values.iter().copied().map(Param::One).collect();
    let mut found = 0;
    link.run(sql, &params, |row| {
        found = PgRow::from(&row, 0).int(0)?;
        Ok(Flow::More)
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests;
