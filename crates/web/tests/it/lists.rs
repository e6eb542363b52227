//! Lists: filters through indexes and without, pages by index and by cursor, every type at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use throng_directory::{Dialect, Role};

use crate::house::{Call, House};

const HOURS: i64 = 3_600_000_000;

/// A list with these parameters.
async fn list(house: &House, key: &str, path: &str, parameters: &[(&str, &str)]) -> Value {
    house.send(asked(path, parameters).key(key)).await.expect(200).json()
}

fn asked(path: &str, parameters: &[(&str, &str)]) -> Call {
    let encoded: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    Call::get(&format!("/scim/v2{path}?{}", encoded.join("&")))
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn names(list: &Value) -> Vec<String> {
    let name = |resource: &Value| {
        let name = resource["userName"].as_str().or_else(|| resource["displayName"].as_str());
        name.unwrap_or_default().to_owned()
    };
    list["Resources"].as_array().unwrap().iter().map(name).collect()
}

async fn people(house: &House, key: &str, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(house.user(key, name).await);
    }
    ids
}

async fn group(house: &House, key: &str, body: Value) -> String {
    let made = house.send(Call::new("POST", "/scim/v2/Groups").key(key).json(&body)).await.expect(201);
    made.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_path_is_passed_over() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = house.user(&key, "ann").await;
    let user = format!("/scim/v2/Users/{ann}");
    for path in ["/scim/v2", "/scim/v2/Users", &user, "/scim/v2/Schemas"] {
        let plain = house.send(Call::get(path).key(&key)).await.expect(200).json();
        let with_slash = house.send(Call::get(&format!("{path}/")).key(&key)).await.expect(200).json();
        assert_eq!(plain, with_slash);
        let filtered = "?filter=userName%20eq%20%22nobody%22&count=1";
        let plain = house.send(Call::get(&format!("{path}{filtered}")).key(&key)).await;
        let with_slash = house.send(Call::get(&format!("{path}/{filtered}")).key(&key)).await;
        assert_eq!((plain.status, plain.json()), (with_slash.status, with_slash.json()), "{path}");
    }
    // The policy is that of the route.
    for path in ["/scim/v2/", "/scim/v2/Users/"] {
        house.send(Call::get(path)).await.expect(401);
    }
    house.send(Call::new("DELETE", "/scim/v2/Users/").key(&key)).await.expect(405);
    house.send(Call::get("/scim/v2/Users//").key(&key)).await.expect(400);
    house.send(Call::new("DELETE", &format!("{user}/")).key(&key)).await.expect(204);
    house.send(Call::get(&user).key(&key)).await.expect(404);
    house.stop().await;
}

