//! What nobody should guess and no two clusters should share: passwords, folders' names, ports.

use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};

use crate::Outcome;

/// Below the ports that Linux gives to connections going out (32768 and up): a client of a server that is down must not
/// be given the server's port as its own, or the server could not come back to it.
const PORT_MIN: u16 = 20_000;
const PORTS: u16 = 12_000;
const PORT_TRIES: u32 = 200;

fn bytes<const N: usize>() -> Outcome<[u8; N]> {
    let mut bytes = [0; N];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| format!("/dev/urandom: {error}"))?;
    Ok(bytes)
}

/// 128 random bits in hexadecimal: safe in a URL, in SQL and in a file's name.
pub fn word() -> Outcome<String> {
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes()?)))
}

/// A port of 127.0.0.1 on which nobody listens at the moment.
pub fn free_port() -> Outcome<u16> {
    for _ in 0..PORT_TRIES {
        let port = PORT_MIN + u16::from_ne_bytes(bytes()?) % PORTS;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(format!("no free port after {PORT_TRIES} tries"))
}
