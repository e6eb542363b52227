//! The reports of membership jobs.

use throng_api::JobReport;

use crate::wait::Poll;
use crate::{Client, Result};

impl Client {
    /// What became of a change of a group's members, by the number of [`crate::Answer::job`].
    ///
    /// # Errors
    /// `Refused`: 404.
    pub async fn job_report(&self, job: i64) -> Result<JobReport> {
        self.get(&["v2", "Groups", "JobReport", &job.to_string()]).read().await
    }

    /// Asks for the report until the job is finished, and shows every answer to `seen`.
    ///
    /// # Errors
    /// Those of [`Client::job_report`]; `TimedOut`.
    pub async fn wait_for_job_report(
        &self,
        job: i64,
        poll: Poll,
        seen: impl FnMut(&JobReport),
    ) -> Result<JobReport> {
        let done = |report: &JobReport| report.status == "finished";
        poll.until(&format!("the end of job {job}"), || self.job_report(job), done, seen).await
    }
}
