//! Passwords: set by every road, kept as hashes, shown by none.

use std::time::Duration;

use argon2::{Argon2, PasswordVerifier};
use serde_json::{Value, json};
use throng_checker::Source;
use throng_directory::port::{Cost, StoreExt};

use crate::house::{Answer, Call, House};

const USERS: &str = "/api/admin/user/v1/accounts/ACME/users";
const POLICY: &str = "/api/admin/user/v1/accounts/ACME/password-policy";
/// What must be found nowhere.
const CANARY: &str = "Cnry-42-Moss-17";
/// One that is not a password but its hash.
const READY: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

struct Scene {
    house: House,
    key: String,
}

impl Scene {
    async fn start() -> Self {
        let house = House::start().await;
        let key = house.admin().await;
        Self { house, key }
    }

    /// Sends a body; in no answer is a password.
    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let call = Call::new(method, path).key(&self.key);
        let call = if path.starts_with("/scim") { call.json(body) } else { call.plain(body) };
        clean(self.house.send(call).await)
    }

    async fn get(&self, path: &str) -> Answer {
        clean(self.house.send(Call::get(path).key(&self.key)).await)
    }

    /// The hash that is stored of whoever has this login.
    async fn stored(&self, login: &str) -> Option<String> {
        let login = login.to_owned();
        let read = move |snapshot: &mut dyn throng_directory::port::Snapshot| {
            let account = snapshot.account("ACME")?.unwrap().id;
            let Some(user) = snapshot.user_by_name(account, &login)? else { return Ok(None) };
            Ok(snapshot.password(account, user.key)?.map(|hash| hash.reveal().to_owned()))
        };
        self.house.store().read(Cost::Point, read).await.unwrap()
    }

    async fn verifies(&self, login: &str, password: &str) -> bool {
        let hash = self.stored(login).await.unwrap_or_else(|| panic!("{login} has no password"));
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok()
    }

    /// A person of the admin API with this login and this field beside it.
    async fn person(&self, login: &str, password: &Value) -> Answer {
        let body = json!({ "loginId": login, "firstName": "A", "lastName": "B", "password": password });
        self.send("POST", USERS, &body).await
    }

    /// The job at this path, once it has ended.
    async fn ended(&self, path: &str) -> Value {
        for _ in 0..3_000 {
            let job = self.get(path).await.expect(200).json();
            if ["COMPLETED", "FAILED", "ABORTED", "NO_CHANGE"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{path} does not end");
    }

    /// Ends the server; the database shows no password and contradicts nothing.
    async fn stop(self) {
        self.house
            .stop_to_look(|source| {
                if let Source::Directory(dir) = source {
                    for file in std::fs::read_dir(dir).unwrap() {
                        let path = file.unwrap().path();
                        let bytes = std::fs::read(&path).unwrap();
                        let is_there = bytes.windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes());
                        assert!(!is_there, "a password stands in {}", path.display());
                    }
                }
                let report = throng_checker::check(source).unwrap();
                assert_eq!(report.violations, Vec::<String>::new());
            })
            .await;
    }
}

/// An answer that shows no password and no hash.
#[track_caller]
fn clean(answer: Answer) -> Answer {
    let text = String::from_utf8_lossy(&answer.body);
    for secret in [CANARY, "$argon2", "$2b$"] {
        assert!(!text.contains(secret), "{text}");
    }
    answer
}

