//! One server with its data: started, asked, stopped, killed, paused, started again.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::home::Home;
use crate::installation::Installation;
use crate::owner::Owner;
use crate::{Outcome, certificate, processes, program, random, wait};

/// The superuser, and the role of the application: it may log in and make databases and roles, and is no superuser.
const SUPERUSER: &str = "postgres";
const APPLICATION: &str = "throng";

/// How every cluster is set up unless its options say otherwise. `fsync` stays on: tests run the real thing.
const SETTINGS: &[(&str, &str)] = &[
    ("password_encryption", "scram-sha-256"),
    ("shared_buffers", "128MB"),
    ("max_connections", "200"),
    ("wal_level", "replica"),
    ("max_wal_senders", "10"),
    // A standby that starts a little late still finds what it needs.
    ("wal_keep_size", "512MB"),
    ("hot_standby", "on"),
    // In the data directory, so that a killed server leaves nothing in /dev/shm.
    ("dynamic_shared_memory_type", "mmap"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_line_prefix", "%m [%p] %a "),
];

/// How long a server may take to accept connections; after a crash it replays its log first.
const START_SECONDS: u64 = 120;
/// How long a fast shutdown may take.
const STOP_SECONDS: u64 = 60;
/// How often another port is tried when somebody was quicker.
const PORT_TRIES: u32 = 5;

/// What a cluster should be like.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether the server speaks TLS, with a certificate for `localhost` and `127.0.0.1` by an authority of its own.
    /// Connections without TLS are accepted as well.
    pub tls: bool,
    /// Lines of `postgresql.conf`: names and values. They stand after the crate's own and win.
    pub settings: Vec<(String, String)>,
    /// The folder to put the cluster's own folder in, which the server's account must be able to reach. Default: the
    /// folder for temporary files.
    pub folder: Option<PathBuf>,
}

/// A running server, or one that was stopped and can be started again. When it is dropped, or when this process ends,
/// it is stopped at once and everything it wrote is removed.
pub struct Cluster {
    pub(crate) installation: Installation,
    pub(crate) owner: Owner,
    pub(crate) passwords: Passwords,
    pub(crate) ca: Option<PathBuf>,
    // Before the process: what is dropped first ends the server, then it is waited for.
    pub(crate) home: Home,
    port: u16,
    process: Process,
}

#[derive(Clone)]
pub(crate) struct Passwords {
    superuser: String,
    application: String,
}

/// The server's first process, if it was started.
struct Process(Option<Child>);

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // The guard of the home has ended it.
            let _ = child.wait();
        }
    }
}

impl Cluster {
    /// Makes a new cluster with the databases `postgres`, `template0` and `template1`, and starts its server on a free
    /// port of 127.0.0.1. As root it runs as `postgres` or `nobody`.
    ///
    /// # Errors
    /// If a program fails, or if the server does not accept connections within two minutes; with the server's log.
    pub fn start(installation: &Installation, options: &Options) -> Outcome<Self> {
        if options.tls && !installation.has_tls() {
            return Err(format!("{}: this server was built without TLS", installation.bin.display()));
        }
        let owner = Owner::choose()?;
        let base = options.folder.clone().unwrap_or_else(std::env::temp_dir);
        let home = Home::create(owner, &base)?;
        let passwords = Passwords { superuser: random::word()?, application: random::word()? };
        initialise(installation, owner, &home, &passwords.superuser)?;
        let ca = if options.tls { Some(certificate::make(owner, home.path(), &home.data())?) } else { None };
        let own = SETTINGS.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let tls = options.tls.then(|| ("ssl".to_owned(), "on".to_owned()));
        let settings: Vec<_> = own.chain(tls).chain(options.settings.iter().cloned()).collect();
        configure(&home.data().join("postgresql.conf"), &settings)?;
        create_role(installation, owner, &home, &passwords.application)?;
        Self::launch(Self {
            installation: installation.clone(),
            owner,
            passwords,
            ca,
            home,
            port: 0,
            process: Process(None),
        })
    }

    /// The cluster in its home, as it is made and not started yet.
    pub(crate) fn beside(&self, home: Home) -> Self {
        Self {
            installation: self.installation.clone(),
            owner: self.owner,
            passwords: self.passwords.clone(),
            ca: self.ca.clone(),
            home,
            port: 0,
            process: Process(None),
        }
    }

