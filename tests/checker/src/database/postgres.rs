//! A database on a PostgreSQL server, read in one transaction.

use std::error::Error;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls};

use super::{Row, Value};
use crate::{Read, Unreadable};

/// One instant for all queries, and an error instead of an answer from which row-level security has left out rows.
const BEGIN: &str = "begin isolation level repeatable read read only; \
    set local row_security = off; set local search_path = throng; set local statement_timeout = 0";

/// An open transaction.
pub struct Postgres {
    runtime: Runtime,
    client: Client,
}

impl Postgres {
    /// Connects and begins.
    pub fn open(url: &str) -> Read<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Unreadable(format!("no runtime: {error}")))?;
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            // Its end shows as an error of the next query.
            tokio::spawn(connection);
            client.batch_execute(BEGIN).await?;
            Ok::<_, tokio_postgres::Error>(client)
        })?;
        Ok(Self { runtime, client })
    }

    /// Hands on each row of a query.
    pub fn each(&self, sql: &str, params: &[i64], each: &mut dyn FnMut(&Row) -> Read<()>) -> Read<()> {
        let sql = sql.replace('?', "$");
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
        let rows = self.runtime.block_on(self.client.query(&sql, &params))?;
        for row in rows {
            let values = (0..row.len()).map(|column| value(&row, column)).collect::<Read<_>>()?;
            each(&Row(values))?;
        }
        Ok(())
    }
}

impl From<tokio_postgres::Error> for Unreadable {
    fn from(error: tokio_postgres::Error) -> Self {
        // The error itself only says who complains.
        Self(error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}")))
    }
}

fn value(row: &tokio_postgres::Row, column: usize) -> Read<Value> {
    let of = row.columns()[column].type_();
    let value = match *of {
        Type::INT8 => row.try_get::<_, Option<i64>>(column)?.map(Value::Int),
        Type::INT4 => row.try_get::<_, Option<i32>>(column)?.map(|number| Value::Int(number.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(column)?.map(|is| Value::Int(is.into())),
        Type::TEXT | Type::VARCHAR => row.try_get::<_, Option<String>>(column)?.map(Value::Text),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column)?.map(Value::Blob),
        _ => return Err(Unreadable(format!("column {column} is of the type {of}"))),
    };
    Ok(value.unwrap_or(Value::Null))
}
