//! Accounts, keys, and who a credential is.

use std::sync::PoisonError;
use std::time::Duration;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::caller::{
    Caller, Client, Dialect, FORBIDDEN, KeyRecord, NewClient, Origin, Permission, Role, Scopes,
};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, hex, parse_uuid};
use crate::limits;
use crate::model::access::{Account, AccountSettings, check_account_name, check_client_name};
use crate::model::audit::{Event, Kind};
use crate::model::sources::check_source_name;
use crate::model::tokens::client_id;
use crate::model::users::User;
use crate::model::{canonical, document};
use crate::port::{AccountLock, Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::audit::{Told, Trail};

/// How long a key that was looked up is believed: a revoked key works no longer than this.
const KEY_BELIEVED: Duration = Duration::from_secs(1);
/// Looked-up keys in memory at most.
const KEYS_BELIEVED_MAX: usize = 10_000;
/// What every credential starts with.
const PREFIX: &str = "thr";
/// The one answer to a credential that is missing, malformed, unknown, wrong or revoked.
const UNAUTHENTICATED: &str = "Authentication failure";

/// A key to be made.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// The account's name; `None` for an operator's key.
    pub account: Option<String>,
    /// The client that gets the key; made when it does not exist. `None` makes one named after the key.
    pub client: Option<String>,
    /// The client's role.
    pub role: Role,
    /// The key's dialect.
    pub dialect: Dialect,
    /// The person whom the key belongs to: a UUID is an id, anything else a `userName`.
    pub user: Option<String>,
    /// The client's provisioning source; `None` for the one that the client has, the default one if it is new.
    pub source: Option<String>,
    /// What of its role the key may do; `None` for all of it.
    pub scopes: Option<String>,
    /// How long it is good; `None`: until it is taken away.
    pub days: Option<u32>,
}

impl KeyRequest {
    /// A key of a new client, with nothing special about it.
    pub fn new(account: Option<&str>, role: Role) -> Self {
        let account = account.map(str::to_owned);
        let dialect = Dialect::default();
        Self { account, client: None, role, dialect, user: None, source: None, scopes: None, days: None }
    }
}

impl Directory {
    /// Who presents this bearer token: a key, `thr_<account>_<key id>_<secret>`, or an access token of this server, whose
    /// base URL `server` is. What belongs to a person is good while the person is there and active; a token is good
    /// while the key is that it was asked for with.
    ///
    /// # Errors
    /// `Unauthenticated`, with the same text whatever is wrong.
    pub async fn authenticate(&self, token: &str, server: &str) -> Result<Caller> {
        if let Some(caller) = self.believed(token) {
            return Ok(caller);
        }
        let caller = match key_of(token) {
            Some((account, key_id, secret)) => self.bearer_of_key(account, key_id, secret).await?,
            None => self.bearer_of_token(token, server).await?.0,
        };
        self.believe(token, &caller);
        Ok(caller)
    }

    /// Which client this is: its id as OAuth has it, and one of its keys. Source: RFC 6749 §2.3.1.
    ///
    /// # Errors
    /// `Unauthenticated`, with the same text whatever is wrong.
    pub async fn authenticate_client(&self, id: &str, secret: &str) -> Result<Caller> {
        let (account, key_id, secret) = key_of(secret).ok_or_else(unauthenticated)?;
        let caller = self.bearer_of_key(account, key_id, secret).await?;
        if id != client_id(&caller.account_name, caller.client) {
            return Err(unauthenticated());
        }
        Ok(caller)
    }

    async fn bearer_of_key(&self, account: &str, key_id: &str, secret: &str) -> Result<Caller> {
        let key = self.standing_key(account, key_id, None).await?;
        let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        if !same_bytes(&hash, &key.secret_hash) {
            return Err(unauthenticated());
        }
        self.note_use(&key).await;
        Ok(bearer(key))
    }

    /// The key, if it is good now, and its person, if it has one; `token`, if it was asked for with it, not taken back.
    pub(crate) async fn standing_key(
        &self,
        account: &str,
        key_id: &str,
        token: Option<&str>,
    ) -> Result<KeyRecord> {
        let (account, key_id, token) = (account.to_owned(), key_id.to_owned(), token.map(str::to_owned));
        let find = move |snapshot: &mut dyn Snapshot| {
            let Some(key) = snapshot.key(&account, &key_id)? else { return Ok(None) };
            let is_revoked = match &token {
                Some(token) => snapshot.is_token_revoked(key.account, token)?,
                None => false,
            };
            let stands = match key.user {
                Some(user) => is_active(snapshot.user(key.account, user)?.as_ref())?,
                None => true,
            };
            Ok((stands && !is_revoked).then_some(key))
        };
        let key = self.store.read(Cost::Point, find).await?.ok_or_else(unauthenticated)?;
        if key.settings.is_suspended()
            || key.revoked_at.is_some()
            || key.expires_at.is_some_and(|end| end <= self.now())
        {
            return Err(unauthenticated());
        }
        Ok(key)
    }

