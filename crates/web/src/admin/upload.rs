//! `users:bulkAdd` and its sisters: a file on its way from the connection to a reader that may block.

mod pipe;

use std::pin::pin;

use axum::body::{Body, HttpBody};
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::{Either, join, select};
use http::StatusCode;
use throng_api::JobAccepted;
use throng_directory::limits;
use throng_directory::model::jobs::ImportMode;
use throng_directory::use_cases::imports::{ImportAsked, Imported};
use tokio::time::timeout;

use crate::access::{Authorised, must_still_be};
use crate::admin::error::code;
use crate::admin::{job_path, show};
use crate::body;
use crate::call::{Call, Outcome};
use crate::headers::{IDEMPOTENT_REPLAYED, check_media_type, idempotency_key, put};
use crate::limits as web_limits;
use crate::pace::Pace;
use crate::refusal::{Kind, Refusal};
use crate::schedule;

/// The part that holds the file.
const FILE_PART: &str = "file";
/// What a job is called: in the query, where parts that nobody knows are passed over.
const JOB_NAME: &str = "jobName";
/// What the boundary and the headers of a part count for.
const PART_OVERHEAD_BYTES: u64 = 256;

/// POST `/accounts/{accountId}/users:bulkAdd`.
pub(crate) async fn add(caller: Authorised, call: Call) -> Outcome {
    import(caller, call, ImportMode::Add).await
}

/// POST `/accounts/{accountId}/users:bulkUpdate`.
pub(crate) async fn update(caller: Authorised, call: Call) -> Outcome {
    import(caller, call, ImportMode::Update).await
}

/// POST `/accounts/{accountId}/users:bulkDelete`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    import(caller, call, ImportMode::Delete).await
}

/// POST `/accounts/{accountId}/users:bulkUpsert`.
pub(crate) async fn upsert(caller: Authorised, call: Call) -> Outcome {
    import(caller, call, ImportMode::Upsert).await
}

/// POST `/accounts/{accountId}/users:bulkSync`.
pub(crate) async fn sync(caller: Authorised, call: Call) -> Outcome {
    import(caller, call, ImportMode::Sync).await
}

async fn import(caller: Authorised, call: Call, mode: ImportMode) -> Outcome {
    if let Some(upload) = call.query.get("uploadId").map(str::to_owned) {
        return import_upload(&caller, call, mode, &upload).await;
    }
    check_media_type(call.headers(), &["multipart/form-data"])?;
    let bytes_max = caller.settings.upload_bytes_max;
    check_length(&call.body, bytes_max)?;
    let mut request = asked(&call, mode)?;
    let Call { state, parts, body, .. } = call;
    let headers = parts.headers.clone();
    let mut body = Request::from_parts(parts, body);
    DefaultBodyLimit::disable().apply(&mut body);
    let malformed = |_| Refusal::bad("", "the body is not multipart/form-data with a boundary");
    let mut parts = Multipart::from_request(body, &()).await.map_err(malformed)?;
    let mut overhead = web_limits::MULTIPART_OVERHEAD_BYTES;
    let (sender, reader) = pipe::pipe(web_limits::UPLOAD_PIECES);
    let mut pace = Pace::default();

    let mut file = loop {
        let mut part = next_part(&mut parts, &mut pace).await?.ok_or_else(no_file)?;
        if part.name() == Some(FILE_PART) {
            break part;
        }
        if part.name() == Some(JOB_NAME) {
            return Err(Refusal::bad(JOB_NAME, "jobName is a parameter of the query: …?jobName="));
        }
        skip(&mut part, &mut overhead, &mut pace).await?;
    };
    request.file_name = file.file_name().map(str::to_owned);
    request.content_type = file.content_type().map(str::to_owned);
    let mut importing = pin!(state.directory.import(&caller, request, Box::new(reader)));
    let fed = {
        let feeding = pin!(feed(&mut file, &sender, bytes_max, &mut pace));
        match select(importing.as_mut(), feeding).await {
            Either::Left((imported, _)) => Err(imported),
            Either::Right((fed, _)) => Ok(fed),
        }
    };
    let mut fed = match fed {
        Ok(fed) => fed,
        Err(imported) => {
            discard(&mut file).await;
            return accepted(&caller, &imported?);
        }
    };
    drop(file);
    if fed.is_ok() {
        fed = nothing_follows(&mut parts, &mut overhead, &mut pace).await;
    }
    if fed.is_ok() {
        fed = must_still_be(&state, &headers, &caller).await;
    }
    // Only now that the whole body was read well is the reader told that the file has ended. Beside the import,
    // which may not have begun to read and so made no room for the word.
    let ending = async {
        match fed {
            Ok(()) => sender.end().await,
            Err(_) => sender.fail(),
        }
    };
    let (imported, ()) = join(importing, ending).await;
    match (imported, fed) {
        (Err(_), Err(refusal)) => Err(refusal),
        (imported, _) => accepted(&caller, &imported?),
    }
}

/// The same of a file that was uploaded in parts.
async fn import_upload(caller: &Authorised, mut call: Call, mode: ImportMode, upload: &str) -> Outcome {
    let request = asked(&call, mode)?;
    body::read(std::mem::take(&mut call.body), 0).await.map_err(|refusal| match refusal.kind {
        Kind::TooLarge => Refusal::bad("uploadId", "the file is that of the upload, so there is no body"),
        _ => refusal,
    })?;
    accepted(caller, &call.state.directory.import_upload(caller, request, upload).await?)
}

