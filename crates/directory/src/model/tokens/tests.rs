use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;
use crate::ids::Random;

struct Counting;

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.iter_mut().zip(1..).for_each(|(byte, n)| *byte = n);
    }
}

const SERVER_URL: &str = "https://id.example";

fn sealing() -> SealingKey {
    SealingKey::new(&[7; 32])
}

fn key() -> SigningKey {
    SigningKey::make(&sealing(), &Ids::new(Box::new(Counting)), Instant::from_micros(0)).unwrap()
}

fn claims() -> Claims {
    Claims {
        iss: SERVER_URL.to_owned(),
        sub: "ACME_7".to_owned(),
        aud: SERVER_URL.to_owned(),
        exp: 1_000,
        iat: 100,
        jti: "one".to_owned(),
        client_id: client_id("ACME", ClientId(7)),
        grant: String::new(),
        scope: "users.read".to_owned(),
        key: "k".to_owned(),
    }
}

#[test]
fn what_was_signed_is_read() {
    let token = key().sign(&sealing(), &claims()).unwrap();
    assert_eq!(kid_of(&token).unwrap(), key().kid);
    assert_eq!(key().read(&token, SERVER_URL).unwrap(), claims());
    assert_eq!(key().read(&token, "https://other.example"), None);
    // Behind what the nonce, which counts like the seed, has of it.
    let seed = "0d0e0f1011121314";
    assert!(!hex(&key().sealed).contains(seed), "the seed stands there in clear");
}

#[test]
fn another_key_neither_signs_nor_reads() {
    assert!(key().sign(&SealingKey::new(&[8; 32]), &claims()).is_err());
    let token = key().sign(&sealing(), &claims()).unwrap();
    let other = SigningKey { public: [9; 32], ..key() };
    assert_eq!(other.read(&token, SERVER_URL), None);
}

/// A token with this header and these claims, signed by the key whatever they say.
fn forged(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mut seed = [0; 32];
    Counting.fill(&mut seed);
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes())))
}

/// `security.md` 40 of the checklist: algorithm, type, issuer, audience and ends, each with its right JSON type.
#[test]
fn s40_what_is_not_wholly_a_token_of_ours_is_none() {
    let header = || json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key().kid });
    let body = || serde_json::to_value(claims()).unwrap();
    assert!(key().read(&forged(&header(), &body()), SERVER_URL).is_some(), "the forger forges");
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("alg", json!("ES256")),
        ("alg", json!(null)),
        ("typ", json!("JWT")),
        ("typ", json!("secevent+jwt")),
        ("typ", json!(null)),
    ] {
        let mut header = header();
        header[name] = value.clone();
        assert_eq!(key().read(&forged(&header, &body()), SERVER_URL), None, "{name} {value}");
    }
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "key"] {
        for value in [None, Some(json!(null)), Some(json!({})), Some(json!(true)), Some(json!(1.5))] {
            let mut body = body();
            match &value {
                None => drop(body.as_object_mut().unwrap().remove(name)),
                Some(value) => body[name] = value.clone(),
            }
            assert_eq!(key().read(&forged(&header(), &body), SERVER_URL), None, "{name} {value:?}");
        }
    }
    for (name, value) in [("exp", json!("1000")), ("iat", json!("100")), ("iss", json!([SERVER_URL, "x"]))] {
        let mut body = body();
        body[name] = value.clone();
        assert_eq!(key().read(&forged(&header(), &body), SERVER_URL), None, "{name} {value}");
    }
    for token in ["", ".", "..", "a.b.c", "thr_ACME_1_2"] {
        assert_eq!((kid_of(token), key().read(token, SERVER_URL)), (None, None), "{token}");
    }
}
