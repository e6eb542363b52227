//! Configuration: defaults, then a TOML file, then `THRONG_SECTION__KEY`, then the command line. The only
//! place that reads the environment.

mod edges;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use throng_directory::Settings;
use throng_directory::port::Durability;
use throng_jobs::RunnerSettings;
use throng_scim::Registry;
use throng_store::PostgresSettings;
use throng_web::{Networks, Proxies};

pub use edges::{Connections, Header, Operations, Texts, Tls};

use crate::{Failure, definitions};

/// Everything that can be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data directory, where there is no database.
    pub data: PathBuf,
    /// A PostgreSQL instead of the data directory.
    pub database: Database,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The URL by which clients reach the server; the address it listens on when unset.
    pub base_url: Option<String>,
    /// TLS, unless it is somebody else's business.
    pub tls: Tls,
    /// Addresses and networks of proxies, which are believed where requests come from.
    pub trusted_proxies: Texts,
    /// The header in which they name clients.
    pub proxy_header: Header,
    /// What operators see.
    pub operations: Operations,
    /// How much clients may take of the server.
    pub connections: Connections,
    /// SCIM.
    pub scim: Scim,
    /// The job engine.
    pub jobs: Jobs,
    /// Keys that are not in the database.
    pub secrets: Secrets,
    /// Only in builds for crash tests: `<point>:<hit>`, where the process kills itself.
    pub failpoint: Option<String>,
}

/// SCIM.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scim {
    /// A JSON file, or a directory of them, with schemas and resource types in the form of RFC 7643 §6 and §7.
    pub definitions: Option<PathBuf>,
    /// What `/scim/v2/Roles` lists.
    pub roles: Vec<throng_web::ScimRole>,
}

/// A PostgreSQL.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `postgres://user:password@host:port/database`; several hosts as `host1:port,host2:port`.
    pub url: Option<Secret>,
    /// A PEM file with the certificate authorities to trust; the system's when unset.
    pub root_certificate: Option<PathBuf>,
    /// Connections that read.
    pub readers: usize,
    /// Connections that write for clients.
    pub writers: usize,
    /// Whether a pooler in transaction mode stands between.
    pub pooler: bool,
    /// Refuse writes while the database keeps a weaker promise: `process`, `power-loss` or `node-loss`.
    pub require: Option<String>,
    /// Further settings of every session, as `name=value`.
    pub session: Vec<String>,
}

impl Default for Database {
    fn default() -> Self {
        let settings = PostgresSettings::default();
        Self {
            url: None,
            root_certificate: None,
            readers: settings.readers,
            writers: settings.writers,
            pooler: false,
            require: None,
            session: Vec::new(),
        }
    }
}

/// Keys that are not in the database.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// 32 bytes in base64, with which passwords of files are sealed until they are hashed: the same on all nodes of a
    /// PostgreSQL. A data directory has a file for it.
    pub key: Option<Secret>,
    /// A file that has it.
    pub key_file: Option<PathBuf>,
}

/// A text that is not shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

/// The job engine's settings; times in milliseconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// Items of one chunk.
    pub chunk_items: usize,
    /// Jobs worked at the same time.
    pub workers: usize,
    /// How long a worker owns a job after its last commit.
    pub lease_ms: u64,
    /// How often to look for work that nobody announced.
    pub poll_ms: u64,
    /// How long a job keeps its worker while others wait.
    pub turn_ms: u64,
    /// How long a small membership write waits for its turn.
    pub inline_wait_ms: u64,
}

/// Where the data lives.
pub enum Place {
    /// In a directory, for one server.
    Data(PathBuf),
    /// On a PostgreSQL, for any number of servers.
    Database(Box<PostgresSettings>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => data.display().fmt(f),
            Self::Database(_) => f.write_str("PostgreSQL"),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("throng-data"),
            database: Database::default(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            base_url: None,
            tls: Tls::default(),
            trusted_proxies: Texts::default(),
            proxy_header: Header::default(),
            operations: Operations::default(),
            connections: Connections::default(),
            scim: Scim::default(),
            jobs: Jobs::default(),
            secrets: Secrets::default(),
            failpoint: None,
        }
    }
}

