//! The admin API: people, one by one and in lists.

use serde_json::{Value, json};

use crate::house::{Answer, Call, House};

const USERS: &str = "/api/admin/user/v1/accounts/ACME/users";

/// A server with an administrator's key.
struct Scene {
    house: House,
    key: String,
}

impl Scene {
    async fn start() -> Self {
        let house = House::start().await;
        let key = house.admin().await;
        Self { house, key }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, path).key(&self.key).plain(body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.house.send(Call::get(path).key(&self.key)).await
    }

    /// A new user with these names; the id.
    async fn person(&self, login: &str, first: &str, last: &str) -> String {
        let body = json!({ "loginId": login, "firstName": first, "lastName": last });
        let made = self.send("POST", USERS, &body).await.expect(202).json();
        made["userId"].as_str().unwrap().to_owned()
    }

    /// A new group; its UUID, found by way of a member.
    async fn group(&self, name: &str) -> String {
        let probe = self.house.user(&self.key, &format!("probe-{name}")).await;
        let body = json!({ "displayName": name, "members": [{ "value": probe }] });
        self.house.send(Call::new("POST", "/scim/v2/Groups").key(&self.key).json(&body)).await.expect(201);
        let shown = self.get(&format!("{USERS}/{probe}")).await.expect(200).json();
        shown["memberOfGroups"][0].as_str().unwrap().to_owned()
    }

    async fn logins(&self, query: &str) -> Vec<String> {
        logins(&self.get(&format!("{USERS}{query}")).await.expect(200).json())
    }

    async fn found(&self, conditions: Value) -> Vec<String> {
        let body = json!({ "filter": conditions });
        logins(&self.send("POST", &format!("{USERS}:search"), &body).await.expect(200).json())
    }
}

