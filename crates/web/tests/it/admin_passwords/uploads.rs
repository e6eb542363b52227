//! Passwords in files that arrive in parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use throng_directory::port::{Snapshot, StoreExt as _};
use throng_directory::{Settings, limits};

use super::{CANARY, HEADER, Scene, USERS};
use crate::house::Call;

const UPLOADS: &str = "/api/admin/user/v1/accounts/ACME/uploads";

impl Scene {
    /// Uploads a file of these parts: its path.
    async fn uploaded(&self, parts: &[&[u8]]) -> String {
        let begun = self.send("POST", UPLOADS, &json!({ "fileName": "people.csv" })).await.expect(201);
        let url = begun.json()["url"].as_str().unwrap().to_owned();
        for (number, bytes) in (1..).zip(parts) {
            self.part(&url, number, bytes).await;
        }
        url
    }

    async fn part(&self, url: &str, number: u32, bytes: &[u8]) {
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)));
        let call = Call::new("PUT", &format!("{url}/parts/{number}")).key(&self.key);
        let call = call.header("content-type", "application/octet-stream").header("content-digest", &digest);
        self.house.send(call.body(bytes)).await.expect(200);
    }

    fn commit(&self, url: &str) -> Call {
        let id = url.rsplit('/').next().unwrap();
        Call::new("POST", &format!("{USERS}:bulkAdd?uploadId={id}")).key(&self.key)
    }

    /// No file of the running server's database has a clear password: what lies in its log included.
    fn shows_nothing(&self) {
        for file in self.house.files() {
            let bytes = std::fs::read(&file).unwrap();
            let is_there = bytes.windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes());
            assert!(!is_there, "a password stands in {}", file.display());
        }
    }
}

/// Rows with the same clear password, of more than one block.
fn rows(prefix: &str) -> String {
    let rows = 0..limits::UPLOAD_BLOCK_BYTES / 20;
    rows.map(|n| format!("{prefix}{n},A,A,{CANARY}\n")).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn the_database_has_no_clear_password_of_parts_that_wait() {
    let scene = Scene::start().await;
    let file = format!("{HEADER}{}", rows("a"));
    scene.uploaded(&[file.as_bytes(), b"zed,Z,Z,\n"]).await;
    scene.shows_nothing();
    scene.stop().await;
}

#[tokio::test]
async fn the_database_has_no_clear_password_of_uploads_that_are_gone() {
    let scene = Scene::with(Settings { chunk_items: 200, ..Settings::default() }).await;
    let given_up = scene.uploaded(&[format!("{HEADER}{}", rows("a")).as_bytes()]).await;
    // In the place of one that is there.
    scene.part(&given_up, 1, HEADER.as_bytes()).await;
    scene.shows_nothing();
    let delete = Call::new("DELETE", &given_up).key(&scene.key);
    scene.house.send(delete).await.expect(204);

    let file = format!("{HEADER}ann,A,A,{CANARY}\nbob,B,B,Bobs-42-Moss-17\n");
    let (first, second) = file.as_bytes().split_at(60);
    let taken = scene.uploaded(&[first, second]).await;
    let accepted = scene.house.send(scene.commit(&taken)).await.expect(202).json();
    let job = accepted["jobId"].as_str().unwrap();
    scene.ended(&format!("/api/v1/accounts/ACME/jobs/{job}")).await;
    assert!(scene.verifies("ann", CANARY).await && scene.verifies("bob", "Bobs-42-Moss-17").await);
    scene.shows_nothing();
    scene.house.directory.throw_away(false).await.unwrap();
    scene.shows_nothing();
    scene.stop().await;
}

#[tokio::test]
async fn parts_that_were_sealed_with_another_key_are_sent_again() {
    let mut scene = Scene::start().await;
    let file = format!("{HEADER}ann,A,A,{CANARY}\n");
    let url = scene.uploaded(&[file.as_bytes()]).await;
    for key in [Some([8; 32]), None] {
        scene.house.seal_with(key);
        let refused = scene.house.send(scene.commit(&url)).await.expect(409).json();
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains("part 1 ") && detail.ends_with("send the parts again"), "{detail}");
    }
    scene.house.seal_with(Some([8; 32]));
    scene.part(&url, 1, file.as_bytes()).await;
    scene.house.send(scene.commit(&url)).await.expect(202);
    scene.house.seal_with(Some([7; 32]));
    scene.stop().await;
}

#[tokio::test]
async fn blocks_of_uploads_are_not_read_in_the_place_of_others() {
    let scene = Scene::start().await;
    let part = format!("{HEADER}ann,A,A,\n");
    let url = scene.uploaded(&[part.as_bytes(), part.as_bytes()]).await;
    let id = throng_directory::ids::parse_uuid(url.rsplit('/').next().unwrap()).unwrap();
    let read = move |snapshot: &mut dyn Snapshot| {
        let account = snapshot.account("ACME")?.unwrap().id;
        let parts = snapshot.upload_parts(account, id, 2)?;
        let blocks = parts.iter().map(|part| snapshot.upload_blocks(account, id, (part.attempt, 0), 9));
        blocks.collect::<throng_directory::Result<Vec<_>>>()
    };
    let blocks = scene.house.store().read(throng_directory::port::Cost::Point, read).await.unwrap();
    assert_eq!(blocks.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    assert_ne!(blocks[0], blocks[1]);
    assert!(!blocks.iter().flatten().any(|block| block.windows(5).any(|bytes| bytes == b"Login")));
    scene.stop().await;
}
