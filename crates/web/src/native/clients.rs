//! Clients of accounts, and people who may log in.

use http::StatusCode;
use throng_api::{ClientChange, ClientCreate, ClientList, ClientShown, MemberList, MemberShown, MemberWrite};
use throng_directory::Role;
use throng_directory::ids::{ClientId, parse_uuid};
use throng_directory::model::grants::Application;
use throng_directory::model::time::rfc3339_millis;
use throng_directory::model::tokens::{client_id, parse_client_id};
use throng_directory::use_cases::applications::{ApplicationRequest, MemberShown as Member};
use uuid::Uuid;

use super::{gone, show};
use crate::access::{ACCOUNT_PARAM, Authorised};
use crate::call::{Call, Outcome};
use crate::json;
use crate::refusal::Refusal;

/// GET `/api/v1/accounts/{accountId}/clients`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let account = call.param(ACCOUNT_PARAM);
    let clients = call.state.directory.applications(&caller, account).await?;
    show(
        StatusCode::OK,
        &ClientList { clients: clients.into_iter().map(|client| shown(account, client)).collect() },
    )
}

/// POST `/api/v1/accounts/{accountId}/clients`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let asked: ClientCreate = json::read(&mut call).await?;
    let role = role_named(&asked.role)?;
    let ClientCreate { name, redirect_uris, public, .. } = asked;
    let request = ApplicationRequest { name, role, redirect_uris, is_public: public };
    let account = call.param(ACCOUNT_PARAM);
    let made = call.state.directory.register(&caller, account, request).await?;
    show(StatusCode::CREATED, &shown(account, made))
}

/// PATCH `/api/v1/accounts/{accountId}/clients/{clientId}`.
pub(crate) async fn change(caller: Authorised, mut call: Call) -> Outcome {
    let asked: ClientChange = json::read(&mut call).await?;
    let (account, client) = (call.param(ACCOUNT_PARAM), named(&call)?);
    let directory = &call.state.directory;
    let changed = directory.set_redirect_uris(&caller, account, client, asked.redirect_uris).await?;
    show(StatusCode::OK, &shown(account, changed))
}

/// DELETE `/api/v1/accounts/{accountId}/clients/{clientId}`.
pub(crate) async fn revoke(caller: Authorised, call: Call) -> Outcome {
    let (account, client) = (call.param(ACCOUNT_PARAM), named(&call)?);
    call.state.directory.revoke_client(&caller, account, client).await?;
    Ok(gone())
}

/// GET `/api/v1/accounts/{accountId}/members`.
pub(crate) async fn members(caller: Authorised, call: Call) -> Outcome {
    let account = call.param(ACCOUNT_PARAM);
    let members = call.state.directory.members_with_roles(&caller, account).await?;
    show(
        StatusCode::OK,
        &MemberList { members: members.into_iter().map(|member| member_of(account, member)).collect() },
    )
}

/// PUT `/api/v1/accounts/{accountId}/members/{userId}`.
pub(crate) async fn give_role(caller: Authorised, mut call: Call) -> Outcome {
    let asked: MemberWrite = json::read(&mut call).await?;
    let role = role_named(&asked.role)?;
    let (account, user) = (call.param(ACCOUNT_PARAM), person(&call)?);
    let member = call.state.directory.give_role(&caller, account, user, role).await?;
    show(StatusCode::OK, &member_of(account, member))
}

/// DELETE `/api/v1/accounts/{accountId}/members/{userId}`.
pub(crate) async fn take_role(caller: Authorised, call: Call) -> Outcome {
    let (account, user) = (call.param(ACCOUNT_PARAM), person(&call)?);
    call.state.directory.take_role(&caller, account, user).await?;
    Ok(gone())
}

/// A role that clients and people of accounts have.
///
/// # Errors
/// 400.
pub(super) fn role_named(text: &str) -> Result<Role, Refusal> {
    let unknown = "role is account-administrator, group-manager, user-manager, reader or approver";
    let role = Role::parse(text).filter(|role| *role != Role::Operator);
    role.ok_or_else(|| Refusal::bad("role", unknown))
}

fn named(call: &Call) -> Result<ClientId, Refusal> {
    let named = parse_client_id(call.param("clientId"));
    let own = named.filter(|(account, _)| *account == call.param(ACCOUNT_PARAM));
    own.map(|(_, client)| client).ok_or_else(Refusal::not_found)
}

fn person(call: &Call) -> Result<Uuid, Refusal> {
    parse_uuid(call.param("userId")).ok_or_else(Refusal::not_found)
}

fn shown(account: &str, client: Application) -> ClientShown {
    ClientShown {
        client_id: client_id(account, client.id),
        name: client.name,
        role: client.role.as_str().to_owned(),
        redirect_uris: client.redirect_uris,
        public: client.is_public,
        created_at: rfc3339_millis(client.created_at),
    }
}

fn member_of(account: &str, member: Member) -> MemberShown {
    MemberShown {
        user: member.user.to_string(),
        user_name: member.user_name,
        role: member.role.as_str().to_owned(),
        client_id: client_id(account, member.client),
        created_at: rfc3339_millis(member.created_at),
    }
}
