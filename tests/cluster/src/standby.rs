//! A second server that follows the first, and takes its place.

use crate::cluster::{Cluster, configure};
use crate::home::Home;
use crate::{Outcome, program, wait};

/// How long a standby may take to catch up so far that the primary waits for it, and to become a primary.
const STANDBY_SECONDS: u64 = 60;

impl Cluster {
    /// Makes a copy of this cluster (`pg_basebackup`) and starts a server on it that follows this one by streaming, as
    /// `application_name` = `name`. It has a port and a folder of its own, and the same roles and passwords.
    ///
    /// # Errors
    /// If the copy cannot be made or its server does not start.
    pub fn standby(&self, name: &str) -> Outcome<Self> {
        let base = self.home.path().parent().unwrap_or(self.home.path());
        let home = Home::create(self.owner, base)?;
        let mut command = self.installation.command("pg_basebackup", self.owner, home.path());
        let source = format!("{}?application_name={name}", self.admin_url("postgres"));
        command.arg("-D").arg(home.data()).args(["-R", "-X", "stream", "-c", "fast", "-N", "-d", &source]);
        program::output(&mut command)?;
        // It must not wait for standbys of the primary when it has become one itself.
        let alone = ("synchronous_standby_names".to_owned(), String::new());
        configure(&home.data().join("postgresql.auto.conf"), &[alone])?;
        self.beside(home).launch()
    }

    /// Sets `synchronous_standby_names`, and waits until every commit waits for one of the standbys so named. With an
    /// empty text no commit waits any more.
    ///
    /// # Errors
    /// If the setting is refused, or if no such standby is in step after a minute.
    pub fn make_synchronous(&self, names: &str) -> Outcome {
        self.set("synchronous_standby_names", names)?;
        if names.is_empty() {
            return Ok(());
        }
        let count = "select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')";
        wait::until(STANDBY_SECONDS, "a synchronous standby", || Ok(self.sql("postgres", count)? != "0"))
    }

    /// Makes a standby a primary, and waits until it takes writes.
    ///
    /// # Errors
    /// If it is no standby, or has not become a primary after a minute.
    pub fn promote(&mut self) -> Outcome {
        let mut command = self.installation.command("pg_ctl", self.owner, self.home.path());
        command.arg("promote").arg("-D").arg(self.home.data());
        program::output(command.args(["-w", "-t", &STANDBY_SECONDS.to_string()])).map(drop)
    }
}
