//! The parameters and headers that the routes read and send, with the limits that are enforced.

use throng_directory::limits;
use throng_scim::filter;

use crate::limits as web_limits;
use crate::router::declared::{Field, Kind};

/// What a job number is in a path.
const NUMBER: Kind = Kind::Integer { min: 1, max: None, default: None };
/// An expression of the admin API.
const EXPRESSION: Kind = Kind::Sized { min: 1, max: throng_directory::model::expression::CHARS_MAX };

/// Parameters of paths.
pub(super) mod path {
    use super::{Field, Kind, NUMBER, limits};

    pub(in crate::router) const SCHEMA: Field = Field::new("id", "The schema's URN", Kind::Text);
    pub(in crate::router) const RESOURCE_TYPE: Field =
        Field::new("id", "The name of the resource type", Kind::Text);
    pub(in crate::router) const USER: Field = Field::new("id", "The user's SCIM id", Kind::Uuid);
    pub(in crate::router) const GROUP: Field = Field::new(
        "id",
        "The group's SCIM id, a number",
        Kind::Matching { pattern: "^[1-9][0-9]*$", max: 19 },
    );
    pub(in crate::router) const ENDPOINT: Field =
        Field::new("type", "The endpoint of a resource type that the configuration defines", Kind::Text);
    pub(in crate::router) const RESOURCE: Field = Field::new("id", "The resource's SCIM id", Kind::Uuid);
    pub(in crate::router) const JOB_NUMBER: Field =
        Field::new("jobId", "The unique identifier of one asynchronous job", NUMBER);
    pub(in crate::router) const ACCOUNT_ID: Field =
        Field::new("accountId", "The account's name; the key must be the account's own", Kind::Text);
    pub(in crate::router) const KEY_ID: Field = Field::new("keyId", "The key's id", Kind::Text);
    pub(in crate::router) const CLIENT_ID: Field =
        Field::new("clientId", "The client's id: the account's name, _, a number", Kind::Text);
    pub(in crate::router) const PERSON: Field = Field::new("userId", "The user's UUID", Kind::Uuid);
    pub(in crate::router) const JOB_ID: Field = Field::new("jobId", "The job's UUID", Kind::Uuid);
    pub(in crate::router) const ANY_JOB: Field =
        Field::new("jobId", "The job's number or its UUID", Kind::Text);
    pub(in crate::router) const PROFILE: Field =
        Field::new("profileId", "The profile's id", Kind::Matching { pattern: "^[A-Z]{6,}$", max: 12 });
    pub(in crate::router) const GROUP_UUID: Field = Field::new("groupId", "The group's UUID", Kind::Uuid);
    pub(in crate::router) const UPLOAD: Field = Field::new("uploadId", "The upload's UUID", Kind::Uuid);
    pub(in crate::router) const PART: Field = Field::new(
        "number",
        "The number of the part: the file is its parts in the order of their numbers",
        Kind::Integer { min: 1, max: Some(limits::UPLOAD_PARTS_MAX as u64), default: None },
    );
    pub(in crate::router) const ACCOUNT: Field = Field::new("account", "The account's name", Kind::Text);
}

/// Parameters of queries.
pub(super) mod query {
    use super::{EXPRESSION, Field, Kind, filter, limits, web_limits};

