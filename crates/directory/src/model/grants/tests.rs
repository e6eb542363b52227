use super::{check_challenge, check_redirect_uri, is_registered, is_verified, origin_of, presented, secret};
use crate::ids::AccountId;
use crate::model::passwords::SealingKey;

const GRANT: &str = "00112233445566778899aabbccddeeff";

#[test]
fn a_secret_is_known_by_who_made_it_for_that_account_alone() {
    let (ours, others) = (SealingKey::new(&[1; 32]), SealingKey::new(&[2; 32]));
    for generation in [0, 1, 77] {
        let made = secret(&ours, AccountId(7), GRANT, generation);
        let known = presented(&ours, AccountId(7), &made).unwrap();
        assert_eq!((known.grant.as_str(), known.generation), (GRANT, generation));
        assert_eq!(presented(&ours, AccountId(8), &made), None);
        assert_eq!(presented(&others, AccountId(7), &made), None);
        for at in 0..made.len() {
            let mut changed = made.clone().into_bytes();
            changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(presented(&ours, AccountId(7), &changed), None, "{changed}");
        }
    }
    // A code is no refresh token, and the other way round.
    let code = secret(&ours, AccountId(7), GRANT, 0);
    assert_eq!(presented(&ours, AccountId(7), &code.replace("thc", "thf")), None);
    for wrong in ["", "thc", "thc_a", "thc_a_-1_b", "thc_a_0_", "thc_a_99999999999999999999_b", "_____"] {
        assert_eq!(presented(&ours, AccountId(7), wrong), None, "{wrong}");
    }
}

/// The pair of RFC 7636, appendix B.
#[test]
fn a_verifier_is_known_by_its_challenge() {
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    check_challenge(challenge).unwrap();
    assert!(is_verified(challenge, verifier));
    assert!(!is_verified(challenge, challenge));
    // What is its own challenge (method "plain") is none.
    assert!(!is_verified(verifier, verifier));
    let short = &verifier[..42];
    assert!(!is_verified(challenge, short) && !is_verified(challenge, ""));
    for wrong in ["", "E9Melhoa", &format!("{challenge}="), &format!("{challenge}AA")] {
        check_challenge(wrong).unwrap_err();
    }
}

#[test]
fn people_are_sent_back_to_https_to_this_machine_or_to_an_application() {
    for good in [
        "https://example.com/back",
        "https://example.com:8443/back?x=1",
        "http://127.0.0.1/back",
        "http://127.0.0.1:5000/back",
        "http://[::1]:5000/back",
        "http://localhost:3000/",
        "com.example.app:/back",
    ] {
        check_redirect_uri(good).unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    let long = format!("https://example.com/{}", "a".repeat(5_000));
    for wrong in [
        "",
        "/back",
        "example.com/back",
        "http://example.com/back",
        "http://127.0.0.1.example.com/back",
        "http://127.0.0.1@example.com/back",
        "https://user@example.com/back",
        "https://",
        "https:///back",
        "https://example.com:99999/back",
        "https://example.com/back#part",
        "https://example.com/a b",
        "https://example.com/\"",
        "https://example.com;script-src/",
        "HTTPS://example.com/back",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "com.example.app:",
        &long,
    ] {
        assert!(check_redirect_uri(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_redirect_uri_is_compared_to_the_letter_but_for_the_port_on_this_machine() {
    let known = ["https://a.example/back".to_owned(), "http://127.0.0.1/back".to_owned()];
    for good in ["https://a.example/back", "http://127.0.0.1/back", "http://127.0.0.1:51234/back"] {
        assert!(is_registered(&known, good), "{good}");
    }
    for wrong in [
        "https://a.example/back/",
        "https://a.example/back?x",
        "https://a.example:443/back",
        "https://A.example/back",
        "https://a.example.evil/back",
        "http://a.example/back",
        "http://127.0.0.1:51234/other",
        "http://127.0.0.1:51234@evil.example/back",
        "http://127.0.0.1:5123x/back",
        "https://127.0.0.1:51234/back",
        "http://[::1]:51234/back",
        "",
    ] {
        assert!(!is_registered(&known, wrong), "{wrong}");
    }
}

#[test]
fn an_origin_is_where_an_answer_may_lead() {
    assert_eq!(origin_of("https://a.example:8443/back?x=/y"), "https://a.example:8443");
    assert_eq!(origin_of("https://a.example?x"), "https://a.example");
    assert_eq!(origin_of("com.example.app:/back"), "com.example.app:");
}
