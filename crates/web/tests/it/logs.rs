//! What the server writes to its log while it answers.

use std::io;
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use throng_directory::{Dialect, Role};
use throng_web::{Policy, routes};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::access::path;
use crate::house::{Call, House};

/// All that this process logs, of whichever thread and test.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Listens at the most talkative level. The process can do it once.
fn listen() {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(|| Log)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

/// RFC 7644 §7.4: whoever reads the log can do nothing with it.
#[tokio::test]
async fn no_key_is_in_the_log() {
    listen();
    let house = House::start().await;
    let operator = house.key_of(None, Role::Operator, Dialect::Standard).await;
    let admin = house.admin().await;
    let mint = Call::new("POST", "/api/v1/accounts/ACME/keys").key(&operator);
    let mint = mint.header("content-type", "application/json").body(r#"{"role":"reader"}"#);
    let minted = house.send(mint).await.expect(201).json();
    let minted = minted["key"].as_str().unwrap().to_owned();
    // Of nobody, but it may be somebody's elsewhere.
    let strange = "thr_ACME_0000_opensesameopensesame".to_owned();

    for key in [&operator, &admin, &minted] {
        let answer = house.send(Call::get("/scim/v2/Users").key(key)).await;
        assert_eq!(answer.status == 200, *key != operator, "{}", answer.status);
    }
    house.send(Call::get("/scim/v2/Users").key(&strange)).await.expect(401);
    for key in [&operator, &admin, &minted, &strange] {
        for route in routes() {
            let path = path(route, "ACME");
            let call = |path: &str| Call::new(route.verb().as_str(), path);
            house.send(call(&path).key(key)).await;
            for refused in [
                call(&path).key(&format!("{key}0")),
                call(&path).key(&format!("{key} x")),
                call(&path).key(key).key(key),
                call(&path).header("authorization", key),
                call(&path).header("authorization", &format!("Bearer{key}")),
                call(&path).header("authorization", &format!("Basic {key}")),
                call(&path).header("authorization", &format!("Bearer {key}\u{e9}")),
                call(&format!("{path}?access_token={key}")),
                call(&format!("/scim/v2/Users/{key}")),
            ] {
                let answer = house.send(refused).await;
                assert!(answer.status != 200 || route.policy() == Policy::Public, "{path}");
                assert_ne!(answer.status, 500, "{path}");
            }
        }
        // Requests in a request, and what a worker does for one.
        let body = json!({ "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "a", "data": { "userName": "ann" } },
            { "method": "POST", "path": "/Groups", "data":
                { "displayName": "g", "members": [{ "value": "bulkId:a" }] } },
        ] });
        house.send(Call::new("POST", "/scim/v2/Bulk").key(key).json(&body)).await;
    }
    house.send(Call::new("HEARD", "/scim/v2/Users").key(&admin)).await.expect(405);
    tracing::trace!("the least of all levels");
    house.stop().await;

    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let log = String::from_utf8_lossy(&log);
    for heard in ["answered method=HEARD status=405", "the least of all levels"] {
        assert!(log.contains(heard), "{heard:?} is not in the log");
    }
    for key in [&operator, &admin, &minted, &strange] {
        let secret = key.rsplit('_').next().unwrap();
        assert!(secret.len() >= 16, "{secret:?} could be there by chance");
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}
