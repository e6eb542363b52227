//! What `docs/promises.md` promises, each by a test named after it, on the database inside.
//!
//! A crash is an image: the files of a running server, copied at this instant, with a server started on the copy.
//! That is what a process leaves that was killed.

mod acceptance;
mod control;
mod execution;
mod keeping;
mod order;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use throng_backends::{Fresh, Home};
use throng_directory::Settings;
use throng_scim::Registry;
use throng_store::CommitFault;

use crate::house::{Answer, Call, House};
use crate::imports::{part, upload};

const JOBS: &str = "/api/v1/accounts/ACME/jobs";
/// One more than what is written before the answer, where nobody waits: jobs of so many items are queued.
const MANY: usize = 201;
/// How long a job may take here, in steps of 5 ms.
const LOOKS_MAX: u32 = 2_000;

/// What happens to commits.
#[derive(Default)]
struct Disk {
    state: Mutex<DiskState>,
    changed: Condvar,
}

#[derive(Default)]
struct DiskState {
    /// So many commits more, and the next one waits.
    left: Option<u32>,
    is_waited_for: bool,
    fault: Option<CommitFault>,
    /// What a commit takes longer.
    pace: Duration,
}

impl Disk {
    fn set(&self, change: impl FnOnce(&mut DiskState)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    /// Asked by the writer at each commit.
    fn commit(&self) -> Option<CommitFault> {
        let mut state = self.state.lock().unwrap();
        state.is_waited_for = state.left == Some(0);
        let mut state = self.changed.wait_while(state, |state| state.left == Some(0)).unwrap();
        state.is_waited_for = false;
        state.left = state.left.map(|left| left - 1);
        let (fault, pace) = (state.fault, state.pace);
        drop(state);
        std::thread::sleep(pace);
        fault
    }

    /// From here on a job lasts so long that one can meet it.
    fn slow_down(&self) {
        self.set(|state| state.pace = Duration::from_millis(3));
    }

    /// Whether a commit waits.
    fn is_waited_for(&self) -> bool {
        self.state.lock().unwrap().is_waited_for
    }
}

/// A server whose files and commits are at hand.
struct Server {
    house: House,
    key: String,
    settings: Settings,
    path: PathBuf,
    disk: Arc<Disk>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // A writer that waits for its commit would be waited for.
        self.disk.set(|state| *state = DiskState::default());
    }
}

/// A store in this folder.
fn store_in(
    home: TempDir,
    disk: &Arc<Disk>,
) -> impl FnOnce(Arc<dyn throng_directory::Clock>) -> Result<Fresh, Box<dyn std::error::Error + Send + Sync>> + use<>
{
    let asked = Arc::clone(disk);
    move |clock| {
        let settings = throng_store::Settings {
            commit_hook: Some(Arc::new(move || asked.commit())),
            ..throng_store::Settings::default()
        };
        let store = throng_store::open(home.path(), &settings, clock)?;
        Ok(Fresh { store, home: Home::Directory(home) })
    }
}

impl Server {
    /// Jobs settle so many items a chunk.
    async fn of(chunk_items: usize) -> Self {
        Self::with(Settings { chunk_items, ..Settings::default() }).await
    }

    async fn with(settings: Settings) -> Self {
        let (home, disk) = (tempfile::tempdir().unwrap(), Arc::<Disk>::default());
        let path = home.path().to_owned();
        let house = House::on(store_in(home, &disk), settings, Registry::standard()).await;
        let key = house.admin().await;
        Self { house, key, settings, path, disk }
    }

    /// What a crash at this instant leaves. The database first: what its log holds is put into it at the next start.
    fn image(&self) -> TempDir {
        let image = tempfile::tempdir().unwrap();
        for file in ["throng.db", "throng.db-wal"] {
            fs::copy(self.path.join(file), image.path().join(file)).unwrap();
        }
        image
    }

    /// A server on what a crash left of this one.
    async fn on(&self, image: TempDir) -> Self {
        let (path, disk) = (image.path().to_owned(), Arc::<Disk>::default());
        let house = House::again(store_in(image, &disk), self.settings).await;
        Self { house, key: self.key.clone(), settings: self.settings, path, disk }
    }

