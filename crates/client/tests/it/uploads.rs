use std::io::{self, Read};

use throng_client::{File, ImportOptions};

use crate::server::{Asked, Canned, answer};

const ACCEPTED: &str = r#"{"jobId":"0190","url":"/api/admin/user/v1/accounts/ACME/jobs/0190"}"#;

/// Sends a file and returns what the server saw.
async fn send(file: File, options: &ImportOptions) -> Asked {
    let canned = Canned::start(vec![answer("202 Accepted", ACCEPTED)]).await;
    let accepted = canned.client.bulk_add("ACME", file, options).await.unwrap();
    assert_eq!(accepted.job_id, "0190");
    canned.asked().remove(0)
}

/// The file between the lines of the multipart body, and the head of its part.
fn part(asked: &Asked) -> (String, Vec<u8>) {
    let boundary = asked.header("content-type").unwrap().split("boundary=").nth(1).unwrap();
    let body = asked.text();
    let inner = body.strip_prefix(&format!("--{boundary}\r\n")).unwrap();
    let inner = inner.strip_suffix(&format!("\r\n--{boundary}--\r\n")).unwrap();
    let (head, file) = inner.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), file.as_bytes().to_vec())
}

#[tokio::test]
async fn a_file_in_memory_is_sent_as_the_part_named_file() {
    let options = ImportOptions {
        job_name: Some("Monday & Tuesday".to_owned()),
        idempotency_key: Some("week-7".to_owned()),
    };
    let asked = send(File::bytes("people.csv", "Login Id\na@b.c\n"), &options).await;
    let line = "POST /api/admin/user/v1/accounts/ACME/users:bulkAdd?jobName=Monday+%26+Tuesday";
    assert_eq!(asked.line, line);
    assert_eq!(asked.header("idempotency-key"), Some("week-7"));
    assert!(asked.header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
    let (head, file) = part(&asked);
    assert_eq!(head, "Content-Disposition: form-data; name=\"file\"; filename=\"people.csv\"");
    assert_eq!(file, b"Login Id\na@b.c\n");
}

#[tokio::test]
async fn a_file_is_made_while_it_is_sent() {
    let pieces = (0..1_000).map(|n| format!("line {n}\n").into_bytes());
    let asked = send(File::pieces("people.csv", pieces.clone()), &ImportOptions::default()).await;
    assert_eq!(asked.line, "POST /api/admin/user/v1/accounts/ACME/users:bulkAdd");
    assert_eq!(asked.header("transfer-encoding"), Some("chunked"));
    assert_eq!(part(&asked).1, pieces.flatten().collect::<Vec<u8>>());
}

#[tokio::test]
async fn a_reader_that_blocks_is_read_to_its_end() {
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| b'a' + u8::try_from(n % 26).unwrap()).collect();
    let asked =
        send(File::reader("people.csv", io::Cursor::new(bytes.clone())), &ImportOptions::default()).await;
    assert_eq!(part(&asked).1, bytes);
}

/// Gives one line, then fails.
struct Breaks(bool);

impl Read for Breaks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) {
            return Err(io::Error::other("the disk is gone"));
        }
        buffer[..4].copy_from_slice(b"one\n");
        Ok(4)
    }
}

#[tokio::test]
async fn a_reader_that_fails_breaks_the_upload_off() {
    let canned = Canned::start(vec![answer("202 Accepted", ACCEPTED)]).await;
    let file = File::reader("people.csv", Breaks(false));
    let error = canned.client.bulk_add("ACME", file, &ImportOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    assert!(canned.asked().is_empty());
}
