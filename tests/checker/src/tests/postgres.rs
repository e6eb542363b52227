//! The same readings of the same rows in PostgreSQL, on the server that `THRONG_TEST_POSTGRES_URL` names.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls};

use super::{CORRUPTIONS, build, login};
use crate::{Report, Source, check, jobs, members};

const SCHEMA: &[&str] = &[
    include_str!("../../../../crates/store/migrations/postgres/0001_initial.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0002_counters.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0003_lists.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0004_resources.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0005_schedules.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0006_payload.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0007_images.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0008_about.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0009_profiles.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0010_passwords.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0011_uploads.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0012_audit.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0013_tokens.sql"),
    include_str!("../../../../crates/store/migrations/postgres/0014_grants.sql"),
];

/// What the server itself would refuse is planted behind its back: no constraint, no unique index, no trigger.
const DEFENCELESS: &str = "
    do $$ declare each record; begin
        for each in select conrelid::regclass as of, conname from pg_constraint
            where connamespace = 'throng'::regnamespace and contype <> 'n' loop
            execute format('alter table %s drop constraint %I', each.of, each.conname);
        end loop;
        for each in select indexrelid::regclass as name from pg_index i join pg_class c on c.oid = i.indexrelid
            where indisunique and c.relnamespace = 'throng'::regnamespace loop
            execute format('drop index %s', each.name);
        end loop;
    end $$;
    drop trigger jobs_terminal on jobs";

/// Lets the owner see all rows.
const OPEN: &str = "
    do $$ declare each record; begin
        for each in select oid::regclass as name from pg_class
            where relnamespace = 'throng'::regnamespace and relkind = 'r' loop
            execute format('alter table %s no force row level security', each.name);
        end loop;
    end $$";

/// A database with the schema; gone when it is dropped.
struct Server {
    runtime: Runtime,
    client: Client,
    home: String,
    name: String,
}

impl Server {
    fn start(name: &str) -> Self {
        let home = variable();
        let name = format!("checker_{name}_{}", std::process::id());
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let server = connect(&runtime, &home);
        runtime.block_on(server.batch_execute(&format!("create database {name}"))).unwrap();
        let client = connect(&runtime, &url_of(&home, &name));
        let server = Self { runtime, client, home, name };
        server.run(
            "create schema throng; set search_path = throng; create table migrations (version bigint primary key)",
        );
        for migration in SCHEMA {
            // The role of the servers belongs to the whole cluster.
            server.run(
                &migration.replace("to throng_app", "to public").replace("from throng_app", "from public"),
            );
        }
        server
    }

    fn run(&self, sql: &str) {
        self.runtime.block_on(self.client.batch_execute(sql)).unwrap();
    }

    fn url(&self) -> String {
        url_of(&self.home, &self.name)
    }

    fn check(&self) -> Report {
        check(Source::Postgres(&self.url())).unwrap()
    }

    /// Puts all rows of a data directory's database in the place of those that are here.
    fn copy(&self, db: &rusqlite::Connection) {
        let mut tables = db.prepare("select name from sqlite_schema where type = 'table'").unwrap();
        let tables: Vec<String> =
            tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut script = "begin;".to_owned();
        for table in tables {
            let mut select = db.prepare(&format!("select * from {table}")).unwrap();
            let columns = select.column_names().collect::<Vec<_>>().join(", ");
            let count = select.column_count();
            let mut rows = select.query([]).unwrap();
            script.extend(["delete from ", &table, ";"]);
            while let Some(row) = rows.next().unwrap() {
                let values: Vec<String> = (0..count).map(|at| literal(row.get_ref(at).unwrap())).collect();
                script.extend([
                    "insert into ",
                    &table,
                    " (",
                    &columns,
                    ") values (",
                    &values.join(", "),
                    ");",
                ]);
            }
        }
        self.run(&(script + "commit"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let server = connect(&self.runtime, &self.home);
        let drop = format!("drop database {} with (force)", self.name);
        self.runtime.block_on(server.batch_execute(&drop)).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by their environment")]
fn variable() -> String {
    std::env::var("THRONG_TEST_POSTGRES_URL").expect(
        "THRONG_TEST_POSTGRES_URL is not set: run the tests by `cargo xtask test`, which starts a server",
    )
}

/// The server's URL with another database's name.
fn url_of(home: &str, name: &str) -> String {
    let (rest, query) =
        home.split_once('?').map_or((home, String::new()), |(rest, query)| (rest, format!("?{query}")));
    let (server, _) = rest.rsplit_once('/').unwrap();
    format!("{server}/{name}{query}")
}

fn connect(runtime: &Runtime, url: &str) -> Client {
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    })
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => panic!("{number} is no integer"),
        ValueRef::Text(text) => format!("'{}'", str::from_utf8(text).unwrap().replace('\'', "''")),
        ValueRef::Blob(bytes) => {
            format!("'\\x{}'", crate::records::hexadecimal(bytes))
        }
    }
}

#[test]
fn what_fits_together_passes() {
    let (dir, db) = build();
    let server = Server::start("fits");
    server.run(OPEN);
    server.copy(&db);
    assert_eq!(server.check(), super::report(&dir));
    assert_eq!(server.check().totals.items, 21);
    let url = server.url();
    assert_eq!(jobs(Source::Postgres(&url)).unwrap(), jobs(dir.path()).unwrap());
    let names: BTreeSet<String> = [1, 2, 4, 9].map(login).into();
    assert_eq!(members(Source::Postgres(&url), "acme", 3).unwrap(), names);
}

#[test]
fn a_role_that_does_not_see_all_rows_is_refused() {
    let (_dir, db) = build();
    let server = Server::start("hidden");
    server.run(OPEN);
    server.copy(&db);
    server.run("alter table users force row level security");
    let refused = check(Source::Postgres(&server.url())).unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    assert!(check(Source::Postgres("postgres://nobody@127.0.0.1:1/nothing")).is_err());
}

#[test]
fn every_planted_corruption_is_found() {
    let server = Server::start("corruptions");
    server.run(OPEN);
    server.run(DEFENCELESS);
    let mut missed = Vec::new();
    for (sql, expected) in CORRUPTIONS {
        let (_dir, db) = build();
        db.execute_batch("pragma ignore_check_constraints = on; drop trigger jobs_terminal;").unwrap();
        db.execute_batch(sql).unwrap();
        server.copy(&db);
        let violations = server.check().violations;
        if !violations.iter().any(|found| found.contains(expected)) {
            missed.push(format!("{sql}: {violations:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
