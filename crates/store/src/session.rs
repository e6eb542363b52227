//! A connection in the service of one closure: the port's transaction.

use throng_directory::ids::AccountId;
use throng_directory::port::{Erased, Snapshot, Tx};
use throng_directory::{Error, Result};

use crate::conn::{Conn, Scope};
use crate::fault::Outcome;
use crate::locks::Locks;

/// One transaction. Implements every trait of the port, each in the file of its subject.
pub struct Session<C> {
    conn: C,
    locks: Locks,
    poison: Option<Error>,
}

impl<C: Conn> Session<C> {
    /// A fresh transaction on this connection.
    pub fn new(conn: C) -> Self {
        Self { conn, locks: Locks::default(), poison: None }
    }

    /// Takes a lock, or asks for one that must be held; a refusal poisons the transaction.
    pub fn locks(&mut self, ask: impl FnOnce(&mut Locks) -> Outcome<()>) -> Result<()> {
        ask(&mut self.locks).map_err(|fault| {
            let error = Error::from(fault);
            self.poison.get_or_insert(error).clone()
        })
    }

    /// Does one method's work on an account's rows; see [`Session::run`].
    pub fn of<T>(&mut self, account: AccountId, work: impl FnOnce(&mut C) -> Outcome<T>) -> Result<T> {
        self.run(Scope::Account(account.0), work)
    }

    /// Does one method's work, unless an earlier one has failed. A failure poisons the transaction: what was
    /// half done must not be built on.
    pub fn run<T>(&mut self, scope: Scope, work: impl FnOnce(&mut C) -> Outcome<T>) -> Result<T> {
        if let Some(error) = &self.poison {
            return Err(error.clone());
        }
        self.conn.enter(scope);
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

impl<C: Conn> Session<C> {
    fn marked<T>(&mut self, step: impl FnOnce(&mut C) -> Outcome<T>) -> Result<T> {
        step(&mut self.conn).map_err(|fault| self.poison.insert(fault.into()).clone())
    }
}

impl<C: Conn> Tx for Session<C> {
    fn should_yield(&mut self) -> bool {
        self.conn.should_yield()
    }

    fn batch_items(&self) -> usize {
        self.conn.batch_items()
    }

    fn attempt(&mut self, work: &mut dyn FnMut(&mut dyn Tx) -> Result<Erased>) -> Result<Result<Erased>> {
        if let Some(error) = &self.poison {
            return Err(error.clone());
        }
        self.marked(C::mark)?;
        let locks = std::mem::take(&mut self.locks);
        let result = work(self);
        self.locks = locks;
        // As in a transaction of its own, whoever swallows an error has failed all the same.
        let result = match self.poison.take() {
            Some(error) => result.and(Err(error)),
            None => result,
        };
        self.marked(|conn| conn.unmark(result.is_err()))?;
        Ok(result)
    }
}
