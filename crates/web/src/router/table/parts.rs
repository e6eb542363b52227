//! What many routes of the table have in common: who may call them, what they read, how they answer.

use throng_directory::Permission;

use crate::headers::{CSV, EVENT_STREAM, JSON, JSON_LINES, MERGE_PATCH, OCTETS, SCIM_JSON, XLSX, ZIP};
use crate::router::Guard;
use crate::router::declared::{Answer, Field};
use crate::router::fields::{answer as sent, path, request};

pub(super) const RESOURCE: &str = "ScimResource";
pub(super) const SEARCH: &str = "SearchRequest";
pub(super) const SCIM_BODY: &[&str] = &[SCIM_JSON, JSON];
pub(super) const JSON_BODY: &[&str] = &[JSON];
pub(super) const PATCH_BODY: &[&str] = &[JSON, MERGE_PATCH];
pub(super) const FORM_BODY: &[&str] = &["multipart/form-data"];
/// Why discovery refuses. Source: RFC 7644 §4.
pub(super) const NO_FILTER: &[u16] = &[403];
pub(super) const NOT_IMPLEMENTED: &[u16] = &[501];
/// A name is taken.
pub(super) const TAKEN: &[u16] = &[409];
/// The key belongs to no person.
pub(super) const NOBODY: &[u16] = &[404];
pub(super) const TAKEN_OR_NOBODY: &[u16] = &[404, 409];
/// A job that is not kept any more.
pub(super) const GONE: &[u16] = &[410];
pub(super) const GONE_OR_TAKEN: &[u16] = &[409, 410];
pub(super) const AWAY: &[u16] = &[500, 503];

pub(super) const ONE_USER: &[Field] = &[path::USER];
pub(super) const ONE_GROUP: &[Field] = &[path::GROUP];
pub(super) const ONE_RESOURCE: &[Field] = &[path::ENDPOINT, path::RESOURCE];
pub(super) const ANY_JOB: &[Field] = &[path::ACCOUNT_ID, path::ANY_JOB];
pub(super) const ONE_PERSON: &[Field] = &[path::ACCOUNT_ID, path::PERSON];
pub(super) const ONE_IMPORT: &[Field] = &[path::ACCOUNT_ID, path::JOB_ID];

pub(super) const ONE_UPLOAD: &[Field] = &[path::ACCOUNT_ID, path::UPLOAD];
pub(super) const ONE_PROFILE: &[Field] = &[path::ACCOUNT_ID, path::PROFILE];
pub(super) const ONE_ADMIN_GROUP: &[Field] = &[path::ACCOUNT_ID, path::GROUP_UUID];

pub(super) const READS: &[Field] = &[request::IF_NONE_MATCH];
pub(super) const WATCHES: &[Field] = &[request::IF_NONE_MATCH, request::PREFER_WAIT];
pub(super) const LISTENS: &[Field] = &[request::LAST_EVENT_ID];
pub(super) const CREATES: &[Field] = &[request::IDEMPOTENCY_KEY];
pub(super) const CHANGES: &[Field] = &[request::IF_MATCH, request::UNLESS_MATCH, request::IDEMPOTENCY_KEY];
pub(super) const CREATES_GROUP: &[Field] = &[request::PREFER, request::IDEMPOTENCY_KEY];
pub(super) const CHANGES_GROUP: &[Field] =
    &[request::IF_MATCH, request::UNLESS_MATCH, request::PREFER, request::IDEMPOTENCY_KEY];
pub(super) const APPKEY: &[Field] = &[request::APPKEY];
pub(super) const ADMIN_READS: &[Field] = &[request::APPKEY, request::IF_NONE_MATCH];
pub(super) const ADMIN_CHANGES: &[Field] =
    &[request::APPKEY, request::IF_MATCH, request::UNLESS_MATCH, request::IDEMPOTENCY_KEY];
pub(super) const UPLOADS: &[Field] = &[request::APPKEY, request::IDEMPOTENCY_KEY];

pub(super) const LISTED: &[Answer] =
    &[Answer::new(200, SCIM_JSON, "ListResponse").with(&[sent::MEMBERS_OMITTED])];
pub(super) const SHOWN: Answer =
    Answer::new(200, SCIM_JSON, RESOURCE).with(&[sent::ETAG, sent::CONTENT_LOCATION]);
pub(super) const UNCHANGED: Answer =
    Answer::empty(304, "The client has this version").with(&[sent::ETAG, sent::CONTENT_LOCATION]);