fn logins(page: &Value) -> Vec<String> {
    let users = page["users"].as_array().unwrap();
    users.iter().map(|user| user["loginId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_person_has_one_life_and_two_faces() {
    let scene = Scene::start().await;
    let group = scene.group("Sales").await;
    let body = json!({
        "loginId": "anna@example.com", "firstName": "Anna", "lastName": "Berg", "displayName": "Anna B",
        "emailId": "anna@example.org", "roles": ["Agent", "Supervisor"], "organizationNodeId": "North",
        "memberOfGroups": [group], "ownedGroups": [group], "password": "Kite-42-Moss-17",
        "features": { "chat": {} }, "addresses": [],
    });
    let made = scene.send("POST", USERS, &body).await.expect(202);
    let shown = made.json();
    let path = format!("{USERS}/{}", shown["userId"].as_str().unwrap());
    assert_eq!(made.header("location"), path);
    assert!(!String::from_utf8_lossy(&made.body).contains("Secret"));
    for field in ["loginId", "firstName", "lastName", "displayName", "emailId", "roles", "organizationNodeId"]
    {
        assert_eq!(shown[field], body[field], "{field}");
    }
    assert_eq!((&shown["memberOfGroups"], &shown["ownedGroups"]), (&json!([group]), &json!([group])));
    assert_eq!(scene.get(&path).await.expect(200).json(), shown);

    // What SCIM clients write survives, and what the admin API wrote survives them.
    let scim = format!("/scim/v2/Users/{}", shown["userId"].as_str().unwrap());
    let change = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "add", "path": "title", "value": "Dr" }],
    });
    scene.house.send(Call::new("PATCH", &scim).key(&scene.key).json(&change)).await.expect(200);
    let changed = json!({ "firstName": "Ann", "emailId": null });
    let changed = scene.send("PATCH", &path, &changed).await.expect(200).json();
    assert_eq!((&changed["firstName"], &changed["lastName"]), (&json!("Ann"), &json!("Berg")));
    assert_eq!(changed.get("emailId"), None);
    let document = scene.get(&scim).await.expect(200).json();
    assert_eq!((&document["title"], &document["name"]["givenName"]), (&json!("Dr"), &json!("Ann")));
    assert_eq!(document["urn:throng:scim:1.0:User"]["organizationNodeId"], "North");
    let put = json!({ "userName": "anna@example.com", "name": { "familyName": "Berg", "givenName": "Ann" } });
    scene.house.send(Call::new("PUT", &scim).key(&scene.key).json(&put)).await.expect(200);
    let after = scene.get(&path).await.expect(200).json();
    // What SCIM clients may write they clear when they leave it out of a PUT.
    assert_eq!((&after["organizationNodeId"], &after["ownedGroups"]), (&json!("ACME"), &json!([group])));

    scene.send("DELETE", &path, &json!({})).await.expect(204);
    scene.get(&path).await.expect(404);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a_put_clears_what_it_lacks_and_honours_versions() {
    let scene = Scene::start().await;
    let (one, other) = (scene.group("One").await, scene.group("Other").await);
    let full = json!({
        "loginId": "anna", "firstName": "Anna", "lastName": "Berg", "displayName": "A", "emailId": "a@example.com",
        "roles": ["Agent"], "memberOfGroups": [one],
    });
    let made = scene.send("POST", USERS, &full).await.expect(202);
    let (tag, path) = (made.header("etag").to_owned(), made.header("location").to_owned());
    let put = |body: Value, tag: &str| {
        scene.house.send(Call::new("PUT", &path).key(&scene.key).header("if-match", tag).plain(&body))
    };
    let moved = json!({ "loginId": "anna2", "firstName": "A", "lastName": "B", "memberOfGroups": [other] });
    let shown = put(moved.clone(), &tag).await.expect(202).json();
    assert_eq!((&shown["loginId"], &shown["memberOfGroups"]), (&json!("anna2"), &json!([other])));
    for field in ["displayName", "emailId", "profileId"] {
        assert_eq!(shown.get(field), None, "{field}");
    }
    assert_eq!(shown["roles"], json!([]));
    put(moved, &tag).await.expect(412);
    let bare = json!({ "loginId": "anna2", "firstName": "A", "lastName": "B" });
    let shown = scene.send("PUT", &path, &bare).await.expect(202).json();
    assert_eq!(shown["memberOfGroups"], json!([]));
    let unchanged = scene.send("PUT", &path, &bare).await.expect(202);
    let call = Call::get(&path).key(&scene.key).header("if-none-match", unchanged.header("etag"));
    scene.house.send(call).await.expect(304);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn what_has_another_shape_is_named_however_deep_it_lies() {
    let scene = Scene::start().await;
    for (path, body, field, code, detail) in [
        (USERS, json!({ "firstName": 5 }), "firstName", "20006", "firstName is a text"),
        (USERS, json!({ "roles": "Agent" }), "roles", "20006", "roles is a list"),
        (USERS, json!({ "roles": ["Agent", 7] }), "roles[1]", "20006", "roles[1] is a text"),
    ] {
        let problem = scene.send("POST", path, &body).await.expect(400).json();
        let violation = &problem["violations"][0];
        assert_eq!(violation, &json!({ "field": field, "code": code, "message": detail }));
    }
    let jobs = "/api/admin/user/v1/accounts/ACME/jobs:bulkDelete";
    let problem = scene.send("POST", jobs, &json!({})).await.expect(400).json();
    assert_eq!(
        problem["violations"],
        json!([{ "field": "jobIds", "code": "20002", "message": "jobIds is missing" }])
    );
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let scene = Scene::start().await;
    let id = scene.person("anna", "Anna", "Berg").await;
    let nobody = "01890000-0000-7000-8000-000000000000";
    let with = |field: &str, value: Value| {
        let mut body = json!({ "loginId": "bob", "firstName": "Bob", "lastName": "Berg" });
        body[field] = value;
        body
    };
    for (field, value, code) in [
        ("loginId", Value::Null, "20006"),
        ("loginId", json!("a b"), "20006"),
        ("firstName", Value::Null, "20002"),
        ("lastName", json!(""), "20006"),
        ("lastName", json!("<x>"), "20006"),
        ("displayName", json!("x".repeat(511)), "20006"),
        ("emailId", json!("none"), "20006"),
        ("roles", json!(["r".repeat(41)]), "20006"),
        ("roles", json!(vec!["r"; 12]), "20006"),
        ("memberOfGroups", json!([nobody]), "20006"),
        ("memberOfGroups", json!(["7"]), "20006"),
        ("ownedGroups", json!([nobody]), "20006"),
        ("ownedGroups", json!(vec![nobody; 51]), "20006"),
    ] {
        let problem = scene.send("POST", USERS, &with(field, value.clone())).await.expect(400).json();
        let violation = &problem["violations"][0];
        assert_eq!(
            (&violation["field"], &violation["code"]),
            (&json!(field), &json!(code)),
            "{field} {value}"
        );
    }
    let mut missing = with("loginId", json!("x"));
    missing.as_object_mut().unwrap().remove("loginId");
    let problem = scene.send("POST", USERS, &missing).await.expect(400).json();
    assert_eq!(problem["violations"][0]["code"], "20002");
    // All that is wrong at once.
    let problem = scene.send("POST", USERS, &json!({})).await.expect(400).json();
    assert_eq!(problem["violations"].as_array().unwrap().len(), 3);
    let mut wrong = with("emailId", json!("none"));
    wrong["lastName"] = json!("<x>");
    wrong["loginId"] = json!("a b");
    let problem = scene.send("POST", USERS, &wrong).await.expect(400).json();
    assert_eq!(problem["violations"].as_array().unwrap().len(), 3);
    let problem = scene.send("POST", USERS, &with("loginId", json!("ANNA"))).await.expect(409).json();
    assert_eq!(problem["existingId"], id);
    assert_eq!(
        (&problem["violations"][0]["field"], &problem["violations"][0]["code"]),
        (&json!("loginId"), &json!("20009"))
    );
    let bob = scene.person("bob", "Bob", "Berg").await;
    let taken = json!({ "loginId": "anna" });
    let problem = scene.send("PATCH", &format!("{USERS}/{bob}"), &taken).await.expect(409).json();
    assert_eq!(problem["violations"][0]["field"], "loginId");
    for path in
        [format!("{USERS}/{nobody}"), format!("{USERS}/anna"), format!("{USERS}/{}", id.to_uppercase())]
    {
        scene.get(&path).await.expect(404);
        scene.send("PATCH", &path, &json!({})).await.expect(404);
    }
    scene.house.stop().await;
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let scene = Scene::start().await;
    for (login, first, last) in [
        ("carol", "Carol", "Smith"),
        ("ann", "Ann", "Jones"),
        ("bob", "Bob", "Jones"),
        ("dana*x", "Dana", "aba"),
        ("eve", "Eve", "abba"),
    ] {
        scene.person(login, first, last).await;
    }
    assert_eq!(scene.logins("").await, ["ann", "bob", "carol", "dana*x", "eve"]);
    assert_eq!(scene.logins("?orderBy=loginId%20desc&pageSize=2").await, ["eve", "dana*x"]);
    assert_eq!(scene.logins("?orderBy=lastName").await[..2], ["dana*x", "eve"]);
    for (filter, found) in [
        ("lastName:jones", &["ann", "bob"][..]),
        ("lastName:jone", &[]),
        ("lastName:J*", &["ann", "bob"]),
        ("lastName:*S", &["ann", "bob"]),
        ("lastName:*on*", &["ann", "bob"]),
        ("lastName:ab*ba", &["eve"]),
        ("lastName:a*a", &["dana*x", "eve"]),
        ("firstName=B*", &[]),
        ("loginId=dana*x", &["dana*x"]),
        (r"loginId:dana\**", &["dana*x"]),
        ("loginId:D*", &["dana*x"]),
        ("emailId:*", &[]),
    ] {
        let filter: String = form_encoded(filter);
        assert_eq!(scene.logins(&format!("?filter={filter}")).await, found, "{filter}");
    }
    let page =
        scene.get(&format!("{USERS}?pageSize=2&pageNumber=2&filter=lastName:*&orderBy=firstName")).await;
    let page = page.expect(200).json();
    assert_eq!(page["pagination"], json!({ "pageNumber": 2, "pageSize": 2, "total": 5 }));
    let next = page["links"]["next"].as_str().unwrap();
    assert_eq!(next, format!("{USERS}?pageNumber=3&pageSize=2&filter=lastName%3A%2A&orderBy=firstName"));
    assert_eq!(logins(&scene.get(next).await.expect(200).json()), ["eve"]);
    let beyond = scene.get(&format!("{USERS}?pageNumber=9")).await.expect(200).json();
    assert_eq!((&beyond["users"], &beyond["pagination"]["total"]), (&json!([]), &json!(5)));
    for bad in [
        "?pageSize=51",
        "?pageSize=0",
        "?filter=roles:x",
        "?filter=loginId",
        "?orderBy=roles",
        "?orderBy=loginid",
    ] {
        scene.get(&format!("{USERS}{bad}")).await.expect(400);
    }
    scene.house.stop().await;
}

fn form_encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[tokio::test]
async fn searches_join_conditions_and_statuses_are_told() {
    let scene = Scene::start().await;
    for (login, first, last) in
        [("ann", "Ann", "Jones"), ("bob", "Bob", "Jones"), ("carol", "Carol", "Smith")]
    {
        scene.person(login, first, last).await;
    }
    let condition = |join: &str, key: &str, operator: &str, value: &str| json!({ "discriminator": join, "key": key, "operator": operator, "value": value });
    let jones = condition("AND", "lastName", "EQUALS", "jones");
    assert_eq!(scene.found(json!([jones])).await, ["ann", "bob"]);
    assert_eq!(scene.found(json!([jones, condition("AND", "firstName", "STARTS_WITH", "b")])).await, ["bob"]);
    assert_eq!(
        scene.found(json!([jones, condition("OR", "firstName", "ENDS_WITH", "ROL")])).await,
        ["ann", "bob", "carol"]
    );
    assert_eq!(scene.found(json!([condition("OR", "lastName", "NOT_EQUALS", "Jones")])).await, ["carol"]);
    assert_eq!(scene.found(json!([condition("OR", "loginId", "CONTAINS", "o")])).await, ["bob", "carol"]);
    assert_eq!(scene.found(json!([])).await.len(), 3);
    // Who has no node of his own is shown with the account's, and found by it.
    let node = |operator: &str, value: &str| json!([condition("AND", "organizationNodeId", operator, value)]);
    assert_eq!(scene.found(node("EQUALS", "acme")).await.len(), 3);
    assert_eq!(scene.found(node("STARTS_WITH", "AC")).await.len(), 3);
    assert_eq!(scene.found(node("NOT_EQUALS", "acme")).await.len(), 0);
    assert_eq!(scene.found(node("NOT_EQUALS", "other")).await.len(), 3);
    for (filter, total) in [("=ACME", 3), (":ac*", 3), (":other", 0)] {
        let path = format!("{USERS}?filter=organizationNodeId{filter}");
        assert_eq!(scene.get(&path).await.expect(200).json()["pagination"]["total"], total, "{filter}");
    }
    let far = format!("{USERS}?orderBy=lastName&pageSize=10&pageNumber=1001");
    let problem = scene.get(&far).await.expect(400).json();
    assert_eq!(problem["violations"][0]["field"], "pageNumber");
    assert!(problem["detail"].as_str().unwrap().contains("only in the order of loginId"), "{problem}");
    let search = format!("{USERS}:search");
    scene.send("POST", &format!("{search}?pageSize=501"), &json!({})).await.expect(400);
    let bad = json!({ "filter": [condition("AND", "x", "EQUALS", "y")] });
    let problem = scene.send("POST", &search, &bad).await.expect(400).json();
    assert_eq!(problem["violations"][0]["field"], "filter[0].key");

    let id = scene.person("dana", "Dana", "Jones").await;
    let path = format!("{USERS}/{id}");
    scene.send("PATCH", &path, &json!({ "roles": ["Agent"] })).await.expect(200);
    let asked = json!({ "userIds": [id, "01890000-0000-7000-8000-000000000000", "x"] });
    let statuses = scene.send("POST", &format!("{USERS}:listStatuses"), &asked).await.expect(200).json();
    let role = json!({ "role": "Agent", "action": "ADD", "status": "COMPLETED" });
    assert_eq!(statuses, json!([{ "userId": id, "status": "COMPLETED", "roles": [role] }]));
    let many = json!({ "userIds": vec!["x"; 51] });
    let problem = scene.send("POST", &format!("{USERS}:listStatuses"), &many).await.expect(400).json();
    assert_eq!(problem["violations"][0]["code"], "20007");
    scene.house.stop().await;
}

#[tokio::test]
async fn a_repeated_create_makes_one_person() {
    let scene = Scene::start().await;
    let body = json!({ "loginId": "anna", "firstName": "Anna", "lastName": "Berg" });
    let call = || Call::new("POST", USERS).key(&scene.key).header("idempotency-key", "k").plain(&body);
    let first = scene.house.send(call()).await.expect(202).json();
    let again = scene.house.send(call()).await.expect(202);
    assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first));
    scene.house.stop().await;
}