    const ATTRIBUTES: Field =
        Field::new("attributes", "The attributes to show, separated by commas", Kind::Text);
    const MEMBER_ATTRIBUTES: Field =
        Field::new("attributes", "display to have the names of the members, too", Kind::Text);
    const EXCLUDED: Field =
        Field::new("excludedAttributes", "The attributes not to show, separated by commas", Kind::Text);
    const SCIM_FILTER: Field =
        Field::new("filter", "A filter of RFC 7644", Kind::Sized { min: 1, max: filter::LENGTH_MAX });
    const START_INDEX: Field = Field::new(
        "startIndex",
        "The first resource to show; less than 1 counts as 1",
        Kind::Integer { min: 1, max: None, default: Some(1) },
    );
    const COUNT: Field = Field::new(
        "count",
        "How many resources to show; less than the minimum counts as the minimum, more than the maximum as the maximum",
        Kind::Integer {
            min: 0,
            max: Some(limits::COUNT_MAX as u64),
            default: Some(limits::COUNT_DEFAULT as u64),
        },
    );
    const SORT_BY: Field = Field::new("sortBy", "The attribute to sort by", Kind::Text);
    const SORT_ORDER: Field = Field::new("sortOrder", "ascending (the default) or descending", Kind::Text);
    const CURSOR: Field = Field::new(
        "cursor",
        "Pages by cursor (RFC 9865): without a value the first page, then the nextCursor of the last one",
        Kind::Text,
    );
    const PAGE_NUMBER: Field = Field::new(
        "pageNumber",
        "The page to retrieve",
        Kind::Integer { min: 1, max: None, default: Some(1) },
    );
    const JOBS_FILTER: Field = Field::new(
        "filter",
        "name, operation, startTime or endTime, then : and a text with * at its start or end, or = and a text",
        EXPRESSION,
    );
    const JOBS_ORDER: Field = Field::new(
        "orderBy",
        "name, operation, startTime or endTime; \" desc\" behind it turns the order round",
        EXPRESSION,
    );
    const USERS_FILTER: Field = Field::new(
        "filter",
        "firstName, lastName, loginId or status, then : and a text with * at its start or end, or = and a text",
        EXPRESSION,
    );
    const USERS_ORDER: Field = Field::new(
        "orderBy",
        "firstName, lastName or loginId (the default); \" desc\" behind it turns the order round",
        EXPRESSION,
    );
    const PEOPLE_FILTER: Field = Field::new(
        "filter",
        "loginId, lastName, firstName, emailId, organizationNodeId or profileId, then : and a text with * for any text, \
         or = and a text",
        EXPRESSION,
    );
    const PEOPLE_ORDER: Field = Field::new(
        "orderBy",
        "A field of the filter, loginId when absent; \" desc\" behind it turns the order round",
        EXPRESSION,
    );
    const JOB_NAME: Field = Field::new(
        "jobName",
        "A name for the job, no other job's; without control characters",
        Kind::Sized { min: 1, max: limits::JOB_NAME_CHARS_MAX },
    );

    const PROFILES_FILTER: Field = Field::new(
        "filter",
        "profileName, then : and a text that it contains, perhaps with * at its start or end, or = and a text",
        EXPRESSION,
    );
    const PROFILES_ORDER: Field = Field::new(
        "orderBy",
        "profileName (the default); \" desc\" behind it turns the order round",
        EXPRESSION,
    );
    const GROUPS_FILTER: Field = Field::new(
        "filter",
        "name, organizationNodeId or membershipType, then : and a text that it contains, perhaps with * at its start \
         or end, or = and a text",
        EXPRESSION,
    );
    const GROUPS_ORDER: Field =
        Field::new("orderBy", "name (the default); \" desc\" behind it turns the order round", EXPRESSION);

    const fn page_size(max: u64) -> Field {
        page_size_of(web_limits::PAGE_SIZE_DEFAULT, max)
    }

    const fn page_size_of(default: u64, max: u64) -> Field {
        let default = Some(default);
        let kind = Kind::Integer { min: 1, max: Some(max), default };
        Field::new("pageSize", "How many records a page has; more than the maximum is refused", kind)
    }

