//! The table itself: every path that this server answers on, who may call it, and how it speaks.

use crate::headers::{JSON, SCIM_JSON};
use crate::router::declared::{Answer, guard, open};
use crate::router::fields::{answer as sent, path, query};
use crate::router::{Face, Guard, Route, Verb};
use crate::scim::{
    bulk, discovery, groups as scim_groups, list, me, not_implemented, resources, roles, users,
};
use crate::{native, report};

pub(super) mod admin;
pub(super) mod audit;
pub(super) mod groups;
pub(super) mod jobs;
pub(super) mod keys;
pub(super) mod oauth;
mod parts;
pub(super) mod uploads;

use parts::{
    AWAY, CHANGED, CHANGES, CHANGES_GROUP, CREATED, CREATES, CREATES_GROUP, DELETED, GROUP_ACCEPTED,
    GROUP_CHANGED, GROUP_CREATED, GROUP_SHOWN, GROUPS_READ, GROUPS_WRITE, JSON_BODY, LISTED, ME_CHANGED,
    ME_DELETED, ME_SHOWN, ME_UNCHANGED, NO_FILTER, NOBODY, NOT_IMPLEMENTED, ONE_GROUP, ONE_RESOURCE,
    ONE_USER, READS, REPORT_READ, RESOURCE, RESOURCES_READ, RESOURCES_WRITE, SCIM_BODY, SEARCH, SETTINGS,
    SHOWN, TAKEN, TAKEN_OR_NOBODY, UNCHANGED, UNCHANGED_JOB, USERS_READ, USERS_WRITE, WATCHES,
};

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
use {guarded, public};

