//! A server of canned answers, on a free loopback port.

use std::sync::{Arc, Mutex};

use throng_client::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the client sends for a credential.
pub const TOKEN: &str = "thr_acme_1_secret";

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and target.
    pub line: String,
    head: String,
    /// With the framing of chunks taken off.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named =
            |line: &&str| line.split(':').next().is_some_and(|found| found.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// A running server of canned answers.
pub struct Canned {
    /// Speaks to it.
    pub client: Client,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Canned {
    /// Gives the answers one after the other, each on a connection of its own; then the last one for ever.
    /// An answer is a status line, headers and a body: see [`answer`].
    pub async fn start(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()), TOKEN).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            for at in 0.. {
                let (mut connection, _) = listener.accept().await.unwrap();
                let Some(request) = read(&mut connection).await else { continue };
                kept.lock().unwrap().push(request);
                let answer = &answers[at.min(answers.len() - 1)];
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { client, asked }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// An answer; `head` is the status and further headers, one a line.
pub fn answer(head: &str, body: &str) -> String {
    let head = head.replace('\n', "\r\n");
    format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Reads a request; `None` when it breaks off.
async fn read(connection: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(connection, &mut bytes).await?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let mut request = Asked { line, head, body: Vec::new() };
    let mut rest = bytes.split_off(end + 4);
    if request.header("transfer-encoding") == Some("chunked") {
        loop {
            let Some(at) = rest.windows(2).position(|two| two == b"\r\n") else {
                more(connection, &mut rest).await?;
                continue;
            };
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
            while rest.len() < at + 2 + size + 2 {
                more(connection, &mut rest).await?;
            }
            request.body.extend_from_slice(&rest[at + 2..at + 2 + size]);
            rest.drain(..at + 2 + size + 2);
            if size == 0 {
                return Some(request);
            }
        }
    }
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    while rest.len() < length {
        more(connection, &mut rest).await?;
    }
    request.body = rest;
    Some(request)
}

async fn more(connection: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    connection.read_buf(bytes).await.ok().filter(|read| *read > 0).map(drop)
}
