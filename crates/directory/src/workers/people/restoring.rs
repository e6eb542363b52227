//! People whom a deletion deleted are restored: the same keys and ids, with what was attached to them.

use std::collections::{BTreeMap, BTreeSet};

use throng_jobs::{Instant, Outcome};

use super::{Act, Turn};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, JobNumber, MemberKey, UserKey};
use crate::limits;
use crate::model::images::Image;
use crate::model::jobs::{Held, Job, Origin, RestoreSpec};
use crate::model::memberships::Subject;
use crate::model::results::Settled;
use crate::port::{AccountLock, Snapshot, StoreExt, Tx};
use crate::use_cases::restorations::images_of;
use crate::workers::Timing;

/// A restoration.
pub(in crate::workers) struct Restoring {
    account: AccountId,
    /// The deletion.
    of: JobNumber,
    is_dry: bool,
    /// Who cannot be restored could be when a dry run looked.
    expects_change: bool,
}

/// What stands in the message of a job that could not restore somebody's memberships all.
const MORE_GROUPS: &str =
    "somebody was in more groups than are kept, and is restored in the first of them alone";

/// Who can be restored, and the groups that are there still.
pub(in crate::workers) struct Found {
    /// So many of the listed are looked at in this transaction.
    listed: usize,
    /// By the items that deleted them.
    deleted: BTreeSet<u32>,
    groups: BTreeSet<GroupNumber>,
}

impl Restoring {
    pub(in crate::workers) const fn new(held: &Held, spec: &RestoreSpec) -> Self {
        let expects_change = matches!(spec.origin, Some(Origin::Applies(_)));
        let (account, of) = (held.job.account, JobNumber(spec.of));
        Self { account, of, is_dry: spec.is_dry, expects_change }
    }

    /// Restores people, given by rising `name_key`; whether each was.
    fn restore(
        &self,
        tx: &mut dyn Tx,
        people: &[&Image],
        groups: &BTreeSet<GroupNumber>,
        timing: &Timing,
    ) -> Result<Vec<bool>> {
        let account = self.account;
        let back = tx.undelete_users(account, people)?;
        let mut joining: BTreeMap<GroupNumber, Vec<MemberKey>> = BTreeMap::new();
        for (image, _) in people.iter().zip(&back).filter(|(_, back)| **back) {
            for group in image.groups.iter().filter(|group| groups.contains(group)) {
                joining.entry(*group).or_default().push(MemberKey::user(image.user.key));
            }
        }
        for (group, mut keys) in joining {
            keys.sort_unstable();
            // Somebody may have been restored before all that they were in was cleared away.
            let members = tx.members_among(account, group, &keys)?;
            keys.retain(|key| members.binary_search(key).is_err());
            tx.add_members(account, group, &keys)?;
            let more = i64::try_from(keys.len()).unwrap_or(i64::MAX);
            tx.touch_group(account, group, more, timing.now)?;
        }
        Ok(back)
    }

    /// What [`Self::restore`] would come to.
    fn would_restore(&self, tx: &mut dyn Tx, people: &[&Image]) -> Result<Vec<bool>> {
        let mut names: Vec<&str> = people.iter().map(|image| image.user.name_key.as_str()).collect();
        names.dedup();
        // Few names: single look-ups, however many users there are.
        let found = tx.resolve_names(self.account, &names, u64::MAX)?;
        let free = names.into_iter().zip(found).filter(|(_, found)| *found == Subject::Unknown);
        let mut free: BTreeSet<&str> = free.map(|(name, _)| name).collect();
        Ok(people.iter().map(|image| free.remove(image.user.name_key.as_str())).collect())
    }
}

/// How many of the listed one transaction takes: the first, and those behind them as long as they were not in too many
/// groups together.
fn at_once(turn: &Turn<'_, BTreeMap<u32, Image>>) -> usize {
    let mut groups: BTreeSet<GroupNumber> = BTreeSet::new();
    let is_fitting = |item: &&super::Listed| {
        groups.extend(turn.ready.get(&item.number).into_iter().flat_map(|image| &image.groups));
        groups.len() <= limits::RESTORED_GROUPS_MAX
    };
    let fitting = turn.listed.iter().take_while(is_fitting).count();
    fitting.max(1).min(turn.listed.len())
}

