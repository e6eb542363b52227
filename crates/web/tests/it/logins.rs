//! People who log in, and what applications do for them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use throng_directory::Role;
use throng_directory::use_cases::access::KeyRequest;

use crate::house::{Answer, Call, House};
use crate::oauth::{error, form};

const BACK: &str = "https://roster.example/back";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const PASSWORD: &str = "Corr-Ect7-Hors9";
const CLIENTS: &str = "/api/v1/accounts/ACME/clients";
const MEMBERS: &str = "/api/v1/accounts/ACME/members";

/// A server with an application and a person who may use it.
struct Scene {
    house: House,
    admin: String,
    /// The application: public, with the role `group-manager`.
    client: String,
    ann: String,
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// As a form writes it.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

async fn person(house: &House, admin: &str, name: &str) -> String {
    let user = json!({ "userName": name, "password": PASSWORD });
    let made = house.send(Call::new("POST", "/scim/v2/Users").key(admin).json(&user)).await.expect(201);
    made.json()["id"].as_str().unwrap().to_owned()
}

impl Scene {
    async fn set() -> Self {
        let house = House::start().await;
        let admin = house.admin().await;
        let ann = person(&house, &admin, "ann").await;
        let scene = Self { house, admin, client: String::new(), ann };
        let roster =
            json!({ "name": "Roster <b>", "role": "group-manager", "redirectUris": [BACK], "public": true });
        let client = scene.registered(&roster).await;
        scene.role(&scene.ann, "account-administrator").await;
        Self { client, ..scene }
    }

    async fn registered(&self, client: &Value) -> String {
        let made =
            self.house.send(Call::new("POST", CLIENTS).key(&self.admin).plain(client)).await.expect(201);
        made.json()["clientId"].as_str().unwrap().to_owned()
    }

    async fn role(&self, user: &str, role: &str) {
        let put = Call::new("PUT", &format!("{MEMBERS}/{user}")).key(&self.admin);
        self.house.send(put.plain(&json!({ "role": role }))).await.expect(200);
    }

