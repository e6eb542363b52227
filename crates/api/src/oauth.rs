//! OAuth 2.0, as its standards write it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a token. Source: RFC 6749 §4.4.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRequest {
    /// `client_credentials`, `authorization_code` or `refresh_token`.
    #[schema(example = "client_credentials")]
    pub grant_type: String,
    /// The client: the account's name, `_`, and its number. Or in `Authorization: Basic`.
    #[schema(example = "ACME_7")]
    pub client_id: Option<String>,
    /// A key of the client, whole. Or in `Authorization: Basic`. A public client has none.
    pub client_secret: Option<String>,
    /// Names of scopes with spaces between; absent: all that the key may do.
    #[schema(example = "users.read groups.write")]
    pub scope: Option<String>,
    /// Where the token is to be good: the server's base URL, the only place. Source: RFC 8707.
    pub resource: Option<String>,
    /// Of `authorization_code`: the code, good once and for a minute.
    pub code: Option<String>,
    /// Of `authorization_code`: where the code was sent to.
    pub redirect_uri: Option<String>,
    /// Of `authorization_code`: what the challenge was made of. Source: RFC 7636 §4.5.
    pub code_verifier: Option<String>,
    /// Of `refresh_token`: the refresh token, good once.
    pub refresh_token: Option<String>,
}

/// A person's answer to an application that asks them to log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorizationForm {
    /// `code`.
    #[schema(example = "code")]
    pub response_type: String,
    /// The application.
    #[schema(example = "ACME_8")]
    pub client_id: String,
    /// Where the person is sent back to: one of those that were registered.
    pub redirect_uri: String,
    /// Names of scopes with spaces between; absent: all that the application may do.
    pub scope: Option<String>,
    /// Sent back as it came.
    pub state: Option<String>,
    /// SHA-256 of the verifier, in base64url. Source: RFC 7636 §4.2.
    pub code_challenge: String,
    /// `S256`.
    #[schema(example = "S256")]
    pub code_challenge_method: String,
    /// Where the token is to be good: the server's base URL, the only place. Source: RFC 8707.
    pub resource: Option<String>,
    /// Who it is.
    pub login: Option<String>,
    /// Their password.
    #[schema(format = "password")]
    pub password: Option<String>,
    /// `allow` or `deny`.
    #[schema(example = "allow")]
    pub decision: Option<String>,
}

/// A token was made. Source: RFC 6749 §5.1.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenAnswer {
    /// The token, for `Authorization: Bearer`: a JSON Web Token (RFC 9068).
    pub access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds that it is good.
    #[schema(example = 900)]
    pub expires_in: u64,
    /// What it may be used for.
    pub scope: String,
    /// What the next token is asked for with, good once; there where a person logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// Does not show the token: it must not reach a log.
impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAnswer").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// A token to look into or to take back. Source: RFC 7009 §2.1, RFC 7662 §2.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenNamed {
    /// The token.
    pub token: String,
    /// The client that asks. Or in `Authorization: Basic`.
    pub client_id: Option<String>,
    /// A key of the client, whole. Or in `Authorization: Basic`. A public client has none.
    pub client_secret: Option<String>,
}

/// What a token says, if it is good. Source: RFC 7662 §2.2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Introspection {
    /// Whether it is good now; nothing else is there if it is not.
    pub active: bool,
    /// What it may be used for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The client that it was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// When it runs out, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was made, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Whom it is about: the person, or the client that speaks for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Where it is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

/// What tokens are verified by. Source: RFC 7517 §5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerifyingKeys {
    /// The newest, which signs now, first.
    pub keys: Vec<VerifyingKey>,
}

/// One of them. Source: RFC 8037 §2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerifyingKey {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// `EdDSA`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub key_use: String,
    /// Its name in the headers of tokens.
    pub kid: String,
    /// The public key, in base64url.
    pub x: String,
}

/// What this authorization server can do. Source: RFC 8414 §2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorizationServer {
    /// Its name in tokens: the server's base URL.
    pub issuer: String,
    /// Where people are sent to log in.
    pub authorization_endpoint: String,
    /// Where tokens are made.
    pub token_endpoint: String,
    /// What they are verified by.
    pub jwks_uri: String,
    /// Where they are looked into.
    pub introspection_endpoint: String,
    /// Where they are taken back.
    pub revocation_endpoint: String,
    /// The grants.
    pub grant_types_supported: Vec<String>,
    /// `code`.
    pub response_types_supported: Vec<String>,
    /// `query`.
    pub response_modes_supported: Vec<String>,
    /// `S256`. Source: RFC 7636.
    pub code_challenge_methods_supported: Vec<String>,
    /// True: answers say whose they are. Source: RFC 9207.
    pub authorization_response_iss_parameter_supported: bool,
    /// The scopes.
    pub scopes_supported: Vec<String>,
    /// How clients show who they are.
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// The same.
    pub introspection_endpoint_auth_methods_supported: Vec<String>,
    /// The same.
    pub revocation_endpoint_auth_methods_supported: Vec<String>,
}

/// A refusal. Source: RFC 6749 §5.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OAuthError {
    /// The standard's word for it.
    #[schema(example = "invalid_client")]
    pub error: String,
    /// For people.
    pub error_description: String,
}
