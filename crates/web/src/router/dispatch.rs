//! From a request to its handler and back: path, route, credential, policy, query, handler, in this order.

use std::any::Any;
use std::borrow::Cow;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, ETAG, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method};
use throng_directory::caller::Origin;
use throng_directory::limits::AUDIT_TEXT_CHARS_MAX;
use throng_directory::model::audit;
use throng_directory::{Caller, Role};
use tokio::time::Instant;

use crate::access::{Known, authorise, identify, named, tell_refused};
use crate::call::{Call, Outcome, Params};
use crate::headers::{REQUEST_ID, put};
use crate::query::Query;
use crate::rates::Left;
use crate::refusal::{Kind, Refusal};
use crate::router::pattern::{self, Found};
use crate::router::{Access, Face, Route, Verb};
use crate::state::AppState;
use crate::{admin, forwarded, oauth, path, report, scim};

/// What is said to browsers, which have no business here: nothing is guessed, run, framed or told to others. Source: the OWASP
/// cheat sheet on REST security.
const FOR_BROWSERS: [(HeaderName, &str); 3] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
];

/// How long a browser comes back by TLS alone: a year. Source: RFC 6797.
const BY_TLS_ALONE: &str = "max-age=31536000";

/// The router: every request goes through the table.
pub fn router(state: AppState) -> Router {
    Router::new().fallback(dispatch).with_state(state)
}

async fn dispatch(State(state): State<AppState>, request: Request) -> Response {
    answer(state, request, true).await
}

/// Answers a request that is a part of another, which was counted.
pub(crate) async fn within(state: AppState, request: Request) -> Response {
    answer(state, request, false).await
}

async fn answer(state: AppState, request: Request, is_counted: bool) -> Response {
    let (mut left, begun) = (None, Instant::now());
    let meters = is_counted.then(|| Arc::clone(&state.meters));
    let method = request.method().clone();
    let raw_path = request.uri().path().to_owned();
    let origin = origin_of(&state, &request);
    let by_tls = state.is_reached_by_tls();
    let id = origin.request.clone();
    let (face, outcome) = match path::segments(&raw_path) {
        Err(refusal) => (face_of_malformed(&raw_path), Err(refusal)),
        Ok(segments) => match pattern::find(&segments, Verb::of(&method)) {
            Found::Nothing(face) => (face, Err(Refusal::not_found())),
            Found::OtherMethods(face, allow) => (face, Err(Refusal::method_not_allowed(allow))),
            Found::Route(route, params) => {
                let left = is_counted.then_some(&mut left);
                let handled = handle(state, (route, params), request, origin, left);
                (route.face(), caught(route.path(), handled).await)
            }
        },
    };
    let mut response = outcome.unwrap_or_else(|refusal| refuse(face, &refusal, &raw_path));
    if let Some(left) = left {
        left.headers(response.headers_mut());
    }
    if let Some(id) = id {
        put(response.headers_mut(), REQUEST_ID, id);
    }
    tell_all(response.headers_mut(), by_tls);
    if let Some(meters) = meters {
        meters.count(face, response.status(), begun.elapsed());
    }
    tracing::debug!(%method, status = response.status().as_u16(), "answered");
    if method == Method::HEAD { without_body(response) } else { response }
}

