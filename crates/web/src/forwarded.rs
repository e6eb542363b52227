//! Where a request comes from: the other end of the connection, or whom a proxy names that is believed.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};

use crate::networks::Networks;

/// Where proxies without a standard name clients.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Proxies that are looked behind, one behind the other.
const PROXIES_MAX: usize = 32;

/// Who is believed where requests come from. Nobody, unless said.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    trusted: Networks,
    by: ForwardedBy,
}

/// The header in which proxies name clients. Only one is read: a proxy that writes one lets the other pass as the client
/// sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedBy {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded`. Source: RFC 7239.
    Forwarded,
}

impl Proxies {
    /// Those who write this header themselves.
    pub fn new(trusted: Networks, by: ForwardedBy) -> Self {
        Self { trusted, by }
    }

    /// Who is believed.
    pub const fn trusted(&self) -> &Networks {
        &self.trusted
    }
}

/// The address of who sent a request, if it came over a connection.
pub(crate) fn client(request: &Request, proxies: &Proxies) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    Some(behind(proxies, peer.ip().to_canonical(), request.headers()))
}

/// Each proxy adds at the right whom it got the request from. So what stands there is true as far as those who wrote it are
/// believed, and the first who is not is the client, whatever stands left of it.
fn behind(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let name = match proxies.by {
        ForwardedBy::XForwardedFor => X_FORWARDED_FOR,
        ForwardedBy::Forwarded => FORWARDED,
    };
    let mut client = peer;
    let lines = headers.get_all(name).iter().rev();
    // What is no text is a hop that names nobody.
    let mut hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',')).take(PROXIES_MAX);
    while proxies.trusted.contain(client) {
        let named = hops.next().and_then(|hop| match proxies.by {
            ForwardedBy::XForwardedFor => address(hop),
            ForwardedBy::Forwarded => forwarded_for(hop),
        });
        let Some(named) = named else { break };
        client = named;
    }
    client
}

/// The `for` of one element. Names that hide somebody, and `unknown`, are no addresses.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    address(value.trim().trim_matches('"'))
}

/// An address, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    let address: Option<IpAddr> = text.parse().ok().or_else(bracketed).or_else(with_port);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests;
