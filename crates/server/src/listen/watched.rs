//! A connection as bytes: it notes what comes and goes, and gives up on who takes nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::traffic::Traffic;

/// What HTTP/2 begins with. Source: RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bytes sent at once that are of an answer, where HTTP/2 also sends of itself: a frame of it has 9 bytes before what it says.
const OF_AN_ANSWER: usize = 256;

/// A connection whose bytes are watched.
pub(super) struct Watched<T> {
    io: T,
    /// What was read to see which protocol it is, and was not given on yet.
    read: Vec<u8>,
    /// Bytes that come are of requests. In HTTP/2 they are of anything.
    bytes_ask: bool,
    traffic: Arc<Traffic>,
    stalled_max: Duration,
    /// Runs while the other side takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Watched<T> {
    /// Watches a connection. Who takes nothing of what is sent for longer than `stalled_max` is given up.
    pub(super) fn new(io: T, traffic: Arc<Traffic>, stalled_max: Duration) -> Self {
        Self { io, read: Vec::new(), bytes_ask: true, traffic, stalled_max, stalled: None }
    }

    /// Whether the client begins as HTTP/2 does, for lack of an agreement.
    ///
    /// # Errors
    /// A connection that broke.
    pub(super) async fn begins_as_http2(&mut self) -> io::Result<bool> {
        let mut byte = [0];
        while self.read.len() < PREFACE.len() {
            if self.io.read(&mut byte).await? == 0 {
                return Ok(false);
            }
            self.read.push(byte[0]);
            if !PREFACE.starts_with(&self.read) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// HTTP/2 is spoken.
    pub(super) const fn speaks_http2(&mut self) {
        self.bytes_ask = false;
    }

    /// What comes of an attempt to send: an error after it came to nothing for too long.
    fn sent<R>(&mut self, cx: &mut Context<'_>, sent: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if sent.is_ready() {
            self.stalled = None;
            return sent;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.stalled_max)));
        if stalled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<T> Watched<T> {
    /// So many bytes went out, if any did.
    fn wrote(&self, sent: &Poll<io::Result<usize>>) {
        let least = if self.bytes_ask { 1 } else { OF_AN_ANSWER };
        if matches!(sent, Poll::Ready(Ok(bytes)) if *bytes >= least) {
            self.traffic.told();
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = into.filled().len();
        let read = if this.read.is_empty() {
            Pin::new(&mut this.io).poll_read(cx, into)
        } else {
            let count = this.read.len().min(into.remaining());
            into.put_slice(&this.read[..count]);
            this.read.drain(..count);
            Poll::Ready(Ok(()))
        };
        if this.bytes_ask && into.filled().len() > before {
            this.traffic.heard();
        }
        read
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.wrote(&sent);
        self.sent(cx, sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.io).poll_write_vectored(cx, pieces);
        self.wrote(&sent);
        self.sent(cx, sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.io).poll_flush(cx);
        self.sent(cx, sent)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.io).poll_shutdown(cx);
        self.sent(cx, sent)
    }
}
