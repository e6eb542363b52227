//! Profiles.

use http::StatusCode;
use http::header::LOCATION;
use throng_api::{Profile, ProfileIds, ProfileStatus, ProfileWrite, ProfilesPage, RoleStatus};
use throng_directory::use_cases::profiles::{ProfileGiven, ProfileView, ProfilesQuery};

use crate::access::Authorised;
use crate::admin::page::Page;
use crate::admin::{accounts_path, show, tagged, trimmed, unchanged, written};
use crate::call::{Call, Outcome};
use crate::headers::put;
use crate::json;
use crate::limits;
use crate::scim::{self, response};

/// The status of what is through.
const COMPLETED: &str = "COMPLETED";

/// GET `/accounts/{accountId}/profiles`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let page = Page::read(&call.query, limits::PROFILES_PAGE_SIZE_MAX)?;
    let (filter, order) = (call.query.get("filter"), call.query.get("orderBy"));
    let query = ProfilesQuery {
        filter: filter.map(str::to_owned),
        order: order.map(str::to_owned),
        offset: page.offset(),
        limit: usize::try_from(page.size).unwrap_or(usize::MAX),
    };
    let (profiles, total) = call.state.directory.profiles(&caller, &query).await?;
    let path = profiles_path(&caller.account_name);
    let answer = ProfilesPage {
        pagination: page.pagination(total),
        profiles: profiles.iter().map(|view| profile(&caller, view)).collect(),
        links: page.links(&path, total, &[("filter", filter), ("orderBy", order)]),
    };
    show(StatusCode::OK, &answer)
}

/// POST `/accounts/{accountId}/profiles`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let (body, asked) = json::read_write(&mut call).await?;
    let made = call.state.directory.create_profile(&caller, given(body), &asked).await?;
    let mut answer = written(&made, |status, view| shown(&caller, status, view))?;
    if let Some(view) = &made.view {
        put(answer.headers_mut(), LOCATION, profile_path(&caller, view));
    }
    Ok(answer)
}

/// GET `/accounts/{accountId}/profiles/{profileId}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let view = call.state.directory.profile(&caller, call.param("profileId")).await?;
    match unchanged(call.headers(), view.profile.version) {
        Some(unchanged) => Ok(unchanged),
        None => shown(&caller, StatusCode::OK, &view),
    }
}

/// PUT `/accounts/{accountId}/profiles/{profileId}`.
pub(crate) async fn replace(caller: Authorised, mut call: Call) -> Outcome {
    let (body, asked) = json::read_write(&mut call).await?;
    let id = call.param("profileId");
    let replaced = call.state.directory.replace_profile(&caller, id, given(body), &asked).await?;
    written(&replaced, |status, view| shown(&caller, status, view))
}

/// DELETE `/accounts/{accountId}/profiles/{profileId}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let asked = scim::asked(&call, b"")?;
    let replayed = call.state.directory.delete_profile(&caller, call.param("profileId"), &asked).await?;
    Ok(response::deleted(replayed))
}

/// POST `/accounts/{accountId}/profiles:listStatuses`.
pub(crate) async fn statuses(caller: Authorised, mut call: Call) -> Outcome {
    let asked: ProfileIds = json::read(&mut call).await?;
    let found = call.state.directory.profiles_of(&caller, &asked.profile_ids).await?;
    let statuses: Vec<ProfileStatus> = found.iter().map(status).collect();
    show(StatusCode::OK, &statuses)
}

fn given(body: ProfileWrite) -> ProfileGiven {
    ProfileGiven {
        name: body.profile_name.map(trimmed),
        description: body.description.map(trimmed),
        roles: body.roles.unwrap_or_default().into_iter().map(trimmed).collect(),
        groups: body.member_of_groups.unwrap_or_default(),
    }
}

fn shown(caller: &Authorised, status: StatusCode, view: &ProfileView) -> Outcome {
    Ok(tagged(show(status, &profile(caller, view))?, view.profile.version))
}

fn profiles_path(account: &str) -> String {
    format!("{}/profiles", accounts_path(account))
}

fn profile_path(caller: &Authorised, view: &ProfileView) -> String {
    format!("{}/{}", profiles_path(&caller.account_name), view.profile.number)
}

fn profile(caller: &Authorised, view: &ProfileView) -> Profile {
    let gives = &view.profile.gives;
    Profile {
        profile_id: view.profile.number.to_string(),
        profile_name: view.profile.name.clone(),
        description: gives.description.clone(),
        roles: gives.roles.clone(),
        member_of_groups: view.groups.iter().map(|group| group.uuid.to_string()).collect(),
        url: profile_path(caller, view),
    }
}

fn status(view: &ProfileView) -> ProfileStatus {
    let role = |role: &String| RoleStatus {
        role: role.clone(),
        action: "ADD".to_owned(),
        status: COMPLETED.to_owned(),
    };
    ProfileStatus {
        profile_id: view.profile.number.to_string(),
        status: COMPLETED.to_owned(),
        roles: view.profile.gives.roles.iter().map(role).collect(),
    }
}