    /// Notes that a key was used, once an hour. It is good all the same if that fails.
    async fn note_use(&self, key: &KeyRecord) {
        let now = self.now();
        let is_noted = |at: Instant| at <= now && now.since(at) < limits::KEY_USE_NOTED_EVERY;
        if key.last_used_at.is_some_and(is_noted) {
            return;
        }
        let (account, key_id) = (key.account, key.key_id.clone());
        let note = move |tx: &mut dyn Tx| tx.touch_key(account, &key_id, now);
        if let Err(error) = self.store.write(Class::Interactive, note).await {
            tracing::warn!(%error, "that a key was used could not be noted");
        }
    }

    fn believed(&self, token: &str) -> Option<Caller> {
        let keys = self.known_keys.lock().unwrap_or_else(PoisonError::into_inner);
        let (caller, since) = keys.get(token)?;
        (self.now().since(*since) < KEY_BELIEVED).then(|| caller.clone())
    }

    fn believe(&self, token: &str, caller: &Caller) {
        let now = self.now();
        let mut keys = self.known_keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_BELIEVED_MAX {
            keys.clear();
        }
        keys.insert(token.to_owned(), (caller.clone(), now));
    }

    pub(crate) fn disbelieve(&self, token: &str) {
        self.known_keys.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }

    /// Makes an account.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an operator, `Invalid` for a name that is none, `AlreadyExists`.
    pub async fn create_account(&self, caller: &Caller, name: &str) -> Result<AccountId> {
        caller.require(Permission::Operate)?;
        check_account_name(name)?;
        let (name, now, trail) = (name.to_owned(), self.now(), self.trail(caller));
        let create = move |tx: &mut dyn Tx| {
            let account = tx.create_account(&name, now)?;
            trail.in_account(account).tell(tx, Told::new(Event::Created, Kind::Account, &name))?;
            Ok(account)
        };
        self.store.write(Class::Interactive, create).await
    }

    /// The settings of an account.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an operator, `NotFound` for an unknown account.
    pub async fn account_settings(&self, caller: &Caller, name: &str) -> Result<AccountSettings> {
        caller.require(Permission::Operate)?;
        let name = name.to_owned();
        let read = move |snapshot: &mut dyn Snapshot| Ok(account_named(snapshot, &name)?.settings);
        self.store.read(Cost::Point, read).await
    }

    /// Changes some settings of an account; all of them, as they are then. Callers whose keys were looked up
    /// before go by the old ones for `KEY_BELIEVED`.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an operator, `NotFound` for an unknown account, `Invalid` for a name or a
    /// value that there is none of, `AlreadyExists` when `group_names` cannot become `unique`.
    pub async fn change_account_settings(
        &self,
        caller: &Caller,
        name: &str,
        changes: Map<String, Value>,
    ) -> Result<AccountSettings> {
        caller.require(Permission::Operate)?;
        let (name, trail) = (name.to_owned(), self.trail(caller));
        let write = move |tx: &mut dyn Tx| {
            let account = account_named(tx, &name)?.id;
            tx.lock_account(account, AccountLock::Exclusive)?;
            // Read again under the lock: another change may have come first.
            let settings = account_named(tx, &name)?.settings.with(&changes)?;
            tx.set_account_settings(account, &settings)?;
            let told = Told::new(Event::Updated, Kind::Account, &name).with("settings", changes.clone());
            trail.in_account(account).tell(tx, told)?;
            Ok(settings)
        };
        self.store.write(Class::Interactive, write).await
    }

    /// Makes a key and returns the credential: the only time that its secret is seen.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an operator or manages the keys of this account, and for a key that may do what the
    /// caller may not; `NotFound` for an unknown account, `Invalid` when the named client exists with another role or
    /// source, the person does not, or the scopes are none of the role's; `WrongState` when the account has
    /// `KEYS_MAX` keys.
    pub async fn create_key(&self, caller: &Caller, request: KeyRequest) -> Result<KeyMade> {
        self.make_key(caller, request, None).await
    }

