//! People: create, read, list, replace, patch, delete.

use std::sync::Arc;

use serde_json::{Map, Value};
use throng_jobs::Instant;
use throng_scim as scim;
use uuid::Uuid;

use crate::caller::{Caller, Dialect, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, MemberKey, UserKey, parse_uuid};
use crate::model::audit::{Event, Kind};
use crate::model::document;
use crate::model::groups::UserGroup;
use crate::model::passwords::Secret;
use crate::model::people::{self, Indexed};
use crate::model::users::User;
use crate::port::{AccountLock, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::audit::{self, Told};
use crate::use_cases::departures::Departure;
use crate::use_cases::nesting;
use crate::use_cases::passwords::NewPassword;
use crate::use_cases::sources::SourceView;
use crate::use_cases::writes::{Asked, Written};

/// A user with the groups they are in.
#[derive(Clone, Debug)]
pub struct UserView {
    /// The user.
    pub user: User,
    /// Their groups: the user's own, then those that contain these; empty when not asked for.
    pub groups: Vec<UserGroup>,
}

/// A user as SCIM gives one.
#[derive(Clone, Debug)]
pub struct GivenUser {
    /// Normalised, without the password.
    pub attributes: Map<String, Value>,
    /// The password, if one is given.
    pub password: Option<Secret>,
}

impl From<Map<String, Value>> for GivenUser {
    fn from(attributes: Map<String, Value>) -> Self {
        Self { attributes, password: None }
    }
}

impl Directory {
    /// Creates a user from normalised attributes ([`scim::resource::read_user`]).
    ///
    /// # Errors
    /// `Invalid` for a `userName` or a password that is none, `AlreadyExists` when the name is taken; `Idempotency`.
    pub async fn create_user(
        &self,
        caller: &Caller,
        given: impl Into<GivenUser>,
        asked: &Asked,
    ) -> Result<Written<UserView>> {
        caller.require(Permission::UsersWrite)?;
        let GivenUser { attributes, password } = given.into();
        let (account, now, source) = (caller.account, self.now(), SourceView::of(caller));
        check_roles(caller.dialect, &Map::new(), &attributes)?;
        let user = new_user(people::index(&attributes)?, self.ids.uuid(now), now);
        let (once, trail) = (self.once(caller, asked, 201)?, self.trail(caller));
        let password = self.new_password(account, None, password).await?;
        let create = move |tx: &mut dyn Tx, source: &SourceView| {
            let mut user = user.clone();
            user.key = tx.allocate_users(account, 1)?;
            if tx.insert_users(account, &[(user.key, source.stored(&user, None)?.as_ref())])? != [true] {
                return Err(name_taken());
            }
            source.keep(tx, &user)?;
            if let Some(password) = &password {
                password.put(tx, account, (user.key, &user.name_key), now)?;
            }
            trail.tell(tx, told(Event::Created, &user))?;
            Ok((user.uuid, UserView { user, groups: Vec::new() }))
        };
        let write = move |tx: &mut dyn Tx| {
            once.run(tx, |tx| create(tx, &source), |tx, uuid| now_shown(tx, &source, uuid))
        };
        self.write_once(write).await
    }

    /// The user with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn user(&self, caller: &Caller, id: &str, with_groups: bool) -> Result<UserView> {
        caller.require(Permission::UsersRead)?;
        let (account, uuid) = (caller.account, parse_uuid(id).ok_or_else(not_found)?);
        let source = SourceView::of(caller);
        let read = move |snapshot: &mut dyn Snapshot| {
            let user = snapshot.user(account, uuid)?.ok_or_else(not_found)?;
            let user = source.see(snapshot, user)?;
            view(snapshot, account, user, with_groups)
        };
        self.store.read(Cost::Point, read).await
    }

    /// Replaces a user's attributes. A password that is not given stays.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Invalid`, `AlreadyExists`, `Idempotency`.
    pub async fn replace_user(
        &self,
        caller: &Caller,
        id: &str,
        asked: &Asked,
        given: impl Into<GivenUser>,
    ) -> Result<Written<UserView>> {
        caller.require(Permission::UsersWrite)?;
        let GivenUser { attributes, password } = given.into();
        people::index(&attributes)?;
        let password = self.new_password(caller.account, parse_uuid(id), password).await?;
        let (user_type, dialect) = (Arc::clone(self.registry.user()), caller.dialect);
        let replace = move |user: &User| {
            let was = document::read(&user.doc)?;
            let attributes = scim::resource::replace(&was, attributes.clone(), &user_type)?;
            check_roles(dialect, &was, &attributes)?;
            people::index(&attributes).map(Some)
        };
        self.change_user(caller, id, asked, (password, replace)).await
    }

    /// Applies a SCIM PATCH, whole or not at all. A PATCH that changes nothing leaves the version alone.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Scim` for an operation that cannot be applied, `AlreadyExists`, `Idempotency`.
    pub async fn patch_user(
        &self,
        caller: &Caller,
        id: &str,
        asked: &Asked,
        operations: Vec<scim::patch::Operation>,
    ) -> Result<Written<UserView>> {
        caller.require(Permission::UsersWrite)?;
        let (user_type, dialect) = (Arc::clone(self.registry.user()), caller.dialect);
        let password = self.patched_password(caller, id, &operations).await?;
        let has_password = password.is_some();
        let patch = move |user: &User| {
            let was: Map<String, Value> = document::read(&user.doc)?;
            let patched = scim::patch::apply(&was, &operations, &user_type)?;
            check_roles(dialect, &was, &patched.attributes)?;
            if patched.password.is_some() != has_password {
                return Err(Error::Unavailable("the user was changed in between; send it again".to_owned()));
            }
            patched.changed.then(|| people::index(&patched.attributes)).transpose()
        };
        self.change_user(caller, id, asked, (password, patch)).await
    }

    /// The password that a PATCH sets, found by trying it on the user as they are. What fails here fails again where it is
    /// applied, or is not looked at there, because it was done already.
    async fn patched_password(
        &self,
        caller: &Caller,
        id: &str,
        operations: &[scim::patch::Operation],
    ) -> Result<Option<NewPassword>> {
        if !scim::patch::may_set_password(operations) {
            return Ok(None);
        }
        let Ok(view) = self.user(caller, id, false).await else { return Ok(None) };
        let was = document::read(&view.user.doc)?;
        let Ok(patched) = scim::patch::apply(&was, operations, self.registry.user()) else { return Ok(None) };
        let password = patched.password.map(Secret::new);
        self.new_password(caller.account, Some(view.user.uuid), password).await
    }

    async fn change_user<F>(
        &self,
        caller: &Caller,
        id: &str,
        asked: &Asked,
        (password, change): (Option<NewPassword>, F),
    ) -> Result<Written<UserView>>
    where
        F: Fn(&User) -> Result<Option<Indexed>> + Send + 'static,
    {
        let (account, now, source) = (caller.account, self.now(), SourceView::of(caller));
        let (uuid, precondition) = (parse_uuid(id).ok_or_else(not_found)?, asked.precondition.clone());
        let (once, trail) = (self.once(caller, asked, 200)?, self.trail(caller));
        let change = move |tx: &mut dyn Tx, source: &SourceView| {
            let was = tx.lock_user(account, uuid)?.ok_or_else(not_found)?;
            precondition.check(was.version)?;
            let default_id = was.external_id.clone();
            let was = source.see(tx, was)?;
            let changed = change(&was)?.filter(|indexed| indexed.doc != was.doc);
            if let Some(password) = &password {
                let name_key = changed.as_ref().map_or(&was.name_key, |indexed| &indexed.name_key);
                password.put(tx, account, (was.key, name_key), now)?;
            }
            let Some(indexed) = changed else {
                if password.is_some() {
                    trail.tell(tx, told_change(&was, &was, true)?)?;
                }
                return Ok((uuid, view(tx, account, was, true)?));
            };
            let mut user = new_user(indexed, uuid, now.max(was.modified_at));
            user.key = was.key;
            user.version = was.version + 1;
            user.created_at = was.created_at;
            tx.replace_user(account, &was, source.stored(&user, default_id)?.as_ref())?;
            source.keep(tx, &user)?;
            trail.tell(tx, told_change(&was, &user, password.is_some())?)?;
            Ok((uuid, view(tx, account, user, true)?))
        };
        let write = move |tx: &mut dyn Tx| {
            once.run(tx, |tx| change(tx, &source), |tx, uuid| now_shown(tx, &source, uuid))
        };
        self.write_once(write).await
    }

    /// Deletes a user and their memberships: in the same transaction up to `INLINE_ITEMS_MAX` groups, else by a
    /// job. Whether an earlier request with the same `Idempotency-Key` did it.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Idempotency`.
    pub async fn delete_user(&self, caller: &Caller, id: &str, asked: &Asked) -> Result<bool> {
        self.remove_user(caller, id, asked, true).await
    }

    /// The same; `is_named` says whether the audit log may say who it was.
    pub(crate) async fn remove_user(
        &self,
        caller: &Caller,
        id: &str,
        asked: &Asked,
        is_named: bool,
    ) -> Result<bool> {
        caller.require(Permission::UsersWrite)?;
        let (account, now, trail) = (caller.account, self.now(), self.trail(caller));
        let (uuid, precondition) = (parse_uuid(id).ok_or_else(not_found)?, asked.precondition.clone());
        let once = self.once(caller, asked, 204)?;
        let (job, client) = (self.ids.uuid(now), caller.client);
        let delete = move |tx: &mut dyn Tx| {
            // Nobody joins a group while the user goes.
            tx.lock_account(account, AccountLock::Exclusive)?;
            let user = tx.user(account, uuid)?.ok_or_else(not_found)?;
            precondition.check(user.version)?;
            let member = MemberKey::user(user.key);
            let departure = Departure { account, member, client, job, now };
            let groups = departure.groups(tx)?;
            let queued = departure.leave(tx, &groups)?;
            let user = tx.lock_user(account, uuid)?.ok_or_else(not_found)?;
            precondition.check(user.version)?;
            tx.delete_users(account, &[&user], now)?;
            let forgets = Told::new(Event::Deleted, Kind::User, "").with("forgotten", true);
            trail.tell(tx, if is_named { told(Event::Deleted, &user) } else { forgets })?;
            Ok((uuid, queued))
        };
        let write = move |tx: &mut dyn Tx| once.run(tx, &delete, |_, _| Ok(None));
        let deleted = self.write_once(write).await?;
        if deleted.view == Some(true) {
            self.bell.job_queued();
        }
        Ok(deleted.replayed)
    }
}

