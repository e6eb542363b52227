//! `throng account`, `throng key`, `throng clock`, `throng openapi`.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use throng_api::{AccountSettings, KeyShown, SettingNumber};
use throng_client::Client;
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Caller, Dialect, Directory, Role, Settings};
use throng_scim::Registry;

use crate::cli::{AccountCommand, ClockCommand, KeyCommand, KeyCreate, Place};
use crate::config::{Config, Secret};
use crate::{Failure, wire};

/// Where a command does its work.
enum Target {
    Store(Arc<Directory>),
    Server(Client),
}

impl Place {
    /// `makes` = a data directory that does not exist is made.
    fn target(self, makes: bool) -> Result<Target, Failure> {
        let mut config = Config::load(None)?;
        match (self.data, self.database, self.server, self.token) {
            (None, None, Some(server), Some(token)) => {
                return Ok(Target::Server(Client::new(&server, &token)?));
            }
            (Some(data), None, None, _) => {
                if !makes && !data.is_dir() {
                    let make = "`throng account create` makes one";
                    return Err(format!("there is no data directory {}; {make}", data.display()).into());
                }
                (config.data, config.database.url) = (data, None);
            }
            (None, Some(url), None, _) => config.database.url = Some(Secret(url)),
            (None, None, None, _) if config.database.url.is_some() => {}
            _ => return Err("give --data DIR, or --database URL, or --server URL and --token KEY".into()),
        }
        Ok(Target::Store(wire::open(&config.place()?, Settings::default(), Registry::standard())?))
    }
}

/// `throng account …`.
///
/// # Errors
/// What the directory or the server answers.
pub async fn account(command: AccountCommand) -> Result<(), Failure> {
    match command {
        AccountCommand::Create { account, place } => {
            match place.target(true)? {
                Target::Store(directory) => {
                    directory.create_account(&Caller::operator(), &account).await?;
                }
                Target::Server(client) => client.create_account(&account).await?,
            }
            print(&account)
        }
        AccountCommand::Show { account, place } => match place.target(false)? {
            Target::Store(directory) => {
                print_settings(directory.account_settings(&Caller::operator(), &account).await?)
            }
            Target::Server(client) => print_settings(with_off(client.account_settings(&account).await?)),
        },
        AccountCommand::Set { account, settings, place } => {
            let changes = settings.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
            match place.target(false)? {
                Target::Store(directory) => {
                    let operator = Caller::operator();
                    print_settings(directory.change_account_settings(&operator, &account, changes).await?)
                }
                Target::Server(client) => {
                    let changes = serde_json::from_value(Value::Object(changes))?;
                    print_settings(with_off(client.change_account_settings(&account, &changes).await?))
                }
            }
        }
    }
}

/// The settings as a server answers them: what is absent there is off.
fn with_off(settings: AccountSettings) -> AccountSettings {
    let off = || Some(SettingNumber::Text("off".to_owned()));
    AccountSettings {
        guard_count: settings.guard_count.or_else(off),
        guard_percent: settings.guard_percent.or_else(off),
        ..settings
    }
}

/// Prints settings as `throng account set` takes them, one a line.
fn print_settings(settings: impl Serialize) -> Result<(), Failure> {
    let Value::Object(settings) = serde_json::to_value(settings)? else { return Ok(()) };
    for (name, value) in settings {
        let value = match value {
            Value::String(text) => text,
            Value::Null => "off".to_owned(),
            other => other.to_string(),
        };
        print(&format!("{name}={value}"))?;
    }
    Ok(())
}

/// `throng key …`.
///
/// # Errors
/// What the directory or the server answers.
pub async fn key(command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::Create(asked) => create_key(asked).await,
        KeyCommand::List { account, place } => {
            let keys = match place.target(false)? {
                Target::Store(directory) => {
                    let keys = directory.keys(&Caller::operator(), account.as_deref()).await?;
                    let account = account.unwrap_or_default();
                    keys.into_iter().map(|key| throng_web::key_shown(&account, key)).collect()
                }
                Target::Server(client) => client.keys(&account.ok_or(LOCAL)?).await?,
            };
            print("key  client id  client  role  made  ends  used  scopes")?;
            keys.iter().try_for_each(print_key)
        }
        KeyCommand::Rotate { account, key, overlap_hours, days, place } => {
            let overlap = Duration::from_hours(overlap_hours);
            let token = match place.target(false)? {
                Target::Store(directory) => {
                    let asked = (Some(overlap), days);
                    directory.rotate_key(&Caller::operator(), Some(&account), &key, asked).await?.token
                }
                Target::Server(client) => {
                    let asked = throng_api::KeyRotate { overlap_seconds: Some(overlap.as_secs()), days };
                    client.rotate_key(&account, &key, &asked).await?.key
                }
            };
            print(&token)
        }
        KeyCommand::Delete { account, key, operator: _, place } => {
            match place.target(false)? {
                Target::Store(directory) => {
                    directory.delete_key(&Caller::operator(), account.as_deref(), &key).await?;
                }
                Target::Server(client) => client.delete_key(&account.ok_or(LOCAL)?, &key).await?,
            }
            Ok(())
        }
    }
}

/// What a server does not do from afar.
const LOCAL: &str = "an operator's key can only be managed with --data or --database";

async fn create_key(asked: KeyCreate) -> Result<(), Failure> {
    let role = asked.role.map_or(Role::Operator, Role::from);
    let dialect = Dialect::from(asked.dialect);
    let (account, client, user, source) = (asked.account, asked.client, asked.user, asked.source);
    let (scopes, days) = ((!asked.scopes.is_empty()).then(|| asked.scopes.join(" ")), asked.days);
    let token = match asked.place.target(account.is_none())? {
        Target::Store(directory) => {
            let request = KeyRequest { account, client, role, dialect, user, source, scopes, days };
            directory.create_key(&Caller::operator(), request).await?.token
        }
        Target::Server(server) => {
            let account = account.ok_or(LOCAL)?;
            let (role, dialect) = (role.as_str().to_owned(), Some(dialect.as_str().to_owned()));
            let asked = throng_api::KeyCreate { role, client, dialect, user, source, scopes, days };
            server.create_key(&account, &asked).await?.key
        }
    };
    print(&token)
}

/// A key in a line, what is not there as a hyphen.
fn print_key(key: &KeyShown) -> Result<(), Failure> {
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let (end, used) = (or(&key.expires_at), or(&key.last_used_at));
    let KeyShown { key_id, client_id, role, created_at, scopes, .. } = key;
    print(&format!("{key_id}  {client_id}  {}  {role}  {created_at}  {end}  {used}  {scopes}", key.client))
}

/// `throng clock …`.
///
/// # Errors
/// What the directory or the server answers.
pub async fn clock(command: ClockCommand) -> Result<(), Failure> {
    let ClockCommand::Confirm { place } = command;
    match place.target(false)? {
        Target::Store(directory) => directory.trust_clock(&Caller::operator()).await?,
        Target::Server(client) => client.confirm_clock().await?,
    }
    Ok(())
}

/// `throng openapi`.
///
/// # Errors
/// Standard output that cannot be written.
pub fn openapi() -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(&throng_web::openapi())?)
}

/// What a managing command prints.
///
/// # Errors
/// Standard output that cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
