//! Rows get their numbers and are chained behind the writes that they tell of, and the oldest are thrown away. Each of it
//! holds the account's log, so that any node may do it.

use throng_jobs::{Instant, failpoint};

use crate::directory::Directory;
use crate::error::Result;
use crate::ids::AccountId;
use crate::limits;
use crate::model::audit::{Head, Names, chain};
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};

/// Before the first account, that of the operator.
const BEFORE: AccountId = AccountId(-1);

impl Directory {
    /// Numbers and chains what was told and has no number yet, of all accounts.
    ///
    /// # Errors
    /// What the store fails with; what is left is numbered the next time.
    pub async fn number_audit(&self) -> Result<()> {
        let mut after = BEFORE;
        loop {
            let find = move |snapshot: &mut dyn Snapshot| snapshot.audit_waiting(after);
            let Some(account) = self.store.read(Cost::Point, find).await? else { return Ok(()) };
            self.number_audit_of(account).await?;
            after = account;
        }
    }

    /// The same for one account: whoever reads its log behind this finds all that was told before.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn number_audit_of(&self, account: AccountId) -> Result<()> {
        loop {
            let numbered = self.store.write(Class::Chunk, move |tx: &mut dyn Tx| number(tx, account)).await?;
            if numbered < limits::AUDIT_NUMBERED_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Throws away rows that were kept long enough, of all accounts.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn purge_audit(&self, now: Instant) -> Result<()> {
        // Rows have the times of nodes: a row goes when it is old by both clocks.
        let now = now.min(self.now());
        let mut after = AccountId(i64::MIN);
        self.purge_audit_of(AccountId(0), now).await?;
        loop {
            let list = move |snapshot: &mut dyn Snapshot| snapshot.accounts(after, limits::READ_ROWS_MAX);
            let accounts = self.store.read(Cost::Scan, list).await?;
            for (account, _) in &accounts {
                self.purge_audit_of(*account, now).await?;
            }
            match accounts.last() {
                Some((account, _)) => after = *account,
                None => return Ok(()),
            }
        }
    }

    async fn purge_audit_of(&self, account: AccountId, now: Instant) -> Result<()> {
        // Most of the time there is nothing, and nobody has to be held up to see that.
        let look = move |snapshot: &mut dyn Snapshot| {
            let before = now.minus(snapshot.settings(account)?.audit_retention());
            let head = snapshot.audit_head(account)?;
            let oldest = snapshot.audit_rows(account, head.kept_seq, 1)?;
            Ok(oldest.first().is_some_and(|oldest| oldest.row.at < before).then_some(before))
        };
        let Some(before) = self.store.read(Cost::Point, look).await? else { return Ok(()) };
        let purge = move |tx: &mut dyn Tx| {
            let head = tx.lock_audit(account)?;
            let rows = tx.audit_rows(account, head.kept_seq, limits::AUDIT_ROWS_AT_ONCE)?;
            // Numbers go without gaps: a younger row keeps the older ones behind it.
            let old = rows.iter().take_while(|found| found.row.at < before);
            let (last, count) = old.fold((None, 0), |(_, count), found| (Some(found), count + 1));
            if let Some(last) = last {
                tx.purge_audit(account, &Head { kept_seq: last.seq, kept_hash: last.hash, ..head })?;
            }
            Ok(count)
        };
        while self.store.write(Class::Chunk, purge).await? == limits::AUDIT_ROWS_AT_ONCE {}
        Ok(())
    }

    /// Takes whom a row is about out of an account's rows. What it hashes to stays, so that the chain holds.
    ///
    /// # Errors
    /// What the store fails with.
    pub(crate) fn forget_audit(&self, account: AccountId, is_named: impl Fn(&str) -> bool) -> Result<()> {
        while self.store.write_blocking(Class::Chunk, move |tx: &mut dyn Tx| number(tx, account))?
            == limits::AUDIT_NUMBERED_AT_ONCE
        {}
        let mut after = 0;
        loop {
            let read = move |snapshot: &mut dyn Snapshot| {
                snapshot.audit_rows(account, after, limits::AUDIT_ROWS_AT_ONCE)
            };
            let rows = self.store.read_blocking(read)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            let names = |text: &str| {
                serde_json::from_str(text).is_ok_and(|names: Names| names.texts().any(&is_named))
            };
            let about = rows.iter().filter(|found| {
                found.row.names.as_deref().is_some_and(|text| is_named(&found.row.object) || names(text))
            });
            let about: Vec<i64> = about.map(|found| found.seq).collect();
            if !about.is_empty() {
                let forget = move |tx: &mut dyn Tx| tx.forget_audit_names(account, &about);
                self.store.write_blocking(Class::Chunk, forget)?;
            }
        }
    }
}

/// Numbers some rows of an account: all that are committed, in whichever order they were; how many there were.
fn number(tx: &mut dyn Tx, account: AccountId) -> Result<usize> {
    let head = tx.lock_audit(account)?;
    let rows = tx.audit_inbox(account, limits::AUDIT_NUMBERED_AT_ONCE)?;
    let count = rows.len();
    if count > 0 {
        let (rows, head) = chain(account, head, rows);
        failpoint::pass("audit.before_number");
        tx.number_audit(account, &rows, &head)?;
        failpoint::pass("audit.after_number");
    }
    Ok(count)
}
