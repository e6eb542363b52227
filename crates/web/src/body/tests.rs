use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

use super::read;

fn pieces(pieces: &[&'static str]) -> Body {
    let pieces: Vec<Result<Bytes, Infallible>> =
        pieces.iter().map(|p| Ok(Bytes::from_static(p.as_bytes()))).collect();
    Body::from_stream(stream::iter(pieces))
}

#[tokio::test]
async fn bodies_up_to_the_limit_are_read() {
    assert_eq!(read(Body::from("12345"), 5).await.unwrap(), b"12345");
    assert_eq!(read(pieces(&["123", "45"]), 5).await.unwrap(), b"12345");
    assert_eq!(read(Body::empty(), 0).await.unwrap(), b"");
}

#[tokio::test]
async fn longer_bodies_are_413_announced_or_not() {
    assert_eq!(read(Body::from("123456"), 5).await.unwrap_err().status().as_u16(), 413);
    assert_eq!(read(pieces(&["123", "456"]), 5).await.unwrap_err().status().as_u16(), 413);
}

#[tokio::test]
async fn a_body_that_breaks_is_400() {
    let broken: Vec<Result<Bytes, std::io::Error>> =
        vec![Ok(Bytes::from_static(b"1")), Err(std::io::Error::other("gone"))];
    let refusal = read(Body::from_stream(stream::iter(broken)), 5).await.unwrap_err();
    assert_eq!(refusal.status().as_u16(), 400);
}
