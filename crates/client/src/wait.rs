//! Asking until something is done.

use std::future::Future;
use std::time::Duration;

use crate::Result;
use crate::error::Error;

/// How to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// How long to rest between an answer and the next question.
    pub every: Duration,
    /// When to give up.
    pub at_most: Duration,
}

impl Default for Poll {
    fn default() -> Self {
        Self { every: Duration::from_millis(200), at_most: Duration::from_mins(10) }
    }
}

impl Poll {
    /// Asks until the answer is `done`, and shows every answer to `seen`, the last one too.
    ///
    /// # Errors
    /// What a question fails with; `TimedOut`.
    pub(crate) async fn until<T, F: Future<Output = Result<T>>>(
        self,
        awaited: &str,
        mut ask: impl FnMut() -> F,
        done: impl Fn(&T) -> bool,
        mut seen: impl FnMut(&T),
    ) -> Result<T> {
        let asking = async {
            loop {
                let answer = ask().await?;
                seen(&answer);
                if done(&answer) {
                    return Ok(answer);
                }
                tokio::time::sleep(self.every).await;
            }
        };
        let in_time = tokio::time::timeout(self.at_most, asking).await;
        in_time.map_err(|_| Error::TimedOut { awaited: awaited.to_owned(), after: self.at_most })?
    }
}