#[tokio::test]
async fn a_profile_gives_what_nobody_said() {
    let scene = Scene::start().await;
    let (one, other) = (scene.group("One").await, scene.group("Other").await);
    let profiles = USERS.replace("/users", "/profiles");
    let body = json!({ "profileName": "Agents", "roles": ["Agent", "Clerk"], "memberOfGroups": [one] });
    let profile = scene.send("POST", &profiles, &body).await.expect(202).json()["profileId"].clone();
    let mut body = json!({ "loginId": "ann", "firstName": "Ann", "lastName": "B", "profileId": profile });
    let shown = scene.send("POST", USERS, &body).await.expect(202).json();
    assert_eq!((&shown["profileId"], &shown["roles"]), (&profile, &json!(["Agent", "Clerk"])));
    assert_eq!(shown["memberOfGroups"], json!([one]));
    body["loginId"] = json!("bob");
    body["roles"] = json!([]);
    body["memberOfGroups"] = json!([other]);
    let shown = scene.send("POST", USERS, &body).await.expect(202).json();
    assert_eq!((&shown["roles"], &shown["memberOfGroups"]), (&json!([]), &json!([other])));
    body["profileId"] = json!("AAAAAZ");
    let problem = scene.send("POST", USERS, &body).await.expect(400).json();
    assert_eq!(problem["violations"][0]["field"], "profileId");
    scene.house.stop().await;
}

#[tokio::test]
async fn all_that_is_named_and_not_there_is_told_at_once() {
    let scene = Scene::start().await;
    let nobodies = json!({ "loginId": "anna", "firstName": "Anna", "lastName": "Berg", "memberOfGroups": ["01890000-0000-7000-8000-000000000000"],
        "ownedGroups": ["01890000-0000-7000-8000-000000000001"], "profileId": "997" });
    let id = scene.person("dana", "Dana", "Jones").await;
    let told = |problem: &Value| -> Vec<String> {
        let violations = problem["violations"].as_array().unwrap();
        violations.iter().map(|one| one["field"].as_str().unwrap().to_owned()).collect()
    };
    let made = scene.send("POST", USERS, &nobodies).await.expect(400).json();
    let changed = scene.send("PATCH", &format!("{USERS}/{id}"), &nobodies).await.expect(400).json();
    for problem in [made, changed] {
        let fields = told(&problem);
        for field in ["ownedGroups", "memberOfGroups", "profileId"] {
            assert!(fields.iter().any(|told| told.starts_with(field)), "{field}: {problem}");
        }
    }
    scene.house.stop().await;
}
