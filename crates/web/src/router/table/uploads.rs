//! The routes about files: sent at once or in parts, and made jobs.

use super::guarded;
use super::parts::{
    ADMIN_READ, ADMIN_WRITE, APPKEY, FORM_BODY, IMPORT_ACCEPTED, JSON_BODY, ONE_UPLOAD, TAKEN, UPLOADS,
};
use crate::access::Authorised;
use crate::admin::{upload, uploads};
use crate::call::{Answering, Call};
use crate::headers::{JSON, OCTETS};
use crate::router::declared::{Answer, guard};
use crate::router::fields::{answer as sent, path, query, request};
use crate::router::{Face, Route, Verb};

/// A route that takes a file and makes a job.
const fn sends(path: &'static str, handler: fn(Authorised, Call) -> Answering) -> Route {
    guard(Verb::Post, path, Face::Admin, ADMIN_WRITE, handler)
        .of(&[path::ACCOUNT_ID])
        .reads(UPLOADS)
        .query(query::UPLOAD)
        .takes(FORM_BODY, "Upload")
        .gives(IMPORT_ACCEPTED)
        .refuses(TAKEN)
}

/// The routes about files.
pub(in crate::router) static ROUTES: &[Route] = &[
    sends("/api/admin/user/v1/accounts/{accountId}/users:bulkAdd", guarded!(upload::add))
        .about("Add the users of a file by a job"),
    sends("/api/admin/user/v1/accounts/{accountId}/users:bulkUpdate", guarded!(upload::update))
        .about("Change the users of a file by a job: blank cells stay as they are"),
    sends("/api/admin/user/v1/accounts/{accountId}/users:bulkDelete", guarded!(upload::delete))
        .about("Delete the users of a file by a job"),
    sends("/api/admin/user/v1/accounts/{accountId}/users:bulkUpsert", guarded!(upload::upsert))
        .about("Add the users of a file who are not there, and change those who are, by a job"),
    sends("/api/admin/user/v1/accounts/{accountId}/users:bulkSync", guarded!(upload::sync))
        .query(query::SYNC)
        .about("Make a file the whole truth of the account, or of a group, by a job"),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/uploads",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(uploads::create),
    )
    .about("Begin to upload a file in parts")
    .of(&[path::ACCOUNT_ID])
    .reads(UPLOADS)
    .takes(JSON_BODY, "UploadCreate")
    .gives(&[Answer::new(201, JSON, "UploadDetails").with(&[sent::LOCATION, sent::IDEMPOTENT_REPLAYED])]),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/uploads",
        Face::Admin,
        ADMIN_READ,
        guarded!(uploads::list),
    )
    .about("List the uploads that are open")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .gives(&[Answer::new(200, JSON, "UploadList")]),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/uploads/{uploadId}",
        Face::Admin,
        ADMIN_READ,
        guarded!(uploads::get),
    )
    .about("Which parts of an upload are there")
    .of(ONE_UPLOAD)
    .reads(APPKEY)
    .gives(&[Answer::new(200, JSON, "UploadDetails")]),
    guard(
        Verb::Delete,
        "/api/admin/user/v1/accounts/{accountId}/uploads/{uploadId}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(uploads::delete),
    )
    .about("Give up an upload")
    .of(ONE_UPLOAD)
    .reads(APPKEY)
    .gives(&[Answer::empty(204, "Nobody sees it any more")]),
    guard(
        Verb::Put,
        "/api/admin/user/v1/accounts/{accountId}/uploads/{uploadId}/parts/{number}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(uploads::put_part),
    )
    .about("Store a part of an upload, in the place of an earlier one of its number")
    .of(&[path::ACCOUNT_ID, path::UPLOAD, path::PART])
    .reads(&[request::APPKEY, request::CONTENT_DIGEST, request::DIGEST])
    .takes(&[OCTETS], "Octets")
    .gives(&[Answer::new(200, JSON, "UploadPart").with(&[sent::CONTENT_DIGEST])]),
];
