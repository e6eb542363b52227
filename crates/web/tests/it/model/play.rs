//! One server of the two: sends requests to it, and reads its answers with ids, times and cursors masked.

use std::collections::BTreeMap;

use serde_json::Value;
use throng_directory::{Caller, Dialect, Role};

use super::reference::{Id, UNTOLD};
use super::requests::Request;
use super::steps::{Condition, Kind};
use crate::house::{Answer, Call, House};

/// A server with an account of its own for one sequence.
pub struct Side<'h> {
    house: &'h House,
    key: String,
    /// Ids by mark, and marks by id.
    ids: BTreeMap<String, String>,
    marks: BTreeMap<String, String>,
    cursors: BTreeMap<usize, String>,
    /// Version and time of the last change of every resource, by mark.
    pub seen: BTreeMap<String, (u64, String)>,
}

/// An answer, masked.
#[derive(Debug, PartialEq, Eq)]
pub struct Masked {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    /// Whether a cursor was sent.
    pub is_later_page: bool,
}

/// Ids that nobody has.
const NO_GROUP: &str = "999999";
const NOBODY: &str = "00000000-0000-7000-8000-00000000dead";
/// Headers that must be the same on both databases.
const HEADERS: [&str; 6] =
    ["content-type", "etag", "location", "content-location", "preference-applied", "throng-members-omitted"];

impl<'h> Side<'h> {
    pub async fn new(house: &'h House, account: &str) -> Self {
        house.directory.create_account(&Caller::operator(), account).await.unwrap();
        let key = house.key_of(Some(account), Role::AccountAdministrator, Dialect::Standard).await;
        let empty = BTreeMap::new;
        Self { house, key, ids: empty(), marks: empty(), cursors: BTreeMap::new(), seen: BTreeMap::new() }
    }

    /// Sends a request; learns the ids of what it made.
    pub async fn send(&mut self, request: &Request, made: &[Option<Id>]) -> Masked {
        let mut parameters: Vec<String> = request
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(&self.with_ids(value))))
            .collect();
        if let Some(walk) = request.walk {
            parameters.push(format!("cursor={}", self.cursors.get(&walk).map_or("", String::as_str)));
        }
        let path = self.with_ids(&request.path);
        let query = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
        let mut call = Call::new(request.method, &format!("/scim/v2{path}{query}")).key(&self.key);
        if let Some((header, id, condition)) = request.condition {
            call = call.header(header, &self.version(id, condition));
        }
        if let Some(body) = &request.body {
            call =
                call.header("content-type", "application/scim+json").body(self.with_ids(&body.to_string()));
        }
        let answer = self.house.send(call).await;
        self.read(&answer, request.walk, made)
    }

    fn version(&self, id: Id, condition: Condition) -> String {
        match (condition, self.seen.get(&id.mark())) {
            (Condition::Current, Some((version, _))) => format!("W/\"{version}\""),
            _ => "W/\"999999\"".to_owned(),
        }
    }

    fn read(&mut self, answer: &Answer, walk: Option<usize>, made: &[Option<Id>]) -> Masked {
        let body = (!answer.body.is_empty()).then(|| answer.json());
        let locations: Vec<String> = match body.as_ref().and_then(|body| body["Operations"].as_array()) {
            Some(operations) => {
                operations.iter().map(|one| one["location"].as_str().unwrap_or_default().to_owned()).collect()
            }
            None => vec![answer.header("location").to_owned()],
        };
        for (id, location) in made.iter().zip(&locations) {
            if let (Some(id), Some((_, actual))) = (id, location.rsplit_once('/')) {
                self.ids.insert(id.mark(), actual.to_owned());
                self.marks.insert(format!("{}{actual}", prefix(id.kind)), id.mark());
            }
        }
        let is_later_page = walk.is_some_and(|walk| self.cursors.contains_key(&walk));
        if let Some(walk) = walk {
            let next = body.as_ref().and_then(|body| body["nextCursor"].as_str());
            self.cursors.insert(walk, next.unwrap_or_default().to_owned());
        }
        let headers = HEADERS.iter().map(|name| (*name, self.masked_text("", answer.header(name)))).collect();
        let body = body.map(|body| self.masked("", &body));
        Masked { status: answer.status.as_u16(), headers, body, is_later_page }
    }

    /// A text with ids in the place of marks. What was never made has an id that nobody has.
    fn with_ids(&self, text: &str) -> String {
        let (mut done, mut rest) = (String::new(), text);
        while let Some((before, behind)) = rest.split_once('@') {
            done.push_str(before);
            let kind = Kind::ALL.into_iter().find(|kind| behind.starts_with(&format!("{}-", kind.name())));
            let Some((kind, (mark, after))) = kind.zip(behind.split_once('@')) else {
                done.push('@');
                rest = behind;
                continue;
            };
            let unknown = if kind == Kind::Group { NO_GROUP } else { NOBODY };
            done.push_str(self.ids.get(&format!("@{mark}@")).map_or(unknown, String::as_str));
            rest = after;
        }
        done + rest
    }

    fn masked(&self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.masked_text(name, text)),
            Value::Array(items) => items.iter().map(|item| self.masked(name, item)).collect(),
            Value::Object(object) => Value::Object(
                object.iter().map(|(name, value)| (name.clone(), self.masked(name, value))).collect(),
            ),
            other => other.clone(),
        }
    }

    fn masked_text(&self, name: &str, text: &str) -> String {
        let mark = |kind: Kind, id: &str| self.marks.get(&format!("{}{id}", prefix(kind)));
        match name {
            "created" | "lastModified" => return "<time>".to_owned(),
            "nextCursor" => return "<cursor>".to_owned(),
            "id" | "value" => {
                let found = Kind::ALL.into_iter().find_map(|kind| mark(kind, text)).cloned();
                let is_untold = uuid::Uuid::try_parse(text).is_ok() || text == NO_GROUP;
                return found.unwrap_or_else(|| if is_untold { UNTOLD } else { text }.to_owned());
            }
            _ => {}
        }
        for kind in Kind::ALL {
            if let Some((before, id)) = text.rsplit_once(&format!("{}/", kind.endpoint()))
                && let Some(mark) = mark(kind, id)
            {
                return format!("{before}{}/{mark}", kind.endpoint());
            }
        }
        text.to_owned()
    }

    /// Everything the account has, as the server lists it; and notes what versions it has.
    pub async fn everything(&mut self) -> (Masked, BTreeMap<String, (u64, String)>) {
        let call = Call::get("/scim/v2?count=1000").key(&self.key);
        let answer = self.house.send(call).await.expect(200);
        let mut seen = BTreeMap::new();
        for resource in answer.json()["Resources"].as_array().unwrap() {
            let meta = &resource["meta"];
            let version = meta["version"].as_str().unwrap().trim_start_matches("W/\"").trim_end_matches('"');
            let modified = meta["lastModified"].as_str().unwrap().to_owned();
            assert!(modified.as_str() >= meta["created"].as_str().unwrap(), "{resource}");
            let mark = self.masked("", resource)["id"].as_str().unwrap().to_owned();
            seen.insert(mark, (version.parse().unwrap(), modified));
        }
        let before = std::mem::replace(&mut self.seen, seen);
        (self.read(&answer, None, &[]), before)
    }
}

/// Numbers of groups could be ids of others if kinds were not kept apart.
const fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "#",
        Kind::User | Kind::Device => "",
    }
}

fn encode(text: &str) -> String {
    let byte =
        |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(byte).collect()
}
