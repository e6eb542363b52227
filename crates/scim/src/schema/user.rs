//! Users. Source: RFC 7643 §4.1, §4.3, §8.7.1.

use super::attribute::{Attribute, binary, boolean, complex, reference, string};
use super::{ENTERPRISE_USER_URN, Schema, USER_URN};

/// `urn:ietf:params:scim:schemas:core:2.0:User`.
pub(super) fn user() -> Schema {
    Schema {
        id: USER_URN.to_owned(),
        name: "User".to_owned(),
        description: "A person".to_owned(),
        attributes: vec![
            string("userName", "The name the person logs in with").required().unique(),
            complex("name", "The parts of the person's name", &name()),
            string("displayName", "The person's name, for people to read"),
            string("nickName", "How the person is called casually"),
            reference("profileUrl", "The person's page", &["external"]),
            string("title", "The person's title, such as Vice President"),
            string("userType", "How the person relates to the organisation, such as Contractor"),
            string("preferredLanguage", "Languages the person prefers, as in Accept-Language"),
            string("locale", "The person's locale, such as en-US"),
            string("timezone", "The person's time zone, such as Europe/Paris"),
            boolean("active", "Whether the person may use the service"),
            string("password", "The person's password in clear text, to be set").secret().case_exact(),
            complex("emails", "E-mail addresses", &email()).many(),
            complex("phoneNumbers", "Telephone numbers", &phone_number()).many(),
            complex("ims", "Instant messaging addresses", &im()).many(),
            complex("photos", "Pictures of the person", &photo()).many(),
            complex("addresses", "Postal addresses", &address()).many(),
            complex("groups", "The groups the person is in; changed through the groups", &group_entry())
                .many()
                .read_only(),
            complex("entitlements", "Things the person has", &plain()).many(),
            complex("roles", "Roles of the person", &plain()).many(),
            complex("x509Certificates", "Certificates of the person", &certificate()).many(),
        ],
    }
}

fn display() -> Attribute {
    string("display", "The value, for people to read")
}
fn kind() -> Attribute {
    string("type", "What the value is for")
}
fn primary() -> Attribute {
    boolean("primary", "Whether this is the preferred value; true at most once")
}

fn name() -> Vec<Attribute> {
    vec![
        string("formatted", "The whole name, as it is shown"),
        string("familyName", "The family name"),
        string("givenName", "The given name"),
        string("middleName", "The middle names"),
        string("honorificPrefix", "What stands before the name, such as Ms."),
        string("honorificSuffix", "What stands after the name, such as III"),
    ]
}

fn email() -> Vec<Attribute> {
    vec![string("value", "The address"), display(), kind().canonical(&["work", "home", "other"]), primary()]
}

fn phone_number() -> Vec<Attribute> {
    vec![
        string("value", "The number"),
        display(),
        kind().canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
        primary(),
    ]
}

fn im() -> Vec<Attribute> {
    vec![
        string("value", "The address"),
        display(),
        kind().canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
        primary(),
    ]
}

fn photo() -> Vec<Attribute> {
    vec![
        reference("value", "Where the picture is", &["external"]),
        display(),
        kind().canonical(&["photo", "thumbnail"]),
        primary(),
    ]
}

fn address() -> Vec<Attribute> {
    vec![
        string("formatted", "The whole address, as it is written on a letter"),
        string("streetAddress", "Street and house"),
        string("locality", "City"),
        string("region", "State or region"),
        string("postalCode", "Postal code"),
        string("country", "Country, in ISO 3166-1 alpha-2"),
        kind().canonical(&["work", "home", "other"]),
        primary(),
    ]
}

fn group_entry() -> Vec<Attribute> {
    vec![
        string("value", "The id of the group").read_only().case_exact(),
        reference("$ref", "Where the group is", &["Group"]).read_only(),
        string("display", "The group's name, for people to read").read_only(),
        string("type", "Whether the person is a member itself or by another group")
            .read_only()
            .canonical(&["direct", "indirect"]),
    ]
}

fn plain() -> Vec<Attribute> {
    vec![string("value", "The value"), display(), kind(), primary()]
}

fn certificate() -> Vec<Attribute> {
    vec![binary("value", "The certificate, in DER"), display(), kind(), primary()]
}

/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.
pub(super) fn enterprise_user() -> Schema {
    Schema {
        id: ENTERPRISE_USER_URN.to_owned(),
        name: "Enterprise User".to_owned(),
        description: "A person as an employee".to_owned(),
        attributes: vec![
            string("employeeNumber", "A number or code the organisation gave the person"),
            string("costCenter", "The cost centre"),
            string("organization", "The organisation"),
            string("division", "The division"),
            string("department", "The department"),
            complex("manager", "The person's manager", &manager()),
        ],
    }
}

fn manager() -> Vec<Attribute> {
    vec![
        string("value", "The id of the manager").case_exact(),
        reference("$ref", "Where the manager is", &["User"]),
        string("displayName", "The manager's name, for people to read").read_only(),
    ]
}
