//! Bytes from an async sender to a blocking reader. A sender that goes away without saying that the end was
//! reached (a client that hung up, a request that was dropped) makes the reader fail, never end.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use tokio::sync::mpsc;

enum Piece {
    Data(Bytes),
    End,
}

/// The async end.
pub(super) struct Sender(mpsc::Sender<Piece>);

/// The blocking end.
pub(super) struct Reader {
    pieces: mpsc::Receiver<Piece>,
    current: Bytes,
    ended: bool,
}

/// A pipe that holds at most `pieces` pieces.
pub(super) fn pipe(pieces: usize) -> (Sender, Reader) {
    let (sender, receiver) = mpsc::channel(pieces);
    (Sender(sender), Reader { pieces: receiver, current: Bytes::new(), ended: false })
}

impl Sender {
    /// Sends a piece, waiting for room. A reader that is gone has made up its mind: its answer counts.
    pub(super) async fn send(&self, piece: Bytes) {
        let _ = self.0.send(Piece::Data(piece)).await;
    }

    /// Says that everything was sent.
    pub(super) async fn end(self) {
        let _ = self.0.send(Piece::End).await;
    }

    /// Gives up: the reader fails.
    pub(super) fn fail(self) {
        drop(self);
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Piece::Data(data)) => self.current = data,
                Some(Piece::End) => self.ended = true,
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the upload was cut off")),
            }
        }
        let n = self.current.len().min(buffer.len());
        self.current.copy_to_slice(&mut buffer[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