#[tokio::test]
async fn filters_find_the_same_through_an_index_and_without() {
    let house = House::start().await;
    let key = house.admin().await;
    let ids = people(&house, &key, &["bo", "Bob", "boa", "cyd", "Ölaf"]).await;
    let patch = json!({ "Operations": [{ "op": "add", "value": {
        "title": "boss", "emails": [{ "type": "work", "value": "C@x.org" }, { "type": "home", "value": "h@x.org" }] } }] });
    house
        .send(Call::new("PATCH", &format!("/scim/v2/Users/{}", ids[3])).key(&key).json(&patch))
        .await
        .expect(200);
    let changed = list(&house, &key, &format!("/Users/{}", ids[3]), &[]).await;
    let time = changed["meta"]["lastModified"].as_str().unwrap().to_owned();
    for (filter, want) in [
        ("userName sw \"BO\"".to_owned(), vec!["bo", "boa", "Bob"]),
        ("userName sw \"bo\" and userName gt \"bo\"".to_owned(), vec!["boa", "Bob"]),
        ("userName ge \"boa\" and userName lt \"cyd\"".to_owned(), vec!["boa", "Bob"]),
        ("userName le \"boa\"".to_owned(), vec!["bo", "boa"]),
        ("userName sw \"ÖL\"".to_owned(), vec!["Ölaf"]),
        ("userName sw \"bo\" and userName ew \"b\"".to_owned(), vec!["Bob"]),
        ("userName co \"o\"".to_owned(), vec!["bo", "Bob", "boa"]),
        ("not(userName sw \"bo\")".to_owned(), vec!["cyd", "Ölaf"]),
        ("emails.value eq \"c@X.org\"".to_owned(), vec!["cyd"]),
        ("emails[type eq \"work\"].value eq \"c@x.org\"".to_owned(), vec!["cyd"]),
        ("emails[type eq \"home\" and value eq \"c@x.org\"]".to_owned(), vec![]),
        ("emails[value eq \"c@x.org\"]".to_owned(), vec!["cyd"]),
        (format!("meta.lastModified ge \"{time}\""), vec!["cyd"]),
        (format!("meta.lastModified gt \"{time}\""), vec![]),
        (format!("meta.lastModified eq \"{time}\""), vec!["cyd"]),
        (format!("meta.lastModified lt \"{time}\" and userName sw \"b\""), vec!["bo", "boa", "Bob"]),
        (format!("id eq \"{}\" and title pr", ids[3]), vec!["cyd"]),
        (format!("id eq \"{}\" and title pr", ids[2]), vec![]),
        (
            "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\" and title eq \"boss\"".to_owned(),
            vec!["cyd"],
        ),
        ("meta.resourceType eq \"User\" and userName eq \"bo\"".to_owned(), vec!["bo"]),
        ("meta.resourceType eq \"Group\"".to_owned(), vec![]),
    ] {
        let found = list(&house, &key, "/Users", &[("filter", &filter)]).await;
        assert_eq!(names(&found), want, "{filter}");
        assert_eq!(found["totalResults"], want.len(), "{filter}");
        // The same without an index: a term under `or` is none that an index serves.
        let slow = format!("({filter}) or (id eq \"none\" and title eq \"none\")");
        let slow = list(&house, &key, "/Users", &[("filter", &slow)]).await;
        let sorted = |list: &Value| names(list).into_iter().collect::<BTreeSet<_>>();
        assert_eq!(sorted(&slow), sorted(&found), "{filter}");
    }
    house.stop().await;
}

#[tokio::test]
async fn a_comparison_with_what_no_value_can_be_is_refused() {
    let house = House::start().await;
    let key = house.admin().await;
    for filter in ["meta.lastModified gt \"yesterday\"", "meta.created eq 7", "not (meta.created lt \"\")"] {
        let refused = house.send(asked("/Users", &[("filter", filter)]).key(&key)).await.expect(400).json();
        assert_eq!(refused["scimType"], "invalidFilter", "{filter}");
    }
    for filter in ["meta.lastModified sw \"2026-\"", "meta.created eq null", "active eq \"True\""] {
        list(&house, &key, "/Users", &[("filter", filter)]).await;
    }
    house.stop().await;
}

#[tokio::test]
async fn groups_are_found_by_the_name_they_could_collide_with() {
    let house = House::start().await;
    let key = house.admin().await;
    for name in ["Blue  Team", "Red"] {
        group(&house, &key, json!({ "displayName": name })).await;
    }
    for (filter, want) in [
        ("displayName eq \"blue team\"", vec!["Blue  Team"]),
        ("displayName eq \"blue team\" and id pr", vec!["Blue  Team"]),
        ("displayName sw \"BL\"", vec!["Blue  Team"]),
        ("displayName gt \"blue team\"", vec!["Red"]),
        ("displayName co \"E\"", vec!["Blue  Team", "Red"]),
        ("urn:throng:scim:1.0:Group:name eq \"blue_team\"", vec!["Blue  Team"]),
    ] {
        let found = list(&house, &key, "/Groups", &[("filter", filter)]).await;
        assert_eq!(names(&found), want, "{filter}");
    }
    house.stop().await;
}

/// Walks a list to its end; `between` is done after the first page.
async fn walk(
    house: &House,
    key: &str,
    path: &str,
    filter: Option<&str>,
    between: impl AsyncFnOnce(),
) -> Vec<String> {
    let (mut found, mut cursor, mut between) = (Vec::new(), String::new(), Some(between));
    loop {
        let mut parameters = vec![("count", "3"), ("cursor", cursor.as_str())];
        parameters.extend(filter.map(|filter| ("filter", filter)));
        let page = list(house, key, path, &parameters).await;
        assert_eq!(page["itemsPerPage"], names(&page).len());
        assert!(page.get("startIndex").is_none());
        found.extend(names(&page));
        if let Some(between) = between.take() {
            between().await;
        }
        match page["nextCursor"].as_str() {
            None => return found,
            Some(next) => next.clone_into(&mut cursor),
        }
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "{cursor}");
    }
}