    /// The same; in its transaction the key that it replaces, if there is one, gets its end.
    pub(crate) async fn make_key(
        &self,
        caller: &Caller,
        request: KeyRequest,
        replaces: Option<(String, Instant)>,
    ) -> Result<KeyMade> {
        may_manage(caller, request.account.as_deref())?;
        let scopes = granted(caller, &request)?;
        let (own, holds) = (caller.client, holds(caller));
        if (request.role == Role::Operator) != request.account.is_none() {
            return Err(Error::invalid("role", "an operator's key belongs to no account, any other to one"));
        }
        if request.account.is_none() && (request.user.is_some() || request.source.is_some()) {
            return Err(Error::invalid("user", "an operator's key belongs to no person and no source"));
        }
        request.source.as_deref().map_or(Ok(()), check_source_name)?;
        request.client.as_deref().map_or(Ok(()), |client| check_client_name("client", client))?;
        let mut random = [0u8; 40];
        self.ids.fill(&mut random);
        let (id, secret) = random.split_at(8);
        let (key_id, secret) = (hex(id), hex(secret));
        let secret_hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let account_name = request.account.clone().unwrap_or_default();
        let token = format!("{PREFIX}_{account_name}_{key_id}_{secret}");
        let (now, trail) = (self.now(), self.trail(caller));
        // What a key makes does not outlive it.
        let expires_at = [expiry(request.days, now)?, caller.ends_at].into_iter().flatten().min();
        let insert = move |tx: &mut dyn Tx| {
            let account = match &request.account {
                None => AccountId(0),
                Some(name) => account_named(tx, name)?.id,
            };
            check_room(tx, account)?;
            let client_name = request.client.as_deref().unwrap_or(&key_id);
            let source = request.source.as_deref();
            let new = NewClient { name: client_name, role: request.role, source };
            let client = client_for(tx, account, &request, &new, now)?;
            // A key speaks for its client: in the audit log, and to whom its jobs and tokens belong.
            if client.id != own && !holds.cover(Scopes::of(client.role)) {
                let detail = "nobody makes a key of another client that may do what they may not";
                return Err(Error::Forbidden(detail.to_owned()));
            }
            let key = KeyRecord {
                account,
                account_name: account_name.clone(),
                key_id: key_id.clone(),
                secret_hash,
                client: client.id,
                client_name: client_name.into(),
                role: client.role,
                source: client.source.map(Into::into),
                dialect: request.dialect,
                user: request.user.as_deref().map(|user| person(tx, account, user)).transpose()?,
                scopes,
                settings: AccountSettings::default(),
                expires_at,
                last_used_at: None,
                revoked_at: None,
            };
            tx.create_key(&key, now)?;
            if let Some((replaced, end)) = &replaces {
                replace_key(tx, &trail.in_account(account), account, (replaced, *end, &key_id))?;
            }
            let told = Told::new(Event::Created, Kind::Key, &key_id)
                .with("client", client_name)
                .with("role", key.role.as_str())
                .for_user(key.user);
            trail.in_account(account).tell(tx, told)?;
            let client_id = client_id(&key.account_name, key.client);
            Ok(KeyMade { token: token.clone(), key_id: key_id.clone(), client_id, expires_at })
        };
        self.store.write(Class::Interactive, insert).await
    }
}

/// A key that was made. The credential is seen this once.
#[derive(Clone)]
pub struct KeyMade {
    /// The credential.
    pub token: String,
    /// Its public part.
    pub key_id: String,
    /// What the client is called in OAuth.
    pub client_id: String,
    /// When it stops being good.
    pub expires_at: Option<Instant>,
}

/// Does not show the credential.
impl std::fmt::Debug for KeyMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyMade").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Whether the caller manages the keys of this account; none is the operators' own.
pub(crate) fn may_manage(caller: &Caller, account: Option<&str>) -> Result<()> {
    if caller.role == Role::Operator {
        return caller.require(Permission::Operate);
    }
    caller.require(Permission::KeysManage)?;
    match account {
        Some(account) if account == caller.account_name => Ok(()),
        _ => Err(Error::Forbidden(FORBIDDEN.to_owned())),
    }
}

/// What the caller may grant to others: what they hold. An operator holds nothing in an account, and makes its first keys.
pub(crate) fn holds(caller: &Caller) -> Scopes {
    if caller.role == Role::Operator { Scopes::ALL } else { Scopes::of(caller.role).and(caller.scopes) }
}

/// What the key may do: nobody grants what they do not hold.
fn granted(caller: &Caller, request: &KeyRequest) -> Result<Scopes> {
    let held = Scopes::of(request.role);
    let scopes = match &request.scopes {
        None => Scopes::ALL,
        Some(text) => {
            let scopes = Scopes::parse(text).map_err(|name| {
                let known: Vec<&str> = held.iter().map(Permission::scope).collect();
                Error::invalid("scopes", format!("there is no scope {name:?}: {}", known.join(", ")))
            })?;
            if scopes == Scopes::NONE {
                return Err(Error::invalid("scopes", format!("no scope is named: {held}")));
            }
            if !held.cover(scopes) {
                let detail = format!("the role {} has the scopes {held}", request.role.as_str());
                return Err(Error::invalid("scopes", detail));
            }
            scopes
        }
    };
    if !holds(caller).cover(scopes.and(held)) {
        return Err(Error::Forbidden("nobody makes a key that may do what they may not".to_owned()));
    }
    Ok(scopes)
}

