//! A29 to A36, A39, A42, A46: files of people, and one person.

use serde_json::json;

use super::{Scene, USERS, violation, violations};

/// Overturned: a file has up to 4 GiB and 10,000,000 rows.
#[tokio::test]
async fn a29_a_file_may_have_more_than_5_000_rows() {
    use std::fmt::Write as _;
    let scene = Scene::start().await;
    let mut file = "Login Id,Last Name,First Name\n".to_owned();
    for n in 0..5_001 {
        writeln!(file, "p{n},L,F").unwrap();
    }
    let (_, shown) = scene.done("bulkAdd", &file).await;
    assert_eq!((&shown["totalCount"], &shown["status"]), (&json!(5_001), &json!("COMPLETED")));
    let limits = scene.get("/api/v1/limits").await.expect(200).json();
    assert!(limits["importRowsMax"].as_u64() >= Some(10_000_000), "{limits}");
    scene.stop().await;
}

#[tokio::test]
async fn a30_a_file_that_is_none_is_refused_at_once() {
    let scene = Scene::start().await;
    for (name, file) in [
        ("people.csv", &b""[..]),
        ("people.csv", b"Login Id,Last Name,First Name\n"),
        ("people.csv", b"Login Id,Last Name\nann,Same\n"),
        ("people.xlsx", b"PK\x03\x04 and no more"),
        ("people.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook"),
        ("people.csv", b"\xff\xfeL\x00o\x00"),
        ("people.jsonl", b"[1]"),
    ] {
        let refused = scene.upload("bulkAdd", name, file).await.expect(400);
        assert_eq!(violations(&refused)[0].0, "file", "{}", refused.json());
    }
    assert_eq!(scene.get(&format!("{USERS}/jobs")).await.expect(200).json()["jobs"], json!([]));
    scene.stop().await;
}

#[tokio::test]
async fn a31_columns_are_found_by_name_and_a_file_of_failures_is_sent_as_it_is() {
    let scene = Scene::start().await;
    let orders = [
        "Login Id,Account Hierarchy,Last Name,First Name,Display Name,Password,Profile,Roles,Email,Member Of,Owned Groups\n\
         ann,,Same,Ann,,,,,,,\n",
        "Login Id,Account Hierarchy,Last Name,First Name,Password,Profile,Display Name,Roles,Email,Member Of,Owned Groups,Description\n\
         bob,,Same,Bob,,,,,,,,Password policy not met\n",
        " first name ,LAST_NAME,login-id\nCarol,Same,carol\n",
    ];
    for file in orders {
        let (_, shown) = scene.done("bulkAdd", file).await;
        assert_eq!(shown["status"], "COMPLETED", "{file}");
    }
    let file = b"Login Id,Last Name,First Name,Shoe Size,Description\ndan,Same,Dan,44,x\n";
    let accepted = scene.upload("bulkAdd", "people.csv", file).await.expect(202).json();
    assert_eq!(accepted["unknownColumns"], json!(["Shoe Size"]));
    scene.ended(accepted["url"].as_str().unwrap()).await;
    scene.stop().await;
}

#[tokio::test]
async fn a32_a_blank_cell_keeps_and_a_mark_clears() {
    let scene = Scene::start().await;
    let file =
        "Login Id,Last Name,First Name,Display Name,Roles\nann,Same,Ann,A,[Agent]\nbob,Same,Bob,B,[Agent]\n";
    scene.done("bulkAdd", file).await;
    let file = "Login Id,Display Name,Roles\nann,,\nbob,[Clear],[]\n";
    scene.done("bulkUpdate", file).await;
    let users = scene.get(&format!("{USERS}/users?filter=lastName:Same")).await.expect(200).json();
    let (ann, bob) = (&users["users"][0], &users["users"][1]);
    assert_eq!((&ann["displayName"], &ann["roles"]), (&json!("A"), &json!(["Agent"])));
    assert_eq!((bob.get("displayName"), &bob["roles"]), (None, &json!([])));
    scene.stop().await;
}