#[tokio::test]
async fn cursors_skip_nobody_and_repeat_nobody() {
    let house = House::start().await;
    let key = house.admin().await;
    for filter in [
        None,
        Some("userName sw \"u\""),
        Some("active eq true"),
        Some("meta.lastModified gt \"2001-01-01T00:00:00Z\""),
        Some("externalId eq \"same\""),
        Some("groups.value eq \"1\""),
    ] {
        let logins: Vec<String> = (10..20).map(|n| format!("u{n}")).collect();
        let ids = people(&house, &key, &logins.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        group(&house, &key, json!({ "displayName": "all", "members": members })).await;
        for id in &ids {
            let mark =
                json!({ "Operations": [{ "op": "add", "value": { "externalId": "same", "active": true } }] });
            house
                .send(Call::new("PATCH", &format!("/scim/v2/Users/{id}")).key(&key).json(&mark))
                .await
                .expect(200);
        }
        let number =
            list(&house, &key, "/Groups", &[]).await["Resources"][0]["id"].as_str().unwrap().to_owned();
        let filter = filter.map(|filter| filter.replace("\"1\"", &format!("\"{number}\"")));
        let delete = async |id: &str| {
            house.send(Call::new("DELETE", &format!("/scim/v2/Users/{id}")).key(&key)).await.expect(204);
        };
        let disturb = async || {
            // One that was shown, the last that was shown, and one that is still to come go.
            delete(&ids[0]).await;
            delete(&ids[2]).await;
            delete(&ids[5]).await;
            let rename = json!({ "Operations": [{ "op": "replace", "path": "title", "value": "new" }] });
            if !filter.as_deref().is_some_and(|filter| filter.contains("lastModified")) {
                let path = format!("/scim/v2/Users/{}", ids[7]);
                house.send(Call::new("PATCH", &path).key(&key).json(&rename)).await.expect(200);
            }
        };
        let mut found = walk(&house, &key, "/Users", filter.as_deref(), disturb).await;
        let mut want = logins.clone();
        want.remove(5);
        found.sort();
        assert_eq!(found, want, "{filter:?}");
        for id in [1, 3, 4, 6, 7, 8, 9] {
            delete(&ids[id]).await;
        }
        house.send(Call::new("DELETE", &format!("/scim/v2/Groups/{number}")).key(&key)).await.expect(204);
    }
    house.stop().await;
}

/// A key, a path and parameters that do not go together.
type Refused<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);

#[tokio::test]
async fn a_cursor_is_good_for_its_query_its_client_and_a_day() {
    let house = House::start().await;
    let key = house.admin().await;
    people(&house, &key, &["a", "b", "c", "d", "e"]).await;
    let filter = ("filter", "active eq true or not (active eq true)");
    let first = list(&house, &key, "/Users", &[filter, ("cursor", ""), ("count", "2")]).await;
    let cursor = first["nextCursor"].as_str().unwrap();
    // Without a value, as the standard's own example has it.
    let bare = house.send(Call::get("/scim/v2/Users?cursor&count=2").key(&key)).await.expect(200).json();
    assert_eq!(names(&bare), ["a", "b"]);
    assert_eq!((&bare["totalResults"], first.get("totalResults")), (&json!(5), None));
    // The count may be left out: the cursor knows it.
    for parameters in [vec![filter, ("cursor", cursor), ("count", "2")], vec![filter, ("cursor", cursor)]] {
        assert_eq!(names(&list(&house, &key, "/Users", &parameters).await), ["c", "d"]);
    }
    let other_client = house.admin().await;
    let other_account = house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    let mut forged = cursor.to_owned().into_bytes();
    let at = forged.len() / 2;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let long = "A".repeat(5_000);
    let refused: Vec<Refused<'_>> = vec![
        (&key, "/Users", vec![filter, ("cursor", &forged)]),
        (&key, "/Users", vec![filter, ("cursor", "A")]),
        (&key, "/Users", vec![filter, ("cursor", "not a cursor")]),
        (&key, "/Users", vec![filter, ("cursor", &long)]),
        (&key, "/Users", vec![filter, ("cursor", cursor), ("count", "3")]),
        (&key, "/Users", vec![filter, ("cursor", cursor), ("attributes", "userName")]),
        (&key, "/Users", vec![("cursor", cursor)]),
        (&key, "/Groups", vec![("filter", "id pr"), ("cursor", cursor)]),
        (&other_client, "/Users", vec![filter, ("cursor", cursor)]),
        (&other_account, "/Users", vec![filter, ("cursor", cursor)]),
    ];
    for (key, path, parameters) in refused {
        let answer = house.send(asked(path, &parameters).key(key)).await.expect(400).json();
        assert_eq!(answer["scimType"], "invalidCursor", "{parameters:?}");
    }
    let both = asked("/Users", &[("cursor", ""), ("startIndex", "1")]).key(&key);
    assert_eq!(house.send(both).await.expect(400).json()["scimType"], "invalidValue");
    let nobody = house.send(asked("/Users", &[filter, ("cursor", cursor)])).await;
    nobody.expect(401);
    house.advance(23 * HOURS);
    assert_eq!(names(&list(&house, &key, "/Users", &[filter, ("cursor", cursor)]).await), ["c", "d"]);
    house.advance(HOURS);
    let late = house.send(asked("/Users", &[filter, ("cursor", cursor)]).key(&key)).await.expect(400);
    assert_eq!(late.json()["scimType"], "expiredCursor");
    house.stop().await;
}

