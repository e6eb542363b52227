//! Groups. A write that speaks of users makes a job; the answer says which.

use axum::response::Response;
use http::StatusCode;
use http::header::{LINK, LOCATION};
use throng_api::{Group, GroupResource, GroupWrite as GroupBody, GroupsPage, JobAccepted};
use throng_directory::model::expression::Condition;
use throng_directory::model::jobs::Job;
use throng_directory::use_cases::group_details::{
    DetailsWritten, GroupDetails, GroupGiven, ResourcesGiven, USER_TYPE, UsersChange,
};
use throng_directory::use_cases::group_writes::{GroupWrite, Wait};
use throng_directory::use_cases::lists::{ListQuery, Paging, Scope, Shown, Wanted};
use throng_directory::use_cases::schedules::ScheduleAsked;
use throng_directory::{Directory, State, limits as directory_limits};
use throng_scim::filter::Filter;
use throng_scim::sort::SortBy;
use uuid::Uuid;

use crate::access::Authorised;
use crate::admin::listing::Fields;
use crate::admin::page::Page;
use crate::admin::{show, tagged, trimmed, unchanged};
use crate::body;
use crate::call::{Call, Outcome};
use crate::conditions::precondition;
use crate::headers::{JSON, MEMBERS_OMITTED, THRONG_JOB, check_media_type, idempotency_key, put};
use crate::json;
use crate::limits;
use crate::refusal::Refusal;
use crate::schedule;
use crate::scim::{self, response};

/// What the directory calls the fields of a group.
const NAMES: &[(&str, &str)] = &[("displayName", "name"), ("members", "resources")];

/// What lists of groups are filtered and ordered by.
const FIELDS: Fields = Fields {
    filters: &[
        ("name", "displayName"),
        // All groups have the same: see `Choice`.
        ("organizationNodeId", "displayName"),
        ("membershipType", "displayName"),
    ],
    orders: &[("name", "displayName")],
    colon_contains: true,
};
/// The order of a list that names none.
const DEFAULT_ORDER: &str = "name";

/// GET `/accounts/{accountId}/groups`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let page = Page::read_or(&call.query, limits::GROUPS_PAGE_SIZE_DEFAULT, limits::GROUPS_PAGE_SIZE_MAX)?;
    let (filter, order) = (call.query.get("filter"), call.query.get("orderBy"));
    let choice = filter.map_or(Ok(Choice::All), |text| Choice::read(text, &caller.account_name))?;
    let sort = FIELDS.order(order.unwrap_or(DEFAULT_ORDER))?;
    let (found, total) = chosen(&caller, &call.state.directory, page, (choice, sort)).await?;
    let path = groups_path(&caller.account_name);
    let answer = GroupsPage {
        pagination: page.pagination(total),
        groups: found.iter().map(|details| group(&caller, details)).collect(),
        links: vec![page.links(&path, total, &[("filter", filter), ("orderBy", order)])],
    };
    let mut response = show(StatusCode::OK, &answer)?;
    let omitted: u64 = found.iter().map(|details| details.omitted).sum();
    if omitted > 0 {
        put(response.headers_mut(), MEMBERS_OMITTED, omitted);
    }
    Ok(response)
}

/// Which groups of a list.
enum Choice {
    All,
    Matching(Filter),
    None,
}

impl Choice {
    /// Reads `filter`. Of a field that is the same in all groups it chooses all of them or none.
    fn read(text: &str, account: &str) -> Result<Self, Refusal> {
        let condition = Condition::parse(text)?;
        let constant = match condition.field {
            "organizationNodeId" => account,
            "membershipType" => USER_TYPE,
            _ => return Ok(Self::Matching(FIELDS.filter(text)?)),
        };
        let pattern = condition.pattern_within(str::to_lowercase);
        Ok(if pattern.matches(&constant.to_lowercase()) { Self::All } else { Self::None })
    }
}

