//! A10 to A12 and A49: what filters and searches mean.

use serde_json::{Value, json};

use super::{Scene, USERS, encoded, names};

const FILE: &str = "Login Id,Last Name,First Name\n\
                    ann*1,a:b,Ann\nbob,aXb,Bob\ncarol,a=c,\u{c5}sa\n";

async fn found(scene: &Scene, job: &str, filter: &str) -> Vec<String> {
    let query = encoded(filter);
    let rows = names(&scene.rows(job, &format!("?filter={query}")).await, "users", "loginId");
    // The users themselves are found alike.
    let users = scene.get(&format!("{USERS}/users?filter={query}")).await.expect(200).json();
    assert_eq!(names(&users, "users", "loginId"), rows, "{filter}");
    rows
}

#[tokio::test]
async fn a10_a_star_stands_for_any_text_wherever_it_is() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    for (filter, logins) in [
        ("lastName:a*", &["ann*1", "bob", "carol"][..]),
        ("lastName:*b", &["ann*1", "bob"]),
        ("lastName:*x*", &["bob"]),
        ("lastName:a*b", &["ann*1", "bob"]),
        ("firstName:*", &["ann*1", "bob", "carol"]),
        ("lastName:ab*b", &[]),
    ] {
        assert_eq!(found(&scene, &job, filter).await, logins, "{filter}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn a11_a_backslash_takes_a_character_as_it_is() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    for (filter, logins) in [
        (r"loginId:ann\*1", &["ann*1"][..]),
        (r"loginId:ann\**", &["ann*1"]),
        (r"lastName:a\:b", &["ann*1"]),
        // Split at the first sign.
        ("lastName:a:b", &["ann*1"]),
        ("lastName=a=c", &["carol"]),
        ("loginId=ann*1", &["ann*1"]),
    ] {
        assert_eq!(found(&scene, &job, filter).await, logins, "{filter}");
    }
    scene.get(&format!("{job}/users?filter={}", encoded(r"loginId:a\"))).await.expect(400);
    scene.stop().await;
}

#[tokio::test]
async fn a12_letter_case_does_not_count_and_what_no_field_can_be_is_400() {
    let scene = Scene::start().await;
    let (job, _) = scene.done("bulkAdd", FILE).await;
    assert_eq!(found(&scene, &job, "firstName:\u{e5}SA").await, ["carol"]);
    assert_eq!(found(&scene, &job, "loginId=BOB").await, ["bob"]);
    assert_eq!(names(&scene.rows(&job, "?filter=status:completed").await, "users", "loginId").len(), 3);
    for path in [format!("{job}/users?filter=status:DONE"), format!("{USERS}/jobs?filter=operation:COPY")] {
        scene.get(&path).await.expect(400);
    }
    scene.stop().await;
}

#[tokio::test]
async fn a49_a_search_is_read_from_left_to_right() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", FILE).await;
    let condition = |join: &str, key: &str, value: &str| json!({ "discriminator": join, "key": key, "operator": "EQUALS", "value": value });
    let search = async |conditions: Value| {
        let answer =
            scene.send("POST", &format!("{USERS}/users:search"), &json!({ "filter": conditions })).await;
        names(&answer.expect(200).json(), "users", "loginId")
    };
    // (bob or carol) and Bob, not bob or (carol and Bob).
    let (bob, carol) = (condition("AND", "loginId", "bob"), condition("OR", "loginId", "carol"));
    assert_eq!(search(json!([carol, bob])).await, Vec::<String>::new());
    assert_eq!(search(json!([bob, carol, condition("AND", "firstName", "Bob")])).await, ["bob"]);
    assert_eq!(search(json!([bob, carol])).await, ["bob", "carol"]);
    scene.stop().await;
}
