//! Numbers, taken in blocks on a connection of their own, so that no transaction waits for another's.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::cluster;
use super::conn::PgConn;
use super::connect::Connector;
use super::failure::Trouble;
use super::link::{Committed, Kind, Link};
use crate::driver::stopwatch::Stopwatch;
use crate::fault::{Fault, Outcome};
use crate::numbers;

/// Who takes many numbers at a time goes on doing so: this many times as many are reserved.
const RESERVED_AHEAD: u64 = 20;

/// Numbers taken at once, by series. What is not used when the process ends is never used.
fn block(series: &str) -> u64 {
    match series {
        "users" => 5_000,
        "groups" | "jobs" => 1_000,
        // Rare, and people read them.
        _ => 0,
    }
}

/// The numbers that this process has taken and not yet given.
pub struct Numbers {
    connector: Arc<Connector>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    blocks: HashMap<(i64, String), Range<i64>>,
    link: Option<Link>,
    /// Since when the last attempt has failed, and why.
    failed: Option<(Stopwatch, String)>,
}

impl Numbers {
    /// No numbers yet.
    pub fn new(connector: Arc<Connector>) -> Self {
        Self { connector, state: Mutex::default() }
    }

    /// Takes `n` numbers (≥ 1) that follow each other and returns the first. The mark behind them is committed
    /// before they are given. Others who need numbers wait meanwhile; nobody who waits holds what this needs.
    pub fn take(&self, account: i64, series: &str, n: u64) -> Outcome<i64> {
        let wanted = crate::fault::stored(n)?;
        let waiting = Stopwatch::start();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account, series.to_owned());
        if let Some(left) = state.blocks.get_mut(&key)
            && left.end - left.start >= wanted
        {
            let first = left.start;
            left.start += wanted;
            return Ok(first);
        }
        let size = match block(series) {
            0 => n,
            block => block.max(n.saturating_mul(RESERVED_AHEAD)),
        };
        // Who waited while another's attempt failed shares its failure: else each would wait as long again.
        if let Some((failed, why)) = &state.failed
            && failed.elapsed() < waiting.elapsed()
        {
            return Err(Fault::Busy(why.clone()));
        }
        let first = self.fetch(&mut state.link, account, series, size);
        if let Err(Fault::Busy(why)) = &first {
            state.failed = Some((Stopwatch::start(), why.clone()));
        }
        let first = first?;
        state.blocks.insert(key, first + wanted..first + crate::fault::stored(size)?);
        Ok(first)
    }

    /// Takes a block from the database; once more when the connection turns out to be gone.
    fn fetch(&self, kept: &mut Option<Link>, account: i64, series: &str, n: u64) -> Outcome<i64> {
        let fresh = kept.is_none();
        match self.try_fetch(kept, account, series, n) {
            Err(_) if !fresh && kept.is_none() => self.try_fetch(kept, account, series, n),
            result => result,
        }
    }

    fn try_fetch(&self, kept: &mut Option<Link>, account: i64, series: &str, n: u64) -> Outcome<i64> {
        let mut link = match kept.take() {
            Some(mut link) => {
                // A database that was promoted behind a pooler is not seen otherwise.
                cluster::check(&mut link, &self.connector.seen).map_err(Fault::Busy)?;
                link
            }
            None => self.connector.connect().map_err(Fault::Busy)?,
        };
        link.begin(Kind::Write);
        let taken =
            numbers::take(&mut PgConn { link: &mut link, numbers: self, chunk: None }, account, series, n);
        let result = match taken {
            Ok(first) => match link.commit() {
                Committed::Done => Ok(first),
                Committed::Undone(fault) => Err(fault),
                // The block may be taken or not: nobody has seen it.
                Committed::Unknown(why) => Err(Fault::Busy(why)),
            },
            Err(fault) => {
                link.roll_back();
                Err(fault)
            }
        };
        if link.trouble() != Some(Trouble::Lost) {
            *kept = Some(link);
        }
        result
    }
}
