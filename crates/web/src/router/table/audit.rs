//! The routes of the audit log.

use throng_directory::model::audit::Kind;

use super::guarded;
use super::parts::{APPKEY, AUDIT_EXPORT, AUDIT_FILE, AUDIT_PAGE, AUDIT_READ, JSON_BODY};
use crate::access::Authorised;
use crate::call::{Answering, Call};
use crate::headers::JSON;
use crate::router::declared::{Answer, guard};
use crate::router::fields::{path, query};
use crate::router::{Face, Route, Verb};
use crate::{admin, native};

/// A search or an export of the admin API.
const fn search(path: &'static str, handler: fn(Authorised, Call) -> Answering) -> Route {
    guard(Verb::Post, path, Face::Admin, AUDIT_READ, handler)
        .of(&[path::ACCOUNT_ID])
        .reads(APPKEY)
        .takes(JSON_BODY, "AuditSearch")
        .told(Kind::Audit, "")
}

/// What was done, by whom, and what was refused. Reads of it are told in it, too.
pub(in crate::router) static ROUTES: &[Route] = &[
    search("/api/admin/user/v1/accounts/{accountId}/audit-records:search", guarded!(admin::audit::search))
        .about("Search the audit records about everything but groups")
        .query(query::AUDIT_SEARCH)
        .gives(AUDIT_PAGE),
    search("/api/admin/user/v1/accounts/{accountId}/audit-records:export", guarded!(admin::audit::export))
        .about("The audit records about everything but groups as a file, at most 1,000 of them")
        .query(query::AUDIT_EXPORT)
        .gives(AUDIT_EXPORT),
    search(
        "/api/admin/group/v1/accounts/{accountId}/audit-records:search",
        guarded!(admin::audit::search_groups),
    )
    .about("Search the audit records about groups")
    .query(query::AUDIT_SEARCH)
    .gives(AUDIT_PAGE),
    search(
        "/api/admin/group/v1/accounts/{accountId}/audit-records:export",
        guarded!(admin::audit::export_groups),
    )
    .about("The audit records about groups as a file, at most 1,000 of them")
    .query(query::AUDIT_EXPORT)
    .gives(AUDIT_EXPORT),
    guard(
        Verb::Get,
        "/api/v1/accounts/{accountId}/audit",
        Face::Native,
        AUDIT_READ,
        guarded!(native::audit::list),
    )
    .about("List the rows of the audit log, the latest first")
    .of(&[path::ACCOUNT_ID])
    .query(query::AUDIT)
    .gives(&[Answer::new(200, JSON, "AuditList")])
    .told(Kind::Audit, ""),
    guard(
        Verb::Get,
        "/api/v1/accounts/{accountId}/audit/download",
        Face::Native,
        AUDIT_READ,
        guarded!(native::audit::download),
    )
    .about("The rows of the audit log as one file of any size, the latest first")
    .of(&[path::ACCOUNT_ID])
    .query(query::AUDIT_FILE)
    .gives(AUDIT_FILE)
    .told(Kind::Audit, ""),
];
