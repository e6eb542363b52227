use std::path::Path;

use throng_client::Client;
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Caller, Role, Settings};

use super::{Demo, Error, data_lines};
use crate::config::Place;
use crate::serve::{Listen, Running};
use crate::wire;

const ACCOUNT: &str = "demo";

/// A real server on a free port, with an account and no people.
async fn start(data: &Path, generated: usize) -> (Running, Demo) {
    let directory =
        wire::open(&Place::Data(data.to_owned()), Settings::default(), throng_scim::Registry::standard())
            .unwrap();
    let operator = Caller::operator();
    directory.create_account(&operator, ACCOUNT).await.unwrap();
    let request = KeyRequest::new(Some(ACCOUNT), Role::AccountAdministrator);
    let token = directory.create_key(&operator, request).await.unwrap().token;
    let state = throng_web::AppState::new(std::sync::Arc::clone(&directory), None);
    let running = Running::start(directory, state, Listen::here(), true).await.unwrap();
    let base_url = format!("http://{}", running.address);
    (running, Demo { base_url, account: ACCOUNT.to_owned(), token, generated, data: None, stays: true })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_plays_to_the_end_and_says_what_it_saw() {
    let data = tempfile::tempdir().unwrap();
    let (running, demo) = start(data.path(), 1_500).await;
    let mut out = Vec::new();
    demo.play_on(&mut out, false).await.unwrap();
    running.stop().await.unwrap();
    let text = String::from_utf8(out).unwrap();
    for line in [
        "25 rows failed, each for a reason of its own:",
        "  \"membersCreatedCount\": 4000,",
        "group 3 has 4,008 members",
        "group 4 has 1,500 members",
        "  \"messages\": \"10 user(s) not added (already members?); 5 user(s) not removed (not members?); \
         5 user(s) not found\"",
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line:?} in:\n{text}");
    }
    assert!(text.contains("Invalid member of group provided"));
    assert!(
        text.contains(&format!(
            "curl -H 'Authorization: Bearer {}' '{}/v2/Groups/",
            demo.token, demo.base_url
        ))
    );
    assert!(text.trim_end().ends_with("figures checked against what must come out: all agree."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_figure_that_is_wrong_fails_the_demo() {
    let data = tempfile::tempdir().unwrap();
    let (running, demo) = start(data.path(), 500).await;
    let client = Client::new(&demo.base_url, &demo.token).unwrap();
    // Somebody is there already whom the file of generated people adds.
    let taken = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada.okafor.0@demo.example",
    });
    client.create_user(&taken).await.unwrap();
    let played = demo.play_on(&mut Vec::new(), false).await;
    running.stop().await.unwrap();
    let Err(Error::Disagrees(figures)) = played else { panic!("the demo ended with {played:?}") };
    let expected = [
        "status of the import: expected \"COMPLETED\", found \"FAILED\"",
        "rows that failed: expected 0, found 1",
        "rows that were added: expected 500, found 499",
    ];
    assert_eq!(figures, expected);
}

#[test]
fn data_lines_are_those_below_the_header() {
    assert_eq!(data_lines(b"a,b\n1,2\n3,4\n"), 2);
    assert_eq!(data_lines(b"a,b\n1,2"), 1);
    assert_eq!(data_lines(b""), 0);
}
