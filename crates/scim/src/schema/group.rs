//! Groups. Source: RFC 7643 §4.2; the words of §8.7.1.

use super::attribute::{Attribute, complex, reference, string};
use super::{GROUP_URN, Schema, THRONG_GROUP_URN};

/// `urn:ietf:params:scim:schemas:core:2.0:Group`. `displayName` is published as required, because a group without one
/// is refused: §4.2 demands it in prose though the schema published in §8.7.1 does not. `members.display`, which
/// some clients send, is not in it: what is declared as writable has to come back as it was written, and the members'
/// names are not kept. Letter case counts in ids and references.
pub(super) fn group() -> Schema {
    Schema {
        id: GROUP_URN.to_owned(),
        name: "Group".to_owned(),
        description: "Group".to_owned(),
        attributes: vec![
            string("displayName", "A human-readable name for the Group. REQUIRED.").required(),
            members(),
        ],
    }
}

fn members() -> Attribute {
    complex(
        "members",
        "A list of members of the Group.",
        vec![
            string("value", "Identifier of the member of this Group.").case_exact().immutable(),
            reference(
                "$ref",
                "The URI corresponding to a SCIM resource that is a member of this Group.",
                &["User", "Group"],
            )
            .immutable(),
            string("type", "A label indicating the type of resource, e.g., 'User' or 'Group'.")
                .immutable()
                .canonical(&["User", "Group"]),
        ],
    )
    .many()
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
