//! The SCIM bodies that the demo sends, written straight to bytes: some list 200,000 members.

use serde_json::{Value, json};
use throng_scim::message::PATCH_OP;
use throng_scim::schema::GROUP_URN;

/// The object that says by what members are named.
const NAMED_BY: &str = "SocialChorus:1.0:Group";

/// A group without members.
pub fn empty_group(name: &str) -> Vec<u8> {
    json!({ "schemas": [GROUP_URN], "displayName": name }).to_string().into_bytes()
}

/// A group whose members are named by userName.
pub fn group<'a>(name: &str, members: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut body = head(GROUP_URN);
    body.extend_from_slice(b",\"displayName\":");
    string(name, &mut body);
    body.extend_from_slice(b",\"members\":");
    list(members, &mut body);
    body.push(b'}');
    body
}

/// A PATCH that adds some members and removes others, all named by userName.
pub fn patch<'a>(added: impl Iterator<Item = &'a str>, removed: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut body = head(PATCH_OP);
    body.extend_from_slice(b",\"Operations\":[{\"op\":\"add\",\"path\":\"members\",\"value\":");
    list(added, &mut body);
    let mut removed = removed.peekable();
    if removed.peek().is_some() {
        body.extend_from_slice(b"},{\"op\":\"remove\",\"path\":\"members\",\"value\":");
        list(removed, &mut body);
    }
    body.extend_from_slice(b"}]}");
    body
}

/// An object with its schema and by what members are named; still open.
fn head(schema: &str) -> Vec<u8> {
    let named_by: Value = json!({ "identifierField": "userName" });
    let mut head = json!({ "schemas": [schema], NAMED_BY: named_by }).to_string().into_bytes();
    head.pop();
    head
}

fn list<'a>(members: impl Iterator<Item = &'a str>, body: &mut Vec<u8>) {
    body.push(b'[');
    for (at, member) in members.enumerate() {
        body.extend_from_slice(if at == 0 { b"{\"value\":" } else { b",{\"value\":" });
        string(member, body);
        body.push(b'}');
    }
    body.push(b']');
}

fn string(text: &str, body: &mut Vec<u8>) {
    // Writing a string to a vector cannot fail.
    let _ = serde_json::to_writer(body, text);
}

#[cfg(test)]
mod tests;
