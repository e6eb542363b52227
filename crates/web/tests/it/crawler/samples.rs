//! What an allowed caller sends to each route. A route whose path says it all needs nothing here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use throng_web::{Route, routes};

use crate::house::Call;

/// Where a route that is new has to be taught.
const HERE: &str = "crates/web/tests/it/crawler/samples.rs";
const BOUNDARY: &str = "XX";

/// The ids and names of what an account has, by what they are called in angle brackets in [`SAMPLES`].
pub type Things = BTreeMap<&'static str, String>;

/// Route; `name=<thing>` for parameters of its path, then a query; body. `<new>` is another text each time. Of several
/// rows of a route the first one is what an allowed caller is answered with 2xx; the others are sent with what belongs
/// to another account and with what does not exist.
const SAMPLES: &[(&str, &str, &str)] = &[
    // SCIM.
    ("PUT /scim/v2/Me", "", r#"{"userName":"<new>"}"#),
    ("PATCH /scim/v2/Me", "", TITLE),
    (
        "POST /scim/v2/Bulk",
        "",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
            {"method":"PATCH","path":"/Users/<user>","data":{"Operations":[{"op":"replace","path":"title","value":"<new>"}]}},
            {"method":"PATCH","path":"/Groups/<group>","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"<user>"}]}]}}]}"#,
    ),
    (
        "POST /scim/v2/Bulk",
        "",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
            {"method":"DELETE","path":"/Users/<user>"}]}"#,
    ),
    (
        "POST /scim/v2/Bulk",
        "",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
            {"method":"DELETE","path":"/Groups/<group>"}]}"#,
    ),
    (
        "POST /scim/v2/Bulk",
        "",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
            {"method":"PUT","path":"/Devices/<device>","data":{"serialNumber":"<new>"}}]}"#,
    ),
    ("GET /scim/v2", "?filter=id%20eq%20%22<user>%22", ""),
    ("POST /scim/v2/.search", "", SEARCH),
    ("POST /scim/v2/Users/.search", "", SEARCH),
    (
        "POST /scim/v2/Groups/.search",
        "",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"members.value eq \"<user>\""}"#,
    ),
    ("POST /scim/v2/{type}/.search", "", SEARCH),
    ("GET /scim/v2/Users", "?filter=id%20eq%20%22<user>%22", ""),
    ("GET /scim/v2/Users", "?filter=groups.value%20eq%20%22<group>%22", ""),
    ("GET /scim/v2/Users", "?filter=userName%20eq%20%22<login>%22", ""),
    ("GET /scim/v2/Users", "?count=1&cursor=<cursor>", ""),
    (
        "POST /scim/v2/Users",
        "",
        r#"{"userName":"<new>","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"<user>"}}}"#,
    ),
    ("POST /scim/v2/Users", "", r#"{"id":"<user>","userName":"<new>","groups":[{"value":"<group>"}]}"#),
    ("PUT /scim/v2/Users/{id}", "", r#"{"userName":"<login>","title":"<new>"}"#),
    ("PATCH /scim/v2/Users/{id}", "", TITLE),
    ("GET /scim/v2/Groups", "?filter=members.value%20eq%20%22<user>%22", ""),
    ("GET /scim/v2/Groups", "?filter=id%20eq%20%22<group>%22", ""),
    ("GET /scim/v2/Groups", "?filter=displayName%20eq%20%22<group-name>%22", ""),
    (
        "POST /scim/v2/Groups",
        "",
        r#"{"displayName":"<new>","members":[{"value":"<user>"},
            {"value":"<group>","type":"Group","$ref":"https://throng.example/scim/v2/Groups/<group>"}]}"#,
    ),
    (
        "POST /scim/v2/Groups",
        "?after=<job-number>",
        r#"{"displayName":"<new>","members":[{"value":"<user>"}]}"#,
    ),
    (
        "PUT /scim/v2/Groups/{id}",
        "",
        r#"{"displayName":"<group-name>","members":[{"value":"<user>"},{"value":"<spare>"}]}"#,
    ),
    (
        "PATCH /scim/v2/Groups/{id}",
        "",
        r#"{"Operations":[{"op":"remove","path":"members[value eq \"<spare>\"]"},
            {"op":"add","path":"members","value":[{"value":"<user>","$ref":"/scim/v2/Users/<user>"}]}]}"#,
    ),
    ("PATCH /scim/v2/Groups/{id}", "?after=<job>", MEMBERS),
    ("PATCH /scim/v2/Groups/{id}", "?dryRun=true", MEMBERS),
    ("GET /v2/Groups/JobReport/{jobId}", "jobId=<job-number>", ""),
    ("GET /scim/v2/Groups/JobReport/{jobId}", "jobId=<job-number>", ""),
    ("POST /scim/v2/{type}", "", r#"{"serialNumber":"<new>"}"#),
    ("PUT /scim/v2/{type}/{id}", "", r#"{"serialNumber":"<serial>","model":"laptop"}"#),
    ("PATCH /scim/v2/{type}/{id}", "", r#"{"Operations":[{"op":"replace","path":"model","value":"phone"}]}"#),
    // The admin API: people.
    ("POST /api/admin/user/v1/accounts/{accountId}/users", "", PERSON),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:search", "", "{}"),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:listStatuses", "", r#"{"userIds":["<user>"]}"#),
    ("PUT /api/admin/user/v1/accounts/{accountId}/users/{userId}", "", PERSON),
    ("PATCH /api/admin/user/v1/accounts/{accountId}/users/{userId}", "", r#"{"firstName":"<new>"}"#),
    ("PUT /api/admin/user/v1/accounts/{accountId}/password-policy", "", r#"{"length":10}"#),
    ("DELETE /api/admin/user/v1/accounts/{accountId}/users/{userId}", "userId=<spare>", ""),
    // Jobs.
    ("POST /api/admin/user/v1/accounts/{accountId}/users:bulkExport", "", ""),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:bulkExport", "?after=<job>", ""),
    (
        "GET /api/admin/user/v1/accounts/{accountId}/jobs/{jobId}:exportFailedUsers",
        "jobId=<import>?format=csv",
        "",
    ),
    (
        "GET /api/admin/user/v1/accounts/{accountId}/jobs/{jobId}:downloadExportedUsers",
        "jobId=<export>?format=csv",
        "",
    ),
    ("POST /api/admin/user/v1/accounts/{accountId}/jobs:bulkDelete", "", r#"{"jobIds":["<thrown>"]}"#),
    ("POST /api/admin/user/v1/accounts/{accountId}/jobs/{jobId}:stop", "jobId=<parked>", ""),
    ("GET /api/admin/user/v1/accounts/{accountId}/jobs/{jobId}", "jobId=<import>", ""),
    ("GET /api/admin/user/v1/accounts/{accountId}/jobs/{jobId}/users", "jobId=<import>", ""),
    // Profiles and groups.
    ("POST /api/admin/user/v1/accounts/{accountId}/profiles", "", PROFILE),
    ("PUT /api/admin/user/v1/accounts/{accountId}/profiles/{profileId}", "", PROFILE),
    (
        "POST /api/admin/user/v1/accounts/{accountId}/profiles:listStatuses",
        "",
        r#"{"profileIds":["<profile>"]}"#,
    ),
    ("POST /api/admin/group/v1/accounts/{accountId}/groups", "", GROUP),
    ("PUT /api/admin/group/v1/accounts/{accountId}/groups/{groupId}", "", GROUP),
    (
        "POST /api/admin/group/v1/accounts/{accountId}/groups/{groupId}/members:add",
        "",
        r#"{"resourceIds":["<user>"]}"#,
    ),
    (
        "POST /api/admin/group/v1/accounts/{accountId}/groups/{groupId}/members:add",
        "?after=<job>",
        r#"{"resourceIds":["<spare>"]}"#,
    ),
    (
        "POST /api/admin/group/v1/accounts/{accountId}/groups/{groupId}/members:remove",
        "",
        r#"{"resourceIds":["<spare>"]}"#,
    ),
    ("DELETE /api/admin/group/v1/accounts/{accountId}/groups/{groupId}", "groupId=<empty-group>", ""),
    // Files.
    (
        "POST /api/admin/user/v1/accounts/{accountId}/users:bulkAdd",
        "",
        "Login Id,First Name,Last Name,Member Of\r\n<new>,Fi,Le,<group-name>\r\n",
    ),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:bulkAdd", "?uploadId=<upload>", ""),
    (
        "POST /api/admin/user/v1/accounts/{accountId}/users:bulkUpdate",
        "",
        "Login Id,First Name\r\n<login>,Fi\r\n",
    ),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:bulkUpdate", "?uploadId=<upload>", ""),
    (
        "POST /api/admin/user/v1/accounts/{accountId}/users:bulkDelete",
        "?dryRun=true",
        "Login Id\r\n<login>\r\n",
    ),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:bulkDelete", "?uploadId=<upload>", ""),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:bulkUpsert", "", FILE),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:bulkUpsert", "?uploadId=<upload>", ""),
    (
        "POST /api/admin/user/v1/accounts/{accountId}/users:bulkSync",
        "?dryRun=true&groupId=<group-uuid>",
        FILE,
    ),
    ("POST /api/admin/user/v1/accounts/{accountId}/users:bulkSync", "?uploadId=<upload>", ""),
    ("POST /api/admin/user/v1/accounts/{accountId}/uploads", "", "{}"),
    ("PUT /api/admin/user/v1/accounts/{accountId}/uploads/{uploadId}/parts/{number}", "number=1", "a part"),
    // The audit log.
    ("POST /api/admin/user/v1/accounts/{accountId}/audit-records:search", "", KEYWORD),
    ("POST /api/admin/user/v1/accounts/{accountId}/audit-records:export", "", KEYWORD),
    ("POST /api/admin/group/v1/accounts/{accountId}/audit-records:search", "", KEYWORD),
    ("POST /api/admin/group/v1/accounts/{accountId}/audit-records:export", "", KEYWORD),
    ("GET /api/v1/accounts/{accountId}/audit", "?object=<user>", ""),
    ("GET /api/v1/accounts/{accountId}/audit", "?count=1&cursor=<audit-cursor>", ""),
    ("GET /api/v1/accounts/{accountId}/audit/download", "?object=<user>", ""),
    // Jobs of the native API.
    ("GET /api/v1/accounts/{accountId}/jobs", "?target=<group>", ""),
    ("GET /api/v1/accounts/{accountId}/jobs", "?count=1&cursor=<job-cursor>", ""),
    ("GET /api/v1/accounts/{accountId}/jobs/{jobId}", "", ""),
    ("GET /api/v1/accounts/{accountId}/jobs/{jobId}", "jobId=<job-number>", ""),
    ("POST /api/v1/accounts/{accountId}/jobs/{jobId}/abort", "jobId=<waiting>", ""),
    ("POST /api/v1/accounts/{accountId}/jobs/{jobId}/approve", "jobId=<held>", ""),
    ("POST /api/v1/accounts/{accountId}/jobs/{jobId}/redrive", "jobId=<stopped>", "{}"),
    ("POST /api/v1/accounts/{accountId}/jobs/{jobId}/redrive", "jobId=<stopped>?after=<job>", "{}"),
    ("POST /api/v1/accounts/{accountId}/jobs/{jobId}/undo", "jobId=<job>", ""),
    ("POST /api/v1/accounts/{accountId}/jobs/{jobId}/apply", "jobId=<plan>", ""),
    (
        "POST /api/v1/accounts/{accountId}/users/delete",
        "?dryRun=true",
        r#"{"filter":"id eq \"<spare>\" or groups.value eq \"<group>\""}"#,
    ),
    ("POST /api/v1/accounts/{accountId}/users/delete", "", r#"{"filter":"id eq \"<user>\""}"#),
    ("POST /api/v1/accounts/{accountId}/users/forget", "", r#"{"names":["<new>"]}"#),
    ("POST /api/v1/accounts/{accountId}/users/forget", "", r#"{"id":"<user>"}"#),
    // Operators.
    ("POST /api/v1/accounts", "", r#"{"name":"<new>"}"#),
    ("POST /api/v1/accounts/{accountId}/keys", "", r#"{"role":"reader"}"#),
    ("POST /api/v1/accounts/{accountId}/keys", "", r#"{"role":"reader","user":"<user>"}"#),
    ("POST /api/v1/accounts/{accountId}/keys/{keyId}/rotate", "", "{}"),
    (
        "POST /api/v1/accounts/{accountId}/clients",
        "",
        r#"{"name":"<new>","role":"reader","redirectUris":["https://a.example/"]}"#,
    ),
    (
        "PATCH /api/v1/accounts/{accountId}/clients/{clientId}",
        "",
        r#"{"redirectUris":["https://a.example/"]}"#,
    ),
    ("PUT /api/v1/accounts/{accountId}/members/{userId}", "", r#"{"role":"reader"}"#),
    ("PATCH /api/v1/accounts/{account}/settings", "", r#"{"job_weight":2}"#),
];

const TITLE: &str = r#"{"Operations":[{"op":"replace","path":"title","value":"<new>"}]}"#;
const SEARCH: &str =
    r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"id eq \"<user>\""}"#;
const MEMBERS: &str = r#"{"Operations":[{"op":"add","path":"members","value":[{"value":"<spare>"}]}]}"#;
const PERSON: &str = r#"{"loginId":"<new>","firstName":"A","lastName":"B","organizationNodeId":"<account>","memberOfGroups":["<group-uuid>"]}"#;
const PROFILE: &str = r#"{"profileName":"<new>","memberOfGroups":["<group-uuid>"]}"#;
const GROUP: &str = r#"{"name":"<new>","resources":[{"type":"User","resourceIds":["<user>"]}]}"#;
const FILE: &str = "Login Id,First Name,Last Name\r\n<login>,Fi,Le\r\n";
const KEYWORD: &str = r#"{"searchKeyword":"<user>"}"#;

/// What stands for a parameter of a path of which a row of [`SAMPLES`] says nothing.
fn usual(path: &str, param: &str) -> &'static str {
    match param {
        "accountId" | "account" => "<account>",
        "userId" => "<user>",
        "groupId" => "<group-uuid>",
        "profileId" => "<profile>",
        "uploadId" => "<upload>",
        "jobId" => "<job>",
        "keyId" => "<key>",
        "clientId" => "<client>",
        "type" => "Devices",
        "id" if path.starts_with("/scim/v2/Users/") => "<user>",
        "id" if path.starts_with("/scim/v2/Groups/") => "<group>",
        "id" if path.starts_with("/scim/v2/{type}/") => "<device>",
        _ => panic!("nobody knows what {{{param}}} of {path} is: say it in `usual` of {HERE}"),
    }
}

/// One request to a route, as a text with things in angle brackets.
#[derive(Clone)]
pub struct Sample {
    pub route: &'static Route,
    pub path: String,
    query: String,
    media_type: String,
    body: String,
}

/// A route as `GET /scim/v2/Users`.
pub fn named(route: &Route) -> String {
    format!("{} {}", route.verb().as_str(), route.path())
}

/// What is described of a route.
fn described(route: &Route) -> &'static Value {
    static DESCRIPTION: LazyLock<Value> = LazyLock::new(throng_web::openapi);
    &DESCRIPTION["paths"][route.path()][route.verb().as_str().to_lowercase()]
}

/// The media type of the body that a route takes.
fn media_type(route: &Route) -> Option<String> {
    described(route)["requestBody"]["content"].as_object()?.keys().next().cloned()
}

/// Whether a route reads this header.
pub fn reads(route: &Route, header: &str) -> bool {
    let parameters = described(route)["parameters"].as_array().unwrap();
    parameters.iter().any(|field| field["name"] == header)
}

/// All samples of a route, the one for allowed callers first.
pub fn samples(route: &'static Route) -> Vec<Sample> {
    let mut rows: Vec<(&str, &str)> =
        SAMPLES.iter().filter(|row| row.0 == named(route)).map(|row| (row.1, row.2)).collect();
    let media_type = media_type(route);
    if rows.is_empty() {
        assert!(media_type.is_none(), "route {} has no sample: add it in {HERE}", named(route));
        rows.push(("", ""));
    }
    let made = rows.into_iter().map(|(place, body)| {
        let (params, query) = place.split_once('?').unwrap_or((place, ""));
        let given = params.split_once('=');
        let mut path = String::new();
        let mut rest = route.path();
        while let Some((before, (param, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            let own = given.filter(|(name, _)| *name == param).map(|(_, value)| value);
            path.extend([before, own.unwrap_or_else(|| usual(route.path(), param))]);
            rest = after;
        }
        path.push_str(rest);
        let media_type = media_type.clone().filter(|_| !body.is_empty()).unwrap_or_default();
        Sample { route, path, query: query.to_owned(), media_type, body: body.to_owned() }
    });
    made.collect()
}

/// No row is about a route that is not there.
pub fn check_rows() {
    let known: Vec<String> = routes().map(named).collect();
    for (route, ..) in SAMPLES {
        assert!(known.iter().any(|known| known == route), "{HERE}: there is no route {route}");
    }
}

impl Sample {
    /// Whether a thing is named in it.
    pub fn names(&self, thing: &str) -> bool {
        let mark = format!("<{thing}>");
        self.path.contains(&mark) || self.query.contains(&mark) || self.body.contains(&mark)
    }

    /// Its path, with these things.
    pub fn path_with(&self, things: &Things) -> String {
        filled(&self.path, things)
    }

    /// The request, with these things. What is new is called by `n`.
    pub fn call(&self, things: &Things, n: usize) -> Call {
        let mut things = things.clone();
        things.insert("new", format!("new{n}"));
        let mut target = filled(&self.path, &things);
        if !self.query.is_empty() {
            target = format!("{target}?{}", filled(&self.query, &things).replace(' ', "%20"));
        }
        let call = Call::new(self.route.verb().as_str(), &target);
        let body = filled(&self.body, &things);
        match self.media_type.as_str() {
            "" => call,
            "multipart/form-data" => {
                let body = format!(
                    "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n\
                     {body}\r\n--{BOUNDARY}--\r\n"
                );
                call.header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}")).body(body)
            }
            "application/octet-stream" => {
                let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&body)));
                let call = call.header("content-digest", &digest);
                call.header("content-type", "application/octet-stream").body(body)
            }
            media_type => call.header("content-type", media_type).body(body),
        }
    }
}

/// A text with things in the place of their names.
fn filled(text: &str, things: &Things) -> String {
    let mut text = text.to_owned();
    for (name, value) in things {
        text = text.replace(&format!("<{name}>"), value);
    }
    assert!(!text.contains('<'), "nothing is called so: {text}");
    text
}
