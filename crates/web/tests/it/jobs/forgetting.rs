//! Forgetting a person.

use serde_json::{Value, json};
use throng_directory::Role;
use throng_directory::use_cases::access::KeyRequest;

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

/// Whatever is stored about two people: one who is there, and one whom a filter found and deleted.
#[tokio::test]
async fn nothing_that_is_stored_names_a_forgotten_person() {
    let scene = Scene::of(2).await;
    let okta = KeyRequest {
        client: Some("okta".to_owned()),
        source: Some("okta".to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    let okta = scene.house.key(okta).await;
    let send = async |key: &str, method: &str, path: &str, body: Value, status: u16| {
        let call = Call::new(method, path).key(key).header("idempotency-key", "k");
        scene.house.send(call.json(&body).header("prefer", "respond-async")).await.expect(status)
    };
    let file = "Login Id,Last Name,First Name,Email\n\
                mary@x.example,Secret,Mary,mm@y.example\nzed@x.example,Z,Zed,\nMary@X.example,Hidden,Marie,\n";
    let body = format!("{}--XX--\r\n", part("file", file));
    let import = scene.house.send(upload(&scene.key, "", &body)).await.expect(202).json()["jobId"].clone();
    scene.ended(import.as_str().unwrap()).await;
    let list = "/scim/v2/Users?filter=userName%20sw%20%22mary%22";
    let list = scene.house.send(Call::get(list).key(&scene.key)).await.json();
    let mary = list["Resources"][0]["id"].as_str().unwrap().to_owned();
    // Made, changed and called something else by requests with keys.
    let moe = json!({ "userName": "moe@x.example", "externalId": "X-MOE", "emails": [{ "value": "moe@z.example" }] });
    let moe =
        send(&scene.key, "POST", "/scim/v2/Users", moe, 201).await.json()["id"].as_str().unwrap().to_owned();
    for id in [&mary, &moe] {
        let call =
            json!({ "Operations": [{ "op": "add", "path": "externalId", "value": format!("okta-{id}") }] });
        send(&okta, "PATCH", &format!("/scim/v2/Users/{id}"), call, 200).await;
    }
    // A key of hers.
    let hers = KeyRequest { user: Some(mary.clone()), ..KeyRequest::new(Some("ACME"), Role::Reader) };
    let hers = scene.house.key(hers).await;
    // Group jobs that name them by id, by name, and by what a group is called.
    let group = scene.group("g", &[]).await;
    let path = format!("/scim/v2/Groups/{group}");
    let by_id = send(
        &scene.key,
        "PATCH",
        &path,
        json!({ "Operations": change("add", &[mary.clone(), moe.clone()]) }),
        202,
    );
    scene.ended(by_id.await.header("throng-job")).await;
    let named = json!({ "SocialChorus:1.0:Group": { "identifierField": "email" }, "Operations": [
        { "op": "remove", "path": "members", "value": [{ "value": "MM@y.example" }, { "value": "moe@z.example" }] } ] });
    let call = Call::new("PATCH", &path).key(&scene.key).json(&named).header("prefer", "respond-async");
    scene.ended(scene.house.send(call).await.expect(202).header("throng-job")).await;
    let renamed = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "mary@x.example" },
        { "op": "add", "path": "members", "value": [{ "value": mary }] }] });
    let dry = send(&scene.key, "PATCH", &format!("{path}?dryRun=true"), renamed, 202).await;
    scene.ended(dry.header("location").rsplit('/').next().unwrap()).await;
    // Bulk, tried and done.
    let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        { "method": "PATCH", "path": format!("/Users/{mary}"),
          "data": { "Operations": [{ "op": "add", "path": "emails", "value": [{ "value": "mary2@x.example" }] }] } },
        { "method": "POST", "path": "/Users", "bulkId": "1", "data": { "userName": "max" } }] });
    let tried =
        send(&scene.key, "POST", "/scim/v2/Bulk?dryRun=true", bulk, 200).await.json()["jobId"].clone();
    send(&scene.key, "POST", &format!("{JOBS}/{tried}/apply"), Value::Null, 202).await;
    // Deleted by a filter, restored, deleted again.
    let filter =
        "userName eq \"Moe@x.example\" or emails.value eq \"moe@z.example\" or externalId eq \"X-MOE\"";
    let deletion = scene.deletion("", filter).await;
    scene.ended(&deletion).await;
    for (verb, reason) in [("undo?dryRun=true", "created"), ("undo", "created")] {
        assert_eq!(scene.done_with(&deletion, verb).await["reasons"], json!({ reason: 1 }));
    }
    let again = scene.deletion("", filter).await;
    assert_eq!(scene.ended(&again).await["counts"]["removed"], 1);
    let redriven = json!({ "outcomes": ["removed"] });
    let redriven = scene.house.send(super::redrive_of(&scene, &deletion, &redriven)).await.expect(202).json();
    scene.ended(&redriven["number"].to_string()).await;

    for id in [&mary, &moe] {
        let made = scene.forget(&json!({ "id": id })).await.expect(202).json()["number"].to_string();
        let ended = scene.ended(&made).await;
        assert_eq!((&ended["state"], ended.get("message")), (&json!("COMPLETED"), None), "{ended}");
    }
    // Her key is still nobody's, and what was done is still done once.
    scene.house.advance(2_000_000);
    scene.house.send(Call::get("/scim/v2/Users").key(&hers)).await.expect(401);
    let again = json!({ "userName": "moe@x.example", "externalId": "X-MOE", "emails": [{ "value": "moe@z.example" }] });
    let again = send(&scene.key, "POST", "/scim/v2/Users", again, 201).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(scene.everybody().await, ["max", "zed@x.example"]);
    // Nobody can be deleted of whom nothing is known.
    let redriven = json!({ "outcomes": ["removed"] });
    let redriven = scene.house.send(super::redrive_of(&scene, &deletion, &redriven)).await.expect(202).json();
    assert_eq!(scene.ended(&redriven["number"].to_string()).await["reasons"], json!({ "not_found": 1 }));

    let texts = ["mary", "marie", "secret", "hidden", "mm@y.example", "moe@", "x-moe", &mary, &moe];
    let mut needles: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    for id in [&mary, &moe] {
        needles.push(hex_bytes(id));
    }
    let found = scene.house.stop_to_find(&needles).await;
    assert_eq!(found, Vec::<String>::new());
}

/// The bytes of a UUID.
fn hex_bytes(uuid: &str) -> Vec<u8> {
    let digits: Vec<u8> = uuid.bytes().filter(|b| *b != b'-').collect();
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap());
    pairs.collect()
}
