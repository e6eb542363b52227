//! A small HTTP/1.1 client: client and server share the processor, so the client must cost little.

mod files;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::time::Duration;

use crate::clock::Watch;
use crate::{Failure, Outcome};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// Bytes that are read at once.
const READ_BYTES: usize = 64 << 10;

/// A request to be sent as it stands, perhaps many times.
#[derive(Debug)]
pub struct Request<'a> {
    method: &'static str,
    path: &'a str,
    token: &'a str,
    headers: Vec<(&'static str, String)>,
    body: &'a [u8],
}

impl<'a> Request<'a> {
    /// A GET.
    pub fn get(path: &'a str, token: &'a str) -> Self {
        Self { method: "GET", path, token, headers: Vec::new(), body: &[] }
    }

    /// A POST of JSON.
    pub fn post(path: &'a str, token: &'a str, body: &'a [u8]) -> Self {
        Self { method: "POST", ..Self::patch(path, token, body) }
    }

    /// A PATCH of JSON.
    pub fn patch(path: &'a str, token: &'a str, body: &'a [u8]) -> Self {
        let headers = vec![("Content-Type", "application/scim+json".to_owned())];
        Self { method: "PATCH", path, token, headers, body }
    }

    /// With one more header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Everything up to the body.
    pub fn head(&self, body_bytes: usize) -> Vec<u8> {
        let Self { method, path, token, .. } = self;
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n");
        for (name, value) in &self.headers {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        }
        if *method != "GET" {
            head.push_str("Content-Length: ");
            head.push_str(&body_bytes.to_string());
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The whole request.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(self.body.len());
        bytes.extend_from_slice(self.body);
        bytes
    }
}

/// A connection that is kept, with the last answer.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    head: Range<usize>,
    body: Range<usize>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// A connection that is refused.
    pub fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: Vec::new(), head: 0..0, body: 0..0 })
    }

    /// Sends a request and reads the answer. Returns its status.
    ///
    /// # Errors
    /// A connection that broke, an answer that is no HTTP.
    pub fn exchange(&mut self, request: &[u8]) -> Outcome<u16> {
        self.stream.write_all(request)?;
        self.receive()
    }

    /// As [`Connection::exchange`], and how long it took.
    ///
    /// # Errors
    /// As [`Connection::exchange`].
    pub fn timed(&mut self, request: &[u8]) -> Outcome<(u16, Duration)> {
        let watch = Watch::start();
        let status = self.exchange(request)?;
        Ok((status, watch.elapsed()))
    }

    /// Sends a request in pieces and reads the answer. Returns the status and when, after `watch` was
    /// started, the last byte was handed to the kernel.
    ///
    /// # Errors
    /// As [`Connection::exchange`].
    pub fn send(&mut self, pieces: &[&[u8]], watch: Watch) -> Outcome<(u16, Duration)> {
        // A server that refuses may answer and close before it has read everything: look for the answer.
        let sent = pieces.iter().try_for_each(|piece| self.stream.write_all(piece));
        let last_byte = watch.elapsed();
        match (self.receive(), sent) {
            (Ok(status), _) => Ok((status, last_byte)),
            (Err(_), Err(error)) => Err(error.into()),
            (Err(error), Ok(())) => Err(error),
        }
    }

    /// A request whose answer must have this status; gives the body as JSON, null where there is none.
    ///
    /// # Errors
    /// Another status; everything of [`Connection::exchange`].
    pub fn json(&mut self, request: &Request<'_>, expected: u16) -> Outcome<serde_json::Value> {
        let status = self.exchange(&request.bytes())?;
        self.expect(status, expected)?;
        let body = self.body();
        Ok(if body.is_empty() { serde_json::Value::Null } else { serde_json::from_slice(body)? })
    }

    /// Refuses any status but one, with what the server said.
    ///
    /// # Errors
    /// Another status.
    pub fn expect(&self, status: u16, expected: u16) -> Outcome {
        if status == expected {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&self.body()[..self.body().len().min(500)]).into_owned();
        Err(format!("the server answered {status} instead of {expected}: {said}").into())
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.buffer[self.body.clone()]
    }

    /// A header of the last answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.buffer[self.head.clone()], name)
    }

    fn receive(&mut self) -> Outcome<u16> {
        self.buffer.clear();
        let head_end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            self.read_more()?;
        };
        self.head = 0..head_end;
        let head = &self.buffer[..head_end];
        let digits = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        let status: u16 = digits.ok_or_else(no_http)?.parse()?;
        let length = match header(head, "content-length") {
            Some(length) => length.parse()?,
            None if status == 204 => 0,
            None => return Err("an answer without Content-Length".into()),
        };
        self.body = head_end + 4..head_end + 4 + length;
        while self.buffer.len() < self.body.end {
            self.read_more()?;
        }
        Ok(status)
    }

    fn read_more(&mut self) -> Outcome {
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ_BYTES, 0);
        let read = self.stream.read(&mut self.buffer[filled..]);
        self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        if read? == 0 { Err("the server closed the connection".into()) } else { Ok(()) }
    }
}

fn no_http() -> Failure {
    Failure::from("an answer that is no HTTP")
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}

/// A header's value in the head of an answer.
fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let mut lines = head.split(|byte| *byte == b'\n');
    lines.find_map(|line| {
        let (start, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":").filter(|_| start.eq_ignore_ascii_case(name.as_bytes()))?;
        std::str::from_utf8(value).ok().map(str::trim)
    })
}

#[cfg(test)]
mod tests;
