//! The audit log. Source: ADR 19.

use throng_jobs::Instant;

use crate::error::Result;
use crate::ids::AccountId;
use crate::model::audit::{Chained, Head, Row, Span};

/// Reads of the audit log.
pub trait AuditReads {
    /// The next account behind this one, the operator's among them, with rows that have no number yet.
    fn audit_waiting(&mut self, after: AccountId) -> Result<Option<AccountId>>;

    /// How many rows of all accounts have no number yet, and of when the earliest is.
    fn audit_unnumbered(&mut self) -> Result<(u64, Option<Instant>)>;

    /// Rows that have no number yet, by time and then by id.
    fn audit_inbox(&mut self, account: AccountId, limit: usize) -> Result<Vec<Row>>;

    /// Where the account's log begins and ends.
    fn audit_head(&mut self, account: AccountId) -> Result<Head>;

    /// The rows behind this number, by number.
    fn audit_rows(&mut self, account: AccountId, after: i64, limit: usize) -> Result<Vec<Chained>>;

    /// The rows of a span of time.
    fn audit_span(&mut self, account: AccountId, span: &Span, limit: usize) -> Result<Vec<Chained>>;

    /// The rows about the thing with this id before a number, from the latest to the earliest.
    fn audit_about(
        &mut self,
        account: AccountId,
        object: &str,
        before: i64,
        limit: usize,
    ) -> Result<Vec<Chained>>;
}

/// Writes of the audit log.
pub trait AuditWrites {
    /// Adds rows that have no number yet. Nobody waits for anybody here.
    fn append_audit(&mut self, account: AccountId, rows: &[Row]) -> Result<()>;

    /// Locks an account's log until the end of the transaction, which takes no other lock; where it begins and ends.
    fn lock_audit(&mut self, account: AccountId) -> Result<Head>;

    /// Puts rows with their numbers into the place of those without. The caller holds the log.
    fn number_audit(&mut self, account: AccountId, rows: &[Chained], head: &Head) -> Result<()>;

    /// Takes names and ids of what they are about out of rows that have names.
    fn forget_audit_names(&mut self, account: AccountId, rows: &[i64]) -> Result<()>;

    /// Throws away the rows up to `head.kept_seq`. The caller holds the log.
    fn purge_audit(&mut self, account: AccountId, head: &Head) -> Result<()>;
}
