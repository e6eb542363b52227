//! A connection that is driven by the thread that uses it.
//!
//! The client library splits a connection into a handle that makes requests and a stream that carries them.
//! Here both are polled by one `block_on`, so that nothing changes threads and a round trip costs three system
//! calls. A request is sent when its future is first polled; requests that are joined leave in one piece, in
//! their order.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::Severity;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::Failure;

/// How long reaching the database takes at most, with all its addresses.
const CONNECT_MAX: Duration = Duration::from_secs(20);

/// The stream of a connection, encrypted or not.
trait Stream: Send {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, tokio_postgres::Error>>>;
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for Connection<Socket, T> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, tokio_postgres::Error>>> {
        self.poll_message(cx)
    }
}

/// A connection's carrying half.
pub struct Wire {
    /// Always there, but while the wire is dropped.
    runtime: Option<Runtime>,
    /// None when the connection has ended.
    stream: Option<Box<dyn Stream>>,
    /// The warnings that the server sent since they were last taken.
    warnings: Vec<String>,
    /// Whether a notification came since it was last taken.
    notified: bool,
}

/// Why waiting for notifications ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// One came.
    Notification,
    /// The time is over.
    Nothing,
    /// The connection ended.
    End,
}

impl Wire {
    /// Connects.
    pub fn connect(host: &Config, tls: Option<&MakeRustlsConnect>) -> Result<(Client, Self), Failure> {
        let runtime =
            Builder::new_current_thread().enable_io().enable_time().build().map_err(Failure::Machine)?;
        let connected = runtime.block_on(async {
            let connect = async {
                if let Some(tls) = tls {
                    let (client, stream) = host.connect(tls.clone()).await?;
                    return Ok((client, Box::new(stream) as Box<dyn Stream>));
                }
                let (client, stream) = host.connect(NoTls).await?;
                Ok((client, Box::new(stream) as Box<dyn Stream>))
            };
            tokio::time::timeout(CONNECT_MAX, connect).await
        });
        let mut wire = Self { runtime: Some(runtime), stream: None, warnings: Vec::new(), notified: false };
        let (client, stream) = connected.map_err(|_| Failure::TimedOut).and_then(|result| result)?;
        wire.stream = Some(stream);
        Ok((client, wire))
    }

    /// Does work with the connection until it is done. When it takes longer than `limit`, the connection ends.
    pub fn run<T>(&mut self, limit: Duration, work: impl Future<Output = T>) -> Result<T, Failure> {
        let Some(runtime) = self.runtime.take() else { return Err(Failure::TimedOut) };
        let result = runtime.block_on(async {
            let mut work = pin!(work);
            let driven = poll_fn(|cx| {
                if let Poll::Ready(done) = work.as_mut().poll(cx) {
                    return Poll::Ready(done);
                }
                self.pump(cx);
                // Looking again at once saves a turn of the event loop.
                work.as_mut().poll(cx)
            });
            tokio::time::timeout(limit, driven).await
        });
        self.runtime = Some(runtime);
        result.map_err(|_| {
            self.stream = None;
            Failure::TimedOut
        })
    }

    /// Sends a request without waiting for its answer, which is dropped when it comes.
    pub fn send<T>(&mut self, request: impl Future<Output = T>) {
        let Some(runtime) = self.runtime.take() else { return };
        runtime.block_on(async {
            let mut request = pin!(request);
            poll_fn(|cx| {
                let _answer = request.as_mut().poll(cx);
                self.pump(cx);
                Poll::Ready(())
            })
            .await;
        });
        self.runtime = Some(runtime);
    }

    /// Waits for a notification, or until `stop` is done.
    pub fn listen(&mut self, limit: Duration, stop: impl Future<Output = ()>) -> Heard {
        let Some(runtime) = self.runtime.take() else { return Heard::End };
        let heard = runtime.block_on(async {
            let mut stop = pin!(stop);
            let waiting = poll_fn(|cx| {
                self.pump(cx);
                if self.stream.is_none() {
                    return Poll::Ready(Heard::End);
                }
                if std::mem::take(&mut self.notified) {
                    return Poll::Ready(Heard::Notification);
                }
                stop.as_mut().poll(cx).map(|()| Heard::Nothing)
            });
            tokio::time::timeout(limit, waiting).await
        });
        self.runtime = Some(runtime);
        heard.unwrap_or(Heard::Nothing)
    }

    /// The warnings that came since the last call.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Whether the connection has ended, as far as was seen.
    pub const fn has_ended(&self) -> bool {
        self.stream.is_none()
    }

    /// Moves what can be moved. When the connection ends, everything that waits for it fails.
    fn pump(&mut self, cx: &mut Context<'_>) {
        let Some(stream) = &mut self.stream else { return };
        loop {
            match stream.poll(cx) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(AsyncMessage::Notice(notice)))) => {
                    if notice.parsed_severity() == Some(Severity::Warning) {
                        self.warnings.push(notice.message().to_owned());
                    }
                }
                Poll::Ready(Some(Ok(AsyncMessage::Notification(_)))) => self.notified = true,
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_)) | None) => {
                    self.stream = None;
                    return;
                }
            }
        }
    }
}

impl Drop for Wire {
    /// Never blocks: a store may be dropped where other tasks run.
    fn drop(&mut self) {
        self.stream = None;
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
