//! The schemas of bodies: those of the wire types, and those of what is described elsewhere.

use serde_json::{Map, Value, json};
use throng_api::{
    AccountCreate, AccountCreated, AccountSettings, AuditList, AuditRecord, AuditRecordsPage, AuditRow,
    AuditSearch, AuthorizationForm, AuthorizationServer, ClientChange, ClientCreate, ClientList, ClientShown,
    Group, GroupResource, GroupWrite, GroupsPage, Health, Introspection, Job, JobAccepted, JobChange,
    JobCount, JobCounts, JobDetails, JobDryRun, JobIds, JobItem, JobItemList, JobList, JobRedrive, JobReport,
    JobStopped, JobTarget, JobUser, JobUsersPage, JobsItem, JobsPage, KeyCreate, KeyCreated, KeyList,
    KeyRotate, KeyShown, Limits, Links, MemberList, MemberShown, MemberWrite, OAuthError, Pagination,
    PasswordPolicy, Problem, Profile, ProfileIds, ProfileStatus, ProfileWrite, ProfilesPage, ReportError,
    ResourceIds, RoleStatus, SettingNumber, TokenAnswer, TokenNamed, TokenRequest, UploadCreate,
    UploadDetails, UploadList, UploadListed, UploadPart, User, UserCondition, UserIds, UserPage, UserSearch,
    UserStatus, UserWrite, UsersDelete, UsersForget, VerifyingKey, VerifyingKeys, Violation,
};
use throng_directory::model::jobs::Kind;
use throng_directory::{Class, Outcome};
use utoipa::ToSchema;

/// Accounts, keys and tokens.
fn add_access(schemas: &mut Map<String, Value>) {
    add::<AccountCreate>(schemas);
    add::<AccountCreated>(schemas);
    add::<AccountSettings>(schemas);
    add::<SettingNumber>(schemas);
    add::<KeyCreate>(schemas);
    add::<KeyCreated>(schemas);
    add::<KeyRotate>(schemas);
    add::<KeyList>(schemas);
    add::<KeyShown>(schemas);
    add::<ClientCreate>(schemas);
    add::<ClientChange>(schemas);
    add::<ClientList>(schemas);
    add::<ClientShown>(schemas);
    add::<MemberWrite>(schemas);
    add::<MemberList>(schemas);
    add::<MemberShown>(schemas);
    add::<AuthorizationForm>(schemas);
    add::<TokenRequest>(schemas);
    add::<TokenAnswer>(schemas);
    add::<TokenNamed>(schemas);
    add::<Introspection>(schemas);
    add::<VerifyingKeys>(schemas);
    add::<VerifyingKey>(schemas);
    add::<AuthorizationServer>(schemas);
    add::<OAuthError>(schemas);
}

