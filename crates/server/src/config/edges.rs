//! What stands between the network and the directory.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use throng_web::ForwardedBy;

use crate::Failure;
use crate::listen::Bounds;
use crate::listen::tls::Files;

/// TLS.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// A PEM file with the server's certificate, and those between it and the authority.
    pub certificate: Option<PathBuf>,
    /// A PEM file with its key.
    pub key: Option<PathBuf>,
}

impl Tls {
    /// Where the certificate and its key are, if TLS is spoken.
    ///
    /// # Errors
    /// One without the other.
    pub fn files(&self) -> Result<Option<Files>, Failure> {
        match (self.certificate.clone(), self.key.clone()) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Files { certificate, key })),
            (Some(_), None) => Err("tls.certificate is set, but tls.key is not".into()),
            (None, Some(_)) => Err("tls.key is set, but tls.certificate is not".into()),
        }
    }
}

/// Several texts, or one with commas between them, as environments have it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    /// One text.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// A header in which proxies name clients.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub enum Header {
    /// That which most write.
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// That of RFC 7239.
    #[serde(rename = "forwarded")]
    Forwarded,
}

impl Default for Texts {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Texts {
    /// All of them.
    pub fn all(&self) -> Vec<&str> {
        match self {
            Self::One(text) => text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect(),
            Self::Many(texts) => texts.iter().map(String::as_str).collect(),
        }
    }
}

impl From<Header> for ForwardedBy {
    fn from(header: Header) -> Self {
        match header {
            Header::XForwardedFor => Self::XForwardedFor,
            Header::Forwarded => Self::Forwarded,
        }
    }
}

/// What operators see.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operations {
    /// Where they ask, if anywhere: an address that nobody else reaches.
    pub listen: Option<SocketAddr>,
}

/// How much clients may take of the server; times in milliseconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connections {
    /// Connections at once.
    pub max: u32,
    /// Connections at once of one address, or of one network of 64 bits where it is IPv6.
    pub max_per_address: u32,
    /// How long a request may take until its headers are there, and a handshake of TLS.
    pub header_ms: u64,
    /// How long a connection stays open on which nothing is asked: longer than a proxy in front keeps it, which otherwise
    /// sends requests into connections that are about to be closed.
    pub idle_ms: u64,
    /// How long a client may take nothing of the answer that waits for it.
    pub stalled_ms: u64,
}

impl Default for Connections {
    fn default() -> Self {
        Self { max: 4_096, max_per_address: 1_024, header_ms: 10_000, idle_ms: 75_000, stalled_ms: 60_000 }
    }
}

impl Connections {
    /// Refuses what would answer nobody.
    ///
    /// # Errors
    /// The name of a setting that is 0.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let all = [
            ("max", u64::from(self.max)),
            ("max_per_address", self.max_per_address.into()),
            ("header_ms", self.header_ms),
            ("idle_ms", self.idle_ms),
            ("stalled_ms", self.stalled_ms),
        ];
        match all.into_iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(format!("connections.{name} must be at least 1").into()),
            None => Ok(()),
        }
    }

    /// The same for the door.
    pub const fn bounds(&self) -> Bounds {
        Bounds {
            connections: self.max,
            connections_per_address: self.max_per_address,
            header: Duration::from_millis(self.header_ms),
            idle: Duration::from_millis(self.idle_ms),
            stalled: Duration::from_millis(self.stalled_ms),
        }
    }
}
