//! What stands between the network and the directory, at the real binary: TLS, proxies, the listener for operators.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::http::{Answer, Request, send};

const BINARY: &str = env!("CARGO_BIN_EXE_throng");
const LONG: Duration = Duration::from_secs(30);

fn throng(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data").arg(home.join("data"));
    command.env_clear().stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap().trim().to_owned()
}

/// A port that nobody has now.
fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Waits until something is so.
fn soon(complaint: &str, is_so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{complaint}");
}

/// A running server, killed at the latest when it is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    operations: SocketAddr,
    home: TempDir,
}

impl Server {
    /// Starts one with these settings, and waits until operators are told that it is ready.
    fn start(home: TempDir, settings: &[(&str, &str)]) -> Self {
        let (address, operations) = (free(), free());
        let mut command = throng(home.path(), &["serve", "--listen", &address.to_string()]);
        command.env("THRONG_OPERATIONS__LISTEN", operations.to_string()).env("RUST_LOG", "warn");
        let child = command.envs(settings.iter().copied()).spawn().unwrap();
        let server = Self { child, address, operations, home };
        soon("the server is not ready", || {
            send(operations, &get("/ready", &[]), LONG).is_ok_and(|answer| answer.status == 200)
        });
        server
    }

    fn ask(&self, request: &Request<'_>) -> Answer {
        send(self.address, request, LONG).unwrap()
    }

    fn shown(&self, path: &str) -> Answer {
        send(self.operations, &get(path, &[]), LONG).unwrap()
    }

    /// Tells it to stop and waits until it has.
    fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert!(self.child.wait().unwrap().success());
        assert!(TcpStream::connect(self.operations).is_err(), "nobody answers operators either");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get<'a>(path: &'a str, headers: &[(&'a str, &'a str)]) -> Request<'a> {
    Request { method: "GET", path, headers: headers.to_vec(), body: b"" }
}

#[test]
fn operators_have_a_listener_of_their_own_and_clients_see_nothing_of_it() {
    let server = Server::start(tempfile::tempdir().unwrap(), &[]);
    assert_eq!(server.shown("/health").text(), "ok\n");
    assert_eq!(server.shown("/ready").text(), "ready: power-loss\n");
    assert_eq!(server.ask(&get("/health", &[])).json()["status"], "ok");
    for path in ["/metrics", "/ready"] {
        assert_eq!(server.ask(&get(path, &[])).status, 404, "{path}");
    }
    assert_eq!(server.shown("/scim/v2/Users").status, 404);

    assert_eq!(server.ask(&get("/scim/v2/Users", &[])).status, 401);
    let metrics = server.shown("/metrics");
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = metrics.text();
    for line in [
        "throng_http_requests_total{face=\"scim\",class=\"4xx\"} 1",
        "throng_http_request_duration_seconds_count{face=\"scim\"} 1",
        "throng_store_up 1",
        "throng_jobs_open{state=\"pending\"} 0",
        "throng_store_writes_waiting{class=\"client\"} 0",
        "throng_tls_handshakes_failed_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    server.stop();
}

#[test]
fn the_audit_log_has_the_client_behind_a_proxy_that_is_trusted_and_no_other() {
    // Who is trusted, what the proxy sends, what is believed of it, and what is not.
    let cases = [
        ("10.0.0.0/8", "198.51.100.7", "127.0.0.1", "198.51.100.7"),
        ("10.0.0.0/8,127.0.0.1", "203.0.113.9, 198.51.100.8", "198.51.100.8", "203.0.113.9"),
    ];
    for (trusted, forwarded, found, hidden) in cases {
        let home = tempfile::tempdir().unwrap();
        said(&throng(home.path(), &["account", "create", "acme"]).output().unwrap());
        let create = ["key", "create", "acme", "--role", "account-administrator"];
        let key = format!("Bearer {}", said(&throng(home.path(), &create).output().unwrap()));
        let server = Server::start(home, &[("THRONG_TRUSTED_PROXIES", trusted)]);
        let headers = vec![
            ("authorization", key.as_str()),
            ("x-forwarded-for", forwarded),
            ("content-type", "application/scim+json"),
        ];
        let body = br#"{"userName":"ann"}"#;
        let request = Request { method: "POST", path: "/scim/v2/Users", headers, body };
        assert_eq!(server.ask(&request).status, 201);
        let log = server.ask(&get("/api/v1/accounts/acme/audit", &[("authorization", &key)])).text();
        assert!(log.contains(found) && !log.contains(hidden), "{log}");
        server.stop();
    }
}

/// A certificate in two files, for `here` and this machine; the certificate itself.
fn certificate(home: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["here".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    std::fs::write(home.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(home.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

/// The answer of `/health` by TLS, if this is the certificate.
fn health(address: SocketAddr, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let client = ClientConnection::new(config, ServerName::try_from("here").unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(address)?);
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}

#[test]
fn a_server_speaks_tls_and_shows_a_new_certificate_without_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let first = certificate(home.path());
    let (cert, key) = (home.path().join("cert.pem"), home.path().join("key.pem"));
    let settings =
        [("THRONG_TLS__CERTIFICATE", cert.to_str().unwrap()), ("THRONG_TLS__KEY", key.to_str().unwrap())];
    let server = Server::start(home, &settings);
    let answer = health(server.address, &first).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    let url = format!("https://{}", server.address);
    let client = |trusted: &Path| {
        let mut command = Command::new(BINARY);
        command.args(["account", "show", "acme", "--server", &url, "--token", "none"]).env_clear();
        let output = command.env("SSL_CERT_FILE", trusted).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let said = client(&cert);
    assert!(said.contains("was answered 401"), "{said}");
    let other = tempfile::tempdir().unwrap();
    certificate(other.path());
    let said = client(&other.path().join("cert.pem"));
    assert!(said.starts_with("throng: ") && !said.contains("answered"), "{said}");
    let plain = send(server.address, &get("/health", &[]), LONG);
    assert!(plain.is_err(), "{plain:?}");

    let second = certificate(server.home.path());
    soon("the new certificate is not shown", || health(server.address, &second).is_ok());
    assert!(health(server.address, &first).is_err());
    server.stop();
}

#[test]
fn what_is_wrong_with_the_settings_is_said_before_anything_is_served() {
    let home = tempfile::tempdir().unwrap();
    certificate(home.path());
    let cert = home.path().join("cert.pem");
    let other = tempfile::tempdir().unwrap();
    certificate(other.path());
    let cert = cert.to_str().unwrap();
    let strange = other.path().join("key.pem");
    let settings: [(&[(&str, &str)], &str); 5] = [
        (&[("THRONG_TLS__CERTIFICATE", cert)], "tls.certificate is set, but tls.key is not"),
        (&[("THRONG_TLS__CERTIFICATE", cert), ("THRONG_TLS__KEY", "/nowhere")], "tls.key /nowhere: "),
        (
            &[("THRONG_TLS__CERTIFICATE", cert), ("THRONG_TLS__KEY", strange.to_str().unwrap())],
            "is not the key of tls.certificate",
        ),
        (&[("THRONG_TRUSTED_PROXIES", "proxy.example")], "trusted_proxies: proxy.example is neither"),
        (&[("THRONG_CONNECTIONS__MAX", "0")], "connections.max must be at least 1"),
    ];
    for (settings, wanted) in settings {
        let mut command = throng(home.path(), &["serve", "--listen", "127.0.0.1:0"]);
        let output = command.envs(settings.iter().copied()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains(wanted), "{wanted} in {told}");
    }
}
