//! A download as a workbook: made in temporary files on a blocking thread, row by row, then sent piece by piece.

use std::fs::File;
use std::io::{self, Read};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use throng_directory::use_cases::job_downloads::Download;
use throng_tables::{SHEET_ROWS_MAX, Workbook};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::sheet::{Sheet, rows};
use crate::limits;
use crate::refusal::{Kind, Refusal};
use crate::state::AppState;

/// The workbook as a body. Its share of the disk is given back when it was sent or the client went away.
///
/// # Errors
/// 400 when a sheet has no room for the items; 429 when too many workbooks are being made and sent for a while.
pub(super) async fn body(state: &AppState, mut download: Download, sheet: Sheet) -> Result<Body, Refusal> {
    if download.has_everything() && download.job().counts.total > SHEET_ROWS_MAX {
        return Err(no_room());
    }
    let permit = turn(state).await?;
    let mut book = blocking(move || Workbook::new(sheet.columns(), sheet.formulas())).await?;
    while let Some(stretch) = state.directory.next_stretch(&mut download).await? {
        let (filled, has_room) = blocking(move || {
            for row in rows(stretch) {
                if !book.push(&row)? {
                    return Ok((book, false));
                }
            }
            Ok((book, true))
        })
        .await?;
        if !has_room {
            return Err(no_room());
        }
        book = filled;
    }
    let file = blocking(move || book.finish()).await?;
    let pieces = stream::try_unfold((file, permit), async |(file, permit)| {
        let (file, piece) = spawn_blocking(move || read_piece(file)).await.map_err(io::Error::other)??;
        Ok::<_, io::Error>((!piece.is_empty()).then_some((piece, (file, permit))))
    });
    Ok(Body::from_stream(pieces))
}

/// A share of the disk, for as long as it is held.
///
/// # Errors
/// 429 when too many workbooks are being made and sent for a while.
pub(super) async fn turn(state: &AppState) -> Result<OwnedSemaphorePermit, Refusal> {
    let busy = || Refusal::new(Kind::TooMany, "too many workbooks at once; try again");
    let turn = timeout(limits::WORKBOOK_TURN_MAX, state.workbooks.clone().acquire_owned()).await;
    turn.map_err(|_| busy())?.map_err(|_| busy())
}

fn no_room() -> Refusal {
    let detail = format!("a sheet has room for {SHEET_ROWS_MAX} items: choose fewer, or take csv or jsonl");
    Refusal::bad("format", detail)
}

pub(super) fn read_piece(mut file: File) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::with_capacity(limits::WORKBOOK_PIECE_BYTES);
    (&mut file).take(limits::WORKBOOK_PIECE_BYTES as u64).read_to_end(&mut piece)?;
    Ok((file, piece.into()))
}

/// Runs what waits for the disk on another thread.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    spawn_blocking(work).await.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "a workbook could not be written");
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return Refusal::new(Kind::StorageFull, "there is no room for the workbook on the disk");
        }
        Refusal::internal()
    })
}
