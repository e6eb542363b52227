//! A file on its way to the server, never held whole unless the caller has it so.

use std::io::{self, Read};

use bytes::Bytes;
use futures_util::{Stream, stream};
use reqwest::Body;
use tokio::sync::mpsc;

/// Bytes read at once from a [`Read`].
const PIECE_BYTES: usize = 64 << 10;
/// Pieces that are read ahead of the connection.
const PIECES_AHEAD: usize = 4;

/// A file to upload.
#[derive(Debug)]
pub struct File {
    /// Its name: `.csv`, `.xlsx` and `.jsonl` say what is inside.
    pub(crate) name: String,
    pub(crate) body: Body,
}

impl File {
    /// A file that lies in memory.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { name: name.into(), body: Body::from(bytes.into()) }
    }

    /// A file that is made while it is sent: each piece is asked for when the connection takes it. Making a piece
    /// must not block.
    pub fn pieces<P: Into<Bytes> + Send + 'static>(
        name: impl Into<String>,
        pieces: impl Iterator<Item = P> + Send + 'static,
    ) -> Self {
        Self::stream(name, stream::iter(pieces.map(|piece| Ok::<Bytes, io::Error>(piece.into()))))
    }

    /// A file that comes as a stream; an error in it breaks the upload off.
    pub fn stream(
        name: impl Into<String>,
        pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        Self { name: name.into(), body: Body::wrap_stream(pieces) }
    }

    /// A file behind a reader that may block; it is read on a thread for such work.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn reader(name: impl Into<String>, mut reader: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
        tokio::task::spawn_blocking(move || {
            while let Some(piece) = next_piece(&mut reader) {
                let failed = piece.is_err();
                // Nobody listens any more when the upload was broken off.
                if sender.blocking_send(piece).is_err() || failed {
                    return;
                }
            }
        });
        let next = |mut receiver: mpsc::Receiver<io::Result<Bytes>>| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        };
        Self::stream(name, stream::unfold(receiver, next))
    }
}

/// The next bytes; `None` at the end.
fn next_piece(reader: &mut impl Read) -> Option<io::Result<Bytes>> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return None,
            Ok(read) => {
                piece.truncate(read);
                return Some(Ok(piece.into()));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Some(Err(error)),
        }
    }
}
