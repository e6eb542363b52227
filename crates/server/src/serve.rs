//! `throng serve`: the server, from an open store to a clean end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use throng_directory::{Directory, workers};
use throng_web::{AppState, Networks};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::config::{Config, Connections, Place, Secret};
use crate::listen::tls::{Certificate, LOOKED_EVERY};
use crate::listen::{Bounds, Door};
use crate::operations::Operations;
use crate::{Failure, cli, wire};

/// How long requests may take to end after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(15);

/// Runs the server until a signal stops it.
///
/// # Errors
/// A configuration, data directory or address that cannot be used.
pub async fn run(options: cli::Serve) -> Result<(), Failure> {
    let mut config = Config::load(options.config.as_deref())?;
    if let Some(data) = options.data {
        (config.data, config.database.url) = (data, None);
    }
    if let Some(url) = options.database {
        config.database.url = Some(Secret(url));
    }
    config.listen = options.listen.unwrap_or(config.listen);
    arm_failpoint(config.failpoint.as_deref())?;
    let place = config.place()?;
    if options.no_work && matches!(place, Place::Data(_)) {
        return Err("--no-work needs --database: nobody else can work the jobs of a data directory".into());
    }
    let directory = wire::open_to_serve(&place, &config)?;
    let proxies = config.proxies()?;
    let state = AppState::new(Arc::clone(&directory), config.base_url).with_roles(config.scim.roles);
    let state = state.with_proxies(proxies.clone());
    let listen = Listen {
        address: config.listen,
        bounds: config.connections.bounds(),
        certificate: config.tls.files()?.map(Certificate::read).transpose()?,
        unbounded: proxies.trusted().clone(),
        operations: config.operations.listen,
    };
    let running = Running::start(directory, state, listen, !options.no_work).await?;
    tracing::info!(address = %running.address, data = %place, works = !options.no_work, "serving");
    stop_signal().await?;
    tracing::info!("stopping");
    running.stop().await
}

/// Works jobs until a signal stops it.
///
/// # Errors
/// A configuration or database that cannot be used.
pub async fn work(options: cli::Work) -> Result<(), Failure> {
    let mut config = Config::load(options.config.as_deref())?;
    if let Some(url) = options.database {
        config.database.url = Some(Secret(url));
    }
    arm_failpoint(config.failpoint.as_deref())?;
    let place = config.place()?;
    if matches!(place, Place::Data(_)) {
        return Err("throng work needs --database: a data directory belongs to one server".into());
    }
    let directory = wire::open_to_serve(&place, &config)?;
    let (stop, stopped) = watch::channel(false);
    let mut beside = JoinSet::new();
    if let Some(operations) = config.operations.listen {
        let shown = Operations { directory: Arc::clone(&directory), clients: None, stop: stopped.clone() };
        beside.spawn(shown.listen(operations).await?);
    }
    let work = tokio::spawn(workers::run(directory, stopped));
    tracing::info!(data = %place, "working");
    stop_signal().await?;
    tracing::info!("stopping");
    let _ = stop.send(true);
    rest(work).await;
    Ok(())
}

/// Waits until the workers have come to rest, or too long.
async fn rest(work: JoinHandle<()>) {
    if tokio::time::timeout(DRAIN, work).await.is_err() {
        tracing::warn!("a job did not come to rest; its lease runs out");
    }
}

/// Where and how a server listens.
pub struct Listen {
    /// The address.
    pub address: SocketAddr,
    /// How much clients may take.
    pub bounds: Bounds,
    /// What is shown of TLS; without it requests come plainly.
    pub certificate: Option<Arc<Certificate>>,
    /// Proxies, which may have as many connections as there are.
    pub unbounded: Networks,
    /// Where operators ask, if anywhere.
    pub operations: Option<SocketAddr>,
}

impl Listen {
    /// On some port of this machine, for nobody else.
    pub fn here() -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let bounds = Connections::default().bounds();
        Self { address, bounds, certificate: None, unbounded: Networks::default(), operations: None }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}").into())
}

