//! Passwords: set by every road, kept as hashes, shown by none.

mod digests;
mod history;
mod spaces;
mod uploads;

use std::io::ErrorKind;
use std::time::Duration;

use argon2::{Argon2, PasswordVerifier};
use serde_json::{Value, json};
use throng_checker::Source;
use throng_directory::Settings;
use throng_directory::ids::parse_uuid;
use throng_directory::port::{Cost, Snapshot, StoreExt};

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
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let house = House::with(settings).await;
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
        let read = move |snapshot: &mut dyn Snapshot| {
            let account = snapshot.account("ACME")?.unwrap().id;
            let Some(user) = snapshot.user_by_name(account, &login)? else { return Ok(None) };
            Ok(snapshot.passwords(account, user.key)?.first().map(|hash| hash.reveal().to_owned()))
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

    /// Sends a file and waits until its job is through; its path in the native API, and its rows: `login: message`.
    async fn filed(&self, verb: &str, file: &str) -> (String, Vec<String>) {
        let job = self.accepted(verb, file).await;
        let path = format!("/api/v1/accounts/ACME/jobs/{job}");
        self.ended(&path).await;
        let rows = self.rows(&job).await;
        (path, rows)
    }

    /// Sends a file; its job's id.
    async fn accepted(&self, verb: &str, file: &str) -> String {
        let call = Call::new("POST", &format!("{USERS}:{verb}")).key(&self.key).file("people.csv", file);
        let accepted = clean(self.house.send(call).await).expect(202).json();
        accepted["jobId"].as_str().unwrap().to_owned()
    }

    async fn rows(&self, job: &str) -> Vec<String> {
        let path = format!("/api/admin/user/v1/accounts/ACME/jobs/{job}/users?pageSize=50");
        let page = self.get(&path).await.expect(200).json();
        let row = |row: &Value| {
            format!("{}: {}", row["loginId"].as_str().unwrap(), row["message"].as_str().unwrap())
        };
        page["users"].as_array().unwrap().iter().map(row).collect()
    }

    /// How many pages of sealed passwords a job has.
    async fn sealed(&self, job: &str) -> usize {
        let job = parse_uuid(job).unwrap();
        let read = move |snapshot: &mut dyn Snapshot| {
            let account = snapshot.account("ACME")?.unwrap().id;
            let job = snapshot.job_by_uuid(account, job)?.unwrap().number;
            let pages = snapshot.row_secrets(account, job, 0, 1_000)?;
            for secret in [CANARY, "$argon2", "$2b$"] {
                let shows = |bytes: &[u8]| bytes.windows(secret.len()).any(|b| b == secret.as_bytes());
                assert!(!pages.iter().any(|page| shows(&page.data)), "{secret}");
            }
            Ok(pages.len())
        };
        self.house.store().read(Cost::Point, read).await.unwrap()
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
        self.stop_without(&[CANARY]).await;
    }

    /// The same of these.
    async fn stop_without(self, secrets: &'static [&'static str]) {
        self.house
            .stop_to_look(move |source| {
                if let Source::Directory(dir) = source {
                    for file in std::fs::read_dir(dir).unwrap() {
                        let path = file.unwrap().path();
                        // What stands beside the database goes when its last connection is closed.
                        let bytes = match std::fs::read(&path) {
                            Err(error) if error.kind() == ErrorKind::NotFound => continue,
                            read => read.unwrap(),
                        };
                        for secret in secrets {
                            let is_there =
                                bytes.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
                            assert!(!is_there, "a password stands in {}", path.display());
                        }
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
    let third = "Thrd-42-Moss-17";
    let whole =
        json!({ "loginId": "anna@example.com", "firstName": "E", "lastName": "B", "password": third });
    let replaced = scene.send("PUT", &path, &whole).await.expect(202);
    assert_eq!(replaced.header("etag"), "W/\"4\"");
    assert!(scene.verifies("anna@example.com", third).await);

    let cleared = scene.send("PATCH", &path, &json!({ "password": null })).await.expect(200);
    assert_eq!((cleared.header("etag"), scene.stored("anna@example.com").await), ("W/\"4\"", None));
    scene.send("PATCH", &path, &json!({ "password": CANARY })).await.expect(200);
    scene.send("DELETE", &path, &json!({})).await.expect(204);
    scene.stop().await;
}

#[tokio::test]
async fn scim_sets_passwords() {
    let scene = Scene::start().await;
    let body = json!({ "userName": "bob", "password": "Kt8-42-Moss-17-" });
    let id = made(&scene.send("POST", "/scim/v2/Users", &body).await.expect(201));
    assert!(scene.verifies("bob", "Kt8-42-Moss-17-").await);
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
        { "op": "replace", "path": "title", "value": "Boss" }, { "op": "replace", "path": "password", "value": "Kt9-42-Moss-17-" },
    ]);
    let patched = scene.send("PATCH", &path, &json!({ "Operations": both })).await.expect(200);
    assert_eq!(patched.header("etag"), "W/\"2\"");
    assert!(scene.verifies("bob", "Kt9-42-Moss-17-").await);

    scene.send("PUT", &path, &json!({ "userName": "bob" })).await.expect(200);
    assert!(scene.verifies("bob", "Kt9-42-Moss-17-").await);
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

const HEADER: &str = "Login Id,Last Name,First Name,Password\n";

#[tokio::test]
async fn a33_passwords_of_files_are_kept_as_hashes_and_shown_by_none() {
    // Two rows a page, so that there are several pages.
    let scene = Scene::with(Settings { chunk_items: 2, ..Settings::default() }).await;
    let file = format!(
        "{HEADER}ann,A,A,{CANARY}\nbob,B,B,\ncyd,C,C,short\ndan,D,D,{READY}\neve-42-fish-17,E,E,Eve-42-Fish-17\n\
         fay,F,F,Fay-42-Fish-17\nfay,G,G,{CANARY}\ngus,G,G,$2b$12$damaged\n"
    );
    let (path, rows) = scene.filed("bulkAdd", &file).await;
    assert_eq!(
        rows,
        [
            "ann: User successfully added",
            "bob: User successfully added",
            "cyd: Password policy not met: at least 14 characters (to be sent again with its password) (row 4 of the file)",
            "dan: User successfully added",
            "eve-42-fish-17: Password policy not met: not the login (to be sent again with its password) (row 6 of the file)",
            "fay: User successfully added",
            "fay: Login Id is listed more than once in this file (row 8 of the file)",
            "gus: Password is a hash that is damaged, or costs more than is taken (to be sent again with its password) (row 9 of the file)",
        ]
    );
    assert!(scene.verifies("ann", CANARY).await && scene.verifies("fay", "Fay-42-Fish-17").await);
    assert_eq!(scene.stored("bob").await, None);
    assert_eq!(scene.stored("dan").await.as_deref(), Some(READY));
    for items in
        ["/items", "/items/download", "/items/download?columns=input", "/items/download?format=jsonl"]
    {
        scene.get(&format!("{path}{items}")).await.expect(200);
    }
    let job = path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(scene.sealed(&job).await, 0);

    // Whoever is there gets another one; a blank cell leaves it, and a password alone is no other version.
    let file = format!("{HEADER}ann,,,Ann-42-Fish-17\nbob,,,{CANARY}\ncyd,C,C,Cyd-42-Fish-17\ndan,,,\n");
    let (_, rows) = scene.filed("bulkUpsert", &file).await;
    assert_eq!(
        rows,
        [
            "ann: User successfully updated",
            "bob: User successfully updated",
            "cyd: User successfully added",
            "dan: User is already as asked",
        ]
    );
    for (login, password) in [("ann", "Ann-42-Fish-17"), ("bob", CANARY), ("cyd", "Cyd-42-Fish-17")] {
        assert!(scene.verifies(login, password).await, "{login}");
    }
    assert_eq!(scene.stored("dan").await.as_deref(), Some(READY));
    let found = scene.get(&format!("{USERS}?filter=loginId:bob")).await.expect(200).json();
    let id = found["users"][0]["userId"].as_str().unwrap();
    assert_eq!(scene.get(&format!("{USERS}/{id}")).await.header("etag"), "W/\"1\"");
    scene.stop().await;
}

#[tokio::test]
async fn a_dry_run_keeps_no_password_and_what_is_made_of_it_says_so() {
    let scene = Scene::start().await;
    let file = format!("{HEADER}ann,A,A,{CANARY}\nbob,B,B,short\n");
    let job = scene.accepted("bulkAdd?dryRun=true", &file).await;
    let path = format!("/api/v1/accounts/ACME/jobs/{job}");
    let tried = scene.ended(&path).await;
    assert_eq!((&tried["counts"]["created"], &tried["counts"]["failed"]), (&json!(1), &json!(1)));
    let items = scene.get(&format!("{path}/items")).await.expect(200).json().to_string();
    assert!(items.contains("Password policy not met: at least 14 characters"), "{items}");
    assert_eq!(scene.sealed(&job).await, 0);
    let apply = Call::new("POST", &format!("{path}/apply")).key(&scene.key);
    let applied = scene.house.send(apply).await.expect(202).json();
    let number = applied["number"].to_string();
    let ended = scene.ended(&format!("/api/v1/accounts/ACME/jobs/{number}")).await;
    let rows = scene.rows(ended["id"].as_str().unwrap()).await;
    assert_eq!(rows, ["ann: User successfully added (password not set: send it again)"]);
    assert_eq!(scene.stored("ann").await, None);
    scene.stop().await;
}

#[tokio::test]
async fn what_is_sealed_goes_with_its_job() {
    let mut scene = Scene::start().await;
    scene.house.rest().await;
    let job = scene.accepted("bulkAdd", &format!("{HEADER}ann,A,A,{CANARY}\nbob,B,B,{READY}\n")).await;
    // What is to be hashed stands beside its page of rows, ready hashes have pages of their own.
    assert_eq!(scene.sealed(&job).await, 2);
    let path = format!("/api/v1/accounts/ACME/jobs/{job}");
    scene.house.send(Call::new("POST", &format!("{path}/abort")).key(&scene.key)).await;
    scene.house.work();
    assert_eq!(scene.ended(&path).await["state"], "ABORTED");
    assert_eq!((scene.sealed(&job).await, scene.stored("ann").await), (0, None));

    // Rows of a job whose key is another one by now fail, and only those with a password.
    scene.house.rest().await;
    let file = format!("{HEADER}ann,A,A,{CANARY}\nbob,B,B,\ncyd,C,C,{READY}\n");
    let job = scene.accepted("bulkAdd", &file).await;
    scene.house.redefine(throng_scim::Registry::standard()).await.unwrap();
    scene.house.work();
    scene.ended(&format!("/api/v1/accounts/ACME/jobs/{job}")).await;
    assert_eq!(
        scene.rows(&job).await,
        [
            "ann: Password cannot be read any more (to be sent again with its password) (row 2 of the file)",
            "bob: User successfully added",
            "cyd: Password cannot be read any more (to be sent again with its password) (row 4 of the file)",
        ]
    );
    assert_eq!(scene.sealed(&job).await, 0);
    scene.stop_without(&[CANARY, READY]).await;
}

#[tokio::test]
async fn more_passwords_than_a_chunk_hashes_are_all_hashed() {
    let scene = Scene::start().await;
    let rows = (10..99).map(|n| {
        format!("u{n},A,A,{}\n", if n % 3 == 0 { String::new() } else { format!("Kt-{n}-Moss-{n}-Elk") })
    });
    let file = HEADER.to_owned()
        + &rows.chain((10..60).map(|n| format!("v{n},A,A,Vt-{n}-Moss-{n}-Elk\n"))).collect::<String>();
    let (_, shown) = scene.filed("bulkAdd", &file).await;
    assert!(shown.iter().all(|row| row.ends_with(": User successfully added")), "{shown:?}");
    assert!(
        scene.verifies("u10", "Kt-10-Moss-10-Elk").await && scene.verifies("v59", "Vt-59-Moss-59-Elk").await
    );
    assert_eq!(scene.stored("u12").await, None);
    scene.stop().await;
}