fn expiry(days: Option<u32>, now: Instant) -> Result<Option<Instant>> {
    match days {
        None => Ok(None),
        Some(days) if (1..=limits::KEY_DAYS_MAX).contains(&days) => {
            Ok(Some(now.plus(Duration::from_hours(24 * u64::from(days)))))
        }
        Some(_) => {
            Err(Error::invalid("days", format!("a key is good for 1 to {} days", limits::KEY_DAYS_MAX)))
        }
    }
}

/// Account, key id and secret of a key.
fn key_of(token: &str) -> Option<(&str, &str, &str)> {
    let mut pieces = token.splitn(4, '_');
    match (pieces.next(), pieces.next(), pieces.next(), pieces.next()) {
        (Some(PREFIX), Some(account), Some(key_id), Some(secret)) => Some((account, key_id, secret)),
        _ => None,
    }
}

/// Who has this key.
pub(crate) fn bearer(key: KeyRecord) -> Caller {
    Caller {
        account: key.account,
        account_name: key.account_name,
        client: key.client,
        role: key.role,
        scopes: key.scopes,
        dialect: key.dialect,
        source: key.source,
        user: key.user,
        settings: key.settings,
        ends_at: key.expires_at,
        key: key.key_id.into(),
        client_name: key.client_name,
        origin: Origin::default(),
    }
}

pub(crate) fn unauthenticated() -> Error {
    Error::Unauthenticated(UNAUTHENTICATED.to_owned())
}

/// Refuses a key more than an account may have.
fn check_room(tx: &mut dyn Tx, account: AccountId) -> Result<()> {
    if tx.keys(account, limits::KEYS_MAX)?.len() < limits::KEYS_MAX {
        return Ok(());
    }
    let detail = format!("the account has {} keys: take some away first", limits::KEYS_MAX);
    Err(Error::WrongState(detail))
}

/// Lets a key end then, because another took its place, and tells of it.
fn replace_key(
    tx: &mut dyn Tx,
    trail: &Trail,
    account: AccountId,
    (key_id, end, by): (&str, Instant, &str),
) -> Result<()> {
    if !tx.replace_key(account, key_id, end, by)? {
        let detail = "another key took the place of this one: rotate that one, or make a new key";
        return Err(Error::WrongState(detail.to_owned()));
    }
    trail.tell(tx, Told::new(Event::Updated, Kind::Key, key_id).with("replacedBy", by))
}

pub(crate) fn no_such_key() -> Error {
    Error::NotFound("there is no such key".to_owned())
}

/// Whether the person whom a key belongs to is there and has not been made inactive.
pub(crate) fn is_active(user: Option<&User>) -> Result<bool> {
    let Some(user) = user else { return Ok(false) };
    Ok(document::read(&user.doc)?.get("active") != Some(&Value::Bool(false)))
}

pub(crate) fn account_named<S: Snapshot + ?Sized>(snapshot: &mut S, name: &str) -> Result<Account> {
    let found = snapshot.account(name)?;
    found.ok_or_else(|| Error::NotFound(format!("there is no account {name}")))
}

/// The person whom a key is made for. What looks like an id is one and never a `userName`.
fn person(tx: &mut dyn Tx, account: AccountId, named: &str) -> Result<Uuid> {
    let user = match parse_uuid(named) {
        Some(uuid) => tx.user(account, uuid)?,
        None => match canonical::login_key("user", named) {
            Ok(key) => tx.user_by_name(account, &key)?,
            Err(_) => None,
        },
    };
    let user = user.ok_or_else(|| Error::invalid("user", format!("the account has no user {named:?}")))?;
    Ok(user.uuid)
}

/// The client that gets the key: the one of this name, whose role and source stay what they are, or a new one.
fn client_for(
    tx: &mut dyn Tx,
    account: AccountId,
    key: &KeyRequest,
    new: &NewClient<'_>,
    now: Instant,
) -> Result<Client> {
    let Some(client) = tx.client(account, new.name)? else {
        let id = tx.create_client(account, new, now)?;
        return Ok(Client { id, role: new.role, source: key.source.clone() });
    };
    let name = new.name;
    if client.role != new.role {
        let detail = format!("the client {name} has the role {}", client.role.as_str());
        return Err(Error::invalid("role", detail));
    }
    if key.source.is_some() && key.source != client.source {
        let source = client.source.as_deref().unwrap_or("which has no name");
        return Err(Error::invalid("source", format!("the client {name} has the source {source}")));
    }
    Ok(client)
}

/// Compares without stopping at the first difference.
fn same_bytes(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
