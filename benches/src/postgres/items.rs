//! Bench: what became of each item of a job; see [`crate::items`].

use std::collections::HashMap;

use tokio_postgres::Statement;

use super::database::Server as Postgres;
use super::link::Link;
use crate::Outcome;
use crate::bench::Bench;
use crate::items::{self, Stored, Table};
use crate::report::Report;

/// The product's database, read by its owner, whom row-level security does not stop in these tables.
struct Blocks {
    link: Link,
    account: i64,
    reads: HashMap<Table, Statement>,
}

/// Measures on a database of its own.
///
/// # Errors
/// A job that does not come to what it must, an answer other than 200.
pub fn run(bench: &Bench, postgres: &Postgres, report: &mut Report) -> Outcome {
    let product = postgres.product(bench)?;
    let server = product.serve(bench, "items")?;
    let ended = items::jobs(bench, &server, report)?;
    postgres.settle(bench, &[&product.database])?;
    let link = product.database.link()?;
    let mut reads = HashMap::new();
    for (table, name) in
        [(Table::Results, "job_results"), (Table::Rows, "job_rows"), (Table::Parts, "job_parts")]
    {
        link.run(&format!("alter table {name} no force row level security"))?;
        reads.insert(table, link.wait(link.client.prepare(&sql(table.sql())))?);
    }
    let blocks = Blocks { link, account: product.account()?, reads };
    items::measure(bench, &server, &blocks, &ended, report)?;
    server.stop()
}

/// The parameters as PostgreSQL writes them; the third takes many numbers.
fn sql(text: &str) -> String {
    text.replace("= ?3", "= any($3)").replace('?', "$")
}

impl Stored for Blocks {
    fn numbers(&self, table: Table, job: i64) -> Outcome<Vec<i64>> {
        let sql = sql(table.numbers());
        let rows = self.link.wait(self.link.client.query(&sql, &[&self.account, &job]))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    fn read(&self, table: Table, job: i64, numbers: &[i64]) -> Outcome<usize> {
        let Self { link, account, reads } = self;
        let rows = link.wait(link.client.query(&reads[&table], &[account, &job, &numbers]))?;
        Ok(rows.iter().map(|row| row.get::<_, &[u8]>(0).len()).sum())
    }
}