/// Every schema by its name.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    add::<JobReport>(&mut schemas);
    add::<ReportError>(&mut schemas);
    add::<Problem>(&mut schemas);
    add::<Violation>(&mut schemas);
    add::<Pagination>(&mut schemas);
    add::<Links>(&mut schemas);
    add::<JobUsersPage>(&mut schemas);
    add::<JobUser>(&mut schemas);
    add::<JobAccepted>(&mut schemas);
    add::<JobDetails>(&mut schemas);
    add::<JobStopped>(&mut schemas);
    add::<JobIds>(&mut schemas);
    add::<JobCount>(&mut schemas);
    add::<JobsPage>(&mut schemas);
    add::<JobsItem>(&mut schemas);
    add_access(&mut schemas);
    add::<JobList>(&mut schemas);
    add::<Job>(&mut schemas);
    add::<JobTarget>(&mut schemas);
    add::<JobDryRun>(&mut schemas);
    add::<JobChange>(&mut schemas);
    add::<JobCounts>(&mut schemas);
    add::<JobItemList>(&mut schemas);
    add::<JobItem>(&mut schemas);
    add::<JobRedrive>(&mut schemas);
    add::<UsersDelete>(&mut schemas);
    add::<UsersForget>(&mut schemas);
    add::<User>(&mut schemas);
    add::<UserWrite>(&mut schemas);
    add::<UserPage>(&mut schemas);
    add::<UserSearch>(&mut schemas);
    add::<UserCondition>(&mut schemas);
    add::<UserIds>(&mut schemas);
    add::<UserStatus>(&mut schemas);
    add::<RoleStatus>(&mut schemas);
    let statuses = json!({ "type": "array", "items": { "$ref": "#/components/schemas/UserStatus" } });
    schemas.insert("UserStatuses".to_owned(), statuses);
    add::<Profile>(&mut schemas);
    add::<PasswordPolicy>(&mut schemas);
    add::<ProfileWrite>(&mut schemas);
    add::<ProfilesPage>(&mut schemas);
    add::<ProfileIds>(&mut schemas);
    add::<ProfileStatus>(&mut schemas);
    add::<Group>(&mut schemas);
    add::<GroupResource>(&mut schemas);
    add::<GroupWrite>(&mut schemas);
    add::<GroupsPage>(&mut schemas);
    add::<ResourceIds>(&mut schemas);
    add::<AuditSearch>(&mut schemas);
    add::<AuditRecord>(&mut schemas);
    add::<AuditRecordsPage>(&mut schemas);
    add::<AuditRow>(&mut schemas);
    add::<AuditList>(&mut schemas);
    add::<UploadCreate>(&mut schemas);
    add::<UploadDetails>(&mut schemas);
    add::<UploadList>(&mut schemas);
    add::<UploadListed>(&mut schemas);
    add::<UploadPart>(&mut schemas);
    add::<Health>(&mut schemas);
    add::<Limits>(&mut schemas);
    let others = protocol_schemas().into_iter().chain(list_schemas()).chain(search_schemas());
    for (name, schema) in others.chain(bulk_schemas()) {
        schemas.insert(name.to_owned(), schema);
    }
    name_values(&mut schemas);
    schemas
}

/// Lists the texts that fields of jobs can have, from where they are made.
fn name_values(schemas: &mut Map<String, Value>) {
    let classes = Class::ALL.map(Class::name);
    let mut list = |place: &str, values: &[&str]| {
        let (schema, path) = place.split_once('/').unwrap_or((place, ""));
        let schema =
            schemas.get_mut(schema).and_then(|schema| schema.pointer_mut(&format!("/properties/{path}")));
        if let Some(Value::Object(property)) = schema {
            property.insert("enum".to_owned(), json!(values));
        }
    };
    list("Job/kind", &Kind::ALL.map(Kind::as_str));
    list("JobItem/outcome", &classes);
    list("JobItem/reason", &Outcome::names());
    list("JobRedrive/outcomes/items", &classes);
    list("JobRedrive/reasons/items", &Outcome::names());
}

fn add<T: ToSchema>(schemas: &mut Map<String, Value>) {
    // A schema is made of maps with string keys and always becomes JSON.
    let schema = serde_json::to_value(T::schema()).unwrap_or_default();
    schemas.insert(T::name().into_owned(), schema);
}

