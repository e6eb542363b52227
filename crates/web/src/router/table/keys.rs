//! The routes about keys and clients.

use super::guarded;
use super::parts::{CLIENT_GONE, JSON_BODY, KEY_CREATED, KEYS, ONE_CLIENT, ONE_KEY};
use crate::headers::JSON;
use crate::native::keys;
use crate::router::declared::{Answer, guard};
use crate::router::fields::path;
use crate::router::{Face, Route, Verb};

/// The routes about keys and clients.
pub(in crate::router) static ROUTES: &[Route] = &[
    guard(Verb::Get, "/api/v1/accounts/{accountId}/keys", Face::Native, KEYS, guarded!(keys::list))
        .about("List the keys of an account, without their secrets")
        .of(&[path::ACCOUNT_ID])
        .gives(&[Answer::new(200, JSON, "KeyList")]),
    guard(Verb::Post, "/api/v1/accounts/{accountId}/keys", Face::Native, KEYS, guarded!(keys::create))
        .about("Create a key of an account")
        .of(&[path::ACCOUNT_ID])
        .takes(JSON_BODY, "KeyCreate")
        .gives(KEY_CREATED)
        .refuses(&[409]),
    guard(
        Verb::Post,
        "/api/v1/accounts/{accountId}/keys/{keyId}/rotate",
        Face::Native,
        KEYS,
        guarded!(keys::rotate),
    )
    .about("Create a key that takes the place of another, which ends a while later")
    .of(ONE_KEY)
    .takes(JSON_BODY, "KeyRotate")
    .gives(KEY_CREATED)
    .refuses(&[409]),
    guard(
        Verb::Delete,
        "/api/v1/accounts/{accountId}/keys/{keyId}",
        Face::Native,
        KEYS,
        guarded!(keys::delete),
    )
    .about("Take a key away")
    .of(ONE_KEY)
    .gives(CLIENT_GONE),
    guard(
        Verb::Delete,
        "/api/v1/accounts/{accountId}/clients/{clientId}",
        Face::Native,
        KEYS,
        guarded!(keys::revoke_client),
    )
    .about("Revoke a client: its keys and tokens are refused, its jobs stop")
    .of(ONE_CLIENT)
    .gives(CLIENT_GONE),
];
