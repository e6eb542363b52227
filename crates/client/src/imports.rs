//! User jobs of the admin API: sending files, and what became of their rows.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use throng_api::{JobAccepted, JobDetails, JobUsersPage, JobsPage};

use crate::file::File;
use crate::wait::Poll;
use crate::{Client, Result};

/// States of a job that it does not leave any more.
const TERMINAL: &[&str] = &["COMPLETED", "FAILED", "NO_CHANGE", "ABORTED"];

/// How an import is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// The job's name, 1 to 255 characters, unique in the account; absent: made by the server.
    pub job_name: Option<String>,
    /// Makes it safe to send the same file again: 1 to 255 printable characters.
    pub idempotency_key: Option<String>,
}

/// An import that was accepted: it is durable and will be done.
pub type Accepted = JobAccepted;

/// Which page of a list, and of which records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// From 1; absent: 1.
    pub number: Option<u64>,
    /// Records of a page; absent: 10.
    pub size: Option<u64>,
    /// `field:pattern` or `field=value`.
    pub filter: Option<String>,
    /// A field, perhaps with ` desc` behind it.
    pub order_by: Option<String>,
}

impl Page {
    fn query(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("pageNumber", self.number.map(|number| number.to_string())),
            ("pageSize", self.size.map(|size| size.to_string())),
            ("filter", self.filter.clone()),
            ("orderBy", self.order_by.clone()),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Client {
    fn path_of_jobs<'a>(account: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
        [&["api", "admin", "user", "v1", "accounts", account, "jobs"], rest].concat()
    }

    /// Sends a file of people to add. The answer comes when the file has been read and its rows are durable.
    ///
    /// # Errors
    /// `Refused`: 400 for a file that cannot be read, 409 for a taken job name, 413 for too large a file, 422 for an
    /// `Idempotency-Key` that came with another file.
    pub async fn bulk_add(&self, account: &str, file: File, options: &ImportOptions) -> Result<Accepted> {
        let name: Vec<_> = options.job_name.iter().map(|name| ("jobName", name)).collect();
        let form = Form::new().part("file", Part::stream(file.body).file_name(file.name));
        let path = ["api", "admin", "user", "v1", "accounts", account, "users:bulkAdd"];
        let request = self.request(Method::POST, &path).query(&name).multipart(form);
        request.header("idempotency-key", options.idempotency_key.as_deref()).read().await
    }

    /// A user job by its UUID.
    ///
    /// # Errors
    /// `Refused`: 404.
    pub async fn job(&self, account: &str, job: &str) -> Result<JobDetails> {
        self.get(&Self::path_of_jobs(account, &[job])).read().await
    }

    /// A page of the account's user jobs; `pageSize` is at most 50, and the latest come first.
    ///
    /// # Errors
    /// `Refused`: 400 for the page.
    pub async fn jobs(&self, account: &str, page: &Page) -> Result<JobsPage> {
        self.get(&Self::path_of_jobs(account, &[])).query(&page.query()).read().await
    }

    /// A page of a job's users and what became of them; `pageSize` is at most 1,000, `filter` is about
    /// `firstName`, `lastName`, `loginId` or `status`, and `loginId` is the order.
    ///
    /// # Errors
    /// `Refused`: 400 for the page, 404.
    pub async fn job_users(&self, account: &str, job: &str, page: &Page) -> Result<JobUsersPage> {
        self.get(&Self::path_of_jobs(account, &[job, "users"])).query(&page.query()).read().await
    }

    /// Asks for the job until it has come to its end, and shows every answer to `seen`.
    ///
    /// # Errors
    /// Those of [`Client::job`]; `TimedOut`.
    pub async fn wait_for_job(
        &self,
        account: &str,
        job: &str,
        poll: Poll,
        seen: impl FnMut(&JobDetails),
    ) -> Result<JobDetails> {
        let done = |job: &JobDetails| TERMINAL.contains(&job.status.as_str());
        poll.until(&format!("the end of job {job}"), || self.job(account, job), done, seen).await
    }
}
