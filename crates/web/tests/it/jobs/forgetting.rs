//! Forgetting a person.

use serde_json::{Value, json};
use throng_checker::Source;
use throng_directory::Role;
use throng_directory::use_cases::access::KeyRequest;
use uuid::Uuid;

use super::holding::change;
use super::{JOBS, Scene};
use crate::house::{Answer, Call};
use crate::imports::{part, upload};

impl Scene {
    pub async fn forget(&self, body: &Value) -> Answer {
        let call = Call::new("POST", "/api/v1/accounts/ACME/users/forget").key(&self.key);
        self.house.send(call.header("content-type", "application/json").body(body.to_string())).await
    }

    /// All that can be read of a job.
    async fn all_of(&self, job: &str) -> String {
        let mut text = self.get(&format!("/{job}")).await.to_string();
        for item in self.items(job, "", 100).await {
            text += &item.to_string();
        }
        for query in ["format=jsonl", "format=csv&columns=input"] {
            let path = format!("{JOBS}/{job}/items/download?{query}");
            let answer = self.house.send(Call::get(&path).key(&self.key)).await;
            text += &String::from_utf8_lossy(&answer.body);
        }
        text
    }
}

#[tokio::test]
async fn nobody_finds_a_forgotten_person_in_the_items_of_jobs() {
    let scene = Scene::timed(2).await;
    let file = "Login Id,Last Name,First Name,Email\n\
                mary@x.example,Secret,Mary,mm@y.example\n\
                Mary@X.Example,Hidden,Marie,\n\
                old.mary,Former,Mary,\n\
                zed@x.example,Z,Zed,\n";
    let body = format!("{}--XX--\r\n", part("file", file));
    let import = scene.house.send(upload(&scene.key, "", &body)).await.expect(202).json()["jobId"].clone();
    let import = import.as_str().unwrap().to_owned();
    scene.ended(&import).await;
    let find = async |login: &str| {
        let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{login}%22");
        let list = scene.house.send(Call::get(&path).key(&scene.key)).await.json();
        list["Resources"][0]["id"].as_str().map(str::to_owned)
    };
    let (mary, zed) = (find("mary@x.example").await.unwrap(), find("zed@x.example").await.unwrap());
    let group = scene.group("g", &[]).await;
    let by_id = scene.job_of(&group, "", &change("add", &[mary.clone(), zed.clone()])).await;
    let named = json!({ "SocialChorus:1.0:Group": { "identifierField": "userName" }, "Operations": [
        { "op": "remove", "path": "members",
          "value": [{ "value": "MARY@x.example" }, { "value": "zed@x.example" }, { "value": "old.mary" }] } ] });
    let call = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(&scene.key).json(&named);
    let by_name = scene.house.send(call.header("prefer", "respond-async")).await.expect(202);
    let by_name = by_name.header("throng-job").to_owned();
    let waiting = scene
        .job_of(&group, "?notBefore=2024-04-12T00:00:00Z", &change("add", std::slice::from_ref(&mary)))
        .await;
    for job in [&import, &by_id, &by_name] {
        scene.ended(job).await;
    }
    let counts = scene.get(&format!("/{import}")).await["counts"].clone();

    let made = scene.forget(&json!({ "id": mary, "names": ["old.mary"] })).await.expect(202);
    let number = made.json()["number"].to_string();
    assert_eq!(made.header("location"), format!("{JOBS}/{number}"));
    let ended = scene.ended(&number).await;
    assert_eq!((&ended["kind"], &ended["state"]), (&json!("forget"), &json!("COMPLETED")));
    assert!(ended["counts"]["updated"].as_u64().unwrap() >= 3, "{ended}");
    assert!(ended["message"].as_str().unwrap().contains(&waiting), "{ended}");
    assert_eq!(find("mary@x.example").await, None);
    for job in [&import, &by_id, &by_name] {
        let text = scene.all_of(job).await;
        for name in ["ary", "ARY", "mm@y", "Secret", "Hidden", "Former", &mary] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        assert!(text.contains("zed@x.example") || text.contains(&zed), "{text}");
    }
    // What was counted stays counted, and whoever is named like nobody is left alone.
    assert_eq!(scene.get(&format!("/{import}")).await["counts"], counts);
    assert_eq!(scene.items(&by_name, "", 10).await.len(), 3);
    scene.house.advance(86_400_000_000);
    scene.ended(&waiting).await;
    let again = scene.forget(&json!({ "names": [mary] })).await.expect(202).json()["number"].to_string();
    assert!(scene.ended(&again).await.get("message").is_none());
    assert!(!scene.all_of(&waiting).await.contains(&mary));

    scene.forget(&json!({})).await.expect(400);
    // Who is gone already is forgotten all the same; what is no id is nobody.
    scene.forget(&json!({ "id": mary })).await.expect(202);
    scene.forget(&json!({ "id": "mary" })).await.expect(404);
    scene.forget(&json!({ "who": "x" })).await.expect(400);
    let crowd: Vec<String> = (0..1_001).map(|n| format!("n{n}")).collect();
    scene.forget(&json!({ "names": crowd })).await.expect(400);
    scene.house.stop().await;
}

