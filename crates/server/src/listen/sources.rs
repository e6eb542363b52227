//! How many connections each address has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The connections of each address. An address without any takes no room.
#[derive(Debug)]
pub(super) struct Sources {
    max: u32,
    open: Mutex<HashMap<IpAddr, u32>>,
}

/// A connection of an address, as long as it is held.
#[derive(Debug)]
pub(super) struct Place {
    sources: Arc<Sources>,
    source: IpAddr,
}

impl Sources {
    /// At most so many (≥ 1) of one address.
    pub(super) fn with(max: u32) -> Arc<Self> {
        Arc::new(Self { max, open: Mutex::default() })
    }

    /// One more, if the address may have it, or has no `bound`.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr, bound: bool) -> Option<Place> {
        let source = source_of(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = open.entry(source).or_default();
        if bound && *connections >= self.max {
            return None;
        }
        *connections = connections.saturating_add(1);
        drop(open);
        Some(Place { sources: Arc::clone(self), source })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.sources.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connections) = open.get_mut(&self.source) {
            *connections = connections.saturating_sub(1);
            if *connections == 0 {
                open.remove(&self.source);
            }
        }
    }
}

/// What counts as one: with IPv6 a customer has a network, and all addresses in it. Source: RFC 6177.
fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests;
