//! People who may log in, applications that ask them, and what they are let do.

use throng_directory::Result;
use throng_directory::caller::{NewClient, Role};
use throng_directory::ids::{AccountId, ClientId};
use throng_directory::model::grants::{Application, Grant, Member, Standing};
use throng_directory::port::{AccessReads, AccessWrites, GrantReads, GrantWrites};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::access::{role, scopes};
use crate::conn::{Conn, Row, Value};
use crate::fault::{Fault, Outcome, stored};
use crate::session::Session;
use crate::users::uuid;

/// The columns of an application.
macro_rules! select_application {
    ($rest:literal) => {
        concat!(
            "select client_id, name, role, redirect_uris, is_public, created_at from clients where ",
            $rest
        )
    };
}

/// The columns of a person as a client.
macro_rules! select_member {
    ($rest:literal) => {
        concat!("select client_id, user_uuid, role, created_at, revoked_at from clients where ", $rest)
    };
}

// The primary key of clients.
const APPLICATION: &str =
    select_application!("account_id = ?1 and client_id = ?2 and user_uuid is null and revoked_at is null");
// The primary key of clients.
const APPLICATIONS: &str = select_application!(
    "account_id = ?1 and user_uuid is null and revoked_at is null order by client_id limit ?2"
);
// The unique index on clients (account_id, user_uuid).
const MEMBER: &str = select_member!("account_id = ?1 and user_uuid = ?2");
// The primary key of clients.
const MEMBERS: &str = select_member!(
    "account_id = ?1 and user_uuid is not null and revoked_at is null order by client_id limit ?2"
);

impl<C: Conn> GrantReads for Session<C> {
    fn application(&mut self, account: AccountId, client: ClientId) -> Result<Option<Application>> {
        let values = [account.0.into(), client.0.into()];
        self.of(account, |conn| conn.first(APPLICATION, &values, application))
    }

    fn applications(&mut self, account: AccountId, limit: usize) -> Result<Vec<Application>> {
        let values = [account.0.into(), stored(limit as u64)?.into()];
        self.of(account, |conn| conn.all(APPLICATIONS, &values, application))
    }

    fn member(&mut self, account: AccountId, user: Uuid) -> Result<Option<Member>> {
        let values = [account.0.into(), Value::Blob(user.as_bytes())];
        self.of(account, |conn| conn.first(MEMBER, &values, member))
    }

    fn members_with_roles(&mut self, account: AccountId, limit: usize) -> Result<Vec<Member>> {
        let values = [account.0.into(), stored(limit as u64)?.into()];
        self.of(account, |conn| conn.all(MEMBERS, &values, member))
    }

    fn grant(&mut self, account: AccountId, grant: &str) -> Result<Option<Grant>> {
        // The primary key of grants.
        let sql = "select client_id, member_id, scopes, redirect_uri, challenge, generation, created_at, ends_at \
                   from grants where account_id = ?1 and grant_id = ?2";
        self.of(account, |conn| {
            conn.first(sql, &[account.0.into(), grant.into()], |row| {
                Ok(Grant {
                    id: grant.to_owned(),
                    application: ClientId(row.int(0)?),
                    member: ClientId(row.int(1)?),
                    scopes: scopes(Some(row.text(2)?))?,
                    redirect_uri: row.text(3)?.to_owned(),
                    challenge: row.text(4)?.to_owned(),
                    generation: row.int(5)?,
                    created_at: Instant::from_micros(row.int(6)?),
                    ends_at: Instant::from_micros(row.int(7)?),
                })
            })
        })
    }

    fn standing_grant(&mut self, account: &str, grant: &str) -> Result<Option<Standing>> {
        // The primary keys of grants and clients.
        let sql = "select g.client_id, a.role, a.source, g.member_id, m.name, m.role, m.user_uuid, g.scopes, \
                   g.ends_at from grants g \
                   join clients a on a.account_id = g.account_id and a.client_id = g.client_id \
                   join clients m on m.account_id = g.account_id and m.client_id = g.member_id \
                   where g.account_id = ?1 and g.grant_id = ?2 \
                   and a.revoked_at is null and m.revoked_at is null and m.user_uuid is not null";
        let Some(account) = self.account(account)? else { return Ok(None) };
        let id = account.id;
        self.of(id, |conn| {
            conn.first(sql, &[id.0.into(), grant.into()], |row| {
                Ok(Standing {
                    account: id,
                    account_name: account.name.clone(),
                    settings: account.settings,
                    application: ClientId(row.int(0)?),
                    application_role: role(row.text(1)?)?,
                    source: row.opt_text(2)?.map(Into::into),
                    member: ClientId(row.int(3)?),
                    member_name: row.text(4)?.into(),
                    role: role(row.text(5)?)?,
                    user: uuid(row.blob(6)?)?,
                    scopes: scopes(Some(row.text(7)?))?,
                    ends_at: Instant::from_micros(row.int(8)?),
                })
            })
        })
    }
}

