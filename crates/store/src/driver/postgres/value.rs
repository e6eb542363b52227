//! Values on the wire: binary, and read without copying.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::conn::{Row, Value};
use crate::fault::{Fault, Outcome};

type Encoded = Result<IsNull, Box<dyn Error + Sync + Send>>;

/// What a statement is given.
#[derive(Debug)]
pub enum Param<'a> {
    /// One value.
    One(Value<'a>),
    /// An array: one column of many rows.
    Column(Column<'a>),
}

/// A column of rows of values, given row by row.
#[derive(Debug)]
pub struct Column<'a> {
    /// The rows, one behind the other.
    pub rows: &'a [Value<'a>],
    /// How many values a row has.
    pub width: usize,
    /// Which of them is meant.
    pub at: usize,
    /// The type of its values.
    pub of: Type,
}

impl Column<'_> {
    fn values(&self) -> impl Iterator<Item = &Value<'_>> {
        self.rows.iter().skip(self.at).step_by(self.width)
    }
}

impl Param<'_> {
    /// The type under which it is announced. A null takes what the statement wants.
    pub fn kind(&self) -> Type {
        match self {
            Self::One(value) => kind(value).unwrap_or(Type::UNKNOWN),
            Self::Column(column) => match column.of {
                Type::INT8 => Type::INT8_ARRAY,
                Type::BYTEA => Type::BYTEA_ARRAY,
                _ => Type::TEXT_ARRAY,
            },
        }
    }
}

/// The type of a value; a null has none.
pub const fn kind(value: &Value<'_>) -> Option<Type> {
    match value {
        Value::Null => None,
        Value::Int(_) => Some(Type::INT8),
        Value::Text(_) => Some(Type::TEXT),
        Value::Blob(_) => Some(Type::BYTEA),
    }
}

/// The column type that serves a type which a statement was found to want.
pub fn column_kind(wanted: &Type) -> Type {
    match *wanted {
        Type::INT2 | Type::INT4 | Type::INT8 => Type::INT8,
        Type::BYTEA => Type::BYTEA,
        _ => Type::TEXT,
    }
}

fn encode(value: &Value<'_>, wanted: &Type, out: &mut BytesMut) -> Encoded {
    match (*value, wanted) {
        (Value::Null, _) => return Ok(IsNull::Yes),
        (Value::Int(n), &Type::INT8) => out.put_i64(n),
        (Value::Int(n), &Type::INT4) => out.put_i32(i32::try_from(n)?),
        (Value::Int(n), &Type::INT2) => out.put_i16(i16::try_from(n)?),
        (Value::Text(text), &(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME)) => {
            out.put_slice(text.as_bytes());
        }
        (Value::Blob(bytes), &Type::BYTEA) => out.put_slice(bytes),
        _ => return Err(format!("a value of another type is bound where {wanted} is wanted").into()),
    }
    Ok(IsNull::No)
}

impl ToSql for Param<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Self::One(value) => encode(value, wanted, out),
            Self::Column(column) => {
                // One dimension, perhaps with nulls, lower bound 1.
                out.put_i32(1);
                out.put_i32(i32::from(column.values().any(|value| matches!(value, Value::Null))));
                out.put_u32(column.of.oid());
                out.put_i32(i32::try_from(column.values().count())?);
                out.put_i32(1);
                for value in column.values() {
                    let start = out.len();
                    out.put_i32(-1);
                    if let IsNull::No = encode(value, &column.of, out)? {
                        let bytes = i32::try_from(out.len() - start - 4)?;
                        out[start..start + 4].copy_from_slice(&bytes.to_be_bytes());
                    }
                }
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        // Decided value by value.
        true
    }

    to_sql_checked!();
}

/// A value of a row.
enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        match *kind {
            Type::INT8 => Ok(Self::Int(i64::from_sql(kind, raw)?)),
            Type::INT4 => Ok(Self::Int(i32::from_sql(kind, raw)?.into())),
            Type::INT2 => Ok(Self::Int(i16::from_sql(kind, raw)?.into())),
            Type::BOOL => Ok(Self::Int(bool::from_sql(kind, raw)?.into())),
            Type::BYTEA => Ok(Self::Blob(raw)),
            _ => Ok(Self::Text(std::str::from_utf8(raw)?)),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
        )
    }
}

/// A row of the repositories: the database's, from some column on.
pub struct PgRow<'a> {
    row: &'a tokio_postgres::Row,
    first: usize,
}

impl<'a> PgRow<'a> {
    /// A row without its first columns.
    pub const fn from(row: &'a tokio_postgres::Row, first: usize) -> Self {
        Self { row, first }
    }

    /// Whether a column is null.
    pub fn is_null(&self, column: usize) -> bool {
        matches!(self.cell(column), Ok(Cell::Null))
    }

    fn cell(&self, column: usize) -> Outcome<Cell<'a>> {
        self.row.try_get(self.first + column).map_err(|error| {
            let why = std::error::Error::source(&error).map_or_else(String::new, ToString::to_string);
            Fault::Defect(format!("column {column}: {error} {why}"))
        })
    }
}

fn wrong<T>(column: usize, cell: &Cell<'_>) -> Outcome<T> {
    let holds = match cell {
        Cell::Null => "null",
        Cell::Int(_) => "an integer",
        Cell::Text(_) => "a text",
        Cell::Blob(_) => "bytes",
    };
    Err(Fault::Defect(format!("column {column} holds {holds}")))
}

impl Row for PgRow<'_> {
    fn int(&self, column: usize) -> Outcome<i64> {
        match self.cell(column)? {
            Cell::Int(n) => Ok(n),
            other => wrong(column, &other),
        }
    }

    fn opt_int(&self, column: usize) -> Outcome<Option<i64>> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Int(n) => Ok(Some(n)),
            other => wrong(column, &other),
        }
    }

    fn text(&self, column: usize) -> Outcome<&str> {
        match self.cell(column)? {
            Cell::Text(text) => Ok(text),
            other => wrong(column, &other),
        }
    }

    fn opt_text(&self, column: usize) -> Outcome<Option<&str>> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            other => wrong(column, &other),
        }
    }

    fn blob(&self, column: usize) -> Outcome<&[u8]> {
        match self.cell(column)? {
            Cell::Blob(bytes) => Ok(bytes),
            other => wrong(column, &other),
        }
    }

    fn opt_blob(&self, column: usize) -> Outcome<Option<&[u8]>> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Blob(bytes) => Ok(Some(bytes)),
            other => wrong(column, &other),
        }
    }
}

#[cfg(test)]
mod tests;