/// What every answer says that does not say otherwise. What is answered is about people and for who asked alone: it is kept
/// nowhere, or where it has a tag, asked for again before it is shown again. Source: RFC 9111 §5.2.2.
fn tell_all(headers: &mut HeaderMap, by_tls: bool) {
    let kept = if headers.contains_key(ETAG) { "private, no-cache" } else { "no-store" };
    let by_tls = by_tls.then_some((STRICT_TRANSPORT_SECURITY, BY_TLS_ALONE));
    for (name, value) in FOR_BROWSERS.into_iter().chain([(CACHE_CONTROL, kept)]).chain(by_tls) {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// What comes of a handler, with what it panics with caught.
async fn caught(route: &'static str, handling: impl Future<Output = Outcome>) -> Outcome {
    AssertUnwindSafe(handling).catch_unwind().await.unwrap_or_else(|panic| {
        let detail = panic_text(&*panic);
        tracing::error!(route, detail, "a handler panicked");
        Err(Refusal::internal())
    })
}

/// Where a request comes from: one that is a part of another has it from there.
fn origin_of(state: &AppState, request: &Request) -> Origin {
    if let Some(origin) = request.extensions().get::<Origin>() {
        return origin.clone();
    }
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_sound = |id: &&str| {
        (1..=AUDIT_TEXT_CHARS_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
    };
    Origin {
        address: forwarded::client(request, &state.proxies),
        request: Some(id.filter(is_sound).map_or_else(|| state.directory.request_id(), Into::into)),
    }
}

/// `left`: what the account has left after this request, unless it is not counted.
async fn handle(
    state: AppState,
    (route, params): (&'static Route, Params),
    request: Request,
    origin: Origin,
    left: Option<&mut Option<Left>>,
) -> Outcome {
    let (parts, body) = request.into_parts();
    let authorised = match route.access {
        Access::Public(_) => None,
        Access::Guarded(guard, _) => {
            let caller = identify(&state, route, &parts.headers, origin.clone()).await?;
            // Operators belong to no account.
            if let (Some(left), false) = (left, caller.role == Role::Operator) {
                let limit = caller.settings.requests_per_minute;
                refuse_too_many(*left.insert(state.rates.count(caller.account, limit, Instant::now())))?;
            }
            Some(authorise(&state, (route, guard), caller, &params).await?)
        }
    };
    let told = authorised.as_deref().map(|caller| (caller.clone(), state.clone()));
    let read = route.told_as().map(|(kind, param)| (kind, params.get(param).to_owned()));
    let query = Query::parse(parts.uri.query())?;
    if route.verb() != Verb::Get {
        let known: Vec<&str> = route.query.iter().map(|field| field.name).collect();
        query.only(&known)?;
    }
    let call = Call { state, origin, parts, params, query, body };
    let outcome = match (&route.access, authorised) {
        (Access::Public(handler), _) => handler(call).await,
        (Access::Guarded(_, handler), Some(caller)) => handler(caller, call).await,
        (Access::Guarded(..), None) => Err(Refusal::unauthenticated()),
    };
    match told {
        Some((caller, state)) => tell(&state, &caller, (route, read), outcome).await,
        None => outcome,
    }
}

/// Refuses a request that the account has not left.
///
/// # Errors
/// 429.
pub(crate) fn refuse_too_many(left: Left) -> Result<(), Refusal> {
    let Some(wait_seconds) = left.wait_seconds() else { return Ok(()) };
    let detail = format!("the account may send {} requests a minute", left.limit());
    Err(Refusal { wait_seconds, ..Refusal::new(Kind::TooMany, detail) })
}

/// Tells in the audit log of what leaves no row where it is done: reads that say much, and what the caller may not do.
async fn tell(
    state: &AppState,
    caller: &Caller,
    (route, read): (&'static Route, Option<(audit::Kind, String)>),
    outcome: Outcome,
) -> Outcome {
    let is_read = outcome.as_ref().is_ok_and(|response| response.status().is_success());
    let refused = outcome.as_ref().err().map(Refusal::status);
    if let Some((kind, object)) = read.filter(|_| is_read) {
        state.directory.tell_read(caller, kind, &object, &named(route)).await?;
    }
    if let Some(status) = refused {
        tell_refused(state, route, status, Known::Caller(caller)).await;
    }
    outcome
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("")
}

/// The refusal in the shape of the face.
pub(super) fn refuse(face: Face, refusal: &Refusal, path: &str) -> Response {
    let mut response = match face {
        Face::Scim => scim::error::response(refusal),
        Face::Report => report::error::response(refusal),
        Face::OAuth => oauth::error::response(refusal),
        Face::Admin | Face::Native | Face::Public => admin::error::response(refusal, path),
    };
    refusal.headers(response.headers_mut());
    if face == Face::OAuth {
        oauth::error::challenge(refusal, &mut response);
    }
    response
}

fn face_of_malformed(raw_path: &str) -> Face {
    let pieces: Vec<Cow<'_, str>> = raw_path.split('/').skip(1).map(Cow::Borrowed).collect();
    pattern::face_of(&pieces)
}

/// What HEAD answers: the headers of GET. Source: RFC 9110 §9.3.2.
fn without_body(mut response: Response) -> Response {
    if let Some(length) = response.body().size_hint().exact() {
        put(response.headers_mut(), CONTENT_LENGTH, length);
        return response.map(|_| Body::empty());
    }
    // Of unknown length, as that of GET: an empty one would be announced as such.
    response.map(|_| Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()))
}

#[cfg(test)]
mod tests;
