//! Whether the audit log is as it was written.

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::AccountId;
use crate::limits;
use crate::model::audit::{Check, Checked, Head};
use crate::port::{Cost, Snapshot, StoreExt};

impl Directory {
    /// Follows the chain of every account, beginning with the operator's own log, which has the name `""`. What has no
    /// number yet is not looked at.
    ///
    /// # Errors
    /// `Forbidden`; what the store fails with.
    pub async fn check_audit(&self, caller: &Caller) -> Result<Vec<(String, Checked)>> {
        caller.require(Permission::Operate)?;
        let mut checked = vec![(String::new(), self.check_audit_of(AccountId(0)).await?)];
        let mut after = AccountId(i64::MIN);
        loop {
            let list = move |snapshot: &mut dyn Snapshot| snapshot.accounts(after, limits::READ_ROWS_MAX);
            let accounts = self.store.read(Cost::Scan, list).await?;
            if accounts.is_empty() {
                return Ok(checked);
            }
            for (account, name) in accounts {
                checked.push((name, self.check_audit_of(account).await?));
                after = account;
            }
        }
    }

    async fn check_audit_of(&self, account: AccountId) -> Result<Checked> {
        let (mut check, mut after): (Option<Check>, _) = (None, i64::MIN);
        loop {
            let read = move |snapshot: &mut dyn Snapshot| {
                let rows = snapshot.audit_rows(account, after, limits::AUDIT_ROWS_AT_ONCE)?;
                Ok((snapshot.audit_head(account)?, rows))
            };
            let (head, rows) = self.store.read(Cost::Scan, read).await?;
            let check = check.get_or_insert_with(|| Check::new(account, head));
            check.goes_on(head);
            for row in &rows {
                check.row(row);
            }
            match rows.last() {
                Some(last) => after = last.seq,
                None => break,
            }
        }
        // It was looked at at least once.
        Ok(check.map_or_else(|| Check::new(account, Head::default()).finish(), Check::finish))
    }
}
