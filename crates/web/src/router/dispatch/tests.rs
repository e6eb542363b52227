use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{caught, face_of_malformed, refuse, tell_all, without_body};
use crate::headers::{JSON, answer};
use crate::refusal::Refusal;
use crate::router::Face;

async fn refused(face: Face) -> (String, Value) {
    let response = refuse(face, &Refusal::unauthenticated(), "/x");
    assert_eq!(response.status().as_u16(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"throng\"");
    let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (media_type, serde_json::from_slice(&body).unwrap())
}

/// Source: RFC 6749 §5.2.
#[test]
fn a_client_of_oauth_is_asked_for_what_it_can_send() {
    let response = refuse(Face::OAuth, &Refusal::unauthenticated(), "/oauth/token");
    assert_eq!(response.headers()["www-authenticate"], "Basic realm=\"throng\"");
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn every_face_has_its_shape() {
    let (media_type, body) = refused(Face::Scim).await;
    assert_eq!((media_type.as_str(), &body["status"]), ("application/scim+json", &json!("401")));
    let (media_type, body) = refused(Face::Report).await;
    assert_eq!((media_type.as_str(), &body["status"]), ("application/json", &json!(401)));
    for face in [Face::Admin, Face::Native, Face::Public] {
        let (media_type, body) = refused(face).await;
        assert_eq!((media_type.as_str(), &body["status"]), ("application/problem+json", &json!(401)));
        assert_eq!((&body["title"], &body["instance"]), (&json!("Unauthorized"), &json!("/x")));
    }
}

#[test]
fn malformed_paths_have_the_face_of_their_neighbourhood() {
    assert_eq!(face_of_malformed("/scim/v2/Users/%2F"), Face::Scim);
    assert_eq!(face_of_malformed("/v2/Groups/JobReport/%00"), Face::Report);
    assert_eq!(face_of_malformed("/api/admin/user/v1/accounts/../x"), Face::Admin);
}

#[tokio::test]
async fn head_has_the_length_of_get_and_no_body() {
    let response = without_body(answer(http::StatusCode::OK, JSON, "{\"a\":1}"));
    assert_eq!(response.headers()["content-length"], "7");
    assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn a_panic_is_a_500_that_says_nothing() {
    let refusal = caught("/x", async { panic!("canary") }).await.unwrap_err();
    let response = refuse(Face::Scim, &refusal, "/x");
    assert_eq!(response.status().as_u16(), 500);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&body).contains("canary"));
}

#[test]
fn what_is_answered_is_kept_nowhere_or_asked_for_again() {
    let told = |tag: bool, said: Option<&'static str>, by_tls| {
        let mut response = answer(http::StatusCode::OK, JSON, "{}");
        let headers = response.headers_mut();
        if tag {
            headers.insert("etag", "W/\"1\"".parse().unwrap());
        }
        if let Some(said) = said {
            headers.insert("cache-control", said.parse().unwrap());
        }
        tell_all(headers, by_tls);
        headers.clone()
    };
    assert_eq!(told(false, None, false)["cache-control"], "no-store");
    assert_eq!(told(true, None, false)["cache-control"], "private, no-cache");
    assert_eq!(told(true, Some("no-store"), false)["cache-control"], "no-store");
    assert!(!told(false, None, false).contains_key("strict-transport-security"));
    assert_eq!(told(false, None, true)["strict-transport-security"], "max-age=31536000");
}
