//! The schemas of the discovery documents. Source: RFC 7643 §5–7, the words of §8.7.2; RFC 9865 §4.
//!
//! Letter case counts in references (RFC 7643 §2.3.7).

use super::attribute::{Attribute, boolean, complex, integer, reference, string};
use super::{RESOURCE_TYPE_URN, SCHEMA_URN, SERVICE_PROVIDER_CONFIG_URN, Schema};

/// `urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig`, with `pagination` of RFC 9865. `etag`, and `type` and
/// `primary` of `authenticationSchemes`, are in §5, but were forgotten in §8.7.2.
pub(super) fn service_provider_config() -> Schema {
    Schema {
        id: SERVICE_PROVIDER_CONFIG_URN.to_owned(),
        name: "Service Provider Configuration".to_owned(),
        description: "Schema for representing the service provider's configuration".to_owned(),
        attributes: vec![
            reference(
                "documentationUri",
                "An HTTP-addressable URL pointing to the service provider's human-consumable help \
                documentation.",
                &["external"],
            )
            .read_only(),
            complex("patch", "A complex type that specifies PATCH configuration options.", vec![supported()])
                .required()
                .read_only(),
            bulk(),
            filter(),
            complex(
                "changePassword",
                "A complex type that specifies configuration options related to changing a password.",
                vec![supported()],
            )
            .required()
            .read_only(),
            complex("sort", "A complex type that specifies sort result options.", vec![supported()])
                .required()
                .read_only(),
            complex("etag", "A complex type that specifies ETag configuration options.", vec![supported()])
                .required()
                .read_only(),
            pagination(),
            authentication_schemes(),
        ],
    }
}

fn bulk() -> Attribute {
    complex(
        "bulk",
        "A complex type that specifies bulk configuration options.",
        vec![
            supported(),
            integer("maxOperations", "An integer value specifying the maximum number of operations.")
                .required()
                .read_only(),
            integer("maxPayloadSize", "An integer value specifying the maximum payload size in bytes.")
                .required()
                .read_only(),
        ],
    )
    .required()
    .read_only()
}

fn filter() -> Attribute {
    complex(
        "filter",
        "A complex type that specifies FILTER options.",
        vec![
            supported(),
            integer(
                "maxResults",
                "An integer value specifying the maximum number of resources returned in a \
                        response.",
            )
            .required()
            .read_only(),
        ],
    )
    .required()
    .read_only()
}

fn pagination() -> Attribute {
    complex(
        "pagination",
        "A complex type that specifies pagination configuration options.",
        vec![
            boolean("cursor", "A Boolean value specifying support of cursor-based pagination.")
                .required()
                .read_only(),
            boolean("index", "A Boolean value specifying support of index-based pagination.")
                .required()
                .read_only(),
            string(
                "defaultPaginationMethod",
                "A string value specifying the type of pagination that the service provider \
                        defaults to when the client has not specified which method it wishes to use.",
            )
            .read_only()
            .canonical(&["cursor", "index"]),
            integer(
                "defaultPageSize",
                "A positive integer value specifying the default number of results returned \
                        in a page when a count is not specified in the query.",
            )
            .read_only(),
            integer(
                "maxPageSize",
                "A positive integer specifying the maximum number of results returned in a \
                        page regardless of what is specified for the count in a query.",
            )
            .read_only(),
            integer(
                "cursorTimeout",
                "A positive integer specifying the minimum number of seconds that a cursor is \
                        valid between page requests.",
            )
            .read_only(),
        ],
    )
    .read_only()
}

fn authentication_schemes() -> Attribute {
    complex(
        "authenticationSchemes",
        "A complex type that specifies supported authentication scheme properties.",
        vec![
            string("type", "The authentication scheme.").required().read_only().canonical(&[
                "oauth",
                "oauth2",
                "oauthbearertoken",
                "httpbasic",
                "httpdigest",
            ]),
            string("name", "The common authentication scheme name, e.g., HTTP Basic.").required().read_only(),
            string("description", "A description of the authentication scheme.").required().read_only(),
            reference(
                "specUri",
                "An HTTP-addressable URL pointing to the authentication scheme's \
                        specification.",
                &["external"],
            )
            .read_only(),
            reference(
                "documentationUri",
                "An HTTP-addressable URL pointing to the authentication scheme's usage \
                        documentation.",
                &["external"],
            )
            .read_only(),
            boolean(
                "primary",
                "A Boolean value indicating the 'primary' or preferred authentication scheme.",
            )
            .read_only(),
        ],
    )
    .many()
    .required()
    .read_only()
}

fn supported() -> Attribute {
    boolean("supported", "A Boolean value specifying whether or not the operation is supported.")
        .required()
        .read_only()
}

