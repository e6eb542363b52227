//! The routes of OAuth 2.0.

use super::parts::APPKEY;
use super::public;
use crate::headers::{FORM, HTML, JSON};
use crate::oauth;
use crate::router::declared::{Answer, Field, Kind, open};
use crate::router::fields::{answer as sent, path};
use crate::router::{Face, Route, Verb};

/// Two ways to send a form.
const FORMS: &[&str] = &[FORM, "multipart/form-data"];
/// A token that was made.
const TOKEN: &[Answer] = &[Answer::new(200, JSON, "TokenAnswer").with(&[sent::CACHE_CONTROL])];
/// A client that is not known.
const NO_CLIENT: &[u16] = &[401, 429];

/// What an application sends people with. Others are passed over. Source: RFC 6749 §3.1.
const ASKED: &[Field] = &[
    Field::new("response_type", "code", Kind::Word("code")),
    Field::new("client_id", "The application", Kind::Text),
    Field::new(
        "redirect_uri",
        "Where the person is sent back to: one of those that were registered",
        Kind::Text,
    ),
    Field::new("scope", "Names of scopes with spaces between; absent: all of the application's", Kind::Text),
    Field::new("state", "Sent back as it came", Kind::Text),
    Field::new("code_challenge", "SHA-256 of the verifier, in base64url", Kind::Sized { min: 43, max: 43 }),
    Field::new("code_challenge_method", "S256", Kind::Word("S256")),
    Field::new("response_mode", "query", Kind::Word("query")),
    Field::new("resource", "The server's base URL", Kind::Text),
    Field::new("login_hint", "What to write into the field of the login", Kind::Text),
];
/// A person is sent back to the application, with a code or with why there is none.
const SENT_BACK: Answer =
    Answer::empty(303, "The person is sent back").with(&[sent::LOCATION, sent::CACHE_CONTROL]);
const PAGE_HEADERS: &[Field] = &[sent::CACHE_CONTROL, sent::CONTENT_SECURITY_POLICY];
/// A page: that to log in, or why there is none.
const fn page(status: u16) -> Answer {
    Answer::new(status, HTML, "Page").with(PAGE_HEADERS)
}

/// The same page: somebody tried too often.
const TOO_OFTEN: Answer = Answer::new(429, HTML, "Page").with(&[
    sent::CACHE_CONTROL,
    sent::CONTENT_SECURITY_POLICY,
    sent::RETRY_AFTER,
]);

/// The routes of OAuth 2.0. They authenticate clients by themselves: their credential may stand in the form.
pub(in crate::router) static ROUTES: &[Route] = &[
    open(Verb::Post, "/oauth/token", Face::OAuth, public!(oauth::token))
        .about("A token for a client (RFC 6749)")
        .takes(FORMS, "TokenRequest")
        .gives(TOKEN)
        .refuses(NO_CLIENT),
    open(
        Verb::Post,
        "/api/auth/v1/{accountId}/protocol/openid-connect/token",
        Face::Admin,
        public!(oauth::token),
    )
    .about("A token for a client of this account")
    .of(&[path::ACCOUNT_ID])
    .reads(APPKEY)
    .takes(FORMS, "TokenRequest")
    .gives(TOKEN)
    .refuses(&[401, 403, 429]),
    open(Verb::Get, "/oauth/authorize", Face::OAuth, public!(oauth::authorize::ask))
        .about("The page by which a person logs in to an application (RFC 6749, RFC 7636)")
        .query(ASKED)
        .gives(&[page(200), page(400), SENT_BACK]),
    open(Verb::Post, "/oauth/authorize", Face::OAuth, public!(oauth::authorize::decide))
        .about("What that page sends")
        .takes(&[FORM], "AuthorizationForm")
        .gives(&[page(400), page(403), TOO_OFTEN, SENT_BACK]),
    open(Verb::Post, "/oauth/introspect", Face::OAuth, public!(oauth::introspect))
        .about("What a token says (RFC 7662)")
        .takes(FORMS, "TokenNamed")
        .gives(&[Answer::new(200, JSON, "Introspection").with(&[sent::CACHE_CONTROL])])
        .refuses(NO_CLIENT),
    open(Verb::Post, "/oauth/revoke", Face::OAuth, public!(oauth::revoke))
        .about("Take a token back (RFC 7009)")
        .takes(FORMS, "TokenNamed")
        .gives(&[Answer::empty(200, "It is good no longer")])
        .refuses(NO_CLIENT),
    open(Verb::Get, "/oauth/jwks", Face::OAuth, public!(oauth::keys))
        .about("What tokens are verified by (RFC 7517)")
        .gives(&[Answer::new(200, JSON, "VerifyingKeys")]),
    open(Verb::Get, "/.well-known/oauth-authorization-server", Face::Public, public!(oauth::metadata))
        .about("What this authorization server can do (RFC 8414)")
        .gives(&[Answer::new(200, JSON, "AuthorizationServer")]),
];
