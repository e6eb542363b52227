//! OAuth 2.0: tokens for services, and for applications that people log in to. Source: RFC 6749, RFC 7009, RFC 7636, RFC 7517, RFC 7662, RFC 8414.

pub(crate) mod authorize;
pub(crate) mod error;
mod form;
mod page;

use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use throng_api::{AuthorizationServer, Introspection, TokenAnswer, VerifyingKey, VerifyingKeys};
use throng_directory::caller::Origin;
use throng_directory::model::grants::is_refresh_token;
use throng_directory::model::tokens::{account_of, client_id};
use throng_directory::use_cases::audit::told::Refused;
use throng_directory::use_cases::logins::Asking;
use throng_directory::use_cases::tokens::Issued;
use throng_directory::{Caller, Error, Permission, Role, Scopes};
use tokio::time::Instant;

use crate::access::ACCOUNT_PARAM;
use crate::call::{Call, Outcome};
use crate::headers::{JSON, answer, put};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::router::refuse_too_many;
use crate::state::AppState;

/// The grant of services. Source: RFC 6749 §4.4.
const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The grant of people. Source: RFC 6749 §4.1.
const CODE: &str = "authorization_code";
/// What follows it. Source: RFC 6749 §6.
const REFRESH: &str = "refresh_token";
/// Ways in which a client shows who it is. Source: RFC 6749 §2.3.1.
const CLIENT_METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];
/// How a client that has no secret does. Source: RFC 7591 §2.
const NO_SECRET: &str = "none";

/// Who asks for tokens.
enum Party {
    /// A client that showed a secret.
    Client(Caller),
    /// One that has none.
    Public(Asking),
}

impl Party {
    fn account_name(&self) -> &str {
        match self {
            Self::Client(caller) => &caller.account_name,
            Self::Public(asking) => &asking.account.name,
        }
    }

    fn client_id(&self) -> String {
        match self {
            Self::Client(caller) => client_id(&caller.account_name, caller.client),
            Self::Public(asking) => asking.client_id(),
        }
    }

    /// The application that people log in to.
    ///
    /// # Errors
    /// 401 for a client that is none.
    async fn asking(self, state: &AppState) -> Result<Asking, Refusal> {
        let id = self.client_id();
        match self {
            Self::Client(_) => Ok(state.directory.asking(&id).await?),
            Self::Public(asking) => Ok(asking),
        }
    }
}

/// POST `/oauth/token`, and `/api/auth/v1/{accountId}/protocol/openid-connect/token`.
pub(crate) async fn token(mut call: Call) -> Outcome {
    let form = form::read(&mut call).await?;
    let party = party((&call.state, &call.origin), call.headers(), &form, "POST /oauth/token").await?;
    let account = call.param(ACCOUNT_PARAM);
    if !account.is_empty() && account != party.account_name() {
        return Err(Refusal::forbidden());
    }
    let known = || format!("grant_type is {CLIENT_CREDENTIALS}, {CODE} or {REFRESH}");
    let grant = match form.get("grant_type") {
        Some(grant @ (CLIENT_CREDENTIALS | CODE | REFRESH)) => grant,
        Some(_) => return Err(Refusal::bad("grant_type", known())),
        None => return Err(Refusal::bad("", format!("grant_type is missing: {}", known()))),
    };
    let server = call.base_url();
    if form.get("resource").is_some_and(|resource| resource.trim_end_matches('/') != server) {
        return Err(Refusal::bad("resource", format!("tokens are for {server}")));
    }
    let scope = form.get("scope").filter(|scope| !scope.is_empty());
    let directory = &call.state.directory;
    let needed = |name: &str| form.get(name).ok_or_else(|| Refusal::bad("", format!("{name} is missing")));
    let tokens = match (grant, party) {
        (CLIENT_CREDENTIALS, Party::Client(caller)) => {
            return given(directory.issue_token(&caller, scope, &server).await?, None);
        }
        // What has no secret speaks for nobody but who logs in.
        (CLIENT_CREDENTIALS, Party::Public(_)) => return Err(Refusal::forbidden()),
        (CODE, party) => {
            let asking = party.asking(&call.state).await?;
            let shown = (needed("code")?, needed("redirect_uri")?, needed("code_verifier")?);
            directory.redeem(&asking, shown, &server, call.origin.clone()).await?
        }
        (_, party) => {
            let asking = party.asking(&call.state).await?;
            let shown = (needed("refresh_token")?, scope);
            directory.refresh(&asking, shown, &server, call.origin.clone()).await?
        }
    };
    given(tokens.access, Some(tokens.refresh.reveal().to_owned()))
}

fn given(issued: Issued, refresh_token: Option<String>) -> Outcome {
    show(&TokenAnswer {
        access_token: issued.token,
        token_type: "Bearer".to_owned(),
        expires_in: issued.kept.as_secs(),
        scope: issued.scopes.to_string(),
        refresh_token,
    })
}

/// POST `/oauth/introspect`.
pub(crate) async fn introspect(mut call: Call) -> Outcome {
    let form = form::read(&mut call).await?;
    let caller =
        client(&call.state, &call.origin, form::client(call.headers(), &form)?, "POST /oauth/introspect")
            .await?;
    let token = form.get("token").ok_or_else(|| Refusal::bad("", "token is missing"))?;
    let claims = call.state.directory.inspect_token(&caller, token, &call.base_url()).await?;
    show(&claims.map_or_else(Introspection::default, |claims| Introspection {
        active: true,
        scope: Some(claims.scope),
        client_id: Some(claims.client_id),
        token_type: Some("Bearer".to_owned()),
        exp: Some(claims.exp),
        iat: Some(claims.iat),
        sub: Some(claims.sub),
        aud: Some(claims.aud),
        iss: Some(claims.iss),
        jti: Some(claims.jti),
    }))
}

