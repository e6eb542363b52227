//! What happens in the demo, one after the other.

use std::io;
use std::time::Duration;

use indicatif::ProgressBar;
use throng_api::{JobDetails, JobReport};
use throng_client::{Answer, Client, File, ImportOptions, Page, Poll, WriteOptions};
use throng_jobs::{Clock, Instant};

use super::checks::Checks;
use super::figures::{self, Step, grouped, rate, time};
use super::screen::Screen;
use super::{Demo, Error, FAULTS, PEOPLE, bodies, data_lines, people};
use crate::wire::SystemClock;

/// Often enough that what is waited for is not made to look slow.
const POLL: Poll = Poll { every: Duration::from_millis(25), at_most: Duration::from_mins(5) };
/// Members of the first group.
const FIRST_GROUP: usize = 4_000;
/// In the mixed change: people added who are members, who are not, and who do not exist.
const ADDED: [usize; 3] = [10, 15, 3];
/// In the mixed change: people removed who are members, who are not, and who do not exist.
const REMOVED: [usize; 3] = [7, 5, 2];
/// Records of a page of a job's users, the most that there can be.
const PAGE_SIZE: u64 = 1_000;

/// A demo under way.
pub struct Play<'a> {
    demo: &'a Demo,
    client: Client,
    screen: Screen<'a>,
    checks: Checks,
    steps: Vec<Step>,
}

/// A change of a group that was carried out.
struct Changed {
    job: i64,
    group: String,
    report: JobReport,
}

type Result<T> = std::result::Result<T, Error>;

impl<'a> Play<'a> {
    /// A demo that has not begun.
    pub fn new(demo: &'a Demo, client: Client, screen: Screen<'a>) -> Self {
        Self { demo, client, screen, checks: Checks::default(), steps: Vec::new() }
    }

    /// From the first step to the last line.
    ///
    /// # Errors
    /// See [`Demo::play`].
    pub async fn all(&mut self) -> Result<()> {
        self.screen
            .line(format!("A real server at {}, account {}.", self.demo.base_url, self.demo.account))?;
        self.groups_named_in_the_file().await?;
        let import = self.import_the_example().await?;
        let logins = self.logins_of(&import).await?;
        let (inside, outside) = logins.split_at(FIRST_GROUP.min(logins.len()));
        self.checks.equal("people for the first group", FIRST_GROUP, inside.len());
        let group = self.fill_the_first_group(inside).await?;
        let mixed = self.change_the_first_group(&group, inside, outside).await?;
        self.import_generated().await?;
        self.fill_the_large_group().await?;
        self.end(&import, &mixed)
    }

    async fn groups_named_in_the_file(&mut self) -> Result<()> {
        self.screen.heading("Two groups that rows of the file name: Staff and Trainers")?;
        for name in ["Staff", "Trainers"] {
            let made = self.client.create_group(bodies::empty_group(name), &WriteOptions::default()).await?;
            self.checks.equal("status of a new group", 201, made.status);
            self.screen.line(format!("{name} is group {}", made.id()?))?;
        }
        Ok(())
    }

    async fn import_the_example(&mut self) -> Result<JobDetails> {
        let (rows, faults) = (data_lines(PEOPLE), data_lines(FAULTS));
        self.screen
            .heading(&format!("Import examples/people.csv: {} people, some rows wrong", grouped(rows)))?;
        let file = File::bytes("people.csv", PEOPLE);
        let job = self.import("import people.csv", file, rows, ProgressBar::hidden()).await?;
        self.check_import(&job, rows, faults);
        let page =
            Page { size: Some(PAGE_SIZE), filter: Some("status:FAILED".to_owned()), ..Page::default() };
        let failed = self.client.job_users(&self.demo.account, &job.job_id, &page).await?;
        self.checks.equal("failed rows that are listed", faults, failed.users.len() as u64);
        self.screen
            .line(format!("{} rows failed, each for a reason of its own:", failed.pagination.total))?;
        self.screen.line(figures::failures(&failed.users))?;
        Ok(job)
    }

    /// The logins of everybody whom the job added, as the job lists them.
    async fn logins_of(&mut self, job: &JobDetails) -> Result<Vec<String>> {
        let (mut logins, mut number) = (Vec::new(), 1);
        loop {
            let filter = Some("status:COMPLETED".to_owned());
            let page = Page { number: Some(number), size: Some(PAGE_SIZE), filter, order_by: None };
            let listed = self.client.job_users(&self.demo.account, &job.job_id, &page).await?;
            logins.extend(listed.users.into_iter().map(|user| user.login_id));
            if listed.links.next.is_empty() {
                self.checks.equal("logins of the imported", listed.pagination.total, logins.len() as u64);
                return Ok(logins);
            }
            number += 1;
        }
    }

