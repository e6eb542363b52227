//! Keys and clients of accounts.

use std::time::Duration;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use throng_api::{KeyCreate, KeyCreated, KeyList, KeyRotate, KeyShown};
use throng_directory::caller::KeyView;
use throng_directory::model::time::rfc3339_millis;
use throng_directory::model::tokens::client_id;
use throng_directory::use_cases::access::{KeyMade, KeyRequest};
use throng_directory::{Dialect, Scopes};

use super::clients::role_named;
use super::{gone, show};
use crate::access::{ACCOUNT_PARAM, Authorised};
use crate::call::{Call, Outcome};
use crate::headers::put;
use crate::json;
use crate::refusal::Refusal;

/// GET `/api/v1/accounts/{accountId}/keys`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let account = call.param(ACCOUNT_PARAM);
    let keys = call.state.directory.keys(&caller, Some(account)).await?;
    show(StatusCode::OK, &KeyList { keys: keys.into_iter().map(|key| shown(account, key)).collect() })
}

/// POST `/api/v1/accounts/{accountId}/keys`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let asked: KeyCreate = json::read(&mut call).await?;
    let role = role_named(&asked.role)?;
    let dialect = asked.dialect.as_deref().map_or(Some(Dialect::default()), Dialect::parse);
    let dialect = dialect.ok_or_else(|| Refusal::bad("dialect", "dialect is standard or firstup"))?;
    let account = Some(call.param(ACCOUNT_PARAM).to_owned());
    let KeyCreate { client, user, source, scopes, days, .. } = asked;
    let request = KeyRequest { account, client, role, dialect, user, source, scopes, days };
    made(call.state.directory.create_key(&caller, request).await?)
}

/// POST `/api/v1/accounts/{accountId}/keys/{keyId}/rotate`.
pub(crate) async fn rotate(caller: Authorised, mut call: Call) -> Outcome {
    let asked: KeyRotate = json::read(&mut call).await?;
    let overlap = asked.overlap_seconds.map(Duration::from_secs);
    let (account, key) = (Some(call.param(ACCOUNT_PARAM)), call.param("keyId"));
    made(call.state.directory.rotate_key(&caller, account, key, (overlap, asked.days)).await?)
}

/// DELETE `/api/v1/accounts/{accountId}/keys/{keyId}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let account = Some(call.param(ACCOUNT_PARAM));
    call.state.directory.delete_key(&caller, account, call.param("keyId")).await?;
    Ok(gone())
}

fn made(key: KeyMade) -> Outcome {
    let expires_at = key.expires_at.map(rfc3339_millis);
    let made = KeyCreated { key: key.token, key_id: key.key_id, client_id: key.client_id, expires_at };
    let mut response = show(StatusCode::CREATED, &made)?;
    put(response.headers_mut(), CACHE_CONTROL, "no-store");
    Ok(response)
}

/// A key of an account as the API shows it.
pub fn shown(account: &str, key: KeyView) -> KeyShown {
    KeyShown {
        key_id: key.key_id,
        client_id: client_id(account, key.client),
        client: key.client_name,
        role: key.role.as_str().to_owned(),
        scopes: Scopes::of(key.role).and(key.scopes).to_string(),
        dialect: key.dialect.as_str().to_owned(),
        source: key.source,
        user: key.user.map(|user| user.to_string()),
        created_at: rfc3339_millis(key.created_at),
        expires_at: key.expires_at.map(rfc3339_millis),
        last_used_at: key.last_used_at.map(rfc3339_millis),
    }
}
