//! An authority of one day's standing and a certificate of it for the server on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use crate::owner::Owner;
use crate::{Outcome, program};

/// Everything said here, so that the machine's own configuration of openssl does not matter.
const CONFIGURATION: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
commonName = localhost
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
";

/// Both certificates are valid for this long.
const DAYS: &str = "30";

/// Makes `server.crt` and `server.key` in the data directory, where the server looks for them, and returns the path of
/// the authority's certificate.
///
/// # Errors
/// If there is no `openssl`, or if it fails.
pub fn make(owner: Owner, home: &Path, data: &Path) -> Outcome<PathBuf> {
    let Some(openssl) = program::on_path("openssl") else {
        return Err("a server with TLS needs the program openssl to make its certificate".to_owned());
    };
    let configuration = home.join("openssl.cnf");
    fs::write(&configuration, CONFIGURATION)
        .map_err(|error| format!("{}: {error}", configuration.display()))?;
    let run = |line: &str| {
        let mut command = owner.command(&openssl, home);
        // Keys are for the server's eyes alone, or it refuses them.
        program::output(command.args(line.split(' '))).map(drop)
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config openssl.cnf";
    run(&format!(
        "req -x509 {key} -keyout ca.key -out ca.pem -days {DAYS} -extensions authority -subj /CN=throng-test-authority"
    ))?;
    run(&format!("req -new {key} -keyout server.key -out server.csr -subj /CN=localhost"))?;
    run(&format!(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 1 -days {DAYS} -out server.crt \
         -extfile openssl.cnf -extensions server"
    ))?;
    for name in ["server.key", "server.crt"] {
        let to = data.join(name);
        fs::rename(home.join(name), &to).map_err(|error| format!("{}: {error}", to.display()))?;
    }
    Ok(home.join("ca.pem"))
}
