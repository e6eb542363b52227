//! The routes of OAuth 2.0.

use super::parts::APPKEY;
use super::public;
use crate::headers::{FORM, JSON};
use crate::oauth;
use crate::router::declared::{Answer, open};
use crate::router::fields::{answer as sent, path};
use crate::router::{Face, Route, Verb};

/// Two ways to send a form.
const FORMS: &[&str] = &[FORM, "multipart/form-data"];
/// A token that was made.
const TOKEN: &[Answer] = &[Answer::new(200, JSON, "TokenAnswer").with(&[sent::CACHE_CONTROL])];
/// A client that is not known.
const NO_CLIENT: &[u16] = &[401, 429];

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
