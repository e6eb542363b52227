//! HTTP/1.1, as far as these tests need it: one request a connection. An answer that is not whole is none.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A request.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// Names and values of headers.
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: &'a [u8],
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: String,
    body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Lost {
    /// Nobody listens: the request was not sent.
    Refused,
    /// The connection broke off.
    Broken,
    /// Nothing came for too long.
    Silent,
}

/// Sends a request and reads the whole answer. No single wait for the other side takes longer than `silence_max`.
pub fn send(address: SocketAddr, request: &Request<'_>, silence_max: Duration) -> Result<Answer, Lost> {
    let mut stream = TcpStream::connect_timeout(&address, silence_max).map_err(|_| Lost::Refused)?;
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n",
        request.method,
        request.path,
        request.body.len()
    );
    for &(name, value) in &request.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    let mut message = head.into_bytes();
    message.extend_from_slice(request.body);
    let mut received = Vec::new();
    let mut exchange = || {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(silence_max))?;
        stream.set_write_timeout(Some(silence_max))?;
        stream.write_all(&message)?;
        stream.read_to_end(&mut received)
    };
    exchange().map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Lost::Silent,
        _ => Lost::Broken,
    })?;
    parse(received).ok_or(Lost::Broken)
}

fn parse(mut received: Vec<u8>) -> Option<Answer> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let body = received.split_off(end + 4);
    let head = String::from_utf8(received).ok()?;
    let (status_line, headers) = head.split_once("\r\n")?;
    let status = status_line.split(' ').nth(1)?.parse().ok()?;
    let answer = Answer { status, headers: headers.to_owned(), body };
    let length = answer.header("content-length").map_or(Some(0), |length| length.parse::<usize>().ok())?;
    (answer.body.len() == length).then_some(answer)
}
