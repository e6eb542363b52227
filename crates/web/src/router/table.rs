//! The table itself: every path that this server answers on, who may call it, and how it speaks.

use throng_directory::Permission;

use crate::access::Authorised;
use crate::call::{Answering, Call};
use crate::headers::{JSON, SCIM_JSON};
use crate::router::{Access, Content, Face, Guard, Route, Verb};
use crate::scim::{discovery, groups, not_implemented, users};
use crate::{admin, native, report};

/// A handler as the table holds it.
macro_rules! public {
    ($handler:path) => {
        |call| Box::pin($handler(call))
    };
}

/// A guarded handler as the table holds it.
macro_rules! guarded {
    ($handler:path) => {
        |caller, call| Box::pin($handler(caller, call))
    };
}

const LIST: &[&str] = &["filter", "startIndex", "count", "attributes", "excludedAttributes"];
const SHOW: &[&str] = &["attributes", "excludedAttributes"];
const PAGED: &[&str] = &["pageNumber", "pageSize", "filter", "orderBy"];

const USERS_READ: Guard = Guard::Permission(Permission::UsersRead);
const USERS_WRITE: Guard = Guard::Permission(Permission::UsersWrite);
const GROUPS_READ: Guard = Guard::Permission(Permission::GroupsRead);
const GROUPS_WRITE: Guard = Guard::Permission(Permission::GroupsWrite);
const REPORT_READ: Guard = Guard::Permission(Permission::JobReportRead);
const ADMINISTER: Guard = Guard::AccountPath(Permission::Administer);

/// A route that everybody may call.
const fn open(verb: Verb, path: &'static str, face: Face, handler: fn(Call) -> Answering) -> Route {
    route(verb, path, face, Access::Public(handler))
}

/// A route with a guard.
const fn guard(
    verb: Verb,
    path: &'static str,
    face: Face,
    guard: Guard,
    handler: fn(Authorised, Call) -> Answering,
) -> Route {
    route(verb, path, face, Access::Guarded(guard, handler))
}

const fn route(verb: Verb, path: &'static str, face: Face, access: Access) -> Route {
    Route { verb, path, face, summary: "", query: &[], takes: None, gives: (204, None), access }
}

impl Route {
    const fn about(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The query parameters it knows.
    const fn query(mut self, names: &'static [&'static str]) -> Self {
        self.query = names;
        self
    }

    const fn takes(mut self, media_type: &'static str, schema: &'static str) -> Self {
        self.takes = Some(Content { media_type, schema });
        self
    }

    const fn gives(mut self, status: u16, media_type: &'static str, schema: &'static str) -> Self {
        self.gives = (status, Some(Content { media_type, schema }));
        self
    }
}

