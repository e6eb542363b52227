//! What is kept of what was sent: nothing that passwords could be tried against.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use throng_directory::ids::hex;

use super::{CANARY, HEADER, Scene, USERS};
use crate::house::{Answer, Call};

impl Scene {
    async fn keyed(&self, verb: &str, file: &str) -> Answer {
        let call = Call::new("POST", &format!("{USERS}:{verb}")).key(&self.key).file("people.csv", file);
        self.house.send(call.header("idempotency-key", "once")).await
    }

    /// The job of an accepted file, once it has ended.
    async fn job_of(&self, accepted: &Answer) -> Value {
        let job = accepted.json()["jobId"].as_str().unwrap().to_owned();
        self.ended(&format!("/api/v1/accounts/ACME/jobs/{job}")).await
    }
}

fn kept(files: &[std::path::PathBuf], bytes: &[u8]) -> bool {
    files.iter().any(|file| std::fs::read(file).unwrap().windows(bytes.len()).any(|found| found == bytes))
}

#[tokio::test]
async fn the_digest_of_a_file_says_nothing_without_the_key() {
    let mut scene = Scene::start().await;
    let file = format!("{HEADER}ann,A,A,{CANARY}\n");
    let plain = Sha256::digest(&file);
    let first = scene.keyed("bulkAdd", &file).await.expect(202);
    let job = scene.job_of(&first).await;
    let digest = job["requestDigest"].as_str().unwrap().to_owned();
    assert_eq!(digest.len(), 64);
    assert_ne!(digest, hex(&plain));
    assert!(!kept(&scene.house.files(), &plain));

    // A server that is started again knows it still; one with another key, or none, does not.
    for (key, status) in [([7; 32], 202), ([8; 32], 422), ([7; 32], 202)] {
        scene.house.seal_with(Some(key));
        let again = scene.keyed("bulkAdd", &file).await.expect(status);
        assert_eq!(again.header("idempotent-replayed") == "true", status == 202);
    }
    scene.keyed("bulkAdd", &format!("{file}bob,B,B,\n")).await.expect(422);

    // Equal files of an account have equal digests.
    let again = scene.accepted("bulkUpsert", &file).await;
    let again = scene.ended(&format!("/api/v1/accounts/ACME/jobs/{again}")).await;
    assert_eq!(again["requestDigest"], digest);
    scene.stop().await;
}

#[tokio::test]
async fn without_a_key_a_job_has_no_digest_of_its_file() {
    let mut scene = Scene::start().await;
    scene.house.seal_with(None);
    let file = format!("{HEADER}ann,A,A,{CANARY}\n");
    let first = scene.keyed("bulkAdd", &file).await.expect(202);
    let job = scene.job_of(&first).await;
    assert_eq!(job.get("requestDigest"), None);
    assert!(!kept(&scene.house.files(), &Sha256::digest(&file)));
    let again = scene.keyed("bulkAdd", &file).await.expect(202);
    assert_eq!(again.header("idempotent-replayed"), "true");
    scene.keyed("bulkAdd", &format!("{file}bob,B,B,\n")).await.expect(422);
    scene.stop().await;
}

#[tokio::test]
async fn the_digest_of_a_bulk_request_takes_the_key_as_well() {
    let scene = Scene::start().await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{
            "method": "POST", "path": "/Users", "bulkId": "a",
            "data": {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann", "password": CANARY
            },
        }],
    });
    let tried = scene.send("POST", "/scim/v2/Bulk?dryRun=true", &body).await.expect(200).json();
    let job = scene.get(&format!("/api/v1/accounts/ACME/jobs/{}", tried["jobId"])).await.expect(200).json();
    let digest = job["requestDigest"].as_str().unwrap();
    assert_ne!(digest, hex(&Sha256::digest(body.to_string())));
    scene.stop().await;
}
