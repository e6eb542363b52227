//! The server under test: a child process, and what the kernel says about it.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::clock::Watch;
use crate::connection::{Connection, Request};
use crate::{Failure, Outcome};

/// How long the server may take to listen, and to end.
const PATIENCE: Duration = Duration::from_mins(2);
/// With what passwords are sealed that lie in a PostgreSQL: 32 bytes in base64, which keep nothing secret here.
const SEALING_KEY: &str = "YmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaGJlbmNoYmU=";
/// The account of the benches.
pub const ACCOUNT: &str = "bench";

/// A data directory of the product, with an account and a key.
#[derive(Clone, Debug)]
pub struct DataDirectory {
    /// Where it is.
    pub path: PathBuf,
    /// A credential of an administrator of the account.
    pub token: String,
}

impl DataDirectory {
    /// Makes one, by the product's own command line.
    ///
    /// # Errors
    /// A command that failed.
    pub fn create(binary: &Path, path: &Path) -> Outcome<Self> {
        let data = path.to_str().ok_or("the data directory's name is no UTF-8")?;
        Ok(Self { path: path.to_owned(), token: new_account(binary, ["--data", data])? })
    }
}

/// Makes the account of the benches in a place that the product's command line names. Returns the credential of
/// an administrator.
///
/// # Errors
/// A command that failed.
pub fn new_account(binary: &Path, place: [&str; 2]) -> Outcome<String> {
    command(binary, &[&["account", "create", ACCOUNT], &place[..]].concat())?;
    let key = command(
        binary,
        &[&["key", "create", ACCOUNT, "--role", "account-administrator"], &place[..]].concat(),
    )?;
    Ok(key.trim().to_owned())
}

fn command(binary: &Path, arguments: &[&str]) -> Outcome<String> {
    let done = Command::new(binary).args(arguments).output();
    let done = done.map_err(|error| format!("{}: {error}", binary.display()))?;
    if done.status.success() {
        return Ok(String::from_utf8(done.stdout)?);
    }
    // Only what was to be done: where may be a URL with a password.
    let what = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    Err(format!("throng {what}: {}", String::from_utf8_lossy(&done.stderr)).into())
}

/// A process that listens.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// What its clients present.
    pub token: String,
}

impl Server {
    /// Starts the product on a data directory, and waits until it answers. Its log lies beside the directory.
    ///
    /// # Errors
    /// A server that does not start or does not answer.
    pub fn start(binary: &Path, data: &DataDirectory) -> Outcome<Self> {
        let path = data.path.to_str().ok_or("the data directory's name is no UTF-8")?;
        Self::start_on(binary, ["--data", path], &data.token, &data.path.with_extension("log"))
    }

    /// Starts the product on a place that its command line names, and waits until it answers.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_on(binary: &Path, place: [&str; 2], token: &str, log: &Path) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = Command::new(binary);
        if place[0] == "--database" {
            // A data directory has a key of its own.
            command.env("THRONG_SECRETS__KEY", SEALING_KEY);
        }
        let child = command
            .arg("serve")
            .args(place)
            .args(["--listen", &address.to_string()])
            .stdout(Stdio::null())
            .stderr(File::create(log)?)
            .spawn()?;
        let mut server = Self { child, address, token: token.to_owned() };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// Starts this program as the HTTP server that only answers.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn bare(bodies: &Path) -> Outcome<Self> {
        let address = free_address()?;
        let log = File::create(bodies.join("bare.log"))?;
        std::fs::write(bodies.join("address"), address.to_string())?;
        let child = Command::new(std::env::current_exe()?).arg("--bare").arg(bodies).stderr(log).spawn()?;
        let mut server = Self { child, address, token: "bare".to_owned() };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    fn wait_until_it_answers(&mut self) -> Outcome {
        let watch = Watch::start();
        let request = Request::get("/health", "").bytes();
        while watch.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended at once: {status}").into());
            }
            let answered = self.connect().and_then(|mut connection| connection.exchange(&request));
            if answered.is_ok_and(|status| status == 200) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err("the server does not answer".into())
    }

    /// A connection to it.
    ///
    /// # Errors
    /// One that is refused.
    pub fn connect(&self) -> Outcome<Connection> {
        Connection::open(self.address)
    }

    /// The most memory that was resident since the start, in bytes.
    ///
    /// # Errors
    /// A system without `/proc`.
    pub fn peak_bytes(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no VmHWM")?;
        Ok(kibibytes.parse::<u64>()? << 10)
    }

    /// Processor time since the start, in seconds.
    ///
    /// # Errors
    /// A system without `/proc`.
    pub fn cpu_seconds(&self) -> Outcome<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in brackets, may hold anything; user and system time are the 12th and 13th field after it.
        let fields = stat.rsplit_once(')').ok_or("an unknown form of /proc/<pid>/stat")?.1;
        let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<f64>);
        let mut tick = || ticks.next().ok_or_else(|| Failure::from("too few fields in /proc/<pid>/stat"));
        let (user, system) = (tick()??, tick()??);
        Ok((user + system) / TICKS_PER_SECOND)
    }

    /// Asks it to end, and waits for it.
    ///
    /// # Errors
    /// A server that does not end.
    pub fn stop(mut self) -> Outcome {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let watch = Watch::start();
        while watch.elapsed() < PATIENCE {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err("the server does not end".into())
    }
}

/// What Linux counts processor time in.
const TICKS_PER_SECOND: f64 = 100.0;

impl Drop for Server {
    fn drop(&mut self) {
        // After stop() there is nobody left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
