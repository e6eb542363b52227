//! A connection in the service of one closure: the port's transaction.

use throng_directory::port::{Snapshot, Tx};
use throng_directory::{Error, Result};

use crate::conn::Conn;
use crate::fault::Outcome;

/// One transaction. Implements every trait of the port, each in the file of its subject.
pub struct Session<C> {
    conn: C,
    poison: Option<Error>,
}

impl<C: Conn> Session<C> {
    /// A fresh transaction on this connection.
    pub const fn new(conn: C) -> Self {
        Self { conn, poison: None }
    }

    /// Does one method's work, unless an earlier one has failed. A failure poisons the transaction: what was
    /// half done must not be built on.
    pub fn run<T>(&mut self, work: impl FnOnce(&mut C) -> Outcome<T>) -> Result<T> {
        if let Some(error) = &self.poison {
            return Err(error.clone());
        }
        work(&mut self.conn).map_err(|fault| {
            let error = Error::from(fault);
            self.poison = Some(error.clone());
            error
        })
    }

    /// The closure's result, or what poisoned the transaction when the closure swallowed it.
    pub fn verdict<T>(self, result: Result<T>) -> Result<T> {
        match (result, self.poison) {
            (Ok(_), Some(error)) => Err(error),
            (result, _) => result,
        }
    }
}

impl<C: Conn> Snapshot for Session<C> {}

impl<C: Conn> Tx for Session<C> {
    fn should_yield(&mut self) -> bool {
        self.conn.should_yield()
    }
}
