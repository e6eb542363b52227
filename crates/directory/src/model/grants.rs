//! Grants: what a person who logged in lets an application do, and what is handed out for one. Source: RFC 6749 §4.1 and §6,
//! RFC 7636, RFC 8252, RFC 9700.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::caller::{Role, Scopes};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ClientId, hex};
use crate::limits;
use crate::model::access::AccountSettings;
use crate::model::passwords::SealingKey;

/// What authorization codes begin with …
const CODE: &str = "thc";
/// … and refresh tokens.
const REFRESH: &str = "thf";
/// Hosts that are this machine. `localhost` is not what RFC 8252 §8.3 recommends, and what developers use.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// An application that asks people for grants: a client of an account, with where people are sent back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The client's key in the store.
    pub id: ClientId,
    /// The client's name, shown to people.
    pub name: String,
    /// What it may do at most, whoever logs in.
    pub role: Role,
    /// Where people may be sent back to; empty for a client that logs nobody in.
    pub redirect_uris: Vec<String>,
    /// Whether it cannot keep a secret: it runs in a browser or on a person's device. Source: RFC 6749 §2.1.
    pub is_public: bool,
    /// When it was made.
    pub created_at: Instant,
}

/// A person's place among those who may log in: a client of their own, with whose authority their jobs run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user: Uuid,
    /// The client's key in the store.
    pub id: ClientId,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub created_at: Instant,
    /// Since when not, if no longer.
    pub revoked_at: Option<Instant>,
}

/// What a person lets an application do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// 16 random bytes in hexadecimal digits.
    pub id: String,
    /// The application.
    pub application: ClientId,
    /// The person, as a client.
    pub member: ClientId,
    /// What for: no more than the application's role and the person's allowed then.
    pub scopes: Scopes,
    /// Where the code was sent to.
    pub redirect_uri: String,
    /// SHA-256 of the verifier, as the application gave it. Source: RFC 7636 §4.2.
    pub challenge: String,
    /// Which of the grant's secrets is good: 0 is the code, others are refresh tokens, each good once.
    pub generation: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends: soon, while the code was not redeemed.
    pub ends_at: Instant,
}

/// A grant that stands, with all that decides what its bearer may do.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub account_name: String,
    /// Its settings.
    pub settings: AccountSettings,
    /// The application and its role.
    pub application: ClientId,
    /// What the application may do at most.
    pub application_role: Role,
    /// The application's provisioning source.
    pub source: Option<Arc<str>>,
    /// The person as a client, and their name there.
    pub member: ClientId,
    /// The name of that client.
    pub member_name: Arc<str>,
    /// The person's role.
    pub role: Role,
    /// The person.
    pub user: Uuid,
    /// What was granted.
    pub scopes: Scopes,
    /// When the grant ends.
    pub ends_at: Instant,
}

impl Standing {
    /// What its bearer may do: what was granted, as far as the application and the person may do it now.
    pub fn holds(&self) -> Scopes {
        self.scopes.and(Scopes::of(self.application_role)).and(Scopes::of(self.role))
    }
}

/// A code or a refresh token as it was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The grant.
    pub grant: String,
    /// Which of its secrets; 0 is the code.
    pub generation: i64,
}

/// The secret of this generation. Nothing of it is stored: who has the database and not the key cannot make one.
pub fn secret(sealing: &SealingKey, account: AccountId, grant: &str, generation: i64) -> String {
    let kind = if generation == 0 { CODE } else { REFRESH };
    let tag = sealing.of_grant(account, grant, generation);
    format!("{kind}_{grant}_{generation}_{}", hex(&tag))
}

/// What is presented, if this server made it for this account.
pub fn presented(sealing: &SealingKey, account: AccountId, text: &str) -> Option<Presented> {
    if text.len() > limits::GRANT_SECRET_BYTES_MAX {
        return None;
    }
    let mut pieces = text.splitn(4, '_');
    let (_, grant, generation) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let generation = generation.parse().ok().filter(|generation| *generation >= 0)?;
    let made = secret(sealing, account, grant, generation);
    let digest = |text: &str| <[u8; 32]>::from(Sha256::digest(text.as_bytes()));
    // Of digests it tells nobody anything where they differ.
    (digest(&made) == digest(text)).then(|| Presented { grant: grant.to_owned(), generation })
}

