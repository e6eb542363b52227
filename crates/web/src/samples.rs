//! Values that unit tests start from.

use throng_directory::ids::{AccountId, ClientId, JobNumber};
use throng_directory::model::jobs::{Job, Spec, Target};
use throng_directory::{Counts, Instant, State, Tally};
use uuid::Uuid;

/// 2024-04-11T12:59:28.043Z, and some microseconds.
pub(crate) const RECEIVED: Instant = Instant::from_micros(1_712_840_368_043_999);

/// A job without items that waits.
pub(crate) fn job(spec: Spec, target: Target) -> Job {
    Job {
        account: AccountId(1),
        number: JobNumber(127),
        uuid: Uuid::nil(),
        spec,
        target,
        queue_seq: 1,
        name: None,
        state: State::Pending,
        counts: Counts::default(),
        tally: Tally::default(),
        asked_create: 0,
        asked_destroy: 0,
        planned: false,
        cursor: 0,
        attempts: 0,
        digest: [0; 32],
        client: ClientId(1),
        received_at: RECEIVED,
        started_at: None,
        ended_at: None,
        message: None,
        schedule: throng_directory::model::schedule::Schedule::default(),
        held_at: None,
        held_removals: None,
        approved_by: None,
        payload: None,
        purged_at: None,
    }
}
