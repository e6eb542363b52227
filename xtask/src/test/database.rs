//! The PostgreSQL that a run of the tests uses.

use std::path::Path;
use std::process::Command;

use throng_cluster::{Cluster, Installation, Options};

use crate::{Outcome, throwaway};

/// The server for the tests: its URL, the same for a superuser, the file of its certificate's authority, and the programs for tests that start
/// servers of their own.
const URL_VARIABLE: &str = "THRONG_TEST_POSTGRES_URL";
const ADMIN_URL_VARIABLE: &str = "THRONG_TEST_POSTGRES_ADMIN_URL";
const CA_VARIABLE: &str = "THRONG_TEST_POSTGRES_CA";
const BIN_VARIABLE: &str = "THRONG_TEST_POSTGRES_BIN";

/// Tests run beside each other, each with connections of its own.
const SETTINGS: &[(&str, &str)] = &[("max_connections", "500")];

/// What the tests are told of PostgreSQL.
pub struct Database {
    server: Server,
    installation: Option<Installation>,
}

enum Server {
    Own(Box<Cluster>),
    /// The one that the variables name already.
    Given,
    /// There is no PostgreSQL, and the tests were narrowed.
    None(String),
}

impl Database {
    /// Starts a server for the run, unless the environment names one and no version is asked for.
    ///
    /// # Errors
    /// If there is none and none can be brought. When the tests are narrowed (`whole` is false) that is no failure:
    /// those that were selected may not need it, and fail if they do.
    pub fn start(root: &Path, major: Option<u32>, whole: bool) -> Outcome<Self> {
        if major.is_none() && given() {
            return Ok(Self { server: Server::Given, installation: Installation::for_tests().ok() });
        }
        let installation = match throwaway::installation(root, major) {
            Err(complaint) if !whole && major.is_none() => {
                return Ok(Self { server: Server::None(complaint), installation: None });
            }
            other => other?,
        };
        let settings = SETTINGS.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let tls = installation.has_tls() && has_openssl();
        let cluster = throwaway::start(&installation, &Options { tls, settings, ..Options::default() })?;
        Ok(Self { server: Server::Own(Box::new(cluster)), installation: Some(installation) })
    }

    /// The server, if it was started for the run.
    pub fn own(&self) -> Option<&Cluster> {
        match &self.server {
            Server::Own(cluster) => Some(cluster),
            Server::Given | Server::None(_) => None,
        }
    }

    /// Sets the variables for a run of tests.
    pub fn tell(&self, command: &mut Command) {
        if let Server::Own(cluster) = &self.server {
            command.env(URL_VARIABLE, cluster.url("postgres"));
            command.env(ADMIN_URL_VARIABLE, cluster.admin_url("postgres"));
            match cluster.ca() {
                Some(ca) => command.env(CA_VARIABLE, ca),
                None => command.env_remove(CA_VARIABLE),
            };
        }
        if let Some(installation) = &self.installation {
            command.env(BIN_VARIABLE, &installation.bin);
        }
    }

    /// One line that says what the tests ran on.
    pub fn shown(&self) -> String {
        let server = match &self.server {
            Server::Own(cluster) if cluster.ca().is_some() => "a server of its own, with TLS".to_owned(),
            Server::Own(_) => "a server of its own, WITHOUT TLS".to_owned(),
            Server::Given => format!("the server of {URL_VARIABLE}"),
            Server::None(complaint) => format!("NONE, tests that need it have failed: {complaint}"),
        };
        match &self.installation {
            Some(installation) => {
                format!("PostgreSQL {} in {}; {server}", installation.version, installation.bin.display())
            }
            None => format!("PostgreSQL: {server}"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own variable; no setting of Throng")]
fn given() -> bool {
    std::env::var_os(URL_VARIABLE).is_some()
}

fn has_openssl() -> bool {
    Command::new("openssl").arg("version").output().is_ok_and(|done| done.status.success())
}