/// Somebody whom a request with a key makes, twice.
fn moe() -> Value {
    json!({ "userName": "moe@x.example", "externalId": "X-MOE", "emails": [{ "value": "moe@z.example" }] })
}

/// What finds them.
const MOE: &str =
    "userName eq \"Moe@x.example\" or emails.value eq \"moe@z.example\" or externalId eq \"X-MOE\"";

impl Scene {
    /// A request with an `Idempotency-Key`.
    async fn keyed(&self, method: &str, path: &str, body: Value, status: u16) -> Answer {
        let call = Call::new(method, path).key(&self.key).header("idempotency-key", "k");
        self.house.send(call.json(&body).header("prefer", "respond-async")).await.expect(status)
    }

    /// Imported and made, and called something else by another source.
    async fn mary_and_moe(&self) -> [String; 2] {
        let file = "Login Id,Last Name,First Name,Email\n\
                    mary@x.example,Secret,Mary,mm@y.example\nzed@x.example,Z,Zed,\nMary@X.example,Hidden,Marie,\n";
        let body = format!("{}--XX--\r\n", part("file", file));
        let import = self.house.send(upload(&self.key, "", &body)).await.expect(202).json()["jobId"].clone();
        self.ended(import.as_str().unwrap()).await;
        let list = "/scim/v2/Users?filter=userName%20sw%20%22mary%22";
        let list = self.house.send(Call::get(list).key(&self.key)).await.json();
        let made = self.keyed("POST", "/scim/v2/Users", moe(), 201).await.json();
        let okta = KeyRequest {
            client: Some("okta".to_owned()),
            source: Some("okta".to_owned()),
            ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
        };
        let okta = self.house.key(okta).await;
        let ids = [&list["Resources"][0]["id"], &made["id"]].map(|id| id.as_str().unwrap().to_owned());
        for id in &ids {
            let name = json!({ "Operations": [{ "op": "add", "path": "externalId", "value": format!("okta-{id}") }] });
            let call = Call::new("PATCH", &format!("/scim/v2/Users/{id}")).key(&okta).json(&name);
            self.house.send(call.header("idempotency-key", "k")).await.expect(200);
        }
        ids
    }

    /// Jobs that name them by id, by name, and by what a group would be called.
    async fn group_jobs(&self, ids: &[String; 2]) {
        let group = self.group("g", &[]).await;
        let path = format!("/scim/v2/Groups/{group}");
        let by_id = self.keyed("PATCH", &path, json!({ "Operations": change("add", ids) }), 202).await;
        self.ended(by_id.header("throng-job")).await;
        let members = json!([{ "value": "MM@y.example" }, { "value": "moe@z.example" }]);
        let named = json!({ "SocialChorus:1.0:Group": { "identifierField": "email" },
            "Operations": [{ "op": "remove", "path": "members", "value": members }] });
        let call = Call::new("PATCH", &path).key(&self.key).json(&named).header("prefer", "respond-async");
        self.ended(self.house.send(call).await.expect(202).header("throng-job")).await;
        let renamed = json!({ "Operations": [
            { "op": "replace", "path": "displayName", "value": "mary@x.example" },
            { "op": "add", "path": "members", "value": [{ "value": ids[0] }] } ] });
        let dry = self.keyed("PATCH", &format!("{path}?dryRun=true"), renamed, 202).await;
        self.ended(dry.header("location").rsplit('/').next().unwrap()).await;
    }

