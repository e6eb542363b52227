//! Steps as requests, and what the reference expects of the answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::lists::{Course, Listed, Walk};
use super::reference::{GROUP_EXTENSION, Id, Reference, Refusal, UNTIL, WARRANTY, core, emails};
use super::steps::{Body, BulkOperation, Change, Condition, Kind, Member, Projection, Query, Step};

/// A request; marks stand for ids.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub parameters: Vec<(&'static str, String)>,
    /// A header about a version of a resource.
    pub condition: Option<(&'static str, Id, Condition)>,
    pub body: Option<Value>,
    /// The walk whose cursor is sent and kept.
    pub walk: Option<usize>,
}

/// What must be answered.
#[derive(Debug)]
pub struct Expected {
    pub status: u16,
    pub content: Content,
    /// What the request made, in the order in which the answer names it.
    pub made: Vec<Option<Id>>,
}

#[derive(Debug)]
pub enum Content {
    Nothing,
    /// A refusal of this `scimType`.
    Refused(Option<&'static str>),
    Resource(Value),
    List(Listed, Option<i64>),
    /// Statuses and `scimType`s.
    Bulk(Vec<(u16, Option<&'static str>)>),
}

impl Expected {
    fn of(status: u16, content: Content) -> Self {
        Self { status, content, made: Vec::new() }
    }

    fn refused(Refusal(status, kind): Refusal) -> Self {
        Self::of(status, Content::Refused(kind))
    }
}

impl Request {
    fn new(method: &'static str, path: String) -> Self {
        Self { method, path, parameters: Vec::new(), condition: None, body: None, walk: None }
    }

    fn at(method: &'static str, id: Id, condition: Condition) -> Self {
        let header = if method == "GET" { "if-none-match" } else { "if-match" };
        let condition = (condition != Condition::None).then_some((header, id, condition));
        Self { condition, ..Self::new(method, format!("{}/{}", id.kind.endpoint(), id.mark())) }
    }

    fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    fn list(query: &Query, model: &Reference) -> Self {
        let mut request = Self::new("GET", query.kind.map_or("", Kind::endpoint).to_owned());
        if !query.filter.is_empty() {
            let terms: Vec<String> = query.filter.iter().map(|term| term.text(model)).collect();
            request.parameters.push(("filter", terms.join(" and ")));
        }
        if let Some((attribute, descending)) = query.sort {
            request.parameters.push(("sortBy", attribute.to_owned()));
            let order = if descending { "descending" } else { "ascending" };
            request.parameters.push(("sortOrder", order.to_owned()));
        }
        request.project(&query.projection);
        request
    }

    /// The same list asked by POST. Source: RFC 7644 §3.4.3.
    fn search(self) -> Self {
        let schema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        let mut body = json!({ "schemas": [schema] });
        for (name, text) in &self.parameters {
            body[*name] = match *name {
                "startIndex" | "count" => json!(text.parse::<i64>().unwrap()),
                "attributes" | "excludedAttributes" => text.split(',').collect(),
                _ => json!(text),
            };
        }
        Self::new("POST", format!("{}/.search", self.path)).body(body)
    }

    fn project(&mut self, projection: &Projection) {
        match projection {
            Projection::Whole => {}
            Projection::Only(names) => self.parameters.push(("attributes", names.join(","))),
            Projection::Without(names) => self.parameters.push(("excludedAttributes", names.join(","))),
        }
    }
}

/// Does a step on the reference: the request for it, and what must be answered. None for a walk that has ended.
pub fn step(model: &mut Reference, walks: &mut Vec<Walk>, step: &Step) -> Option<(Request, Expected)> {
    match step {
        Step::Create(..) | Step::Replace(..) | Step::Patch(..) | Step::Delete(..) => Some(write(model, step)),
        Step::Bulk(operations, fail_on_errors) => Some(bulk(model, operations, *fail_on_errors)),
        _ => read(model, walks, step),
    }
}

fn write(model: &mut Reference, step: &Step) -> (Request, Expected) {
    match step {
        Step::Create(body) => {
            let request = Request::new("POST", body.kind.endpoint().to_owned()).body(body_json(body, model));
            let made = model.read(body).and_then(|resource| model.create(body.kind, resource));
            let mut expected = shown(model, 201, made, body.texts.contains_key("contract"));
            expected.made = vec![made.ok()];
            (request, expected)
        }
        Step::Replace(pick, body, condition) => {
            let id = model.pick(body.kind, *pick);
            let request = Request::at("PUT", id, *condition).body(body_json(body, model));
            let done = model.replace(id, body, *condition).map(|()| id);
            (request, shown(model, 200, done, body.texts.contains_key("contract")))
        }
        Step::Patch(kind, pick, changes, condition) => {
            let id = model.pick(*kind, *pick);
            let operations: Vec<Value> = changes.iter().map(|change| change_json(change, model)).collect();
            let request = Request::at("PATCH", id, *condition).body(json!({ "Operations": operations }));
            let done = model.patch(id, changes, *condition).map(|()| id);
            let gives_contract = changes.iter().any(|change| matches!(change, Change::Set("contract", ..)));
            (request, shown(model, 200, done, gives_contract))
        }
        Step::Delete(kind, pick, condition) => {
            let id = model.pick(*kind, *pick);
            let done = model.delete(id, *condition);
            let expected = done.map_or_else(Expected::refused, |()| Expected::of(204, Content::Nothing));
            (Request::at("DELETE", id, *condition), expected)
        }
        other => unreachable!("{other:?} writes nothing"),
    }
}

fn read(model: &Reference, walks: &mut Vec<Walk>, step: &Step) -> Option<(Request, Expected)> {
    Some(match step {
        Step::Get(kind, pick, condition, projection) => {
            let id = model.pick(*kind, *pick);
            let mut request = Request::at("GET", id, *condition);
            request.project(projection);
            let expected = match model.shown(id, projection) {
                None => Expected::of(404, Content::Refused(None)),
                Some(_) if *condition == Condition::Current => Expected::of(304, Content::Nothing),
                Some(resource) => Expected::of(200, Content::Resource(resource)),
            };
            (request, expected)
        }
        Step::List(query, page, post) => {
            let mut request = Request::list(query, model);
            request.parameters.push(("startIndex", page.start.to_string()));
            request.parameters.extend(page.count.map(|count| ("count", count.to_string())));
            if *post {
                request = request.search();
            }
            if asks_for_two(query, model) {
                return Some((request, Expected::refused(INVALID_FILTER)));
            }
            let start = Some(page.start.max(1));
            (request, Expected::of(200, Content::List(model.page(query, *page), start)))
        }
        Step::Open(query, count) => {
            let mut query = query.clone();
            query.filter.iter_mut().for_each(|term| term.settle(model));
            if asks_for_two(&query, model) {
                return Some((Request::list(&query, model), Expected::refused(INVALID_FILTER)));
            }
            begin(model, walks, Walk::new(Course::List(query), *count))
        }
        Step::Members(pick, count) => {
            begin(model, walks, Walk::new(Course::Members(model.pick(Kind::Group, *pick)), *count))
        }
        Step::Walk(pick) => {
            let open: Vec<usize> = (0..walks.len()).filter(|at| !walks[*at].is_done).collect();
            let at = *open.get(usize::from(*pick) % open.len().max(1))?;
            walk(model, walks, at)
        }
        other => unreachable!("{other:?} is a write"),
    })
}

fn bulk(
    model: &mut Reference,
    operations: &[BulkOperation],
    fail_on_errors: Option<usize>,
) -> (Request, Expected) {
    let operation = |(at, operation): (usize, &BulkOperation)| operation.json(at, model);
    let sent: Vec<Value> = operations.iter().enumerate().map(operation).collect();
    let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    let mut body = json!({ "schemas": [schema], "Operations": sent });
    if let Some(max) = fail_on_errors {
        body["failOnErrors"] = json!(max);
    }
    let done = model.bulk(operations, fail_on_errors);
    let made = done.answers.keys().map(|at| done.made.get(at).copied()).collect();
    let content = Content::Bulk(done.answers.into_values().collect());
    let expected = Expected { made, ..Expected::of(200, content) };
    (Request::new("POST", "/Bulk".to_owned()).body(body), expected)
}

const INVALID_FILTER: Refusal = Refusal(400, Some("invalidFilter"));

/// Groups are found by one member at a time.
fn asks_for_two(query: &Query, model: &Reference) -> bool {
    let members: BTreeSet<Id> = query.filter.iter().filter_map(|term| term.member(model)).collect();
    members.len() > 1
}

fn begin(model: &Reference, walks: &mut Vec<Walk>, walk: Walk) -> (Request, Expected) {
    walks.push(walk);
    let at = walks.len() - 1;
    self::walk(model, walks, at)
}

fn walk(model: &Reference, walks: &mut [Walk], at: usize) -> (Request, Expected) {
    let mut request = match &walks[at].course {
        Course::List(query) => Request::list(query, model),
        Course::Members(group) => Request::new("GET", format!("/Groups/{}/members", group.mark())),
    };
    request.parameters.push(("count", walks[at].count.to_string()));
    request.walk = Some(at);
    let expected = match walks[at].next(model) {
        Some(listed) => Expected::of(200, Content::List(listed, None)),
        None => Expected::of(404, Content::Refused(None)),
    };
    (request, expected)
}

/// The resource after a write, or the refusal. The contract is shown if it was given. Source: RFC 7643 §7 (`returned`).
fn shown(model: &Reference, status: u16, done: Result<Id, Refusal>, gives_contract: bool) -> Expected {
    let id = match done {
        Ok(id) => id,
        Err(refusal) => return Expected::refused(refusal),
    };
    let mut resource = model.shown(id, &Projection::Whole).unwrap_or_default();
    if gives_contract && let Some(contract) = model.live[&id].texts.get("contract") {
        resource[WARRANTY]["contract"] = json!(contract);
    }
    Expected::of(status, Content::Resource(resource))
}

fn body_json(body: &Body, model: &Reference) -> Value {
    let mut json = Map::from_iter([("schemas".to_owned(), json!([core(body.kind)]))]);
    for (name, text) in &body.texts {
        match *name {
            "description" => {
                json.insert(GROUP_EXTENSION.to_owned(), json!({ "description": text }));
            }
            "contract" => {
                json.insert(WARRANTY.to_owned(), json!({ "until": UNTIL, "contract": text }));
            }
            plain => _ = json.insert(plain.to_owned(), json!(text)),
        }
    }
    json.extend(body.active.map(|active| ("active".to_owned(), json!(active))));
    if !body.emails.is_empty() {
        json.insert("emails".to_owned(), json!(emails(&body.emails)));
    }
    json.extend(body.members.as_ref().map(|listed| ("members".to_owned(), members(listed, model))));
    Value::Object(json)
}

fn members(listed: &[Member], model: &Reference) -> Value {
    listed.iter().map(|member| json!({ "value": model.member(*member).mark() })).collect()
}

fn change_json(change: &Change, model: &Reference) -> Value {
    let of = |op: &str, path: &str, value: Value| json!({ "op": op, "path": path, "value": value });
    match change {
        Change::Set(attribute, text, add) => {
            let op = if *add { "add" } else { "replace" };
            match *attribute {
                "contract" => of(op, WARRANTY, json!({ "until": UNTIL, "contract": text })),
                name => of(op, &path(name), json!(text)),
            }
        }
        Change::Unset("contract") => json!({ "op": "remove", "path": WARRANTY }),
        Change::Unset(attribute) => json!({ "op": "remove", "path": path(attribute) }),
        Change::Active(active, false) => of("replace", "active", json!(active)),
        Change::Active(active, true) => {
            of("Replace", "active", json!(if *active { "True" } else { "False" }))
        }
        Change::AddEmails(added) => of("add", "emails", json!(emails(added))),
        Change::SetEmails(set) => of("replace", "emails", json!(emails(set))),
        Change::DropEmail(address) => {
            json!({ "op": "remove", "path": format!("emails[value eq {}]", json!(address)) })
        }
        Change::WorkEmail(address) => of("replace", "emails[type eq \"work\"].value", json!(address)),
        Change::Several(title, active) => {
            let mut value = Map::new();
            value.extend(title.as_ref().map(|title| ("title".to_owned(), json!(title))));
            value.extend(active.map(|active| ("active".to_owned(), json!(active))));
            json!({ "op": "replace", "value": value })
        }
        Change::AddMembers(listed) => of("add", "members", members(listed, model)),
        Change::RemoveMembers(listed) => of("remove", "members", members(listed, model)),
        Change::ReplaceMembers(listed) => of("replace", "members", members(listed, model)),
        Change::RemoveMember(member) => {
            let path = format!("members[value eq {}]", json!(model.member(*member).mark()));
            json!({ "op": "remove", "path": path })
        }
        Change::ClearMembers => json!({ "op": "remove", "path": "members" }),
        Change::Refused(path) => of("replace", path, json!("x")),
    }
}

fn path(attribute: &str) -> String {
    if attribute == "description" { format!("{GROUP_EXTENSION}:description") } else { attribute.to_owned() }
}