/// POST `/oauth/revoke`. A refresh token ends all that was granted with it. Source: RFC 7009 §2.1.
pub(crate) async fn revoke(mut call: Call) -> Outcome {
    let form = form::read(&mut call).await?;
    let party = party((&call.state, &call.origin), call.headers(), &form, "POST /oauth/revoke").await?;
    let token = form.get("token").ok_or_else(|| Refusal::bad("", "token is missing"))?;
    let (directory, origin) = (&call.state.directory, call.origin.clone());
    if !is_refresh_token(token) {
        directory.revoke_token(&party.client_id(), token, &call.base_url(), origin).await?;
    } else if let Ok(asking) = party.asking(&call.state).await {
        directory.revoke_grant(&asking, token, origin).await?;
    }
    Ok(Response::default())
}

/// GET `/oauth/jwks`.
pub(crate) async fn keys(call: Call) -> Outcome {
    let keys = call.state.directory.verifying_keys().await?;
    let keys = keys.iter().map(|key| VerifyingKey {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        alg: "EdDSA".to_owned(),
        key_use: "sig".to_owned(),
        kid: key.kid.clone(),
        x: URL_SAFE_NO_PAD.encode(key.public),
    });
    show_all(&VerifyingKeys { keys: keys.collect() })
}

/// GET `/.well-known/oauth-authorization-server`.
pub(crate) async fn metadata(call: Call) -> Outcome {
    let issuer = call.base_url();
    let at = |path: &str| format!("{issuer}{path}");
    let methods = || CLIENT_METHODS.map(str::to_owned).to_vec();
    let or_none = || [methods(), vec![NO_SECRET.to_owned()]].concat();
    let scopes = Scopes::of(Role::AccountAdministrator);
    show_all(&AuthorizationServer {
        authorization_endpoint: at("/oauth/authorize"),
        token_endpoint: at("/oauth/token"),
        jwks_uri: at("/oauth/jwks"),
        introspection_endpoint: at("/oauth/introspect"),
        revocation_endpoint: at("/oauth/revoke"),
        grant_types_supported: [CLIENT_CREDENTIALS, CODE, REFRESH].map(str::to_owned).to_vec(),
        response_types_supported: vec![authorize::RESPONSE_TYPE.to_owned()],
        response_modes_supported: vec![authorize::RESPONSE_MODE.to_owned()],
        code_challenge_methods_supported: vec![authorize::CHALLENGE_METHOD.to_owned()],
        authorization_response_iss_parameter_supported: true,
        scopes_supported: scopes.iter().map(Permission::scope).map(str::to_owned).collect(),
        token_endpoint_auth_methods_supported: or_none(),
        introspection_endpoint_auth_methods_supported: methods(),
        revocation_endpoint_auth_methods_supported: or_none(),
        issuer,
    })
}

/// Who asks: a client that shows a secret, or one that has none.
async fn party(
    (state, origin): (&AppState, &Origin),
    headers: &HeaderMap,
    form: &Query,
    route: &str,
) -> Result<Party, Refusal> {
    if headers.contains_key(AUTHORIZATION) || form.get("client_secret").is_some() {
        return client(state, origin, form::client(headers, form)?, route).await.map(Party::Client);
    }
    let id = form.get("client_id").ok_or_else(Refusal::unauthenticated)?;
    let asking = match state.directory.asking(id).await {
        Ok(asking) if asking.application.is_public => asking,
        Ok(_) | Err(Error::Unauthenticated(_)) => {
            return Err(tell(state, origin, (id, route), Refusal::unauthenticated()).await);
        }
        Err(error) => return Err(error.into()),
    };
    let (account, limit) = (asking.account.id, asking.account.settings.requests_per_minute);
    refuse_too_many(state.rates.count(account, limit, Instant::now()))?;
    Ok(Party::Public(asking))
}

/// Which client asks. Who is refused is told of in the audit log; who is not has one request less.
async fn client(
    state: &AppState,
    origin: &Origin,
    (id, secret): (String, String),
    route: &str,
) -> Result<Caller, Refusal> {
    let directory = &state.directory;
    let refusal = match directory.authenticate_client(&id, &secret).await {
        Ok(caller) => {
            let left = state.rates.count(caller.account, caller.settings.requests_per_minute, Instant::now());
            refuse_too_many(left)?;
            return Ok(Caller { origin: origin.clone(), ..caller });
        }
        Err(error) => Refusal::from(error),
    };
    Err(tell(state, origin, (&id, route), refusal).await)
}

/// Tells of a client that is not known in the log of the account that it names.
async fn tell(state: &AppState, origin: &Origin, (id, route): (&str, &str), refusal: Refusal) -> Refusal {
    if refusal.status() == StatusCode::UNAUTHORIZED {
        let (account, origin, route) = (account_of(id), origin.clone(), route.to_owned());
        let refused = Refused { caller: None, account, origin, route, status: refusal.status().as_u16() };
        state.directory.tell_refused(refused).await;
    }
    refusal
}

/// An answer that nobody keeps.
fn show<T: Serialize>(value: &T) -> Outcome {
    let mut response = show_all(value)?;
    put(response.headers_mut(), CACHE_CONTROL, "no-store");
    Ok(response)
}

/// An answer that is the same for everybody.
fn show_all<T: Serialize>(value: &T) -> Outcome {
    let text = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Refusal::internal()
    })?;
    Ok(answer(StatusCode::OK, JSON, text))
}
