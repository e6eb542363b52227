//! Access tokens: made for who has a key, looked into, taken back. Source: RFC 6749 §4.4, RFC 7009, RFC 7662, RFC 9068.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use throng_jobs::Instant;

use crate::caller::{Caller, Origin, Scopes};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::audit::{Event, Kind};
use crate::model::tokens::{self, Claims, SigningKey, client_id};
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::access::{bearer, holds, unauthenticated};
use crate::use_cases::audit::Told;

/// How long what signs tokens is believed to be all there is …
const KEYS_BELIEVED: Duration = Duration::from_mins(1);
/// … and how often it is looked for a key that a token names and nobody knows.
const KEYS_LOOKED_FOR_EVERY: Duration = Duration::from_secs(1);

/// What signs tokens, as it was at a time.
pub(crate) type KnownKeys = Option<(Arc<[SigningKey]>, Instant)>;

/// A token that was made.
#[derive(Clone)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// How long it is good.
    pub kept: Duration,
    /// What it may be used for.
    pub scopes: Scopes,
}

/// Does not show the token.
impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

impl Directory {
    /// A token for the client whose key the caller has, for these scopes, or for all that the key may do.
    ///
    /// # Errors
    /// `Forbidden` for an operator, `Invalid` (`scope`) for scopes that there are none of or that the key does not have,
    /// `WrongState` without a key to seal with.
    pub async fn issue_token(&self, caller: &Caller, scope: Option<&str>, server: &str) -> Result<Issued> {
        if caller.account_name.is_empty() {
            return Err(Error::Forbidden("an operator's key is no client of an account".to_owned()));
        }
        let held = holds(caller);
        let scopes = match scope {
            None => held,
            Some(text) => asked(text, held)?,
        };
        let client = client_id(&caller.account_name, caller.client);
        let claims = Claims {
            sub: client.clone(),
            client_id: client,
            scope: scopes.to_string(),
            key: caller.key.as_ref().to_owned(),
            ..self.claims(server, caller.ends_at)
        };
        let (token, kept) = (self.sign(&claims).await?, claims.kept());
        let trail = self.trail(caller);
        let tell = move |tx: &mut dyn Tx| {
            let told =
                Told::new(Event::Created, Kind::Token, &claims.jti).with("scope", claims.scope.as_str());
            trail.tell(tx, told)
        };
        self.store.write(Class::Interactive, tell).await?;
        Ok(Issued { token, kept, scopes })
    }

    /// What a token of this server says that is made now; not yet whose it is, nor what for. It ends with the key or the
    /// grant that it is made for.
    pub(crate) fn claims(&self, server: &str, end: Option<Instant>) -> Claims {
        let now = self.now();
        let exp = now.plus(limits::ACCESS_TOKEN_KEPT);
        Claims {
            iss: server.to_owned(),
            aud: server.to_owned(),
            exp: seconds(end.map_or(exp, |end| exp.min(end))),
            iat: seconds(now),
            jti: self.ids.uuid(now).to_string(),
            ..Claims::default()
        }
    }

    /// A token that says this.
    ///
    /// # Errors
    /// `WrongState` without a key to seal with.
    pub(crate) async fn sign(&self, claims: &Claims) -> Result<String> {
        let sealing = self.sealing.clone().ok_or_else(no_key)?;
        self.signing_key().await?.sign(&sealing, claims)
    }

    /// Who presents this token, and what it says.
    ///
    /// # Errors
    /// `Unauthenticated` for one that is not this server's, has run out or was taken back, or whose key is gone.
    pub(crate) async fn bearer_of_token(&self, token: &str, server: &str) -> Result<(Caller, Claims)> {
        if token.len() > limits::ACCESS_TOKEN_BYTES_MAX {
            return Err(unauthenticated());
        }
        let kid = tokens::kid_of(token).ok_or_else(unauthenticated)?;
        let key = self.signed_by(&kid).await?.ok_or_else(unauthenticated)?;
        let claims = key.read(token, server).ok_or_else(unauthenticated)?;
        if claims.exp <= seconds(self.now()) {
            return Err(unauthenticated());
        }
        let account = tokens::account_of(&claims.client_id).ok_or_else(unauthenticated)?;
        let caller = if claims.grant.is_empty() {
            self.bearer_of_keys_token(account, &claims).await?
        } else {
            self.bearer_of_grant(account, &claims).await?
        };
        let scopes = Scopes::parse(&claims.scope).map_err(|_| unauthenticated())?;
        Ok((Caller { scopes: caller.scopes.and(scopes), ..caller }, claims))
    }

    async fn bearer_of_keys_token(&self, account: &str, claims: &Claims) -> Result<Caller> {
        let key = self.standing_key(account, &claims.key, Some(&claims.jti)).await?;
        if client_id(&key.account_name, key.client) != claims.client_id {
            return Err(unauthenticated());
        }
        Ok(bearer(key))
    }

