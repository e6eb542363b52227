use std::io::{ErrorKind, Read};

use bytes::Bytes;

use super::pipe;

#[tokio::test]
async fn what_is_sent_is_read_to_its_end() {
    let (sender, mut reader) = pipe(2);
    let reading = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    for piece in ["ab", "", "c", "def"] {
        sender.send(Bytes::from_static(piece.as_bytes())).await;
    }
    sender.end().await;
    assert_eq!(reading.await.unwrap().unwrap(), "abcdef");
}

#[tokio::test]
async fn a_sender_that_goes_away_makes_the_reader_fail() {
    for gives_up in [true, false] {
        let (sender, mut reader) = pipe(2);
        sender.send(Bytes::from_static(b"ab")).await;
        if gives_up {
            sender.fail();
        } else {
            drop(sender);
        }
        let reading = tokio::task::spawn_blocking(move || {
            let first = reader.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
            let again = reader.read(&mut [0; 4]).map_err(|error| error.kind());
            (first, again)
        });
        let expected = Err(ErrorKind::UnexpectedEof);
        assert_eq!(reading.await.unwrap(), (expected, expected));
    }
}
