//! The routes about keys, clients, and people who may log in.

use super::guarded;
use super::parts::{CLIENT_GONE, JSON_BODY, KEY_CREATED, KEYS, ONE_CLIENT, ONE_KEY, ONE_MEMBER};
use crate::headers::JSON;
use crate::native::{clients, keys};
use crate::router::declared::{Answer, guard};
use crate::router::fields::path;
use crate::router::{Face, Route, Verb};

/// The routes about keys, clients, and people who may log in.
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
        guarded!(clients::revoke),
    )
    .about("Revoke a client: its keys and tokens are refused, its jobs stop")
    .of(ONE_CLIENT)
    .gives(CLIENT_GONE),
    guard(Verb::Get, "/api/v1/accounts/{accountId}/clients", Face::Native, KEYS, guarded!(clients::list))
        .about("List the clients of an account")
        .of(&[path::ACCOUNT_ID])
        .gives(&[Answer::new(200, JSON, "ClientList")]),
    guard(Verb::Post, "/api/v1/accounts/{accountId}/clients", Face::Native, KEYS, guarded!(clients::create))
        .about("Register a client: a service, or an application that people log in to")
        .of(&[path::ACCOUNT_ID])
        .takes(JSON_BODY, "ClientCreate")
        .gives(&[Answer::new(201, JSON, "ClientShown")])
        .refuses(&[409]),
    guard(
        Verb::Patch,
        "/api/v1/accounts/{accountId}/clients/{clientId}",
        Face::Native,
        KEYS,
        guarded!(clients::change),
    )
    .about("Change where an application sends people back to")
    .of(ONE_CLIENT)
    .takes(JSON_BODY, "ClientChange")
    .gives(&[Answer::new(200, JSON, "ClientShown")]),
    guard(Verb::Get, "/api/v1/accounts/{accountId}/members", Face::Native, KEYS, guarded!(clients::members))
        .about("List the people who have a role, by which they may log in")
        .of(&[path::ACCOUNT_ID])
        .gives(&[Answer::new(200, JSON, "MemberList")]),
    guard(
        Verb::Put,
        "/api/v1/accounts/{accountId}/members/{userId}",
        Face::Native,
        KEYS,
        guarded!(clients::give_role),
    )
    .about("Give a person a role")
    .of(ONE_MEMBER)
    .takes(JSON_BODY, "MemberWrite")
    .gives(&[Answer::new(200, JSON, "MemberShown")])
    .refuses(&[409]),
    guard(
        Verb::Delete,
        "/api/v1/accounts/{accountId}/members/{userId}",
        Face::Native,
        KEYS,
        guarded!(clients::take_role),
    )
    .about("Take a person's role away: they are logged in no longer, and their jobs stop")
    .of(ONE_MEMBER)
    .gives(&[Answer::empty(204, "The role is taken away")]),
];
