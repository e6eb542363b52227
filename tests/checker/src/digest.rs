//! What is stored of one account, as one number a table: whether a test of other accounts has changed any of it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::database::{Database, Source, Value};
use crate::{Read, Unreadable};

/// For each table the digest of all its rows of the account of this name, whatever their order.
///
/// # Errors
/// No database, one that cannot be read, and no account of this name.
pub fn digest<'a>(
    source: impl Into<Source<'a>>,
    account: &str,
) -> Result<BTreeMap<String, String>, Unreadable> {
    let db = Database::open(source.into())?;
    let accounts: Vec<(i64, String)> =
        db.all("select account_id, name from accounts", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (id, _) = accounts
        .iter()
        .find(|(_, name)| name == account)
        .ok_or_else(|| Unreadable(format!("there is no account {account}")))?;
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in db.columns()? {
        columns.entry(table).or_default().push(column);
    }
    columns.retain(|_, columns| columns.iter().any(|column| column == "account_id"));
    let mut digests = BTreeMap::new();
    for (table, columns) in columns {
        let digest = digest_of(&db, &table, &columns, *id)?;
        digests.insert(table, digest);
    }
    Ok(digests)
}

fn digest_of(db: &Database, table: &str, columns: &[String], account: i64) -> Read<String> {
    let list: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let sql = format!("select {} from \"{table}\" where account_id = ?1", list.join(", "));
    let mut rows = db.all(&sql, &[account], |row| {
        let values = (0..columns.len()).map(|column| row.get::<Value>(column)).collect::<Read<Vec<_>>>()?;
        Ok(format!("{values:?}\n"))
    })?;
    rows.sort_unstable();
    let mut hash = Sha256::new();
    for row in &rows {
        hash.update(row);
    }
    let hex = hash.finalize().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    Ok(format!("{} rows, {hex}", rows.len()))
}
