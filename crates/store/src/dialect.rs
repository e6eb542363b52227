//! Every difference between the databases, by name.

/// A query that locks the rows it reads until the end of the transaction. SQLite has one writer at a time, so
/// there is nothing to lock.
pub const fn locking(query: &str) -> &str {
    query
}
