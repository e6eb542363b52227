//! Tokens for services.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use throng_directory::Role;
use throng_directory::use_cases::access::KeyRequest;

use crate::house::{Answer, Call, House};

const TOKEN: &str = "/oauth/token";
const FORM: &str = "application/x-www-form-urlencoded";

pub fn form(path: &str, form: &str) -> Call {
    Call::new("POST", path).header("content-type", FORM).body(form)
}

/// A key, and what its client is called.
async fn service(house: &House, request: KeyRequest) -> (String, String) {
    let made = house.made(request).await;
    (made.client_id, made.token)
}

async fn administrator(house: &House) -> (String, String) {
    service(house, KeyRequest::new(Some("ACME"), Role::AccountAdministrator)).await
}

fn asked((id, secret): &(String, String), rest: &str) -> Call {
    form(TOKEN, &format!("grant_type=client_credentials&client_id={id}&client_secret={secret}{rest}"))
}

async fn token(house: &House, client: &(String, String), rest: &str) -> String {
    let answer = house.send(asked(client, rest)).await.expect(200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

pub fn error(answer: &Answer) -> Value {
    answer.json()["error"].clone()
}

#[tokio::test]
async fn f34_a_service_asks_for_a_token_and_works_with_it() {
    let house = House::start().await;
    let client = administrator(&house).await;
    let answer = house.send(asked(&client, "&scope=users.read%20groups.write")).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let told = answer.json();
    assert_eq!(told["token_type"], "Bearer");
    assert_eq!((&told["expires_in"], &told["scope"]), (&json!(900), &json!("users.read groups.write")));
    let token = told["access_token"].as_str().unwrap();
    house.send(Call::get("/scim/v2/Users").key(token)).await.expect(200);
    // What it was not asked for it is not good for, whatever its client's role.
    let user = json!({ "userName": "ann" });
    house.send(Call::new("POST", "/scim/v2/Users").key(token).json(&user)).await.expect(403);
    house.send(Call::get("/api/admin/user/v1/accounts/ACME/users").key(token)).await.expect(403);
    let group = json!({ "displayName": "A" });
    house.send(Call::new("POST", "/scim/v2/Groups").key(token).json(&group)).await.expect(201);
    house.stop().await;
}

#[tokio::test]
async fn f39_a_client_shows_who_it_is_in_the_header_or_in_the_form() {
    let house = House::start().await;
    let client = administrator(&house).await;
    let (id, secret) = &client;
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let grant = "grant_type=client_credentials";
    house.send(form(TOKEN, grant).header("authorization", &basic)).await.expect(200);
    // As one vendor's examples do it.
    let parts = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let part = |(name, value): (&str, &str)| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body: String = parts.into_iter().map(part).collect();
    let multipart = Call::new("POST", TOKEN).header("content-type", "multipart/form-data; boundary=XX");
    house.send(multipart.body(format!("{body}--XX--\r\n"))).await.expect(200);

    let both = asked(&client, "").header("authorization", &basic);
    assert_eq!(error(&house.send(both).await.expect(400)), "invalid_request");
    let stranger = (id.clone(), format!("{secret}0"));
    let another = ("ACME_999".to_owned(), secret.clone());
    for wrong in [asked(&stranger, ""), asked(&another, ""), form(TOKEN, grant)] {
        let answer = house.send(wrong).await.expect(401);
        assert_eq!(error(&answer), "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic"));
    }
    let bearer = form(TOKEN, grant).key(secret);
    assert_eq!(error(&house.send(bearer).await.expect(401)), "invalid_client");
    house.stop().await;
}

#[tokio::test]
async fn s10_scopes_that_a_client_does_not_have_are_refused() {
    let house = House::start().await;
    let scoped = KeyRequest {
        scopes: Some("users.read".to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    let client = service(&house, scoped).await;
    for scope in ["users.write", "users.read users.write", "nothing", "operate", "USERS.READ"] {
        let answer = house.send(asked(&client, &format!("&scope={scope}"))).await.expect(400);
        assert_eq!(error(&answer), "invalid_scope", "{scope}");
    }
    let token = token(&house, &client, "").await;
    house.send(Call::get("/scim/v2/Users").key(&token)).await.expect(200);
    house.send(Call::get("/scim/v2/Groups").key(&token)).await.expect(403);
    // The key itself is good for no more.
    house.send(Call::get("/scim/v2/Groups").key(&client.1)).await.expect(403);
    house.stop().await;
}

#[tokio::test]
async fn s29_what_a_form_says_is_bounded() {
    let house = House::start().await;
    let client = administrator(&house).await;
    let long = format!("&scope={}", "users.read+".repeat(200));
    assert_eq!(error(&house.send(asked(&client, &long)).await.expect(400)), "invalid_scope");
    let huge = format!("&scope={}", "a".repeat(1_000_000));
    house.send(asked(&client, &huge)).await.expect(413);
    let twice = asked(&client, "&grant_type=password");
    assert_eq!(error(&house.send(twice).await.expect(400)), "invalid_request");
    house.send(Call::new("POST", TOKEN).plain(&json!({}))).await.expect(415);
    house.stop().await;
}

/// The third grant about which the sources disagree is offered to nobody, least of all people's passwords.
#[tokio::test]
async fn a53_a_token_says_that_it_is_a_bearer_token_and_passwords_are_no_grant() {
    let house = House::start().await;
    let (id, secret) = administrator(&house).await;
    let path = "/api/auth/v1/ACME/protocol/openid-connect/token";
    let with = |grant: &str| {
        let body = format!("grant_type={grant}&client_id={id}&client_secret={secret}&username=a&password=b");
        form(path, &body).header("appkey", "any")
    };
    let answer = house.send(with("client_credentials")).await.expect(200).json();
    assert_eq!(answer["token_type"], "Bearer");
    let token = answer["access_token"].as_str().unwrap();
    house.send(Call::get("/api/admin/user/v1/accounts/ACME/users").key(token)).await.expect(200);
    for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        let answer = house.send(with(grant)).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["violations"][0]["field"], "grant_type", "{grant}");
    }
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    house.send(form("/api/auth/v1/OTHER/protocol/openid-connect/token", &body)).await.expect(403);
    house.stop().await;
}

#[tokio::test]
async fn a_token_runs_out_and_is_taken_back() {
    let house = House::start().await;
    let client = administrator(&house).await;
    let (first, second) = (token(&house, &client, "").await, token(&house, &client, "").await);
    let (id, secret) = &client;
    let about =
        |path: &str, token: &str| form(path, &format!("token={token}&client_id={id}&client_secret={secret}"));
    let told = house.send(about("/oauth/introspect", &first)).await.expect(200).json();
    assert_eq!((&told["active"], &told["client_id"], &told["sub"]), (&json!(true), &json!(id), &json!(id)));
    house.send(Call::get("/scim/v2/Users").key(&first)).await.expect(200);
    house.send(about("/oauth/revoke", &first)).await.expect(200);
    house.send(about("/oauth/revoke", "none")).await.expect(200);
    house.send(Call::get("/scim/v2/Users").key(&first)).await.expect(401);
    let told = house.send(about("/oauth/introspect", &first)).await.expect(200).json();
    assert_eq!(told, json!({ "active": false }));

    house.send(Call::get("/scim/v2/Users").key(&second)).await.expect(200);
    house.pass(std::time::Duration::from_mins(15));
    house.send(Call::get("/scim/v2/Users").key(&second)).await.expect(401);
    house.stop().await;
}

/// `security.md` 14 and 16 of the checklist: what is another account's is as good as nothing.
#[tokio::test]
async fn s16_tokens_of_others_are_neither_shown_nor_taken_back() {
    let house = House::start().await;
    let client = administrator(&house).await;
    let mine = token(&house, &client, "").await;
    let other = service(&house, KeyRequest::new(Some("OTHER"), Role::AccountAdministrator)).await;
    let (id, secret) = &other;
    let body = format!("token={mine}&client_id={id}&client_secret={secret}");
    let told = house.send(form("/oauth/introspect", &body)).await.expect(200).json();
    assert_eq!(told, json!({ "active": false }));
    house.send(form("/oauth/revoke", &body)).await.expect(200);
    house.send(Call::get("/scim/v2/Users").key(&mine)).await.expect(200);
    house.send(Call::get("/api/admin/user/v1/accounts/OTHER/users").key(&mine)).await.expect(403);
    house.stop().await;
}

#[tokio::test]
async fn a_token_is_good_while_its_key_is() {
    let house = House::start().await;
    let made = house.made(KeyRequest::new(Some("ACME"), Role::Reader)).await;
    let token = token(&house, &(made.client_id, made.token), "").await;
    house.send(Call::get("/scim/v2/Users").key(&token)).await.expect(200);
    let admin = house.admin().await;
    let path = format!("/api/v1/accounts/ACME/keys/{}", made.key_id);
    house.send(Call::new("DELETE", &path).key(&admin)).await.expect(204);
    house.pass(std::time::Duration::from_secs(2));
    house.send(Call::get("/scim/v2/Users").key(&token)).await.expect(401);
    house.stop().await;
}

#[tokio::test]
async fn what_tokens_are_verified_by_is_shown_and_changes_with_time() {
    let house = House::start().await;
    let client = administrator(&house).await;
    let keys = async || {
        let told = house.send(Call::get("/oauth/jwks")).await.expect(200).json();
        let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
        told["keys"].as_array().unwrap().iter().map(kid).collect::<Vec<_>>()
    };
    assert_eq!(keys().await, [""; 0]);
    token(&house, &client, "").await;
    let first = keys().await;
    house.pass(std::time::Duration::from_hours(24 * 30));
    token(&house, &client, "").await;
    let second = keys().await;
    assert_eq!((second.len(), &second[1]), (2, &first[0]), "what it signed last is still good");
    house.pass(std::time::Duration::from_hours(24 * 32));
    token(&house, &client, "").await;
    assert!(!keys().await.contains(&first[0]));

    let told = house.send(Call::get("/.well-known/oauth-authorization-server")).await.expect(200).json();
    let issuer = told["issuer"].as_str().unwrap();
    assert_eq!(told["token_endpoint"], format!("{issuer}/oauth/token"));
    assert_eq!(told["authorization_endpoint"], format!("{issuer}/oauth/authorize"));
    let grants = ["client_credentials", "authorization_code", "refresh_token"];
    assert_eq!(told["grant_types_supported"], json!(grants));
    assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
    house.stop().await;
}

/// Who verifies a token by what this server shows, and does not ask it, believes it no longer than the key.
#[tokio::test]
async fn a_token_says_that_it_ends_with_its_key() {
    let house = House::start().await;
    let made = house.made(KeyRequest::new(Some("ACME"), Role::Reader)).await;
    let admin = house.admin().await;
    let path = format!("/api/v1/accounts/ACME/keys/{}/rotate", made.key_id);
    let rotate = Call::new("POST", &path).key(&admin).plain(&json!({ "overlapSeconds": 20 }));
    house.send(rotate).await.expect(201);
    let told = house.send(asked(&(made.client_id, made.token), "")).await.expect(200).json();
    assert!(told["expires_in"].as_u64().is_some_and(|seconds| (15..=20).contains(&seconds)), "{told}");
    house.stop().await;
}