impl Default for Jobs {
    fn default() -> Self {
        let settings = Settings::default();
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            chunk_items: settings.chunk_items,
            workers: settings.runner.slots,
            lease_ms: millis(settings.lease),
            poll_ms: millis(settings.runner.poll),
            turn_ms: millis(settings.runner.turn),
            inline_wait_ms: millis(settings.inline_wait),
        }
    }
}

impl Config {
    /// Reads the file, if one is named, and the environment.
    ///
    /// # Errors
    /// A file that cannot be read, a setting that does not exist or has a wrong type.
    pub fn load(file: Option<&Path>) -> Result<Self, Failure> {
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file));
        }
        let environment = config::Environment::with_prefix("THRONG")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .source(Some(settings_in_environment()));
        let config: Self = builder.add_source(environment).build()?.try_deserialize()?;
        for (name, value) in [
            ("jobs.chunk_items", config.jobs.chunk_items),
            ("jobs.workers", config.jobs.workers),
            ("database.readers", config.database.readers),
            ("database.writers", config.database.writers),
        ] {
            if value == 0 {
                return Err(format!("{name} must be at least 1").into());
            }
        }
        config.connections.check()?;
        if let Some(url) = &config.base_url {
            throng_web::check_base_url(url).map_err(|problem| format!("base_url is {url}: {problem}"))?;
        }
        Ok(config)
    }

    /// Where the data lives.
    ///
    /// # Errors
    /// A setting of the database that means nothing.
    pub fn place(&self) -> Result<Place, Failure> {
        let database = &self.database;
        let Some(url) = &database.url else { return Ok(Place::Data(self.data.clone())) };
        let level = |name: &String| {
            Durability::parse(name)
                .ok_or_else(|| format!("database.require is {name}: not process, power-loss or node-loss"))
        };
        let session = database.session.iter().map(|setting| {
            let (name, value) = setting.split_once('=').ok_or("database.session: a setting is name=value")?;
            Ok((name.to_owned(), value.to_owned()))
        });
        Ok(Place::Database(Box::new(PostgresSettings {
            url: url.0.clone(),
            root_certificate: database.root_certificate.clone(),
            readers: database.readers,
            writers: database.writers,
            // One for each job in work, and one for looking for the next.
            chunk_writers: self.jobs.workers + 1,
            pooler: database.pooler,
            require: database.require.as_ref().map(level).transpose()?,
            session: session.collect::<Result<_, Failure>>()?,
            ..PostgresSettings::default()
        })))
    }

    /// The schemas and resource types.
    ///
    /// # Errors
    /// A file of definitions that cannot be read or is refused.
    pub fn registry(&self) -> Result<Registry, Failure> {
        definitions::load(self.scim.definitions.as_deref())
    }

    /// Who is believed where requests come from.
    ///
    /// # Errors
    /// What is neither an address nor a network.
    pub fn proxies(&self) -> Result<Proxies, Failure> {
        let trusted = Networks::read(&self.trusted_proxies.all());
        let trusted = trusted.map_err(|error| format!("trusted_proxies: {error}"))?;
        Ok(Proxies::new(trusted, self.proxy_header.into()))
    }

    /// The directory's part.
    pub fn settings(&self) -> Settings {
        Settings {
            chunk_items: self.jobs.chunk_items,
            lease: Duration::from_millis(self.jobs.lease_ms),
            inline_wait: Duration::from_millis(self.jobs.inline_wait_ms),
            runner: RunnerSettings {
                slots: self.jobs.workers,
                poll: Duration::from_millis(self.jobs.poll_ms),
                turn: Duration::from_millis(self.jobs.turn_ms),
            },
            ..Settings::default()
        }
    }
}

/// `THRONG_TOKEN` belongs to the command line, `THRONG_TEST_…` to the tests; the others are settings.
fn settings_in_environment() -> config::Map<String, String> {
    let is_setting = |name: &str| {
        name.starts_with("THRONG_") && name != "THRONG_TOKEN" && !name.starts_with("THRONG_TEST_")
    };
    std::env::vars().filter(|(name, _)| is_setting(name)).collect()
}
