//! `throng account`, `throng key`, `throng openapi`.

use std::io::Write;
use std::path::Path;

use throng_client::Client;
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Dialect, Role, Settings};

use crate::cli::{AccountCommand, KeyCommand, KeyCreate, Place};
use crate::{Failure, wire};

/// Where a command does its work.
enum Target<'a> {
    Data(&'a Path),
    Server(Client),
}

impl Place {
    fn target(&self) -> Result<Target<'_>, Failure> {
        match (&self.data, &self.server, &self.token) {
            (Some(data), None, _) => Ok(Target::Data(data)),
            (None, Some(server), Some(token)) => Ok(Target::Server(Client::new(server, token)?)),
            _ => Err("give --data DIR, or --server URL and --token KEY".into()),
        }
    }
}

/// `throng account …`.
///
/// # Errors
/// What the directory or the server answers.
pub async fn account(command: AccountCommand) -> Result<(), Failure> {
    let AccountCommand::Create { account, place } = command;
    match place.target()? {
        Target::Data(data) => {
            let directory = wire::open(data, Settings::default())?;
            directory.create_account(&wire::local_operator(), &account).await?;
        }
        Target::Server(client) => client.create_account(&account).await?,
    }
    print(&account)
}

/// `throng key …`.
///
/// # Errors
/// What the directory or the server answers.
pub async fn key(command: KeyCommand) -> Result<(), Failure> {
    let KeyCommand::Create(KeyCreate { account, role, operator: _, dialect, client: name, place }) = command;
    let role = role.map_or(Role::Operator, Role::from);
    let dialect = Dialect::from(dialect);
    let token = match place.target()? {
        Target::Data(data) => {
            if account.is_some() && !data.is_dir() {
                let make = "`throng account create` makes one";
                return Err(format!("there is no data directory {}; {make}", data.display()).into());
            }
            let directory = wire::open(data, Settings::default())?;
            let request = KeyRequest { account, client: name, role, dialect };
            directory.create_key(&wire::local_operator(), request).await?
        }
        Target::Server(client) => {
            let account = account.ok_or("an operator's key can only be made with --data")?;
            client.create_key(&account, role.as_str(), dialect.as_str(), name.as_deref()).await?
        }
    };
    print(&token)
}

/// `throng openapi`.
///
/// # Errors
/// Standard output that cannot be written.
pub fn openapi() -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(&throng_web::openapi())?)
}

/// The one thing that a managing command prints.
fn print(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