/// The id at the end of `Location`.
fn made(answer: &Answer) -> String {
    answer.header("location").rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_admin_api_sets_passwords() {
    let scene = Scene::start().await;
    let made = made(&scene.person("anna@example.com", &json!(CANARY)).await.expect(202));
    assert!(scene.verifies("anna@example.com", CANARY).await);
    let path = format!("{USERS}/{made}");
    assert!(scene.get(&path).await.expect(200).json().get("password").is_none());

    // Another password is no other version, but If-Match is looked at all the same.
    let body = json!({ "password": "Other-42-Moss-9" });
    let call = Call::new("PATCH", &path).key(&scene.key).plain(&body);
    scene.house.send(call.header("if-match", "W/\"7\"")).await.expect(412);
    assert!(scene.verifies("anna@example.com", CANARY).await);
    let other = json!({ "password": "Othr-42-Moss-17" });
    let patched = scene.send("PATCH", &path, &other).await.expect(200);
    assert_eq!(patched.header("etag"), "W/\"1\"");
    assert!(scene.verifies("anna@example.com", "Othr-42-Moss-17").await);

    // What is not said of it, and null in what stands for the whole person, leaves it.
    for whole in [
        json!({ "loginId": "anna@example.com", "firstName": "C", "lastName": "B" }),
        json!({ "loginId": "anna@example.com", "firstName": "D", "lastName": "B", "password": null }),
    ] {
        scene.send("PUT", &path, &whole).await.expect(202);
        assert!(scene.verifies("anna@example.com", "Othr-42-Moss-17").await);
    }
    let whole =
        json!({ "loginId": "anna@example.com", "firstName": "E", "lastName": "B", "password": CANARY });
    let replaced = scene.send("PUT", &path, &whole).await.expect(202);
    assert_eq!(replaced.header("etag"), "W/\"4\"");
    assert!(scene.verifies("anna@example.com", CANARY).await);

    let cleared = scene.send("PATCH", &path, &json!({ "password": null })).await.expect(200);
    assert_eq!((cleared.header("etag"), scene.stored("anna@example.com").await), ("W/\"4\"", None));
    scene.send("PATCH", &path, &json!({ "password": CANARY })).await.expect(200);
    scene.send("DELETE", &path, &json!({})).await.expect(204);
    scene.stop().await;
}

#[tokio::test]
async fn scim_sets_passwords() {
    let scene = Scene::start().await;
    let body = json!({ "userName": "bob", "password": CANARY });
    let id = made(&scene.send("POST", "/scim/v2/Users", &body).await.expect(201));
    assert!(scene.verifies("bob", CANARY).await);
    let path = format!("/scim/v2/Users/{id}");

    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    for (at, operation) in [
        json!({ "op": "replace", "path": "password", "value": "Kt0-42-Moss-17-" }),
        json!({ "op": "Add", "value": { "PassWord": "Kt1-42-Moss-17-" } }),
        json!({ "op": "replace", "path": format!("{core}:password"), "value": "Kt2-42-Moss-17-" }),
        json!({ "op": "replace", "value": { format!("{core}:password"): "Kt3-42-Moss-17-" } }),
        json!({ "op": "replace", "value": { "password": "Kt4-42-Moss-17-" } }),
    ]
    .into_iter()
    .enumerate()
    {
        let patched = scene.send("PATCH", &path, &json!({ "Operations": [operation] })).await.expect(200);
        assert_eq!(patched.header("etag"), "W/\"1\"");
        assert!(scene.verifies("bob", &format!("Kt{at}-42-Moss-17-")).await, "operation {at}");
    }
    // Other attributes at the same time.
    let both = json!([
        { "op": "replace", "path": "title", "value": "Boss" }, { "op": "replace", "path": "password", "value": CANARY },
    ]);
    let patched = scene.send("PATCH", &path, &json!({ "Operations": both })).await.expect(200);
    assert_eq!(patched.header("etag"), "W/\"2\"");
    assert!(scene.verifies("bob", CANARY).await);

    scene.send("PUT", &path, &json!({ "userName": "bob" })).await.expect(200);
    assert!(scene.verifies("bob", CANARY).await);
    scene.send("PUT", &path, &json!({ "userName": "bob", "password": "Kt5-42-Moss-17-" })).await.expect(200);
    assert!(scene.verifies("bob", "Kt5-42-Moss-17-").await);

    let bulk = |name: &str, dry: &str| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{
                "method": "POST", "path": "/Users", "bulkId": "a", "data": { "userName": name, "password": CANARY },
            }],
        });
        (format!("/scim/v2/Bulk{dry}"), body)
    };
    let (path, body) = bulk("carl", "?dryRun=true");
    let tried = scene.send("POST", &path, &body).await.expect(200).json();
    assert_eq!((&tried["Operations"][0]["status"], scene.stored("carl").await), (&json!("201"), None));
    // What a dry run keeps of a request has no password, in whatever form it came.
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    let forms = json!([
        { "op": "replace", "path": "Password", "value": CANARY },
        { "op": "replace", "path": format!("{core}:password"), "value": CANARY },
        { "op": "replace", "value": { format!("{core}:PASSWORD"): CANARY, "title": "x" } },
    ]);
    let mut changes = body.clone();
    changes["Operations"] =
        json!([{ "method": "PATCH", "path": format!("/Users/{id}"), "data": { "Operations": forms } }]);
    let tried = scene.send("POST", &path, &changes).await.expect(200).json();
    assert_eq!(tried["Operations"][0]["status"], "200", "{tried}");
    let (path, body) = bulk("carl", "");
    scene.send("POST", &path, &body).await.expect(200);
    assert!(scene.verifies("carl", CANARY).await);
    let found = scene.get("/scim/v2/Users?attributes=password,userName").await.expect(200).json();
    assert_eq!(found["totalResults"], 2);
    scene.stop().await;
}