/// Whether a text looks like a refresh token of this server.
pub fn is_refresh_token(text: &str) -> bool {
    text.strip_prefix(REFRESH).is_some_and(|rest| rest.starts_with('_'))
}

/// Refuses what is no challenge by SHA-256. Source: RFC 7636 §4.2.
///
/// # Errors
/// `Invalid` (`code_challenge`).
pub fn check_challenge(text: &str) -> Result<()> {
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(digest) if digest.len() == 32 => Ok(()),
        _ => Err(Error::invalid("code_challenge", "code_challenge is 43 characters: SHA-256 in base64url")),
    }
}

/// Whether the verifier is the one of which the challenge was made. Source: RFC 7636 §4.6.
pub fn is_verified(challenge: &str, verifier: &str) -> bool {
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(is_unreserved)
        && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
}

/// Refuses where nobody may be sent back to: it has to be `https`, `http` on this machine, or a scheme of the
/// application's own with a dot in its name. Source: RFC 6749 §3.1.2, RFC 8252 §7.
///
/// # Errors
/// `Invalid` (`redirectUris`).
pub fn check_redirect_uri(uri: &str) -> Result<()> {
    let wrong = |why: &str| Err(Error::invalid("redirectUris", format!("{uri:?}: {why}")));
    if uri.len() > limits::REDIRECT_URI_BYTES_MAX {
        return wrong("too long");
    }
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"\"'<>\\^`{|}#".contains(&b);
    if !uri.bytes().all(is_plain) {
        return wrong("only what stands in URIs, and no fragment");
    }
    let Some((scheme, rest)) = uri.split_once(':') else { return wrong("it has to begin with a scheme") };
    let is_scheme = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
    if !scheme.bytes().all(is_scheme) || !scheme.starts_with(|c: char| c.is_ascii_lowercase()) {
        return wrong("schemes are written in small letters");
    }
    match (scheme, host_of(uri)) {
        ("https", Some(_)) => Ok(()),
        ("http", Some(host)) if LOOPBACK.contains(&host) => Ok(()),
        ("http", Some(_)) => wrong("http is for this machine alone: https"),
        ("https" | "http", None) => wrong("it names no host, or more than one"),
        _ if scheme.contains('.') && !rest.is_empty() => Ok(()),
        _ => wrong("https, http on this machine, or a scheme of the application's own, as com.example.app"),
    }
}

/// Whether people may be sent to `uri`: it is one of those that were registered, to the letter, but for the port on this
/// machine, which applications get as it comes. Source: RFC 9700 §4.1.3, RFC 8252 §7.3.
pub fn is_registered(registered: &[String], uri: &str) -> bool {
    registered
        .iter()
        .any(|known| known == uri || without_port(known).is_some_and(|a| without_port(uri) == Some(a)))
}

/// Host and what stands behind the port, of `http` on this machine by its address.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let host = host_of(uri).filter(|host| matches!(*host, "127.0.0.1" | "[::1]"))?;
    let rest = uri.strip_prefix("http://")?.strip_prefix(host)?;
    let port =
        rest.strip_prefix(':').map_or(0, |rest| 1 + rest.bytes().take_while(u8::is_ascii_digit).count());
    Some((host, rest.get(port..)?))
}

/// The host of an `http` or `https` URI; none where there is none, or a user before it.
fn host_of(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?']).next()?;
    let end = match authority.strip_prefix('[') {
        Some(literal) => literal.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b);
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|n| n.parse::<u16>().is_ok());
    (!host.is_empty() && host.bytes().all(is_host) && is_port).then_some(host)
}

/// Where answers to `uri` may lead, for the policy of the page that asks: its origin, or its scheme.
pub fn origin_of(uri: &str) -> &str {
    match uri.find("://") {
        Some(scheme) if uri.starts_with("http") => {
            let rest = &uri[scheme + 3..];
            &uri[..scheme + 3 + rest.find(['/', '?']).unwrap_or(rest.len())]
        }
        _ => uri.find(':').map_or(uri, |scheme| &uri[..=scheme]),
    }
}

#[cfg(test)]
mod tests;
