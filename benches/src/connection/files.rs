//! Bodies that no memory holds: files on their way to the server, and answers in chunks.

use std::io::{Read, Write};
use std::time::Duration;

use super::{Connection, READ_BYTES, find, header, no_http};
use crate::Outcome;
use crate::clock::Watch;

impl Connection {
    /// Sends a request whose body is a file between two texts, and reads the answer. Returns the status and when, after
    /// `watch` was started, the last byte was handed to the kernel.
    ///
    /// # Errors
    /// As [`Connection::exchange`]; a file that cannot be read.
    pub fn send_file(
        &mut self,
        (start, mut file, end): (&[u8], impl Read, &[u8]),
        watch: Watch,
    ) -> Outcome<(u16, Duration)> {
        self.stream.write_all(start)?;
        let mut piece = vec![0; READ_BYTES];
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                break;
            }
            // A server that refuses may answer and close before it has read everything: look for the answer.
            if self.stream.write_all(&piece[..read]).is_err() {
                return Ok((self.receive()?, watch.elapsed()));
            }
        }
        self.stream.write_all(end)?;
        let last_byte = watch.elapsed();
        Ok((self.receive()?, last_byte))
    }

    /// Sends a request whose answer comes in chunks, and hands each piece on. Returns how many bytes there were.
    ///
    /// # Errors
    /// Another status than 200, an answer that does not come in chunks or breaks off; what `take` says.
    pub fn download(&mut self, request: &[u8], mut take: impl FnMut(&[u8]) -> Outcome) -> Outcome<u64> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            self.read_more()?;
        };
        let head = &self.buffer[..head_end];
        let is_ok = head.get(9..12) == Some(b"200".as_slice());
        let in_chunks =
            header(head, "transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked"));
        if !is_ok || !in_chunks {
            return Err(format!("not a download: {}", String::from_utf8_lossy(&self.buffer)).into());
        }
        self.buffer.drain(..head_end + 4);
        (self.head, self.body) = (0..0, 0..0);
        let mut bytes = 0;
        loop {
            let line = loop {
                match find(&self.buffer[..self.buffer.len().min(CHUNK_HEAD_MAX)], b"\r\n") {
                    Some(line) => break line,
                    None => self.read_more()?,
                }
            };
            let digits = std::str::from_utf8(&self.buffer[..line])?;
            let mut left = usize::from_str_radix(digits.trim(), 16).map_err(|_| no_http())?;
            self.buffer.drain(..line + 2);
            bytes += left as u64;
            let is_last = left == 0;
            while left > 0 {
                if self.buffer.is_empty() {
                    self.read_more()?;
                }
                let here = left.min(self.buffer.len());
                take(&self.buffer[..here])?;
                self.buffer.drain(..here);
                left -= here;
            }
            while self.buffer.len() < 2 {
                self.read_more()?;
            }
            self.buffer.drain(..2);
            if is_last {
                return Ok(bytes);
            }
        }
    }
}

/// Bytes in which the length of a chunk stands.
const CHUNK_HEAD_MAX: usize = 32;
