//! The items of a job as one file, however many they are.

mod archive;
mod sheet;
mod workbook;

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, X_CONTENT_TYPE_OPTIONS};
use throng_directory::use_cases::job_downloads::{Download, DownloadQuery};
use throng_directory::{Class, Directory, Error, Outcome};
use throng_tables::Format;

pub(crate) use self::archive::body as archive;
pub(crate) use self::sheet::Sheet;
use super::jobs;
use crate::access::Authorised;
use crate::call::{Call, Outcome as Answer};
use crate::headers::{CSV, JSON_LINES, XLSX, answer, put};
use crate::query::Query;
use crate::refusal::Refusal;

/// GET `/api/v1/accounts/{accountId}/jobs/{jobId}/items/download`.
pub(crate) async fn items(caller: Authorised, call: Call) -> Answer {
    let query = &call.query;
    // Whoever asks for pages here would get a file of everything.
    query.only(&["format", "columns", "outcome", "reason"])?;
    let format = format(query, Format::Csv)?;
    let as_sent = as_sent(query)?;
    let mut outcomes = jobs::outcomes(query)?;
    if outcomes.is_empty() && as_sent {
        let is_to_do = |outcome: &Outcome| matches!(outcome.class(), Class::Failed | Class::Skipped);
        outcomes = Outcome::ALL.into_iter().filter(is_to_do).collect();
    }
    let directory = &call.state.directory;
    let asked = DownloadQuery { outcomes, as_sent };
    let download = directory.job_download(&caller, call.param("jobId"), asked).await?;
    let (media_type, ending) = match format {
        Format::Csv => (CSV, "csv"),
        Format::JsonLines => (JSON_LINES, "jsonl"),
        Format::Xlsx => (XLSX, "xlsx"),
    };
    let name = format!("job-{}-{}.{ending}", download.job().number, if as_sent { "input" } else { "items" });
    let sheet = Sheet::new(&download, format);
    let body = match format {
        Format::Xlsx => workbook::body(&call.state, download, sheet).await?,
        Format::Csv | Format::JsonLines => text(Arc::clone(directory), download, sheet).await?,
    };
    Ok(attachment(media_type, &name, body))
}

/// A file for somebody to keep: not to be shown, guessed at or stored on the way.
pub(crate) fn attachment(media_type: &'static str, name: &str, body: Body) -> Response {
    let mut response = answer(StatusCode::OK, media_type, body);
    put(response.headers_mut(), CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""));
    put(response.headers_mut(), X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(response.headers_mut(), CACHE_CONTROL, "no-store");
    response
}

/// `format`, or what a file is in when nobody says.
pub(crate) fn format(query: &Query, otherwise: Format) -> Result<Format, Refusal> {
    match query.get("format") {
        None => Ok(otherwise),
        Some("csv") => Ok(Format::Csv),
        Some("jsonl") => Ok(Format::JsonLines),
        Some("xlsx") => Ok(Format::Xlsx),
        Some(_) => Err(Refusal::bad("format", "format is csv, jsonl or xlsx")),
    }
}

fn as_sent(query: &Query) -> Result<bool, Refusal> {
    match query.get("columns") {
        None => Ok(false),
        Some("input") => Ok(true),
        Some(_) => Err(Refusal::bad("columns", "columns is input or not given")),
    }
}

/// A small file that is made on the disk.
pub(crate) async fn whole(
    make: impl FnOnce() -> io::Result<File> + Send + 'static,
) -> Result<Vec<u8>, Refusal> {
    workbook::blocking(move || {
        let mut bytes = Vec::new();
        make()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    })
    .await
}

/// The text of the file, a stretch at a time as the client takes it. The first one is read before the answer begins, so
/// that what cannot be read at all is refused; what fails later breaks the answer off.
pub(crate) async fn text(
    directory: Arc<Directory>,
    mut download: Download,
    sheet: Sheet,
) -> Result<Body, Refusal> {
    let mut first = Vec::new();
    sheet.begin(&mut first);
    if let Some(stretch) = directory.next_stretch(&mut download).await? {
        sheet.write(stretch, &mut first)?;
    }
    let rest = stream::try_unfold((directory, download, sheet), async |(directory, mut download, sheet)| {
        let mut piece = Vec::new();
        let Some(stretch) = directory.next_stretch(&mut download).await.map_err(broken_off)? else {
            return Ok(None);
        };
        // What fails here was logged.
        sheet.write(stretch, &mut piece).map_err(|refusal| io::Error::other(refusal.detail))?;
        Ok(Some((Bytes::from(piece), (directory, download, sheet))))
    });
    let first = stream::once(async { Ok::<_, io::Error>(Bytes::from(first)) });
    Ok(Body::from_stream(first.chain(rest)))
}

/// Ends an answer that has begun, so that the client does not take what it has for the whole.
fn broken_off(error: Error) -> io::Error {
    tracing::warn!(%error, "a download was broken off");
    io::Error::other(error)
}
