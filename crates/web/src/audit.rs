//! Rows of the audit log as both APIs show them.

use serde_json::{Map, Value};
use throng_api::{AuditRecord, AuditRow};
use throng_directory::ids::hex;
use throng_directory::model::audit::Entry;
use throng_directory::model::time::rfc3339_millis;

fn result(entry: &Entry) -> &'static str {
    if entry.body.done { "SUCCESS" } else { "FAILURE" }
}

/// As the admin API has it.
pub(crate) fn record(entry: Entry) -> AuditRecord {
    let mut data = Map::new();
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            data.insert(name.to_owned(), Value::String(value));
        }
    };
    say("result", Some(result(&entry).to_owned()));
    let Entry { at, event, kind, object, name, user, body, .. } = entry;
    say("id", Some(object));
    say("name", name);
    say("key", body.actor.key);
    say("role", body.actor.role);
    say("userId", user);
    say("requestId", body.request);
    for (name, value) in body.detail {
        data.entry(name).or_insert(value);
    }
    AuditRecord {
        date: rfc3339_millis(at),
        event,
        author: body.actor.name,
        ip_address: body.address.unwrap_or_default(),
        kind,
        audit_data: data,
    }
}

/// As the native API has it.
pub(crate) fn row(entry: Entry) -> AuditRow {
    let result = result(&entry).to_owned();
    let Entry { seq, id, at, event, kind, object, name, user, body, hash } = entry;
    AuditRow {
        number: seq,
        id: id.to_string(),
        at: rfc3339_millis(at),
        event,
        kind,
        object,
        name,
        actor: body.actor.name,
        key: body.actor.key,
        role: body.actor.role,
        user,
        address: body.address,
        request: body.request,
        result,
        detail: body.detail,
        hash: hex(&hash),
    }
}