/// Every route. Of several that fit a path, the first counts.
pub(super) static ROUTES: &[Route] = &[
    // Discovery. Source: RFC 7644 §4.
    open(
        Verb::Get,
        "/scim/v2/ServiceProviderConfig",
        Face::Scim,
        public!(discovery::service_provider_config),
    )
    .about("What this SCIM server can do")
    .gives(200, SCIM_JSON, "ScimResource"),
    open(Verb::Get, "/scim/v2/Schemas", Face::Scim, public!(discovery::schemas))
        .about("The schemas of the resources")
        .gives(200, SCIM_JSON, "ListResponse"),
    open(Verb::Get, "/scim/v2/Schemas/{id}", Face::Scim, public!(discovery::schema))
        .about("One schema")
        .gives(200, SCIM_JSON, "ScimResource"),
    open(Verb::Get, "/scim/v2/ResourceTypes", Face::Scim, public!(discovery::resource_types))
        .about("The types of resources")
        .gives(200, SCIM_JSON, "ListResponse"),
    open(Verb::Get, "/scim/v2/ResourceTypes/{id}", Face::Scim, public!(discovery::resource_type))
        .about("One type of resources")
        .gives(200, SCIM_JSON, "ScimResource"),
    // What the standard has and this server does not.
    guard(Verb::Get, "/scim/v2/Me", Face::Scim, USERS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    guard(Verb::Post, "/scim/v2/Me", Face::Scim, USERS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    guard(Verb::Put, "/scim/v2/Me", Face::Scim, USERS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    guard(Verb::Patch, "/scim/v2/Me", Face::Scim, USERS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    guard(Verb::Delete, "/scim/v2/Me", Face::Scim, USERS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    guard(Verb::Post, "/scim/v2/Bulk", Face::Scim, USERS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    guard(Verb::Post, "/scim/v2/.search", Face::Scim, USERS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    guard(Verb::Post, "/scim/v2/Users/.search", Face::Scim, USERS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    guard(Verb::Post, "/scim/v2/Groups/.search", Face::Scim, GROUPS_READ, guarded!(not_implemented))
        .about("Not implemented"),
    // People.
    guard(Verb::Get, "/scim/v2/Users", Face::Scim, USERS_READ, guarded!(users::list))
        .about("List users")
        .query(LIST)
        .gives(200, SCIM_JSON, "ListResponse"),
    guard(Verb::Post, "/scim/v2/Users", Face::Scim, USERS_WRITE, guarded!(users::create))
        .about("Create a user")
        .query(SHOW)
        .takes(SCIM_JSON, "ScimResource")
        .gives(201, SCIM_JSON, "ScimResource"),
    guard(Verb::Get, "/scim/v2/Users/{id}", Face::Scim, USERS_READ, guarded!(users::get))
        .about("Get a user")
        .query(SHOW)
        .gives(200, SCIM_JSON, "ScimResource"),
    guard(Verb::Put, "/scim/v2/Users/{id}", Face::Scim, USERS_WRITE, guarded!(users::replace))
        .about("Replace a user")
        .query(SHOW)
        .takes(SCIM_JSON, "ScimResource")
        .gives(200, SCIM_JSON, "ScimResource"),
    guard(Verb::Patch, "/scim/v2/Users/{id}", Face::Scim, USERS_WRITE, guarded!(users::patch))
        .about("Change a user")
        .query(SHOW)
        .takes(SCIM_JSON, "PatchOp")
        .gives(200, SCIM_JSON, "ScimResource"),
    guard(Verb::Delete, "/scim/v2/Users/{id}", Face::Scim, USERS_WRITE, guarded!(users::delete))
        .about("Delete a user"),
    // Groups.
    guard(Verb::Get, "/scim/v2/Groups", Face::Scim, GROUPS_READ, guarded!(groups::list))
        .about("List groups")
        .query(LIST)
        .gives(200, SCIM_JSON, "ListResponse"),
    guard(Verb::Post, "/scim/v2/Groups", Face::Scim, GROUPS_WRITE, guarded!(groups::create))
        .about("Create a group; members are added by a job")
        .query(SHOW)
        .takes(SCIM_JSON, "ScimResource")
        .gives(201, SCIM_JSON, "ScimResource"),
    guard(Verb::Get, "/scim/v2/Groups/{id}", Face::Scim, GROUPS_READ, guarded!(groups::get))
        .about("Get a group")
        .query(SHOW)
        .gives(200, SCIM_JSON, "ScimResource"),
    guard(Verb::Put, "/scim/v2/Groups/{id}", Face::Scim, GROUPS_WRITE, guarded!(groups::replace))
        .about("Replace a group; members are replaced by a job")
        .query(SHOW)
        .takes(SCIM_JSON, "ScimResource")
        .gives(200, SCIM_JSON, "ScimResource"),
    guard(Verb::Patch, "/scim/v2/Groups/{id}", Face::Scim, GROUPS_WRITE, guarded!(groups::patch))
        .about("Change a group; members are changed by a job")
        .query(SHOW)
        .takes(SCIM_JSON, "PatchOp")
        .gives(200, SCIM_JSON, "ScimResource"),
    guard(Verb::Delete, "/scim/v2/Groups/{id}", Face::Scim, GROUPS_WRITE, guarded!(groups::delete))
        .about("Delete a group"),
    // The report of a membership job.
    guard(Verb::Get, "/v2/Groups/JobReport/{jobId}", Face::Report, REPORT_READ, guarded!(report::get))
        .about("Returns details on asynchronous jobs to modify a group's members")
        .gives(200, JSON, "JobReport"),
    guard(Verb::Get, "/scim/v2/Groups/JobReport/{jobId}", Face::Report, REPORT_READ, guarded!(report::get))
        .about("The same report, beside the groups")
        .gives(200, JSON, "JobReport"),
    // User jobs.
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/jobs",
        Face::Admin,
        ADMINISTER,
        guarded!(admin::jobs::list),
    )
    .about("List jobs")
    .query(PAGED)
    .gives(200, JSON, "JobsPage"),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}",
        Face::Admin,
        ADMINISTER,
        guarded!(admin::jobs::get),
    )
    .about("Get a job")
    .gives(200, JSON, "JobDetails"),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}/users",
        Face::Admin,
        ADMINISTER,
        guarded!(admin::rows::list),
    )
    .about("Lists the users added, updated, or deleted by a job")
    .query(PAGED)
    .gives(200, JSON, "JobUsersPage"),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/users:bulkAdd",
        Face::Admin,
        ADMINISTER,
        guarded!(admin::upload::bulk_add),
    )
    .about("Add the users of a file by a job")
    .query(&["jobName"])
    .takes("multipart/form-data", "Upload")
    .gives(202, JSON, "JobAccepted"),
    // Ours.
    guard(Verb::Post, "/api/v1/accounts", Face::Native, Guard::Operator, guarded!(native::create_account))
        .about("Create an account")
        .takes(JSON, "AccountCreate")
        .gives(201, JSON, "AccountCreated"),
    guard(
        Verb::Post,
        "/api/v1/accounts/{account}/keys",
        Face::Native,
        Guard::Operator,
        guarded!(native::create_key),
    )
    .about("Create a key of an account")
    .takes(JSON, "KeyCreate")
    .gives(201, JSON, "KeyCreated"),
    open(Verb::Get, "/api/v1/limits", Face::Native, public!(native::limits))
        .about("The limits that are enforced")
        .gives(200, JSON, "Limits"),
    open(Verb::Get, "/health", Face::Public, public!(native::health))
        .about("Whether the server answers")
        .gives(200, JSON, "Health"),
    open(Verb::Get, "/openapi.json", Face::Public, public!(native::openapi))
        .about("This description")
        .gives(200, JSON, "OpenApi"),
];
