//! The routes of the admin API.

use throng_directory::model::audit::Kind;

use super::guarded;
use super::parts::{
    ADMIN_CHANGES, ADMIN_READ, ADMIN_READS, ADMIN_WRITE, APPKEY, DELETED, EXPORTED_USERS, FAILED_USERS,
    FILE_HEADERS, IMPORT_ACCEPTED, JSON_BODY, ONE_IMPORT, ONE_PERSON, PATCH_BODY, PERSON, TAKEN,
    UNCHANGED_HERE, UPLOADS,
};
use crate::admin;
use crate::headers::{JSON, OCTETS};
use crate::router::declared::{Answer, guard};
use crate::router::fields::{answer as sent, path, query};
use crate::router::{Face, Route, Verb};

/// People, and jobs about them.
pub(in crate::router) static ROUTES: &[Route] = &[
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/users",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::users::list),
    )
    .about("List users")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .query(query::PEOPLE)
    .gives(&[Answer::new(200, JSON, "UserPage")]),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/users",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(admin::users::create),
    )
    .about("Create a user")
    .of(&[path::ACCOUNT_ID])
    .reads(UPLOADS)
    .takes(JSON_BODY, "UserWrite")
    .gives(&[Answer::new(202, JSON, "User").with(&[sent::ETAG, sent::LOCATION, sent::IDEMPOTENT_REPLAYED])])
    .refuses(TAKEN),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/users:search",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::users::search),
    )
    .about("List users whom conditions choose")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .query(query::PEOPLE_SEARCH)
    .takes(JSON_BODY, "UserSearch")
    .gives(&[Answer::new(200, JSON, "UserPage")]),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/users:listStatuses",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::users::statuses),
    )
    .about("What became of changes of users")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .takes(JSON_BODY, "UserIds")
    .gives(&[Answer::new(200, JSON, "UserStatuses")]),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/users/{userId}",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::users::get),
    )
    .about("Get a user")
    .of(ONE_PERSON)
    .reads(ADMIN_READS)
    .gives(&[PERSON, UNCHANGED_HERE]),
    guard(
        Verb::Put,
        "/api/admin/user/v1/accounts/{accountId}/users/{userId}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(admin::users::replace),
    )
    .about("Replace a user: what the body lacks is cleared")
    .of(ONE_PERSON)
    .reads(ADMIN_CHANGES)
    .takes(JSON_BODY, "UserWrite")
    .gives(&[Answer::new(202, JSON, "User").with(&[sent::ETAG, sent::IDEMPOTENT_REPLAYED])])
    .refuses(TAKEN),
    guard(
        Verb::Patch,
        "/api/admin/user/v1/accounts/{accountId}/users/{userId}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(admin::users::change),
    )
    .about("Change a user: what the body lacks stays, and null clears")
    .of(ONE_PERSON)
    .reads(ADMIN_CHANGES)
    .takes(PATCH_BODY, "UserWrite")
    .gives(&[Answer::new(200, JSON, "User").with(&[sent::ETAG, sent::IDEMPOTENT_REPLAYED])])
    .refuses(TAKEN),
    guard(
        Verb::Delete,
        "/api/admin/user/v1/accounts/{accountId}/users/{userId}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(admin::users::delete),
    )
    .about("Delete a user")
    .of(ONE_PERSON)
    .reads(ADMIN_CHANGES)
    .gives(DELETED),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/password-policy",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::passwords::policy),
    )
    .about("What the account asks of passwords")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .gives(&[Answer::new(200, JSON, "PasswordPolicy")]),
    guard(
        Verb::Put,
        "/api/admin/user/v1/accounts/{accountId}/password-policy",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(admin::passwords::set_policy),
    )
    .about("Set what the account asks of passwords: what the body lacks has its default")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .takes(JSON_BODY, "PasswordPolicy")
    .gives(&[Answer::new(200, JSON, "PasswordPolicy")]),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/jobs",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::jobs::list),
    )
    .about("List jobs")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .query(query::JOBS)
    .gives(&[Answer::new(200, JSON, "JobsPage")]),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/users:bulkExport",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(admin::users::export),
    )
    .about("Write users down by a job, to be downloaded as files that an import reads")
    .of(&[path::ACCOUNT_ID])
    .reads(UPLOADS)
    .query(query::EXPORT)
    .gives(IMPORT_ACCEPTED)
    .refuses(TAKEN),
    // Before the job itself, whose id would be taken to have the verb in it.
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}:exportFailedUsers",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::files::failed_users),
    )
    .about(
        "The users of a job that failed or were not attempted, and why, as a file to correct and send again",
    )
    .told(Kind::Job, "jobId")
    .of(ONE_IMPORT)
    .reads(APPKEY)
    .query(query::FILE)
    .gives(FAILED_USERS)
    .refuses(TAKEN),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}:downloadExportedUsers",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::files::exported_users),
    )
    .about("The users of an export that has ended, as a file that an import reads")
    .told(Kind::Job, "jobId")
    .of(ONE_IMPORT)
    .reads(APPKEY)
    .query(query::FILE)
    .gives(EXPORTED_USERS)
    .refuses(TAKEN),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/users-bulk-template",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::files::template),
    )
    .about("An empty workbook with the columns that files of users have")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .gives(&[Answer::new(200, OCTETS, "Download").with(FILE_HEADERS)]),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/jobs:bulkDelete",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(admin::jobs::delete),
    )
    .about("Throw away jobs that have ended: all of them or none")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .takes(JSON_BODY, "JobIds")
    .gives(&[Answer::empty(202, "Nobody sees them any more")]),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}:stop",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(admin::jobs::stop),
    )
    .about("Stop a job; one that has ended stays as it is")
    .of(ONE_IMPORT)
    .reads(APPKEY)
    .gives(&[Answer::new(202, JSON, "JobStopped")]),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::jobs::get),
    )
    .about("Get a job")
    .of(ONE_IMPORT)
    .reads(APPKEY)
    .gives(&[Answer::new(200, JSON, "JobDetails")]),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}/users",
        Face::Admin,
        ADMIN_READ,
        guarded!(admin::rows::list),
    )
    .about("Lists the users added, updated, or deleted by a job")
    .told(Kind::Job, "jobId")
    .of(ONE_IMPORT)
    .reads(APPKEY)
    .query(query::JOB_USERS)
    .gives(&[Answer::new(200, JSON, "JobUsersPage")]),
];
