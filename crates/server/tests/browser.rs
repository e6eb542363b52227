//! A person logs in to an application in a real browser: Debian's Chromium, driven by its own driver.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/http.rs"]
mod http;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use http::{Request, send};

const BINARY: &str = env!("CARGO_BIN_EXE_throng");
const PASSWORD: &str = "Corr-Ect7-Hors9";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that goes with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits until a line of what it says, on standard output or on standard error, has what is looked for;
/// what follows it there.
fn start(mut command: Command, on_error: bool, sign: &str) -> (Running, String) {
    let name = format!("{command:?}");
    let (output, error) =
        if on_error { (Stdio::null(), Stdio::piped()) } else { (Stdio::piped(), Stdio::null()) };
    let mut child = command.stdout(output).stderr(error).spawn().unwrap_or_else(|error| {
        panic!("{name}: {error}; `cargo xtask test` installs what the browser test needs")
    });
    let output = child.stdout.take().map(|output| Box::new(output) as Box<dyn Read + Send>);
    let error = child.stderr.take().map(|error| Box::new(error) as Box<dyn Read + Send>);
    let mut lines = BufReader::new(output.or(error).unwrap()).lines();
    let running = Running(child);
    let found = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split_once(sign).map(|(_, rest)| rest.to_owned()));
    // Read on, so that nobody waits for room to write.
    thread::spawn(move || lines.for_each(drop));
    (running, found.unwrap_or_else(|| panic!("{name} ended without {sign:?}")))
}

fn throng(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new(BINARY).args(arguments).arg("--data").arg(dir).env_clear().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The application: an address on this machine that people are sent back to. It tells what it was asked for.
fn application() -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (told, tell) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let _ = BufReader::new(stream.try_clone().unwrap()).read_line(&mut line);
            if let Some(path) = line.split(' ').nth(1).filter(|path| path.starts_with("/back")) {
                told.send(path.to_owned()).unwrap();
            }
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nback");
            let _ = stream.read(&mut [0; 4_096]);
        }
    });
    (address, tell)
}

/// A server with a person who has a role, and an application that is registered.
struct Scene {
    address: SocketAddr,
    client: String,
    _server: Running,
    _dir: tempfile::TempDir,
}

impl Scene {
    fn set() -> Self {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("data");
        throng(&dir, &["account", "create", "ACME"]);
        let admin = throng(&dir, &["key", "create", "ACME", "--role", "account-administrator"]);
        let mut serve = Command::new(BINARY);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&dir).env_clear();
        let (server, address) = start(serve, true, "\"address\":\"");
        let address: SocketAddr = address.split('"').next().unwrap().parse().unwrap();
        let call = |method: &str, path: &str, body: Value| {
            let authorization = format!("Bearer {admin}");
            let headers =
                vec![("authorization", authorization.as_str()), ("content-type", "application/json")];
            let body = body.to_string();
            let request = Request { method, path, headers, body: body.as_bytes() };
            let answer = send(address, &request, PATIENCE).unwrap();
            assert!(answer.status < 300, "{}", answer.text());
            answer.json()
        };
        let ann = call("POST", "/scim/v2/Users", json!({ "userName": "ann", "password": PASSWORD }));
        let member = format!("/api/v1/accounts/ACME/members/{}", ann["id"].as_str().unwrap());
        call("PUT", &member, json!({ "role": "reader" }));
        let asked = json!({
            "name": "Roster", "role": "group-manager", "redirectUris": ["http://127.0.0.1/back"], "public": true
        });
        let client = call("POST", "/api/v1/accounts/ACME/clients", asked);
        let client = client["clientId"].as_str().unwrap().to_owned();
        Self { address, client, _server: server, _dir: home }
    }

    fn token(&self, form: &str) -> Value {
        let headers = vec![("content-type", "application/x-www-form-urlencoded")];
        let form = format!("client_id={}&{form}", self.client);
        let request = Request { method: "POST", path: "/oauth/token", headers, body: form.as_bytes() };
        let answer = send(self.address, &request, PATIENCE).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

async fn browser() -> (Running, WebDriver, tempfile::TempDir) {
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new("chromedriver");
    command.arg("--port=0");
    let (driver, port) = start(command, false, "successfully on port ");
    let mut wanted = DesiredCapabilities::chrome();
    let profile_argument = format!("--user-data-dir={}", profile.path().display());
    for argument in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        &profile_argument,
    ] {
        wanted.add_arg(argument).unwrap();
    }
    let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
    (driver, WebDriver::new(&address, wanted).await.unwrap(), profile)
}

async fn typed(browser: &WebDriver, login: &str, password: &str) {
    let field = browser.find(By::Id("login")).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(login).await.unwrap();
    browser.find(By::Id("password")).await.unwrap().send_keys(password).await.unwrap();
}

async fn press(browser: &WebDriver, decision: &str) {
    let button = browser.find(By::Css(format!("button[value={decision}]"))).await.unwrap();
    button.click().await.unwrap();
}

#[tokio::test]
async fn a_person_logs_in_by_a_real_browser() {
    let scene = Scene::set();
    let (back, told) = application();
    let (_driver, browser, _profile) = browser().await;
    let page = format!(
        "http://{}/oauth/authorize?response_type=code&client_id={}&redirect_uri=http://{back}/back&state=s1\
         &code_challenge={CHALLENGE}&code_challenge_method=S256",
        scene.address, scene.client
    );
    browser.goto(&page).await.unwrap();
    assert_eq!(browser.title().await.unwrap(), "Sign in to ACME");
    // The policy of the page lets its own style in.
    let style = browser.find(By::Tag("h1")).await.unwrap().css_value("margin-bottom").await.unwrap();
    assert_eq!(style, "16px");

    typed(&browser, "ann", "wrong").await;
    press(&browser, "allow").await;
    let alert = browser.find(By::Css("[role=alert]")).await.unwrap().text().await.unwrap();
    assert_eq!(alert, "Login or password is wrong.");
    typed(&browser, "ann", PASSWORD).await;
    press(&browser, "allow").await;
    let asked = told.recv_timeout(PATIENCE).unwrap();
    let code = asked.strip_prefix("/back?code=").unwrap().split('&').next().unwrap();
    assert!(asked.contains("&state=s1&iss=http"), "{asked}");
    assert_eq!(browser.find(By::Tag("body")).await.unwrap().text().await.unwrap(), "back");

    let grant = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=http://{back}/back&code_verifier={VERIFIER}"
    );
    let tokens = scene.token(&grant);
    let next =
        format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());
    let tokens = scene.token(&next);
    let authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let headers = vec![("authorization", authorization.as_str())];
    let me = Request { method: "GET", path: "/scim/v2/Me", headers, body: b"" };
    assert_eq!(send(scene.address, &me, PATIENCE).unwrap().json()["userName"], "ann");

    browser.goto(&page).await.unwrap();
    press(&browser, "deny").await;
    let asked = told.recv_timeout(PATIENCE).unwrap();
    assert!(asked.starts_with("/back?error=access_denied&state=s1"), "{asked}");

    // Nobody is sent to where the application is not.
    browser.goto(&page.replace("/back&", "/elsewhere&")).await.unwrap();
    assert_eq!(browser.title().await.unwrap(), "Not signed in");
    browser.quit().await.unwrap();
}