impl<C: Conn> GrantWrites for Session<C> {
    fn set_application(
        &mut self,
        account: AccountId,
        client: ClientId,
        redirect_uris: &[String],
        is_public: bool,
    ) -> Result<()> {
        // The primary key of clients.
        let sql =
            "update clients set redirect_uris = ?3, is_public = ?4 where account_id = ?1 and client_id = ?2";
        let uris = (!redirect_uris.is_empty()).then(|| redirect_uris.join(" "));
        let values = [account.0.into(), client.0.into(), uris.as_deref().into(), i64::from(is_public).into()];
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }

    fn create_member(
        &mut self,
        account: AccountId,
        user: Uuid,
        client: &NewClient<'_>,
        now: Instant,
    ) -> Result<ClientId> {
        let id = self.create_client(account, client, now)?;
        // The primary key of clients; another person of the same name is refused by the unique index on user_uuid.
        let sql = "update clients set user_uuid = ?3 where account_id = ?1 and client_id = ?2";
        let values = [account.0.into(), id.0.into(), Value::Blob(user.as_bytes())];
        self.of(account, |conn| conn.execute(sql, &values).map(drop))?;
        Ok(id)
    }

    fn set_member_role(&mut self, account: AccountId, client: ClientId, role: Role) -> Result<()> {
        // The primary key of clients.
        let sql = "update clients set role = ?3, revoked_at = null where account_id = ?1 and client_id = ?2";
        let values = [account.0.into(), client.0.into(), role.as_str().into()];
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }

    fn create_grant(&mut self, account: AccountId, grant: &Grant, others: usize) -> Result<()> {
        // The index grants_by_member, then the primary key of grants.
        let too_many = "delete from grants where account_id = ?1 and grant_id in (select grant_id from grants \
                        where account_id = ?1 and member_id = ?2 order by created_at desc, grant_id \
                        limit 1000000 offset ?3)";
        let sql = "insert into grants (account_id, grant_id, client_id, member_id, scopes, redirect_uri, challenge, \
                   generation, created_at, ends_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let scopes = grant.scopes.to_string();
        let values = [
            account.0.into(),
            grant.id.as_str().into(),
            grant.application.0.into(),
            grant.member.0.into(),
            scopes.as_str().into(),
            grant.redirect_uri.as_str().into(),
            grant.challenge.as_str().into(),
            grant.generation.into(),
            grant.created_at.micros().into(),
            grant.ends_at.micros().into(),
        ];
        let kept = [account.0.into(), grant.member.0.into(), stored(others as u64)?.into()];
        self.of(account, |conn| {
            conn.execute(too_many, &kept)?;
            conn.execute(sql, &values).map(drop)
        })
    }

    fn advance_grant(
        &mut self,
        account: AccountId,
        grant: &str,
        generation: i64,
        ends_at: Instant,
    ) -> Result<bool> {
        // The primary key of grants.
        let sql = "update grants set generation = generation + 1, ends_at = ?4 \
                   where account_id = ?1 and grant_id = ?2 and generation = ?3";
        let values = [account.0.into(), grant.into(), generation.into(), ends_at.micros().into()];
        self.of(account, |conn| Ok(conn.execute(sql, &values)? > 0))
    }

    fn delete_grant(&mut self, account: AccountId, grant: &str) -> Result<bool> {
        // The primary key of grants.
        let sql = "delete from grants where account_id = ?1 and grant_id = ?2";
        self.of(account, |conn| Ok(conn.execute(sql, &[account.0.into(), grant.into()])? > 0))
    }

    fn delete_grants_of(&mut self, account: AccountId, member: ClientId) -> Result<()> {
        // The index grants_by_member.
        let sql = "delete from grants where account_id = ?1 and member_id = ?2";
        self.of(account, |conn| conn.execute(sql, &[account.0.into(), member.0.into()]).map(drop))
    }

    fn forget_grants(&mut self, account: AccountId, now: Instant) -> Result<()> {
        // The index grants_by_end.
        let sql = "delete from grants where account_id = ?1 and ends_at < ?2";
        self.of(account, |conn| conn.execute(sql, &[account.0.into(), now.micros().into()]).map(drop))
    }
}

fn application(row: &dyn Row) -> Outcome<Application> {
    Ok(Application {
        id: ClientId(row.int(0)?),
        name: row.text(1)?.to_owned(),
        role: role(row.text(2)?)?,
        redirect_uris: row
            .opt_text(3)?
            .map(|uris| uris.split(' ').map(str::to_owned).collect())
            .unwrap_or_default(),
        is_public: row.int(4)? != 0,
        created_at: Instant::from_micros(row.int(5)?),
    })
}

fn member(row: &dyn Row) -> Outcome<Member> {
    let user = row.opt_blob(1)?.ok_or_else(|| Fault::Defect("a person is nobody".to_owned()))?;
    Ok(Member {
        user: uuid(user)?,
        id: ClientId(row.int(0)?),
        role: role(row.text(2)?)?,
        created_at: Instant::from_micros(row.int(3)?),
        revoked_at: row.opt_int(4)?.map(Instant::from_micros),
    })
}
