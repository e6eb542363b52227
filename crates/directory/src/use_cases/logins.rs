//! People who log in and let an application act for them. Source: RFC 6749 §4.1 and §6, RFC 7636, RFC 9700.

use std::sync::{Arc, LazyLock};

use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::caller::{Caller, Dialect, Origin, Scopes};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, hex};
use crate::limits;
use crate::model::access::{Account, PERSON};
use crate::model::audit::{Actor, Event, Kind};
use crate::model::canonical;
use crate::model::grants::{self, Application, Grant, Member, Standing};
use crate::model::passwords::{Hash, Secret};
use crate::model::tokens::{Claims, client_id, parse_client_id};
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::access::{is_active, unauthenticated};
use crate::use_cases::audit::{Told, Trail};
use crate::use_cases::tokens::{Issued, asked, no_key};

/// A password of nobody: whoever asks for a person that there is none of waits as long as for one that there is.
static NOBODYS: LazyLock<Option<Hash>> =
    LazyLock::new(|| Hash::of(&Secret::new(String::new()), [0; 16]).ok());

/// An application and the account that it is in.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The account.
    pub account: Account,
    /// The application.
    pub application: Application,
}

impl Asking {
    /// What it is called in OAuth.
    pub fn client_id(&self) -> String {
        client_id(&self.account.name, self.application.id)
    }
}

/// What an application asks a person for.
#[derive(Clone, Debug)]
pub struct GrantRequest {
    /// Where the code is sent to.
    pub redirect_uri: String,
    /// What for.
    pub scopes: Scopes,
    /// What the verifier is known by.
    pub challenge: String,
}

/// A place among those who log in at the same time.
#[derive(Debug)]
pub struct LoginPlace(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

/// Tokens that were made for a grant.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: Issued,
    /// The refresh token, good once.
    pub refresh: Secret,
}

/// What an application shows for tokens.
#[derive(Clone, Copy)]
struct Secrets<'a> {
    /// The code or the refresh token.
    text: &'a str,
    /// Where the code was sent to, and its verifier.
    shown: Option<(&'a str, &'a str)>,
}

impl Secrets<'_> {
    /// Whether a code comes with what it was asked for with.
    fn are_of(self, grant: &Grant) -> bool {
        self.shown.is_none_or(|(uri, verifier)| {
            grant.redirect_uri == uri && grants::is_verified(&grant.challenge, verifier)
        })
    }
}

/// Why no tokens were made, where it is none of the errors that anybody meets: the code or the refresh token is none, or not
/// this application's, or was used before.
const NOT_GRANTED: &str = "it is not good, was used before, or belongs to somebody else";

impl Directory {
    /// The application with this id of OAuth's, where it stands and people may be sent back to it.
    ///
    /// # Errors
    /// `Unauthenticated` for one that there is none of.
    pub async fn asking(&self, id: &str) -> Result<Asking> {
        let (account, client) = parse_client_id(id).ok_or_else(unauthenticated)?;
        let account = account.to_owned();
        let read = move |snapshot: &mut dyn Snapshot| {
            let Some(account) = snapshot.account(&account)? else { return Ok(None) };
            let application = snapshot.application(account.id, client)?;
            Ok(application.map(|application| Asking { account, application }))
        };
        let asking = self.store.read(Cost::Point, read).await?.ok_or_else(unauthenticated)?;
        let logs_in = !asking.application.redirect_uris.is_empty() && !asking.account.settings.is_suspended();
        if !logs_in || asking.client_id() != id {
            return Err(unauthenticated());
        }
        Ok(asking)
    }

    /// The scopes that an application may ask for by this text, or all of them.
    ///
    /// # Errors
    /// `Invalid` (`scope`).
    pub fn askable(&self, application: &Application, scope: Option<&str>) -> Result<Scopes> {
        let held = Scopes::of(application.role);
        scope.map_or(Ok(held), |text| asked(text, held))
    }

