//! People, one by one and in lists.

mod costs;
mod export;
mod search;
mod shown;

use axum::response::Response;
use http::StatusCode;
use http::header::{ETAG, LOCATION};
use throng_api::{RoleStatus, UserIds, UserPage, UserSearch, UserStatus, UserWrite};
use throng_directory::Directory;
use throng_directory::model::expression::or_absent;
use throng_directory::use_cases::lists::{ListQuery, Paging, Scope, Shown, Wanted};
use throng_directory::use_cases::users::UserView;
use throng_directory::use_cases::writes::Written;
use throng_scim::filter::{Filter, is_like};
use throng_scim::path::AttrPath;
use throng_scim::sort::SortBy;

use crate::access::Authorised;
use crate::admin::error::code;
use crate::admin::listing::Fields;
use crate::admin::page::Page;
use crate::admin::{accounts_path, show, written};
use crate::call::{Call, Outcome};
use crate::conditions::{client_has, etag};
use crate::headers::put;
use crate::json;
use crate::limits;
use crate::refusal::Refusal;
use crate::scim::{self, response};

/// What lists of people are filtered and ordered by.
const LISTED: &[(&str, &str)] = &[
    ("loginId", "userName"),
    ("lastName", "name.familyName"),
    ("firstName", "name.givenName"),
    ("emailId", "emails.value"),
    NODE,
    ("profileId", "urn:throng:scim:1.0:User:profileId"),
];
/// The part of the organization: who has none of his own is shown with the account's name.
const NODE: (&str, &str) = ("organizationNodeId", "urn:throng:scim:1.0:User:organizationNodeId");
const FIELDS: Fields = Fields { filters: LISTED, orders: LISTED, colon_contains: false };
/// The order of a list that names none.
const DEFAULT_ORDER: &str = "loginId";
/// The parameter of the path that names a user.
const ID: &str = "userId";

/// GET `/accounts/{accountId}/users`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let page = Page::read(&call.query, limits::USERS_PAGE_SIZE_MAX)?;
    let (filter, order) = (call.query.get("filter"), call.query.get("orderBy"));
    let asked = Chosen {
        filter: filter.map(|text| filter_of(text, &caller.account_name)).transpose()?,
        sort: FIELDS.order(order.unwrap_or(DEFAULT_ORDER))?,
    };
    let path = users_path(&caller.account_name);
    let (users, total) = chosen(&caller, &call.state.directory, page, asked).await?;
    let links = page.links(&path, total, &[("filter", filter), ("orderBy", order)]);
    show(StatusCode::OK, &UserPage { pagination: page.pagination(total), users, links })
}

pub(crate) use export::export;

/// POST `/accounts/{accountId}/users:search`.
pub(crate) async fn search(caller: Authorised, mut call: Call) -> Outcome {
    let page = Page::read(&call.query, limits::USERS_SEARCH_PAGE_SIZE_MAX)?;
    let search: UserSearch = json::read(&mut call).await?;
    let asked = Chosen {
        filter: search::filter(&search.filter, &caller.account_name)?,
        sort: FIELDS.order(search.order_by.as_deref().unwrap_or(DEFAULT_ORDER))?,
    };
    let path = format!("{}:search", users_path(&caller.account_name));
    let (users, total) = chosen(&caller, &call.state.directory, page, asked).await?;
    show(
        StatusCode::OK,
        &UserPage { pagination: page.pagination(total), users, links: page.links(&path, total, &[]) },
    )
}

/// The filter of a list.
fn filter_of(text: &str, account: &str) -> Result<Filter, Refusal> {
    let (filter, (attribute, pieces)) = (FIELDS.filter(text)?, FIELDS.pieces(text)?);
    if finds_account(attribute, &pieces, account) { or_no_node(filter) } else { Ok(filter) }
}

/// Whether a text made of these pieces, with any text between them, is the node that the account itself is.
fn finds_account(attribute: &str, pieces: &[String], account: &str) -> bool {
    let account = account.to_lowercase();
    let pieces: Vec<String> = pieces.iter().map(|piece| piece.to_lowercase()).collect();
    attribute == NODE.1
        && match pieces.as_slice() {
            [only] => *only == account,
            several => is_like(&account, several),
        }
}

/// A filter that chooses the node of the account, and so whoever has none of his own: he is shown with that.
fn or_no_node(filter: Filter) -> Result<Filter, Refusal> {
    let node = AttrPath::parse(NODE.1).map_err(throng_directory::Error::from)?;
    Ok(or_absent(filter, node))
}

/// Which people, and in which order.
struct Chosen {
    filter: Option<Filter>,
    sort: SortBy,
}

