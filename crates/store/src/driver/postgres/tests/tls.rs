//! Connections that are encrypted, to the server whose authority `THRONG_TEST_POSTGRES_CA` names.

use super::{Flow, PgRow, Row, connector, fresh};
use crate::driver::postgres::connect::Connector;
use crate::driver::postgres::url::Target;
use crate::open::open_postgres;

/// The test server's certificate authority.
#[expect(clippy::disallowed_methods, reason = "tests are told by their environment")]
fn authority() -> String {
    std::env::var("THRONG_TEST_POSTGRES_CA")
        .expect("THRONG_TEST_POSTGRES_CA is not set: `cargo xtask test` starts a server with TLS")
}

/// A URL with further parameters, and with this host.
fn with(url: &str, host: &str, parameters: &str) -> String {
    format!("{}?{parameters}", url.replace("127.0.0.1", host))
}

fn is_encrypted(connector: &Connector) -> bool {
    let mut link = connector.connect_plain().unwrap();
    let mut encrypted = 0;
    let sql = "select count(*) from pg_stat_ssl where pid = pg_backend_pid() and ssl";
    link.run(sql, &[], |row| {
        encrypted = PgRow::from(&row, 0).int(0)?;
        Ok(Flow::More)
    })
    .unwrap();
    encrypted == 1
}

#[test]
fn a_verified_server_is_spoken_to_in_private() {
    let (database, mut settings) = fresh();
    let ca = authority();
    let verified = format!("sslmode=verify-full&sslrootcert={ca}");
    for host in ["localhost", "127.0.0.1"] {
        assert!(is_encrypted(&connector(&with(database.url(), host, &verified))));
    }
    // Among this machine's own processes there is nothing to hide.
    assert!(!is_encrypted(&connector(database.url())));
    settings.url = with(database.url(), "localhost", "sslmode=require");
    settings.root_certificate = Some(ca.into());
    assert!(open_postgres(&settings).is_ok());
}

#[test]
fn a_server_that_cannot_be_verified_is_refused() {
    let (database, _) = fresh();
    let ca = authority();
    // Nobody vouches for it, or for another name than this one. Every mode that encrypts also verifies.
    for mode in ["require", "verify-ca", "verify-full"] {
        let unknown = with(database.url(), "localhost", &format!("sslmode={mode}"));
        let elsewhere = format!("hostaddr=127.0.0.1&sslmode={mode}&sslrootcert={ca}");
        let other_name = with(database.url(), "elsewhere.example", &elsewhere);
        for url in [unknown, other_name] {
            let refused = Connector::new(Target::parse(&url, None).unwrap(), false, &[])
                .and_then(|connector| connector.connect_plain().map(drop))
                .unwrap_err();
            assert!(refused.contains("certificate"), "{mode}: {refused}");
            let password = url.split_once(':').unwrap().1.split(['@', ':']).nth(1).unwrap();
            assert!(!refused.contains(password), "the password is shown");
        }
    }
}
