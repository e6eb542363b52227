//! Which job is worked next: a state machine that is told what happened and says what to do.

use std::time::Duration;

use crate::clock::Instant;
use crate::job::JobRef;
use crate::retry;

/// Times and sizes of a [`Runner`]. All are configuration.
#[derive(Clone, Copy, Debug)]
pub struct RunnerSettings {
    /// Jobs worked at the same time (≥ 1).
    pub slots: usize,
    /// How often to look for work that nobody announced.
    pub poll: Duration,
    /// How long a job of weight 1 may keep its slot while others wait for one.
    pub turn: Duration,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A job was queued, or the runner starts.
    Woken,
    /// The time of [`Command::WakeAt`] has come.
    Tick,
    /// A claim succeeded.
    Claimed {
        /// The slot that asked.
        slot: usize,
        /// The job it got.
        job: JobRef,
        /// How many times as long as usual its turn is (≥ 1).
        weight: u32,
    },
    /// A claim found nothing.
    NothingToClaim {
        /// The slot that asked.
        slot: usize,
    },
    /// A step of a job ended.
    Worked {
        /// The slot.
        slot: usize,
        /// How it ended.
        progress: Progress,
    },
    /// A claim or a step could not run for a reason that passes (the store is full, busy or gone).
    Failed {
        /// The slot.
        slot: usize,
    },
    /// The server stops: start nothing new.
    Shutdown,
}

/// How a step of a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Committed; there is more to do and the lease is held.
    More,
    /// Committed; there is more to do and the lease was given back in the same commit.
    GivenBack,
    /// The job has ended.
    Done,
    /// The lease belongs to somebody else now.
    Lost,
}

/// What to do. Commands of one slot never overlap: the next comes after the event that answers the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Look for a job, first in the accounts behind `after`, then from the start (round robin).
    Claim {
        /// The slot that asks.
        slot: usize,
        /// The account served last.
        after: Option<i64>,
    },
    /// Do one step (at most one transaction) of the job that the slot holds.
    Work {
        /// The slot.
        slot: usize,
        /// The job.
        job: JobRef,
        /// Give the lease back in the same commit.
        give_back: bool,
    },
    /// Send [`Event::Tick`] at this time; replaces an earlier one.
    WakeAt(Instant),
    /// Everything has come to rest after [`Event::Shutdown`].
    Stopped,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Free,
    Resting { until: Instant },
    Claiming,
    Working { job: JobRef, since: Instant, turn: Duration },
}

/// The scheduler's state. Deterministic: the same events at the same times give the same commands.
#[derive(Debug)]
pub struct Runner {
    settings: RunnerSettings,
    slots: Vec<Slot>,
    failures: u32,
    last_account: Option<i64>,
    /// Somebody announced work, and no claim has come back empty since.
    work_likely: bool,
    stopping: bool,
}

impl Runner {
    /// A runner at rest; send it [`Event::Woken`] to start.
    pub fn new(settings: RunnerSettings) -> Self {
        let slots = vec![Slot::Free; settings.slots.max(1)];
        Self { settings, slots, failures: 0, last_account: None, work_likely: false, stopping: false }
    }

    /// Takes in one event and says what to do now.
    pub fn step(&mut self, now: Instant, event: &Event) -> Vec<Command> {
        let mut commands = Vec::new();
        match *event {
            Event::Woken => self.work_likely = true,
            Event::Tick => {
                self.work_likely = true;
                self.end_rests(now);
            }
            Event::Claimed { slot, job, weight } => {
                let turn = self.settings.turn.saturating_mul(weight.max(1));
                self.start(slot, Slot::Working { job, since: now, turn }, &mut commands);
            }
            Event::NothingToClaim { slot } => {
                self.failures = 0;
                self.work_likely = false;
                self.slots[slot] = Slot::Free;
            }
            Event::Worked { slot, progress } => self.worked(slot, progress, now, &mut commands),
            Event::Failed { slot } => {
                self.failures = self.failures.saturating_add(1);
                self.slots[slot] = Slot::Resting { until: now.plus(retry::backoff(self.failures)) };
            }
            Event::Shutdown => self.stopping = true,
        }
        self.claim_for_free_slots(&mut commands);
        self.set_alarm(now, &mut commands);
        if self.stopping && self.slots.iter().all(|slot| matches!(slot, Slot::Free | Slot::Resting { .. })) {
            commands.push(Command::Stopped);
        }
        commands
    }

    fn end_rests(&mut self, now: Instant) {
        for slot in &mut self.slots {
            if matches!(slot, Slot::Resting { until } if *until <= now) {
                *slot = Slot::Free;
            }
        }
    }

    fn start(&mut self, slot: usize, working: Slot, commands: &mut Vec<Command>) {
        self.slots[slot] = working;
        let Slot::Working { job, .. } = working else { return };
        self.failures = 0;
        self.last_account = Some(job.account);
        commands.push(Command::Work { slot, job, give_back: self.stopping });
    }

    fn worked(&mut self, slot: usize, progress: Progress, now: Instant, commands: &mut Vec<Command>) {
        self.failures = 0;
        match (progress, self.slots[slot]) {
            (Progress::More, Slot::Working { job, since, turn }) => {
                let turn_over = now.since(since) >= turn;
                let give_back = self.stopping || (turn_over && self.contested());
                commands.push(Command::Work { slot, job, give_back });
            }
            (Progress::More | Progress::Lost, _) => self.slots[slot] = Slot::Free,
            (Progress::GivenBack | Progress::Done, _) => {
                self.slots[slot] = Slot::Free;
                self.work_likely = true;
            }
        }
    }

    /// Whether a job may be waiting for a slot.
    fn contested(&self) -> bool {
        self.work_likely && self.slots.iter().all(|slot| matches!(slot, Slot::Working { .. }))
    }

    fn claim_for_free_slots(&mut self, commands: &mut Vec<Command>) {
        if self.stopping || !self.work_likely {
            return;
        }
        // One claim at a time: round robin needs to know whom the last claim served.
        if self.slots.iter().any(|slot| matches!(slot, Slot::Claiming)) {
            return;
        }
        if let Some(slot) = self.slots.iter().position(|slot| matches!(slot, Slot::Free)) {
            self.slots[slot] = Slot::Claiming;
            commands.push(Command::Claim { slot, after: self.last_account });
        }
    }

    fn set_alarm(&self, now: Instant, commands: &mut Vec<Command>) {
        if self.stopping {
            return;
        }
        let rest = self.slots.iter().filter_map(|slot| match slot {
            Slot::Resting { until } => Some(*until),
            _ => None,
        });
        let poll = now.plus(self.settings.poll);
        commands.push(Command::WakeAt(rest.fold(poll, Instant::min)));
    }
}
