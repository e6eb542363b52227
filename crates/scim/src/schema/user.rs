//! Users. Source: RFC 7643 §4.1, §4.3, §8.7.1.

use super::attribute::{Attribute, binary, boolean, complex, reference, string};
use super::{ENTERPRISE_USER_URN, Schema, USER_URN};

/// `urn:ietf:params:scim:schemas:core:2.0:User`.
pub(super) static USER: Schema = Schema {
    id: USER_URN,
    name: "User",
    description: "A person",
    attributes: &[
        string("userName", "The name the person logs in with").required().unique(),
        complex("name", "The parts of the person's name", NAME),
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
        complex("emails", "E-mail addresses", EMAIL).many(),
        complex("phoneNumbers", "Telephone numbers", PHONE_NUMBER).many(),
        complex("ims", "Instant messaging addresses", IM).many(),
        complex("photos", "Pictures of the person", PHOTO).many(),
        complex("addresses", "Postal addresses", ADDRESS).many(),
        complex("groups", "The groups the person is in; changed through the groups", GROUP)
            .many()
            .read_only(),
        complex("entitlements", "Things the person has", PLAIN).many(),
        complex("roles", "Roles of the person", PLAIN).many(),
        complex("x509Certificates", "Certificates of the person", CERTIFICATE).many(),
    ],
};

const DISPLAY: Attribute = string("display", "The value, for people to read");
const TYPE: Attribute = string("type", "What the value is for");
const PRIMARY: Attribute = boolean("primary", "Whether this is the preferred value; true at most once");

const NAME: &[Attribute] = &[
    string("formatted", "The whole name, as it is shown"),
    string("familyName", "The family name"),
    string("givenName", "The given name"),
    string("middleName", "The middle names"),
    string("honorificPrefix", "What stands before the name, such as Ms."),
    string("honorificSuffix", "What stands after the name, such as III"),
];

const EMAIL: &[Attribute] =
    &[string("value", "The address"), DISPLAY, TYPE.canonical(&["work", "home", "other"]), PRIMARY];

const PHONE_NUMBER: &[Attribute] = &[
    string("value", "The number"),
    DISPLAY,
    TYPE.canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IM: &[Attribute] = &[
    string("value", "The address"),
    DISPLAY,
    TYPE.canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTO: &[Attribute] = &[
    reference("value", "Where the picture is", &["external"]),
    DISPLAY,
    TYPE.canonical(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESS: &[Attribute] = &[
    string("formatted", "The whole address, as it is written on a letter"),
    string("streetAddress", "Street and house"),
    string("locality", "City"),
    string("region", "State or region"),
    string("postalCode", "Postal code"),
    string("country", "Country, in ISO 3166-1 alpha-2"),
    TYPE.canonical(&["work", "home", "other"]),
    PRIMARY,
];

const GROUP: &[Attribute] = &[
    string("value", "The id of the group").read_only().case_exact(),
    reference("$ref", "Where the group is", &["Group"]).read_only(),
    string("display", "The group's name, for people to read").read_only(),
    string("type", "Whether the person is a member itself or by another group")
        .read_only()
        .canonical(&["direct", "indirect"]),
];

const PLAIN: &[Attribute] = &[string("value", "The value"), DISPLAY, TYPE, PRIMARY];

const CERTIFICATE: &[Attribute] = &[binary("value", "The certificate, in DER"), DISPLAY, TYPE, PRIMARY];

/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.
pub(super) static ENTERPRISE_USER: Schema = Schema {
    id: ENTERPRISE_USER_URN,
    name: "Enterprise User",
    description: "A person as an employee",
    attributes: &[
        string("employeeNumber", "A number or code the organisation gave the person"),
        string("costCenter", "The cost centre"),
        string("organization", "The organisation"),
        string("division", "The division"),
        string("department", "The department"),
        complex("manager", "The person's manager", MANAGER),
    ],
};

const MANAGER: &[Attribute] = &[
    string("value", "The id of the manager").case_exact(),
    reference("$ref", "Where the manager is", &["User"]),
    string("displayName", "The manager's name, for people to read").read_only(),
];
