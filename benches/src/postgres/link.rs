//! A connection that is used in blocking fashion.

use std::pin::pin;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::FromSqlOwned;
use tokio_postgres::{Client, Config, Error, NoTls};

use crate::{Failure, Outcome};

/// What every session of raw is set to, as the product's are.
pub const SETTINGS: &str =
    "synchronous_commit=on, enable_seqscan=off, plan_cache_mode=force_generic_plan, jit=off";

/// A connection, and the loop that drives it while somebody waits.
pub struct Link {
    runtime: Runtime,
    /// The connection.
    pub client: Client,
}

impl Link {
    /// Connects and sets the session up.
    ///
    /// # Errors
    /// A server that cannot be reached, a setting that it does not have.
    pub fn open(url: &str) -> Outcome<Self> {
        let mut config: Config = url.parse().map_err(said)?;
        config.application_name("throng-bench").options(options());
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.map_err(said)?;
            // How it ended the client says too.
            tokio::spawn(async { drop(connection.await) });
            Ok::<_, Failure>(client)
        })?;
        Ok(Self { runtime, client })
    }

    /// Waits for something of this connection.
    ///
    /// # Errors
    /// What the server says.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Outcome<T> {
        self.runtime.block_on(work).map_err(said)
    }

    /// Runs statements without values.
    ///
    /// # Errors
    /// What the server says.
    pub fn run(&self, sql: &str) -> Outcome {
        self.wait(self.client.batch_execute(sql))
    }

    /// The only value of the only row.
    ///
    /// # Errors
    /// What the server says; another shape.
    pub fn value<T: FromSqlOwned>(&self, sql: &str) -> Outcome<T> {
        self.wait(self.client.query_one(sql, &[]))?.try_get(0).map_err(said)
    }

    /// The names and values that a statement of two columns of text gives, as `name=value, …`.
    ///
    /// # Errors
    /// What the server says.
    pub fn pairs(&self, sql: &str) -> Outcome<String> {
        let rows = self.wait(self.client.query(sql, &[]))?;
        let pairs: Vec<String> =
            rows.iter().map(|row| format!("{}={}", row.get::<_, &str>(0), row.get::<_, &str>(1))).collect();
        Ok(pairs.join(", "))
    }
}

/// Sends rows in COPY's binary form. Returns how many there were.
///
/// # Errors
/// Rows that the database refuses.
pub async fn copy(client: &Client, statement: &tokio_postgres::Statement, rows: Bytes) -> Result<u64, Error> {
    let mut sink = pin!(client.copy_in(statement).await?);
    sink.send(rows).await?;
    sink.finish().await
}

/// [`SETTINGS`] and the product's schema, as a connection's start takes them.
fn options() -> String {
    let settings = SETTINGS.split(", ").chain(["search_path=throng"]);
    settings.map(|setting| format!("-c {setting}")).collect::<Vec<_>>().join(" ")
}

/// What the server said; the error alone says no more than that it said something.
fn said(error: Error) -> Failure {
    match error.as_db_error() {
        Some(said) => format!("PostgreSQL: {said}").into(),
        None => Box::new(error),
    }
}

#[cfg(test)]
mod tests;