impl Act for Restoring {
    /// The images of those who are listed, by the items that deleted them.
    type Ready = BTreeMap<u32, Image>;
    type Found = Found;

    fn is_dry(&self) -> bool {
        self.is_dry
    }

    fn is_guarded(&self) -> bool {
        false
    }

    fn prepare(&self, directory: &Directory, listed: &[super::Listed]) -> Result<Self::Ready> {
        let (account, of, now) = (self.account, self.of, directory.now());
        let mut items: Vec<u32> = listed.iter().map(|listed| listed.number).collect();
        items.sort_unstable();
        let read = move |snapshot: &mut dyn Snapshot| {
            let since = snapshot.store_now(account)?.minus(limits::IMAGES_KEPT);
            images_of(snapshot, (account, of), &items, since)
        };
        let mut images = directory.store.read_blocking(read)?;
        for Image { user, .. } in images.values_mut() {
            user.version += 1;
            user.modified_at = user.modified_at.max(now);
        }
        Ok(images)
    }

    fn find(&self, tx: &mut dyn Tx, turn: &Turn<'_, Self::Ready>) -> Result<Found> {
        let account = self.account;
        // Nobody is made, joins a group or queues meanwhile.
        tx.lock_account(account, if self.is_dry { AccountLock::Shared } else { AccountLock::Exclusive })?;
        let listed = at_once(turn);
        let images = || turn.listed[..listed].iter().filter_map(|item| turn.ready.get(&item.number));
        let mut keys: Vec<UserKey> = images().map(|image| image.user.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let deleted_at = tx.users_deleted_at(account, &keys)?;
        let deleted_at: BTreeMap<UserKey, Option<Instant>> = keys.into_iter().zip(deleted_at).collect();
        // Whoever was restored and deleted again since is not what the image says.
        let is_last = |image: &&Image| deleted_at.get(&image.user.key) == Some(&Some(image.taken_at));
        let deleted = images().filter(is_last).map(|image| image.index).collect();
        let mut groups: BTreeSet<GroupNumber> = BTreeSet::new();
        if !self.is_dry {
            let left: BTreeSet<GroupNumber> =
                images().filter(is_last).flat_map(|image| &image.groups).copied().collect();
            for group in left {
                if tx.lock_group(account, group)?.is_some() {
                    groups.insert(group);
                }
            }
        }
        Ok(Found { listed, deleted, groups })
    }

    fn settle(
        &self,
        tx: &mut dyn Tx,
        job: &mut Job,
        turn: &Turn<'_, Self::Ready>,
        found: Found,
    ) -> Result<Vec<Settled>> {
        let listed = &turn.listed[..found.listed.min(turn.listed.len())];
        let mut settled: Vec<Settled> = Vec::with_capacity(listed.len());
        for batch in listed.chunks(tx.batch_items()) {
            let start = settled.len();
            let failed = |outcome| if self.expects_change { Outcome::ChangedSince } else { outcome };
            let mut people: Vec<(usize, &Image)> = Vec::with_capacity(batch.len());
            for (at, item) in batch.iter().enumerate() {
                let image = turn.ready.get(&item.number).filter(|image| Some(image.user.uuid) == item.user);
                people.extend(
                    image.filter(|image| found.deleted.contains(&image.index)).map(|image| (at, image)),
                );
                let outcome = failed(Outcome::NotRestorable);
                settled.push(Settled { index: item.index, member: None, outcome });
            }
            people.sort_unstable_by(|(_, a), (_, b)| a.user.name_key.cmp(&b.user.name_key));
            let images: Vec<&Image> = people.iter().map(|(_, image)| *image).collect();
            let back = if self.is_dry {
                self.would_restore(tx, &images)?
            } else {
                self.restore(tx, &images, &found.groups, turn.timing)?
            };
            for ((at, image), back) in people.iter().zip(back) {
                let item = &mut settled[start + at];
                item.outcome = if back { Outcome::Created } else { failed(Outcome::Conflict) };
                item.member = back.then_some(MemberKey::user(image.user.key));
                if back && image.had_more_groups {
                    job.message = Some(MORE_GROUPS.to_owned());
                }
            }
            if tx.should_yield() {
                break;
            }
        }
        Ok(settled)
    }
}