#[tokio::test]
async fn a44_the_policy_of_the_account_decides() {
    let scene = Scene::start().await;
    let defaults = scene.get(POLICY).await.expect(200).json();
    assert_eq!(
        defaults,
        json!({
            "length": 14, "specialChars": 0, "upperCase": 0, "lowerCase": 0, "digits": 0,
            "maxNoOfConsecutiveChars": 2, "maxNoOfConsecutiveCharSets": 4, "passwordHistory": 10, "notUsername": true,
        })
    );
    // No digit, nothing special, in spite of the pattern that the description shows.
    scene.person("small", &json!("abCDefGHijKLmn")).await.expect(202);
    let refused = scene.person("short", &json!("Kite-42-Moss")).await.expect(400).json();
    assert_eq!(refused["violations"][0]["field"], "password", "{refused}");
    assert!(refused.to_string().contains("at least 14 characters"), "{refused}");
    let body = json!({ "userName": "short", "password": "Kite-42-Moss" });
    let refused = scene.send("POST", "/scim/v2/Users", &body).await.expect(400).json();
    assert_eq!(refused["scimType"], "invalidValue", "{refused}");
    scene.person("kite-42-moss-17", &json!("Kite-42-Moss-17")).await.expect(400);
    let id = made(&scene.person("kite", &json!("Kite-42-Moss-17")).await.expect(202));
    let renamed = json!({ "loginId": "moss-42-kite-17", "password": "Moss-42-Kite-17" });
    scene.send("PATCH", &format!("{USERS}/{id}"), &renamed).await.expect(400);
    assert!(scene.verifies("kite", "Kite-42-Moss-17").await);

    let set = scene.send("PUT", POLICY, &json!({ "length": 8, "digits": 1, "notUsername": false })).await;
    assert_eq!(set.expect(200).json()["maxNoOfConsecutiveChars"], 2);
    assert_eq!(scene.get(POLICY).await.expect(200).json()["digits"], 1);
    scene.person("kite-42-moss-17", &json!("Kite-42-Moss-17")).await.expect(202);
    scene.person("none", &json!("Kite-Moss")).await.expect(400);
    let set = scene.send("PUT", POLICY, &json!({})).await.expect(200).json();
    assert_eq!(set, defaults);
    // Names of the vendor's example are none of its schema.
    for wrong in [json!({ "minLength": 8 }), json!({ "length": 7 }), json!({ "length": "8" })] {
        scene.send("PUT", POLICY, &wrong).await.expect(400);
    }
    let refused =
        scene.send("PUT", POLICY, &json!({ "length": 7, "passwordHistory": 25 })).await.expect(400).json();
    assert_eq!(refused["violations"].as_array().map(Vec::len), Some(2), "{refused}");
    let other = "/api/admin/user/v1/accounts/OTHER/password-policy";
    scene.get(other).await.expect(403);
    scene.stop().await;
}

#[tokio::test]
async fn ready_hashes_are_kept_as_given() {
    let scene = Scene::start().await;
    scene.person("anna", &json!(READY)).await.expect(202);
    let body = json!({ "userName": "bob", "password": READY });
    scene.send("POST", "/scim/v2/Users", &body).await.expect(201);
    for login in ["anna", "bob"] {
        assert_eq!(scene.stored(login).await.as_deref(), Some(READY));
    }
    scene.person("carl", &json!(&READY[..50])).await.expect(400);
    scene.person("dora", &json!("$6$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA")).await.expect(400);
    scene.stop().await;
}

#[tokio::test]
async fn who_is_restored_has_no_password() {
    let scene = Scene::start().await;
    let id = made(&scene.person("anna", &json!(CANARY)).await.expect(202));
    let jobs = "/api/v1/accounts/ACME/jobs";
    let body = json!({ "filter": "userName eq \"anna\"" });
    let deletion = scene.send("POST", "/api/v1/accounts/ACME/users/delete", &body).await.expect(202).json();
    scene.ended(&format!("{jobs}/{}", deletion["number"])).await;
    scene.get(&format!("{USERS}/{id}")).await.expect(404);
    let undo = Call::new("POST", &format!("{jobs}/{}/undo", deletion["number"])).key(&scene.key);
    let undo = scene.house.send(undo).await.expect(202).json();
    scene.ended(&format!("{jobs}/{}", undo["number"])).await;
    scene.get(&format!("{USERS}/{id}")).await.expect(200);
    assert_eq!(scene.stored("anna").await, None);
    scene.stop().await;
}
