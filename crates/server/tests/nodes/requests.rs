//! Requests that make jobs, as bytes and as the history has them.

use std::fmt::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use throng_checker::history::{Action, Change, Submission};

use crate::nodes::world::ACCOUNT;

const BOUNDARY: &str = "throng-nodes-test";
/// The object by which a body says that its members are user names.
const DIALECT: &str = "urn:SocialChorus:1.0:Group";
const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A request that makes a job, ready to be sent any number of times.
#[derive(Clone, Debug)]
pub struct Draft {
    pub method: &'static str,
    pub path: String,
    pub content_type: String,
    pub body: Vec<u8>,
    /// Whether the client does not want to wait.
    pub is_async: bool,
    pub submission: Submission,
}

impl Draft {
    /// Whether it is an import.
    pub fn is_import(&self) -> bool {
        self.content_type.starts_with("multipart")
    }

    /// The same with an `Idempotency-Key`.
    pub fn keyed(mut self) -> Self {
        self.submission.key = self.submission.marker.as_ref().map(|marker| format!("key-{marker}"));
        self
    }

    /// The same, answered at once.
    pub fn unwaited(mut self) -> Self {
        self.is_async = true;
        self
    }
}

/// A PATCH of members. `unique` is in no other request.
pub fn patch(group: u64, changes: Vec<Change>, unique: u64) -> Draft {
    let nobody = nobody(unique);
    let operation = |(at, change): (usize, &Change)| {
        let op = match change.action {
            Action::Add => "add",
            Action::Remove => "remove",
            Action::Replace => "replace",
        };
        // Its body is its mark, so no other may have the same.
        let extra = (at == 0).then_some(nobody.as_str());
        json!({ "op": op, "path": "members", "value": values(&change.members, extra) })
    };
    let operations: Vec<Value> = changes.iter().enumerate().map(operation).collect();
    let body = json!({ "schemas": [PATCH_SCHEMA], "Operations": operations });
    of_group("PATCH", format!("/scim/v2/Groups/{group}"), body, (Some(group), changes))
}

/// A PUT of a group with its members.
pub fn put(group: u64, name: &str, members: Vec<String>, unique: u64) -> Draft {
    let body = document(name, &members, unique);
    let change = Change { action: Action::Replace, members };
    of_group("PUT", format!("/scim/v2/Groups/{group}"), body, (Some(group), vec![change]))
}

/// A POST of a group with members.
pub fn create(name: &str, members: Vec<String>, unique: u64) -> Draft {
    let body = document(name, &members, unique);
    let change = Change { action: Action::Replace, members };
    of_group("POST", "/scim/v2/Groups".to_owned(), body, (None, vec![change]))
}

/// An import of people with these logins. Nothing of it is in another import.
pub fn import(logins: &[String], name: &str) -> Draft {
    let mut file = "Login Id,Last Name,First Name,Email\r\n".to_owned();
    for login in logins {
        write!(file, "{login},Ames,Ann,{login}\r\n").unwrap();
    }
    let head = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\
         content-type: text/csv\r\n\r\n"
    );
    let submission = Submission { marker: Some(digest(file.as_bytes())), ..Submission::default() };
    let draft = Draft {
        method: "POST",
        path: format!("/api/admin/user/v1/accounts/{ACCOUNT}/users:bulkAdd?jobName={name}"),
        content_type: format!("multipart/form-data; boundary={BOUNDARY}"),
        body: format!("{head}{file}\r\n--{BOUNDARY}--\r\n").into_bytes(),
        is_async: true,
        submission,
    };
    draft.keyed()
}

fn of_group(
    method: &'static str,
    path: String,
    mut body: Value,
    (group, changes): (Option<u64>, Vec<Change>),
) -> Draft {
    body[DIALECT] = json!({ "identifierField": "userName" });
    let body = body.to_string().into_bytes();
    let submission = Submission { key: None, marker: Some(digest(&body)), group, changes };
    let content_type = "application/scim+json".to_owned();
    Draft { method, path, content_type, body, is_async: false, submission }
}

fn document(name: &str, members: &[String], unique: u64) -> Value {
    let members = values(members, Some(&nobody(unique)));
    json!({ "schemas": [GROUP_SCHEMA], "displayName": name, "members": members })
}

fn values(members: &[String], extra: Option<&str>) -> Value {
    members.iter().map(String::as_str).chain(extra).map(|name| json!({ "value": name })).collect()
}

fn nobody(unique: u64) -> String {
    format!("nobody.{unique}@example.org")
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