#[tokio::test]
async fn a34_names_are_looked_up_when_the_row_is_worked() {
    let mut scene = Scene::start().await;
    scene.house.rest().await;
    let job = scene
        .file("bulkAdd", "Login Id,Last Name,First Name,Member Of\nann,Same,Ann,Late\nbob,Same,Bob,Never\n")
        .await;
    let late = scene.group("Late", &[]).await;
    scene.house.work();
    scene.ended(&job).await;
    let rows = scene.rows(&job, "").await;
    assert_eq!(rows["users"][0]["status"], "COMPLETED");
    assert_eq!(rows["users"][1]["message"], "Invalid member of group provided (row 3 of the file)");
    let group = scene.get(&late).await.expect(200).json();
    assert_eq!(group["resources"][0]["resourceIds"], json!([rows["users"][0]["userId"]]));
    scene.house.stop().await;
}

#[tokio::test]
async fn a35_items_of_lists_may_be_quoted() {
    let scene = Scene::start().await;
    let file = "Login Id,Last Name,First Name,Roles\n\
                ann,Same,Ann,\"[Agent, \"\"Clerk, senior\"\" ]\"\nbob,Same,Bob,Agent\ncarol,Same,Carol,[Agent\n";
    let (job, _) = scene.done("bulkAdd", file).await;
    let users = scene.get(&format!("{USERS}/users?filter=lastName:Same")).await.expect(200).json();
    assert_eq!(users["users"][0]["roles"], json!(["Agent", "Clerk, senior"]));
    assert_eq!(users["users"][1]["roles"], json!(["Agent"]));
    assert_eq!(scene.rows(&job, "?filter=status:FAILED").await["pagination"]["total"], 1);
    scene.stop().await;
}

#[tokio::test]
async fn a36_a_formula_is_no_value_and_an_apostrophe_is_taken_off() {
    let scene = Scene::start().await;
    let file = "Login Id,Last Name,First Name,Display Name\nann,Same,Ann,'=1+1\n";
    scene.done("bulkAdd", file).await;
    let users = scene.get(&format!("{USERS}/users?filter=loginId=ann")).await.expect(200).json();
    assert_eq!(users["users"][0]["displayName"], "=1+1");
    scene.stop().await;
}

/// Overturned: addresses are not unique; a login is, also for who is changed, and the field is named.
#[tokio::test]
async fn a39_a_login_is_unique_for_who_is_made_and_who_is_changed() {
    let scene = Scene::start().await;
    let body = |login: &str| json!({ "loginId": login, "lastName": "L", "firstName": "F", "emailId": "a@example.com" });
    let path = format!("{USERS}/users");
    let ann = scene.send("POST", &path, &body("ann")).await.expect(202).json()["userId"].clone();
    let bob = scene.send("POST", &path, &body("bob")).await.expect(202).json()["userId"].clone();
    for refused in [
        scene.send("POST", &path, &body("Ann")).await,
        scene.send("PUT", &format!("{path}/{}", bob.as_str().unwrap()), &body("ann")).await,
    ] {
        let refused = refused.expect(409);
        assert_eq!(violations(&refused), [violation("loginId", "20009")]);
        assert_eq!(refused.json()["existingId"], ann);
    }
    scene.stop().await;
}

#[tokio::test]
async fn a42_one_rule_says_what_a_login_is() {
    let scene = Scene::start().await;
    let path = format!("{USERS}/users");
    for (login, is_taken) in [
        ("user@example.photography", true),
        ("user+tag@example.com", true),
        ("plain", true),
        ("two words", false),
        ("tab\there", false),
        ("", false),
    ] {
        let body = json!({ "loginId": login, "lastName": "L", "firstName": "F" });
        let status = if is_taken { 202 } else { 400 };
        scene.send("POST", &path, &body).await.expect(status);
        let file = format!("Login Id,Last Name,First Name\n\"row-{login}\",L,F\n");
        if !login.is_empty() {
            let (job, _) = scene.done("bulkAdd", &file).await;
            let row = scene.rows(&job, "").await["users"][0].clone();
            assert_eq!(row["status"] == "COMPLETED", is_taken, "{row}");
        }
    }
    scene.stop().await;
}

/// Overturned: the header `appkey` is not asked for.
#[tokio::test]
async fn a46_a_credential_is_always_asked_for_and_an_appkey_is_none() {
    use crate::house::Call;
    let scene = Scene::start().await;
    let path = format!("{USERS}/users");
    let refused = scene.house.send(Call::get(&path).header("appkey", "x")).await.expect(401);
    assert_eq!(refused.json()["title"], "Unauthorized");
    scene.house.send(Call::get(&path).key(&scene.key).header("appkey", "x")).await.expect(200);
    scene.house.send(Call::get(&path).key(&scene.key)).await.expect(200);
    scene.stop().await;
}
