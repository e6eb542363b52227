//! The pages that people see who log in.

use std::sync::LazyLock;

use askama::Template;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use sha2::{Digest, Sha256};

use crate::call::Outcome;
use crate::headers::{HTML, answer, put};
use crate::refusal::Refusal;

const STYLE: &str = include_str!("../../templates/style.css");
/// What the browser knows the style by: no other is applied, and nothing is run.
static STYLE_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));

/// The page that asks a person to log in and to let an application act for them.
#[derive(Template)]
#[template(path = "login.html")]
pub(super) struct Login<'a> {
    pub(super) style: &'static str,
    pub(super) account: &'a str,
    pub(super) application: &'a str,
    pub(super) scopes: Vec<&'static str>,
    pub(super) days: u64,
    pub(super) fault: Option<&'a str>,
    /// What the application asked for, to be sent along.
    pub(super) hidden: Vec<(&'static str, &'a str)>,
    pub(super) name: &'a str,
    /// Where the person will be sent to.
    pub(super) back: &'a str,
}

/// The page of a request that leads nowhere.
#[derive(Template)]
#[template(path = "stop.html")]
struct Stop<'a> {
    style: &'static str,
    fault: &'a str,
}

/// Shows the page; its form may lead here and, by redirection, to where the application is.
pub(super) fn login(status: StatusCode, page: &Login<'_>) -> Outcome {
    show(status, page, &format!("'self' {}", page.back))
}

/// Says why nobody is logged in, where nobody may be sent anywhere.
pub(super) fn stop(status: StatusCode, fault: &str) -> Outcome {
    show(status, &Stop { style: style(), fault }, "'none'")
}

/// The style of all pages.
pub(super) const fn style() -> &'static str {
    STYLE
}

fn show(status: StatusCode, page: &impl Template, form_action: &str) -> Result<Response, Refusal> {
    let text = page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be written");
        Refusal::internal()
    })?;
    let mut response = answer(status, HTML, text);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action {form_action}; frame-ancestors 'none'; \
         base-uri 'none'",
        *STYLE_HASH
    );
    put(response.headers_mut(), CONTENT_SECURITY_POLICY, policy);
    put(response.headers_mut(), CACHE_CONTROL, "no-store");
    Ok(response)
}