    /// What a token of the caller's account says; none for whatever is not good here.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn inspect_token(&self, caller: &Caller, token: &str, server: &str) -> Result<Option<Claims>> {
        match self.bearer_of_token(token, server).await {
            Ok((bearer, claims)) => Ok((bearer.account == caller.account).then_some(claims)),
            Err(Error::Unauthenticated(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes an access token of this client back: nobody is let in by it any more, within the second that a credential
    /// is believed. A token that is not good is passed over.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn revoke_token(&self, client: &str, token: &str, server: &str, origin: Origin) -> Result<()> {
        let (bearer, claims) = match self.bearer_of_token(token, server).await {
            Ok(known) => known,
            Err(Error::Unauthenticated(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        if claims.client_id != client {
            return Ok(());
        }
        let bearer = Caller { origin, ..bearer };
        let (account, now, trail) = (bearer.account, self.now(), self.trail(&bearer));
        let revoke = move |tx: &mut dyn Tx| {
            tx.forget_tokens(account, now)?;
            tx.revoke_token(
                account,
                &claims.jti,
                Instant::from_micros(claims.exp.saturating_mul(1_000_000)),
            )?;
            trail.tell(tx, Told::new(Event::Deleted, Kind::Token, &claims.jti))
        };
        self.store.write(Class::Interactive, revoke).await?;
        self.disbelieve(token);
        Ok(())
    }

    /// What tokens are verified by, the newest first.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn verifying_keys(&self) -> Result<Arc<[SigningKey]>> {
        self.keys_known_for(KEYS_BELIEVED).await
    }

    /// What signs now: the newest, or a new one when there is none or it has signed long enough. Those that have been shown
    /// long enough go.
    async fn signing_key(&self) -> Result<SigningKey> {
        let now = self.now();
        let is_good =
            |key: &SigningKey| key.created_at > now || now.since(key.created_at) < limits::SIGNING_KEY_KEPT;
        if let Some(key) = self.verifying_keys().await?.first().filter(|key| is_good(key)) {
            return Ok(key.clone());
        }
        let sealing = self.sealing.clone().ok_or_else(no_key)?;
        let key = SigningKey::make(&sealing, &self.ids, now)?;
        let before = now.minus(limits::SIGNING_KEY_KEPT).minus(Duration::from_hours(24));
        let trail = self.trail(&Caller::operator());
        let made = key.clone();
        let create = move |tx: &mut dyn Tx| {
            tx.delete_signing_keys(before)?;
            tx.create_signing_key(&made)?;
            trail.tell(tx, Told::new(Event::Created, Kind::SigningKey, &made.kid))
        };
        self.store.write(Class::Interactive, create).await?;
        self.known_signers.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(key)
    }

    async fn signed_by(&self, kid: &str) -> Result<Option<SigningKey>> {
        for age in [KEYS_BELIEVED, KEYS_LOOKED_FOR_EVERY] {
            let keys = self.keys_known_for(age).await?;
            if let Some(key) = keys.iter().find(|key| key.kid == kid) {
                return Ok(Some(key.clone()));
            }
        }
        Ok(None)
    }

    /// What signs tokens, as it was at most so long ago.
    async fn keys_known_for(&self, age: Duration) -> Result<Arc<[SigningKey]>> {
        let now = self.now();
        {
            let known = self.known_signers.lock().unwrap_or_else(PoisonError::into_inner);
            let is_fresh = |since: Instant| since <= now && now.since(since) < age;
            if let Some((keys, _)) = known.as_ref().filter(|(_, since)| is_fresh(*since)) {
                return Ok(Arc::clone(keys));
            }
        }
        let read = |snapshot: &mut dyn Snapshot| snapshot.signing_keys();
        let keys: Arc<[SigningKey]> = self.store.read(Cost::Point, read).await?.into();
        *self.known_signers.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(&keys), now));
        Ok(keys)
    }
}

/// The scopes that are asked for, all of which the key has. Source: RFC 6749 §3.3.
pub(crate) fn asked(text: &str, held: Scopes) -> Result<Scopes> {
    if text.len() > limits::SCOPE_BYTES_MAX {
        let detail = format!("scope has at most {} bytes", limits::SCOPE_BYTES_MAX);
        return Err(Error::invalid("scope", detail));
    }
    let scopes = Scopes::parse(text).ok().filter(|scopes| held.cover(*scopes) && *scopes != Scopes::NONE);
    scopes.ok_or_else(|| Error::invalid("scope", format!("this client may ask for: {held}")))
}

pub(crate) fn no_key() -> Error {
    Error::WrongState(
        "there are no tokens: the server has no secrets.key, with which their key is sealed".to_owned(),
    )
}

pub(crate) fn seconds(at: Instant) -> i64 {
    at.micros().div_euclid(1_000_000)
}
