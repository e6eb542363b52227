//! How fast bodies have to arrive: who sends a byte now and then holds what others wait for.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::limits;
use crate::refusal::{Kind, Refusal};

/// What is asked of a body.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// How long it may stand still.
    idle_max: Duration,
    /// In each such stretch of waiting for it …
    window: Duration,
    /// … so many bytes have to come.
    bytes_min: u64,
}

/// The pace of one body. What counts is the time that is waited for the client alone: a server that is busy takes no blame
/// out on it.
pub(crate) struct Pace {
    rule: Rule,
    waited: Duration,
    bytes: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self::by(Rule {
            idle_max: limits::BODY_IDLE_MAX,
            window: limits::BODY_PACE_WINDOW,
            bytes_min: limits::BODY_PACE_BYTES_MIN,
        })
    }
}

impl Pace {
    const fn by(rule: Rule) -> Self {
        Self { rule, waited: Duration::ZERO, bytes: 0 }
    }

    /// Waits for what comes next of the body.
    ///
    /// # Errors
    /// 408 where nothing comes, or too little.
    pub(crate) async fn wait<T>(&mut self, next: impl Future<Output = T>) -> Result<T, Refusal> {
        let mut next = pin!(timeout(self.rule.idle_max, next));
        loop {
            let begun = Instant::now();
            let left = self.rule.window.saturating_sub(self.waited);
            if let Ok(ended) = timeout(left, next.as_mut()).await {
                self.waited += begun.elapsed();
                return ended.map_err(|_| Refusal::new(Kind::Timeout, "the body stopped arriving"));
            }
            if self.bytes < self.rule.bytes_min {
                return Err(Refusal::new(Kind::Timeout, "the body arrives too slowly"));
            }
            (self.waited, self.bytes) = (Duration::ZERO, 0);
        }
    }

    /// So many bytes came.
    pub(crate) const fn took(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }
}

#[cfg(test)]
mod tests;