    async fn fill_the_first_group(&mut self, inside: &[String]) -> Result<String> {
        let count = inside.len();
        self.screen.heading(&format!("Create a group of {} of them by userName", grouped(count as u64)))?;
        let body = bodies::group("First aiders", inside.iter().map(String::as_str));
        let started = SystemClock.now();
        let answer = self.client.create_group(body, &WriteOptions::respond_async()).await?;
        let changed = self.follow("create a group by userName", started, &answer, count).await?;
        let report = &changed.report;
        self.checks.equal("what created the group", "group_create", report.request_type.as_str());
        self.check_report(report, [count, 0], [count, 0], "");
        self.check_members(&changed.group, count).await?;
        Ok(changed.group)
    }

    async fn change_the_first_group(
        &mut self,
        group: &str,
        inside: &[String],
        outside: &[String],
    ) -> Result<Changed> {
        self.screen.heading("PATCH people in and out, some of them in vain")?;
        let [known_in, new_in, unknown_in] = ADDED;
        let [known_out, new_out, unknown_out] = REMOVED;
        let [add, remove] = [[known_in, new_in, unknown_in], [known_out, new_out, unknown_out]]
            .map(|counts| counts.iter().sum::<usize>());
        self.screen.line(format!(
            "add {known_in} who are members, {new_in} who are not, {unknown_in} unknown; \
             remove {known_out} who are members, {new_out} who are not, {unknown_out} unknown"
        ))?;
        let strangers: Vec<_> =
            (0..unknown_in + unknown_out).map(|n| format!("nobody.{n}@demo.example")).collect();
        let (strangers_in, strangers_out) = strangers.split_at(unknown_in);
        let added = inside.iter().take(known_in).chain(outside.iter().take(new_in)).chain(strangers_in);
        let removed = inside.iter().skip(known_in).take(known_out);
        let removed = removed.chain(outside.iter().skip(new_in).take(new_out)).chain(strangers_out);
        let body = bodies::patch(added.map(String::as_str), removed.map(String::as_str));
        let started = SystemClock.now();
        let answer = self.client.patch_group(group, body, &WriteOptions::respond_async()).await?;
        let changed = self.follow("PATCH in and out", started, &answer, add + remove).await?;
        let messages = format!(
            "{known_in} user(s) not added (already members?); {new_out} user(s) not removed (not members?); \
             {} user(s) not found",
            unknown_in + unknown_out
        );
        self.check_report(&changed.report, [add, remove], [new_in, known_out], &messages);
        self.check_members(group, inside.len() + new_in - known_out).await?;
        Ok(changed)
    }

    async fn import_generated(&mut self) -> Result<()> {
        let count = self.demo.generated as u64;
        self.screen.heading(&format!("Import {} generated people, sent as they are made", grouped(count)))?;
        let sending = self.screen.bar("people sent", count);
        let sent = sending.clone();
        let pieces = people::csv(self.demo.generated, move |people| sent.inc(people));
        let file = File::pieces("generated.csv", pieces);
        let job = self.import("import generated people", file, count, sending).await?;
        self.check_import(&job, count, 0);
        Ok(())
    }

    async fn fill_the_large_group(&mut self) -> Result<()> {
        let count = self.demo.generated;
        self.screen.heading(&format!("Add all {} to one group by one PATCH", grouped(count as u64)))?;
        let made =
            self.client.create_group(bodies::empty_group("All hands"), &WriteOptions::default()).await?;
        let logins: Vec<String> = (0..count).map(people::login).collect();
        let body = bodies::patch(logins.iter().map(String::as_str), std::iter::empty());
        self.screen.line(format!("a body of {} bytes", grouped(body.len() as u64)))?;
        let group = made.id()?;
        let started = SystemClock.now();
        let answer = self.client.patch_group(&group, body, &WriteOptions::respond_async()).await?;
        let changed = self.follow("PATCH of all generated people", started, &answer, count).await?;
        self.check_report(&changed.report, [count, 0], [count, 0], "");
        self.check_members(&group, count).await
    }

    /// Sends a file and follows its job to the end.
    async fn import(
        &mut self,
        name: &str,
        file: File,
        rows: u64,
        sending: ProgressBar,
    ) -> Result<JobDetails> {
        let account = &self.demo.account;
        let started = SystemClock.now();
        let options = ImportOptions { job_name: Some(format!("Demo: {name}")), idempotency_key: None };
        let accepted = self.client.bulk_add(account, file, &options).await;
        let answered = SystemClock.now().since(started);
        sending.finish_and_clear();
        let job_id = accepted?.job_id;
        let working = self.screen.bar("rows done", rows);
        let seen = |job: &JobDetails| {
            let open =
                job.details.iter().filter(|group| group.status == "PENDING" || group.status == "IN_PROGRESS");
            working.set_position(job.total_count.saturating_sub(open.map(|group| group.count).sum()));
        };
        let job = self.client.wait_for_job(account, &job_id, POLL, seen).await;
        let done = SystemClock.now().since(started);
        working.finish_and_clear();
        let job = job?;
        self.screen.line(format!("GET /api/admin/user/v1/accounts/{account}/jobs/{job_id}"))?;
        self.screen.line(pretty(&job)?)?;
        self.note(Step { name: name.to_owned(), items: job.total_count, answered, done })?;
        Ok(job)
    }

