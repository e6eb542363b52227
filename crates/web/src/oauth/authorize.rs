//! Where people log in: one page that asks who they are and whether an application may act for them. Nobody stays logged in
//! here, so there is no session that somebody else's page could use. Source: RFC 6749 §4.1, RFC 7636, RFC 9207, RFC 9700.

use std::net::IpAddr;

use axum::response::Response;
use http::StatusCode;
use http::header::{CACHE_CONTROL, LOCATION, RETRY_AFTER};
use throng_directory::caller::Origin;
use throng_directory::model::canonical::login_key;
use throng_directory::model::grants::{check_challenge, is_registered, origin_of};
use throng_directory::model::passwords::Secret;
use throng_directory::use_cases::audit::told::Refused;
use throng_directory::use_cases::logins::{Asking, GrantRequest};
use throng_directory::{Error, Permission, Scopes, limits};
use tokio::time::Instant;

use super::form;
use super::page::{self, Login};
use crate::call::{Call, Outcome};
use crate::headers::{SEC_FETCH_SITE, put};
use crate::limits::{LOGINS_FROM_ONE_MAX, LOGINS_MAX, OAUTH_STATE_BYTES_MAX};
use crate::path::encode;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::state::{AppState, TriesFrom};

/// What an application sends people here with.
const ASKED: [&str; 8] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "resource",
];
/// The one answer to a login and a password that do not belong together, whatever is wrong.
const WRONG: &str = "Login or password is wrong.";
/// The one response type. Source: RFC 6749 §3.1.1.
pub(super) const RESPONSE_TYPE: &str = "code";
/// The one way to make a challenge. Source: RFC 7636 §4.2.
pub(super) const CHALLENGE_METHOD: &str = "S256";
/// The one way in which answers are sent.
pub(super) const RESPONSE_MODE: &str = "query";

/// What an application asks for, read and found right.
struct Asked<'a> {
    asking: Asking,
    request: GrantRequest,
    back: Back<'a>,
}

/// Where the person is sent back to.
struct Back<'a> {
    uri: &'a str,
    state: Option<&'a str>,
    issuer: String,
}

impl Back<'_> {
    /// Sends the person back with this. Source: RFC 6749 §4.1.2, RFC 9207 §2.
    fn with(&self, name: &str, value: &str) -> Response {
        let mut to = self.uri.to_owned();
        let mut add = |name: &str, value: &str| {
            to.push(if to.contains('?') { '&' } else { '?' });
            to.push_str(name);
            to.push('=');
            to.push_str(&encode(value));
        };
        add(name, value);
        self.state.into_iter().for_each(|state| add("state", state));
        add("iss", &self.issuer);
        let mut response = Response::default();
        *response.status_mut() = StatusCode::SEE_OTHER;
        put(response.headers_mut(), LOCATION, to);
        put(response.headers_mut(), CACHE_CONTROL, "no-store");
        response
    }

    fn refused(&self, error: &str) -> Response {
        self.with("error", error)
    }
}

/// GET `/oauth/authorize`.
pub(crate) async fn ask(call: Call) -> Outcome {
    match read(&call.state, &call.query).await? {
        Ok(asked) => show(&asked, &call.query, StatusCode::OK, None),
        Err(answer) => Ok(answer),
    }
}

