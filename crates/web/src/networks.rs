//! Lists of addresses and networks.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;

/// Addresses and networks. Cheap to clone; empty unless something is put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Arc<[IpNet]>);

/// A text that is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotANetwork(String);

impl Networks {
    /// Reads addresses (`192.0.2.1`, `2001:db8::1`) and networks (`192.0.2.0/24`).
    ///
    /// # Errors
    /// The first text that is neither.
    pub fn read<T: AsRef<str>>(texts: &[T]) -> Result<Self, NotANetwork> {
        texts.iter().map(|text| network(text.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an address is one of them. An IPv4 address is the same in the form of IPv6 that it has on some sockets.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn network(text: &str) -> Result<IpNet, NotANetwork> {
    let address = IpAddr::from_str(text).map(|address| IpNet::from(address.to_canonical()));
    address.or_else(|_| IpNet::from_str(text)).map_err(|_| NotANetwork(text.to_owned()))
}

impl fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is neither an address nor a network such as 192.0.2.0/24", self.0)
    }
}

impl std::error::Error for NotANetwork {}

#[cfg(test)]
mod tests;
