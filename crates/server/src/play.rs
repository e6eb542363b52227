//! `throng demo`: a fresh directory, a real server on a free port, and the demo driving it over HTTP.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Caller, Role};
use throng_web::AppState;

use crate::config::{Config, Place};
use crate::demo::Demo;
use crate::serve::{Listen, Running};
use crate::{Failure, cli, wire};

/// The demo's account.
const ACCOUNT: &str = "acmeco";

/// Runs the demo; then stays up until Ctrl-C, or leaves with `--exit`.
///
/// # Errors
/// A directory to keep that is in use, a server that cannot start, or an answer that is not as it must be.
pub async fn run(options: cli::Demo) -> Result<(), Failure> {
    let data = DataDirectory::new(options.keep)?;
    let config = Config::load(None)?;
    let directory = wire::open_to_serve(&Place::Data(data.path().to_owned()), &config)?;
    let operator = Caller::operator();
    directory.create_account(&operator, ACCOUNT).await?;
    let request = KeyRequest {
        client: Some("demo".to_owned()),
        ..KeyRequest::new(Some(ACCOUNT), Role::AccountAdministrator)
    };
    let token = directory.create_key(&operator, request).await?.token;
    let state = AppState::new(Arc::clone(&directory), None);
    let running = Running::start(directory, state, Listen::here(), true).await?;
    let demo = Demo {
        base_url: format!("http://{}", running.address),
        account: ACCOUNT.to_owned(),
        token,
        generated: options.people as usize,
        data: data.kept().map(Path::to_owned),
        stays: !options.exit,
    };
    let played = demo.play().await;
    if played.is_ok() && !options.exit {
        writeln!(std::io::stdout(), "The server stays up until Ctrl-C.")?;
        tokio::signal::ctrl_c().await?;
    }
    running.stop().await?;
    Ok(played?)
}

/// The demo's data: kept where the user said, or in a directory of its own that goes at the end.
enum DataDirectory {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl DataDirectory {
    fn new(keep: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(path) = keep else {
            return Ok(Self::Temporary(tempfile::Builder::new().prefix("throng-demo-").tempdir()?));
        };
        std::fs::create_dir_all(&path)?;
        if std::fs::read_dir(&path)?.next().is_some() {
            return Err(format!("{} is not empty; the demo starts from nothing", path.display()).into());
        }
        Ok(Self::Kept(path))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }

    fn kept(&self) -> Option<&Path> {
        match self {
            Self::Kept(path) => Some(path),
            Self::Temporary(_) => None,
        }
    }
}