/// POST `/oauth/authorize`: what the page sends.
pub(crate) async fn decide(mut call: Call) -> Outcome {
    // Browsers say where a form comes from: only from here does anybody log in by one.
    let site = call.headers().get(SEC_FETCH_SITE).and_then(|site| site.to_str().ok());
    if site.is_some_and(|site| site != "same-origin") {
        return page::stop(StatusCode::BAD_REQUEST, "The form was sent by another page.");
    }
    let form = form::read(&mut call).await?;
    let asked = match read(&call.state, &form).await? {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    if form.get("decision") != Some("allow") {
        return Ok(asked.back.refused("access_denied"));
    }
    let login = form.get("login").unwrap_or_default();
    let place = match call.state.directory.login_place() {
        Ok(place) => place,
        Err(error) => {
            let page = show(&asked, &form, StatusCode::TOO_MANY_REQUESTS, Some(&error.to_string()))?;
            return Ok(wait(page, 1));
        }
    };
    if let Some(seconds) = too_often(&call.state, &asked.asking, login, call.origin.address) {
        let fault = format!("Too many attempts. Try again in {seconds} seconds.");
        return Ok(wait(show(&asked, &form, StatusCode::TOO_MANY_REQUESTS, Some(&fault))?, seconds));
    }
    let password = Secret::new(form.get("password").unwrap_or_default().to_owned());
    let (directory, request, origin) = (&call.state.directory, asked.request.clone(), call.origin.clone());
    match directory.grant(&asked.asking, request, (login, password), (place, origin)).await {
        Ok(code) => Ok(asked.back.with("code", code.reveal())),
        Err(Error::Unauthenticated(_)) => {
            tell(&call.state, call.origin.clone(), &asked, StatusCode::UNAUTHORIZED).await;
            show(&asked, &form, StatusCode::FORBIDDEN, Some(WRONG))
        }
        Err(Error::Forbidden(detail)) => {
            tell(&call.state, call.origin.clone(), &asked, StatusCode::FORBIDDEN).await;
            show(&asked, &form, StatusCode::FORBIDDEN, Some(&detail))
        }
        Err(error) => Err(error.into()),
    }
}

/// Says when to try again, in seconds.
fn wait(mut response: Response, seconds: u64) -> Response {
    put(response.headers_mut(), RETRY_AFTER, seconds);
    response
}

/// Reads what an application asks for; else the answer: nobody is sent where the application may not be. Source: RFC 6749
/// §4.1.2.1.
async fn read<'a>(state: &AppState, from: &'a Query) -> Result<Result<Asked<'a>, Response>, Refusal> {
    let stop = |fault: &str| page::stop(StatusCode::BAD_REQUEST, fault).map(Err);
    let Some(id) = from.get("client_id") else { return stop("The request names no application: client_id.") };
    let asking = match state.directory.asking(id).await {
        Ok(asking) => asking,
        Err(Error::Unauthenticated(_)) => return stop("There is no such application: client_id."),
        Err(error) => return Err(error.into()),
    };
    let Some(uri) =
        from.get("redirect_uri").filter(|uri| is_registered(&asking.application.redirect_uris, uri))
    else {
        return stop("The application is not registered with this address: redirect_uri.");
    };
    let sent = from.get("state");
    let is_too_long = sent.is_some_and(|sent| sent.len() > OAUTH_STATE_BYTES_MAX);
    let back = Back { uri, state: sent.filter(|_| !is_too_long), issuer: state.base_url.to_string() };
    let is_elsewhere =
        from.get("resource").is_some_and(|resource| resource.trim_end_matches('/') != back.issuer);
    let challenge = from.get("code_challenge").filter(|challenge| check_challenge(challenge).is_ok());
    let scope = from.get("scope").filter(|scope| !scope.is_empty());
    let error = match state.directory.askable(&asking.application, scope) {
        _ if from.get("response_type").is_some_and(|kind| kind != RESPONSE_TYPE) => {
            "unsupported_response_type"
        }
        _ if from.get("response_type").is_none() || is_too_long => "invalid_request",
        _ if from.get("response_mode").is_some_and(|mode| mode != RESPONSE_MODE) => "invalid_request",
        _ if from.get("code_challenge_method") != Some(CHALLENGE_METHOD) => "invalid_request",
        _ if is_elsewhere => "invalid_target",
        Err(_) => "invalid_scope",
        Ok(scopes) => match challenge {
            None => "invalid_request",
            Some(challenge) => {
                let (redirect_uri, challenge) = (uri.to_owned(), challenge.to_owned());
                let request = GrantRequest { redirect_uri, scopes, challenge };
                return Ok(Ok(Asked { asking, request, back }));
            }
        },
    };
    Ok(Err(back.refused(error)))
}

fn show(asked: &Asked<'_>, from: &Query, status: StatusCode, fault: Option<&str>) -> Outcome {
    let login = from.get("login").or_else(|| from.get("login_hint")).unwrap_or_default();
    let page = Login {
        style: page::style(),
        account: &asked.asking.account.name,
        application: &asked.asking.application.name,
        scopes: said(asked.request.scopes),
        days: limits::GRANT_KEPT.as_secs() / 86_400,
        fault,
        hidden: ASKED.iter().filter_map(|name| Some((*name, from.get(name)?))).collect(),
        name: login,
        back: origin_of(asked.back.uri),
    };
    page::login(status, &page)
}

/// Seconds to wait, where somebody tried to log in too often by this name.
fn too_often(state: &AppState, asking: &Asking, login: &str, address: Option<IpAddr>) -> Option<u64> {
    let name = login_key("userName", login).unwrap_or_default();
    let now = Instant::now();
    let from_one = state.logins.count(
        (asking.account.id, name.clone(), TriesFrom::One(address)),
        LOGINS_FROM_ONE_MAX,
        now,
    );
    let from_all = state.logins.count((asking.account.id, name, TriesFrom::All), LOGINS_MAX, now);
    from_one.wait_seconds().max(from_all.wait_seconds())
}

async fn tell(state: &AppState, origin: Origin, asked: &Asked<'_>, status: StatusCode) {
    let (account, route) = (Some(asked.asking.account.name.as_str()), "POST /oauth/authorize".to_owned());
    let refused = Refused { caller: None, account, origin, route, status: status.as_u16() };
    state.directory.tell_refused(refused).await;
}

/// Scopes as people read them.
fn said(scopes: Scopes) -> Vec<&'static str> {
    scopes.iter().filter_map(in_words).collect()
}

const fn in_words(permission: Permission) -> Option<&'static str> {
    Some(match permission {
        Permission::UsersRead => "see people",
        Permission::UsersWrite => "create, change and delete people",
        Permission::GroupsRead => "see groups and their members",
        Permission::GroupsWrite => "create, change and delete groups and their members",
        Permission::ResourcesRead => "see other resources",
        Permission::ResourcesWrite => "create, change and delete other resources",
        Permission::JobReportRead => "see what became of jobs",
        Permission::JobsApprove => "approve jobs that wait for it",
        Permission::AdminRead => "see the account's settings, profiles and files",
        Permission::AdminWrite => "import and export people, and change the account's settings and profiles",
        Permission::AuditRead => "read the audit log",
        Permission::KeysManage => "manage keys, clients and the roles of people",
        Permission::Operate => return None,
    })
}
