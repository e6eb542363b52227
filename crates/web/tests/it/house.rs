//! A whole server without a socket: router, directory, workers, a store that goes away.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use throng_backends::{Fresh, Home};
use throng_checker::Source;
use throng_directory::ids::{Ids, Random};
use throng_directory::model::passwords::SealingKey;
use throng_directory::port::Store;
use throng_directory::use_cases::access::{KeyMade, KeyRequest};
use throng_directory::{Caller, Dialect, Directory, Role, Settings, workers};
use throng_directory::{Clock, Instant};
use throng_scim::Registry;
use throng_web::{AppState, EventSettings, router};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::described;

/// A clock that moves by a step whenever somebody looks at it.
struct Ticking {
    micros: AtomicI64,
    step: AtomicI64,
}

impl Clock for Ticking {
    fn now(&self) -> Instant {
        let step = self.step.load(Ordering::SeqCst);
        Instant::from_micros(self.micros.fetch_add(step, Ordering::SeqCst))
    }
}

/// Bytes that are random enough for ids to differ.
struct Seeded(AtomicI64);

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let n = self.0.fetch_add(1, Ordering::SeqCst).wrapping_mul(-7_046_029_254_386_353_131);
            chunk.copy_from_slice(&n.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// An answer, read.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// A request being made.
#[derive(Clone)]
pub struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    pub fn new(method: &str, path: &str) -> Self {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Self { method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A form with a file in its part `file`.
    pub fn file(self, name: &str, file: impl AsRef<[u8]>) -> Self {
        let head =
            format!("--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), file.as_ref(), b"\r\n--XX--\r\n"].concat();
        self.header("content-type", "multipart/form-data; boundary=XX").body(body)
    }

    /// None if no client could send it: the path is no part of a URI.
    pub fn try_new(method: &str, path: &str) -> Option<Self> {
        path.parse::<http::Uri>().ok().map(|_| Self::new(method, path))
    }

    fn request(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        request.body(Body::from(self.body)).unwrap()
    }

    /// A body of our own APIs.
    pub fn plain(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// A body of SCIM.
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/scim+json").body(body.to_string())
    }
}

/// When a server is started, in microseconds.
const START: i64 = 1_712_840_368_043_000;

/// The server.
pub struct House {
    pub directory: Arc<Directory>,
    pub store: Arc<dyn Store>,
    router: Router,
    shutdown: watch::Sender<bool>,
    /// None while the workers are at rest.
    working: Option<JoinHandle<()>>,
    home: Home,
    clock: Arc<Ticking>,
}

fn router_of(directory: &Arc<Directory>) -> Router {
    router(AppState::new(Arc::clone(directory), Some("https://throng.example/".to_owned())))
}

impl House {
    /// A server with the accounts ACME and OTHER.
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::of(settings, Registry::standard()).await
    }

    pub async fn of(settings: Settings, registry: Registry) -> Self {
        Self::on(throng_backends::chosen, settings, registry).await
    }

    /// A server on a store of one's own choice.
    pub async fn on(
        store: impl FnOnce(Arc<dyn Clock>) -> Result<Fresh, Box<dyn Error + Send + Sync>>,
        settings: Settings,
        registry: Registry,
    ) -> Self {
        let house = Self::of_start(store, settings, registry, START).await;
        for name in ["ACME", "OTHER"] {
            house.directory.create_account(&Caller::operator(), name).await.unwrap();
        }
        house
    }

    /// A server on the database inside, whose clock is the test's own: on PostgreSQL, its clock counts.
    pub async fn timed(settings: Settings) -> Self {
        Self::on(throng_backends::sqlite, settings, Registry::standard()).await
    }

    /// A server on a store that was another one's, an hour after that one was started.
    pub async fn again(
        store: impl FnOnce(Arc<dyn Clock>) -> Result<Fresh, Box<dyn Error + Send + Sync>>,
        settings: Settings,
    ) -> Self {
        Self::of_start(store, settings, Registry::standard(), START + 3_600_000_000).await
    }

    async fn of_start(
        store: impl FnOnce(Arc<dyn Clock>) -> Result<Fresh, Box<dyn Error + Send + Sync>>,
        mut settings: Settings,
        registry: Registry,
        start: i64,
    ) -> Self {
        settings.runner.poll = Duration::from_millis(20);
        let (micros, step) = (AtomicI64::new(start), AtomicI64::new(1_000));
        let clock = Arc::new(Ticking { micros, step });
        let Fresh { store, home } = store(clock.clone()).unwrap();
        let ids = Arc::new(Ids::new(Box::new(Seeded(AtomicI64::new(1 + start - START)))));
        let directory = Directory::new(Arc::clone(&store), clock.clone(), ids, settings, Arc::new(registry));
        let directory = directory.with_sealing_key(SealingKey::new(&[7; 32]));
        directory.apply_definitions().await.unwrap();
        let directory = Arc::new(directory);
        let (shutdown, receiver) = watch::channel(false);
        let working = Some(tokio::spawn(workers::run(Arc::clone(&directory), receiver)));
        let router = router_of(&directory);
        Self { directory, store, router, shutdown, working, home, clock }
    }

    /// Stops the workers behind the chunk that they are at: jobs stay as they are until [`House::work`].
    pub async fn rest(&mut self) {
        self.shutdown.send_replace(true);
        if let Some(working) = self.working.take() {
            working.await.unwrap();
        }
    }

    /// Starts workers anew.
    pub fn work(&mut self) {
        let (shutdown, receiver) = watch::channel(false);
        self.working = Some(tokio::spawn(workers::run(Arc::clone(&self.directory), receiver)));
        self.shutdown = shutdown;
    }

    /// Has this key to seal with from here on, or none: requests alone, not the workers.
    pub fn seal_with(&mut self, key: Option<[u8; 32]>) {
        let ids = Arc::new(Ids::new(Box::new(Seeded(AtomicI64::new(2_000_000)))));
        let (store, clock) = (Arc::clone(&self.store), self.clock.clone());
        let directory =
            Directory::new(store, clock, ids, Settings::default(), Arc::new(Registry::standard()));
        self.directory = Arc::new(match key {
            Some(key) => directory.with_sealing_key(SealingKey::new(&key)),
            None => directory,
        });
        self.router = router_of(&self.directory);
    }

    /// The files of the database, where it has any.
    pub fn files(&self) -> Vec<std::path::PathBuf> {
        let Home::Directory(dir) = &self.home else { return Vec::new() };
        std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path()).collect()
    }

    /// Answers by other definitions from here on, unless they are refused.
    pub async fn redefine(&mut self, registry: Registry) -> Result<(), throng_directory::Error> {
        let ids = Arc::new(Ids::new(Box::new(Seeded(AtomicI64::new(1_000_000)))));
        let (store, clock) = (Arc::clone(&self.store), self.clock.clone());
        let directory = Directory::new(store, clock, ids, Settings::default(), Arc::new(registry));
        directory.apply_definitions().await?;
        self.directory = Arc::new(directory);
        self.router = router_of(&self.directory);
        Ok(())
    }

    /// A new key.
    pub async fn key_of(&self, account: Option<&str>, role: Role, dialect: Dialect) -> String {
        self.key(KeyRequest { dialect, ..KeyRequest::new(account, role) }).await
    }

    /// A key as asked for.
    pub async fn key(&self, request: KeyRequest) -> String {
        self.made(request).await.token
    }

    /// The same with its ids.
    pub async fn made(&self, request: KeyRequest) -> KeyMade {
        self.directory.create_key(&Caller::operator(), request).await.unwrap()
    }

    /// An administrator's key of ACME.
    pub async fn admin(&self) -> String {
        self.key_of(Some("ACME"), Role::AccountAdministrator, Dialect::Standard).await
    }

    pub const fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub async fn send(&self, call: Call) -> Answer {
        self.send_request(call.request()).await
    }

    /// The answer's head, and a body to be read as it comes.
    pub async fn open(&self, call: Call) -> Response<Body> {
        self.router.clone().oneshot(call.request()).await.unwrap()
    }

    /// Streams of events go by these settings from here on.
    pub fn tell_by(&mut self, settings: EventSettings) {
        let state = AppState::new(Arc::clone(&self.directory), None).with_events(settings);
        self.router = router(state);
    }

    /// What answers requests, for a socket.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub async fn send_request(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        // A stream of events has no end.
        let is_stream = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream { Vec::new() } else { body.collect().await.unwrap().to_bytes().to_vec() };
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        described::check(&method, &path, &answer);
        answer
    }

    /// What is stored of an account at this instant, as a number a table.
    pub async fn digest(&self, account: &str) -> BTreeMap<String, String> {
        let account = account.to_owned();
        let home = match &self.home {
            Home::Directory(dir) => Ok(dir.path().to_owned()),
            Home::Database(database) => Err(database.admin_url().to_owned()),
        };
        let looking = tokio::task::spawn_blocking(move || {
            let source = home.as_ref().map_or_else(|url| Source::Postgres(url), |dir| Source::Directory(dir));
            throng_checker::digest(source, &account).unwrap()
        });
        looking.await.unwrap()
    }

    /// Creates a user and gives back the id.
    pub async fn user(&self, key: &str, login: &str) -> String {
        let body = serde_json::json!({ "userName": login });
        let created = self.send(Call::new("POST", "/scim/v2/Users").key(key).json(&body)).await.expect(201);
        created.json()["id"].as_str().unwrap().to_owned()
    }

    /// Changes settings of ACME, and waits until no key is believed that was looked up before.
    pub async fn set(&self, settings: Value) {
        let Value::Object(changes) = settings else { panic!("{settings} is no object") };
        self.directory.change_account_settings(&Caller::operator(), "ACME", changes).await.unwrap();
        self.advance(1_000_000);
    }

    /// Reads a report until its job has ended.
    pub async fn finished(&self, key: &str, job: &str) -> Value {
        for _ in 0..3_000 {
            let path = format!("/v2/Groups/JobReport/{job}");
            let report = self.send(Call::get(&path).key(key)).await.expect(200).json();
            if report["status"] == "finished" {
                return report;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("job {job} does not end");
    }

    /// Lets so much time pass.
    pub fn pass(&self, time: Duration) {
        self.advance(i64::try_from(time.as_micros()).unwrap());
    }

    /// Moves the clock on.
    pub fn advance(&self, micros: i64) {
        self.clock.micros.fetch_add(micros, Ordering::SeqCst);
    }

    /// Moves the clock on by more than a server believes, and says that it is right.
    pub async fn advance_far(&self, micros: i64) {
        self.advance(micros);
        self.directory.trust_clock(&Caller::operator()).await.unwrap();
    }

    /// Throws away what has been kept long enough, however far the clock was moved on.
    pub async fn throw_away(&self) {
        self.advance_far(0).await;
        assert!(self.directory.throw_away(true).await.unwrap());
    }

    /// From now on so much time passes between any two looks at the clock.
    pub fn slow_down(&self, micros: i64) {
        self.clock.step.store(micros, Ordering::SeqCst);
    }

    /// Stops the workers and closes the store.
    pub async fn stop(self) {
        self.stop_to_look(|_| ()).await;
    }

    /// The same, and nothing in the database contradicts anything else.
    pub async fn stop_to_check(self) {
        let report = self.stop_to_look(|source| throng_checker::check(source).unwrap()).await;
        assert_eq!(report.violations, Vec::<String>::new());
    }

    /// Stops the workers, closes the store, and looks at the database.
    pub async fn stop_to_look<T: Send + 'static>(
        mut self,
        look: impl FnOnce(Source<'_>) -> T + Send + 'static,
    ) -> T {
        self.rest().await;
        drop((self.router, self.directory, self.store));
        let home = self.home;
        let looking = tokio::task::spawn_blocking(move || match &home {
            Home::Directory(dir) => look(Source::Directory(dir.path())),
            Home::Database(database) => look(Source::Postgres(database.admin_url())),
        });
        looking.await.unwrap()
    }
}