    /// A place among those who log in. Whoever counts attempts takes one first: then no more names are kept than passwords
    /// can be checked.
    ///
    /// # Errors
    /// `TooMany` when `LOGINS_AT_ONCE` people log in.
    pub fn login_place(&self) -> Result<LoginPlace> {
        let full = |_| Error::TooMany("too many people sign in at once: try again in a moment".to_owned());
        Arc::clone(&self.logins).try_acquire_owned().map(LoginPlace).map_err(full)
    }

    /// Lets a person in by their password, and grants the application what it asks for, as far as the person may do it: a
    /// code, for [`Directory::redeem`].
    ///
    /// # Errors
    /// `Unauthenticated` for a person or a password that is wrong, with the same text and after the same time; `Forbidden` for
    /// a person without a role, or without anything of what is asked for; `WrongState` without a key to seal with.
    pub async fn grant(
        &self,
        asking: &Asking,
        request: GrantRequest,
        (login, password): (&str, Secret),
        (_place, origin): (LoginPlace, Origin),
    ) -> Result<Secret> {
        let sealing = self.sealing.clone().ok_or_else(no_key)?;
        let account = asking.account.id;
        let (user, member) = self.known_by_password(account, login, password).await?;
        let no_role = || Error::Forbidden("nobody gave you a role by which you could do this".to_owned());
        let member = member.filter(|member| member.revoked_at.is_none()).ok_or_else(no_role)?;
        let scopes = request.scopes.and(Scopes::of(member.role));
        if scopes == Scopes::NONE {
            return Err(no_role());
        }
        let mut id = [0; 16];
        self.ids.fill(&mut id);
        let now = self.now();
        let grant = Grant {
            id: hex(&id),
            application: asking.application.id,
            member: member.id,
            scopes,
            redirect_uri: request.redirect_uri,
            challenge: request.challenge,
            generation: 0,
            created_at: now,
            ends_at: now.plus(limits::CODE_KEPT),
        };
        let code = Secret::new(grants::secret(&sealing, account, &grant.id, 0));
        let trail = self.trail_of_person(account, user, &member, origin);
        let client = asking.client_id();
        let create = move |tx: &mut dyn Tx| {
            tx.forget_grants(account, now)?;
            tx.create_grant(account, &grant, limits::GRANTS_PER_MEMBER_MAX - 1)?;
            let told = Told::new(Event::Created, Kind::Grant, &grant.id)
                .with("client", client.as_str())
                .with("scope", grant.scopes.to_string())
                .for_user(Some(user));
            trail.tell(tx, told)
        };
        self.store.write(Class::Interactive, create).await?;
        Ok(code)
    }

    /// Who this is, by their password.
    async fn known_by_password(
        &self,
        account: AccountId,
        login: &str,
        password: Secret,
    ) -> Result<(Uuid, Option<Member>)> {
        let key = canonical::login_key("userName", login).ok();
        let read = move |snapshot: &mut dyn Snapshot| {
            let Some(key) = &key else { return Ok(None) };
            let Some(user) = snapshot.user_by_name(account, key)?.filter(|_| canonical::is_indexable(key))
            else {
                return Ok(None);
            };
            let hash = snapshot.passwords(account, user.key)?.into_iter().next();
            let member = snapshot.member(account, user.uuid)?;
            Ok(is_active(Some(&user))?.then_some((user.uuid, hash, member)))
        };
        let found = self.store.read(Cost::Point, read).await?;
        let hash = found.as_ref().and_then(|(_, hash, _)| hash.clone());
        let is_somebodys = hash.is_some();
        // It takes as long whether there is one or not.
        let check = move || hash.as_ref().or(NOBODYS.as_ref()).is_some_and(|hash| hash.is_of(&password));
        let is_good = self.hashing(check).await?;
        match found {
            Some((user, _, member)) if is_good && is_somebodys => Ok((user, member)),
            _ => Err(unauthenticated()),
        }
    }