/// A page of groups, and how many there are in all.
async fn chosen(
    caller: &Authorised,
    directory: &Directory,
    page: Page,
    (choice, sort): (Choice, SortBy),
) -> Result<(Vec<GroupDetails>, u64), Refusal> {
    let filter = match choice {
        Choice::None => return Ok((Vec::new(), 0)),
        Choice::All => None,
        Choice::Matching(filter) => Some(filter),
    };
    let query = ListQuery {
        filter,
        sort: Some(sort),
        paging: Paging::Index(page.offset().saturating_add(1)),
        count: Some(usize::try_from(page.size).unwrap_or(usize::MAX)),
        shown: String::new(),
    };
    let wanted = Wanted { groups: false, members: true };
    let listed = directory.list(caller, &Scope::Groups, &query, wanted).await?;
    let details = listed.resources.into_iter().filter_map(|shown| match shown {
        Shown::Group(view) => Some(GroupDetails::of_view(view)),
        _ => None,
    });
    Ok((details.collect::<Result<_, _>>()?, listed.total.unwrap_or_default()))
}

/// GET `/group-types`.
pub(crate) async fn types(_caller: Authorised, _call: Call) -> Outcome {
    show(StatusCode::OK, &[USER_TYPE])
}

/// GET `/accounts/{accountId}/groups/{groupId}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let details = call.state.directory.group_details(&caller, call.param("groupId")).await?;
    match unchanged(call.headers(), details.group.version) {
        Some(unchanged) => Ok(unchanged),
        None => shown(&caller, StatusCode::OK, &details),
    }
}

/// POST `/accounts/{accountId}/groups`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let (given, write) = write(&mut call).await?;
    let written = call.state.directory.create_group_of(&caller, given, write).await;
    answered(&caller, &written.map_err(renamed)?)
}

/// PUT `/accounts/{accountId}/groups/{groupId}`.
pub(crate) async fn replace(caller: Authorised, mut call: Call) -> Outcome {
    let (given, write) = write(&mut call).await?;
    let id = call.param("groupId");
    let written = call.state.directory.replace_group_of(&caller, id, given, write).await;
    answered(&caller, &written.map_err(renamed)?)
}

/// DELETE `/accounts/{accountId}/groups/{groupId}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let asked = scim::asked(&call, b"")?;
    let replayed = call.state.directory.delete_group_of(&caller, call.param("groupId"), &asked).await?;
    Ok(response::deleted(replayed))
}

/// POST `/accounts/{accountId}/groups/{groupId}/members:add`.
pub(crate) async fn add_members(caller: Authorised, call: Call) -> Outcome {
    change_members(&caller, call, UsersChange::Add).await
}

/// POST `/accounts/{accountId}/groups/{groupId}/members:remove`.
pub(crate) async fn remove_members(caller: Authorised, call: Call) -> Outcome {
    change_members(&caller, call, UsersChange::Remove).await
}

async fn change_members(caller: &Authorised, mut call: Call, change: UsersChange) -> Outcome {
    check_media_type(call.headers(), &[JSON])?;
    let body = std::mem::take(&mut call.body);
    let body = body::read_large(
        &call.state,
        (call.headers(), caller),
        body,
        directory_limits::MEMBERSHIP_BODY_BYTES_MAX,
    )
    .await?;
    let write = GroupWrite {
        wait: Wait::Async(0),
        schedule: schedule::read(&call.query)?,
        dry_run: schedule::dry_run(&call.query)?,
        ..plain_write(&call, body.bytes)?
    };
    let directory = &call.state.directory;
    let written = directory.change_users_of(caller, call.param("groupId"), change, write).await;
    let written = written.map_err(|error| Refusal::from(error).renamed(&[("members", "resourceIds")]))?;
    let job = written.job.ok_or_else(Refusal::internal)?;
    let url = format!("/api/v1/accounts/{}/jobs/{}", caller.account_name, job.uuid);
    let mut response = show(
        StatusCode::ACCEPTED,
        &JobAccepted { job_id: job.uuid.to_string(), url, unknown_columns: Vec::new() },
    )?;
    put(response.headers_mut(), THRONG_JOB, job.number);
    response::mark_replayed(&mut response, written.replayed);
    Ok(response)
}

