//! The admin API: files that are uploaded in parts.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use throng_directory::ids::hex;
use throng_directory::port::{Cost, Snapshot, StoreExt as _};
use throng_directory::{Dialect, Instant, Role, Settings, limits};
use throng_scim::Registry;
use throng_tables::{Cell, Formulas, Workbook};

use crate::house::{Answer, Call, House};

const ADMIN: &str = "/api/admin/user/v1/accounts/ACME";
const CSV: &str = "Login Id,Last Name,First Name\nann,Jones,Ann\nbob,Jones,Bob\ncyd,Smith,Cyd\n";
const HOUR: i64 = 3_600_000_000;

fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn content_digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)))
}

fn put(url: &str, number: &str, bytes: &[u8]) -> Call {
    Call::new("PUT", &format!("{url}/parts/{number}"))
        .header("content-type", "application/octet-stream")
        .body(bytes)
}

/// A server with an administrator's key.
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

    async fn send(&self, call: Call) -> Answer {
        self.house.send(call.key(&self.key)).await
    }

    /// Sends a whole file.
    async fn file(&self, verb: &str, name: &str, file: &[u8]) -> Answer {
        self.send(Call::new("POST", &format!("{ADMIN}/users:{verb}")).file(name, file)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Call::get(path)).await
    }

    /// Begins an upload: its path.
    async fn begin(&self, body: &Value) -> String {
        let begun = self.send(Call::new("POST", &format!("{ADMIN}/uploads")).plain(body)).await.expect(201);
        let url = begun.json()["url"].as_str().unwrap().to_owned();
        assert_eq!(begun.header("location"), url);
        url
    }

    async fn part(&self, url: &str, number: &str, bytes: &[u8]) -> Answer {
        self.send(put(url, number, bytes).header("content-digest", &content_digest(bytes))).await
    }

    /// Begins an upload of these parts.
    async fn uploaded(&self, body: &Value, parts: &[&[u8]]) -> String {
        let url = self.begin(body).await;
        for (number, bytes) in (1..).zip(parts) {
            self.part(&url, &number.to_string(), bytes).await.expect(200);
        }
        url
    }

    async fn commit(&self, verb: &str, url: &str, query: &str) -> Answer {
        self.send(commit(verb, url, query)).await
    }

    /// What the rows of a job came to: `login status`.
    async fn rows(&self, accepted: &Answer) -> Vec<String> {
        let url = accepted.json()["url"].as_str().unwrap().to_owned();
        for _ in 0..1_000 {
            if self.get(&url).await.expect(200).json().get("endTime").is_some() {
                let page = self.get(&format!("{url}/users?pageSize=100")).await.expect(200).json();
                let row = |row: &Value| {
                    format!("{} {}", row["loginId"].as_str().unwrap(), row["status"].as_str().unwrap())
                };
                return page["users"].as_array().unwrap().iter().map(row).collect();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the import does not end");
    }

    /// Whether there is nothing of any upload.
    async fn is_empty(&self) -> bool {
        self.house.directory.throw_away(false).await.unwrap();
        let read = |snapshot: &mut dyn Snapshot| snapshot.uploads_expired(Instant::from_micros(i64::MAX), 9);
        self.house.store.read(Cost::Scan, read).await.unwrap().is_empty()
    }
}

fn commit(verb: &str, url: &str, query: &str) -> Call {
    let id = url.rsplit('/').next().unwrap();
    Call::new("POST", &format!("{ADMIN}/users:{verb}?uploadId={id}{query}"))
}

#[tokio::test]
async fn a_file_goes_up_in_parts_and_becomes_a_job() {
    let scene = Scene::start().await;
    let (first, second) = CSV.as_bytes().split_at(40);
    let body = json!({ "fileName": "people.csv", "contentType": "text/csv", "size": CSV.len(), "sha256": sum(CSV.as_bytes()) });
    let url = scene.begin(&body).await;
    let begun = scene.get(&url).await.expect(200).json();
    assert_eq!(
        (&begun["parts"], &begun["bytes"], &begun["fileName"]),
        (&json!([]), &json!(0), &body["fileName"])
    );
    assert_eq!(begun["partBytesMax"], limits::UPLOAD_PART_BYTES_MAX);
    assert_eq!(begun["url"], format!("{ADMIN}/uploads/{}", begun["uploadId"].as_str().unwrap()));

    // In any order; a server that comes after this one has the same store.
    let stored = scene.part(&url, "2", second).await.expect(200);
    assert_eq!(stored.json(), json!({ "number": 2, "size": second.len(), "sha256": sum(second) }));
    assert_eq!(stored.header("content-digest"), content_digest(second));
    let shown = scene.get(&url).await.expect(200).json();
    assert_eq!((&shown["parts"], &shown["bytes"]), (&json!([stored.json()]), &json!(second.len())));
    let older = format!("SHA-256={}", STANDARD.encode(Sha256::digest(first)));
    scene.send(put(&url, "1", first).header("digest", &older)).await.expect(200);
    let shown = scene.get(&url).await.expect(200).json();
    let numbers: Vec<&Value> =
        shown["parts"].as_array().unwrap().iter().map(|part| &part["number"]).collect();
    assert_eq!(numbers, [1, 2]);

    let accepted = scene.commit("bulkAdd", &url, "&jobName=parts").await.expect(202);
    assert_eq!(scene.rows(&accepted).await, ["ann COMPLETED", "bob COMPLETED", "cyd COMPLETED"]);
    let job = scene.get(accepted.json()["url"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(job["name"], "parts");
    scene.get(&url).await.expect(404);
    scene.part(&url, "3", b"x").await.expect(404);
    scene.commit("bulkAdd", &url, "").await.expect(404);
    assert!(scene.is_empty().await);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn gaps_and_files_that_are_others_are_refused_and_tried_again() {
    let scene = Scene::start().await;
    let (first, second) = CSV.as_bytes().split_at(40);
    for (body, parts, said) in [
        (json!({}), &[][..], "no parts"),
        (json!({}), &[("1", first), ("3", second)], "part 2 of the upload is missing"),
        (json!({ "size": 9 }), &[("1", CSV.as_bytes())], "its size was said to be 9"),
        (json!({ "sha256": sum(b"x") }), &[("1", CSV.as_bytes())], "its sha256 was said to be"),
    ] {
        let url = scene.begin(&body).await;
        for (number, bytes) in parts {
            scene.part(&url, number, bytes).await.expect(200);
        }
        let refused = scene.commit("bulkAdd", &url, "").await;
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        assert_eq!(refused.status, 400, "{text}");
        assert!(text.contains(said), "{said}: {text}");
        assert_eq!(refused.json()["violations"][0]["field"], "uploadId", "{text}");
        // What is there stays, and the next try may go well.
        assert_eq!(scene.get(&url).await.expect(200).json()["parts"].as_array().unwrap().len(), parts.len());
    }
    let url = scene.uploaded(&json!({}), &[&b"Login Id,First Name\nann,"[..], b"Ann\n"]).await;
    let keyed = || commit("bulkAdd", &url, "").header("idempotency-key", "k");
    scene.send(keyed()).await.expect(400);
    scene.part(&url, "1", &CSV.as_bytes()[..50]).await.expect(200);
    scene.part(&url, "2", &CSV.as_bytes()[50..]).await.expect(200);
    let accepted = scene.send(keyed()).await.expect(202);
    assert_eq!(scene.rows(&accepted).await.len(), 3);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_commit_is_repeated_with_its_key() {
    let scene = Scene::start().await;
    let url = scene.uploaded(&json!({}), &[CSV.as_bytes()]).await;
    let dry = scene.commit("bulkAdd", &url, "&dryRun=true").await.expect(202);
    assert!(dry.json()["url"].as_str().unwrap().starts_with("/api/v1/"));
    scene.get(&url).await.expect(200);
    let keyed = || commit("bulkAdd", &url, "").header("idempotency-key", "once");
    let first = scene.send(keyed()).await.expect(202);
    scene.get(&url).await.expect(404);
    let again = scene.send(keyed()).await.expect(202);
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), "true"));
    let other = scene.uploaded(&json!({}), &[CSV.as_bytes()]).await;
    scene.send(commit("bulkAdd", &other, "").header("idempotency-key", "once")).await.expect(422);
    scene.send(commit("bulkAdd", &other, "&jobName=a").body("x")).await.expect(400);
    scene.commit("bulkDelete", &other, "").await.expect(202);

    let begin = || {
        let call = Call::new("POST", &format!("{ADMIN}/uploads")).plain(&json!({}));
        call.header("idempotency-key", "begin")
    };
    let (first, again) = (scene.send(begin()).await.expect(201), scene.send(begin()).await.expect(201));
    assert_eq!((first.json(), again.header("idempotent-replayed")), (again.json(), "true"));
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn parts_are_what_their_checksums_say_and_replace_each_other() {
    let scene = Scene::start().await;
    let url = scene.begin(&json!({})).await;
    let bad =
        scene.send(put(&url, "1", b"ab").header("content-digest", &content_digest(b"a"))).await.expect(400);
    assert_eq!(bad.json()["violations"][0]["field"], "Content-Digest");
    let missing = scene.send(put(&url, "1", b"ab")).await.expect(400);
    assert_eq!(missing.json()["violations"][0]["code"], "20002");
    scene.part(&url, "1", b"").await.expect(400);
    let typed = Call::new("PUT", &format!("{url}/parts/1")).header("content-digest", &content_digest(b"a"));
    scene.send(typed.header("content-type", "text/csv").body("a")).await.expect(415);
    for number in ["0", "01", "10001", "x", "-1"] {
        scene.part(&url, number, b"a").await.expect(404);
    }
    let large = vec![b'x'; limits::UPLOAD_PART_BYTES_MAX + 1];
    scene.part(&url, "1", &large).await.expect(413);
    assert_eq!(scene.get(&url).await.expect(200).json()["parts"], json!([]));

    // Several blocks, and then fewer.
    scene.part(&url, "1", &large[1..]).await.expect(200);
    scene.part(&url, "1", &large[..600_000]).await.expect(200);
    let shown = scene.get(&url).await.expect(200).json();
    assert_eq!(shown["bytes"], 600_000);
    scene.part(&url, "1", CSV.as_bytes()).await.expect(200);
    let shown = scene.get(&url).await.expect(200).json();
    assert_eq!(
        (&shown["bytes"], &shown["parts"][0]["sha256"]),
        (&json!(CSV.len()), &json!(sum(CSV.as_bytes())))
    );
    let accepted = scene.commit("bulkUpsert", &url, "").await.expect(202);
    assert_eq!(scene.rows(&accepted).await.len(), 3);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn uploads_belong_to_an_account_and_to_administrators() {
    let scene = Scene::start().await;
    let url = scene.uploaded(&json!({}), &[CSV.as_bytes()]).await;
    let other = scene.house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    let theirs = url.replace("ACME", "OTHER");
    scene.house.send(Call::get(&theirs).key(&other)).await.expect(404);
    scene.house.send(Call::new("DELETE", &theirs).key(&other)).await.expect(404);
    let digest = content_digest(b"x");
    let part = put(&theirs, "1", b"x").header("content-digest", &digest).key(&other);
    scene.house.send(part).await.expect(404);
    let id = url.rsplit('/').next().unwrap();
    let path = format!("/api/admin/user/v1/accounts/OTHER/users:bulkAdd?uploadId={id}");
    scene.house.send(Call::new("POST", &path).key(&other)).await.expect(404);
    scene.house.send(Call::get(&url).key(&other)).await.expect(403);
    let reader = scene.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    scene.house.send(Call::get(&url).key(&reader)).await.expect(403);
    scene
        .get(&url.to_uppercase().replace(&ADMIN.to_uppercase(), ADMIN).replace("UPLOADS", "uploads"))
        .await
        .expect(404);

    scene.send(Call::new("DELETE", &url)).await.expect(204);
    scene.send(Call::new("DELETE", &url)).await.expect(404);
    assert!(scene.is_empty().await);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_upload_is_thrown_away_a_day_after_its_last_part() {
    // A clock that can be moved on.
    let house = House::on(throng_backends::sqlite, Settings::default(), Registry::standard()).await;
    let key = house.admin().await;
    let scene = Scene { house, key };
    let (url, idle) = (scene.begin(&json!({})).await, scene.begin(&json!({})).await);
    scene.house.advance(20 * HOUR);
    scene.part(&url, "1", CSV.as_bytes()).await.expect(200);
    scene.house.advance(5 * HOUR);
    scene.house.throw_away().await;
    scene.get(&idle).await.expect(404);
    scene.get(&url).await.expect(200);
    scene.house.advance(20 * HOUR);
    scene.house.throw_away().await;
    scene.get(&url).await.expect(404);
    assert!(scene.is_empty().await);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_account_has_so_many_open_uploads() {
    let scene = Scene::start().await;
    let mut last = String::new();
    for _ in 0..limits::UPLOADS_OPEN_MAX {
        last = scene.begin(&json!({})).await;
    }
    let begin = || Call::new("POST", &format!("{ADMIN}/uploads"));
    let refused = scene.send(begin().plain(&json!({}))).await.expect(429);
    // For so long none goes by itself; which there are is listed.
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((80_000..=86_400).contains(&wait), "{wait}");
    let listed = scene.get(&format!("{ADMIN}/uploads")).await.expect(200).json();
    let listed = listed["uploads"].as_array().unwrap();
    assert_eq!(listed.len() as u64, limits::UPLOADS_OPEN_MAX);
    assert!(listed.iter().any(|upload| upload["url"] == last.as_str() && upload["bytes"] == 0), "{listed:?}");
    scene.send(Call::new("DELETE", &last)).await.expect(204);
    for body in [json!({ "sha256": "x" }), json!({ "fileName": "" }), json!({ "contentType": "a\nb" })] {
        scene.send(begin().plain(&body)).await.expect(400);
    }
    scene.send(begin().plain(&json!({ "size": limits::UPLOAD_BYTES_MAX + 1 }))).await.expect(413);
    scene.begin(&json!({ "size": limits::UPLOAD_BYTES_MAX })).await;

    let announced = scene.get("/api/v1/limits").await.expect(200).json();
    assert_eq!(announced["uploadsOpenMax"], limits::UPLOADS_OPEN_MAX);
    assert_eq!(announced["uploadPartBytesMax"], limits::UPLOAD_PART_BYTES_MAX);
    assert_eq!(announced["uploadKeptSeconds"], 86_400);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_account_allows_less_than_the_server() {
    let scene = Scene::start().await;
    scene.house.set(json!({ "import_rows_max": 2, "upload_bytes_max": CSV.len() })).await;
    let refused = scene.file("bulkUpsert", "people.csv", CSV.as_bytes()).await.expect(413).json();
    assert_eq!(refused["detail"], "row 4: the file has more than 2 rows");
    let long = format!("{CSV}\n");
    let refused = scene.file("bulkUpsert", "people.csv", long.as_bytes()).await.expect(413).json();
    assert_eq!(refused["detail"], format!("the file has more than {} bytes", CSV.len()));
    let begin = Call::new("POST", &format!("{ADMIN}/uploads")).plain(&json!({ "size": long.len() }));
    scene.send(begin).await.expect(413);
    let url = scene.begin(&json!({})).await;
    scene.part(&url, "1", CSV.as_bytes()).await.expect(200);
    scene.part(&url, "2", b"x").await.expect(413);
    let refused = scene.commit("bulkUpsert", &url, "").await.expect(413).json();
    assert_eq!(refused["detail"], "row 4: the file has more than 2 rows");
    scene.house.set(json!({ "import_rows_max": 3 })).await;
    let accepted = scene.commit("bulkUpsert", &url, "").await.expect(202);
    assert_eq!(scene.rows(&accepted).await.len(), 3);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_sheet_is_asked_for_by_its_name() {
    let scene = Scene::start().await;
    let book = workbook();
    let other = scene.file("bulkUpsert?sheet=Other", "people.xlsx", &book).await.expect(400).json();
    assert_eq!(other["detail"], "the workbook has no sheet 'Other'; it has 'Sheet1'");
    let text = scene.file("bulkUpsert?sheet=Sheet1", "people.csv", CSV.as_bytes()).await.expect(400).json();
    assert_eq!(text["detail"], "only a workbook has sheets: send this file without the name of one");
    let accepted = scene.file("bulkUpsert?sheet=sheet1", "people.xlsx", &book).await.expect(202);
    assert_eq!(scene.rows(&accepted).await.len(), 2);
    scene.house.stop_to_check().await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new(&["Login Id", "Last Name", "First Name"], Formulas::Escaped).unwrap();
    for cells in [["ann", "Jones", "Ann"], ["bob", "Jones", "Bob"]] {
        book.push(&cells.map(|text| Cell::Text(text.to_owned()))).unwrap();
    }
    let mut bytes = Vec::new();
    book.finish().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn gzip_and_workbooks_lie_over_parts() {
    let scene = Scene::start().await;
    for (name, file, rows) in [("people.csv.gz", gzip(CSV.as_bytes()), 3), ("people.xlsx", workbook(), 2)] {
        let pieces: Vec<&[u8]> = file.chunks(file.len() / 3 + 1).collect();
        let body = json!({ "fileName": name, "sha256": sum(&file), "size": file.len() });
        let url = scene.uploaded(&body, &pieces).await;
        let accepted = scene.commit("bulkUpsert", &url, "").await.expect(202);
        assert_eq!(scene.rows(&accepted).await.len(), rows, "{name}");
    }
    scene.house.stop_to_check().await;
}