/// The routes of SCIM and, but for those about jobs, of the native API.
pub(super) static ROUTES: &[Route] = &[
    // Discovery. Source: RFC 7644 §4.
    open(
        Verb::Get,
        "/scim/v2/ServiceProviderConfig",
        Face::Scim,
        public!(discovery::service_provider_config),
    )
    .about("What this SCIM server can do")
    .gives(&[Answer::new(200, SCIM_JSON, RESOURCE)])
    .refuses(NO_FILTER),
    open(Verb::Get, "/scim/v2/Schemas", Face::Scim, public!(discovery::schemas))
        .about("The schemas of the resources")
        .gives(LISTED)
        .refuses(NO_FILTER),
    open(Verb::Get, "/scim/v2/Schemas/{id}", Face::Scim, public!(discovery::schema))
        .about("One schema")
        .of(&[path::SCHEMA])
        .gives(&[Answer::new(200, SCIM_JSON, RESOURCE)])
        .refuses(NO_FILTER),
    open(Verb::Get, "/scim/v2/ResourceTypes", Face::Scim, public!(discovery::resource_types))
        .about("The types of resources")
        .gives(LISTED)
        .refuses(NO_FILTER),
    open(Verb::Get, "/scim/v2/ResourceTypes/{id}", Face::Scim, public!(discovery::resource_type))
        .about("One type of resources")
        .of(&[path::RESOURCE_TYPE])
        .gives(&[Answer::new(200, SCIM_JSON, RESOURCE)])
        .refuses(NO_FILTER),
    // What the standard has and this server does not.
    guard(Verb::Post, "/scim/v2/Me", Face::Scim, USERS_WRITE, guarded!(not_implemented))
        .about("Not implemented: nobody can make themselves")
        .refuses(NOT_IMPLEMENTED),
    // Each operation is authorised by itself.
    guard(Verb::Post, "/scim/v2/Bulk", Face::Scim, USERS_READ, guarded!(bulk::bulk))
        .about("Many operations in one request")
        .query(query::DRY_RUN_ONLY)
        .takes(SCIM_BODY, "BulkRequest")
        .gives(&[Answer::new(200, SCIM_JSON, "BulkResponse").with(&[sent::THRONG_JOB, sent::LINK])]),
    // Every type.
    guard(Verb::Get, "/scim/v2", Face::Scim, USERS_READ, guarded!(list::everything))
        .about("List resources of every type")
        .query(query::LIST)
        .gives(LISTED),
    guard(Verb::Post, "/scim/v2/.search", Face::Scim, USERS_READ, guarded!(list::search_everything))
        .about("List resources of every type, the query in the body")
        .takes(SCIM_BODY, SEARCH)
        .gives(LISTED),
    guard(Verb::Post, "/scim/v2/Users/.search", Face::Scim, USERS_READ, guarded!(list::search_users))
        .about("List users, the query in the body")
        .takes(SCIM_BODY, SEARCH)
        .gives(LISTED),
    guard(Verb::Post, "/scim/v2/Groups/.search", Face::Scim, GROUPS_READ, guarded!(list::search_groups))
        .about("List groups, the query in the body")
        .takes(SCIM_BODY, SEARCH)
        .gives(LISTED),
    // People.
    guard(Verb::Get, "/scim/v2/Users", Face::Scim, USERS_READ, guarded!(list::users))
        .about("List users")
        .query(query::LIST)
        .gives(LISTED),
    guard(Verb::Post, "/scim/v2/Users", Face::Scim, USERS_WRITE, guarded!(users::create))
        .about("Create a user")
        .reads(CREATES)
        .query(query::SHOW)
        .takes(SCIM_BODY, RESOURCE)
        .gives(CREATED)
        .refuses(TAKEN),
    guard(Verb::Get, "/scim/v2/Users/{id}", Face::Scim, USERS_READ, guarded!(users::get))
        .about("Get a user")
        .of(ONE_USER)
        .reads(READS)
        .query(query::SHOW)
        .gives(&[SHOWN, UNCHANGED]),
    guard(Verb::Put, "/scim/v2/Users/{id}", Face::Scim, USERS_WRITE, guarded!(users::replace))
        .about("Replace a user")
        .of(ONE_USER)
        .reads(CHANGES)
        .query(query::SHOW)
        .takes(SCIM_BODY, RESOURCE)
        .gives(CHANGED)
        .refuses(TAKEN),
    guard(Verb::Patch, "/scim/v2/Users/{id}", Face::Scim, USERS_WRITE, guarded!(users::patch))
        .about("Change a user")
        .of(ONE_USER)
        .reads(CHANGES)
        .query(query::SHOW)
        .takes(SCIM_BODY, "PatchOp")
        .gives(CHANGED)
        .refuses(TAKEN),
    guard(Verb::Delete, "/scim/v2/Users/{id}", Face::Scim, USERS_WRITE, guarded!(users::delete))
        .about("Delete a user")
        .of(ONE_USER)
        .reads(CHANGES)
        .gives(DELETED),
    // The person whom the key belongs to.
    guard(Verb::Get, "/scim/v2/Me", Face::Scim, USERS_READ, guarded!(me::get))
        .about("Get the user whom the key belongs to")
        .reads(READS)
        .query(query::SHOW)
        .gives(&[ME_SHOWN, ME_UNCHANGED])
        .refuses(NOBODY),
    guard(Verb::Put, "/scim/v2/Me", Face::Scim, USERS_WRITE, guarded!(me::replace))
        .about("Replace the user whom the key belongs to")
        .reads(CHANGES)
        .query(query::SHOW)
        .takes(SCIM_BODY, RESOURCE)
        .gives(ME_CHANGED)
        .refuses(TAKEN_OR_NOBODY),
    guard(Verb::Patch, "/scim/v2/Me", Face::Scim, USERS_WRITE, guarded!(me::patch))
        .about("Change the user whom the key belongs to")
        .reads(CHANGES)
        .query(query::SHOW)
        .takes(SCIM_BODY, "PatchOp")
        .gives(ME_CHANGED)
        .refuses(TAKEN_OR_NOBODY),
    guard(Verb::Delete, "/scim/v2/Me", Face::Scim, USERS_WRITE, guarded!(me::delete))
        .about("Delete the user whom the key belongs to")
        .reads(CHANGES)
        .gives(ME_DELETED)
        .refuses(NOBODY),
    // Groups.
    guard(Verb::Get, "/scim/v2/Groups", Face::Scim, GROUPS_READ, guarded!(list::groups))
        .about("List groups")
        .query(query::LIST)
        .gives(LISTED),
    guard(Verb::Post, "/scim/v2/Groups", Face::Scim, GROUPS_WRITE, guarded!(scim_groups::create))
        .about("Create a group; members are added by a job")
        .reads(CREATES_GROUP)
        .query(query::WRITE_GROUP)
        .takes(SCIM_BODY, RESOURCE)
        .gives(&[GROUP_CREATED, GROUP_ACCEPTED]),
    guard(Verb::Get, "/scim/v2/Groups/{id}", Face::Scim, GROUPS_READ, guarded!(scim_groups::get))
        .about("Get a group")
        .of(ONE_GROUP)
        .reads(READS)
        .query(query::SHOW)
        .gives(&[GROUP_SHOWN, UNCHANGED]),
    guard(Verb::Put, "/scim/v2/Groups/{id}", Face::Scim, GROUPS_WRITE, guarded!(scim_groups::replace))
        .about("Replace a group; members are replaced by a job")
        .of(ONE_GROUP)
        .reads(CHANGES_GROUP)
        .query(query::WRITE_GROUP)
        .takes(SCIM_BODY, RESOURCE)
        .gives(&[GROUP_CHANGED, GROUP_ACCEPTED]),
    guard(Verb::Patch, "/scim/v2/Groups/{id}", Face::Scim, GROUPS_WRITE, guarded!(scim_groups::patch))
        .about("Change a group; members are changed by a job")
        .of(ONE_GROUP)
        .reads(CHANGES_GROUP)
        .query(query::WRITE_GROUP)
        .takes(SCIM_BODY, "PatchOp")
        .gives(&[GROUP_CHANGED, GROUP_ACCEPTED]),
    guard(Verb::Delete, "/scim/v2/Groups/{id}", Face::Scim, GROUPS_WRITE, guarded!(scim_groups::delete))
        .about("Delete a group")
        .of(ONE_GROUP)
        .reads(CHANGES)
        .gives(DELETED),
    guard(Verb::Get, "/scim/v2/Groups/{id}/members", Face::Scim, GROUPS_READ, guarded!(list::members))
        .about("List the members of a group of any size, in pages by cursor")
        .of(ONE_GROUP)
        .query(query::MEMBERS)
        .gives(&[Answer::new(200, SCIM_JSON, "ListResponse").with(&[sent::ETAG])]),
    // The report of a membership job.
    guard(Verb::Get, "/v2/Groups/JobReport/{jobId}", Face::Report, REPORT_READ, guarded!(report::get))
        .about("Returns details on asynchronous jobs to modify a group's members")
        .of(&[path::JOB_NUMBER])
        .reads(WATCHES)
        .gives(&[Answer::new(200, JSON, "JobReport").with(&[sent::ETAG]), UNCHANGED_JOB]),
    guard(Verb::Get, "/scim/v2/Groups/JobReport/{jobId}", Face::Report, REPORT_READ, guarded!(report::get))
        .about("The same report, beside the groups")
        .of(&[path::JOB_NUMBER])
        .reads(WATCHES)
        .gives(&[Answer::new(200, JSON, "JobReport").with(&[sent::ETAG]), UNCHANGED_JOB]),
    // The roles that users can be given.
    guard(Verb::Get, "/scim/v2/Roles", Face::Scim, USERS_READ, guarded!(roles::list))
        .about("List the roles that users can be given")
        .query(&[query::ORIGIN])
        .gives(LISTED),
    // Resources of types that the configuration defines.
    guard(Verb::Get, "/scim/v2/{type}", Face::Scim, RESOURCES_READ, guarded!(list::resources))
        .about("List resources of a configured type")
        .of(&[path::ENDPOINT])
        .query(query::LIST)
        .gives(LISTED),
    guard(Verb::Post, "/scim/v2/{type}", Face::Scim, RESOURCES_WRITE, guarded!(resources::create))
        .about("Create a resource of a configured type")
        .of(&[path::ENDPOINT])
        .reads(CREATES)
        .query(query::SHOW)
        .takes(SCIM_BODY, RESOURCE)
        .gives(CREATED)
        .refuses(TAKEN),
    guard(
        Verb::Post,
        "/scim/v2/{type}/.search",
        Face::Scim,
        RESOURCES_READ,
        guarded!(list::search_resources),
    )
    .about("List resources of a configured type, the query in the body")
    .of(&[path::ENDPOINT])
    .takes(SCIM_BODY, SEARCH)
    .gives(LISTED),
    guard(Verb::Get, "/scim/v2/{type}/{id}", Face::Scim, RESOURCES_READ, guarded!(resources::get))
        .about("Get a resource of a configured type")
        .of(ONE_RESOURCE)
        .reads(READS)
        .query(query::SHOW)
        .gives(&[SHOWN, UNCHANGED]),
    guard(Verb::Put, "/scim/v2/{type}/{id}", Face::Scim, RESOURCES_WRITE, guarded!(resources::replace))
        .about("Replace a resource of a configured type")
        .of(ONE_RESOURCE)
        .reads(CHANGES)
        .query(query::SHOW)
        .takes(SCIM_BODY, RESOURCE)
        .gives(CHANGED)
        .refuses(TAKEN),
    guard(Verb::Patch, "/scim/v2/{type}/{id}", Face::Scim, RESOURCES_WRITE, guarded!(resources::patch))
        .about("Change a resource of a configured type")
        .of(ONE_RESOURCE)
        .reads(CHANGES)
        .query(query::SHOW)
        .takes(SCIM_BODY, "PatchOp")
        .gives(CHANGED)
        .refuses(TAKEN),
    guard(Verb::Delete, "/scim/v2/{type}/{id}", Face::Scim, RESOURCES_WRITE, guarded!(resources::delete))
        .about("Delete a resource of a configured type")
        .of(ONE_RESOURCE)
        .reads(CHANGES)
        .gives(DELETED),
    // Ours.
    guard(Verb::Post, "/api/v1/accounts", Face::Native, Guard::Operator, guarded!(native::create_account))
        .about("Create an account")
        .takes(JSON_BODY, "AccountCreate")
        .gives(&[Answer::new(201, JSON, "AccountCreated")])
        .refuses(TAKEN),
    guard(
        Verb::Get,
        "/api/v1/accounts/{account}/settings",
        Face::Native,
        Guard::Operator,
        guarded!(native::account_settings),
    )
    .about("The settings of an account")
    .of(&[path::ACCOUNT])
    .gives(SETTINGS),
    guard(
        Verb::Patch,
        "/api/v1/accounts/{account}/settings",
        Face::Native,
        Guard::Operator,
        guarded!(native::change_account_settings),
    )
    .about("Change settings of an account")
    .of(&[path::ACCOUNT])
    .takes(JSON_BODY, "AccountSettings")
    .gives(SETTINGS)
    .refuses(TAKEN),
    guard(
        Verb::Post,
        "/api/v1/clock/confirm",
        Face::Native,
        Guard::Operator,
        guarded!(native::confirm_clock),
    )
    .about("Take the clock as right after it has gone on by more than a day")
    .gives(&[Answer::empty(204, "What has been kept long enough is thrown away again")]),
    open(Verb::Get, "/api/v1/limits", Face::Native, public!(native::limits))
        .about("The limits that are enforced")
        .gives(&[Answer::new(200, JSON, "Limits")]),
    open(Verb::Get, "/health", Face::Public, public!(native::health))
        .about("Whether the server answers")
        .gives(&[Answer::new(200, JSON, "Health")])
        .refuses(AWAY),
    open(Verb::Get, "/openapi.json", Face::Public, public!(native::openapi))
        .about("This description")
        .gives(&[Answer::new(200, JSON, "OpenApi")]),
];