pub(super) const UNCHANGED_HERE: Answer =
    Answer::empty(304, "The client has this version").with(&[sent::ETAG]);
pub(super) const UNCHANGED_JOB: Answer = Answer::empty(304, "The client has seen this").with(&[sent::ETAG]);
pub(super) const CHANGED: &[Answer] = &[Answer::new(200, SCIM_JSON, RESOURCE).with(&[
    sent::ETAG,
    sent::CONTENT_LOCATION,
    sent::IDEMPOTENT_REPLAYED,
])];
pub(super) const DELETED: &[Answer] = &[Answer::empty(204, "Deleted").with(&[sent::IDEMPOTENT_REPLAYED])];
pub(super) const ME_SHOWN: Answer =
    Answer::new(200, SCIM_JSON, RESOURCE).with(&[sent::ETAG, sent::LOCATION, sent::CONTENT_LOCATION]);
pub(super) const ME_UNCHANGED: Answer = Answer::empty(304, "The client has this version").with(&[
    sent::ETAG,
    sent::LOCATION,
    sent::CONTENT_LOCATION,
]);
pub(super) const ME_CHANGED: &[Answer] = &[Answer::new(200, SCIM_JSON, RESOURCE).with(&[
    sent::ETAG,
    sent::LOCATION,
    sent::CONTENT_LOCATION,
    sent::IDEMPOTENT_REPLAYED,
])];
pub(super) const ME_DELETED: &[Answer] =
    &[Answer::empty(204, "Deleted").with(&[sent::LOCATION, sent::IDEMPOTENT_REPLAYED])];
pub(super) const CREATED: &[Answer] = &[Answer::new(201, SCIM_JSON, RESOURCE).with(&[
    sent::ETAG,
    sent::LOCATION,
    sent::CONTENT_LOCATION,
    sent::IDEMPOTENT_REPLAYED,
])];
pub(super) const GROUP_SHOWN: Answer =
    Answer::new(200, SCIM_JSON, RESOURCE).with(&[sent::ETAG, sent::CONTENT_LOCATION, sent::MEMBERS_OMITTED]);
pub(super) const GROUP_CREATED: Answer = Answer::new(201, SCIM_JSON, RESOURCE).with(&[
    sent::ETAG,
    sent::LOCATION,
    sent::CONTENT_LOCATION,
    sent::THRONG_JOB,
    sent::LINK,
    sent::MEMBERS_OMITTED,
    sent::IDEMPOTENT_REPLAYED,
]);
pub(super) const GROUP_CHANGED: Answer = Answer::new(200, SCIM_JSON, RESOURCE).with(&[
    sent::ETAG,
    sent::CONTENT_LOCATION,
    sent::THRONG_JOB,
    sent::LINK,
    sent::MEMBERS_OMITTED,
    sent::IDEMPOTENT_REPLAYED,
]);
pub(super) const GROUP_ACCEPTED: Answer =
    Answer::empty(202, "Accepted, as preferred: the report says how it goes").with(&[
        sent::ETAG,
        sent::LOCATION,
        sent::THRONG_JOB,
        sent::LINK,
        sent::SET_TXN,
        sent::PREFERENCE_APPLIED,
        sent::IDEMPOTENT_REPLAYED,
    ]);
pub(super) const PERSON: Answer = Answer::new(200, JSON, "User").with(&[sent::ETAG]);
pub(super) const IMPORT_ACCEPTED: &[Answer] =
    &[Answer::new(202, JSON, "JobAccepted").with(&[sent::IDEMPOTENT_REPLAYED])];
pub(super) const FILE_HEADERS: &[Field] =
    &[sent::CONTENT_DISPOSITION, sent::CONTENT_TYPE_OPTIONS, sent::CACHE_CONTROL];
pub(super) const ITEMS_FILE: &[Answer] =
    &[Answer::new(200, CSV, "Download").or(&[JSON_LINES, XLSX]).with(FILE_HEADERS)];
pub(super) const EXPORTED_USERS: &[Answer] =
    &[Answer::new(200, ZIP, "Download").or(&[CSV, JSON_LINES]).with(FILE_HEADERS)];
pub(super) const FAILED_USERS: &[Answer] =
    &[Answer::new(200, OCTETS, "Download").or(&[CSV, JSON_LINES]).with(FILE_HEADERS)];
pub(super) const AUDIT_PAGE: &[Answer] = &[Answer::new(200, JSON, "AuditRecordsPage")];
pub(super) const AUDIT_EXPORT: &[Answer] = &[Answer::new(200, CSV, "Download").with(FILE_HEADERS)];
pub(super) const AUDIT_FILE: &[Answer] =
    &[Answer::new(200, JSON_LINES, "Download").or(&[CSV]).with(FILE_HEADERS)];
