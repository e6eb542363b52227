//! TLS: a certificate and its key from two files, looked at again and again, since certificates run out.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::Failure;

/// The name of HTTP/2 in a handshake. Source: RFC 9113 §3.2.
pub(super) const HTTP2: &[u8] = b"h2";
/// The name of HTTP/1.1 in a handshake. Source: RFC 7301 §6.
const HTTP1: &[u8] = b"http/1.1";
/// How often it is looked whether the files have changed.
pub const LOOKED_EVERY: Duration = Duration::from_secs(2);

/// Where the certificate is: PEM files.
#[derive(Clone, Debug)]
pub struct Files {
    /// The server's own certificate first, then those between it and the authority.
    pub certificate: PathBuf,
    /// The private key of the first.
    pub key: PathBuf,
}

/// The certificate that is shown, whichever it is now.
pub struct Certificate {
    files: Files,
    provider: Arc<CryptoProvider>,
    shown: RwLock<Arc<CertifiedKey>>,
}

/// What tells that a file is another one.
type Seen = [Option<(SystemTime, u64)>; 2];

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// Which file cannot be read or is not what it should be, or that they do not belong together.
    pub fn read(files: Files) -> Result<Arc<Self>, Failure> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let shown = RwLock::new(Arc::new(files.read(&provider)?));
        Ok(Arc::new(Self { files, provider, shown }))
    }

    /// What makes TLS 1.2 or 1.3 of a connection, with HTTP/2 or HTTP/1.1 over it.
    ///
    /// # Errors
    /// None that is known: the provider has what these versions need.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, Failure> {
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let config = config.with_protocol_versions(&versions)?.with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks at the files for ever. When they have changed and are good, new connections get what is in them; when they are
    /// not, what was good before stays.
    pub async fn follow(self: Arc<Self>, every: Duration) {
        let mut seen = self.files.seen();
        loop {
            sleep(every).await;
            let now = self.files.seen();
            if now == seen {
                continue;
            }
            seen = now;
            match self.files.read(&self.provider) {
                Ok(read) => {
                    *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                    tracing::info!(certificate = %self.files.certificate.display(), "a new certificate is shown");
                }
                Err(error) => tracing::error!(%error, "the new certificate is not good; the old one stays"),
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.fmt(f)
    }
}

impl Files {
    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, Failure> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_file_iter(&self.certificate).and_then(Iterator::collect);
        let chain = chain.map_err(|error| format!("tls.certificate {certificate}: {error}"))?;
        if chain.is_empty() {
            return Err(format!("tls.certificate {certificate}: there is no certificate in it").into());
        }
        let secret = PrivateKeyDer::from_pem_file(&self.key);
        let secret = secret.map_err(|error| format!("tls.key {key}: {error}"))?;
        let read = CertifiedKey::from_der(chain, secret, provider);
        Ok(read.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("tls.key {key} is not the key of tls.certificate {certificate}")
            }
            error => format!("tls.certificate {certificate} and tls.key {key}: {error}"),
        })?)
    }

    /// Times and lengths. A file that is not there is seen as that.
    fn seen(&self) -> Seen {
        let seen = |path: &Path| {
            let file = std::fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        };
        [seen(&self.certificate), seen(&self.key)]
    }
}

#[cfg(test)]
mod tests;
