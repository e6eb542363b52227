//! Databases of a test server: one template a process, one clone a test.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;

use crate::{Failure, settings};

/// A database of its own; dropped with the value.
pub struct Database {
    name: String,
    url: String,
    admin_url: String,
}

impl Database {
    /// Its URL, for a role that may migrate it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its URL for a superuser, whom row-level security does not stop.
    #[must_use]
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database that stays is removed with its server.
        let _ = run(&[&format!("drop database if exists {} with (force)", self.name)]);
    }
}

/// A migrated database.
///
/// # Errors
/// No server to test on, or one that refuses.
pub fn fresh_database() -> Result<Database, Failure> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let template = template()?;
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    run(&[&format!("create database {name} template {template}")])?;
    let (url, admin_url) = (url_of(&server_url()?, &name)?, url_of(&admin_url()?, &name)?);
    Ok(Database { name, url, admin_url })
}

/// The server's URL, as `THRONG_TEST_POSTGRES_URL` gives it.
///
/// # Errors
/// It is not set.
pub fn server_url() -> Result<String, Failure> {
    variable("THRONG_TEST_POSTGRES_URL").ok_or_else(|| {
        "THRONG_TEST_POSTGRES_URL is not set: run the tests by `cargo xtask test`, which starts a server"
            .into()
    })
}

/// A variable that tells a test where it runs.
#[expect(clippy::disallowed_methods, reason = "tests are told by their environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The server's URL for a superuser, as `THRONG_TEST_POSTGRES_ADMIN_URL` gives it.
///
/// # Errors
/// It is not set.
pub fn admin_url() -> Result<String, Failure> {
    variable("THRONG_TEST_POSTGRES_ADMIN_URL").ok_or_else(|| {
        "THRONG_TEST_POSTGRES_ADMIN_URL is not set beside THRONG_TEST_POSTGRES_URL: `cargo xtask test` sets both".into()
    })
}

/// A server's URL with another database's name.
fn url_of(server: &str, database: &str) -> Result<String, Failure> {
    let (base, _) = server.rsplit_once('/').ok_or("the URL of the test server names no database")?;
    Ok(format!("{base}/{database}"))
}

/// The name of this process's template, made at the first call.
fn template() -> Result<&'static str, Failure> {
    static TEMPLATE: OnceLock<Result<String, String>> = OnceLock::new();
    let made = TEMPLATE.get_or_init(|| {
        let make = || -> Result<String, Failure> {
            let name = format!("template_{}", std::process::id());
            run(&[&format!("drop database if exists {name}"), &format!("create database {name}")])?;
            drop(throng_store::open_postgres(&settings(&url_of(&server_url()?, &name)?))?);
            Ok(name)
        };
        make().map_err(|error| error.to_string())
    });
    made.as_deref().map_err(|error| error.clone().into())
}

/// Runs statements on the server, on a thread of its own: a test may be inside a runtime.
fn run(statements: &[&str]) -> Result<(), Failure> {
    let url = server_url()?;
    let execute = || -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
            let driven = tokio::spawn(connection);
            for statement in statements {
                client.batch_execute(statement).await?;
            }
            drop(client);
            Ok(driven.await??)
        })
    };
    std::thread::scope(|scope| scope.spawn(execute).join().map_err(|_| Failure::from("a panic"))?)
}
