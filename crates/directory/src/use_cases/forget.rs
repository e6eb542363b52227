//! Forgetting a person: the user goes, and so do the names in the items of jobs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{JobNumber, parse_uuid};
use crate::limits;
use crate::model::jobs::{ForgetSpec, Job, Spec, Target};
use crate::model::{canonical, document};
use crate::port::{AccountLock, Class, Cost, Series, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::groups::not_found;
use crate::use_cases::jobs::JobView;
use crate::use_cases::writes::Asked;

/// Who is to be forgotten.
#[derive(Clone, Debug, Default)]
pub struct Forgotten {
    /// The id of a user, who is deleted.
    pub id: Option<String>,
    /// Names that the person had besides: logins, e-mail addresses, the id of a user who is gone.
    pub names: Vec<String>,
}

/// The form in which names are compared with those that are to be forgotten.
pub(crate) fn forgotten_key(name: &str) -> String {
    canonical::login_key("name", name).unwrap_or_else(|_| canonical::refused_login_key(name))
}

impl Directory {
    /// Deletes a user and takes their names, and others that they had, out of the items of all jobs that have ended, by a
    /// job.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` when nobody is named; `NotFound` for what is no id.
    pub async fn forget(&self, caller: &Caller, asked: Forgotten) -> Result<JobView> {
        caller.require(Permission::AdminWrite)?;
        let Forgotten { id, names } = asked;
        let mut keys: BTreeSet<String> = names.iter().map(|name| forgotten_key(name)).collect();
        keys.extend(names.iter().map(|name| canonical::email_key(name)));
        keys.remove("");
        if keys.len() > limits::FORGOTTEN_NAMES_MAX {
            let max = limits::FORGOTTEN_NAMES_MAX;
            return Err(Error::invalid("names", format!("at most {max} names are forgotten at once")));
        }
        if let Some(id) = &id {
            keys.extend(self.names_of(caller, id).await?);
        }
        if keys.is_empty() {
            return Err(Error::invalid("names", "say who: the id of a user, or names"));
        }
        let (account, now) = (caller.account, self.now());
        let spec = Spec::Forget(ForgetSpec { names: keys, again: false });
        let mut job = Job::pending(account, self.ids.uuid(now), spec, Target::Maintenance, now);
        job.client = caller.client;
        let trail = self.trail(caller);
        let accept = move |tx: &mut dyn Tx| {
            let mut job = job.clone();
            tx.lock_account(account, AccountLock::Exclusive)?;
            job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
            job.queue_seq = tx.next_queue_seq(account, job.target)?;
            tx.insert_job(&job)?;
            audit::jobs::accepted(tx, Some(&trail), &job)?;
            JobView::of(tx, job, now)
        };
        // First the job, so that who is deleted is forgotten, too, whatever happens between.
        let view = self.store.write(Class::Interactive, accept).await?;
        if let Some(id) = &id {
            // Who is gone already is forgotten all the same: jobs may tell of them.
            match self.remove_user(caller, id, &Asked::default(), false).await {
                Ok(_) | Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.bell.job_queued();
        Ok(view)
    }

    /// The keys of the names that a user has, and the id; of who is gone the id alone.
    async fn names_of(&self, caller: &Caller, id: &str) -> Result<BTreeSet<String>> {
        let (account, uuid) = (caller.account, parse_uuid(id).ok_or_else(not_found)?);
        let read = move |snapshot: &mut dyn Snapshot| {
            let Some(user) = snapshot.user(account, uuid)? else { return Ok(None) };
            Ok(Some((snapshot.external_ids_of(account, &[user.key])?, user)))
        };
        let Some((external_ids, user)) = self.store.read(Cost::Point, read).await? else {
            return Ok(BTreeSet::from([uuid.to_string()]));
        };
        let doc = document::read(&user.doc)?;
        let emails = doc.get("emails").and_then(Value::as_array).into_iter().flatten();
        let emails = emails.filter_map(|email| email.get("value")?.as_str()).map(canonical::email_key);
        let mut keys: BTreeSet<String> = emails.collect();
        keys.extend([user.name_key, uuid.to_string()]);
        keys.extend(user.external_id);
        keys.extend(external_ids.into_iter().flatten().map(|(_, external_id)| external_id));
        Ok(keys)
    }
}