/// A server that listens and works.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    http: JoinHandle<()>,
    /// What goes on for as long as requests may come.
    beside: JoinSet<()>,
    work: Option<JoinHandle<()>>,
    directory: Arc<Directory>,
}

impl Running {
    /// Brings what is stored in line with the definitions and sweeps what unfinished uploads left, then listens and, if it `works`, starts the workers.
    ///
    /// # Errors
    /// Resources that the definitions do not fit, an address that cannot be listened on.
    pub async fn start(
        directory: Arc<Directory>,
        state: AppState,
        listen: Listen,
        works: bool,
    ) -> Result<Self, Failure> {
        directory.apply_definitions().await?;
        directory.sweep_staged().await;
        let listener = bind(listen.address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let state = if listen.certificate.is_some() { state.over_tls() } else { state };
        let state = state.listening_on(address);
        if !address.ip().is_loopback() && !state.is_found_from_afar() {
            tracing::warn!("base_url is not set: links in answers lead to this machine alone");
        }
        let mut beside = JoinSet::new();
        let acceptor = listen.certificate.as_ref().map(Certificate::acceptor).transpose()?;
        if let Some(certificate) = listen.certificate {
            beside.spawn(certificate.follow(LOOKED_EVERY));
        }
        let router = throng_web::router(state.clone());
        let door = Door::new(listener, (router, acceptor), listen.bounds, stopped.clone());
        let door = door.without_bound_for(listen.unbounded);
        if let Some(operations) = listen.operations {
            let clients = Some((state, door.figures()));
            let shown = Operations { directory: Arc::clone(&directory), clients, stop: stopped.clone() };
            beside.spawn(shown.listen(operations).await?);
        }
        let http = tokio::spawn(door.serve());
        let work = works.then(|| tokio::spawn(workers::run(Arc::clone(&directory), stopped)));
        Ok(Self { address, stop, http, beside, work, directory })
    }

    /// Takes no new requests and claims no new jobs, lets what runs come to an end, and returns.
    ///
    /// # Errors
    /// A listener that panicked.
    pub async fn stop(mut self) -> Result<(), Failure> {
        // Nobody listens any more when both ended by themselves.
        let _ = self.stop.send(true);
        self.directory.stop_waiting();
        if let Some(work) = self.work {
            rest(work).await;
        }
        let ended = tokio::time::timeout(DRAIN, self.http).await;
        self.beside.shutdown().await;
        let Ok(ended) = ended else {
            tracing::warn!("requests were still running");
            return Ok(());
        };
        Ok(ended?)
    }
}

async fn stop_signal() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Arms the point of a crash test: `<name>:<hit>`, where the process kills itself, or `<name>:<hit>:stop`, where
/// it stands still until it is told to go on.
#[cfg(feature = "failpoints")]
fn arm_failpoint(point: Option<&str>) -> Result<(), Failure> {
    use throng_jobs::failpoint;

    let Some((name, hit)) = point.and_then(|point| point.split_once(':')) else { return Ok(()) };
    if !failpoint::POINTS.contains(&name) && !failpoint::POINTS_BESIDE.contains(&name) {
        return Err(format!("there is no failpoint {name}").into());
    }
    match hit.split_once(':') {
        Some((hit, "stop")) => failpoint::arm(name, hit.parse()?, stand_still),
        Some((_, other)) => return Err(format!("a failpoint kills or stops, and does not {other}").into()),
        None => failpoint::arm(name, hit.parse()?, || std::process::abort()),
    }
    Ok(())
}

/// Stops all threads of this process until somebody sends it SIGCONT.
#[cfg(feature = "failpoints")]
fn stand_still() {
    let process = std::process::id().to_string();
    let stopped = std::process::Command::new("kill").args(["-STOP", &process]).status();
    tracing::info!(?stopped, "stood still");
}

#[cfg(not(feature = "failpoints"))]
fn arm_failpoint(point: Option<&str>) -> Result<(), Failure> {
    match point {
        None => Ok(()),
        Some(_) => Err("failpoint is set, but this build has none".into()),
    }
}
