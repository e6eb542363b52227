//! Passwords that somebody had.

use serde_json::json;

use super::{POLICY, Scene, USERS, made};
use crate::house::Call;

#[tokio::test]
async fn passwords_that_somebody_had_do_not_come_again() {
    const USED: &str = "Password policy not met: another than the ones before";
    let scene = Scene::start().await;
    scene.send("PUT", POLICY, &json!({ "passwordHistory": 2 })).await.expect(200);
    let path =
        format!("{USERS}/{}", made(&scene.person("anna", &json!("Kite-40-Moss-17")).await.expect(202)));
    let password = |n: u8| json!({ "password": format!("Kite-4{n}-Moss-17") });
    for n in [1, 2] {
        scene.send("PATCH", &path, &password(n)).await.expect(200);
    }
    for n in [0, 1] {
        let refused = scene.send("PATCH", &path, &password(n)).await.expect(400).json();
        assert_eq!(
            (&refused["violations"][0]["field"], &refused["detail"]),
            (&json!("password"), &json!(USED))
        );
    }
    // The one that there is may be sent again: who does not know whether it was done repeats it.
    scene.send("PATCH", &path, &password(2)).await.expect(200);
    let scim = format!("/scim/v2/Users/{}", path.rsplit('/').next().unwrap());
    let replace = |n: u8| json!({ "userName": "anna", "password": format!("Kite-4{n}-Moss-17") });
    let call = |n: u8| Call::new("PUT", &scim).key(&scene.key).json(&replace(n));
    scene.house.send(call(2)).await.expect(200);
    assert_eq!(scene.house.send(call(1)).await.expect(400).json()["detail"], USED);

    let file = |n: u8| format!("Login Id,Password\nanna,Kite-4{n}-Moss-17\nnobody,Kite-40-Moss-17\n");
    for (n, said) in [(0, USED), (1, USED), (2, "User is already as asked"), (3, "User successfully updated")]
    {
        let (_, rows) = scene.filed("bulkUpdate", &file(n)).await;
        let row = if said == USED { " (to be sent again with its password) (row 2 of the file)" } else { "" };
        assert_eq!(rows[0], format!("anna: {said}{row}"), "{n}");
    }
    assert!(scene.verifies("anna", "Kite-43-Moss-17").await);
    // The oldest is forgotten, and without a history all of them are.
    scene.send("PATCH", &path, &password(0)).await.expect(200);
    scene.send("PUT", POLICY, &json!({ "passwordHistory": 0 })).await.expect(200);
    for n in [3, 0, 3] {
        scene.send("PATCH", &path, &password(n)).await.expect(200);
    }
    scene.stop().await;
}