    pub(in crate::router) const ORIGIN: Field =
        Field::new("origin", "system or custom, or a filter such as origin eq \"custom\"", Kind::Text);
    pub(in crate::router) const LIST: &[Field] =
        &[SCIM_FILTER, SORT_BY, SORT_ORDER, START_INDEX, COUNT, CURSOR, ATTRIBUTES, EXCLUDED];
    pub(in crate::router) const MEMBERS: &[Field] = &[COUNT, CURSOR, MEMBER_ATTRIBUTES];
    pub(in crate::router) const SHOW: &[Field] = &[ATTRIBUTES, EXCLUDED];
    pub(in crate::router) const JOBS: &[Field] =
        &[PAGE_NUMBER, page_size(web_limits::JOBS_PAGE_SIZE_MAX), JOBS_FILTER, JOBS_ORDER];
    pub(in crate::router) const PEOPLE: &[Field] =
        &[PAGE_NUMBER, page_size(web_limits::USERS_PAGE_SIZE_MAX), PEOPLE_FILTER, PEOPLE_ORDER];
    pub(in crate::router) const PEOPLE_SEARCH: &[Field] =
        &[PAGE_NUMBER, page_size(web_limits::USERS_SEARCH_PAGE_SIZE_MAX)];
    pub(in crate::router) const JOB_USERS: &[Field] =
        &[PAGE_NUMBER, page_size(web_limits::JOB_USERS_PAGE_SIZE_MAX), USERS_FILTER, USERS_ORDER];
    pub(in crate::router) const PROFILES: &[Field] =
        &[PAGE_NUMBER, page_size(web_limits::PROFILES_PAGE_SIZE_MAX), PROFILES_FILTER, PROFILES_ORDER];
    pub(in crate::router) const GROUPS: &[Field] = &[
        PAGE_NUMBER,
        page_size_of(web_limits::GROUPS_PAGE_SIZE_DEFAULT, web_limits::GROUPS_PAGE_SIZE_MAX),
        GROUPS_FILTER,
        GROUPS_ORDER,
    ];
    const NOT_BEFORE: Field = Field::new(
        "notBefore",
        "The job does not begin before this time; it is in no queue until then",
        Kind::Text,
    );
    const AFTER: Field = Field::new(
        "after",
        "The job does not begin before the job of this number or UUID has ended",
        Kind::Text,
    );
    const PRIORITY: Field = Field::new(
        "priority",
        "low, normal (the default) or high: which of the account's queues come first, by the first job of each",
        Kind::Text,
    );
    const DRY_RUN: Field = Field::new(
        "dryRun",
        "true: nothing is changed, and the job, whose path is in Location, says what would be",
        Kind::Text,
    );
    pub(in crate::router) const DRY_RUN_ONLY: &[Field] = &[DRY_RUN];
    pub(in crate::router) const FOLLOW: &[Field] = &[NOT_BEFORE, AFTER, PRIORITY, DRY_RUN];
    pub(in crate::router) const WRITE_GROUP: &[Field] =
        &[ATTRIBUTES, EXCLUDED, NOT_BEFORE, AFTER, PRIORITY, DRY_RUN];
    pub(in crate::router) const UPLOAD_ID: Field =
        Field::new("uploadId", "The file is that of an upload in parts, and there is no body", Kind::Uuid);
    const SHEET: Field = Field::new(
        "sheet",
        "The name of the sheet that is read of a workbook; without it the one called CoreUser, else the first",
        Kind::Sized { min: 1, max: web_limits::SHEET_NAME_CHARS_MAX },
    );
    pub(in crate::router) const UPLOAD: &[Field] =
        &[JOB_NAME, SHEET, UPLOAD_ID, NOT_BEFORE, AFTER, PRIORITY, DRY_RUN];
    const WHOLE_GROUP: Field = Field::new(
        "groupId",
        "The file is the whole truth of this group, by its UUID; without it of the account",
        Kind::Uuid,
    );
    pub(in crate::router) const SYNC: &[Field] =
        &[JOB_NAME, SHEET, UPLOAD_ID, WHOLE_GROUP, NOT_BEFORE, AFTER, PRIORITY, DRY_RUN];

    const EXPORT_FILTER: Field = Field::new(
        "filter",
        "A field of users, then : and a text that is contained or has * for any text, or = and the whole text",
        EXPRESSION,
    );
    pub(in crate::router) const EXPORT: &[Field] =
        &[JOB_NAME, EXPORT_FILTER, PEOPLE_ORDER, NOT_BEFORE, AFTER, PRIORITY];
    pub(in crate::router) const FILE: &[Field] = &[
        Field::new("format", "xlsx (the default, in an archive), csv or jsonl (as they are)", Kind::Text),
        Field::new(
            "rowsPerFile",
            "Users of one workbook of the archive",
            Kind::Integer { min: 1, max: Some(throng_tables::SHEET_ROWS_MAX), default: None },
        ),
    ];