pub(super) const PROFILE_SHOWN: Answer = Answer::new(200, JSON, "Profile").with(&[sent::ETAG]);
pub(super) const PROFILE_CREATED: &[Answer] =
    &[Answer::new(202, JSON, "Profile").with(&[sent::ETAG, sent::LOCATION, sent::IDEMPOTENT_REPLAYED])];
pub(super) const PROFILE_REPLACED: &[Answer] =
    &[Answer::new(202, JSON, "Profile").with(&[sent::ETAG, sent::IDEMPOTENT_REPLAYED])];
const ADMIN_GROUP_HEADERS: &[Field] = &[
    sent::ETAG,
    sent::LOCATION,
    sent::THRONG_JOB,
    sent::LINK,
    sent::MEMBERS_OMITTED,
    sent::IDEMPOTENT_REPLAYED,
];
/// Made, changed, and either where the job waits for approval.
pub(super) const WROTE_ADMIN_GROUP: [Answer; 3] = [
    Answer::new(201, JSON, "Group").with(ADMIN_GROUP_HEADERS),
    Answer::new(200, JSON, "Group").with(ADMIN_GROUP_HEADERS),
    Answer::new(202, JSON, "Group").with(ADMIN_GROUP_HEADERS),
];
pub(super) const ACCEPTED_MEMBERS: &[Answer] =
    &[Answer::new(202, JSON, "JobAccepted").with(&[sent::THRONG_JOB, sent::IDEMPOTENT_REPLAYED])];
pub(super) const EVENTS: Answer =
    Answer::new(200, EVENT_STREAM, "JobEvents").with(&[sent::CACHE_CONTROL, sent::ACCEL_BUFFERING]);
pub(super) const NO_MORE_EVENTS: Answer =
    Answer::empty(204, "The client has the last event: it need not come back");
pub(super) const ONE_JOB: &[Answer] = &[Answer::new(200, JSON, "Job")];
pub(super) const MADE_JOB: &[Answer] =
    &[Answer::new(202, JSON, "Job").with(&[sent::LOCATION, sent::IDEMPOTENT_REPLAYED])];
pub(super) const SETTINGS: &[Answer] = &[Answer::new(200, JSON, "AccountSettings")];
pub(super) const KEY_CREATED: &[Answer] =
    &[Answer::new(201, JSON, "KeyCreated").with(&[sent::CACHE_CONTROL])];

pub(super) const USERS_READ: Guard = Guard::Permission(Permission::UsersRead);
pub(super) const USERS_WRITE: Guard = Guard::Permission(Permission::UsersWrite);
pub(super) const GROUPS_READ: Guard = Guard::Permission(Permission::GroupsRead);
pub(super) const GROUPS_WRITE: Guard = Guard::Permission(Permission::GroupsWrite);
pub(super) const RESOURCES_READ: Guard = Guard::Permission(Permission::ResourcesRead);
pub(super) const RESOURCES_WRITE: Guard = Guard::Permission(Permission::ResourcesWrite);
pub(super) const REPORT_READ: Guard = Guard::Permission(Permission::JobReportRead);
pub(super) const ADMIN_READ: Guard = Guard::AccountPath(Permission::AdminRead);
/// Where no account stands in the path.
pub(super) const ADMIN_READ_ANY: Guard = Guard::Permission(Permission::AdminRead);
pub(super) const ADMIN_WRITE: Guard = Guard::AccountPath(Permission::AdminWrite);
pub(super) const AUDIT_READ: Guard = Guard::AccountPath(Permission::AuditRead);
pub(super) const KEYS: Guard = Guard::OperatorOr(Permission::KeysManage);
pub(super) const JOBS_APPROVE: Guard = Guard::AccountPath(Permission::JobsApprove);
pub(super) const JOBS_READ: Guard = Guard::AccountPath(Permission::JobReportRead);

pub(super) const ONE_KEY: &[Field] = &[path::ACCOUNT_ID, path::KEY_ID];
pub(super) const ONE_CLIENT: &[Field] = &[path::ACCOUNT_ID, path::CLIENT_ID];
pub(super) const ONE_MEMBER: &[Field] = &[path::ACCOUNT_ID, path::PERSON];
pub(super) const CLIENT_GONE: &[Answer] = &[Answer::empty(204, "It is good no longer")];