/// In the dialect `firstup` a person has one role. What others gave them stays.
fn check_roles(dialect: Dialect, was: &Map<String, Value>, becomes: &Map<String, Value>) -> Result<()> {
    let (was, roles) = (was.get("roles"), becomes.get("roles"));
    let several = roles.and_then(Value::as_array).is_some_and(|roles| roles.len() > 1);
    if dialect == Dialect::Firstup && several && roles != was {
        return Err(Error::invalid("roles", "a person has one role"));
    }
    Ok(())
}

/// A row of the audit log about a person.
pub(crate) fn told(event: Event, user: &User) -> Told {
    Told::new(event, Kind::User, &user.uuid).named(&user.name_key)
}

/// The same of a change, with the attributes that it changes.
///
/// # Errors
/// `Internal` for a document that is damaged.
pub(crate) fn told_change(was: &User, becomes: &User, has_password: bool) -> Result<Told> {
    let mut fields = audit::changed(&was.doc, &becomes.doc)?;
    if has_password {
        fields.push("password".into());
    }
    Ok(told(Event::Updated, becomes).with("fields", fields))
}

pub(crate) fn new_user(indexed: Indexed, uuid: Uuid, now: Instant) -> User {
    User {
        key: UserKey(0),
        uuid,
        version: 1,
        created_at: now,
        modified_at: now,
        name_key: indexed.name_key,
        external_id: indexed.external_id,
        email_keys: indexed.email_keys,
        doc: indexed.doc,
    }
}

pub(crate) fn view<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    user: User,
    with_groups: bool,
) -> Result<UserView> {
    let groups = if with_groups {
        nesting::ancestors(snapshot, account, MemberKey::user(user.key))?
    } else {
        Vec::new()
    };
    Ok(UserView { user, groups })
}

/// The user as it is shown to who repeats a write; none when it is gone.
pub(crate) fn now_shown(tx: &mut dyn Tx, source: &SourceView, uuid: Uuid) -> Result<Option<UserView>> {
    let Some(user) = tx.user(source.account, uuid)? else { return Ok(None) };
    let user = source.see(tx, user)?;
    view(tx, source.account, user, true).map(Some)
}

pub(crate) fn not_found() -> Error {
    Error::NotFound("The requested resource was not found.".to_owned())
}

fn name_taken() -> Error {
    Error::taken("userName", "a user with this userName already exists")
}