#[tokio::test]
async fn the_base_url_lists_every_type() {
    let house = House::start().await;
    let key = house.admin().await;
    people(&house, &key, &["ann", "bob"]).await;
    for name in ["Ann's", "Zoo"] {
        group(&house, &key, json!({ "displayName": name })).await;
    }
    let all = list(&house, &key, "", &[]).await;
    assert_eq!(names(&all), ["ann", "bob", "Ann's", "Zoo"]);
    assert_eq!(all["totalResults"], 4);
    for (parameters, want, total) in [
        (vec![("startIndex", "2"), ("count", "2")], vec!["bob", "Ann's"], 4),
        (vec![("startIndex", "4")], vec!["Zoo"], 4),
        (vec![("startIndex", "9")], vec![], 4),
        (vec![("filter", "meta.resourceType eq \"Group\"")], vec!["Ann's", "Zoo"], 2),
        // What a type does not have has no value there.
        (vec![("filter", "userName eq \"BOB\"")], vec!["bob"], 1),
        (vec![("filter", "userName sw \"b\" or displayName sw \"z\"")], vec!["bob", "Zoo"], 2),
        (vec![("filter", "not (userName pr)")], vec!["Ann's", "Zoo"], 2),
        // Names of several types in one filter, none of which has them all.
        (vec![("filter", "userName eq \"ann\" or urn:throng:scim:1.0:Group:description pr")], vec!["ann"], 1),
        (vec![("filter", "userName eq \"ann\" and urn:throng:scim:1.0:Group:description pr")], vec![], 0),
        (vec![("filter", "active ne true and not (displayName sw \"z\")")], vec!["ann", "bob", "Ann's"], 3),
    ] {
        let found = list(&house, &key, "", &parameters).await;
        assert_eq!(
            (names(&found), &found["totalResults"]),
            (want.into_iter().map(str::to_owned).collect(), &json!(total)),
            "{parameters:?}"
        );
    }
    for filter in ["nobodyHas eq \"x\"", "userName pr or not (nobodyHas pr)"] {
        let unknown = house.send(asked("", &[("filter", filter)]).key(&key)).await.expect(400);
        assert_eq!(unknown.json()["scimType"], "invalidFilter");
    }
    assert_eq!(walk(&house, &key, "", None, async || {}).await, ["ann", "bob", "Ann's", "Zoo"]);
    house.stop().await;
}

