//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use throng_directory::{Dialect, Role};

/// A directory server that takes people and groups in bulk and tells the truth about every one of them.
#[derive(Debug, Parser)]
#[command(name = "throng", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Whether the command's own output is all that should be seen.
    pub const fn is_quiet(&self) -> bool {
        !matches!(self.command, Command::Serve(_) | Command::Work(_))
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(Serve),
    /// Work jobs without listening: more hands for servers on the same PostgreSQL.
    Work(Work),
    /// Manage accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Manage keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Say that the clock is right.
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Check that the audit log of every account is as it was written; status 1 if it is not.
    Verify(Verify),
    /// Watch Throng at work: a real server, real imports, a group of 200,000.
    Demo(Demo),
    /// Print the OpenAPI description of every route.
    Openapi,
}

/// `throng serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where the data lives; made if it does not exist. Default: throng-data, or the configuration's.
    #[arg(long, value_name = "DIR", conflicts_with = "database")]
    pub data: Option<PathBuf>,
    /// A PostgreSQL instead of a data directory: `postgres://user@host/database`. Any number of servers may
    /// run on it. Put a password into `THRONG_DATABASE__URL` rather than here.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Answer requests and leave all jobs to other servers on the same PostgreSQL.
    #[arg(long)]
    pub no_work: bool,
    /// Where to listen. Default: 127.0.0.1:8080, or the configuration's.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// A TOML file with settings; every one can also be given as `THRONG_SECTION__KEY`.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `throng work`.
#[derive(Debug, Args)]
pub struct Work {
    /// The PostgreSQL: `postgres://user@host/database`. Default: the configuration's.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// A TOML file with settings; every one can also be given as `THRONG_SECTION__KEY`.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Where a managing command does its work: in a data directory that no server uses, on a PostgreSQL, or at a
/// server.
#[derive(Debug, Args)]
pub struct Place {
    /// The data directory, while no server runs on it.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["server", "database"])]
    pub data: Option<PathBuf>,
    /// The PostgreSQL, whether servers run on it or not. Without any place, the one in `THRONG_DATABASE__URL`.
    #[arg(long, value_name = "URL", conflicts_with = "server")]
    pub database: Option<String>,
    /// The URL of a running server.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// A key for that server. Without `--server` it does nothing, so the variable may stand in the environment.
    #[arg(long, value_name = "KEY", env = "THRONG_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// `throng verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The data directory, while no server runs on it.
    #[arg(long, value_name = "DIR", conflicts_with = "database")]
    pub data: Option<PathBuf>,
    /// The PostgreSQL, whether servers run on it or not. Default: the one in `THRONG_DATABASE__URL`.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

/// `throng account`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account.
    Create {
        /// Its name: a letter, then up to 62 letters, digits and hyphens.
        account: String,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Show the settings of an account.
    Show {
        /// The account.
        account: String,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Change settings of an account; a server that runs goes by them within a second.
    Set {
        /// The account.
        account: String,
        /// What to change: `status=active|suspended`, `unknown_members=report|reject`, `large_group_writes=job|refuse`,
        /// `group_names=unique|free`, `guard_count=N|off`, `guard_percent=N|off`, `job_weight=N`,
        /// `jobs_waiting_max=N`, `items_waiting_max=N`, `job_retention_days=N`,
        /// `import_rows_max=N`, `upload_bytes_max=N`, `requests_per_minute=N`, `audit_retention_days=N`.
        #[arg(required = true, value_name = "SETTING=VALUE", value_parser = setting)]
        settings: Vec<(String, String)>,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
}

/// Reads `name=value`.
fn setting(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "a setting is written name=value".to_owned())
}

/// `throng clock`.
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Take the clock as right after it has gone on by more than a day, so that what has been kept long enough is thrown
    /// away again. `/health` says whether a server waits for this.
    Confirm {
        /// Where.
        #[command(flatten)]
        place: Place,
    },
}

/// `throng key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key and print it: the only time that it is seen.
    Create(KeyCreate),
    /// List keys: id, client, role, when made, when it ends, when last used, scopes.
    List {
        /// The account; none for the operators' keys.
        account: Option<String>,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Make a key that takes the place of another, and print it. The other ends a while later.
    Rotate {
        /// The account.
        account: String,
        /// The id of the key that ends.
        key: String,
        /// Hours that it goes on being good.
        #[arg(long, value_name = "N", default_value_t = 24)]
        overlap_hours: u64,
        /// Days that the new one is good. Default: until it is taken away.
        #[arg(long, value_name = "N")]
        days: Option<u32>,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Take a key away: whoever has it is refused a second later.
    Delete {
        /// The account; none with --operator.
        #[arg(required_unless_present = "operator", conflicts_with = "operator")]
        account: Option<String>,
        /// The id of the key.
        #[arg(long, value_name = "ID")]
        key: String,
        /// An operator's key. Local only.
        #[arg(long, conflicts_with = "server")]
        operator: bool,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
}

/// `throng key create`.
#[derive(Debug, Args)]
pub struct KeyCreate {
    /// The account that the key opens; none for an operator's key.
    #[arg(required_unless_present = "operator", conflicts_with = "operator")]
    pub account: Option<String>,
    /// What the key may do.
    #[arg(long, required_unless_present = "operator", conflicts_with = "operator")]
    pub role: Option<RoleName>,
    /// Make an operator's key, which manages accounts and mints first keys. Local only.
    #[arg(long, conflicts_with = "server")]
    pub operator: bool,
    /// How the key's client speaks.
    #[arg(long, default_value = "standard")]
    pub dialect: DialectName,
    /// The service account that gets the key; made when it does not exist. Default: one named after the key.
    #[arg(long, value_name = "NAME")]
    pub client: Option<String>,
    /// The person whom the key belongs to, for `/scim/v2/Me`: a userName, or a user's id.
    #[arg(long, value_name = "USER", conflicts_with = "operator")]
    pub user: Option<String>,
    /// The provisioning source of the client: externalIds are each source's own. Fixed by the client's first key.
    /// Default: the source that has no name.
    #[arg(long, value_name = "NAME", conflicts_with = "operator")]
    pub source: Option<String>,
    /// What of its role the key may do, as names of scopes: `users.read,groups.write`. Default: all of it.
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', conflicts_with = "operator")]
    pub scopes: Vec<String>,
    /// Days that the key is good. Default: until it is taken away.
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// A role on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleName {
    /// Everything in the account.
    AccountAdministrator,
    /// Groups read and write, users read, job reports.
    GroupManager,
    /// Users read and write, groups read, job reports.
    UserManager,
    /// Reads and job reports.
    Reader,
    /// Reads, job reports, and approving jobs that a guard holds back.
    Approver,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::AccountAdministrator => Self::AccountAdministrator,
            RoleName::GroupManager => Self::GroupManager,
            RoleName::UserManager => Self::UserManager,
            RoleName::Reader => Self::Reader,
            RoleName::Approver => Self::Approver,
        }
    }
}

/// A dialect on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DialectName {
    /// The standard.
    Standard,
    /// Members by userName, integer ids, `meta.jobId`.
    Firstup,
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Self {
        match name {
            DialectName::Standard => Self::Standard,
            DialectName::Firstup => Self::Firstup,
        }
    }
}

/// `throng demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// End when the demo is done instead of staying up.
    #[arg(long)]
    pub exit: bool,
    /// Keep the data in this directory, which must be empty or new.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// People to generate for the large import and group.
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub people: u32,
}
