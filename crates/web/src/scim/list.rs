//! Lists: what one asks, and its envelope. Source: RFC 7644 §3.4.2, RFC 9865.

use axum::response::Response;
use http::StatusCode;
use throng_directory::limits;
use throng_directory::use_cases::lists::{ListQuery, Listed, Paging, Scope, Wanted};
use throng_scim::filter::Filter;
use throng_scim::message::{LIST_RESPONSE, SearchRequest};
use throng_scim::sort::SortBy;

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::headers::{SCIM_JSON, answer};
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
    let count = asked.count.map(|n| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(limits::COUNT_MAX));
    let query = ListQuery { filter: asked.filter, sort: asked.sort, paging, count, shown };
    let wanted =
        Wanted { groups: renderer.wants_of_user("groups"), members: renderer.wants_of_group("members") };
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
    let mut body = format!("{{\"schemas\":[\"{LIST_RESPONSE}\"],").into_bytes();
    let mut number = |name: &str, n: u64| body.extend_from_slice(format!("\"{name}\":{n},").as_bytes());
    if let Some(total) = listed.total {
        number("totalResults", total);
    }
    if let Paging::Index(start) = query.paging {
        number("startIndex", start);
    }
    number("itemsPerPage", listed.resources.len() as u64);
    if let Some(next) = &listed.next {
        // A cursor has no character that JSON escapes.
        body.extend_from_slice(format!("\"nextCursor\":\"{next}\",").as_bytes());
    }
    body.extend_from_slice(b"\"Resources\":[");
    for (index, shown) in listed.resources.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        renderer.shown(shown, &mut body)?;
    }
    body.extend_from_slice(b"]}");
    Ok(answer(StatusCode::OK, SCIM_JSON, body))
}
