//! A download as an archive of workbooks: each is made in temporary files, like one alone, and sent before the next one
//! begins. So an archive of any size costs the disk one workbook, and begins as soon as the first one is made.

use std::fs::File;
use std::io;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use throng_directory::use_cases::job_downloads::Download;
use throng_tables::{Archive, Cell, Workbook};
use tokio::sync::OwnedSemaphorePermit;

use super::sheet::{Sheet, rows};
use super::workbook::{blocking, read_piece, turn};
use crate::limits;
use crate::refusal::Refusal;
use crate::state::AppState;

/// The archive as a body: at least one workbook, of at most so many rows each, named `name-0001.xlsx` and so on.
///
/// # Errors
/// 400 when it may come to more than `ARCHIVE_FILES_MAX` files; 429 as for a workbook.
pub(crate) async fn body(
    state: &AppState,
    download: Download,
    name: &'static str,
    rows_per_file: u64,
) -> Result<Body, Refusal> {
    if download.job().counts.total.div_ceil(rows_per_file) > limits::ARCHIVE_FILES_MAX {
        let detail = format!("an archive has at most {} files: choose more rows", limits::ARCHIVE_FILES_MAX);
        return Err(Refusal::bad("rowsPerFile", detail));
    }
    let permit = turn(state).await?;
    let sheet = Sheet::new(&download, throng_tables::Format::Xlsx);
    let (state, archive) = (state.clone(), Some(Archive::default()));
    let mut packing = Packing {
        state,
        sheet,
        download,
        name,
        rows_per_file,
        left: Vec::new(),
        files: 0,
        file: None,
        archive,
        permit,
    };
    // The first workbook is made before the answer begins, so that what cannot be read at all is refused.
    packing.pack().await?;
    let pieces = stream::try_unfold(packing, async |mut packing| {
        while packing.archive.is_some() {
            // What fails here was logged.
            let piece = packing.next().await.map_err(|refusal| io::Error::other(refusal.detail))?;
            if !piece.is_empty() {
                return Ok::<_, io::Error>(Some((Bytes::from(piece), packing)));
            }
        }
        Ok(None)
    });
    Ok(Body::from_stream(pieces))
}

/// An archive on its way.
struct Packing {
    state: AppState,
    sheet: Sheet,
    download: Download,
    name: &'static str,
    rows_per_file: u64,
    /// Rows that were read and are in no file yet, the next one last.
    left: Vec<Vec<Cell>>,
    /// Files so far.
    files: u64,
    /// The workbook that is being sent.
    file: Option<File>,
    /// None behind its end.
    archive: Option<Archive>,
    #[expect(dead_code, reason = "held until the archive was sent or the client went away")]
    permit: OwnedSemaphorePermit,
}

impl Packing {
    /// The next bytes; maybe none yet.
    async fn next(&mut self) -> Result<Vec<u8>, Refusal> {
        if self.file.is_none() && !self.pack().await? {
            let archive = self.archive.take().ok_or_else(Refusal::internal)?;
            return blocking(move || archive.finish()).await;
        }
        let (Some(file), Some(mut archive)) = (self.file.take(), self.archive.take()) else {
            return Err(Refusal::internal());
        };
        let (file, archive) = blocking(move || {
            let (file, piece) = read_piece(file)?;
            archive.write(&piece)?;
            Ok(((!piece.is_empty()).then_some(file), archive))
        })
        .await?;
        let piece = archive.take();
        (self.file, self.archive) = (file, Some(archive));
        Ok(piece)
    }

    /// Makes the next workbook; whether there is one. The first is there also without a row.
    async fn pack(&mut self) -> Result<bool, Refusal> {
        self.read().await?;
        if self.files > 0 && self.left.is_empty() {
            return Ok(false);
        }
        let sheet = self.sheet;
        let mut book = blocking(move || Workbook::new(sheet.columns(), sheet.formulas())).await?;
        let mut room = self.rows_per_file;
        while room > 0 && !self.left.is_empty() {
            let mut rows = std::mem::take(&mut self.left);
            (book, rows, room) = blocking(move || {
                while room > 0
                    && let Some(row) = rows.pop()
                {
                    book.push(&row)?;
                    room -= 1;
                }
                Ok((book, rows, room))
            })
            .await?;
            self.left = rows;
            if room > 0 {
                self.read().await?;
            }
        }
        self.file = Some(blocking(move || book.finish()).await?);
        self.files += 1;
        let name = format!("{}-{:04}.xlsx", self.name, self.files);
        let archive = self.archive.as_mut().ok_or_else(Refusal::internal)?;
        archive.begin(&name).map_err(|_| Refusal::internal())?;
        Ok(true)
    }

    /// Reads the next rows, unless there are some.
    async fn read(&mut self) -> Result<(), Refusal> {
        if self.left.is_empty()
            && let Some(stretch) = self.state.directory.next_stretch(&mut self.download).await?
        {
            self.left = rows(stretch).collect();
            self.left.reverse();
        }
        Ok(())
    }
}
