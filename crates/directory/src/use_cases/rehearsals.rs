//! Rehearsals: requests that are done one after the other in one transaction, which is taken back at the end, or kept as a
//! whole. What one of them does the next one sees, and nobody else does before it is kept (ADR 18).

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use throng_jobs::{Clock, Instant, failpoint};
use throng_scim as scim;
use throng_scim::projection::{Projection, Supplied};
use throng_scim::schema::ResourceType;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::directory::{Directory, Settings};
use crate::error::{Error, Result};
use crate::limits;
use crate::model::document;
use crate::port::{
    AccountLock, Answer, Class, Cost, Durability, Erased, ReadFn, Store, StoreExt, Tx, WriteFn,
};
use crate::use_cases::resources::ResourceId;

/// A rehearsal under way. Dropped, it is taken back.
pub struct Rehearsal {
    /// The account as the rehearsal has changed it. Its use cases are those of every directory.
    pub directory: Arc<Directory>,
    steps: Sender<Step>,
    ended: JoinHandle<Result<()>>,
    _turn: OwnedSemaphorePermit,
}

/// What is asked of the transaction.
enum Step {
    Write(WriteFn, oneshot::Sender<Result<Erased>>),
    Read(ReadFn, oneshot::Sender<Result<Erased>>),
    End { keep: bool },
}

/// With what a rehearsal fails that is taken back: only what fails is undone. Nobody is shown it.
const TAKEN_BACK: &str = "a rehearsal is taken back";

/// A store whose closures run in the transaction of a rehearsal.
struct Stage {
    steps: Mutex<Sender<Step>>,
    durability: Durability,
}

impl Stage {
    fn ask(&self, step: impl FnOnce(oneshot::Sender<Result<Erased>>) -> Step) -> Answer {
        let (answer, receiver) = oneshot::channel();
        // When nobody listens any more the answer comes all the same: its sender is dropped.
        drop(self.steps.lock().unwrap_or_else(PoisonError::into_inner).send(step(answer)));
        Answer::waiting(receiver)
    }
}

impl Store for Stage {
    fn write_dyn(&self, _: Class, closure: WriteFn) -> Answer {
        self.ask(|answer| Step::Write(closure, answer))
    }

    fn read_dyn(&self, _: Cost, closure: ReadFn) -> Answer {
        self.ask(|answer| Step::Read(closure, answer))
    }

    fn durability(&self) -> Durability {
        self.durability
    }

    /// What is queued is nobody's to work before it is kept.
    fn on_queued(&self, _: Box<dyn Fn() + Send + Sync>) {}
}

/// The transaction's side.
struct Play {
    steps: Receiver<Step>,
    clock: Arc<dyn Clock>,
    until: Instant,
}

impl Play {
    fn run(&self, tx: &mut dyn Tx) -> Result<()> {
        loop {
            let step = match self.steps.recv_timeout(self.until.since(self.clock.now())) {
                Ok(step) => step,
                Err(RecvTimeoutError::Timeout) => return Err(too_long()),
                Err(RecvTimeoutError::Disconnected) => return Err(taken_back()),
            };
            // Whoever has stopped waiting for an answer changes nothing.
            match step {
                Step::Write(closure, answer) => drop(answer.send(tx.attempt(&mut |tx| closure(tx))?)),
                Step::Read(closure, answer) => drop(answer.send(tx.attempt(&mut |tx| closure(tx))?)),
                Step::End { keep: true } => return Ok(()),
                Step::End { keep: false } => return Err(taken_back()),
            }
            if self.until.since(self.clock.now()).is_zero() {
                return Err(too_long());
            }
        }
    }
}

fn taken_back() -> Error {
    Error::Unavailable(TAKEN_BACK.to_owned())
}

fn too_long() -> Error {
    let seconds = limits::REHEARSAL_TIME_MAX.as_secs();
    let detail = format!(
        "this took longer than {seconds} s, and nothing of it was done: send fewer operations at a time"
    );
    Error::Scim(scim::Error::too_many(detail))
}

