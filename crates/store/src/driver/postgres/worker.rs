//! Running closures on a connection.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use throng_directory::port::{Class, Erased};
use throng_directory::{Error, Result};
use throng_jobs::failpoint;

use super::conn::PgConn;
use super::connect::Connector;
use super::failure::Trouble;
use super::link::{Committed, Kind, Link};
use super::numbers::Numbers;
use super::pool::Work;
use crate::driver::panic_error;
use crate::driver::sqlite::{CommitFault, CommitHook};
use crate::driver::stopwatch::Stopwatch;
use crate::fault::Fault;
use crate::session::Session;

/// How often a closure runs again after it met another transaction.
const RERUNS: u32 = 5;
/// The first pause before it does; each further one is twice as long.
const RERUN_PAUSE: Duration = Duration::from_millis(2);

/// What all threads share.
pub struct Shared {
    /// Makes connections.
    pub connector: Arc<Connector>,
    /// Gives numbers.
    pub numbers: Numbers,
    /// Makes commits fail; for tests.
    pub commit_hook: Option<CommitHook>,
}

/// A thread's connection, and what it does with it.
pub struct Worker<'a> {
    shared: &'a Shared,
    link: Option<Link>,
}

/// How one run of a closure ended.
enum End {
    /// With an answer.
    Answer(Result<Erased>),
    /// It met another transaction; nothing happened.
    Conflict(Error),
    /// The connection broke before the commit; nothing happened.
    Lost(Error),
}

impl<'a> Worker<'a> {
    /// A thread without a connection.
    pub const fn new(shared: &'a Shared) -> Self {
        Self { shared, link: None }
    }

    /// Whether it has a connection, as far as it knows.
    pub const fn is_connected(&self) -> bool {
        self.link.is_some()
    }

    /// Connects, if there is no connection.
    ///
    /// # Errors
    /// `Unavailable` when there can be none.
    pub fn connect(&mut self) -> Result<()> {
        if self.link.is_none() {
            self.link = Some(self.shared.connector.connect().map_err(Error::Unavailable)?);
        }
        Ok(())
    }

    /// Runs a closure: again when it met another transaction, and once more when the connection turned out to
    /// be gone.
    pub fn run(&mut self, work: &Work) -> Result<Erased> {
        let mut pause = RERUN_PAUSE;
        let mut reruns = 0;
        let mut reconnected = false;
        loop {
            let mut link = match self.link.take() {
                Some(link) => link,
                None => self.shared.connector.connect().map_err(Error::Unavailable)?,
            };
            let end = match work {
                Work::Read(closure) => {
                    link.begin(Kind::Read);
                    let result = self.closure(&mut link, None, |session| closure(session));
                    ended(&link, result)
                }
                Work::Write(class, closure) => {
                    link.begin(Kind::Write);
                    let chunk = (*class == Class::Chunk).then(Stopwatch::start);
                    let result = self.closure(&mut link, chunk, |session| closure(session));
                    match ended(&link, result) {
                        End::Answer(Ok(value)) => self.commit(&mut link, value),
                        end => end,
                    }
                }
            };
            match work {
                Work::Read(_) => link.end_read(),
                Work::Write(..) => link.roll_back(),
            }
            if link.trouble() != Some(Trouble::Lost) {
                self.link = Some(link);
            }
            match end {
                End::Answer(result) => return result,
                End::Conflict(error) if reruns == RERUNS => return Err(error),
                End::Lost(error) if reconnected => return Err(error),
                End::Lost(_) => reconnected = true,
                End::Conflict(_) => {
                    reruns += 1;
                    std::thread::sleep(pause);
                    pause *= 2;
                }
            }
        }
    }

    fn closure(
        &self,
        link: &mut Link,
        chunk: Option<Stopwatch>,
        closure: impl FnOnce(&mut Session<PgConn<'_>>) -> Result<Erased>,
    ) -> Result<Erased> {
        let conn = PgConn { link: &mut *link, numbers: &self.shared.numbers, chunk };
        let mut session = Session::new(conn);
        match catch_unwind(AssertUnwindSafe(|| closure(&mut session))) {
            Ok(result) => session.verdict(result),
            Err(panic) => {
                // It may have been half way through an answer.
                drop(session);
                link.doom();
                Err(panic_error(panic.as_ref()))
            }
        }
    }

    fn commit(&self, link: &mut Link, value: Erased) -> End {
        failpoint::pass("writer.before_commit");
        let injected = self.shared.commit_hook.as_ref().and_then(|hook| hook());
        let committed = match injected {
            None => link.commit(),
            Some(CommitFault::Before) => Committed::Unknown("the connection is said to be lost".to_owned()),
            Some(CommitFault::After) => match link.commit() {
                Committed::Done => Committed::Unknown("the connection is said to be lost".to_owned()),
                other => other,
            },
            Some(CommitFault::Full) => Committed::Undone(Fault::Full),
        };
        failpoint::pass("writer.after_commit");
        match committed {
            Committed::Done => End::Answer(Ok(value)),
            Committed::Undone(fault) => ended(link, Err(fault.into())),
            Committed::Unknown(why) => {
                tracing::error!(why, "the outcome of a commit is unknown");
                link.doom();
                End::Answer(Err(Error::OutcomeUnknown))
            }
        }
    }
}

/// What a result means together with the connection's state.
fn ended(link: &Link, result: Result<Erased>) -> End {
    match (link.trouble(), result) {
        (Some(Trouble::Conflict), Err(error)) => End::Conflict(error),
        (Some(Trouble::Lost), Err(error)) if !matches!(error, Error::Internal(_)) => End::Lost(error),
        (_, result) => End::Answer(result),
    }
}
