use super::{decode, encode, segments};

#[test]
fn pieces_are_decoded_once() {
    assert_eq!(segments("/scim/v2/Users").unwrap(), ["scim", "v2", "Users"]);
    assert_eq!(segments("/a/users%3AbulkAdd").unwrap(), ["a", "users:bulkAdd"]);
    assert_eq!(segments("/a/%C3%BC").unwrap(), ["a", "ü"]);
    assert_eq!(segments("/a/%252F").unwrap(), ["a", "%2F"]);
    assert_eq!(segments("/a/").unwrap(), ["a"]);
    assert_eq!(segments("/a/b%20/").unwrap(), ["a", "b "]);
    assert_eq!(segments("/").unwrap(), [""]);
}

#[test]
fn paths_that_two_readers_could_read_differently_are_refused() {
    let refused = [
        "",
        "a",
        "//",
        "/a//",
        "/a//b",
        "/a%2F",
        "/a/%2F",
        "/a/..",
        "/a/../b",
        "/a/.",
        "/a/%2e%2e/b",
        "/a/%2E",
        "/a/b;c",
        "/a/b%3Bc",
        "/a%2Fb",
        "/a%2fb",
        "/a%5Cb",
        "/a%00",
        "/a%0a",
        "/a%7F",
        "/a%",
        "/a%2",
        "/a%zz",
        "/a%ff",
        "/a%c0%af",
        "/a%C2%85",
    ];
    for path in refused {
        assert!(segments(path).is_err(), "{path}");
    }
}

#[test]
fn encoding_and_decoding_are_inverse() {
    for text in ["", "plain-._~", "a b+c&d=e", "ü:*\\", "100%"] {
        assert_eq!(decode(&encode(text), true).unwrap(), text);
    }
    assert_eq!(encode("firstName:A*"), "firstName%3AA%2A");
    assert_eq!(decode("a+b", true).unwrap(), "a b");
    assert_eq!(decode("a+b", false).unwrap(), "a+b");
}
