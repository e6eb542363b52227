//! What every request shares.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use throng_directory::ids::AccountId;
use throng_directory::{Directory, limits};
use tokio::sync::Semaphore;

use crate::forwarded::Proxies;
use crate::limits as web_limits;
use crate::meters::{Meters, Requests};
use crate::native::events::{EventSettings, Streams};
use crate::rates::Rates;
use crate::scim::roles::ScimRole;

/// From where attempts to log in are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TriesFrom {
    /// One address; none where it is not known.
    One(Option<IpAddr>),
    /// All of them.
    All,
}

/// What every request shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The directory.
    pub(crate) directory: Arc<Directory>,
    /// Where clients reach this server, without a slash at the end; empty until that is known.
    pub(crate) base_url: Arc<str>,
    /// What `/scim/v2/Roles` lists.
    pub(crate) roles: Arc<[ScimRole]>,
    /// Bytes of large bodies that may be in memory, one permit each.
    pub(crate) body_bytes: Arc<Semaphore>,
    /// Workbooks that may be on the disk, one permit each.
    pub(crate) workbooks: Arc<Semaphore>,
    /// Streams of events.
    pub(crate) streams: Arc<Streams>,
    /// Requests that accounts have left.
    pub(crate) rates: Arc<Rates>,
    /// How often somebody may still try to log in by a name from an address, and by a name.
    pub(crate) logins: Arc<Rates<(AccountId, String, TriesFrom)>>,
    /// Requests that were answered.
    pub(crate) meters: Arc<Meters>,
    /// Who is believed where requests come from.
    pub(crate) proxies: Proxies,
    /// This server speaks TLS itself.
    pub(crate) speaks_tls: bool,
}

/// Refuses what links cannot be built from: they begin with it, and stand in JSON and in headers.
///
/// # Errors
/// What it must be. Source: RFC 7644 §1.3 (no query).
pub fn check_base_url(url: &str) -> Result<(), &'static str> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '\\' | '<' | '>');
    match host {
        Some(host) if !host.is_empty() && !host.starts_with('/') && host.chars().all(is_plain) => Ok(()),
        _ => Err("it must be http:// or https://, a host, perhaps a port and a path, and no query"),
    }
}

impl AppState {
    /// The state of a server whose clients reach it at `base_url` (scheme, host, perhaps a port and a path).
    /// Without one, see [`AppState::listening_on`]: neither `Host` nor forwarding headers are ever read.
    pub fn new(directory: Arc<Directory>, base_url: Option<String>) -> Self {
        Self {
            directory,
            base_url: base_url.map_or_else(Arc::default, |url| url.trim_end_matches('/').into()),
            roles: Arc::default(),
            body_bytes: Arc::new(Semaphore::new(limits::MEMBERSHIP_BODIES_BYTES_MAX)),
            workbooks: Arc::new(Semaphore::new(web_limits::WORKBOOKS_AT_ONCE)),
            streams: Arc::new(Streams::new(EventSettings::default())),
            rates: Arc::default(),
            logins: Arc::new(Rates::over(web_limits::LOGINS_WINDOW)),
            meters: Arc::default(),
            proxies: Proxies::default(),
            speaks_tls: false,
        }
    }

    /// Reached at this address, if nothing was said of a base URL; at the loopback address of a server that listens on all.
    #[must_use]
    pub fn listening_on(self, address: SocketAddr) -> Self {
        if !self.base_url.is_empty() {
            return self;
        }
        let host = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let scheme = if self.speaks_tls { "https" } else { "http" };
        Self { base_url: format!("{scheme}://{}", SocketAddr::new(host, address.port())).into(), ..self }
    }

    /// Whether what answers say of where this server is helps who is elsewhere.
    pub fn is_found_from_afar(&self) -> bool {
        let host = self.base_url.split_once("://").map_or("", |(_, host)| host);
        !["127.0.0.1", "[::1]"].iter().any(|here| host.starts_with(here))
    }

    /// With streams of events that go by these settings.
    #[must_use]
    pub fn with_events(self, settings: EventSettings) -> Self {
        Self { streams: Arc::new(Streams::new(settings)), ..self }
    }

    /// With these in front of it.
    #[must_use]
    pub fn with_proxies(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    /// On connections that are TLS here already. Say so before [`AppState::listening_on`].
    #[must_use]
    pub fn over_tls(self) -> Self {
        Self { speaks_tls: true, ..self }
    }

    /// Whether clients come by TLS, to this server or to what stands in front.
    pub(crate) fn is_reached_by_tls(&self) -> bool {
        self.speaks_tls || self.base_url.starts_with("https://")
    }

    /// Requests that were answered, by face.
    pub fn requests(&self) -> Vec<Requests> {
        self.meters.read()
    }

    /// With these roles in `/scim/v2/Roles`.
    #[must_use]
    pub fn with_roles(self, roles: Vec<ScimRole>) -> Self {
        Self { roles: roles.into(), ..self }
    }
}

#[cfg(test)]
mod tests;