impl Directory {
    /// Begins a rehearsal in the caller's account, a trial to be taken back or one to be kept. Until its end nobody else
    /// writes members there.
    ///
    /// # Errors
    /// `Unavailable` when the server stops.
    pub async fn rehearse(&self, caller: &Caller, is_trial: bool) -> Result<Rehearsal> {
        let turn = Arc::clone(&self.rehearsals).acquire_owned().await;
        let turn = turn.map_err(|_| Error::Unavailable("the server stops".to_owned()))?;
        let (steps, receiver) = mpsc::channel();
        let clock = Arc::clone(&self.clock);
        // A closure may be run again, and a rehearsal cannot: who asked has the answers of the first run.
        let receiver = Mutex::new(Some(receiver));
        let account = caller.account;
        let play = move |tx: &mut dyn Tx| {
            let taken = receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(steps) = taken else {
                return Err(Error::Unavailable("a rehearsal met another transaction".to_owned()));
            };
            // The order of locks holds within each request, not over all of them: with the account to itself it meets
            // nobody.
            tx.lock_account(account, AccountLock::Exclusive)?;
            let until = clock.now().plus(limits::REHEARSAL_TIME_MAX);
            Play { steps, clock: Arc::clone(&clock), until }.run(tx)
        };
        let store = Arc::clone(&self.store);
        let ended = tokio::spawn(async move { store.write(Class::Interactive, play).await });
        let stage = Stage { steps: Mutex::new(steps.clone()), durability: self.store.durability() };
        // Nobody else's job ends while it runs, so there is nothing to wait for.
        let settings = Settings { inline_wait: Duration::ZERO, ..self.settings };
        let directory = Self {
            is_trial,
            hashes: Arc::clone(&self.hashes),
            ..Self::new(
                Arc::new(stage),
                Arc::clone(&self.clock),
                Arc::clone(&self.ids),
                settings,
                Arc::clone(&self.registry),
            )
        };
        Ok(Rehearsal { directory: Arc::new(directory), steps, ended, _turn: turn })
    }

    /// Makes known what a rehearsal has kept.
    pub fn rehearsal_kept(&self) {
        self.bell.job_queued();
        self.bell.job_ended();
    }

    /// The version of a resource, and its attributes but for what is never shown; none where there is none, or none that
    /// the caller may see.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn seen(
        &self,
        caller: &Caller,
        resource_type: &Arc<ResourceType>,
        id: &str,
    ) -> Result<Option<(i64, Map<String, Value>)>> {
        let found = if resource_type.endpoint == self.registry.user().endpoint {
            self.user(caller, id, false).await.map(|view| (view.user.version, view.user.doc))
        } else if resource_type.endpoint == self.registry.group().endpoint {
            self.group(caller, id, false).await.map(|view| (view.group.version, view.group.doc))
        } else {
            let of = ResourceId { resource_type, id };
            self.resource(caller, of).await.map(|resource| (resource.version, resource.doc))
        };
        let (version, doc) = match found {
            Ok(found) => found,
            Err(Error::NotFound(_) | Error::Forbidden(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut attributes = document::read(&doc)?;
        let supplied = Supplied::of_resource(&attributes, resource_type);
        Projection::default().with_supplied(supplied).apply(&mut attributes, resource_type);
        Ok(Some((version, attributes)))
    }
}

impl Rehearsal {
    /// Takes everything back.
    ///
    /// # Errors
    /// `Scim` `tooMany` when it had taken too long by then, and what the store failed with: answers may be missing.
    pub async fn take_back(self) -> Result<()> {
        match self.end(false).await {
            Err(Error::Unavailable(text)) if text == TAKEN_BACK => Ok(()),
            ended => ended,
        }
    }

    /// Keeps everything: durable when this is through.
    ///
    /// # Errors
    /// Like [`Rehearsal::take_back`]: then nothing was done, but for `OutcomeUnknown`.
    pub async fn keep(self) -> Result<()> {
        failpoint::pass("rehearsal.before_keep");
        let kept = self.end(true).await;
        failpoint::pass("rehearsal.after_keep");
        kept
    }

    async fn end(self, keep: bool) -> Result<()> {
        drop(self.steps.send(Step::End { keep }));
        self.ended.await.map_err(|error| Error::internal(error.to_string()))?
    }
}
