//! The routes of the native API about jobs.

use throng_directory::model::audit::Kind;

use super::guarded;
use super::parts::{
    ADMIN_WRITE, ANY_JOB, CREATES, EVENTS, GONE, GONE_OR_TAKEN, ITEMS_FILE, JOBS_APPROVE, JOBS_READ,
    JSON_BODY, LISTENS, MADE_JOB, NO_MORE_EVENTS, ONE_JOB, TAKEN, UNCHANGED_JOB, WATCHES,
};
use crate::access::Authorised;
use crate::call::{Answering, Call};
use crate::headers::JSON;
use crate::native;
use crate::router::declared::{Answer, guard};
use crate::router::fields::{answer as sent, path, query};
use crate::router::{Face, Guard, Route, Verb};

/// A route that makes a job, which may wait, or be a dry run.
const fn makes_job(path: &'static str, who: Guard, handler: fn(Authorised, Call) -> Answering) -> Route {
    guard(Verb::Post, path, Face::Native, who, handler).reads(CREATES).query(query::FOLLOW).gives(MADE_JOB)
}

/// Jobs of every kind.
pub(in crate::router) static ROUTES: &[Route] = &[
    guard(
        Verb::Get,
        "/api/v1/accounts/{accountId}/jobs",
        Face::Native,
        JOBS_READ,
        guarded!(native::jobs::list),
    )
    .about("List jobs of every kind, the latest first")
    .of(&[path::ACCOUNT_ID])
    .query(query::ALL_JOBS)
    .gives(&[Answer::new(200, JSON, "JobList")]),
    // Before the path of one job, which it would fit, too.
    guard(
        Verb::Get,
        "/api/v1/accounts/{accountId}/jobs/events",
        Face::Native,
        JOBS_READ,
        guarded!(native::events::account),
    )
    .about("Listen to all jobs: each that changes is told as it is")
    .of(&[path::ACCOUNT_ID])
    .reads(LISTENS)
    .gives(&[EVENTS]),
    guard(
        Verb::Get,
        "/api/v1/accounts/{accountId}/jobs/{jobId}",
        Face::Native,
        JOBS_READ,
        guarded!(native::jobs::get),
    )
    .about("A job of any kind")
    .of(ANY_JOB)
    .reads(WATCHES)
    .gives(&[Answer::new(200, JSON, "Job").with(&[sent::ETAG]), UNCHANGED_JOB])
    .refuses(GONE),
    guard(
        Verb::Get,
        "/api/v1/accounts/{accountId}/jobs/{jobId}/events",
        Face::Native,
        JOBS_READ,
        guarded!(native::events::job),
    )
    .about("Listen to a job, until it has ended")
    .of(ANY_JOB)
    .reads(LISTENS)
    .gives(&[EVENTS, NO_MORE_EVENTS])
    .refuses(GONE),
    guard(
        Verb::Get,
        "/api/v1/accounts/{accountId}/jobs/{jobId}/items",
        Face::Native,
        JOBS_READ,
        guarded!(native::jobs::items),
    )
    .about("What became of each item of a job")
    .told(Kind::Job, "jobId")
    .of(ANY_JOB)
    .query(query::ITEMS)
    .gives(&[Answer::new(200, JSON, "JobItemList")])
    .refuses(GONE),
    guard(
        Verb::Get,
        "/api/v1/accounts/{accountId}/jobs/{jobId}/items/download",
        Face::Native,
        JOBS_READ,
        guarded!(native::downloads::items),
    )
    .about("What became of each item of a job, as one file of any size")
    .told(Kind::Job, "jobId")
    .of(ANY_JOB)
    .query(query::DOWNLOAD)
    .gives(ITEMS_FILE)
    .refuses(GONE),
    guard(
        Verb::Post,
        "/api/v1/accounts/{accountId}/jobs/{jobId}/abort",
        Face::Native,
        JOBS_READ,
        guarded!(native::jobs::abort),
    )
    .about("Stop a job")
    .of(ANY_JOB)
    .gives(ONE_JOB)
    .refuses(GONE_OR_TAKEN),
    guard(
        Verb::Post,
        "/api/v1/accounts/{accountId}/jobs/{jobId}/approve",
        Face::Native,
        JOBS_APPROVE,
        guarded!(native::jobs::approve),
    )
    .about("Let a job go on that waits for approval")
    .of(ANY_JOB)
    .gives(ONE_JOB)
    .refuses(GONE_OR_TAKEN),
    makes_job(
        "/api/v1/accounts/{accountId}/jobs/{jobId}/redrive",
        JOBS_READ,
        guarded!(native::jobs::redrive),
    )
    .about("Try items of a job again by a new one")
    .of(ANY_JOB)
    .takes(JSON_BODY, "JobRedrive")
    .refuses(GONE_OR_TAKEN),
    makes_job("/api/v1/accounts/{accountId}/jobs/{jobId}/undo", JOBS_READ, guarded!(native::jobs::undo))
        .about("Take back what a job did by a new one")
        .of(ANY_JOB)
        .refuses(GONE_OR_TAKEN),
    makes_job("/api/v1/accounts/{accountId}/jobs/{jobId}/apply", JOBS_READ, guarded!(native::jobs::apply))
        .about("Do what a dry run said by a new job")
        .of(ANY_JOB)
        .refuses(GONE_OR_TAKEN),
    makes_job("/api/v1/accounts/{accountId}/users/delete", ADMIN_WRITE, guarded!(native::jobs::delete_users))
        .about("Delete the people whom a filter finds, by a job")
        .of(&[path::ACCOUNT_ID])
        .takes(JSON_BODY, "UsersDelete")
        .refuses(TAKEN),
    guard(
        Verb::Post,
        "/api/v1/accounts/{accountId}/users/forget",
        Face::Native,
        ADMIN_WRITE,
        guarded!(native::jobs::forget),
    )
    .about("Delete a person and take their names out of the items of jobs")
    .of(&[path::ACCOUNT_ID])
    .takes(JSON_BODY, "UsersForget")
    .gives(&[Answer::new(202, JSON, "Job").with(&[sent::LOCATION])])
    .refuses(&[404]),
];
