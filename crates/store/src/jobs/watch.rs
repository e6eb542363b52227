//! Jobs in short, for whoever watches all of an account.

use throng_directory::ids::{AccountId, ClientId, JobNumber};
use throng_directory::model::jobs::Kind;
use throng_directory::port::Glimpse;
use throng_jobs::{Instant, State};

use crate::conn::{Conn, Row};
use crate::fault::{Fault, Outcome, loaded, stored};

/// The columns that [`glimpse`] reads, in its order.
macro_rules! select_glimpse {
    ($rest:literal) => {
        concat!(
            "select number, kind, state, processed, total, touched_at, client_id, held_at from jobs ",
            $rest
        )
    };
}

fn glimpse(row: &dyn Row) -> Outcome<Glimpse> {
    let unknown = |what: &str| Fault::Defect(format!("a job has no {what}"));
    Ok(Glimpse {
        number: JobNumber(row.int(0)?),
        kind: Kind::parse(row.text(1)?).ok_or_else(|| unknown("kind"))?,
        state: State::parse(row.text(2)?).ok_or_else(|| unknown("state"))?,
        processed: loaded(row.int(3)?)?,
        total: loaded(row.int(4)?)?,
        touched_at: Instant::from_micros(row.int(5)?),
        client: ClientId(row.int(6)?),
        was_held: row.opt_int(7)?.is_some(),
    })
}

/// Jobs that have not ended, by rising number.
pub(super) fn unfinished<C: Conn>(
    conn: &mut C,
    account: AccountId,
    after: JobNumber,
    limit: usize,
) -> Outcome<Vec<Glimpse>> {
    // Index jobs_open.
    let sql = select_glimpse!(
        "where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') \
         and account_id = ?1 and number > ?2 order by number limit ?3"
    );
    conn.all(sql, &[account.0.into(), after.0.into(), stored(limit as u64)?.into()], glimpse)
}

/// Jobs that have ended behind a place, in the order of their ends.
pub(super) fn ended_after<C: Conn>(
    conn: &mut C,
    account: AccountId,
    (at, number): (Instant, JobNumber),
    limit: usize,
) -> Outcome<Vec<Glimpse>> {
    // Index jobs_told.
    let sql = select_glimpse!(
        "where account_id = ?1 and touched_at >= ?2 and (touched_at > ?2 or number > ?3) \
         and ended_at is not null and purged_at is null order by touched_at, number limit ?4"
    );
    let values = [account.0.into(), at.micros().into(), number.0.into(), stored(limit as u64)?.into()];
    conn.all(sql, &values, glimpse)
}
