//! What operators see and nobody else: whether the server lives, whether it is ready, and numbers. On a listener of its own,
//! since none of it asks who comes. Source: ADR 20.

mod metrics;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use throng_directory::Directory;
use throng_web::AppState;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::Failure;
use crate::listen::{Bounds, Door, Figures};

/// The media type of metrics. Source: the text format of Prometheus, version 0.0.4.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What operators are shown.
pub struct Operations {
    /// What is worked on.
    pub directory: Arc<Directory>,
    /// Who answers clients, and the door that they come through; none of a process that works jobs alone.
    pub clients: Option<(AppState, Arc<Figures>)>,
    /// Whether the process stops.
    pub stop: watch::Receiver<bool>,
}

impl Operations {
    /// Listens there.
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub async fn listen(
        self,
        address: SocketAddr,
    ) -> Result<impl Future<Output = ()> + Send + use<>, Failure> {
        let bound = TcpListener::bind(address).await;
        let listener =
            bound.map_err(|error| format!("operations.listen: cannot listen on {address}: {error}"))?;
        let address = listener.local_addr()?;
        tracing::info!(%address, "operators are answered");
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "operations.listen is not on loopback: whoever reaches it is shown metrics");
        }
        Ok(self.serve(listener))
    }

    /// Answers until it is dropped: also while the process stops, so that it is seen to.
    async fn serve(self, listener: TcpListener) {
        // A few monitors ask now and then.
        let short = Duration::from_secs(10);
        let bounds = Bounds {
            connections: 64,
            connections_per_address: 64,
            header: short,
            idle: 6 * short,
            stalled: short,
        };
        let (_held, never) = watch::channel(false);
        Door::new(listener, (router(self), None), bounds, never).serve().await;
    }
}

fn router(operations: Operations) -> Router {
    Router::new()
        .route("/health", get(async || "ok\n"))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(operations))
}

/// Whether requests should be sent here: the store can be read, and the server does not stop.
async fn ready(State(operations): State<Arc<Operations>>) -> Response {
    if *operations.stop.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match operations.directory.check().await {
        Ok(durability) => format!("ready: {}\n", durability.as_str()).into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response()
        }
    }
}

/// The numbers. What the store would say is left out while it cannot be read; `throng_store_up` says so.
async fn metrics(State(operations): State<Arc<Operations>>) -> Response {
    let figures = operations.directory.figures().await;
    if let Err(error) = &figures {
        tracing::warn!(%error, "the store's numbers cannot be read");
    }
    let clients = operations.clients.as_ref().map(|(state, door)| (state.requests(), door.as_ref()));
    let text = metrics::text(clients, figures.ok().as_ref());
    ([(CONTENT_TYPE, METRICS)], text).into_response()
}

#[cfg(test)]
mod tests;
