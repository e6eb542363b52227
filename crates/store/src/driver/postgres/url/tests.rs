use std::path::{Path, PathBuf};

use tokio_postgres::config::SslMode;

use super::{Target, Tls};

fn tls(url: &str) -> Tls {
    Target::parse(url, None).unwrap().tls
}

#[test]
fn only_this_machine_is_reached_without_tls() {
    for local in
        ["postgres://u@localhost/d", "postgresql://u@127.0.0.1,[::1]:5433/d", "postgres://u@%2Frun%2Fpg/d"]
    {
        assert_eq!(tls(local), Tls::Off, "{local}");
    }
    for far in ["postgres://u@db.example/d", "postgres://u@localhost,db.example/d", "postgres://u@10.0.0.1/d"]
    {
        assert_eq!(tls(far), Tls::Verified(None), "{far}");
    }
    let relabelled = "postgres://u@localhost/d?hostaddr=10.0.0.1";
    assert_eq!(tls(relabelled), Tls::Verified(None), "the address decides, not the name");
}

#[test]
fn sslmode_decides() {
    assert_eq!(tls("postgres://u@db.example/d?sslmode=disable"), Tls::Off);
    for mode in ["require", "verify-ca", "verify-full"] {
        let target = Target::parse(&format!("postgres://u@localhost/d?sslmode={mode}"), None).unwrap();
        assert_eq!(target.tls, Tls::Verified(None));
        assert_eq!(target.config.get_ssl_mode(), SslMode::Require);
    }
    for mode in ["prefer", "allow", "", "s3cret"] {
        let error = Target::parse(&format!("postgres://u:s3cret@db/d?sslmode={mode}"), None).err().unwrap();
        assert!(error.contains("verify-full") && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn the_certificate_of_the_url_goes_first() {
    let settings = Some(Path::new("/settings.pem"));
    let parse = |url| Target::parse(url, settings).unwrap().tls;
    let file = |path| Tls::Verified(Some(PathBuf::from(path)));
    assert_eq!(parse("postgres://u@db/d"), file("/settings.pem"));
    assert_eq!(parse("postgres://u@db/d?sslrootcert=%2Fa%20b.pem&connect_timeout=3"), file("/a b.pem"));
}

#[test]
fn other_parameters_stay() {
    let url =
        "postgres://u:p?x@a,b:5433/d?target_session_attrs=read-write&sslmode=require&application_name=n";
    let target = Target::parse(url, None).unwrap();
    assert_eq!(target.config.get_application_name(), Some("n"));
    assert_eq!(target.config.get_password(), Some(b"p?x".as_slice()));
    assert_eq!(target.config.get_hosts().len(), 2);
    assert_eq!(target.name, "a:5432,b:5433/d");
}

#[test]
fn no_error_shows_a_password() {
    for url in [
        "mysql://u:s3cret@h/d",
        "host=h password=s3cret",
        "postgres://u:s3cret@/d",
        "postgres://u:s3cret@h:port/d",
        "postgres://u:s3cret@h/d?colour=red",
        "postgres://u:p@s3cret@h/d",
        "postgres://u:s3cret%zz@h:1:2/d",
    ] {
        let error = Target::parse(url, None).err().unwrap();
        assert!(!error.contains("s3cret"), "{url}: {error}");
    }
}
