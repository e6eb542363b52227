//! The limit of what an HTTP server can do here: axum with a handler that only answers.

use std::path::Path;

use axum::Router;
use axum::extract::Path as InPath;
use axum::routing::get;
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use tokio::net::TcpListener;

use crate::Outcome;

/// Serves `user.json` for every user and `list.json` for every list, until the process is killed.
///
/// # Errors
/// Files that are missing, an address that cannot be used.
pub fn serve(bodies: &Path) -> Outcome {
    let address = std::fs::read_to_string(bodies.join("address"))?;
    let user = Bytes::from(std::fs::read(bodies.join("user.json"))?);
    let list = Bytes::from(std::fs::read(bodies.join("list.json"))?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let one = move |InPath(_): InPath<String>| async move { answer(user) };
        let many = move || async move { answer(list) };
        let router = Router::new()
            .route("/health", get(|| async { "" }))
            .route("/scim/v2/Users", get(many))
            .route("/scim/v2/Users/{id}", get(one));
        let listener = TcpListener::bind(address).await?;
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        Ok(axum::serve(listener, router).await?)
    })
}

fn answer(body: Bytes) -> ([(http::HeaderName, &'static str); 1], Bytes) {
    ([(CONTENT_TYPE, "application/scim+json")], body)
}