    async fn stop(mut self) {
        self.house.rest().await;
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, path).key(&self.key).json(body)).await
    }

    async fn get(&self, path: &str) -> Value {
        self.house.send(Call::get(path).key(&self.key)).await.expect(200).json()
    }

    async fn job(&self, job: &str) -> Value {
        self.get(&format!("{JOBS}/{job}")).await
    }

    /// The jobs of the account that are shown.
    async fn jobs(&self) -> Vec<Value> {
        self.get(&format!("{JOBS}?count=1000")).await["jobs"].as_array().unwrap().clone()
    }

    /// Imports so many people, `u000` and so on.
    async fn people(&self, count: usize) -> Vec<String> {
        let names: Vec<String> = (0..count).map(|n| format!("u{n:03}")).collect();
        let ended = self.ended(&self.import(&names).await).await;
        assert_eq!(ended["counts"]["created"], json!(count), "{ended}");
        names
    }

    /// The job that imports people with these logins.
    async fn import(&self, names: &[String]) -> String {
        let rows: Vec<String> = names.iter().map(|name| format!("{name},L,F\n")).collect();
        let file = part("file", &format!("Login Id,Last Name,First Name\n{}", rows.concat()));
        let sent = self.house.send(upload(&self.key, "", &format!("{file}--XX--\r\n"))).await.expect(202);
        sent.json()["jobId"].as_str().unwrap().to_owned()
    }

    async fn group(&self, name: &str) -> String {
        let made = self.send("POST", "/scim/v2/Groups", &json!({ "displayName": name })).await.expect(201);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// A write of members by their userNames that nobody waits for.
    fn write(&self, group: &str, operations: &[(&str, &[String])]) -> Call {
        let values =
            |names: &[String]| -> Vec<Value> { names.iter().map(|name| json!({ "value": name })).collect() };
        let operations: Vec<Value> = operations
            .iter()
            .map(|(op, names)| json!({ "op": op, "path": "members", "value": values(names) }))
            .collect();
        let body =
            json!({ "SocialChorus:1.0:Group": { "identifierField": "userName" }, "Operations": operations });
        let call = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(&self.key).json(&body);
        call.header("prefer", "respond-async")
    }

    /// The number of the job of such a write.
    async fn submit(&self, group: &str, operations: &[(&str, &[String])]) -> String {
        let answer = self.house.send(self.write(group, operations)).await.expect(202);
        answer.header("throng-job").to_owned()
    }

    async fn abort(&self, job: &str, status: u16) -> Value {
        self.send("POST", &format!("{JOBS}/{job}/abort"), &json!({})).await.expect(status).json()
    }

    /// The job as soon as this is true of it.
    async fn when(&self, job: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..LOOKS_MAX {
            let found = self.job(job).await;
            if is_so(&found) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("job {job} comes to nothing: {}", self.job(job).await);
    }

    async fn ended(&self, job: &str) -> Value {
        self.when(job, |job| job.get("endedAt").is_some()).await
    }

    /// Waits until some of the job is done, and lets it rest there.
    async fn halfway(&mut self, job: &str) -> Value {
        self.when(job, |job| job["counts"]["processed"].as_u64() > Some(0)).await;
        self.house.rest().await;
        let found = self.job(job).await;
        assert_eq!(found["state"], "IN_PROGRESS", "it was to last until here: {found}");
        found
    }

    /// What became of each item, in the order of the request.
    async fn items(&self, job: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{JOBS}/{job}/items?count=100&cursor={cursor}")).await;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return items,
            }
        }
    }

    /// The userNames of the group's members, in order.
    async fn members(&self, group: &str) -> Vec<String> {
        let filter = format!("groups.value%20eq%20%22{group}%22");
        let found = self.get(&format!("/scim/v2/Users?count=1000&attributes=userName&filter={filter}")).await;
        let users = found["Resources"].as_array().cloned().unwrap_or_default();
        let mut names: Vec<String> =
            users.iter().map(|user| user["userName"].as_str().unwrap().to_owned()).collect();
        names.sort_unstable();
        names
    }
}

/// The counters of a job add up, whatever it is at.
fn assert_sum(job: &Value) {
    let of = |name: &str| job["counts"][name].as_u64().unwrap();
    let settled = ["created", "updated", "removed", "ignored", "failed", "skipped"].map(of);
    assert_eq!(settled.iter().sum::<u64>(), of("processed"), "{job}");
    assert_eq!(of("processed") + of("pending"), of("total"), "{job}");
    assert!(job.get("endedAt").is_none() || of("pending") == 0, "{job}");
}