async fn write(call: &mut Call) -> Result<(GroupGiven, GroupWrite), Refusal> {
    check_media_type(call.headers(), &[JSON])?;
    let bytes = body::read(std::mem::take(&mut call.body), limits::GROUP_BODY_BYTES_MAX).await?;
    let body: GroupBody = json::shaped(&bytes)?;
    let resource =
        |resource: GroupResource| ResourcesGiven { kind: resource.kind, ids: resource.resource_ids };
    let given = GroupGiven {
        name: body.name.map(trimmed),
        description: body.description.map(trimmed),
        organization_node_id: body.organization_node_id,
        resources: body.resources.map(|resources| resources.into_iter().map(resource).collect()),
    };
    Ok((given, plain_write(call, bytes)?))
}

/// A write that waits as long as small ones do, and shows what it reads anew.
fn plain_write(call: &Call, body: Vec<u8>) -> Result<GroupWrite, Refusal> {
    Ok(GroupWrite {
        body,
        precondition: precondition(call.headers()),
        idempotency_key: idempotency_key(call.headers())?,
        request: call.request_line(),
        wait: Wait::Default,
        with_members: false,
        schedule: ScheduleAsked::default(),
        dry_run: false,
    })
}

fn renamed(error: throng_directory::Error) -> Refusal {
    Refusal::from(error).renamed(NAMES)
}

fn answered(caller: &Authorised, done: &DetailsWritten) -> Outcome {
    let written = &done.written;
    let status = status(done);
    let mut response = match &done.details {
        Some(details) => shown(caller, status, details)?,
        None => response::empty(status),
    };
    if let Some(job) = &written.job {
        note_job(&mut response, job);
    }
    response::mark_replayed(&mut response, written.replayed);
    Ok(response)
}

fn note_job(response: &mut Response, job: &Job) {
    put(response.headers_mut(), THRONG_JOB, job.number);
    put(response.headers_mut(), LINK, format!("</v2/Groups/JobReport/{}>; rel=\"status\"", job.number));
}

fn status(done: &DetailsWritten) -> StatusCode {
    let written = &done.written;
    // Who is told 200 believes that it is done or will be.
    if written.job.as_ref().is_some_and(|job| job.state == State::AwaitingApproval) {
        return StatusCode::ACCEPTED;
    }
    let usual = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    written.replayed_status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(usual)
}

fn shown(caller: &Authorised, status: StatusCode, details: &GroupDetails) -> Outcome {
    let mut response = tagged(show(status, &group(caller, details))?, details.group.version);
    if status == StatusCode::CREATED {
        let groups = groups_path(&caller.account_name);
        put(response.headers_mut(), LOCATION, format!("{groups}/{}", details.group.uuid));
    }
    if details.omitted > 0 || details.users.is_none() {
        put(response.headers_mut(), MEMBERS_OMITTED, details.omitted);
    }
    Ok(response)
}

/// The path of what an account has in this API.
pub(super) fn accounts_path(account: &str) -> String {
    format!("/api/admin/group/v1/accounts/{account}")
}

fn groups_path(account: &str) -> String {
    format!("{}/groups", accounts_path(account))
}

fn group(caller: &Authorised, details: &GroupDetails) -> Group {
    let list = |users: &[Uuid]| GroupResource {
        kind: USER_TYPE.to_owned(),
        resource_ids: users.iter().map(ToString::to_string).collect(),
    };
    let lists = |users: &Vec<Uuid>| match users.as_slice() {
        // A list of nobody, which can be sent back.
        [] => vec![list(&[])],
        users => users.chunks(directory_limits::RESOURCE_IDS_MAX).map(list).collect(),
    };
    Group {
        group_id: details.group.uuid.to_string(),
        name: details.group.display_name.clone(),
        description: details.description.clone(),
        organization_node_id: caller.account_name.clone(),
        resources: details.users.as_ref().map(lists),
    }
}