#[tokio::test]
async fn lists_are_sorted_by_any_attribute() {
    let house = House::start().await;
    let key = house.admin().await;
    // In order of creation: login, family name, title, a number of the office.
    for (login, family, office, emails) in [
        ("cyd", Some("Zuse"), Some("9"), vec![("home", "z@x", false), ("work", "a@x", true)]),
        ("Bob", None, Some("10"), vec![("home", "b@x", false)]),
        ("ann", Some("adams"), None, vec![]),
        ("dan", Some("Adams"), Some("9"), vec![("work", "c@x", false)]),
    ] {
        let emails: Vec<Value> = emails
            .into_iter()
            .map(|(kind, value, primary)| json!({ "type": kind, "value": value, "primary": primary }))
            .collect();
        let body =
            json!({ "userName": login, "name": { "familyName": family }, "title": office, "emails": emails });
        house.send(Call::new("POST", "/scim/v2/Users").key(&key).json(&body)).await.expect(201);
    }
    let newest = house.send(asked("/Users", &[("filter", "userName eq \"bob\"")]).key(&key)).await.json();
    let bob = format!("/scim/v2/Users/{}", newest["Resources"][0]["id"].as_str().unwrap());
    let touch = json!({ "Operations": [{ "op": "add", "path": "nickName", "value": "B" }] });
    house.send(Call::new("PATCH", &bob).key(&key).json(&touch)).await.expect(200);
    for (sort, order, want) in [
        ("userName", "ascending", ["ann", "Bob", "cyd", "dan"]),
        ("userName", "descending", ["dan", "cyd", "Bob", "ann"]),
        // Equal ones come in order of creation; who has none comes last, or first.
        ("name.familyName", "ascending", ["ann", "dan", "cyd", "Bob"]),
        ("name.familyName", "descending", ["Bob", "cyd", "ann", "dan"]),
        ("title", "", ["Bob", "cyd", "dan", "ann"]),
        // The primary value, else the first.
        ("emails", "ascending", ["cyd", "Bob", "dan", "ann"]),
        ("meta.lastModified", "descending", ["Bob", "dan", "ann", "cyd"]),
        ("meta.created", "ascending", ["cyd", "Bob", "ann", "dan"]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "ascending", ["ann", "Bob", "cyd", "dan"]),
    ] {
        let by = [("sortBy", sort), ("sortOrder", order)];
        assert_eq!(names(&list(&house, &key, "/Users", &by).await), want, "{sort} {order}");
        let behind = [by[0], by[1], ("startIndex", "2"), ("count", "2")];
        let page = list(&house, &key, "/Users", &behind).await;
        assert_eq!(
            (names(&page), &page["totalResults"]),
            (want[1..3].iter().map(|name| (*name).to_owned()).collect(), &json!(4))
        );
        // By cursor, one by one, and again under a filter.
        for filter in [None, Some(("filter", "active eq true or not (active eq true)"))] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let mut parameters = vec![by[0], by[1], ("count", "1"), ("cursor", cursor.as_str())];
                parameters.extend(filter);
                let page = list(&house, &key, "/Users", &parameters).await;
                found.extend(names(&page));
                match page["nextCursor"].as_str() {
                    Some(next) => next.clone_into(&mut cursor),
                    None => break,
                }
            }
            assert_eq!(found, want, "{sort} {order} {filter:?}");
        }
        // A cursor is bound to the order, too.
        let first = list(&house, &key, "/Users", &[by[0], by[1], ("count", "1"), ("cursor", "")]).await;
        let other = [("sortBy", "nickName"), ("cursor", first["nextCursor"].as_str().unwrap())];
        house.send(asked("/Users", &other).key(&key)).await.expect(400);
    }
    let mixed = list(&house, &key, "", &[("sortBy", "userName"), ("sortOrder", "descending")]).await;
    assert_eq!(names(&mixed), ["dan", "cyd", "Bob", "ann"]);
    for (parameters, kind) in [
        (vec![("sortBy", "nothing")], "invalidPath"),
        (vec![("sortBy", "name")], "invalidPath"),
        (vec![("sortBy", "userName"), ("sortOrder", "sideways")], "invalidValue"),
        (vec![("sortBy", "title"), ("startIndex", "10000")], "tooMany"),
    ] {
        let refused = house.send(asked("/Users", &parameters).key(&key)).await.expect(400).json();
        assert_eq!(refused["scimType"], kind, "{parameters:?}");
    }
    house.stop().await;
}