    /// A bulk request, tried and done.
    async fn bulk(&self, id: &str) {
        let emails = json!([{ "op": "add", "path": "emails", "value": [{ "value": "mary2@x.example" }] }]);
        let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            { "method": "PATCH", "path": format!("/Users/{id}"), "data": { "Operations": emails } },
            { "method": "POST", "path": "/Users", "bulkId": "1", "data": { "userName": "max" } }] });
        let tried = self.keyed("POST", "/scim/v2/Bulk?dryRun=true", bulk, 200).await.json()["jobId"].clone();
        self.keyed("POST", &format!("{JOBS}/{tried}/apply"), Value::Null, 202).await;
    }

    /// Deleted by a filter, restored, deleted again; the first deletion.
    async fn deleted_twice(&self) -> String {
        let deletion = self.deletion("", MOE).await;
        self.ended(&deletion).await;
        for verb in ["undo?dryRun=true", "undo"] {
            assert_eq!(self.done_with(&deletion, verb).await["reasons"], json!({ "created": 1 }));
        }
        let again = self.deletion("", MOE).await;
        assert_eq!(self.ended(&again).await["counts"]["removed"], 1);
        self.delete_anew(&deletion).await;
        deletion
    }

    /// A deletion done again for those whom it deleted.
    async fn delete_anew(&self, deletion: &str) -> Value {
        let anew = super::redrive_of(self, deletion, &json!({ "outcomes": ["removed"] }));
        let anew = self.house.send(anew).await.expect(202).json();
        self.ended(&anew["number"].to_string()).await
    }
}

/// Whatever is stored about two people: one who is there, and one whom a filter found and deleted.
#[tokio::test]
async fn nothing_that_is_stored_names_a_forgotten_person() {
    let scene = Scene::of(2).await;
    let ids = scene.mary_and_moe().await;
    let hers = KeyRequest { user: Some(ids[0].clone()), ..KeyRequest::new(Some("ACME"), Role::Reader) };
    let hers = scene.house.key(hers).await;
    scene.group_jobs(&ids).await;
    scene.bulk(&ids[0]).await;
    let deletion = scene.deleted_twice().await;

    for id in &ids {
        let made = scene.forget(&json!({ "id": id })).await.expect(202).json()["number"].to_string();
        let ended = scene.ended(&made).await;
        assert_eq!((&ended["state"], ended.get("message")), (&json!("COMPLETED"), None), "{ended}");
    }
    // Her key is nobody's, and what was done is still done once.
    scene.house.advance(2_000_000);
    scene.house.send(Call::get("/scim/v2/Users").key(&hers)).await.expect(401);
    let again = scene.keyed("POST", "/scim/v2/Users", moe(), 201).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(scene.everybody().await, ["max", "zed@x.example"]);
    // Nobody can be deleted of whom nothing is known.
    assert_eq!(scene.delete_anew(&deletion).await["reasons"], json!({ "not_found": 1 }));

    let texts = ["mary", "marie", "secret", "hidden", "mm@y.example", "moe@", "x-moe", &ids[0], &ids[1]];
    let mut needles: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    needles.extend(ids.iter().map(|id| Uuid::parse_str(id).unwrap().as_bytes().to_vec()));
    let look = move |source: Source<'_>| {
        let report = throng_checker::check(source).unwrap();
        (throng_checker::traces(source, &needles).unwrap(), report.violations)
    };
    assert_eq!(scene.house.stop_to_look(look).await, (Vec::new(), Vec::new()));
}
