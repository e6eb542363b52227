//! The audit log, row by row: a page of it, or all of it as a file.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use throng_api::{AuditList, AuditRow};
use throng_directory::model::audit::{Entry, Event, Kind};
use throng_directory::use_cases::audit::pages::{AuditPage, AuditQuery};
use throng_directory::use_cases::audit::search::AuditAsked;
use throng_directory::{Caller, Directory};
use throng_tables::{Cell, Format, Formulas, write_csv};

use super::downloads::attachment;
use super::jobs::{count, cursor, time};
use super::{show, text};
use crate::access::Authorised;
use crate::audit::row;
use crate::call::{Call, Outcome};
use crate::headers::{CSV, JSON_LINES};
use crate::query::Query;
use crate::refusal::Refusal;

/// What rows are chosen by.
const CHOOSES: [&str; 6] = ["from", "until", "event", "type", "actor", "object"];
/// The columns of a file.
const COLUMNS: [&str; 15] = [
    "number", "id", "at", "event", "type", "object", "name", "actor", "key", "role", "user", "address",
    "request", "result", "detail",
];

/// GET `/api/v1/accounts/{accountId}/audit`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let query = &call.query;
    query.only(&[&CHOOSES[..], &["count", "cursor"]].concat())?;
    let asked = AuditQuery { cursor: cursor(query), count: count(query)?, ..asked(query)? };
    let AuditPage { entries, next } = call.state.directory.audit_page(&caller, &asked).await?;
    let rows = entries.into_iter().map(row).collect();
    show(StatusCode::OK, &AuditList { rows, next_cursor: next })
}

/// GET `/api/v1/accounts/{accountId}/audit/download`.
pub(crate) async fn download(caller: Authorised, call: Call) -> Outcome {
    let query = &call.query;
    query.only(&[&CHOOSES[..], &["format"]].concat())?;
    let format = match query.get("format") {
        None | Some("jsonl") => Format::JsonLines,
        Some("csv") => Format::Csv,
        Some(_) => return Err(Refusal::bad("format", "format is jsonl or csv")),
    };
    let asked = AuditQuery { count: Some(throng_directory::limits::COUNT_MAX), ..asked(query)? };
    let (directory, caller) = (Arc::clone(&call.state.directory), caller.clone());
    let body = body(directory, caller, asked, format).await?;
    let (media_type, ending) = if format == Format::Csv { (CSV, "csv") } else { (JSON_LINES, "jsonl") };
    Ok(attachment(media_type, &format!("audit.{ending}"), body))
}

/// The rows as text, a page at a time as the client takes them. The first one is read before the answer begins, so that what
/// cannot be read at all is refused; what fails later breaks the answer off.
async fn body(
    directory: Arc<Directory>,
    caller: Caller,
    mut asked: AuditQuery,
    format: Format,
) -> Result<Body, Refusal> {
    let mut first = Vec::new();
    if format == Format::Csv {
        write_csv(&COLUMNS.map(|name| Cell::Text(name.to_owned())), Formulas::Kept, &mut first);
    }
    let AuditPage { entries, next } = directory.audit_page(&caller, &asked).await?;
    write(entries, format, &mut first)?;
    asked.cursor = next;
    let rest =
        stream::try_unfold((directory, caller, asked), move |(directory, caller, mut asked)| async move {
            if asked.cursor.is_none() {
                return Ok(None);
            }
            let AuditPage { entries, next } =
                directory.audit_page(&caller, &asked).await.map_err(io::Error::other)?;
            asked.cursor = next;
            let mut piece = Vec::new();
            // What fails here was logged.
            write(entries, format, &mut piece).map_err(|refusal| io::Error::other(refusal.detail))?;
            Ok(Some((Bytes::from(piece), (directory, caller, asked))))
        });
    let first = stream::once(async { Ok::<_, io::Error>(Bytes::from(first)) });
    Ok(Body::from_stream(first.chain(rest)))
}

fn write(entries: Vec<Entry>, format: Format, out: &mut Vec<u8>) -> Result<(), Refusal> {
    for entry in entries {
        let row = row(entry);
        if format == Format::JsonLines {
            out.extend_from_slice(text(&row)?.as_bytes());
            out.push(b'\n');
        } else {
            write_csv(&cells(row)?, Formulas::Escaped, out);
        }
    }
    Ok(())
}

fn cells(row: AuditRow) -> Result<[Cell; 15], Refusal> {
    let detail = text(&row.detail)?;
    let cells = [
        row.number.to_string(),
        row.id,
        row.at,
        row.event,
        row.kind,
        row.object,
        row.name.unwrap_or_default(),
        row.actor,
        row.key.unwrap_or_default(),
        row.role.unwrap_or_default(),
        row.user.unwrap_or_default(),
        row.address.unwrap_or_default(),
        row.request.unwrap_or_default(),
        row.result,
        detail,
    ];
    Ok(cells.map(Cell::Text))
}

fn asked(query: &Query) -> Result<AuditQuery, Refusal> {
    let named = |name: &'static str, is_there: bool| {
        if is_there { Ok(()) } else { Err(Refusal::bad(name, format!("{name} is none that there is"))) }
    };
    let (event, kind) = (query.get("event"), query.get("type"));
    let (event, kind) = (event.map(Event::parse), kind.map(Kind::parse));
    named("event", event != Some(None))?;
    named("type", kind != Some(None))?;
    let chosen = AuditAsked {
        from: query.get("from").map(|text| time("from", text)).transpose()?,
        until: query.get("until").map(|text| time("until", text)).transpose()?,
        event: event.flatten(),
        kinds: kind.flatten().into_iter().collect(),
        author: query.get("actor").map(str::to_owned),
        descending: true,
        ..AuditAsked::default()
    };
    Ok(AuditQuery { chosen, object: query.get("object").map(str::to_owned), ..AuditQuery::default() })
}
