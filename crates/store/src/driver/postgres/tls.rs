//! TLS to the database.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What PostgreSQL calls itself in a handshake.
const PROTOCOL: &[u8] = b"postgresql";

/// A connector that verifies the server's certificate chain and host name, against the certificates of a PEM
/// file or else the system's.
///
/// # Errors
/// Which certificates cannot be read, or that there are none.
pub fn connector(root: Option<&Path>) -> Result<MakeRustlsConnect, String> {
    let roots = match root {
        Some(path) => from_file(path)?,
        None => from_system()?,
    };
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS is not available: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn from_file(path: &Path) -> Result<RootCertStore, String> {
    let unreadable =
        |error: &dyn std::fmt::Display| format!("the root certificates in {}: {error}", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if roots.is_empty() {
        return Err(unreadable(&"the file holds no certificate"));
    }
    Ok(roots)
}

fn from_system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("the system has no root certificates: name a file in sslrootcert".to_owned());
    }
    Ok(roots)
}

#[cfg(test)]
mod tests;
