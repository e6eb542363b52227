//! Files that arrive slowly leave turns to others.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;
use futures_util::stream;
use http::Request;
use throng_directory::{Dialect, Role, Settings, limits};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::house::{Answer, Call, House};

const FILE: &str = "Login Id,Last Name,First Name\nann,Jones,Ann\n";

fn path(account: &str) -> String {
    format!("/api/admin/user/v1/accounts/{account}/users:bulkUpsert")
}

/// Begins a file that never ends.
fn begin(house: &House, account: &str, key: &str) -> JoinHandle<()> {
    let head = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";
    let sent = Bytes::from(format!("{head}{FILE}"));
    let body = stream::iter([Ok::<_, std::io::Error>(sent)]).chain(stream::pending());
    let request = Request::post(path(account))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "multipart/form-data; boundary=XX")
        .body(Body::from_stream(body))
        .unwrap();
    let router = house.router();
    tokio::spawn(async move {
        let answer = router.oneshot(request).await.unwrap();
        panic!("it was answered: {}", answer.status());
    })
}

async fn send(house: &House, account: &str, key: &str) -> Answer {
    house.send(Call::new("POST", &path(account)).key(key).file("a.csv", FILE)).await
}

/// Sends files until one is answered like this.
async fn until(house: &House, account: &str, key: &str, status: u16) -> Answer {
    for _ in 0..100 {
        let answer = send(house, account, key).await;
        if answer.status == status {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no file of {account} is answered {status}");
}

#[tokio::test]
async fn slow_files_of_an_account_leave_turns_to_others() {
    let wait = Duration::from_millis(300);
    let house = House::with(Settings { file_turn: wait, ..Settings::default() }).await;
    let acme = house.admin().await;
    let other = house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    let slow: Vec<_> =
        (0..limits::UPLOADS_AT_ONCE_OF_ACCOUNT).map(|_| begin(&house, "ACME", &acme)).collect();
    let refused = until(&house, "ACME", &acme, 429).await;
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(refused.json()["detail"], "too many files at once; try again");
    for _ in 0..3 {
        send(&house, "OTHER", &other).await.expect(202);
    }

    // Turns come back when who has them is gone.
    for slow in slow {
        slow.abort();
        assert!(slow.await.unwrap_err().is_cancelled());
    }
    until(&house, "ACME", &acme, 202).await;
    house.stop_to_check().await;
}