    /// Tokens for a code. Whoever presents it a second time, or without the verifier, ends the grant: somebody else may have
    /// it. Source: RFC 6749 §4.1.3, RFC 9700 §4.5.
    ///
    /// # Errors
    /// `Invalid` (`code`).
    pub async fn redeem(
        &self,
        asking: &Asking,
        (code, redirect_uri, verifier): (&str, &str, &str),
        server: &str,
        origin: Origin,
    ) -> Result<Tokens> {
        self.next_tokens(
            asking,
            Secrets { text: code, shown: Some((redirect_uri, verifier)) },
            None,
            (server, origin),
        )
        .await
    }

    /// Tokens for a refresh token, which is good no longer. Whoever presents one a second time ends the grant. Source: RFC 9700
    /// §4.14.2.
    ///
    /// # Errors
    /// `Invalid` (`refresh_token`, or `scope` for one that was not granted).
    pub async fn refresh(
        &self,
        asking: &Asking,
        (token, scope): (&str, Option<&str>),
        server: &str,
        origin: Origin,
    ) -> Result<Tokens> {
        self.next_tokens(asking, Secrets { text: token, shown: None }, scope, (server, origin)).await
    }

    async fn next_tokens(
        &self,
        asking: &Asking,
        secrets: Secrets<'_>,
        scope: Option<&str>,
        (server, origin): (&str, Origin),
    ) -> Result<Tokens> {
        let field = if secrets.shown.is_some() { "code" } else { "refresh_token" };
        let sealing = self.sealing.clone().ok_or_else(no_key)?;
        let not_granted = || Error::invalid(field, format!("{field}: {NOT_GRANTED}"));
        let account = asking.account.id;
        let presented = grants::presented(&sealing, account, secrets.text)
            .filter(|presented| (presented.generation == 0) == secrets.shown.is_some())
            .ok_or_else(not_granted)?;
        let (name, id) = (asking.account.name.clone(), presented.grant.clone());
        let read = move |snapshot: &mut dyn Snapshot| {
            let Some(grant) = snapshot.grant(account, &id)? else { return Ok(None) };
            let Some(standing) = snapshot.standing_grant(&name, &id)? else { return Ok(None) };
            let is_there = is_active(snapshot.user(account, standing.user)?.as_ref())?;
            Ok(is_there.then_some((grant, standing)))
        };
        let (grant, standing) = self.store.read(Cost::Point, read).await?.ok_or_else(not_granted)?;
        if grant.application != asking.application.id {
            return Err(not_granted());
        }
        let now = self.now();
        let trail = self.trail(&bearer(&standing, &grant.id, origin));
        if grant.ends_at <= now || !secrets.are_of(&grant) {
            self.end_grant(account, grant.id, trail).await?;
            return Err(not_granted());
        }
        let held = standing.holds();
        let scopes = scope.map_or(Ok(held), |text| asked(text, held))?;
        if scopes == Scopes::NONE {
            return Err(not_granted());
        }
        let ends_at = if presented.generation == 0 { now.plus(limits::GRANT_KEPT) } else { grant.ends_at };
        let claims = Claims {
            sub: standing.user.to_string(),
            client_id: asking.client_id(),
            scope: scopes.to_string(),
            grant: grant.id.clone(),
            ..self.claims(server, Some(ends_at))
        };
        let (token, kept) = (self.sign(&claims).await?, claims.kept());
        let (id, told_by) = (grant.id.clone(), trail.clone());
        let advance = move |tx: &mut dyn Tx| {
            let is_first = tx.advance_grant(account, &id, presented.generation, ends_at)?;
            if is_first {
                let told = Told::new(Event::Created, Kind::Token, &claims.jti);
                told_by.tell(tx, told.with("scope", claims.scope.as_str()).with("grant", id.as_str()))?;
            }
            Ok(is_first)
        };
        if !self.store.write(Class::Interactive, advance).await? {
            self.end_grant(account, grant.id, trail).await?;
            return Err(not_granted());
        }
        let refresh = grants::secret(&sealing, account, &grant.id, presented.generation.saturating_add(1));
        let access = Issued { token, kept, scopes };
        Ok(Tokens { access, refresh: Secret::new(refresh) })
    }