    /// Follows the job that a group write made to its end.
    async fn follow(
        &mut self,
        name: &str,
        started: Instant,
        answer: &Answer,
        items: usize,
    ) -> Result<Changed> {
        let answered = SystemClock.now().since(started);
        self.checks.equal("status of an asynchronous write", 202, answer.status);
        let Some(job) = answer.job else {
            return Err(Error::Disagrees(vec![format!("{name}: the answer names no job")]));
        };
        let working = self.screen.bar("members done", items as u64);
        let seen = |report: &JobReport| working.set_position(report.members_processed_count);
        let report = self.client.wait_for_job_report(job, POLL, seen).await;
        let done = SystemClock.now().since(started);
        working.finish_and_clear();
        let report = report?;
        self.screen.line(format!("GET /v2/Groups/JobReport/{job}"))?;
        self.screen.line(pretty(&report)?)?;
        self.note(Step { name: name.to_owned(), items: report.members_processed_count, answered, done })?;
        Ok(Changed { job, group: report.group_id.to_string(), report })
    }

    fn note(&mut self, step: Step) -> io::Result<()> {
        self.screen.line(format!(
            "answered after {}, done after {}: {} a second",
            time(step.answered),
            time(step.done),
            grouped(rate(step.items, step.done))
        ))?;
        self.steps.push(step);
        Ok(())
    }

    fn check_import(&mut self, job: &JobDetails, rows: u64, faults: u64) {
        let count = |status: &str| {
            job.details.iter().filter(|group| group.status == status).map(|group| group.count).sum()
        };
        self.checks.equal(
            "status of the import",
            if faults == 0 { "COMPLETED" } else { "FAILED" },
            &job.status,
        );
        self.checks.equal("rows of the import", rows, job.total_count);
        self.checks.equal("rows that failed", faults, count("FAILED"));
        self.checks.equal("rows that were added", rows - faults, count("COMPLETED"));
    }

    /// `asked` and `done`: added and removed.
    fn check_report(&mut self, report: &JobReport, asked: [usize; 2], done: [usize; 2], messages: &str) {
        let changes = format!("{{\"create\":{},\"destroy\":{}}}", asked[0], asked[1]);
        let total = (asked[0] + asked[1]) as u64;
        self.checks.equal("requestedChanges", changes.as_str(), &report.requested_changes);
        self.checks.equal("membersCreatedCount", done[0] as u64, report.members_created_count);
        self.checks.equal("membersRemovedCount", done[1] as u64, report.members_removed_count);
        self.checks.equal("membersProcessedCount", total, report.members_processed_count);
        self.checks.equal("membersPendingCount", 0, report.members_pending_count);
        self.checks.equal("messages", messages, &report.messages);
    }

    /// Asks twice how many members a group has: the group itself, and the list of users who are in it.
    async fn check_members(&mut self, group: &str, expected: usize) -> Result<()> {
        let shown = self.client.count_members(group).await?;
        let listed = self.client.users(Some(&format!("groups.value eq \"{group}\"")), 1, 0).await?;
        self.checks.equal("members of the group", expected as u64, shown);
        self.checks.equal("users in the group", expected as u64, listed.total_results);
        self.screen.line(format!("group {group} has {} members", grouped(shown)))?;
        Ok(())
    }

    fn end(&mut self, import: &JobDetails, mixed: &Changed) -> Result<()> {
        self.screen.heading("What it took")?;
        self.screen.line(figures::steps(&self.steps))?;
        let Demo { base_url, account, token, data, stays, .. } = self.demo;
        let job = &import.job_id;
        if *stays {
            self.screen.line(format!(
                "\nAsk yourself while the server runs:\n\n\
                 curl -H 'Authorization: Bearer {token}' '{base_url}/v2/Groups/JobReport/{}'\n\n\
                 curl -H 'Authorization: Bearer {token}' \
                 '{base_url}/api/admin/user/v1/accounts/{account}/jobs/{job}/users?pageSize=5&filter=status:FAILED'\n",
                mixed.job
            ))?;
        }
        if let Some(data) = data {
            self.screen.line(format!("The data stays in {}.", data.display()))?;
        }
        let (made, failed) = (self.checks.made(), self.checks.failed());
        if failed.is_empty() {
            self.screen.line(format!("{made} figures checked against what must come out: all agree."))?;
            return Ok(());
        }
        Err(Error::Disagrees(failed.to_vec()))
    }
}

/// An answer as JSON, as it came but indented.
fn pretty<T: serde::Serialize>(answer: &T) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(answer)?)
}
