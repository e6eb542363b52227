//! Requests to a server that is there or dead, and must not hang.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::support::http::{self, Lost};

pub use crate::support::http::{Answer, Request};

/// A server that says nothing for so long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Sends a request and reads the whole answer.
///
/// # Errors
/// The connection was refused or broke off: the server is dead. A server that hangs is a panic.
pub fn send(address: SocketAddr, request: &Request<'_>) -> io::Result<Answer> {
    http::send(address, request, SILENCE_MAX).map_err(|lost| match lost {
        Lost::Refused => io::ErrorKind::ConnectionRefused.into(),
        Lost::Broken => io::ErrorKind::ConnectionAborted.into(),
        Lost::Silent => panic!("{} {}: no answer in {SILENCE_MAX:?}", request.method, request.path),
    })
}
