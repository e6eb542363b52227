//! Clients of an account as it registers them: services, and applications that ask people to log in; and which people may
//! log in, with which roles.

use serde_json::Value;
use throng_jobs::Instant;
use uuid::Uuid;

use crate::caller::{Caller, NewClient, Role, Scopes};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::ClientId;
use crate::limits;
use crate::model::access::check_client_name;
use crate::model::audit::{Event, Kind};
use crate::model::document;
use crate::model::grants::{Application, Member, check_redirect_uri};
use crate::model::users::User;
use crate::port::{AccountLock, Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::access::{account_named, may_manage};
use crate::use_cases::audit::Told;
use crate::use_cases::keys::{must_hold, no_such_client};
use crate::use_cases::logins::name_of;

/// A client to be registered.
#[derive(Clone, Debug)]
pub struct ApplicationRequest {
    /// Its name, which people see when it asks them to log in.
    pub name: String,
    /// What it may do at most.
    pub role: Role,
    /// Where people may be sent back to; empty: it logs nobody in.
    pub redirect_uris: Vec<String>,
    /// Whether it cannot keep a secret.
    pub is_public: bool,
}

/// A person who has a role.
#[derive(Clone, Debug)]
pub struct MemberShown {
    /// The person.
    pub user: Uuid,
    /// Their `userName`; none once they were deleted.
    pub user_name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// The client that they are.
    pub client: ClientId,
    /// Since when.
    pub created_at: Instant,
}

impl Directory {
    /// The clients of an account: services and applications, the oldest first. At most `CLIENTS_MAX`.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an operator or manages the keys of this account, `NotFound` for an unknown account.
    pub async fn applications(&self, caller: &Caller, account: &str) -> Result<Vec<Application>> {
        may_manage(caller, Some(account))?;
        let account = account.to_owned();
        let read = move |snapshot: &mut dyn Snapshot| {
            let id = account_named(snapshot, &account)?.id;
            snapshot.applications(id, limits::CLIENTS_MAX)
        };
        self.store.read(Cost::Point, read).await
    }

    /// Registers a client.
    ///
    /// # Errors
    /// As [`Directory::applications`]; `Forbidden` also for a role that may do what the caller may not, `Invalid` for a URI
    /// that nobody may be sent to and a name that is none, `AlreadyExists` for one that is taken, `WrongState` when the
    /// account has `CLIENTS_MAX` clients.
    pub async fn register(
        &self,
        caller: &Caller,
        account: &str,
        request: ApplicationRequest,
    ) -> Result<Application> {
        may_manage(caller, Some(account))?;
        must_hold(caller, Scopes::of(request.role))?;
        check(&request.redirect_uris, request.is_public)?;
        check_client_name("name", &request.name)?;
        let (account, now, trail) = (account.to_owned(), self.now(), self.trail(caller));
        let create = move |tx: &mut dyn Tx| {
            let id = account_named(tx, &account)?.id;
            tx.lock_account(id, AccountLock::Exclusive)?;
            if tx.applications(id, limits::CLIENTS_MAX)?.len() >= limits::CLIENTS_MAX {
                let detail = format!("the account has {} clients: revoke some first", limits::CLIENTS_MAX);
                return Err(Error::WrongState(detail));
            }
            let new = NewClient { name: &request.name, role: request.role, source: None };
            let client = tx.create_client(id, &new, now)?;
            tx.set_application(id, client, &request.redirect_uris, request.is_public)?;
            let told = Told::new(Event::Created, Kind::Client, &client.0)
                .named(request.name.clone())
                .with("role", request.role.as_str())
                .with("redirectUris", request.redirect_uris.clone());
            trail.in_account(id).tell(tx, told)?;
            Ok(Application {
                id: client,
                name: request.name.clone(),
                role: request.role,
                redirect_uris: request.redirect_uris.clone(),
                is_public: request.is_public,
                created_at: now,
            })
        };
        self.store.write(Class::Interactive, create).await
    }

    /// Changes where an application sends people back to. Whether it can keep a secret stays what it is.
    ///
    /// # Errors
    /// As [`Directory::register`], and `NotFound` for a client that there is none of.
    pub async fn set_redirect_uris(
        &self,
        caller: &Caller,
        account: &str,
        client: ClientId,
        uris: Vec<String>,
    ) -> Result<Application> {
        may_manage(caller, Some(account))?;
        let (account, trail, caller) = (account.to_owned(), self.trail(caller), caller.clone());
        let change = move |tx: &mut dyn Tx| {
            let id = account_named(tx, &account)?.id;
            let found = tx.application(id, client)?.ok_or_else(no_such_client)?;
            must_hold(&caller, Scopes::of(found.role))?;
            check(&uris, found.is_public)?;
            tx.set_application(id, client, &uris, found.is_public)?;
            let told = Told::new(Event::Updated, Kind::Client, &client.0).with("redirectUris", uris.clone());
            trail.in_account(id).tell(tx, told)?;
            Ok(Application { redirect_uris: uris.clone(), ..found })
        };
        self.store.write(Class::Interactive, change).await
    }

    /// The people of an account who have a role, the first to get one first. At most `MEMBERS_MAX`.
    ///
    /// # Errors
    /// As [`Directory::applications`].
    pub async fn members_with_roles(&self, caller: &Caller, account: &str) -> Result<Vec<MemberShown>> {
        may_manage(caller, Some(account))?;
        let account = account.to_owned();
        let read = move |snapshot: &mut dyn Snapshot| {
            let id = account_named(snapshot, &account)?.id;
            let members = snapshot.members_with_roles(id, limits::MEMBERS_MAX)?;
            let uuids: Vec<Uuid> = members.iter().map(|member| member.user).collect();
            let users = snapshot.users_with_uuids(id, &uuids)?;
            members.iter().zip(users).map(|(member, user)| shown(user.as_ref(), member)).collect()
        };
        self.store.read(Cost::Scan, read).await
    }

    /// Gives a person a role, by which they may log in.
    ///
    /// # Errors
    /// As [`Directory::applications`]; `Forbidden` also for a role that may do what the caller may not, and for a person who
    /// may; `NotFound` for a person that there is none of, `WrongState` when `MEMBERS_MAX` people have one.
    pub async fn give_role(
        &self,
        caller: &Caller,
        account: &str,
        user: Uuid,
        role: Role,
    ) -> Result<MemberShown> {
        may_manage(caller, Some(account))?;
        must_hold(caller, Scopes::of(role))?;
        let (account, now) = (account.to_owned(), self.now());
        let (trail, caller) = (self.trail(caller), caller.clone());
        let give = move |tx: &mut dyn Tx| {
            let id = account_named(tx, &account)?.id;
            tx.lock_account(id, AccountLock::Exclusive)?;
            let person = tx.user(id, user)?.ok_or_else(no_such_person)?;
            let before = tx.member(id, user)?;
            let standing = before.as_ref().filter(|member| member.revoked_at.is_none());
            standing.map_or(Ok(()), |member| must_hold(&caller, Scopes::of(member.role)))?;
            if standing.is_none()
                && tx.members_with_roles(id, limits::MEMBERS_MAX)?.len() >= limits::MEMBERS_MAX
            {
                let detail = format!("{} people have roles: take some away first", limits::MEMBERS_MAX);
                return Err(Error::WrongState(detail));
            }
            let client = if let Some(member) = &before {
                // What was granted under a role that was taken away does not come back with another.
                if member.revoked_at.is_some() {
                    tx.delete_grants_of(id, member.id)?;
                }
                tx.set_member_role(id, member.id, role)?;
                member.id
            } else {
                let name = name_of(user);
                tx.create_member(id, user, &NewClient { name: &name, role, source: None }, now)?
            };
            let event = if standing.is_some() { Event::Updated } else { Event::Created };
            let told = Told::new(event, Kind::Member, &user).with("role", role.as_str()).for_user(Some(user));
            trail.in_account(id).tell(tx, told)?;
            let created_at = before.as_ref().map_or(now, |member| member.created_at);
            shown(Some(&person), &Member { user, id: client, role, created_at, revoked_at: None })
        };
        self.store.write(Class::Interactive, give).await
    }

    /// Takes a person's role away: they are logged in no longer, and their jobs stop.
    ///
    /// # Errors
    /// As [`Directory::give_role`], and `NotFound` for a person who has none.
    pub async fn take_role(&self, caller: &Caller, account: &str, user: Uuid) -> Result<()> {
        may_manage(caller, Some(account))?;
        let (account, now) = (account.to_owned(), self.now());
        let (trail, caller) = (self.trail(caller), caller.clone());
        let take = move |tx: &mut dyn Tx| {
            let id = account_named(tx, &account)?.id;
            let member = tx.member(id, user)?.filter(|member| member.revoked_at.is_none());
            let member = member.ok_or_else(no_such_person)?;
            must_hold(&caller, Scopes::of(member.role))?;
            tx.delete_grants_of(id, member.id)?;
            tx.revoke_client(id, member.id, now)?;
            let told = Told::new(Event::Deleted, Kind::Member, &user).for_user(Some(user));
            trail.in_account(id).tell(tx, told)
        };
        self.store.write(Class::Interactive, take).await
    }
}

fn check(uris: &[String], is_public: bool) -> Result<()> {
    if uris.len() > limits::REDIRECT_URIS_MAX {
        let detail = format!("an application has at most {} redirect URIs", limits::REDIRECT_URIS_MAX);
        return Err(Error::invalid("redirectUris", detail));
    }
    if is_public && uris.is_empty() {
        let detail = "a public client logs people in, which takes a redirect URI";
        return Err(Error::invalid("redirectUris", detail));
    }
    uris.iter().try_for_each(|uri| check_redirect_uri(uri))
}

fn shown(user: Option<&User>, member: &Member) -> Result<MemberShown> {
    let login = |user: &User| {
        let doc = document::read(&user.doc)?;
        Ok::<_, Error>(doc.get("userName").and_then(Value::as_str).map(str::to_owned))
    };
    Ok(MemberShown {
        user: member.user,
        user_name: user.map(login).transpose()?.flatten(),
        role: member.role,
        client: member.id,
        created_at: member.created_at,
    })
}

fn no_such_person() -> Error {
    Error::NotFound("there is no such person".to_owned())
}
