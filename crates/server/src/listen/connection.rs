//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::header::HOST;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use throng_web::HEAD_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tower::Service;

use super::sources::Place;
use super::traffic::{Asked, Traffic};
use super::watched::Watched;
use super::{Shared, tls};

/// Requests at the same time on one connection of HTTP/2.
const STREAMS_MAX: u32 = 100;
/// Streams that a client opened and took back, or broke, that may wait on one connection: then it is closed. Source:
/// CVE-2023-44487, CVE-2025-8671.
const RESETS_MAX: usize = 50;
/// How often it is asked whether somebody is still there who keeps requests open by HTTP/2, and how long they may take to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
/// What of answers is held for one request of HTTP/2 whose client does not take it, in bytes.
const SEND_BYTES_MAX: usize = 256 << 10;
/// How long a connection that is given up has to end as it should.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection, and its place among the others.
pub(super) struct Connection {
    shared: Arc<Shared>,
    peer: SocketAddr,
    /// Given back when it has ended.
    _held: (OwnedSemaphorePermit, Place),
}

/// How a connection ended.
enum Ended {
    /// By itself; the error is the client's or the network's.
    Itself(Option<hyper::Error>),
    /// Nothing came for too long.
    Overdue,
    /// The server stops.
    Stop,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, peer: SocketAddr, held: (OwnedSemaphorePermit, Place)) -> Self {
        shared.figures.taken.fetch_add(1, Ordering::Relaxed);
        Self { shared, peer, _held: held }
    }

    /// Answers what is asked on it until it ends.
    pub(super) async fn run(self, stream: TcpStream) {
        // Answers are written whole, so waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let begun = Instant::now();
        let Some(acceptor) = self.shared.tls.clone() else { return self.begin(stream, None, begun).await };
        match self.in_time(begun, acceptor.accept(stream)).await {
            Some(Ok(stream)) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(tls::HTTP2);
                self.begin(stream, Some(is_http2), begun).await;
            }
            Some(Err(error)) => {
                self.shared.figures.handshakes_failed.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(peer = %self.peer, %error, "a handshake came to nothing");
            }
            None => {}
        }
    }

    /// What comes of a wait in which nothing has been asked yet, unless it takes too long or the server stops.
    async fn in_time<T>(&self, begun: Instant, waiting: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.shared.stop.clone();
        tokio::select! {
            came = timeout_at(begun + self.shared.bounds.header, waiting) => {
                came.inspect_err(|_| self.timed_out()).ok()
            }
            _ = stop.wait_for(|stop| *stop) => None,
        }
    }

    /// Over which protocol was agreed, or is seen by how the client begins.
    async fn begin<T>(&self, stream: T, is_http2: Option<bool>, begun: Instant)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let bounds = &self.shared.bounds;
        let traffic = Traffic::new(bounds.header, bounds.idle);
        let mut io = Watched::new(stream, Arc::clone(&traffic), bounds.stalled);
        let is_http2 = match is_http2 {
            Some(is_http2) => is_http2,
            None => match self.in_time(begun, io.begins_as_http2()).await {
                Some(Ok(is_http2)) => is_http2,
                Some(Err(_)) | None => return,
            },
        };
        self.converse(io, is_http2, &traffic).await;
    }

    async fn converse<T>(&self, mut io: Watched<T>, is_http2: bool, traffic: &Arc<Traffic>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let answering = service_fn(|request| self.answer(request, traffic.asked()));
        if is_http2 {
            io.speaks_http2();
            let connection = over_http2().serve_connection(TokioIo::new(io), answering);
            self.attend(connection, http2::Connection::graceful_shutdown, traffic).await;
        } else {
            let connection = over_http1().serve_connection(TokioIo::new(io), answering);
            self.attend(connection, http1::Connection::graceful_shutdown, traffic).await;
        }
    }

    /// Answers one request.
    fn answer(
        &self,
        request: Request<Incoming>,
        asked: Asked,
    ) -> impl Future<Output = Result<Response<Answer>, Infallible>> + Send + use<> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let names_host =
            request.version() != Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1;
        let answering = names_host.then(|| self.shared.router.clone().call(request));
        async move {
            let response = match answering {
                Some(answering) => answering.await?,
                None => no_host(),
            };
            Ok(response.map(|body| Answer { body, _asked: asked }))
        }
    }

    /// Lets a connection do what it does until it ends, is overdue, or the server stops: then it ends as soon as what runs on
    /// it is answered. `farewell` asks it to.
    async fn attend<C>(&self, connection: C, farewell: fn(Pin<&mut C>), traffic: &Traffic)
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let mut stop = self.shared.stop.clone();
        let mut stopping = false;
        loop {
            let ended = tokio::select! {
                ended = overdue(connection.as_mut(), traffic) => ended,
                _ = stop.wait_for(|stop| *stop), if !stopping => Ended::Stop,
            };
            match ended {
                Ended::Itself(error) => return self.ended(error),
                Ended::Stop => {
                    stopping = true;
                    farewell(connection.as_mut());
                }
                Ended::Overdue => {
                    self.timed_out();
                    farewell(connection.as_mut());
                    // It was given up: what still comes of it has come too late.
                    let _ = timeout(FAREWELL, connection).await;
                    return;
                }
            }
        }
    }

    fn ended(&self, error: Option<hyper::Error>) {
        let Some(error) = error else { return };
        let why: Option<&std::io::Error> = std::error::Error::source(&error).and_then(|e| e.downcast_ref());
        if why.is_some_and(|why| why.kind() == std::io::ErrorKind::TimedOut) {
            self.timed_out();
        }
        tracing::debug!(peer = %self.peer, %error, "a connection broke");
    }

    fn timed_out(&self) {
        self.shared.figures.timed_out.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(peer = %self.peer, "a connection was closed: nothing came for too long");
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.figures.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls a connection until it ends or is overdue.
async fn overdue<C>(mut connection: Pin<&mut C>, traffic: &Traffic) -> Ended
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut alarm = pin!(sleep_until(Instant::now()));
    poll_fn(|cx| {
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            return Poll::Ready(Ended::Itself(ended.err()));
        }
        loop {
            // Requests of HTTP/2 end elsewhere, so it is looked again later although one is running now.
            let deadline = traffic.deadline().unwrap_or_else(|| Instant::now() + PING_EVERY);
            if deadline != alarm.deadline() {
                alarm.as_mut().reset(deadline);
            }
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if traffic.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
                return Poll::Ready(Ended::Overdue);
            }
        }
    })
    .await
}

fn over_http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    // Who is late is looked after for both protocols alike.
    builder.timer(TokioTimer::new()).header_read_timeout(None).max_header_size(HEAD_BYTES_MAX as usize);
    builder
}

fn over_http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .max_local_error_reset_streams(RESETS_MAX)
        .max_send_buf_size(SEND_BYTES_MAX)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY);
    builder
}

/// The body of an answer: with it a request ends.
struct Answer {
    body: Body,
    _asked: Asked,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whoever sends no `Host`, or two, may mean another server than a proxy does. Source: RFC 9112 §3.2.
fn no_host() -> Response<Body> {
    let mut response =
        Response::new(Body::from("a request of HTTP/1.1 names its host once: Host (RFC 9112, 3.2)\n"));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
