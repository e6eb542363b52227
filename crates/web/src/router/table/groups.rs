//! The routes about profiles and groups of the admin API.

use super::guarded;
use super::parts::{
    ACCEPTED_MEMBERS, ADMIN_CHANGES, ADMIN_READ, ADMIN_READ_ANY, ADMIN_READS, ADMIN_WRITE, APPKEY, DELETED,
    JSON_BODY, ONE_ADMIN_GROUP, ONE_PROFILE, PROFILE_CREATED, PROFILE_REPLACED, PROFILE_SHOWN, TAKEN,
    UNCHANGED_HERE, UPLOADS, WROTE_ADMIN_GROUP,
};
use crate::admin::{groups, profiles};
use crate::headers::JSON;
use crate::router::declared::{Answer, guard};
use crate::router::fields::{answer as sent, path, query};
use crate::router::{Face, Route, Verb};

/// The routes about profiles and groups.
pub(in crate::router) static ROUTES: &[Route] = &[
    // What people are given who are made by one.
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/profiles",
        Face::Admin,
        ADMIN_READ,
        guarded!(profiles::list),
    )
    .about("List profiles")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .query(query::PROFILES)
    .gives(&[Answer::new(200, JSON, "ProfilesPage")]),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/profiles",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(profiles::create),
    )
    .about("Create a profile")
    .of(&[path::ACCOUNT_ID])
    .reads(UPLOADS)
    .takes(JSON_BODY, "ProfileWrite")
    .gives(PROFILE_CREATED)
    .refuses(TAKEN),
    guard(
        Verb::Get,
        "/api/admin/user/v1/accounts/{accountId}/profiles/{profileId}",
        Face::Admin,
        ADMIN_READ,
        guarded!(profiles::get),
    )
    .about("Get a profile")
    .of(ONE_PROFILE)
    .reads(ADMIN_READS)
    .gives(&[PROFILE_SHOWN, UNCHANGED_HERE]),
    guard(
        Verb::Put,
        "/api/admin/user/v1/accounts/{accountId}/profiles/{profileId}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(profiles::replace),
    )
    .about("Replace a profile")
    .of(ONE_PROFILE)
    .reads(ADMIN_CHANGES)
    .takes(JSON_BODY, "ProfileWrite")
    .gives(PROFILE_REPLACED)
    .refuses(TAKEN),
    guard(
        Verb::Delete,
        "/api/admin/user/v1/accounts/{accountId}/profiles/{profileId}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(profiles::delete),
    )
    .about("Delete a profile")
    .of(ONE_PROFILE)
    .reads(ADMIN_CHANGES)
    .gives(DELETED),
    guard(
        Verb::Post,
        "/api/admin/user/v1/accounts/{accountId}/profiles:listStatuses",
        Face::Admin,
        ADMIN_READ,
        guarded!(profiles::statuses),
    )
    .about("How far what profiles give is worked in")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .takes(JSON_BODY, "ProfileIds")
    .gives(&[Answer::new(200, JSON, "ProfileStatuses")]),
    // Groups.
    guard(Verb::Get, "/api/admin/group/v1/group-types", Face::Admin, ADMIN_READ_ANY, guarded!(groups::types))
        .about("The types of what groups have as members")
        .reads(APPKEY)
        .gives(&[Answer::new(200, JSON, "GroupTypes")]),
    guard(
        Verb::Get,
        "/api/admin/group/v1/accounts/{accountId}/groups",
        Face::Admin,
        ADMIN_READ,
        guarded!(groups::list),
    )
    .about("List groups")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .query(query::GROUPS)
    .gives(&[Answer::new(200, JSON, "GroupsPage").with(&[sent::MEMBERS_OMITTED])]),
    guard(
        Verb::Post,
        "/api/admin/group/v1/accounts/{accountId}/groups",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(groups::create),
    )
    .about("Create a group; users are added by a job")
    .of(&[path::ACCOUNT_ID])
    .reads(UPLOADS)
    .takes(JSON_BODY, "GroupWrite")
    .gives(&[WROTE_ADMIN_GROUP[0], WROTE_ADMIN_GROUP[2]])
    .refuses(TAKEN),
    guard(
        Verb::Get,
        "/api/admin/group/v1/accounts/{accountId}/groups/{groupId}",
        Face::Admin,
        ADMIN_READ,
        guarded!(groups::get),
    )
    .about("Get a group")
    .of(ONE_ADMIN_GROUP)
    .reads(ADMIN_READS)
    .gives(&[Answer::new(200, JSON, "Group").with(&[sent::ETAG, sent::MEMBERS_OMITTED]), UNCHANGED_HERE]),
    guard(
        Verb::Put,
        "/api/admin/group/v1/accounts/{accountId}/groups/{groupId}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(groups::replace),
    )
    .about("Replace a group; users are replaced by a job")
    .of(ONE_ADMIN_GROUP)
    .reads(ADMIN_CHANGES)
    .takes(JSON_BODY, "GroupWrite")
    .gives(&[WROTE_ADMIN_GROUP[1], WROTE_ADMIN_GROUP[2]])
    .refuses(TAKEN),
    guard(
        Verb::Delete,
        "/api/admin/group/v1/accounts/{accountId}/groups/{groupId}",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(groups::delete),
    )
    .about("Delete a group")
    .of(ONE_ADMIN_GROUP)
    .reads(ADMIN_CHANGES)
    .gives(DELETED),
    guard(
        Verb::Post,
        "/api/admin/group/v1/accounts/{accountId}/groups/{groupId}/members:add",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(groups::add_members),
    )
    .about("Add users to a group by a job")
    .of(ONE_ADMIN_GROUP)
    .reads(UPLOADS)
    .query(query::FOLLOW)
    .takes(JSON_BODY, "ResourceIds")
    .gives(ACCEPTED_MEMBERS),
    guard(
        Verb::Post,
        "/api/admin/group/v1/accounts/{accountId}/groups/{groupId}/members:remove",
        Face::Admin,
        ADMIN_WRITE,
        guarded!(groups::remove_members),
    )
    .about("Remove users from a group by a job")
    .of(ONE_ADMIN_GROUP)
    .reads(UPLOADS)
    .query(query::FOLLOW)
    .takes(JSON_BODY, "ResourceIds")
    .gives(ACCEPTED_MEMBERS),
];