    /// What the application asks for, with some of it otherwise; empty: left out.
    fn asked(&self, otherwise: &[(&str, &str)]) -> String {
        let challenge = challenge();
        let mut all = vec![
            ("response_type", "code"),
            ("client_id", self.client.as_str()),
            ("redirect_uri", BACK),
            ("state", "a b&c"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in otherwise {
            all.retain(|(known, _)| known != name);
            all.push((name, value));
        }
        all.retain(|(_, value)| !value.is_empty());
        pairs(&all)
    }

    fn answered(asked: &str, login: &str, password: &str) -> Call {
        let who = pairs(&[("login", login), ("password", password), ("decision", "allow")]);
        form("/oauth/authorize", &format!("{asked}&{who}"))
    }

    async fn code(&self, otherwise: &[(&str, &str)]) -> String {
        let call = Self::answered(&self.asked(otherwise), "ann", PASSWORD);
        code_of(&self.house.send(call).await.expect(303))
    }

    async fn redeemed(&self, code: &str, otherwise: &[(&str, &str)]) -> Answer {
        let mut all = vec![
            ("grant_type", "authorization_code"),
            ("client_id", self.client.as_str()),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in otherwise {
            all.retain(|(known, _)| known != name);
            all.push((name, value));
        }
        self.house.send(form("/oauth/token", &pairs(&all))).await
    }

    async fn refreshed(&self, token: &str, more: &[(&str, &str)]) -> Answer {
        let all =
            [("grant_type", "refresh_token"), ("client_id", self.client.as_str()), ("refresh_token", token)];
        self.house.send(form("/oauth/token", &pairs(&[&all, more].concat()))).await
    }

    /// Access token and refresh token of somebody who logged in.
    async fn logged_in(&self, otherwise: &[(&str, &str)]) -> (String, String) {
        let code = self.code(otherwise).await;
        tokens(&self.redeemed(&code, &[]).await.expect(200))
    }

    async fn status(&self, token: &str) -> u16 {
        self.house.send(Call::get("/scim/v2/Groups").key(token)).await.status.as_u16()
    }

    /// The status after what was known of the token is believed no longer.
    async fn status_later(&self, token: &str) -> u16 {
        self.house.pass(Duration::from_secs(2));
        self.status(token).await
    }
}

fn code_of(answer: &Answer) -> String {
    let to = answer.header("location").strip_prefix("https://roster.example/back?code=").unwrap();
    let (code, rest) = to.split_once('&').unwrap();
    assert!(rest.starts_with("state=a%20b%26c&iss=http"), "{rest}");
    code.to_owned()
}

fn tokens(answer: &Answer) -> (String, String) {
    assert_eq!(answer.header("cache-control"), "no-store");
    let told = answer.json();
    assert_eq!((&told["token_type"], &told["expires_in"]), (&json!("Bearer"), &json!(900)));
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

#[tokio::test]
async fn a_person_logs_in_to_an_application_which_acts_for_them() {
    let scene = Scene::set().await;
    let page =
        scene.house.send(Call::get(&format!("/oauth/authorize?{}", scene.asked(&[])))).await.expect(200);
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert!(text.contains("Roster &#60;b&#62;") && !text.contains("Roster <b>"), "{text}");
    assert!(text.contains("see groups and their members") && !text.contains("audit log"), "{text}");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://roster.example;"), "{policy}");
    assert!(
        policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert_eq!(page.header("cache-control"), "no-store");

    let (access, refresh) = scene.logged_in(&[]).await;
    // What the application may do, and not all that the person may.
    assert_eq!(scene.status(&access).await, 200);
    let group = json!({ "displayName": "A" });
    scene.house.send(Call::new("POST", "/scim/v2/Groups").key(&access).json(&group)).await.expect(201);
    scene.house.send(Call::get("/api/admin/user/v1/accounts/ACME/users").key(&access)).await.expect(403);
    let me = scene.house.send(Call::get("/scim/v2/Me").key(&access)).await.expect(200).json();
    assert_eq!(me["id"], scene.ann);

    let again = scene.refreshed(&refresh, &[("scope", "groups.read")]).await.expect(200);
    assert_eq!(again.json()["scope"], "groups.read");
    let (narrow, next) = tokens(&again);
    scene.house.send(Call::get("/scim/v2/Groups").key(&narrow)).await.expect(200);
    scene.house.send(Call::get("/scim/v2/Users").key(&narrow)).await.expect(403);
    // The next one has all that was granted again.
    let (wide, _) = tokens(&scene.refreshed(&next, &[]).await.expect(200));
    scene.house.send(Call::get("/scim/v2/Users").key(&wide)).await.expect(200);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_person_may_do_through_an_application_what_their_role_allows() {
    let scene = Scene::set().await;
    scene.role(&scene.ann, "reader").await;
    let (access, refresh) = scene.logged_in(&[]).await;
    let group =
        |token: &str| Call::new("POST", "/scim/v2/Groups").key(token).json(&json!({ "displayName": "A" }));
    scene.house.send(group(&access)).await.expect(403);
    // A role that grows or shrinks is that of tokens that there are; what was not granted does not come with it.
    scene.role(&scene.ann, "approver").await;
    let (access, _) = tokens(&scene.refreshed(&refresh, &[]).await.expect(200));
    scene.house.send(group(&access)).await.expect(403);
    let (access, _) = scene.logged_in(&[]).await;
    scene.role(&scene.ann, "group-manager").await;
    let (wide, _) = scene.logged_in(&[]).await;
    scene.house.send(group(&wide)).await.expect(201);
    scene.role(&scene.ann, "reader").await;
    scene.house.pass(Duration::from_secs(2));
    scene.house.send(group(&wide)).await.expect(403);
    assert_eq!(scene.status(&access).await, 200);
    scene.house.stop().await;
}

/// RFC 6749 §4.1.2 and RFC 9700 §4.5.
#[tokio::test]
async fn s41_a_code_is_good_once_for_its_client_its_address_and_its_verifier() {
    let scene = Scene::set().await;
    let code = scene.code(&[]).await;
    let (access, refresh) = tokens(&scene.redeemed(&code, &[]).await.expect(200));
    assert_eq!(scene.status(&access).await, 200);
    // Who presents it a second time may have stolen it: nothing of it is good any more.
    assert_eq!(error(&scene.redeemed(&code, &[]).await.expect(400)), "invalid_grant");
    assert_eq!(scene.status_later(&access).await, 401);
    assert_eq!(error(&scene.refreshed(&refresh, &[]).await.expect(400)), "invalid_grant");

    for wrong in [("code_verifier", &*"a".repeat(43)), ("redirect_uri", "https://roster.example/other")] {
        let code = scene.code(&[]).await;
        assert_eq!(error(&scene.redeemed(&code, &[wrong]).await.expect(400)), "invalid_grant", "{wrong:?}");
        // It is not tried twice.
        assert_eq!(error(&scene.redeemed(&code, &[]).await.expect(400)), "invalid_grant", "{wrong:?}");
    }
    let other = json!({ "name": "Other", "role": "reader", "redirectUris": [BACK], "public": true });
    let (other, code) = (scene.registered(&other).await, scene.code(&[]).await);
    assert_eq!(error(&scene.redeemed(&code, &[("client_id", &other)]).await.expect(400)), "invalid_grant");
    scene.redeemed(&code, &[]).await.expect(200);

    let code = scene.code(&[]).await;
    scene.house.pass(Duration::from_secs(61));
    assert_eq!(error(&scene.redeemed(&code, &[]).await.expect(400)), "invalid_grant");
    for wrong in ["", "thc_0_0_0", &code[..code.len() - 1], &code.replace("thc", "thf")] {
        assert_eq!(error(&scene.redeemed(wrong, &[]).await.expect(400)), "invalid_grant", "{wrong}");
    }
    let missing =
        form("/oauth/token", &pairs(&[("grant_type", "authorization_code"), ("client_id", &scene.client)]));
    assert_eq!(error(&scene.house.send(missing).await.expect(400)), "invalid_request");
    scene.house.stop().await;
}

/// RFC 9700 §4.14.2.
#[tokio::test]
async fn s41_a_refresh_token_is_good_once_and_ends_its_family_when_it_is_used_again() {
    let scene = Scene::set().await;
    let (first, used) = scene.logged_in(&[]).await;
    let (second, next) = tokens(&scene.refreshed(&used, &[]).await.expect(200));
    assert_eq!((scene.status(&first).await, scene.status(&second).await), (200, 200));
    assert_eq!(error(&scene.refreshed(&used, &[]).await.expect(400)), "invalid_grant");
    assert_eq!(error(&scene.refreshed(&next, &[]).await.expect(400)), "invalid_grant");
    assert_eq!((scene.status_later(&first).await, scene.status(&second).await), (401, 401));
    // A scope that was not granted is refused, and costs nothing.
    let (_, refresh) = scene.logged_in(&[("scope", "groups.read")]).await;
    let wide = scene.refreshed(&refresh, &[("scope", "users.read")]).await.expect(400);
    assert_eq!(error(&wide), "invalid_scope");
    let (access, refresh) = tokens(&scene.refreshed(&refresh, &[]).await.expect(200));
    // A login ends, however often it is refreshed.
    scene.house.pass(Duration::from_hours(24 * 29));
    let (_, refresh) = tokens(&scene.refreshed(&refresh, &[]).await.expect(200));
    scene.house.pass(Duration::from_hours(24));
    assert_eq!(error(&scene.refreshed(&refresh, &[]).await.expect(400)), "invalid_grant");
    assert_eq!(scene.status(&access).await, 401);
    scene.house.stop().await;
}

/// Of eight who refresh at once with one token, one gets the next.
#[tokio::test]
async fn s41_of_many_who_present_one_secret_at_once_one_is_served() {
    let scene = Scene::set().await;
    let code = scene.code(&[]).await;
    let all = futures_util::future::join_all((0..8).map(|_| scene.redeemed(&code, &[]))).await;
    assert!(all.iter().filter(|answer| answer.status == 200).count() <= 1);
    assert!(all.iter().all(|answer| answer.status == 200 || error(answer) == "invalid_grant"));
    scene.house.stop().await;
}

#[tokio::test]
async fn who_logs_in_is_let_in_no_longer_than_they_and_the_application_stand() {
    let scene = Scene::set().await;
    let (access, refresh) = scene.logged_in(&[]).await;
    assert_eq!(scene.status(&access).await, 200);
    // Inactive.
    let path = format!("/scim/v2/Users/{}", scene.ann);
    let active = |is: bool| {
        let change = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": is }] });
        Call::new("PATCH", &path).key(&scene.admin).json(&change)
    };
    scene.house.send(active(false)).await.expect(200);
    assert_eq!(scene.status_later(&access).await, 401);
    assert_eq!(error(&scene.refreshed(&refresh, &[]).await.expect(400)), "invalid_grant");
    let call = Scene::answered(&scene.asked(&[]), "ann", PASSWORD);
    scene.house.send(call.clone()).await.expect(403);
    scene.house.send(active(true)).await.expect(200);
    assert_eq!(scene.status_later(&access).await, 200);
    // Without a role; and one that is given again brings nothing back.
    let member = format!("{MEMBERS}/{}", scene.ann);
    scene.house.send(Call::new("DELETE", &member).key(&scene.admin)).await.expect(204);
    scene.house.send(Call::new("DELETE", &member).key(&scene.admin)).await.expect(404);
    assert_eq!(scene.status_later(&access).await, 401);
    scene.house.send(call.clone()).await.expect(403);
    scene.role(&scene.ann, "reader").await;
    assert_eq!(scene.status_later(&access).await, 401);
    // Without the application.
    let (access, refresh) = scene.logged_in(&[]).await;
    assert_eq!(scene.status(&access).await, 200);
    let client = format!("{CLIENTS}/{}", scene.client);
    scene.house.send(Call::new("DELETE", &client).key(&scene.admin)).await.expect(204);
    assert_eq!(scene.status_later(&access).await, 401);
    assert_eq!(error(&scene.refreshed(&refresh, &[]).await.expect(401)), "invalid_client");
    scene.house.send(call).await.expect(400);
    scene.house.stop().await;
}

/// RFC 6749 §4.1.2.1: nobody is sent where the application may not be.
#[tokio::test]
async fn s42_nobody_is_sent_to_an_address_that_was_not_registered() {
    let scene = Scene::set().await;
    let stopped = [
        ("client_id", ""),
        ("client_id", "ACME_999"),
        ("client_id", "Nobody_1"),
        ("client_id", "x"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://roster.example/back/"),
        ("redirect_uri", "https://roster.example.evil.example/back"),
        ("redirect_uri", "javascript:alert(1)"),
    ];
    for wrong in stopped {
        let asked = scene.asked(&[wrong]);
        for call in
            [Call::get(&format!("/oauth/authorize?{asked}")), Scene::answered(&asked, "ann", PASSWORD)]
        {
            let answer = scene.house.send(call).await.expect(400);
            assert_eq!(
                (answer.header("location"), answer.header("cache-control")),
                ("", "no-store"),
                "{wrong:?}"
            );
            assert!(answer.header("content-security-policy").contains("form-action 'none'"));
        }
    }
    let long = "a".repeat(2_000);
    let back = [
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("scope", "admin.write", "invalid_scope"),
        ("scope", "nothing", "invalid_scope"),
        ("resource", "https://elsewhere.example", "invalid_target"),
        ("state", &long, "invalid_request"),
    ];
    for (name, value, expected) in back {
        let asked = scene.asked(&[(name, value)]);
        for call in
            [Call::get(&format!("/oauth/authorize?{asked}")), Scene::answered(&asked, "ann", PASSWORD)]
        {
            let answer = scene.house.send(call).await.expect(303);
            let to = answer.header("location");
            assert!(to.starts_with(&format!("{BACK}?error={expected}&")), "{name}={value}: {to}");
        }
    }
    let denied = form("/oauth/authorize", &format!("{}&decision=deny", scene.asked(&[])));
    let answer = scene.house.send(denied).await.expect(303);
    assert!(
        answer
            .header("location")
            .starts_with("https://roster.example/back?error=access_denied&state=a%20b%26c&iss=")
    );
    scene.house.stop().await;
}

#[tokio::test]
async fn s42_who_does_not_know_the_password_learns_nothing_and_not_often() {
    let scene = Scene::set().await;
    person(&scene.house, &scene.admin, "bob").await;
    let asked = scene.asked(&[]);
    let text = |answer: Answer| String::from_utf8(answer.body).unwrap();
    let shown = text(scene.house.send(Scene::answered(&asked, "ann", "wrong")).await.expect(403));
    assert!(shown.contains("Login or password is wrong."), "{shown}");
    assert!(!shown.contains("value=\"wrong\""), "{shown}");
    let nobody = text(scene.house.send(Scene::answered(&asked, "nobody", "wrong")).await.expect(403));
    assert_eq!(shown.replace("value=\"ann\"", ""), nobody.replace("value=\"nobody\"", ""));
    // Somebody without a role is told so, once their password was right.
    let bob = text(scene.house.send(Scene::answered(&asked, "bob", "wrong")).await.expect(403));
    assert!(bob.contains("Login or password is wrong."));
    let bob = text(scene.house.send(Scene::answered(&asked, "bob", PASSWORD)).await.expect(403));
    assert!(bob.contains("nobody gave you a role"), "{bob}");
    let evil =
        text(scene.house.send(Scene::answered(&asked, "\"><script>x</script>", "wrong")).await.expect(403));
    assert!(!evil.contains("<script>"), "{evil}");
    // Another page's form is no way to log somebody in.
    for site in ["cross-site", "same-site", "none"] {
        let call = Scene::answered(&asked, "ann", PASSWORD).header("sec-fetch-site", site);
        scene.house.send(call).await.expect(400);
    }
    let call = Scene::answered(&asked, "ann", PASSWORD).header("sec-fetch-site", "same-origin");
    scene.house.send(call).await.expect(303);

    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(scene.house.send(Scene::answered(&asked, "ANN", "wrong")).await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 4, "{statuses:?}");
    let waits = text(scene.house.send(Scene::answered(&asked, "ann", PASSWORD)).await.expect(429));
    assert!(waits.contains("Too many attempts"), "{waits}");
    // Others do not wait.
    scene.house.send(Scene::answered(&asked, "bob", "wrong")).await.expect(403);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_client_that_has_a_secret_shows_it() {
    let scene = Scene::set().await;
    let asked = json!({ "name": "Web", "role": "reader", "redirectUris": [BACK] });
    let web = scene.registered(&asked).await;
    let mint = json!({ "client": "Web", "role": "reader" });
    let keys = "/api/v1/accounts/ACME/keys";
    let key =
        scene.house.send(Call::new("POST", keys).key(&scene.admin).plain(&mint)).await.expect(201).json();
    assert_eq!(key["clientId"], web);
    let secret = key["key"].as_str().unwrap();
    let code = scene.code(&[("client_id", &web)]).await;
    let bare = scene.redeemed(&code, &[("client_id", &web)]).await.expect(401);
    assert_eq!(error(&bare), "invalid_client");
    let wrong = scene.redeemed(&code, &[("client_id", &web), ("client_secret", &format!("{secret}0"))]).await;
    wrong.expect(401);
    let shown = scene.redeemed(&code, &[("client_id", &web), ("client_secret", secret)]).await.expect(200);
    let (access, refresh) = tokens(&shown);
    let told = form(
        "/oauth/introspect",
        &pairs(&[("token", &access), ("client_id", &web), ("client_secret", secret)]),
    );
    let told = scene.house.send(told).await.expect(200).json();
    assert_eq!(
        (&told["active"], &told["sub"], &told["client_id"]),
        (&json!(true), &json!(scene.ann), &json!(web))
    );
    // Its refresh token takes back all of it.
    let revoke =
        form("/oauth/revoke", &pairs(&[("token", &refresh), ("client_id", &web), ("client_secret", secret)]));
    scene.house.send(revoke).await.expect(200);
    assert_eq!(scene.status_later(&access).await, 401);
    // A public client has no tokens of its own, nor looks into any.
    let own =
        form("/oauth/token", &pairs(&[("grant_type", "client_credentials"), ("client_id", &scene.client)]));
    assert_eq!(error(&scene.house.send(own).await.expect(400)), "unauthorized_client");
    let look = form("/oauth/introspect", &pairs(&[("token", &access), ("client_id", &scene.client)]));
    scene.house.send(look).await.expect(401);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_client_takes_back_its_own_tokens_alone() {
    let scene = Scene::set().await;
    let (access, refresh) = scene.logged_in(&[]).await;
    let other = json!({ "name": "Other", "role": "reader", "redirectUris": [BACK], "public": true });
    let other = scene.registered(&other).await;
    for token in [&access, &refresh] {
        let call = form("/oauth/revoke", &pairs(&[("token", token), ("client_id", &other)]));
        scene.house.send(call).await.expect(200);
    }
    assert_eq!(scene.status_later(&access).await, 200);
    let own = form("/oauth/revoke", &pairs(&[("token", &access), ("client_id", &scene.client)]));
    scene.house.send(own).await.expect(200);
    assert_eq!(scene.status_later(&access).await, 401);
    // The login goes on.
    let (access, refresh) = tokens(&scene.refreshed(&refresh, &[]).await.expect(200));
    let own = form("/oauth/revoke", &pairs(&[("token", &refresh), ("client_id", &scene.client)]));
    scene.house.send(own).await.expect(200);
    assert_eq!(scene.status_later(&access).await, 401);
    scene.house.stop().await;
}

/// Nobody gives, takes away or registers what may do more than they.
#[tokio::test]
async fn s09_nobody_gives_a_role_that_may_do_what_they_may_not() {
    let scene = Scene::set().await;
    let scoped = KeyRequest {
        scopes: Some("keys.manage users.read".to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    let minter = scene.house.key(scoped).await;
    let bob = person(&scene.house, &scene.admin, "bob").await;
    let calls = [
        ("PUT", format!("{MEMBERS}/{bob}"), json!({ "role": "group-manager" })),
        ("PUT", format!("{MEMBERS}/{}", scene.ann), json!({ "role": "reader" })),
        ("DELETE", format!("{MEMBERS}/{}", scene.ann), json!({})),
        ("POST", CLIENTS.to_owned(), json!({ "name": "X", "role": "group-manager" })),
        (
            "PATCH",
            format!("{CLIENTS}/{}", scene.client),
            json!({ "redirectUris": ["https://evil.example/"] }),
        ),
        ("DELETE", format!("{CLIENTS}/{}", scene.client), json!({})),
    ];
    for (method, path, body) in &calls {
        let call = Call::new(method, path).key(&minter);
        let call = if *method == "DELETE" { call } else { call.plain(body) };
        scene.house.send(call).await.expect(403);
    }
    // A person is no client that keys are made for, nor one that is revoked or changed as an application.
    let members = scene.house.send(Call::get(MEMBERS).key(&scene.admin)).await.expect(200).json();
    let member = &members["members"][0];
    assert_eq!((&member["user"], &member["userName"]), (&json!(scene.ann), &json!("ann")));
    let own = member["clientId"].as_str().unwrap();
    let change = json!({ "redirectUris": ["https://evil.example/"] });
    let path = format!("{CLIENTS}/{own}");
    scene.house.send(Call::new("PATCH", &path).key(&scene.admin).plain(&change)).await.expect(404);
    scene.house.send(Call::new("DELETE", &path).key(&scene.admin)).await.expect(404);
    let key = json!({ "client": format!("person {}", scene.ann), "role": "account-administrator" });
    let keys = "/api/v1/accounts/ACME/keys";
    scene.house.send(Call::new("POST", keys).key(&scene.admin).plain(&key)).await.expect(400);
    let listed = scene.house.send(Call::get(CLIENTS).key(&scene.admin)).await.expect(200).json();
    let ids: Vec<&Value> =
        listed["clients"].as_array().unwrap().iter().map(|client| &client["clientId"]).collect();
    assert!(ids.contains(&&json!(scene.client)) && !ids.contains(&&json!(own)), "{listed}");
    scene.house.stop().await;
}

#[tokio::test]
async fn an_application_is_registered_where_people_may_be_sent() {
    let scene = Scene::set().await;
    let post = |client: Value| Call::new("POST", CLIENTS).key(&scene.admin).plain(&client);
    let bad = [
        json!({ "name": "X", "role": "reader", "redirectUris": ["http://evil.example/"] }),
        json!({ "name": "X", "role": "reader", "redirectUris": ["javascript:alert(1)"] }),
        json!({ "name": "X", "role": "reader", "redirectUris": vec![BACK; 21] }),
        json!({ "name": "X", "role": "reader", "public": true }),
        json!({ "name": " ", "role": "reader" }),
        json!({ "name": "a\u{7}b", "role": "reader" }),
        json!({ "name": "X", "role": "operator" }),
    ];
    for client in bad {
        scene.house.send(post(client.clone())).await.expect(400);
    }
    scene.house.send(post(json!({ "name": "Roster <b>", "role": "reader" }))).await.expect(409);
    // A service that logs nobody in.
    let service = scene.registered(&json!({ "name": "Service", "role": "reader" })).await;
    let asked = scene.asked(&[("client_id", &service)]);
    scene.house.send(Call::get(&format!("/oauth/authorize?{asked}"))).await.expect(400);
    let change = json!({ "redirectUris": ["http://127.0.0.1/back"] });
    let path = format!("{CLIENTS}/{service}");
    let changed =
        scene.house.send(Call::new("PATCH", &path).key(&scene.admin).plain(&change)).await.expect(200);
    assert_eq!(changed.json()["redirectUris"], json!(["http://127.0.0.1/back"]));
    let asked = scene.asked(&[("client_id", &service), ("redirect_uri", "http://127.0.0.1:50123/back")]);
    scene.house.send(Call::get(&format!("/oauth/authorize?{asked}"))).await.expect(200);
    let none = json!({ "redirectUris": [] });
    let own = format!("{CLIENTS}/{}", scene.client);
    scene.house.send(Call::new("PATCH", &own).key(&scene.admin).plain(&none)).await.expect(400);
    scene.house.stop().await;
}

/// Jobs of people are their own: nobody else's who uses the same application, and they stop with the role.
#[tokio::test]
async fn what_people_do_through_one_application_is_told_apart() {
    let scene = Scene::set().await;
    let bob = person(&scene.house, &scene.admin, "bob").await;
    scene.role(&bob, "group-manager").await;
    let (ann, _) = scene.logged_in(&[]).await;
    let call = Scene::answered(&scene.asked(&[]), "bob", PASSWORD);
    let code = code_of(&scene.house.send(call).await.expect(303));
    let (bob, _) = tokens(&scene.redeemed(&code, &[]).await.expect(200));
    let group = |token: &str| {
        let call = Call::new("POST", "/scim/v2/Groups").key(token).header("idempotency-key", "one");
        call.json(&json!({ "displayName": "A" }))
    };
    let one = scene.house.send(group(&ann)).await.expect(201);
    let again = scene.house.send(group(&ann)).await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(one.json()["id"], again.json()["id"]);
    // The name is taken: the other's key is another key.
    scene.house.send(group(&bob)).await.expect(409);
    scene.house.stop().await;
}

/// Each attempt costs a core some ten milliseconds: there is no queue without an end for them.
#[tokio::test]
async fn s42_people_who_log_in_at_once_are_so_many_and_no_more() {
    let scene = Scene::set().await;
    let asked = scene.asked(&[]);
    let attempts = (0..80).map(|n| scene.house.send(Scene::answered(&asked, &format!("nobody{n}"), "wrong")));
    let all = futures_util::future::join_all(attempts).await;
    let of = |status: u16| all.iter().filter(|answer| answer.status == status).count();
    assert_eq!(of(403) + of(429), 80);
    assert!((1..=16).contains(&of(429)), "{}", of(429));
    assert!(
        all.iter().filter(|answer| answer.status == 429).all(|answer| answer.header("retry-after") == "1")
    );
    scene.house.send(Scene::answered(&asked, "ann", PASSWORD)).await.expect(303);
    scene.house.stop().await;
}