    /// Ends what an application was granted, by one of its refresh tokens. One that is not good is passed over. Source: RFC 7009.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn revoke_grant(&self, asking: &Asking, token: &str, origin: Origin) -> Result<()> {
        let (account, application) = (&asking.account, asking.application.id);
        let Some(sealing) = self.sealing.clone() else { return Ok(()) };
        let Some(presented) = grants::presented(&sealing, account.id, token) else { return Ok(()) };
        let (id, name, grant) = (account.id, account.name.clone(), presented.grant.clone());
        let read = move |snapshot: &mut dyn Snapshot| {
            let Some(grant) = snapshot.grant(id, &grant)? else { return Ok(None) };
            let standing = snapshot.standing_grant(&name, &grant.id)?;
            Ok(standing.map(|standing| (grant, standing)))
        };
        match self.store.read(Cost::Point, read).await? {
            Some((grant, standing)) if grant.application == application => {
                let trail = self.trail(&bearer(&standing, &grant.id, origin));
                self.end_grant(id, grant.id, trail).await
            }
            _ => Ok(()),
        }
    }

    async fn end_grant(&self, account: AccountId, grant: String, trail: Trail) -> Result<()> {
        let end = move |tx: &mut dyn Tx| {
            if tx.delete_grant(account, &grant)? {
                trail.tell(tx, Told::new(Event::Deleted, Kind::Grant, &grant))?;
            }
            Ok(())
        };
        self.store.write(Class::Interactive, end).await
    }

    /// Who has a token of this grant, if it stands and the token was not taken back.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub(crate) async fn bearer_of_grant(&self, account: &str, claims: &Claims) -> Result<Caller> {
        let (account, grant, token) = (account.to_owned(), claims.grant.clone(), claims.jti.clone());
        let find = move |snapshot: &mut dyn Snapshot| {
            let Some(standing) = snapshot.standing_grant(&account, &grant)? else { return Ok(None) };
            let is_there = is_active(snapshot.user(standing.account, standing.user)?.as_ref())?
                && !snapshot.is_token_revoked(standing.account, &token)?;
            Ok(is_there.then_some(standing))
        };
        let standing = self.store.read(Cost::Point, find).await?.ok_or_else(unauthenticated)?;
        let is_of_it = client_id(&standing.account_name, standing.application) == claims.client_id
            && standing.user.to_string() == claims.sub;
        if !is_of_it || standing.settings.is_suspended() || standing.ends_at <= self.now() {
            return Err(unauthenticated());
        }
        Ok(bearer(&standing, &claims.grant, Origin::default()))
    }

    fn trail_of_person(&self, account: AccountId, user: Uuid, member: &Member, origin: Origin) -> Trail {
        let role = Some(member.role.as_str().to_owned());
        let actor = Actor { name: name_of(user), client: Some(member.id.0), key: None, role };
        self.trail_of(account, actor, origin)
    }
}

/// What a person is called as a client: nothing that says who they are.
pub(crate) fn name_of(user: Uuid) -> String {
    format!("{PERSON}{user}")
}

/// Who has a token of this grant.
fn bearer(standing: &Standing, grant: &str, origin: Origin) -> Caller {
    Caller {
        account: standing.account,
        account_name: standing.account_name.clone(),
        client: standing.member,
        role: standing.role,
        scopes: standing.scopes.and(Scopes::of(standing.application_role)),
        dialect: Dialect::Standard,
        source: standing.source.clone(),
        user: Some(standing.user),
        settings: standing.settings,
        ends_at: Some(standing.ends_at),
        key: grant.into(),
        client_name: Arc::clone(&standing.member_name),
        origin,
    }
}
