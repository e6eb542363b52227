//! Access tokens: JSON Web Tokens (RFC 9068) signed with Ed25519, and what signs them.

use std::collections::HashSet;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use throng_jobs::Instant;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::ids::{AccountId, ClientId, Ids, hex, parse_number};
use crate::model::passwords::SealingKey;

/// What stands before the 32 bytes of an Ed25519 seed in PKCS #8. Source: RFC 8410 §7.
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// The type in a token's header. Source: RFC 9068 §2.1.
const TYPE: &str = "at+jwt";

/// What signs tokens, as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in the headers of tokens.
    pub kid: String,
    /// Its seed, sealed.
    pub sealed: Vec<u8>,
    /// What it is verified by.
    pub public: [u8; 32],
    /// When it was made.
    pub created_at: Instant,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// What a token says. Source: RFC 9068 §2.2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made it: the base URL of the server.
    pub iss: String,
    /// Whom it is about: the person, or the client that speaks for nobody.
    pub sub: String,
    /// Where it is good: the base URL of the server.
    pub aud: String,
    /// When it runs out, in seconds since 1970.
    pub exp: i64,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// Its id.
    pub jti: String,
    /// The client that it was made for; see [`client_id`].
    pub client_id: String,
    /// Names of scopes with spaces between.
    pub scope: String,
    /// Ours: the key that it was asked for with, without which it is no longer good. Empty where there is a grant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Ours: the grant that it was made for, without which it is no longer good. Empty where there is a key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub grant: String,
}

/// What a client is called in OAuth: the account's name, `_`, and the client's number. No account's name has a `_`, and no
/// user's id looks like it.
pub fn client_id(account: &str, client: ClientId) -> String {
    format!("{account}_{}", client.0)
}

/// The account's name and the client that are called so in OAuth.
pub fn parse_client_id(text: &str) -> Option<(&str, ClientId)> {
    let (account, number) = text.rsplit_once('_')?;
    Some((account, ClientId(parse_number(number)?)))
}

impl Claims {
    /// How long it is good from when it was made.
    pub fn kept(&self) -> Duration {
        Duration::from_secs(self.exp.saturating_sub(self.iat).try_into().unwrap_or(0))
    }
}

impl SigningKey {
    /// A new one.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub fn make(sealing: &SealingKey, ids: &Ids, now: Instant) -> Result<Self> {
        let mut seed = Zeroizing::new([0; 32]);
        let mut name = [0; 8];
        ids.fill(&mut *seed);
        ids.fill(&mut name);
        let kid = hex(&name);
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| unusable())?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| unusable())?;
        let sealed = sealing.of_signing()?.seal_bytes(&*seed, kid.as_bytes(), ids)?;
        Ok(Self { kid, sealed, public, created_at: now })
    }

    /// A token that says this.
    ///
    /// # Errors
    /// `Internal`, when the key was sealed with another key than this server's.
    pub fn sign(&self, sealing: &SealingKey, claims: &Claims) -> Result<String> {
        let seed = sealing.of_signing()?.open_bytes(self.sealed.clone(), self.kid.as_bytes());
        let seed = Zeroizing::new(seed.ok_or_else(unusable)?);
        let pkcs8 = Zeroizing::new([&PKCS8[..], &seed].concat());
        let header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(&pkcs8)).map_err(|_| unusable())
    }

    /// What the token says, if this key signed it for this server. Whether it has run out is left to the caller, who knows
    /// what time it is.
    pub fn read(&self, token: &str, server: &str) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.set_audience(&[server]);
        validation.set_issuer(&[server]);
        validation.required_spec_claims =
            ["exp", "iss", "aud", "sub"].map(str::to_owned).into_iter().collect::<HashSet<_>>();
        let key = DecodingKey::from_ed_der(&self.public);
        let read = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?;
        let is_bound = read.claims.key.is_empty() != read.claims.grant.is_empty();
        (read.header.typ.as_deref() == Some(TYPE) && is_bound).then_some(read.claims)
    }
}

/// The name of the key that signed a token, as the token says.
pub fn kid_of(token: &str) -> Option<String> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    (header.alg == Algorithm::EdDSA).then_some(header.kid).flatten()
}

/// Whose token it says to be, in the log of refused requests: nothing of it was checked.
pub fn account_of(client_id: &str) -> Option<&str> {
    client_id.rsplit_once('_').map(|(account, _)| account)
}

/// Where what signs tokens belongs.
pub(crate) const SERVER: AccountId = AccountId(0);

fn unusable() -> Error {
    Error::internal("what signs tokens cannot be used")
}

#[cfg(test)]
mod tests;
