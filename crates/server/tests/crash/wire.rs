//! Requests of the script as bytes.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::crash::script::{Action, JOINED, Member, Operation, Row, Step, by_id, group_name, login};

const BOUNDARY: &str = "throng-crash-test";
/// The object by which a body says that its members are user names.
const DIALECT: &str = "urn:SocialChorus:1.0:Group";

/// What only a running server knows: numbers of groups, ids of people.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub groups: HashMap<usize, i64>,
    pub ids: HashMap<String, String>,
    /// Numbers of jobs, by step.
    pub jobs: HashMap<usize, String>,
}

/// A request, ready to be sent.
pub struct Prepared {
    pub method: &'static str,
    pub path: String,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// The request of a step, the same bytes each time.
pub fn prepare(step: &Step, account: &str, known: &Known) -> Prepared {
    let scim = |method, path, body: &Value| Prepared {
        method,
        path,
        content_type: "application/scim+json".to_owned(),
        body: body.to_string().into_bytes(),
    };
    let native = |path: &str, body: &Value| Prepared {
        method: "POST",
        path: format!("/api/v1/accounts/{account}/{path}"),
        content_type: "application/json".to_owned(),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
    };
    let path = |group: &usize| format!("/scim/v2/Groups/{}", known.groups[group]);
    match step {
        Step::Import { name, rows } => Prepared {
            method: "POST",
            path: format!("/api/admin/user/v1/accounts/{account}/users:bulkAdd?jobName={name}"),
            content_type: format!("multipart/form-data; boundary={BOUNDARY}"),
            body: multipart(rows),
        },
        Step::Create { group, members } => {
            scim("POST", "/scim/v2/Groups".to_owned(), &document(*group, members, known))
        }
        Step::Undo { of, .. } | Step::Restore { of } => {
            native(&format!("jobs/{}/undo", known.jobs[of]), &Value::Null)
        }
        Step::Delete { prefix } => {
            native("users/delete", &json!({ "filter": format!("userName sw \"{prefix}\"") }))
        }
        Step::Put { group, members } => scim("PUT", path(group), &document(*group, members, known)),
        Step::Patch { group, operations } => scim("PATCH", path(group), &patch(*group, operations, known)),
    }
}

fn multipart(rows: &[Row]) -> Vec<u8> {
    let mut body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\
         content-type: text/csv\r\n\r\nLogin Id,Last Name,First Name,Email,Member Of,Password\r\n"
    );
    for (at, Row { login, last_name, joins }) in rows.iter().enumerate() {
        let group = if *joins { group_name(JOINED) } else { String::new() };
        // Some to be hashed, some that are: whatever is killed, nothing is left of them where it waited.
        let password = match at % 50 {
            0 => "Kite-42-Moss-17",
            1 => "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
            _ => "",
        };
        write!(body, "{login},{last_name},Ann,{login},{group},{password}\r\n").unwrap();
    }
    write!(body, "\r\n--{BOUNDARY}--\r\n").unwrap();
    body.into_bytes()
}

fn document(group: usize, members: &[Member], known: &Known) -> Value {
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    let mut body = json!({ "schemas": schemas, "displayName": group_name(group) });
    body["members"] = values(group, members, known);
    name_members(group, body)
}

fn patch(group: usize, operations: &[Operation], known: &Known) -> Value {
    let operation = |(action, members): &Operation| {
        let op = match action {
            Action::Add => "add",
            Action::Remove => "remove",
            Action::Replace => "replace",
        };
        json!({ "op": op, "path": "members", "value": values(group, members, known) })
    };
    let operations: Vec<Value> = operations.iter().map(operation).collect();
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    name_members(group, json!({ "schemas": schemas, "Operations": operations }))
}

fn values(group: usize, members: &[Member], known: &Known) -> Value {
    let value = |member: &Member| match member {
        Member::Person(n) if by_id(group) => known.ids[&login(*n)].clone(),
        Member::Person(n) => login(*n),
        Member::Nobody(text) => text.clone(),
    };
    members.iter().map(|member| json!({ "value": value(member) })).collect()
}

fn name_members(group: usize, mut body: Value) -> Value {
    if !by_id(group) {
        body[DIALECT] = json!({ "identifierField": "userName" });
    }
    body
}