#[tokio::test]
async fn a_search_by_post_is_the_list_by_get() {
    let house = House::start().await;
    let key = house.admin().await;
    people(&house, &key, &["ann", "bob", "cyd"]).await;
    group(&house, &key, json!({ "displayName": "Zoo" })).await;
    let search = async |path: &str, body: Value| {
        let mut body = body;
        body["schemas"] = json!(["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]);
        house.send(Call::new("POST", &format!("/scim/v2{path}/.search")).key(&key).json(&body)).await
    };
    let found = search(
        "/Users",
        json!({ "filter": "userName gt \"a\"", "sortBy": "userName",
        "sortOrder": "descending", "startIndex": 2, "count": 1, "attributes": ["userName"] }),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(
        (names(&found), &found["totalResults"], &found["startIndex"]),
        (vec!["bob".to_owned()], &json!(3), &json!(2))
    );
    let shown: Vec<&str> = found["Resources"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(shown, ["schemas", "userName", "id"]);
    assert_eq!(names(&search("/Groups", json!({})).await.expect(200).json()), ["Zoo"]);
    let all =
        search("", json!({ "excludedAttributes": ["userName"], "filter": "meta.resourceType eq \"User\"" }))
            .await;
    let all = all.expect(200).json();
    assert_eq!((&all["totalResults"], all["Resources"][0].get("userName")), (&json!(3), None));
    let first = search("", json!({ "cursor": "", "count": 3 })).await.expect(200).json();
    let rest = search("", json!({ "cursor": first["nextCursor"], "count": 3 })).await.expect(200).json();
    assert_eq!(
        (names(&first), names(&rest)),
        (vec!["ann".to_owned(), "bob".to_owned(), "cyd".to_owned()], vec!["Zoo".to_owned()])
    );
    search("/Nothings", json!({})).await.expect(404);
    assert_eq!(
        search("/Users", json!({ "filter": "x" })).await.expect(400).json()["scimType"],
        "invalidFilter"
    );
    house.send(Call::new("POST", "/scim/v2/Users/.search").json(&json!({}))).await.expect(401);
    house.stop().await;
}

#[tokio::test]
async fn the_members_of_a_group_come_in_pages() {
    let house = House::start().await;
    let key = house.admin().await;
    let ids = people(&house, &key, &["a", "b", "c", "d", "e", "f"]).await;
    let inner = group(&house, &key, json!({ "displayName": "Inner" })).await;
    let listed: Vec<Value> = ids.iter().chain([&inner]).map(|id| json!({ "value": id })).collect();
    let outer = group(&house, &key, json!({ "displayName": "Outer", "members": listed })).await;
    let path = format!("/Groups/{outer}/members");
    let first = house.send(asked(&path, &[("count", "3")]).key(&key)).await.expect(200);
    assert_eq!(first.header("etag"), "W/\"2\"");
    let first = first.json();
    assert_eq!(
        (&first["totalResults"], &first["itemsPerPage"], first.get("startIndex")),
        (&json!(7), &json!(3), None)
    );
    let reference = format!("https://throng.example/scim/v2/Users/{}", ids[0]);
    assert_eq!(first["Resources"][0], json!({ "value": ids[0], "$ref": reference, "type": "User" }));
    // One that was shown and one that is still to come leave, somebody joins.
    let late = house.user(&key, "late").await;
    let change = json!({ "Operations": [
        { "op": "remove", "path": "members", "value": [{ "value": ids[2] }, { "value": ids[4] }] },
        { "op": "add", "path": "members", "value": [{ "value": late }] } ] });
    let group_path = format!("/scim/v2/Groups/{outer}");
    house.send(Call::new("PATCH", &group_path).key(&key).json(&change)).await.expect(200);
    let (mut found, mut cursor) = (Vec::new(), first["nextCursor"].as_str().map(str::to_owned));
    while let Some(next) = cursor {
        let page = list(&house, &key, &path, &[("cursor", &next), ("count", "3")]).await;
        found.extend(page["Resources"].as_array().unwrap().iter().map(|member| member["value"].clone()));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
    }
    assert_eq!(found, [json!(ids[3]), json!(ids[5]), json!(late), json!(inner)]);

    let shown = list(&house, &key, &path, &[("attributes", "display"), ("count", "1000")]).await;
    let names: Vec<&str> = shown["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["display"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "b", "d", "f", "late", "Inner"]);
    let next = first["nextCursor"].as_str().unwrap();
    for (path, parameters) in [
        (path.as_str(), vec![("cursor", next), ("count", "2")]),
        (path.as_str(), vec![("cursor", next), ("attributes", "display")]),
        (&format!("/Groups/{inner}/members"), vec![("cursor", next)]),
        ("/Users", vec![("cursor", next)]),
        (path.as_str(), vec![("startIndex", "1")]),
        (path.as_str(), vec![("filter", "value pr")]),
    ] {
        house.send(asked(path, &parameters).key(&key)).await.expect(400);
    }
    house.send(asked("/Groups/99/members", &[]).key(&key)).await.expect(404);
    house.send(asked(&path, &[])).await.expect(401);
    let other = house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    house.send(asked(&path, &[]).key(&other)).await.expect(404);
    house.stop().await;
}

/// A few large resources can cost as much as many small ones.
#[tokio::test]
async fn a_list_ends_in_the_middle_of_a_read_when_its_time_is_up() {
    let house = House::start().await;
    let key = house.admin().await;
    for login in ["a", "b", "c"] {
        let body = json!({ "userName": login, "nickName": "n".repeat(70_000) });
        house.send(Call::new("POST", "/scim/v2/Users").key(&key).json(&body)).await.expect(201);
    }
    let filter = ("filter", "nickName ew \"n\"");
    assert_eq!(names(&list(&house, &key, "/Users", &[filter]).await), ["a", "b", "c"]);
    house.slow_down(2_500_000);
    for parameters in [vec![filter], vec![filter, ("sortBy", "nickName")]] {
        let refused = house.send(asked("/Users", &parameters).key(&key)).await.expect(400).json();
        assert_eq!(refused["scimType"], "tooMany", "{parameters:?}");
    }
    // By cursor what was found until then is an answer, and the next page goes on there.
    let first = list(&house, &key, "/Users", &[filter, ("cursor", "")]).await;
    assert_eq!(names(&first), ["a"]);
    let next = first["nextCursor"].as_str().unwrap();
    assert_eq!(names(&list(&house, &key, "/Users", &[filter, ("cursor", next)]).await), ["b"]);
    house.stop().await;
}

#[tokio::test]
async fn a_page_of_large_resources_ends_early_and_nothing_is_lost() {
    let house = House::start().await;
    let key = house.admin().await;
    // A resource may have 1 MiB and a page 32 MiB: these are more than one page.
    let large = "x".repeat(900 << 10);
    for number in 0..40 {
        let person = json!({ "userName": format!("u{number:02}"), "title": format!("{:02}", 39 - number), "nickName": large });
        house.send(Call::new("POST", "/scim/v2/Users").key(&key).json(&person)).await.expect(201);
    }
    let by_name: Vec<String> = (0..40).map(|number| format!("u{number:02}")).collect();
    let by_title: Vec<String> = by_name.iter().rev().cloned().collect();
    let filtered = ("filter", "nickName sw \"x\"");
    for (parameters, want) in [
        (vec![], &by_name),
        (vec![("sortBy", "userName")], &by_name),
        (vec![filtered], &by_name),
        (vec![("sortBy", "title")], &by_title),
    ] {
        let (mut found, mut pages) = (Vec::new(), 0);
        while found.len() < 40 {
            let start = (found.len() + 1).to_string();
            let paging = [("count", "1000"), ("startIndex", start.as_str())];
            let asked = [&parameters[..], &paging].concat();
            if parameters == [("sortBy", "title")] && pages > 0 {
                // What comes before the page would have to be held, too.
                let refused = house.send(self::asked("/Users", &asked).key(&key)).await.expect(400);
                assert_eq!(refused.json()["scimType"], "tooMany");
                found = by_title.clone();
                break;
            }
            let page = list(&house, &key, "/Users", &asked).await;
            assert_eq!(page["totalResults"], 40, "{parameters:?}");
            let here = names(&page);
            assert_eq!(page["itemsPerPage"], here.len(), "{parameters:?}");
            assert!((1..40).contains(&here.len()), "{parameters:?}: {}", here.len());
            (found, pages) = ([found, here].concat(), pages + 1);
        }
        assert_eq!(&found, want, "{parameters:?} by index");

        let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let paging = [("count", "1000"), ("cursor", cursor.as_str())];
            let page = list(&house, &key, "/Users", &[&parameters[..], &paging].concat()).await;
            found.extend(names(&page));
            pages += 1;
            match page["nextCursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(&found, want, "{parameters:?} by cursor");
        assert!((2..9).contains(&pages), "{parameters:?}: {pages} pages");
    }
}
