//! Where a text still stands in a database: in any column of any table, also inside of what is compressed.

use crate::database::{Database, Source, Value};
use crate::{Read, Unreadable};

/// The size of what a compressed block may say that it has: no block of the server's has more.
const PLAIN_BYTES_MAX: u32 = 64 << 20;

/// The columns in which any of these texts or bytes stands, each once with what stands there. Letters of ASCII are
/// compared without their case, so `needles` are given in lower case.
///
/// # Errors
/// No database, or one that cannot be read.
pub fn traces<'a>(source: impl Into<Source<'a>>, needles: &[Vec<u8>]) -> Result<Vec<String>, Unreadable> {
    let db = Database::open(source.into())?;
    let mut found = Vec::new();
    for (table, column) in db.columns()? {
        let sql = format!("select \"{column}\" from \"{table}\" where \"{column}\" is not null");
        let values = db.all(&sql, &[], |row| row.get::<Value>(0))?;
        for needle in needles {
            if values.iter().any(|value| holds(value, needle)) {
                found.push(format!("{table}.{column}: {}", String::from_utf8_lossy(needle)));
            }
        }
    }
    Ok(found)
}

fn holds(value: &Value, needle: &[u8]) -> bool {
    match value {
        Value::Null | Value::Int(_) => false,
        Value::Text(text) => has(text.as_bytes(), needle),
        Value::Blob(bytes) => has(bytes, needle) || plain(bytes).is_some_and(|plain| has(&plain, needle)),
    }
}

fn has(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

/// What a block holds if it is a compressed one.
fn plain(block: &[u8]) -> Option<Vec<u8>> {
    let size = u32::from_le_bytes(*block.first_chunk()?);
    (size <= PLAIN_BYTES_MAX).then(|| lz4_flex::block::decompress_size_prepended(block).ok())?
}

impl Database {
    /// The table and the name of every column.
    pub fn columns(&self) -> Read<Vec<(String, String)>> {
        let sql = match self {
            Self::Sqlite(_) => {
                "select m.name, c.name from sqlite_schema m join pragma_table_info(m.name) c where m.type = 'table'"
            }
            Self::Postgres(_) => {
                "select table_name::text, column_name::text from information_schema.columns \
                 where table_schema = 'throng'"
            }
        };
        self.all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}
