//! Groups. Source: RFC 7643 §4.2, §8.7.1.

use super::attribute::{Attribute, complex, reference, string};
use super::{GROUP_URN, Schema, THRONG_GROUP_URN};

/// `urn:ietf:params:scim:schemas:core:2.0:Group`. `displayName` is published as required, because a group without one
/// is refused: RFC 7643 §4.2 demands it in prose though its own published schema does not.
pub(super) fn group() -> Schema {
    Schema {
        id: GROUP_URN.to_owned(),
        name: "Group".to_owned(),
        description: "A named set of people".to_owned(),
        attributes: vec![
            string("displayName", "The name of the group, for people to read").required(),
            complex("members", "Who is in the group", &member()).many(),
        ],
    }
}

fn member() -> Vec<Attribute> {
    vec![
        string("value", "The id of the member").immutable().case_exact(),
        reference("$ref", "Where the member is", &["User", "Group"]).immutable(),
        string("type", "What the member is").immutable().canonical(&["User", "Group"]),
    ]
}

/// `urn:throng:scim:1.0:Group`.
pub(super) fn throng_group() -> Schema {
    Schema {
        id: THRONG_GROUP_URN.to_owned(),
        name: "Throng Group".to_owned(),
        description: "What Throng knows about a group beyond the core schema".to_owned(),
        attributes: vec![
            string("name", "A short name made from displayName by the server")
                .read_only()
                .case_exact()
                .on_request(),
            string("description", "What the group is for, for people to read"),
        ],
    }
}