fn asked(call: &Call, mode: ImportMode) -> Result<ImportAsked, Refusal> {
    Ok(ImportAsked {
        mode,
        group: call.query.get("groupId").map(str::to_owned),
        job_name: job_name(call)?,
        sheet: call.query.get("sheet").map(str::to_owned),
        file_name: None,
        content_type: None,
        idempotency_key: idempotency_key(call.headers())?,
        request: call.request_line(),
        schedule: schedule::read(&call.query)?,
        dry_run: schedule::dry_run(&call.query)?,
    })
}

fn accepted(caller: &Authorised, imported: &Imported) -> Result<Response, Refusal> {
    let answer = JobAccepted {
        job_id: imported.job.uuid.to_string(),
        unknown_columns: imported.unknown_columns.clone(),
        url: if imported.job.spec.kind().is_plan() {
            format!("/api/v1/accounts/{}/jobs/{}", caller.account_name, imported.job.number)
        } else {
            job_path(&caller.account_name, &imported.job)
        },
    };
    let mut response = show(StatusCode::ACCEPTED, &answer)?;
    if imported.replayed {
        put(response.headers_mut(), IDEMPOTENT_REPLAYED, "true");
    }
    Ok(response)
}

fn check_length(body: &Body, bytes_max: u64) -> Result<(), Refusal> {
    let max = bytes_max.saturating_add(web_limits::MULTIPART_OVERHEAD_BYTES);
    if body.size_hint().lower() > max { Err(too_large(bytes_max)) } else { Ok(()) }
}

fn too_large(bytes_max: u64) -> Refusal {
    let detail = format!("the file has more than {bytes_max} bytes");
    Refusal { field: FILE_PART.to_owned(), ..Refusal::new(Kind::TooLarge, detail) }
}

/// `jobName`: 1 to `JOB_NAME_CHARS_MAX` characters, none of them a control character.
pub(crate) fn job_name(call: &Call) -> Result<Option<String>, Refusal> {
    let Some(name) = call.query.get(JOB_NAME) else { return Ok(None) };
    let sized = (1..=limits::JOB_NAME_CHARS_MAX).contains(&name.chars().count());
    if sized && !name.chars().any(char::is_control) {
        return Ok(Some(name.to_owned()));
    }
    let detail = format!(
        "jobName has 1 to {} characters, none of them a control character",
        limits::JOB_NAME_CHARS_MAX
    );
    Err(Refusal::bad(JOB_NAME, detail))
}

fn no_file() -> Refusal {
    let detail = "the body has no part named file with the file to import";
    Refusal { code: Some(code::MISSING), ..Refusal::bad(FILE_PART, detail) }
}

async fn next_part<'a>(parts: &'a mut Multipart, pace: &mut Pace) -> Result<Option<Field<'a>>, Refusal> {
    pace.wait(parts.next_field()).await?.map_err(|_| cut_off())
}

async fn next_piece(part: &mut Field<'_>, pace: &mut Pace) -> Result<Option<Bytes>, Refusal> {
    let piece = pace.wait(part.chunk()).await?.map_err(|_| cut_off())?;
    pace.took(piece.as_ref().map_or(0, Bytes::len));
    Ok(piece)
}

fn cut_off() -> Refusal {
    Refusal::bad("", "the multipart body is malformed or was cut off")
}

/// Passes over a part. Each costs something of what may stand beside the file, even an empty one.
async fn skip(part: &mut Field<'_>, overhead: &mut u64, pace: &mut Pace) -> Result<(), Refusal> {
    let mut cost = PART_OVERHEAD_BYTES;
    loop {
        let too_much = || Refusal::bad("", "the body has too much beside the file");
        *overhead = overhead.checked_sub(cost).ok_or_else(too_much)?;
        let Some(piece) = next_piece(part, pace).await? else { return Ok(()) };
        cost = piece.len() as u64;
    }
}

/// Hands the file to the reader piece by piece.
async fn feed(
    file: &mut Field<'_>,
    sender: &pipe::Sender,
    bytes_max: u64,
    pace: &mut Pace,
) -> Result<(), Refusal> {
    let mut left = bytes_max;
    while let Some(piece) = next_piece(file, pace).await? {
        left = left.checked_sub(piece.len() as u64).ok_or_else(|| too_large(bytes_max))?;
        sender.send(piece).await;
    }
    Ok(())
}

/// Reads the rest of the body: it must be whole, and without a second file.
async fn nothing_follows(parts: &mut Multipart, overhead: &mut u64, pace: &mut Pace) -> Result<(), Refusal> {
    while let Some(mut part) = next_part(parts, pace).await? {
        if part.name() == Some(FILE_PART) {
            return Err(Refusal::bad(FILE_PART, "the body has more than one part named file"));
        }
        skip(&mut part, overhead, pace).await?;
    }
    Ok(())
}

/// Reads on for a while, so that a client that is still sending gets to see the answer.
async fn discard(file: &mut Field<'_>) {
    let read = async {
        let (mut left, mut pace) = (web_limits::DISCARDED_BYTES_MAX, Pace::default());
        while let Ok(Some(piece)) = next_piece(file, &mut pace).await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                return;
            }
        }
    };
    // Whether it ended or ran out of time, there is nothing more to do.
    drop(timeout(web_limits::DISCARD_TIME_MAX, read).await);
}
