//! Forgetting a person.

use serde_json::{Value, json};

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