    const SOME: Field = Field::new(
        "count",
        "At most so many on a page",
        Kind::Integer {
            min: 1,
            max: Some(limits::COUNT_MAX as u64),
            default: Some(limits::COUNT_DEFAULT as u64),
        },
    );
    const NEXT: Field =
        Field::new("cursor", "Where the page begins: the nextCursor of the one before", Kind::Text);
    pub(in crate::router) const ALL_JOBS: &[Field] = &[
        Field::new(
            "kind",
            "Only these kinds, separated by commas: membership, plan, import, import_plan, deletion, deletion_plan, restore, restore_plan, bulk, bulk_plan, export, forget, clear_group, clear_user, clear_nested_group",
            Kind::Text,
        ),
        Field::new("state", "Only in these states, separated by commas", Kind::Text),
        Field::new(
            "target",
            "Only of this target: users, maintenance, account (bulk requests) or a group's number, with dry runs about it; \
             nothing: all dry runs",
            Kind::Text,
        ),
        Field::new("receivedFrom", "Only received at this time or later", Kind::Text),
        Field::new("receivedBefore", "Only received before this time", Kind::Text),
        SOME,
        NEXT,
    ];
    const OUTCOME: Field = Field::new(
        "outcome",
        "Only these outcomes, separated by commas: created, updated, removed, ignored, failed, skipped, pending",
        Kind::Text,
    );
    const REASON: Field =
        Field::new("reason", "Only for these reasons, separated by commas, such as not_found", Kind::Text);
    const ITEM_NUMBER: Field = Field::new(
        "startIndex",
        "Pages by number: the first item to show, counted from 1; not with cursor",
        Kind::Integer { min: 1, max: None, default: None },
    );
    const ITEMS_FILTER: Field = Field::new(
        "filter",
        "field:value, field:PREFIX*, field:*POSTFIX or field=value with value, member, operation, status, outcome, \
         reason or index; of people also loginId; of an import also firstName or lastName",
        Kind::Text,
    );
    const ITEMS_ORDER: Field =
        Field::new("orderBy", "A field of the filter, optionally followed by \" desc\"", Kind::Text);
    pub(in crate::router) const ITEMS: &[Field] =
        &[OUTCOME, REASON, ITEM_NUMBER, ITEMS_FILTER, ITEMS_ORDER, SOME, NEXT];
    const AUDIT_ORDER: Field = Field::new(
        "orderBy",
        "date (the default) or author, optionally followed by \" desc\" or \" asc\"",
        EXPRESSION,
    );
    pub(in crate::router) const AUDIT_EXPORT: &[Field] = &[AUDIT_ORDER];
    pub(in crate::router) const AUDIT_SEARCH: &[Field] = &[
        PAGE_NUMBER,
        page_size_of(web_limits::AUDIT_PAGE_SIZE_DEFAULT, web_limits::AUDIT_PAGE_SIZE_MAX),
        AUDIT_ORDER,
    ];
    const AUDIT_FROM: Field = Field::new("from", "Only of this time or later", Kind::Text);
    const AUDIT_UNTIL: Field = Field::new("until", "Only of this time or earlier", Kind::Text);
    const AUDIT_EVENT: Field =
        Field::new("event", "Only of this event, such as CREATED or REFUSED", Kind::Text);
    const AUDIT_TYPE: Field =
        Field::new("type", "Only about this kind of thing, such as USER or JOB", Kind::Text);
    const AUDIT_ACTOR: Field =
        Field::new("actor", "Only by this: a client's name, operator or system", Kind::Text);
    const AUDIT_OBJECT: Field = Field::new("object", "Only about the thing with this id", Kind::Text);
    pub(in crate::router) const AUDIT: &[Field] =
        &[AUDIT_FROM, AUDIT_UNTIL, AUDIT_EVENT, AUDIT_TYPE, AUDIT_ACTOR, AUDIT_OBJECT, SOME, NEXT];
    pub(in crate::router) const AUDIT_FILE: &[Field] = &[
        AUDIT_FROM,
        AUDIT_UNTIL,
        AUDIT_EVENT,
        AUDIT_TYPE,
        AUDIT_ACTOR,
        AUDIT_OBJECT,
        Field::new("format", "jsonl (the default) or csv", Kind::Text),
    ];
    pub(in crate::router) const DOWNLOAD: &[Field] = &[
        Field::new("format", "csv (the default), jsonl or xlsx", Kind::Text),
        Field::new(
            "columns",
            "input: the columns of what was sent and the reason, of what failed or was skipped unless chosen otherwise",
            Kind::Word("input"),
        ),
        OUTCOME,
        REASON,
    ];
}

/// Headers of requests.
pub(super) mod request {
    use super::{Field, Kind, limits, web_limits};