/// A page of people, and how many there are in all.
async fn chosen(
    caller: &Authorised,
    directory: &Directory,
    page: Page,
    chosen: Chosen,
) -> Result<(Vec<throng_api::User>, u64), Refusal> {
    let is_by_login = FIELDS.order(DEFAULT_ORDER)?.path == chosen.sort.path;
    let query = ListQuery {
        filter: chosen.filter,
        sort: Some(chosen.sort),
        paging: Paging::Index(page.offset().saturating_add(1)),
        count: Some(usize::try_from(page.size).unwrap_or(usize::MAX)),
        shown: String::new(),
    };
    let wanted = Wanted { groups: true, members: false };
    let listed = directory.list(caller, &Scope::Users, &query, wanted).await;
    let listed = listed.map_err(|error| costs::refusal(error, page, is_by_login))?;
    let views = listed.resources.iter().filter_map(|shown| match shown {
        Shown::User(view) => Some(shown::user(view, &caller.account_name)),
        _ => None,
    });
    Ok((views.collect::<Result<_, _>>()?, listed.total.unwrap_or_default()))
}

/// GET `/accounts/{accountId}/users/{userId}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let view = call.state.directory.user(&caller, call.param(ID), true).await?;
    if client_has(call.headers(), view.user.version) {
        let mut unchanged = response::empty(StatusCode::NOT_MODIFIED);
        put(unchanged.headers_mut(), ETAG, etag(view.user.version));
        return Ok(unchanged);
    }
    answer(&caller, StatusCode::OK, &view)
}

/// POST `/accounts/{accountId}/users`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let (body, asked) = json::read_write::<UserWrite>(&mut call).await?;
    let changes = shown::whole(body)?;
    let made = call.state.directory.create_person(&caller, changes, &asked).await?;
    let mut response = said(&caller, &made)?;
    put(response.headers_mut(), LOCATION, user_path(&caller.account_name, &made.uuid.to_string()));
    Ok(response)
}

/// PUT `/accounts/{accountId}/users/{userId}`: what the body lacks is cleared.
pub(crate) async fn replace(caller: Authorised, mut call: Call) -> Outcome {
    let (body, asked) = json::read_write::<UserWrite>(&mut call).await?;
    let changes = shown::whole(body)?;
    let directory = &call.state.directory;
    said(&caller, &directory.change_person(&caller, (call.param(ID), 202), changes, &asked).await?)
}

/// PATCH `/accounts/{accountId}/users/{userId}`: what the body lacks stays. Source: RFC 7396.
pub(crate) async fn change(caller: Authorised, mut call: Call) -> Outcome {
    let (body, asked) = json::read_write::<UserWrite>(&mut call).await?;
    let changes = shown::changes(body)?;
    let directory = &call.state.directory;
    said(&caller, &directory.change_person(&caller, (call.param(ID), 200), changes, &asked).await?)
}

/// DELETE `/accounts/{accountId}/users/{userId}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let asked = scim::asked(&call, b"")?;
    let replayed = call.state.directory.delete_user(&caller, call.param(ID), &asked).await?;
    Ok(response::deleted(replayed))
}

/// POST `/accounts/{accountId}/users:listStatuses`. Whoever is not there is left out.
pub(crate) async fn statuses(caller: Authorised, mut call: Call) -> Outcome {
    let ids: UserIds = json::read(&mut call).await?;
    let max = limits::STATUS_IDS_MAX;
    if ids.user_ids.len() > max {
        let detail = format!("userIds lists more than {max} users");
        return Err(Refusal { code: Some(code::TOO_MANY), ..Refusal::bad("userIds", detail) });
    }
    let mut statuses = Vec::with_capacity(ids.user_ids.len());
    for user in call.state.directory.people(&caller, &ids.user_ids).await? {
        let shown = shown::user(&UserView { user, groups: Vec::new() }, &caller.account_name)?;
        let completed = || "COMPLETED".to_owned();
        let role = |role| RoleStatus { role, action: "ADD".to_owned(), status: completed() };
        let roles = shown.roles.into_iter().map(role).collect();
        statuses.push(UserStatus { user_id: shown.user_id, status: completed(), roles });
    }
    show(StatusCode::OK, &statuses)
}

fn users_path(account: &str) -> String {
    format!("{}/users", accounts_path(account))
}

fn user_path(account: &str, user: &str) -> String {
    format!("{}/{user}", users_path(account))
}

fn said(caller: &Authorised, made: &Written<UserView>) -> Outcome {
    written(made, |status, view| answer(caller, status, view))
}

fn answer(caller: &Authorised, status: StatusCode, view: &UserView) -> Result<Response, Refusal> {
    let mut response = show(status, &shown::user(view, &caller.account_name)?)?;
    put(response.headers_mut(), ETAG, etag(view.user.version));
    Ok(response)
}
