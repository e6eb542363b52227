use serde_json::json;
use throng_directory::{Dialect, Role};

use super::{NATIVE, Scene, USERS};
use crate::house::Call;

#[tokio::test]
async fn refused_requests_are_told_once_a_minute_with_how_many_there_were() {
    let mut scene = Scene::start().await;
    scene.house.rest().await;
    let wrong =
        |secret: &str| Call::get("/scim/v2/Users").key(&format!("thr_ACME_0123456789abcdef_{secret}"));
    for n in 0..50 {
        scene.house.send(wrong(&n.to_string())).await.expect(401);
    }
    let refused = |rows: &[serde_json::Value]| {
        let refused = rows.iter().filter(|row| row["event"] == "REFUSED").cloned();
        refused.collect::<Vec<_>>()
    };
    let found = refused(&scene.rows().await);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["result"], &found[0]["type"]), (&json!("FAILURE"), &json!("REQUEST")));
    assert_eq!((&found[0]["actor"], &found[0]["detail"]["account"]), (&json!(""), &json!("ACME")));
    assert_eq!(found[0]["detail"]["route"], "GET /scim/v2/Users");
    assert_eq!(found[0]["detail"]["status"], 401);
    // The minute is over: the next one tells how many there were besides.
    scene.house.advance(61_000_000);
    scene.house.send(wrong("again")).await.expect(401);
    let found = refused(&scene.rows().await);
    assert_eq!((found.len(), &found[0]["detail"]["before"]), (2, &json!(49)));
    // And where none comes, the server tells by itself.
    scene.house.send(wrong("and again")).await.expect(401);
    scene.house.advance(61_000_000);
    scene.house.work();
    let mut found = Vec::new();
    while found.len() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        found = refused(&scene.rows().await);
    }
    assert_eq!(found[0]["detail"]["more"], 1);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_flood_from_many_sources_fills_no_disk() {
    let scene = Scene::start().await;
    for n in 0..600 {
        // Nobody's account: what is told of it stands in the operator's log.
        let key = format!("thr_nobody{n}_0123456789abcdef_0");
        scene.house.send(Call::get("/scim/v2/Users").key(&key)).await.expect(401);
    }
    let checked = scene.house.directory.number_audit().await;
    checked.unwrap();
    let logs = scene.house.directory.check_audit(&throng_directory::Caller::operator()).await.unwrap();
    let (name, operators) = &logs[0];
    assert_eq!((name.as_str(), operators.rows), ("", 257), "256 sources, and all others together");
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn who_may_not_do_something_is_told_by_name() {
    let scene = Scene::start().await;
    let reader = scene.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    let create = Call::new("POST", "/scim/v2/Users").key(&reader).json(&json!({ "userName": "x" }));
    scene.house.send(create).await.expect(403);
    scene.house.send(Call::get(&format!("{NATIVE}/audit")).key(&reader)).await.expect(403);
    // Another account in the path stands in the caller's own log.
    let other = scene.house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    scene.house.send(Call::get(&format!("{USERS}/users")).key(&other)).await.expect(403);
    let rows = scene.rows().await;
    let refused: Vec<_> = rows.iter().filter(|row| row["event"] == "REFUSED").collect();
    assert_eq!(refused.len(), 1, "the second within the same minute is counted");
    assert_eq!((&refused[0]["role"], &refused[0]["detail"]["status"]), (&json!("reader"), &json!(403)));
    let path = "/api/v1/accounts/OTHER/audit?event=REFUSED";
    let theirs = scene.house.send(Call::get(path).key(&other)).await.expect(200).json();
    assert_eq!(theirs["rows"][0]["detail"]["route"], "GET /api/admin/user/v1/accounts/{accountId}/users");
    assert_eq!(theirs["rows"].as_array().unwrap().len(), 1);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn reads_that_say_much_are_told_once_a_minute() {
    let scene = Scene::start().await;
    for _ in 0..3 {
        scene.get(&format!("{NATIVE}/audit?event=READ")).await.expect(200);
    }
    let rows = scene.get(&format!("{NATIVE}/audit?event=READ")).await.expect(200).json();
    let rows = rows["rows"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["type"], &rows[0]["actor"]), (&json!("AUDIT"), &json!("ada")));
    assert_eq!(rows[0]["detail"]["route"], "GET /api/v1/accounts/{accountId}/audit");
    scene.house.stop_to_check().await;
}
