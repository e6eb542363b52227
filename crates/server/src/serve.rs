//! `throng serve`: the server, from an open store to a clean end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use throng_directory::{Directory, workers};
use throng_web::AppState;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::{Failure, cli, wire};

/// How long requests may take to end after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(15);

/// Runs the server until a signal stops it.
///
/// # Errors
/// A configuration, data directory or address that cannot be used.
pub async fn run(options: cli::Serve) -> Result<(), Failure> {
    let mut config = Config::load(options.config.as_deref())?;
    config.data = options.data.unwrap_or(config.data);
    config.listen = options.listen.unwrap_or(config.listen);
    arm_failpoint(config.failpoint.as_deref())?;
    let directory = wire::open(&config.data, config.settings())?;
    let running = Running::start(directory, config.listen, config.base_url.clone()).await?;
    tracing::info!(address = %running.address, data = %config.data.display(), "serving");
    stop_signal().await?;
    tracing::info!("stopping");
    running.stop().await
}

/// A server that listens and works.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    http: JoinHandle<std::io::Result<()>>,
    work: JoinHandle<()>,
}

impl Running {
    /// Sweeps what unfinished uploads left, then listens and starts the workers.
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub async fn start(
        directory: Arc<Directory>,
        listen: SocketAddr,
        base_url: Option<String>,
    ) -> Result<Self, Failure> {
        directory.sweep_all_staged().await;
        let listener =
            TcpListener::bind(listen).await.map_err(|error| format!("cannot listen on {listen}: {error}"))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let router = throng_web::router(AppState::new(Arc::clone(&directory), base_url));
        // Answers are written whole, so waiting for more to send only delays them.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        let mut told = stopped.clone();
        let drained = async move { drop(told.wait_for(|stop| *stop).await) };
        let http =
            tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(drained).await });
        let work = tokio::spawn(workers::run(directory, stopped));
        Ok(Self { address, stop, http, work })
    }

    /// Takes no new requests and claims no new jobs, lets what runs come to an end, and returns.
    ///
    /// # Errors
    /// A listener that failed.
    pub async fn stop(self) -> Result<(), Failure> {
        // Nobody listens any more when both ended by themselves.
        let _ = self.stop.send(true);
        if tokio::time::timeout(DRAIN, self.work).await.is_err() {
            tracing::warn!("a job did not come to rest; its lease runs out");
        }
        let Ok(ended) = tokio::time::timeout(DRAIN, self.http).await else {
            tracing::warn!("requests were still running");
            return Ok(());
        };
        Ok(ended??)
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

/// Arms the point of a crash test: `<name>:<hit>`.
#[cfg(feature = "failpoints")]
fn arm_failpoint(point: Option<&str>) -> Result<(), Failure> {
    if let Some((name, hit)) = point.and_then(|point| point.split_once(':')) {
        if !throng_jobs::failpoint::POINTS.contains(&name) {
            return Err(format!("there is no failpoint {name}").into());
        }
        throng_jobs::failpoint::arm(name, hit.parse()?, || std::process::abort());
    }
    Ok(())
}

#[cfg(not(feature = "failpoints"))]
fn arm_failpoint(point: Option<&str>) -> Result<(), Failure> {
    match point {
        None => Ok(()),
        Some(_) => Err("failpoint is set, but this build has none".into()),
    }
}
