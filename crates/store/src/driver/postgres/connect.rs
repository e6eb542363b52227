//! Connections that are fit for use: with the session's settings, in the restricted role, on the right server.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join;
use tokio_postgres::Config;
use tokio_postgres::types::Type;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::cluster::{self, Seen};
use super::failure::{Failure, text};
use super::link::{ANSWER_MAX, Begins, ENTER, Link, Remote};
use super::tls;
use super::url::{Target, Tls};
use super::wire::Wire;
use crate::driver::stopwatch::Stopwatch;

/// The role that the server works in. It owns nothing and bypasses no policy.
pub const ROLE: &str = "throng_app";
/// After a failed attempt to connect the next one waits this long; what comes meanwhile fails at once.
const PAUSE: Duration = Duration::from_millis(250);

/// The settings of every session. Plans must not depend on statistics that are missing or old: every statement
/// is written for an index. Warnings must arrive, since one of them says that a commit is not replicated. A
/// session that stands still with a transaction open, or whose client is gone, must not hold its locks.
const SETTINGS: [(&str, &str); 16] = [
    ("search_path", "throng"),
    ("client_min_messages", "warning"),
    ("default_transaction_isolation", "read committed"),
    ("idle_in_transaction_session_timeout", "5s"),
    ("statement_timeout", "30s"),
    ("lock_timeout", "10s"),
    ("row_security", "on"),
    ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("client_connection_check_interval", "2s"),
    ("tcp_user_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "3"),
    ("tcp_keepalives_count", "3"),
];

/// Makes connections.
pub struct Connector {
    target: Target,
    /// The target's hosts, one by one.
    hosts: Vec<Config>,
    /// The host that was used last.
    preferred: AtomicUsize,
    tls: Option<MakeRustlsConnect>,
    /// Whether a transaction pooler stands between: then nothing of a session outlives its transaction.
    pub pooler: bool,
    session: Vec<(String, String)>,
    /// The server that this process works on.
    pub seen: Seen,
    gate: Mutex<Gate>,
}

/// Keeps all threads from trying an address that does not answer.
#[derive(Default)]
struct Gate {
    /// Since when it fails, and why.
    failed: Option<(Stopwatch, String)>,
    /// Whether somebody is trying.
    trying: bool,
}

impl Connector {
    /// A connector for this target. `session` are further settings, after the usual ones.
    ///
    /// # Errors
    /// What is wrong with the settings or the certificates.
    pub fn new(mut target: Target, pooler: bool, session: &[(String, String)]) -> Result<Self, String> {
        for (name, _) in session {
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte)) {
                return Err(format!("{name} is no setting of a session"));
            }
        }
        let tls = match &target.tls {
            Tls::Off => None,
            Tls::Verified(root) => Some(tls::connector(root.as_deref())?),
        };
        if !pooler {
            let mut options = target.config.get_options().unwrap_or("").to_owned();
            for (name, value) in settings(session) {
                let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
                options.extend([" -c ", name, "=", &value]);
            }
            target.config.options(options);
        }
        let hosts = target.hosts();
        let session = session.to_vec();
        Ok(Self {
            target,
            hosts,
            preferred: AtomicUsize::new(0),
            tls,
            pooler,
            session,
            seen: Seen::default(),
            gate: Mutex::default(),
        })
    }

    /// A connection that was checked.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn connect(&self) -> Result<Link, String> {
        self.pass_gate()?;
        let result = self.attempt();
        let mut gate = self.gate();
        gate.trying = false;
        gate.failed = result.as_ref().err().map(|why| (Stopwatch::start(), why.clone()));
        result
    }

    /// A connection in the role that logged in, for changing the schema.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn connect_plain(&self) -> Result<Link, String> {
        self.first_of_hosts(|host| self.open(host, false).map_err(|failure| self.unreachable(&failure)))
    }

    fn pass_gate(&self) -> Result<(), String> {
        let mut gate = self.gate();
        if let Some((since, why)) = &gate.failed
            && (gate.trying || since.elapsed() < PAUSE)
        {
            return Err(why.clone());
        }
        gate.trying = true;
        Ok(())
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt(&self) -> Result<Link, String> {
        self.first_of_hosts(|host| {
            let mut link = self.open(host, true).map_err(|failure| self.unreachable(&failure))?;
            cluster::check(&mut link, &self.seen)
                .map_err(|why| format!("the database {} cannot be used: {why}", self.target.name))?;
            Ok(link)
        })
    }

    /// The first host with which it works, or why it does not with the last of them.
    fn first_of_hosts(&self, work: impl Fn(&Config) -> Result<Link, String>) -> Result<Link, String> {
        let mut failed = String::new();
        for at in self.order() {
            match work(&self.hosts[at]) {
                Ok(link) => {
                    self.preferred.store(at, Ordering::Relaxed);
                    return Ok(link);
                }
                Err(why) => failed = why,
            }
        }
        Err(failed)
    }

    /// The hosts from the one that was used last. Whoever has seen no server yet cannot tell a former primary by
    /// itself, and takes the newest timeline first.
    fn order(&self) -> Vec<usize> {
        let (hosts, first) = (self.hosts.len(), self.preferred.load(Ordering::Relaxed));
        let mut order: Vec<usize> = (0..hosts).map(|step| (first + step) % hosts).collect();
        if hosts > 1 && self.seen.is_nothing() {
            order.sort_by_cached_key(|at| Reverse(self.timeline(&self.hosts[*at])));
        }
        order
    }

    /// The timeline on which a host writes; none if it does not say.
    fn timeline(&self, host: &Config) -> Option<i64> {
        cluster::timeline(&mut self.open(host, false).ok()?).ok()
    }

    fn open(&self, host: &Config, restricted: bool) -> Result<Link, Failure> {
        let (client, mut wire) = Wire::connect(host, self.tls.as_ref())?;
        let begins = self.begins(restricted);
        let enter = if self.pooler {
            None
        } else {
            let role = role_and_durability(restricted, false);
            let work = async {
                let (role, enter) =
                    join(client.batch_execute(&role), client.prepare_typed(ENTER, &[Type::TEXT])).await;
                role.and(enter)
            };
            Some(wire.run(ANSWER_MAX, work)??)
        };
        Ok(Link::new(wire, Remote { client, begins, enter }))
    }

    fn begins(&self, restricted: bool) -> Begins {
        let mut local = String::new();
        if self.pooler {
            for (name, value) in settings(&self.session).filter(|(name, _)| !name.starts_with("tcp_")) {
                local.extend(["; set local ", name, " = '", &value.replace('\'', "''"), "'"]);
            }
            local.extend(["; ", &role_and_durability(restricted, true)]);
        }
        Begins {
            write: format!("begin isolation level read committed{local}"),
            read: format!("begin isolation level repeatable read read only{local}"),
        }
    }

    fn unreachable(&self, failure: &Failure) -> String {
        let why = match failure {
            Failure::Server(error) => text(error),
            Failure::TimedOut => "no answer in time".to_owned(),
            Failure::Machine(error) => error.to_string(),
        };
        format!("the database {} cannot be reached: {why}", self.target.name)
    }
}

fn settings(session: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    let further = session.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    SETTINGS.into_iter().chain(further)
}

/// Takes on the restricted role, if the login may, and commits at least as durably as this server's disk; a
/// stronger default stays.
fn role_and_durability(restricted: bool, local: bool) -> String {
    let durability = format!(
        "set_config('synchronous_commit', case current_setting('synchronous_commit') \
         when 'remote_apply' then 'remote_apply' else 'on' end, {local})"
    );
    if !restricted {
        return format!("select {durability}");
    }
    format!(
        "select {durability}; select set_config('role', '{ROLE}', {local}) from pg_roles \
         where rolname = '{ROLE}' and pg_has_role(session_user, oid, 'member')"
    )
}

#[cfg(test)]
mod tests;
