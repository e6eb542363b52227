//! Accounts with one of everything in them.

use serde_json::{Value, json};
use throng_directory::port::{Class, Series, StoreExt};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Caller, Role};

use super::samples::Things;
use crate::house::{Call, House};

/// Numbers that are passed over, so that two accounts have none in common however much a test makes.
const NUMBERS_PASSED: u32 = 900;

/// Who fills an account.
struct Furnisher<'a> {
    house: &'a House,
    account: &'a str,
    key: String,
}

/// The key of a client of this name. The person has to be there.
pub async fn key_of(house: &House, account: &str, client: &str, role: Role, user: Option<&str>) -> String {
    let (client, user) = (Some(client.to_owned()), user.map(str::to_owned));
    house.key(KeyRequest { client, user, ..KeyRequest::new(Some(account), role) }).await
}

/// Has the account's numbers begin far behind those of others.
pub async fn pass_numbers(house: &House, account: &'static str) {
    for series in [Series::Groups, Series::Jobs, Series::Profiles] {
        let pass = move |tx: &mut dyn throng_directory::port::Tx| {
            let id = tx.account(account)?.map(|account| account.id).unwrap();
            for _ in 0..NUMBERS_PASSED {
                tx.allocate_number(id, series)?;
            }
            Ok(())
        };
        house.store.write(Class::Interactive, pass).await.unwrap();
    }
}

/// Fills an account. Cursors are good for `key`, which is an administrator's of it.
pub async fn furnish(house: &House, account: &str, key: &str) -> Things {
    let mut things = Things::from([("account", account.to_owned())]);
    let setup = key_of(house, account, "setup", Role::AccountAdministrator, None).await;
    let furnisher = Furnisher { house, account, key: setup };
    furnisher.people(&mut things).await;
    let request =
        KeyRequest { client: Some("old".to_owned()), ..KeyRequest::new(Some(account), Role::Reader) };
    let made = house.made(request).await;
    things.insert("key", made.key_id);
    things.insert("client", made.client_id);
    furnisher.others(&mut things).await;
    furnisher.ended_jobs(&mut things).await;
    furnisher.waiting_jobs(&mut things).await;
    let native = format!("/api/v1/accounts/{account}");
    for (name, path) in [
        ("cursor", "/scim/v2/Users?count=1&cursor".to_owned()),
        ("job-cursor", format!("{native}/jobs?count=1")),
        ("audit-cursor", format!("{native}/audit?count=1")),
    ] {
        let page = house.send(Call::get(&path).key(key)).await.expect(200).json();
        things.insert(name, text(&page, "nextCursor"));
    }
    things
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{value} has no {field}")).to_owned()
}

