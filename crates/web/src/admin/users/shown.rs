//! A person's two faces: what the admin API says and shows of the attributes that SCIM has.

use serde_json::{Map, Value};
use throng_api::{Sent, User, UserWrite};
use throng_directory::ids::parse_uuid;
use throng_directory::model::faults::Faults;
use throng_directory::model::passwords::Secret;
use throng_directory::model::people::{Changes, Given, shown_email};
use throng_directory::use_cases::people::direct_groups;
use throng_directory::use_cases::users::UserView;
use throng_scim::schema::THRONG_USER_URN;
use uuid::Uuid;

use crate::refusal::Refusal;

/// A person as the admin API shows them.
pub(super) fn user(view: &UserView, account: &str) -> Result<User, Refusal> {
    let attributes: Map<String, Value> = serde_json::from_str(&view.user.doc).map_err(|error| {
        tracing::error!(%error, "a stored user is damaged");
        Refusal::internal()
    })?;
    let text = |object: Option<&Map<String, Value>>, name: &str| {
        object.and_then(|object| object.get(name)).and_then(Value::as_str).map(str::to_owned)
    };
    let object = |name: &str| attributes.get(name).and_then(Value::as_object);
    let (name, ours) = (object("name"), object(THRONG_USER_URN));
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let roles = list(attributes.get("roles"));
    let owned = list(ours.and_then(|ours| ours.get("ownedGroups")));
    Ok(User {
        user_id: view.user.uuid.to_string(),
        organization_node_id: text(ours, "organizationNodeId").unwrap_or_else(|| account.to_owned()),
        login_id: text(Some(&attributes), "userName").unwrap_or_default(),
        last_name: text(name, "familyName").unwrap_or_default(),
        first_name: text(name, "givenName").unwrap_or_default(),
        display_name: text(Some(&attributes), "displayName"),
        email_id: shown_email(&attributes).map(str::to_owned),
        profile_id: text(ours, "profileId"),
        roles: roles.iter().filter_map(|role| role["value"].as_str()).map(str::to_owned).collect(),
        member_of_groups: direct_groups(view).map(|group| group.uuid.to_string()).collect(),
        owned_groups: owned.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

/// A body that stands for the whole person: what it lacks is to be empty.
pub(super) fn whole(body: UserWrite) -> Result<Changes, Refusal> {
    let said = changes(body)?;
    let mut faults = Faults::default();
    for (field, is_given) in [
        ("loginId", said.login.is_some()),
        ("lastName", matches!(said.last_name, Given::Set(_))),
        ("firstName", matches!(said.first_name, Given::Set(_))),
    ] {
        if !is_given {
            faults.missing(field);
        }
    }
    faults.refuse()?;
    Ok(Changes {
        login: said.login,
        first_name: said.first_name,
        last_name: said.last_name,
        display_name: said.display_name.or_cleared(),
        email: said.email.or_cleared(),
        roles: said.roles.or_cleared(),
        node: said.node.or_cleared(),
        profile: said.profile.or_cleared(),
        owned_groups: said.owned_groups.or_cleared(),
        member_of: said.member_of.or_cleared(),
        // What cannot be read cannot be sent back: what is not said of it says nothing.
        password: if said.password == Given::Cleared { Given::Kept } else { said.password },
    })
}

/// A body that says what is to change.
pub(super) fn changes(body: UserWrite) -> Result<Changes, Refusal> {
    let login = match body.login_id {
        Sent::Absent => None,
        // Nobody can be without one: the login's own rule refuses it.
        Sent::Null => Some(String::new()),
        Sent::Value(login) => Some(login.trim().to_owned()),
    };
    Ok(Changes {
        login,
        first_name: text(body.first_name),
        last_name: text(body.last_name),
        display_name: text(body.display_name),
        email: text(body.email_id),
        roles: given(body.roles),
        node: text(body.organization_node_id),
        profile: text(body.profile_id),
        owned_groups: groups("ownedGroups", body.owned_groups)?,
        member_of: groups("memberOfGroups", body.member_of_groups)?,
        password: match given(body.password) {
            Given::Kept => Given::Kept,
            Given::Cleared => Given::Cleared,
            Given::Set(password) => Given::Set(Secret::new(password.into_text())),
        },
    })
}

fn given<T>(sent: Sent<T>) -> Given<T> {
    match sent {
        Sent::Absent => Given::Kept,
        Sent::Null => Given::Cleared,
        Sent::Value(value) => Given::Set(value),
    }
}

/// Spaces at the ends of a text say nothing, as in the cells of a file.
fn text(sent: Sent<String>) -> Given<String> {
    match given(sent) {
        Given::Set(text) => Given::Set(text.trim().to_owned()),
        other => other,
    }
}

fn groups(field: &str, sent: Sent<Vec<String>>) -> Result<Given<Vec<Uuid>>, Refusal> {
    let Sent::Value(ids) = sent else {
        return Ok(if matches!(sent, Sent::Null) { Given::Cleared } else { Given::Kept });
    };
    let id = |text: &String| {
        let wrong = || Refusal::bad(field, format!("{field}: {text} is no UUID of a group"));
        parse_uuid(text).ok_or_else(wrong)
    };
    Ok(Given::Set(ids.iter().map(id).collect::<Result<_, _>>()?))
}