/// What is described elsewhere: SCIM's resources by `/scim/v2/Schemas`, this document by the OpenAPI standard.
fn protocol_schemas() -> [(&'static str, Value); 10] {
    let strings = json!({ "type": "array", "items": { "type": "string" } });
    [
        (
            "ScimResource",
            json!({ "type": "object", "properties": { "schemas": strings }, "additionalProperties": true }),
        ),
        (
            "ListResponse",
            json!({
                "type": "object",
                "required": ["schemas", "itemsPerPage", "Resources"],
                "properties": {
                    "schemas": strings,
                    "totalResults": { "type": "integer" },
                    "startIndex": { "type": "integer" },
                    "itemsPerPage": { "type": "integer" },
                    "nextCursor": { "type": "string" },
                    "Resources": { "type": "array", "items": { "$ref": "#/components/schemas/ScimResource" } },
                },
            }),
        ),
        (
            "PatchOp",
            json!({
                "type": "object",
                "required": ["Operations"],
                "properties": {
                    "schemas": strings,
                    "Operations": { "type": "array", "items": { "type": "object" } },
                },
            }),
        ),
        (
            "ScimError",
            json!({
                "type": "object",
                "required": ["schemas", "status"],
                "properties": {
                    "schemas": strings,
                    "status": { "type": "string" },
                    "scimType": { "type": "string" },
                    "detail": { "type": "string" },
                },
            }),
        ),
        (
            "Upload",
            json!({
                "type": "object",
                "required": ["file"],
                "properties": { "file": { "type": "string", "contentMediaType": "application/octet-stream" } },
            }),
        ),
        ("Octets", json!({ "type": "string", "contentMediaType": "application/octet-stream" })),
        ("Page", json!({ "type": "string", "contentMediaType": "text/html" })),
        ("Download", json!({ "type": "string", "contentMediaType": "application/octet-stream" })),
        (
            "JobEvents",
            json!({ "type": "string", "description": "Events of the name job; the data of each is a Job" }),
        ),
        ("OpenApi", json!({ "type": "object" })),
    ]
}

/// Lists that are whole bodies.
fn list_schemas() -> [(&'static str, Value); 2] {
    [
        (
            "ProfileStatuses",
            json!({ "type": "array", "items": { "$ref": "#/components/schemas/ProfileStatus" } }),
        ),
        ("GroupTypes", json!({ "type": "array", "items": { "type": "string" }, "example": ["User"] })),
    ]
}

fn search_schemas() -> [(&'static str, Value); 1] {
    let strings = json!({ "type": "array", "items": { "type": "string" } });
    [(
        "SearchRequest",
        json!({
            "type": "object",
            "required": ["schemas"],
            "properties": {
                "schemas": strings,
                "filter": { "type": "string" },
                "sortBy": { "type": "string" },
                "sortOrder": { "type": "string", "enum": ["ascending", "descending"] },
                "startIndex": { "type": "integer" },
                "count": { "type": "integer" },
                "cursor": { "type": "string" },
                "attributes": strings,
                "excludedAttributes": strings,
            },
        }),
    )]
}

fn members_of_a_dry_run() -> Value {
    let state =
        "PENDING: a job would do it after the answer; AWAITING_APPROVAL: such a job would wait for that";
    json!({
        "type": "object",
        "description": "Of a dry run: what would become of the members that it names",
        "properties": {
            "state": { "type": "string", "description": state },
            "counts": { "$ref": "#/components/schemas/JobCounts" },
            "reasons": { "type": "object", "additionalProperties": { "type": "integer" } },
            "items": {
                "type": "array",
                "items": { "$ref": "#/components/schemas/JobItem" },
                "description": "The first of them; none where they are only counted",
            },
            "message": { "type": "string", "description": "What the guard would object" },
        },
    })
}

fn bulk_schemas() -> [(&'static str, Value); 2] {
    let strings = json!({ "type": "array", "items": { "type": "string" } });
    [
        (
            "BulkRequest",
            json!({
                "type": "object",
                "required": ["schemas", "Operations"],
                "properties": {
                    "schemas": strings,
                    "failOnErrors": { "type": "integer", "minimum": 1 },
                    "Operations": {
                        "type": "array",
                        "maxItems": crate::limits::BULK.operations_max,
                        "items": {
                            "type": "object",
                            "required": ["method", "path"],
                            "properties": {
                                "method": { "type": "string", "enum": ["POST", "PUT", "PATCH", "DELETE"] },
                                "bulkId": { "type": "string" },
                                "version": { "type": "string" },
                                "path": { "type": "string" },
                                "data": { "type": "object" },
                            },
                        },
                    },
                },
            }),
        ),
        (
            "BulkResponse",
            json!({
                "type": "object",
                "required": ["schemas", "Operations"],
                "properties": {
                    "schemas": strings,
                    "Operations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["method", "status"],
                            "properties": {
                                "method": { "type": "string" },
                                "bulkId": { "type": "string" },
                                "version": { "type": "string" },
                                "location": { "type": "string" },
                                "status": { "type": "string" },
                                "response": { "type": "object" },
                                "changes": {
                                    "type": "array",
                                    "items": { "$ref": "#/components/schemas/JobChange" },
                                    "description": "Of a dry run: what would change, attribute by attribute",
                                },
                                "members": members_of_a_dry_run(),
                            },
                        },
                    },
                    "jobId": { "type": "integer", "description": "Of a dry run: the number of its job" },
                    "counts": { "$ref": "#/components/schemas/JobCounts" },
                },
            }),
        ),
    ]
}
