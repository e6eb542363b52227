use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use rcgen::{CertifiedKey as Made, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_rustls::{TlsConnector, client};

use super::*;
use crate::listen::{Bounds, Door};

const LONG: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_millis(20);
const BOUNDS: Bounds =
    Bounds { connections: 16, connections_per_address: 16, header: LONG, idle: LONG, stalled: LONG };

/// Two files in a directory.
struct Home {
    files: Files,
    _dir: TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = Files { certificate: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
        Self { files, _dir: dir }
    }

    fn put(&self, certificate: &str, key: &str) {
        for (path, text) in [(&self.files.certificate, certificate), (&self.files.key, key)] {
            std::fs::write(path, text).unwrap();
        }
    }

    fn refusal(&self) -> String {
        Certificate::read(self.files.clone()).unwrap_err().to_string()
    }
}

fn made() -> (String, String, CertificateDer<'static>) {
    let Made { cert, signing_key } = generate_simple_self_signed(["here".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem(), cert.der().clone())
}

async fn serve(certificate: &Arc<Certificate>, bounds: Bounds) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let router = Router::new().route("/", get(async || "here"));
    let door = Door::new(listener, (router, Some(certificate.acceptor().unwrap())), bounds, stopped);
    tokio::spawn(door.serve());
    (address, stop)
}

/// Connects as a client that trusts these and speaks these protocols.
async fn connect(
    address: SocketAddr,
    trusted: &[&CertificateDer<'static>],
    protocols: &[&[u8]],
) -> std::io::Result<client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add((*certificate).clone()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("here").unwrap(), stream).await
}

#[tokio::test]
async fn answers_come_by_tls_and_the_protocol_is_agreed_on() {
    let home = Home::new();
    let (certificate, key, root) = made();
    home.put(&certificate, &key);
    let (address, _stop) = serve(&Certificate::read(home.files.clone()).unwrap(), BOUNDS).await;
    for protocols in [&[HTTP1][..], &[]] {
        let mut stream = connect(address, &[&root], protocols).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with("here"), "{said}");
    }
    let mut stream = connect(address, &[&root], &[HTTP2, HTTP1]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(HTTP2));
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "settings: {frame:?}");
    assert!(connect(address, &[], &[]).await.is_err(), "who does not know the certificate");
}

#[tokio::test]
async fn who_does_not_shake_hands_is_closed_in_time() {
    let home = Home::new();
    let (certificate, key, _) = made();
    home.put(&certificate, &key);
    let bounds = Bounds { header: Duration::from_millis(200), ..BOUNDS };
    let (address, _stop) = serve(&Certificate::read(home.files.clone()).unwrap(), bounds).await;
    for begun in ["", "\x16\x03\x01", "GET / HTTP/1.1\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        let _ = timeout(LONG, stream.read_to_end(&mut said)).await.unwrap();
        assert!(!String::from_utf8_lossy(&said).contains("HTTP"));
    }
}

#[tokio::test]
async fn a_new_certificate_is_shown_and_a_bad_one_is_not() {
    let home = Home::new();
    let ((first, first_key, first_root), (second, second_key, second_root)) = (made(), made());
    home.put(&first, &first_key);
    let certificate = Certificate::read(home.files.clone()).unwrap();
    let (address, _stop) = serve(&certificate, BOUNDS).await;
    let following = tokio::spawn(Arc::clone(&certificate).follow(SOON));
    // Does not end with the certificate that it began with.
    let mut long = connect(address, &[&first_root], &[]).await.unwrap();

    for (bad, bad_key) in [(second.as_str(), first_key.as_str()), ("", ""), (first.as_str(), "no key")] {
        home.put(bad, bad_key);
        sleep(10 * SOON).await;
        assert!(connect(address, &[&first_root], &[]).await.is_ok());
    }
    std::fs::remove_file(&home.files.key).unwrap();
    sleep(10 * SOON).await;
    assert!(connect(address, &[&first_root], &[]).await.is_ok());

    home.put(&second, &second_key);
    let begun = Instant::now();
    while connect(address, &[&second_root], &[]).await.is_err() {
        assert!(begun.elapsed() < LONG);
        sleep(SOON).await;
    }
    assert!(connect(address, &[&first_root], &[]).await.is_err());
    long.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut said = String::new();
    long.read_to_string(&mut said).await.unwrap();
    assert!(said.ends_with("here"), "{said}");
    following.abort();
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let home = Home::new();
    let ((first, first_key, _), (_, second_key, _)) = (made(), made());
    let certificate = format!("tls.certificate {}", home.files.certificate.display());
    let key = format!("tls.key {}", home.files.key.display());
    assert!(home.refusal().starts_with(&format!("{certificate}: ")), "{}", home.refusal());
    home.put("nothing", &first_key);
    assert!(home.refusal().starts_with(&certificate), "{}", home.refusal());
    home.put(&first, "nothing");
    assert!(home.refusal().starts_with(&format!("{key}: ")), "{}", home.refusal());
    home.put(&first, &second_key);
    assert_eq!(home.refusal(), format!("{key} is not the key of {certificate}"));
}
