//! The address of the database: libpq's URL, with a stricter meaning of its TLS parameters.

use std::error::Error as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long one attempt to reach one address takes at most.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(10);
/// How long a silent connection stays unprobed, and between two probes.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3));
/// Lost probes after which a connection counts as lost.
const KEEPALIVE_RETRIES: u32 = 3;

/// Where the database is and how it is reached.
pub struct Target {
    /// Everything but the TLS policy.
    pub config: Config,
    /// Whether the connection is encrypted.
    pub tls: Tls,
    /// Hosts, ports and the database's name, for people. No credentials.
    pub name: String,
}

/// The TLS policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// None.
    Off,
    /// Required; the certificate's chain and the host's name are always verified, against the certificates in
    /// this file or else the system's.
    Verified(Option<PathBuf>),
}

impl Target {
    /// Reads a URL. Without `sslmode` only loopback addresses and Unix sockets are reached without TLS;
    /// `require` verifies as much as `verify-full`, which is stricter than libpq. `sslrootcert` in the URL goes
    /// before `root_certificate`.
    ///
    /// # Errors
    /// What is wrong with the URL, in words that show no part of its credentials.
    pub fn parse(url: &str, root_certificate: Option<&Path>) -> Result<Self, String> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err("the database's URL does not start with postgres:// or postgresql://".to_owned());
        }
        let (url, mode, root) = take_tls(url)?;
        let mut config = Config::from_str(&url).map_err(|error| {
            let why = error.source().map_or_else(String::new, |source| format!(": {source}"));
            format!("the database's URL cannot be read{why}")
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err("the database's URL names no host".to_owned());
        }
        if config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(name) if name.contains('@'))) {
            return Err(
                "the database's URL has more than one @: write those of the password as %40".to_owned()
            );
        }
        let root = root.or_else(|| root_certificate.map(Path::to_owned));
        let tls = match mode.as_deref() {
            Some("disable") => Tls::Off,
            None if is_local(&config) => Tls::Off,
            None | Some("require" | "verify-ca" | "verify-full") => Tls::Verified(root),
            Some(_) => {
                return Err("sslmode of the database's URL is none of disable, require, verify-ca and \
                            verify-full"
                    .to_owned());
            }
        };
        config.ssl_mode(if tls == Tls::Off { SslMode::Disable } else { SslMode::Require });
        set_timeouts(&mut config);
        let name = name(&config);
        Ok(Self { config, tls, name })
    }

    /// The target with one host alone, for each of its hosts in their order.
    pub fn hosts(&self) -> Vec<Config> {
        let hosts = self.config.get_hosts().len().max(self.config.get_hostaddrs().len());
        (0..hosts).map(|at| self.host(at)).collect()
    }

    fn host(&self, at: usize) -> Config {
        let (all, mut one) = (&self.config, self.without_hosts());
        match all.get_hosts().get(at) {
            Some(Host::Tcp(name)) => drop(one.host(name)),
            Some(Host::Unix(path)) => drop(one.host_path(path)),
            None => {}
        }
        if let Some(address) = all.get_hostaddrs().get(at) {
            one.hostaddr(*address);
        }
        if let Some(port) = all.get_ports().get(at).or(all.get_ports().first()) {
            one.port(*port);
        }
        one
    }

    fn without_hosts(&self) -> Config {
        let (all, mut one) = (&self.config, Config::new());
        if let Some(user) = all.get_user() {
            one.user(user);
        }
        if let Some(password) = all.get_password() {
            one.password(password);
        }
        if let Some(database) = all.get_dbname() {
            one.dbname(database);
        }
        if let Some(options) = all.get_options() {
            one.options(options);
        }
        if let Some(application) = all.get_application_name() {
            one.application_name(application);
        }
        if let Some(timeout) = all.get_connect_timeout() {
            one.connect_timeout(*timeout);
        }
        if let Some(timeout) = all.get_tcp_user_timeout() {
            one.tcp_user_timeout(*timeout);
        }
        one.ssl_mode(all.get_ssl_mode()).ssl_negotiation(all.get_ssl_negotiation());
        one.channel_binding(all.get_channel_binding());
        one.target_session_attrs(all.get_target_session_attrs());
        one.keepalives(all.get_keepalives());
        one.keepalives_idle(KEEPALIVE.0)
            .keepalives_interval(KEEPALIVE.1)
            .keepalives_retries(KEEPALIVE_RETRIES);
        one
    }
}

fn set_timeouts(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
    }
    config
        .keepalives_idle(KEEPALIVE.0)
        .keepalives_interval(KEEPALIVE.1)
        .keepalives_retries(KEEPALIVE_RETRIES);
    if config.get_application_name().is_none() {
        config.application_name("throng");
    }
}

/// The URL without `sslmode` and `sslrootcert`, and their values.
fn take_tls(url: &str) -> Result<(String, Option<String>, Option<PathBuf>), String> {
    // A raw ? in the credentials is no query.
    let credentials = url.find('@').unwrap_or(0);
    let Some(query) = url[credentials..].find('?').map(|at| credentials + at) else {
        return Ok((url.to_owned(), None, None));
    };
    let (mut mode, mut root) = (None, None);
    let mut kept = Vec::new();
    for parameter in url[query + 1..].split('&') {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => mode = Some(decoded(value)?),
            Some(("sslrootcert", value)) => root = Some(decoded(value)?),
            _ => kept.push(parameter),
        }
    }
    let head = &url[..query];
    let url = if kept.is_empty() { head.to_owned() } else { format!("{head}?{}", kept.join("&")) };
    Ok((url, mode, root.filter(|path| path != "system").map(PathBuf::from)))
}

/// A parameter's value as the client library decodes it.
fn decoded(value: &str) -> Result<String, String> {
    Config::from_str(&format!("postgres:///?options={value}"))
        .ok()
        .and_then(|config| config.get_options().map(str::to_owned))
        .ok_or_else(|| "sslmode or sslrootcert of the database's URL is not well encoded".to_owned())
}

/// Whether every host is this machine.
fn is_local(config: &Config) -> bool {
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    })
}

fn name(config: &Config) -> String {
    let port = |at: usize| config.get_ports().get(at).or(config.get_ports().first()).copied().unwrap_or(5432);
    let named: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    let hosts =
        if named.is_empty() { config.get_hostaddrs().iter().map(IpAddr::to_string).collect() } else { named };
    let hosts: Vec<String> =
        hosts.iter().enumerate().map(|(at, host)| format!("{host}:{}", port(at))).collect();
    match config.get_dbname() {
        Some(database) => format!("{}/{database}", hosts.join(",")),
        None => hosts.join(","),
    }
}

#[cfg(test)]
mod tests;