    /// Starts the server for the first time, on a free port.
    pub(crate) fn launch(mut self) -> Outcome<Self> {
        for _ in 1..PORT_TRIES {
            self.port = random::free_port()?;
            match self.run() {
                Err(complaint) if complaint.contains("could not bind") => {}
                other => return other.map(|()| self),
            }
        }
        self.port = random::free_port()?;
        self.run().map(|()| self)
    }

    /// Where the application connects: role `throng`, which is no superuser.
    pub fn url(&self, database: &str) -> String {
        self.url_of(APPLICATION, &self.passwords.application, database)
    }

    /// Where the superuser connects.
    pub fn admin_url(&self, database: &str) -> String {
        self.url_of(SUPERUSER, &self.passwords.superuser, database)
    }

    fn url_of(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// The port on 127.0.0.1; the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file with the certificate of the authority that signed the server's, in PEM; none without TLS.
    pub fn ca(&self) -> Option<&Path> {
        self.ca.as_deref()
    }

    /// The programs that it runs.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// What the server has logged since it was made.
    pub fn log(&self) -> Outcome<String> {
        let path = self.log_path();
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn log_path(&self) -> PathBuf {
        self.home.path().join("log")
    }

    /// What the superuser gets from these statements, by `psql`: a line a row, columns parted by `|`. Each statement is
    /// a transaction of its own.
    ///
    /// # Errors
    /// If there is no `psql`, if the server cannot be reached, or if a statement fails; the rest is not run then.
    pub fn sql(&self, database: &str, sql: &str) -> Outcome<String> {
        let psql = program::in_folder(&self.installation.bin, "psql").or_else(|| program::on_path("psql"));
        let Some(psql) = psql else {
            return Err(format!(
                "{}: no `psql` there or on the search path",
                self.installation.bin.display()
            ));
        };
        let mut command = self.owner.command(&psql, self.home.path());
        command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"]);
        command.env("PGHOST", "127.0.0.1").env("PGPORT", self.port.to_string());
        command.env("PGUSER", SUPERUSER).env("PGPASSWORD", &self.passwords.superuser);
        let text = program::output_of_input(&mut command, sql)?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// Changes a setting that needs no restart, in `postgresql.auto.conf`, and reloads.
    ///
    /// # Errors
    /// As [`Cluster::sql`].
    pub fn set(&self, name: &str, value: &str) -> Outcome {
        let value = value.replace('\'', "''");
        self.sql("postgres", &format!("alter system set {name} = '{value}';\nselect pg_reload_conf();"))
            .map(drop)
    }

    /// Kills the server and all its children in one moment (SIGKILL): none of them says a last word.
    ///
    /// # Errors
    /// If it is not running, or if it cannot be killed.
    pub fn kill(&mut self) -> Outcome {
        processes::kill(self.pid()?)?;
        self.reap()
    }

    /// Stops the server: connections are cut, transactions rolled back, everything is written (a fast shutdown).
    ///
    /// # Errors
    /// If it is not running, or has not ended after a minute.
    pub fn stop(&mut self) -> Outcome {
        let pid = self.pid()?;
        processes::resume(pid)?;
        processes::signal("INT", &[pid])?;
        wait::until(STOP_SECONDS, "the server has stopped", || Ok(!processes::lives(pid)))?;
        self.reap()
    }

    /// Starts the server again on the same data and the same port; one that runs is stopped first.
    ///
    /// # Errors
    /// If it cannot be stopped, or does not accept connections within two minutes.
    pub fn restart(&mut self) -> Outcome {
        if self.process.0.is_some() {
            self.stop()?;
        }
        self.run()
    }

    /// Stops all processes of the server where they are (SIGSTOP): connections stay open and nothing answers.
    ///
    /// # Errors
    /// If it is not running, or if it cannot be stopped.
    pub fn pause(&self) -> Outcome {
        processes::pause(self.pid()?)
    }

    /// Lets a server go on that was paused (SIGCONT).
    ///
    /// # Errors
    /// If it is not running.
    pub fn resume(&self) -> Outcome {
        processes::resume(self.pid()?)
    }

    fn pid(&self) -> Outcome<u32> {
        let child = self.process.0.as_ref().ok_or_else(|| "the server does not run".to_owned())?;
        Ok(child.id())
    }

    fn reap(&mut self) -> Outcome {
        let child = self.process.0.take();
        child.map_or(Ok(()), |mut child| child.wait().map(drop)).map_err(|error| format!("postgres: {error}"))
    }

    /// Ends a server that did not come up.
    fn abandon(&mut self) -> Outcome {
        if let Some(child) = &mut self.process.0
            && child.try_wait().is_ok_and(|ended| ended.is_none())
        {
            processes::kill(child.id())?;
        }
        self.reap()
    }

    /// Starts the server and waits until it accepts connections.
    fn run(&mut self) -> Outcome {
        let path = self.log_path();
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let log = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        let logged_bytes = log.metadata().map_err(failed)?.len();
        let other = log.try_clone().map_err(failed)?;
        let mut command = self.installation.command("postgres", self.owner, self.home.path());
        // On the command line, since a standby begins with a copy of its primary's settings.
        command.arg("-D").arg(self.home.data()).arg("-p").arg(self.port.to_string());
        command.arg("-k").arg(self.home.path()).args(["-c", "listen_addresses=127.0.0.1"]);
        // A group of its own: Ctrl-C is for us, and the guard ends the server in its way.
        command.stdin(Stdio::null()).stdout(log).stderr(other).process_group(0);
        self.process.0 = Some(command.spawn().map_err(|error| format!("postgres: {error}"))?);
        let ready = wait::until(START_SECONDS, "the server accepts connections", || self.is_ready());
        if let Err(complaint) = ready {
            self.abandon()?;
            let log = self.log()?;
            let said = usize::try_from(logged_bytes).ok().and_then(|start| log.get(start..)).unwrap_or(&log);
            return Err(format!("{complaint}; its log:\n{said}"));
        }
        Ok(())
    }

    /// Whether the server says in its pid file that it accepts connections.
    ///
    /// # Errors
    /// If it has ended.
    fn is_ready(&mut self) -> Outcome<bool> {
        let Some(child) = &mut self.process.0 else { return Err("the server does not run".to_owned()) };
        if let Some(status) = child.try_wait().map_err(|error| format!("postgres: {error}"))? {
            return Err(format!("postgres has ended ({status})"));
        }
        // Line 1 is the process, line 8 its state. The file of a server that was killed names another process.
        let text = fs::read_to_string(self.home.data().join("postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Ok(lines.first().is_some_and(|pid| *pid == child.id().to_string())
            && lines.get(7).is_some_and(|state| *state == "ready"))
    }
}

fn initialise(installation: &Installation, owner: Owner, home: &Home, password: &str) -> Outcome {
    let path = home.path().join("password");
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = File::create(&path).map_err(failed)?;
    file.write_all(password.as_bytes()).map_err(failed)?;
    owner.give(&path)?;
    let mut command = installation.command("initdb", owner, home.path());
    command.arg("-D").arg(home.data()).args(["-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8", "-N"]);
    command.args(["--locale=C", "--pwfile=password"]);
    if installation.has_icu() {
        // As production has it, a language's order, so that a query shows which forgets to ask for the order of bytes.
        command.args(["--locale-provider=icu", "--icu-locale=en-US"]);
    }
    program::output(&mut command)?;
    fs::remove_file(&path).map_err(failed)
}

/// Adds lines to a file of settings.
pub(crate) fn configure(path: &Path, settings: &[(String, String)]) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = OpenOptions::new().append(true).open(path).map_err(failed)?;
    for (name, value) in settings {
        writeln!(file, "{name} = '{}'", value.replace('\'', "''")).map_err(failed)?;
    }
    Ok(())
}

/// Makes the application's role before the server listens: the server alone, one statement a line.
fn create_role(installation: &Installation, owner: Owner, home: &Home, password: &str) -> Outcome {
    let mut command = installation.command("postgres", owner, home.path());
    command.arg("--single").arg("-D").arg(home.data()).args(["-c", "exit_on_error=on", "postgres"]);
    let statement = format!(
        "create role {APPLICATION} login createdb createrole nosuperuser nobypassrls noreplication password '{password}';\n"
    );
    program::output_of_input(&mut command, &statement).map(drop)
}
