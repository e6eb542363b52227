//! Lists: what one asks, and its envelope. Source: RFC 7644 §3.4.2, RFC 9865.

use axum::response::Response;
use http::StatusCode;
use throng_directory::limits;
use throng_directory::use_cases::lists::{ListQuery, Listed, Paging, Scope, Wanted};
use throng_scim::filter::Filter;
use throng_scim::message::LIST_RESPONSE;

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::headers::{SCIM_JSON, answer};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::scim::render::Renderer;
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

async fn list(caller: Authorised, call: Call, scope: Scope) -> Outcome {
    let renderer = Renderer::new(&call, &caller)?;
    let query = read(&call.query)?;
    let wanted =
        Wanted { groups: renderer.wants_of_user("groups"), members: renderer.wants_of_group("members") };
    let listed = call.state.directory.list(&caller, &scope, &query, wanted).await?;
    write(&renderer, &query, &listed)
}

/// Reads `filter`, `startIndex` (less than 1 means 1), `count` (less than 0 means 0, and never more than `COUNT_MAX`)
/// and `cursor`.
///
/// # Errors
/// 400 `invalidFilter`; 400 `invalidValue` for what is no integer, and for `cursor` beside `startIndex`.
fn read(query: &Query) -> Result<ListQuery, Refusal> {
    let filter = query.get("filter").map(Filter::parse).transpose()?;
    let start_index = integer(query, "startIndex")?;
    let count = integer(query, "count")?
        .map(|n| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(limits::COUNT_MAX));
    let paging = match (query.get("cursor"), start_index) {
        (Some(_), Some(_)) => {
            let detail = "cursor and startIndex are two ways of paging: give one of them";
            return Err(throng_scim::Error::invalid_value(detail).into());
        }
        (Some(cursor), None) => Paging::from_cursor(cursor),
        (None, start) => Paging::Index(start.map_or(1, |n| u64::try_from(n).unwrap_or(0).max(1))),
    };
    let shown =
        ["attributes", "excludedAttributes"].map(|name| query.get(name).unwrap_or_default()).join("\n");
    Ok(ListQuery { filter, paging, count, shown })
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
