//! `/scim/v2/Users`.

use serde_json::json;

use crate::house::{Call, House};

#[tokio::test]
async fn a_user_through_its_life() {
    let house = House::start().await;
    let key = house.admin().await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "7",
        "userName": "Bjensen@Example.com",
        "password": "Can-ary-42-Moss",
        "name": { "givenName": "Barbara" },
    });
    let created = house.send(Call::new("POST", "/scim/v2/Users").key(&key).json(&body)).await.expect(201);
    let user = created.json();
    let id = user["id"].as_str().unwrap();
    let location = format!("https://throng.example/scim/v2/Users/{id}");
    assert_eq!(
        (created.header("location"), created.header("content-location")),
        (location.as_str(), location.as_str())
    );
    assert_eq!((created.header("etag"), &user["meta"]["version"]), ("W/\"1\"", &json!("W/\"1\"")));
    assert_eq!(
        (&user["meta"]["location"], &user["userName"]),
        (&json!(location), &json!("Bjensen@Example.com"))
    );
    assert!(!String::from_utf8(created.body).unwrap().contains("ary-42"));

    let path = format!("/scim/v2/Users/{id}");
    let taken = house.send(
        Call::new("POST", "/scim/v2/Users").key(&key).json(&json!({ "userName": "bjensen@example.COM" })),
    );
    let taken = taken.await.expect(409).json();
    assert_eq!((&taken["scimType"], &taken["status"]), (&json!("uniqueness"), &json!("409")));

    let filter = "/scim/v2/Users?filter=userName%20eq%20%22BJENSEN%40example.com%22&startIndex=0&count=5";
    let list = house.send(Call::get(filter).key(&key)).await.expect(200).json();
    assert_eq!(
        (&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(list["Resources"][0]["id"], id);

    let unchanged =
        house.send(Call::get(&path).key(&key).header("if-none-match", "W/\"1\"")).await.expect(304);
    assert!(unchanged.body.is_empty());
    let change = json!({ "Operations": [{ "op": "Replace", "path": "name.familyName", "value": "Jensen" }] });
    let patched = Call::new("PATCH", &path).key(&key).json(&change);
    house.send(patched.clone().header("if-match", "W/\"9\"")).await.expect(412);
    let patched = house.send(patched.header("if-match", "W/\"1\"")).await.expect(200);
    assert_eq!(
        (patched.header("etag"), &patched.json()["name"]["familyName"]),
        ("W/\"2\"", &json!("Jensen"))
    );
    let replaced = house
        .send(Call::new("PUT", &path).key(&key).json(&json!({ "userName": "bj" })))
        .await
        .expect(200)
        .json();
    assert_eq!((&replaced["userName"], replaced.get("name")), (&json!("bj"), None));

    let projected =
        house.send(Call::get(&format!("{path}?attributes=userName")).key(&key)).await.expect(200).json();
    assert_eq!((&projected["userName"], projected.get("meta")), (&json!("bj"), None));
    let head = house.send(Call::new("HEAD", &path).key(&key)).await.expect(200);
    assert!(head.body.is_empty() && head.header("content-length").parse::<u32>().unwrap() > 100);

    house.send(Call::new("DELETE", &path).key(&key)).await.expect(204);
    house.send(Call::get(&path).key(&key)).await.expect(404);
    house.stop().await;
}

#[tokio::test]
async fn paging_parameters() {
    let house = House::start().await;
    let key = house.admin().await;
    for n in 0..3 {
        house.user(&key, &format!("user{n}")).await;
    }
    for (query, start, items) in [
        ("", 1, 3),
        ("?startIndex=2", 2, 2),
        ("?startIndex=-5&count=2", 1, 2),
        ("?count=0", 1, 0),
        ("?count=-1", 1, 0),
        ("?startIndex=9", 9, 0),
        ("?count=99999999999", 1, 3),
    ] {
        let list =
            house.send(Call::get(&format!("/scim/v2/Users{query}")).key(&key)).await.expect(200).json();
        assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(3), &json!(start)), "{query}");
        assert_eq!(list["itemsPerPage"], items, "{query}");
        assert_eq!(list["Resources"].as_array().unwrap().len(), items, "{query}");
    }
    for query in
        ["?startIndex=a", "?count=1.5", "?count=1&count=2", "?filter=userName", "?filter=nosuch+eq+%221%22"]
    {
        let refused = house.send(Call::get(&format!("/scim/v2/Users{query}")).key(&key)).await.expect(400);
        assert_eq!(refused.json()["status"], "400", "{query}");
    }
    house.stop().await;
}

#[tokio::test]
async fn what_is_not_implemented_says_so() {
    let house = House::start().await;
    let key = house.admin().await;
    let answer = house.send(Call::new("POST", "/scim/v2/Me").key(&key)).await.expect(501);
    assert_eq!(
        (answer.header("content-type"), &answer.json()["status"]),
        ("application/scim+json", &json!("501"))
    );
    house.stop().await;
}

#[tokio::test]
async fn the_core_schema_as_a_whole_is_the_resource() {
    let house = House::start().await;
    let key = house.admin().await;
    let path = format!("/scim/v2/Users/{}", house.user(&key, "ann").await);
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    for (operation, title) in [
        (json!({ "op": "add", "path": urn, "value": { "title": "A" } }), "A"),
        (json!({ "op": "replace", "value": { (urn): { "title": "B" } } }), "B"),
    ] {
        let body = json!({ "Operations": [operation] });
        let patched = house.send(Call::new("PATCH", &path).key(&key).json(&body)).await.expect(200).json();
        assert_eq!(patched["title"], title);
    }
    let body = json!({ "Operations": [{ "op": "remove", "path": urn }] });
    let refused = house.send(Call::new("PATCH", &path).key(&key).json(&body)).await.expect(400).json();
    assert_eq!(refused["scimType"], "invalidPath");
    house.stop().await;
}
