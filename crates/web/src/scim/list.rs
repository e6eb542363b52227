//! Lists: what one asks, and its envelope. Source: RFC 7644 §3.4.2, RFC 9865.

use axum::response::Response;
use http::StatusCode;
use http::header::ETAG;
use throng_directory::limits;
use throng_directory::use_cases::lists::{ListQuery, Listed, Paging, Scope, Shown, Wanted};
use throng_directory::use_cases::members::MembersQuery;
use throng_scim::filter::Filter;
use throng_scim::message::{LIST_RESPONSE, SearchRequest};
use throng_scim::projection::Projection;
use throng_scim::sort::SortBy;

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::conditions::etag;
use crate::headers::{MEMBERS_OMITTED, SCIM_JSON, answer, put};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::scim::document;
use crate::scim::render::{Renderer, projection};
use crate::scim::resources::resource_type;

/// GET `/Users`.
pub(crate) async fn users(caller: Authorised, call: Call) -> Outcome {
    list(caller, call, Scope::Users).await
}

/// GET `/Groups`.
pub(crate) async fn groups(caller: Authorised, call: Call) -> Outcome {
    list(caller, call, Scope::Groups).await
}

/// GET `/{type}`.
pub(crate) async fn resources(caller: Authorised, call: Call) -> Outcome {
    let scope = Scope::Resources(resource_type(&call)?);
    list(caller, call, scope).await
}

/// GET at the base URL: resources of every type. Source: RFC 7644 §3.4.2.1.
pub(crate) async fn everything(caller: Authorised, call: Call) -> Outcome {
    list(caller, call, Scope::Everything).await
}

/// POST `/Users/.search`. Source: RFC 7644 §3.4.3.
pub(crate) async fn search_users(caller: Authorised, call: Call) -> Outcome {
    search(caller, call, Scope::Users).await
}

/// POST `/Groups/.search`.
pub(crate) async fn search_groups(caller: Authorised, call: Call) -> Outcome {
    search(caller, call, Scope::Groups).await
}

/// POST `/{type}/.search`.
pub(crate) async fn search_resources(caller: Authorised, call: Call) -> Outcome {
    let scope = Scope::Resources(resource_type(&call)?);
    search(caller, call, scope).await
}

/// POST `/.search`.
pub(crate) async fn search_everything(caller: Authorised, call: Call) -> Outcome {
    search(caller, call, Scope::Everything).await
}

/// GET `/Groups/{id}/members`: the members of a group of any size, in pages by cursor. An extension: RFC 7643 has
/// members only inside of groups.
pub(crate) async fn members(caller: Authorised, call: Call) -> Outcome {
    let asked = asked(&call.query)?;
    if asked.filter.is_some() || asked.sort.is_some() || asked.start_index.is_some() {
        let detail = "members come in pages by cursor: filter, sortBy and startIndex are not known here";
        return Err(throng_scim::Error::invalid_value(detail).into());
    }
    let names = call.query.get("attributes").unwrap_or_default();
    let with_display = names.split(',').any(|name| name.trim().eq_ignore_ascii_case("display"));
    let query = MembersQuery {
        cursor: asked.cursor.filter(|cursor| !cursor.is_empty()),
        count: count(asked.count),
        with_display,
    };
    let renderer = Renderer::new(&call, &caller, Projection::default());
    let page = call.state.directory.members(&caller, call.param("id"), &query).await?;
    let mut resources = Vec::new();
    for (at, member) in page.members.iter().enumerate() {
        renderer.member(at, member, &mut resources);
    }
    let envelope = Envelope {
        total: Some(page.group.members),
        start_index: None,
        items: page.members.len(),
        next: page.next.as_deref(),
    };
    let mut response = envelope.around(&resources);
    put(response.headers_mut(), ETAG, etag(page.group.version));
    Ok(response)
}

/// `count` as it is meant: less than 0 means 0, and never more than `COUNT_MAX`.
fn count(given: Option<i64>) -> Option<usize> {
    given.map(|n| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(limits::COUNT_MAX))
}

async fn list(caller: Authorised, call: Call, scope: Scope) -> Outcome {
    let asked = asked(&call.query)?;
    found(caller, call, scope, asked).await
}

async fn search(caller: Authorised, mut call: Call, scope: Scope) -> Outcome {
    let asked = SearchRequest::read(document(&mut call).await?)?;
    found(caller, call, scope, asked).await
}

