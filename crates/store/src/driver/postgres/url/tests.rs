use std::path::{Path, PathBuf};

use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

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
fn each_host_can_be_tried_alone() {
    let url = "postgres://u:p%40x@a,b:5433/d?target_session_attrs=read-write&sslmode=require&application_name=n&\
               options=-c%20work_mem=8MB&connect_timeout=3";
    let target = Target::parse(url, None).unwrap();
    let hosts = target.hosts();
    assert_eq!(hosts.len(), 2);
    for (host, (name, port)) in hosts.iter().zip([("a", 5432), ("b", 5433)]) {
        assert_eq!(host.get_hosts(), [Host::Tcp(name.to_owned())]);
        assert_eq!(host.get_ports(), [port]);
        let of_all = &target.config;
        let parts = |config: &tokio_postgres::Config| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let texts = [
                text(config.get_user()),
                text(config.get_dbname()),
                text(config.get_options()),
                text(config.get_application_name()),
            ];
            (texts, config.get_password().map(<[u8]>::to_vec), config.get_ssl_mode())
        };
        assert_eq!(parts(host), parts(of_all));
        assert_eq!(host.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(host.get_connect_timeout(), of_all.get_connect_timeout());
        assert_eq!(host.get_tcp_user_timeout(), of_all.get_tcp_user_timeout());
        assert_eq!(host.get_keepalives_idle(), of_all.get_keepalives_idle());
    }
    let alone = Target::parse("postgres://u@%2Frun%2Fpg/d", None).unwrap().hosts();
    assert_eq!(alone.len(), 1);
    assert!(matches!(&alone[0].get_hosts()[0], Host::Unix(path) if path == Path::new("/run/pg")));
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