impl Furnisher<'_> {
    fn users(&self, rest: &str) -> String {
        format!("/api/admin/user/v1/accounts/{}{rest}", self.account)
    }

    fn jobs(&self, rest: &str) -> String {
        format!("/api/v1/accounts/{}/jobs{rest}", self.account)
    }

    async fn scim(&self, method: &str, path: &str, body: &Value, status: u16) -> crate::house::Answer {
        self.house.send(Call::new(method, path).key(&self.key).json(body)).await.expect(status)
    }

    async fn plain(&self, path: &str, body: &Value, status: u16) -> Value {
        self.house.send(Call::new("POST", path).key(&self.key).plain(body)).await.expect(status).json()
    }

    async fn get(&self, path: &str) -> Value {
        self.house.send(Call::get(path).key(&self.key)).await.expect(200).json()
    }

    async fn file(&self, query: &str, file: &str) -> String {
        let call = Call::new("POST", &self.users(&format!("/users:bulkAdd{query}"))).key(&self.key);
        text(&self.house.send(call.file("a.csv", file)).await.expect(202).json(), "jobId")
    }

    /// Waits until a job is in this state.
    async fn until(&self, job: &str, state: &str) {
        let mut shown = Value::Null;
        for _ in 0..3_000 {
            shown = self.get(&self.jobs(&format!("/{job}"))).await;
            if shown["state"] == state {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("job {job} does not come to {state}: {shown}");
    }

    async fn people(&self, things: &mut Things) {
        for name in ["user", "spare", "doomed"] {
            let login = format!("{name}.{}", self.account);
            things.insert(name, self.house.user(&self.key, &login).await);
        }
        things.insert("login", format!("user.{}", self.account));
    }

    async fn others(&self, things: &mut Things) {
        let device = json!({ "serialNumber": format!("serial {}", self.account) });
        let device = self.scim("POST", "/scim/v2/Devices", &device, 201).await.json();
        things.insert("serial", text(&device, "serialNumber"));
        things.insert("device", text(&device, "id"));
        let profile = json!({ "profileName": format!("profile {}", self.account) });
        let profile = self.plain(&self.users("/profiles"), &profile, 202).await;
        things.insert("profile", text(&profile, "profileId"));
        let upload = self.plain(&self.users("/uploads"), &json!({}), 201).await;
        things.insert("upload", text(&upload, "uploadId"));
        let name = format!("group {}", self.account);
        let members = json!([{ "value": things["user"] }, { "value": things["spare"] }]);
        let group = json!({ "displayName": name, "members": members });
        let group = self.scim("POST", "/scim/v2/Groups", &group, 201).await;
        let job = group.header("throng-job").to_owned();
        things.insert("job", text(&self.get(&self.jobs(&format!("/{job}"))).await, "id"));
        things.insert("job-number", job);
        things.insert("group", text(&group.json(), "id"));
        let groups = self.get(&format!("/api/admin/group/v1/accounts/{}/groups", self.account)).await;
        things.insert("group-uuid", text(&groups["groups"][0], "groupId"));
        things.insert("group-name", name);
        let empty = json!({ "name": format!("empty {}", self.account) });
        let path = format!("/api/admin/group/v1/accounts/{}/groups", self.account);
        things.insert("empty-group", text(&self.plain(&path, &empty, 201).await, "groupId"));
    }

    async fn ended_jobs(&self, things: &mut Things) {
        const FILE: &str = "Login Id,First Name,Last Name\r\nfile.user,Fi,Le\r\nnobody,,\r\n";
        for name in ["import", "thrown"] {
            let job = self.file("", FILE).await;
            self.until(&job, "FAILED").await;
            things.insert(name, job);
        }
        let export = Call::new("POST", &self.users("/users:bulkExport")).key(&self.key);
        let export = text(&self.house.send(export).await.expect(202).json(), "jobId");
        self.until(&export, "COMPLETED").await;
        things.insert("export", export);
        let group = format!("/scim/v2/Groups/{}?dryRun=true", things["group"]);
        let remove = json!([{ "value": things["user"] }]);
        let remove = json!({ "Operations": [{ "op": "remove", "path": "members", "value": remove }] });
        let plan = self.scim("PATCH", &group, &remove, 202).await.header("throng-job").to_owned();
        self.until(&plan, "COMPLETED").await;
        things.insert("plan", text(&self.get(&self.jobs(&format!("/{plan}"))).await, "id"));
    }

    /// One job waits for approval, and others for that one.
    async fn waiting_jobs(&self, things: &mut Things) {
        const PARKED: &str = "Login Id,First Name,Last Name\r\nparked,Fi,Le\r\n";
        let guard = async |count: Value| {
            let Value::Object(changes) = json!({ "guard_count": count }) else { unreachable!() };
            let directory = &self.house.directory;
            directory.change_account_settings(&Caller::operator(), self.account, changes).await.unwrap();
            self.house.advance(1_000_000);
        };
        guard(json!(0)).await;
        let delete = json!({ "filter": format!("id eq \"{}\"", things["doomed"]) });
        let path = format!("/api/v1/accounts/{}/users/delete", self.account);
        let held = text(&self.plain(&path, &delete, 202).await, "id");
        self.until(&held, "AWAITING_APPROVAL").await;
        guard(Value::Null).await;
        let query = format!("?after={held}");
        things.insert("held", held);
        things.insert("parked", self.file(&query, PARKED).await);
        let group = format!("/scim/v2/Groups/{}{query}", things["group"]);
        let add = json!([{ "value": things["doomed"] }]);
        let add = json!({ "Operations": [{ "op": "add", "path": "members", "value": add }] });
        for name in ["waiting", "stopped"] {
            let call = Call::new("PATCH", &group).key(&self.key).header("prefer", "respond-async").json(&add);
            let job = self.house.send(call).await.expect(202).header("throng-job").to_owned();
            things.insert(name, text(&self.get(&self.jobs(&format!("/{job}"))).await, "id"));
        }
        let stopped = &things["stopped"];
        self.plain(&self.jobs(&format!("/{stopped}/abort")), &json!({}), 200).await;
        self.until(stopped, "ABORTED").await;
    }
}