async fn found(caller: Authorised, call: Call, scope: Scope, asked: SearchRequest) -> Outcome {
    let paging = paging(&asked)?;
    let shown = format!("{:?}", asked.projection);
    let renderer = Renderer::new(&call, &caller, asked.projection);
    let count = count(asked.count);
    let query = ListQuery { filter: asked.filter, sort: asked.sort, paging, count, shown };
    let wanted = Wanted { groups: renderer.shows_groups(), members: renderer.shows_members() };
    let listed = call.state.directory.list(&caller, &scope, &query, wanted).await?;
    write(&renderer, &query, &listed)
}

/// What the parameters of a GET ask.
///
/// # Errors
/// Those of [`SearchRequest::read`], for the same things.
fn asked(query: &Query) -> Result<SearchRequest, Refusal> {
    Ok(SearchRequest {
        filter: query.get("filter").map(Filter::parse).transpose()?,
        sort: SortBy::parse(query.get("sortBy"), query.get("sortOrder"))?,
        projection: projection(query)?,
        start_index: integer(query, "startIndex")?,
        count: integer(query, "count")?,
        cursor: query.get("cursor").map(str::to_owned),
    })
}

/// By cursor, or from the `startIndex`-th on, where less than 1 means 1.
///
/// # Errors
/// 400 `invalidValue` for both at once.
fn paging(asked: &SearchRequest) -> Result<Paging, Refusal> {
    match (&asked.cursor, asked.start_index) {
        (Some(_), Some(_)) => {
            let detail = "cursor and startIndex are two ways of paging: give one of them";
            Err(throng_scim::Error::invalid_value(detail).into())
        }
        (Some(cursor), None) => Ok(Paging::from_cursor(cursor)),
        (None, start) => Ok(Paging::Index(start.map_or(1, |n| u64::try_from(n).unwrap_or(0).max(1)))),
    }
}

fn integer(query: &Query, name: &str) -> Result<Option<i64>, Refusal> {
    let wrong = |_| throng_scim::Error::invalid_value(format!("{name} must be an integer"));
    Ok(query.get(name).map(|text| text.trim().parse().map_err(wrong)).transpose()?)
}

/// Writes a page with its envelope.
fn write(renderer: &Renderer, query: &ListQuery, listed: &Listed) -> Result<Response, Refusal> {
    let (mut resources, mut omitted) = (Vec::new(), 0);
    for (index, shown) in listed.resources.iter().enumerate() {
        if index > 0 {
            resources.push(b',');
        }
        renderer.shown(shown, &mut resources)?;
        if let Shown::Group(view) = shown
            && view.members.is_none()
        {
            omitted += view.group.members;
        }
    }
    let start_index = match query.paging {
        Paging::Index(start) => Some(start),
        Paging::Cursor(_) => None,
    };
    let items = listed.resources.len();
    let envelope = Envelope { total: listed.total, start_index, items, next: listed.next.as_deref() };
    let mut response = envelope.around(&resources);
    if omitted > 0 && renderer.shows_members() {
        put(response.headers_mut(), MEMBERS_OMITTED, omitted);
    }
    Ok(response)
}

/// What stands around the resources of a page. Source: RFC 7644 §3.4.2, RFC 9865 §2.
struct Envelope<'a> {
    total: Option<u64>,
    start_index: Option<u64>,
    items: usize,
    next: Option<&'a str>,
}

impl Envelope<'_> {
    fn around(&self, resources: &[u8]) -> Response {
        let mut body = format!("{{\"schemas\":[\"{LIST_RESPONSE}\"],").into_bytes();
        body.reserve(resources.len() + 512);
        let items = Some(self.items as u64);
        for (name, n) in
            [("totalResults", self.total), ("startIndex", self.start_index), ("itemsPerPage", items)]
        {
            if let Some(n) = n {
                body.extend_from_slice(format!("\"{name}\":{n},").as_bytes());
            }
        }
        if let Some(next) = self.next {
            // A cursor has no character that JSON escapes.
            body.extend_from_slice(format!("\"nextCursor\":\"{next}\",").as_bytes());
        }
        body.extend_from_slice(b"\"Resources\":[");
        body.extend_from_slice(resources);
        body.extend_from_slice(b"]}");
        answer(StatusCode::OK, SCIM_JSON, body)
    }
}
