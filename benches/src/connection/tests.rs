use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::{Connection, Request};

#[test]
fn a_request_is_written_as_http_wants_it() {
    let request = Request::patch("/x", "t", b"{}").header("Prefer", "respond-async").bytes();
    let expected = "PATCH /x HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer t\r\n\
                    Content-Type: application/scim+json\r\nPrefer: respond-async\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(String::from_utf8(request).unwrap(), expected);
    let get = Request::get("/y", "t").bytes();
    assert!(!String::from_utf8(get).unwrap().contains("Content-Length"));
}

#[test]
fn answers_are_read_even_when_they_come_in_pieces() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).unwrap();
        for piece in
            ["HTTP/1.1 202 Accep", "ted\r\nthrong-job: 7\r\ncontent-le", "ngth: 5\r\n\r", "\nhel", "lo"]
        {
            stream.write_all(piece.as_bytes()).unwrap();
            stream.flush().unwrap();
        }
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    });
    let mut connection = Connection::open(address).unwrap();
    let request = Request::get("/", "t").bytes();
    assert_eq!(connection.exchange(&request).unwrap(), 202);
    assert_eq!((connection.header("Throng-Job"), connection.body()), (Some("7"), b"hello".as_slice()));
    assert_eq!(connection.exchange(&request).unwrap(), 204);
    assert!(connection.body().is_empty());
    assert!(connection.expect(204, 200).is_err());
    server.join().unwrap();
}
