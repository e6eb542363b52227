//! The door: takes connections, as many as there is room for, and answers requests on them. Source: ADR 20.

mod connection;
mod sources;
pub mod tls;
mod traffic;
mod watched;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use throng_web::Networks;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

use connection::Connection;
use sources::Sources;

/// How long to wait when no connection can be taken, since there are no file descriptors left, say. They come back when
/// connections end.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is said in the log that there is no room.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// How much clients may take of this server, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once (≥ 1). Further ones wait in the system's queue until one ends.
    pub connections: u32,
    /// Connections at once of one address, or of one network of 64 bits where it is IPv6 (≥ 1). Further ones are closed.
    pub connections_per_address: u32,
    /// How long a request may take until its headers are there, and a handshake of TLS.
    pub header: Duration,
    /// How long a connection stays open on which nothing is asked.
    pub idle: Duration,
    /// How long a client may take nothing of the answer that waits for it.
    pub stalled: Duration,
}

/// What the door has seen since the start.
#[derive(Debug, Default)]
pub struct Figures {
    /// Connections that were taken.
    pub taken: AtomicU64,
    /// Connections that have ended.
    pub ended: AtomicU64,
    /// Connections that were closed at once, because their address had enough of them.
    pub refused: AtomicU64,
    /// How often a connection had to wait, because there were enough of them in all.
    pub crowded: AtomicU64,
    /// Connections that could not be taken: the system had no room for them, or they were gone.
    pub failed: AtomicU64,
    /// Connections that were closed because nothing, or too little, came of a request, or nothing was taken of an answer.
    pub timed_out: AtomicU64,
    /// Handshakes of TLS that came to nothing.
    pub handshakes_failed: AtomicU64,
}

/// A listener with all that it needs to answer.
pub struct Door {
    listener: TcpListener,
    shared: Arc<Shared>,
    sources: Arc<Sources>,
    room: Arc<Semaphore>,
    /// Those who speak for many, and have no bound of their own.
    unbounded: Networks,
    told: Option<Instant>,
}

/// What all connections share.
struct Shared {
    bounds: Bounds,
    router: Router,
    figures: Arc<Figures>,
    stop: watch::Receiver<bool>,
    /// Connections begin with a handshake of TLS.
    tls: Option<TlsAcceptor>,
}

impl Door {
    /// Answers by this router, over TLS or plainly; each request has the `ConnectInfo<SocketAddr>` of its peer. When `stop` turns true nothing is
    /// taken any more.
    pub fn new(
        listener: TcpListener,
        (router, tls): (Router, Option<TlsAcceptor>),
        bounds: Bounds,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let figures = Arc::default();
        Self {
            listener,
            sources: Sources::with(bounds.connections_per_address),
            room: Arc::new(Semaphore::new(bounds.connections as usize)),
            shared: Arc::new(Shared { bounds, router, figures, stop, tls }),
            unbounded: Networks::default(),
            told: None,
        }
    }

    /// With peers who may have as many connections as there are: proxies.
    #[must_use]
    pub fn without_bound_for(self, unbounded: Networks) -> Self {
        Self { unbounded, ..self }
    }

    /// What it sees.
    pub fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.shared.figures)
    }

    /// Takes connections until it is told to stop, and returns when what was running on them is answered.
    pub async fn serve(mut self) {
        let mut stop = self.shared.stop.clone();
        tokio::select! {
            // Whoever would tell it to stop being gone is as good.
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.take_all() => {}
        }
        let Self { listener, shared, room, .. } = self;
        drop(listener);
        // There is room for all of them when all have ended.
        let _ = room.acquire_many(shared.bounds.connections).await;
    }

    async fn take_all(&mut self) {
        while let Some(permit) = self.wait_for_room().await {
            match self.listener.accept().await {
                Ok((stream, peer)) => self.take(stream, peer, permit),
                Err(error) => self.pause(&error).await,
            }
        }
    }

    /// None never, since nobody closes the room.
    async fn wait_for_room(&mut self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
            return Some(permit);
        }
        self.shared.figures.crowded.fetch_add(1, Ordering::Relaxed);
        if self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            self.told = Some(Instant::now());
            let connections = self.shared.bounds.connections;
            tracing::warn!(connections, "there are as many connections as may be; further ones wait");
        }
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let bound = !self.unbounded.contain(peer.ip());
        let Some(place) = self.sources.take(peer.ip(), bound) else {
            self.shared.figures.refused.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%peer, "a connection too many of one address was closed");
            return;
        };
        let connection = Connection::new(Arc::clone(&self.shared), peer, (permit, place));
        tokio::spawn(connection.run(stream));
    }

    /// What cannot be taken is no reason to end, nor to try again without a breath.
    async fn pause(&self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

        self.shared.figures.failed.fetch_add(1, Ordering::Relaxed);
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
            return;
        }
        tracing::error!(%error, "no connection can be taken");
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests;