    pub(in crate::router) const IF_MATCH: Field =
        Field::new("If-Match", "Entity tags, or *: 412 unless the resource has one of them", Kind::Text);
    pub(in crate::router) const IF_NONE_MATCH: Field =
        Field::new("If-None-Match", "Entity tags, or *: 304 if the resource has one of them", Kind::Text);
    pub(in crate::router) const UNLESS_MATCH: Field =
        Field::new("If-None-Match", "Entity tags, or *: 412 if the resource has one of them", Kind::Text);
    pub(in crate::router) const PREFER: Field =
        Field::new("Prefer", "respond-async, and wait=N in seconds (RFC 7240)", Kind::Text);
    pub(in crate::router) const PREFER_WAIT: Field = Field::new(
        "Prefer",
        "wait=N: answer when the job has ended, or with If-None-Match when there is news, in N seconds at most (RFC 7240)",
        Kind::Text,
    );
    pub(in crate::router) const IDEMPOTENCY_KEY: Field = Field::new(
        "Idempotency-Key",
        "The same key with the same request has the same answer, and its work is done once",
        Kind::Matching { pattern: "^[ -~]+$", max: limits::IDEMPOTENCY_KEY_BYTES_MAX },
    );
    pub(in crate::router) const LAST_EVENT_ID: Field = Field::new(
        "Last-Event-ID",
        "The id of the last event that the client has: what has changed since then is told",
        Kind::Sized { min: 1, max: web_limits::EVENT_ID_BYTES_MAX },
    );
    pub(in crate::router) const APPKEY: Field = Field::new("appkey", "Accepted and not needed", Kind::Text);
    pub(in crate::router) const CONTENT_DIGEST: Field = Field::new(
        "Content-Digest",
        "sha-256=:…: with the SHA-256 of the body in base64 (RFC 9530); must be given, or Digest",
        Kind::Text,
    );
    pub(in crate::router) const DIGEST: Field =
        Field::new("Digest", "The same in the older form: SHA-256=… (RFC 3230)", Kind::Text);
}

/// Headers of answers.
pub(super) mod answer {
    use super::{Field, Kind, NUMBER, web_limits};

    pub(in crate::router) const ETAG: Field = Field::new("ETag", "The weak tag of the version", Kind::Text);
    pub(in crate::router) const LOCATION: Field =
        Field::new("Location", "Where the resource, or the report of the job, is", Kind::Text);
    pub(in crate::router) const CONTENT_LOCATION: Field =
        Field::new("Content-Location", "Where the resource is", Kind::Text);
    pub(in crate::router) const LINK: Field =
        Field::new("Link", "The report of the job, with rel=\"status\"", Kind::Text);
    pub(in crate::router) const THRONG_JOB: Field =
        Field::new("Throng-Job", "The number of the job that the write made", NUMBER);
    pub(in crate::router) const MEMBERS_OMITTED: Field = Field::new(
        "Throng-Members-Omitted",
        "So many members are left out of the answer, because their groups have too many to show",
        Kind::Integer { min: 0, max: None, default: None },
    );
    pub(in crate::router) const SET_TXN: Field =
        Field::new("Set-Txn", "The transaction that later events name: the job's UUID", Kind::Uuid);
    pub(in crate::router) const PREFERENCE_APPLIED: Field =
        Field::new("Preference-Applied", "The preference that was applied", Kind::Word("respond-async"));
    pub(in crate::router) const IDEMPOTENT_REPLAYED: Field = Field::new(
        "Idempotent-Replayed",
        "The answer is that of an earlier request with the same Idempotency-Key",
        Kind::Word("true"),
    );
    pub(in crate::router) const CACHE_CONTROL: Field =
        Field::new("Cache-Control", "The answer is not to be stored", Kind::Word("no-store"));
    pub(in crate::router) const CONTENT_SECURITY_POLICY: Field = Field::new(
        "Content-Security-Policy",
        "What the page may do: lead back to the application",
        Kind::Text,
    );
    pub(in crate::router) const ACCEL_BUFFERING: Field =
        Field::new("X-Accel-Buffering", "Proxies are not to gather the answer", Kind::Word("no"));
    pub(in crate::router) const CONTENT_DIGEST: Field =
        Field::new("Content-Digest", "The SHA-256 of what was stored (RFC 9530)", Kind::Text);
    pub(in crate::router) const CONTENT_DISPOSITION: Field =
        Field::new("Content-Disposition", "The name of the file", Kind::Text);
    pub(in crate::router) const CONTENT_TYPE_OPTIONS: Field =
        Field::new("X-Content-Type-Options", "The file is what it says to be", Kind::Word("nosniff"));
    pub(in crate::router) const WWW_AUTHENTICATE: Field =
        Field::new("WWW-Authenticate", "How to authenticate", Kind::Text);
    pub(in crate::router) const RETRY_AFTER: Field = Field::new(
        "Retry-After",
        "When to try again, in seconds",
        Kind::Integer { min: web_limits::RETRY_AFTER_SECONDS, max: None, default: None },
    );
}