/// `urn:ietf:params:scim:schemas:core:2.0:ResourceType`. `schemaExtensions` is a list (§6), which §8.7.2 forgot.
pub(super) fn resource_type() -> Schema {
    Schema {
        id: RESOURCE_TYPE_URN.to_owned(),
        name: "ResourceType".to_owned(),
        description: "Specifies the schema that describes a SCIM resource type".to_owned(),
        attributes: vec![
            string("id", "The resource type's server unique id. May be the same as the 'name' attribute.")
                .read_only(),
            string(
                "name",
                "The resource type name. When applicable, service providers MUST specify the name, \
                e.g., 'User'.",
            )
            .required()
            .read_only(),
            string(
                "description",
                "The resource type's human-readable description. When applicable, service providers \
                MUST specify the description.",
            )
            .read_only(),
            reference(
                "endpoint",
                "The resource type's HTTP-addressable endpoint relative to the Base URL, e.g., \
                '/Users'.",
                &["uri"],
            )
            .required()
            .read_only(),
            reference("schema", "The resource type's primary/base schema URI.", &["uri"])
                .required()
                .read_only(),
            schema_extensions(),
        ],
    }
}

fn schema_extensions() -> Attribute {
    complex(
        "schemaExtensions",
        "A list of URIs of the resource type's schema extensions.",
        vec![
            reference("schema", "The URI of a schema extension.", &["uri"]).required().read_only(),
            boolean(
                "required",
                "A Boolean value that specifies whether or not the schema extension is \
                        required for the resource type. If true, a resource of this type MUST \
                        include this schema extension and also include any attributes declared as \
                        required in this schema extension. If false, a resource of this type MAY \
                        omit this schema extension.",
            )
            .required()
            .read_only(),
        ],
    )
    .many()
    .required()
    .read_only()
}

/// `urn:ietf:params:scim:schemas:core:2.0:Schema`. It has the type `binary` among the others, which §8.7.2 forgot, and
/// `referenceTypes` is a list in sub-attributes too.
pub(super) fn schema() -> Schema {
    let mut attributes = attribute();
    attributes.push(
        complex("subAttributes", "Used to define the sub-attributes of a complex attribute.", attribute())
            .many()
            .read_only(),
    );
    Schema {
        id: SCHEMA_URN.to_owned(),
        name: "Schema".to_owned(),
        description: "Specifies the schema that describes a SCIM schema".to_owned(),
        attributes: vec![
            string(
                "id",
                "The unique URI of the schema. When applicable, service providers MUST specify the \
                URI.",
            )
            .required()
            .read_only(),
            string(
                "name",
                "The schema's human-readable name. When applicable, service providers MUST specify \
                the name, e.g., 'User'.",
            )
            .required()
            .read_only(),
            string(
                "description",
                "The schema's human-readable description. When applicable, service providers MUST \
                specify the description.",
            )
            .read_only(),
            complex(
                "attributes",
                "A complex attribute that includes the attributes of a schema.",
                attributes,
            )
            .many()
            .required()
            .read_only(),
        ],
    }
}

/// What an attribute and a sub-attribute are described by.
fn attribute() -> Vec<Attribute> {
    vec![
        string("name", "The attribute's name.").required().case_exact().read_only(),
        string(
            "type",
            "The attribute's data type. Valid values include 'string', 'complex', 'boolean', \
            'decimal', 'integer', 'dateTime', 'reference'.",
        )
        .required()
        .read_only()
        .canonical(&[
            "string",
            "complex",
            "boolean",
            "decimal",
            "integer",
            "dateTime",
            "reference",
            "binary",
        ]),
        boolean("multiValued", "A Boolean value indicating an attribute's plurality.").required().read_only(),
        string("description", "A human-readable description of the attribute.").case_exact().read_only(),
        boolean("required", "A boolean value indicating whether or not the attribute is required.")
            .read_only(),
        string(
            "canonicalValues",
            "A collection of canonical values. When applicable, service providers MUST specify the \
            canonical types, e.g., 'work', 'home'.",
        )
        .many()
        .case_exact()
        .read_only(),
        boolean(
            "caseExact",
            "A Boolean value indicating whether or not a string attribute is case sensitive.",
        )
        .read_only(),
        string("mutability", "Indicates whether or not an attribute is modifiable.")
            .case_exact()
            .read_only()
            .canonical(&["readOnly", "readWrite", "immutable", "writeOnly"]),
        string("returned", "Indicates when an attribute is returned in a response (e.g., to a query).")
            .case_exact()
            .read_only()
            .canonical(&["always", "never", "default", "request"]),
        string("uniqueness", "Indicates how unique a value must be.")
            .case_exact()
            .read_only()
            .canonical(&["none", "server", "global"]),
        string(
            "referenceTypes",
            "Used only with an attribute of type 'reference'. Specifies a SCIM resourceType that a \
            reference attribute MAY refer to, e.g., 'User'.",
        )
        .many()
        .case_exact()
        .read_only(),
    ]
}
