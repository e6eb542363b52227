//! `/scim/v2/Bulk`.

mod dry_run;
mod later;
mod told;

use serde_json::{Value, json};
use throng_directory::{Dialect, Role, Settings};
use throng_scim::Registry;

use crate::house::{Answer, Call, House};

const DEVICES: &str = include_str!("../../../../examples/scim/devices.json");

async fn send(house: &House, key: &str, operations: &Value) -> Answer {
    send_with(house, key, &json!({ "Operations": operations })).await
}

async fn send_with(house: &House, key: &str, body: &Value) -> Answer {
    send_to(house, key, "/scim/v2/Bulk", body).await
}

async fn send_to(house: &House, key: &str, path: &str, body: &Value) -> Answer {
    let mut body = body.clone();
    body["schemas"] = json!(["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]);
    house.send(Call::new("POST", path).key(key).json(&body)).await
}

/// The answers to the operations, which must have these statuses.
#[track_caller]
fn answers(answer: Answer, statuses: &[&str]) -> Vec<Value> {
    let body = answer.expect(200).json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    let operations = body["Operations"].as_array().unwrap().clone();
    let found: Vec<&str> = operations.iter().map(|answer| answer["status"].as_str().unwrap()).collect();
    assert_eq!(found, statuses, "{body}");
    operations
}

fn path_of(answer: &Value) -> String {
    let location = answer["location"].as_str().unwrap();
    location.strip_prefix("https://throng.example").unwrap().to_owned()
}

async fn get(house: &House, key: &str, path: &str) -> Value {
    house.send(Call::get(path).key(key)).await.expect(200).json()
}

#[tokio::test]
async fn each_operation_is_a_request_of_its_own() {
    let house = House::start().await;
    let key = house.admin().await;
    let made = send(
        &house,
        &key,
        &json!([
            { "method": "POST", "path": "/Users", "bulkId": "ann", "data": { "userName": "ann" } },
            { "method": "post", "path": "/Users", "bulkId": "bob", "data": { "userName": "bob" } },
            { "method": "POST", "path": "/Users", "bulkId": "twin", "data": { "userName": "ANN" } },
            { "method": "POST", "path": "/Users", "bulkId": "none", "data": {} },
            { "method": "POST", "path": "/Users", "data": { "userName": "no bulkId" } },
            { "method": "GET", "path": "/Users" },
            { "method": "POST", "path": "/Nothings", "bulkId": "x", "data": {} },
            { "method": "POST", "path": "/Bulk", "bulkId": "y", "data": {} },
        ]),
    )
    .await;
    let made = answers(made, &["201", "201", "409", "400", "400", "400", "404", "404"]);
    assert_eq!(
        (&made[0]["bulkId"], &made[0]["method"], &made[0]["version"]),
        (&json!("ann"), &json!("POST"), &json!("W/\"1\""))
    );
    assert!(made[2].get("location").is_none() && made[0].get("response").is_none());
    assert_eq!(
        (&made[2]["response"]["scimType"], &made[2]["response"]["status"]),
        (&json!("uniqueness"), &json!("409"))
    );
    let (ann, bob) = (path_of(&made[0]), path_of(&made[1]));
    let id = ann.rsplit('/').next().unwrap();
    let rename = |value: &str| json!({ "op": "replace", "path": "displayName", "value": value });
    let changed = send(
        &house,
        &key,
        &json!([
            { "method": "PATCH", "path": format!("/Users/{id}"), "version": "W/\"7\"", "data": { "Operations": [rename("A")] } },
            { "method": "PATCH", "path": format!("/Users/{id}"), "version": "W/\"1\"", "data": { "Operations": [rename("B")] } },
            // As in the RFC's own examples: the operations without the message around them.
            { "method": "PATCH", "path": format!("/Users/{id}"), "data": [rename("C")] },
            { "method": "PUT", "path": bob.trim_start_matches("/scim/v2"), "data": { "userName": "robert" } },
            { "method": "DELETE", "path": "/Users/nobody" },
            { "method": "DELETE", "path": "/Users/../Groups/1" },
        ]),
    )
    .await;
    let changed = answers(changed, &["412", "200", "200", "200", "404", "400"]);
    assert_eq!((&changed[2]["version"], path_of(&changed[2])), (&json!("W/\"3\""), ann.clone()));
    assert!(changed[0]["location"].is_string() && changed[4]["location"].is_string());
    assert_eq!(get(&house, &key, &ann).await["displayName"], "C");
    assert_eq!(get(&house, &key, &bob).await["userName"], "robert");
    let gone = json!([{ "method": "DELETE", "path": format!("/Users/{id}") }]);
    answers(send(&house, &key, &gone).await, &["204"]);
    house.send(Call::get(&ann).key(&key)).await.expect(404);
    house.stop().await;
}

#[tokio::test]
async fn references_point_backwards_forwards_and_in_circles() {
    let mut registry = Registry::standard();
    registry.define(serde_json::from_str(DEVICES).unwrap()).unwrap();
    let house = House::of(Settings::default(), registry).await;
    let key = house.admin().await;
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let made = send(
        &house,
        &key,
        &json!([
            { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "all",
                "members": [{ "value": "bulkId:a" }, { "value": "bulkId:h" }] } },
            { "method": "POST", "path": "/Users", "bulkId": "a", "data": { "userName": "ann",
                (enterprise): { "manager": { "value": "bulkId:b" } } } },
            { "method": "POST", "path": "/Users", "bulkId": "b", "data": { "userName": "bob",
                (enterprise): { "manager": { "value": "bulkId:a" }, "department": "X" } } },
            // Groups in each other, as in RFC 7644 §3.7.1, and one in itself.
            { "method": "POST", "path": "/Groups", "bulkId": "h", "data": { "displayName": "half",
                "members": [{ "type": "Group", "value": "bulkId:g" }, { "value": "bulkId:h" }, { "value": "bulkId:b" }] } },
            { "method": "PATCH", "path": "/Groups/bulkId:g", "data": { "Operations": [
                { "op": "remove", "path": "members[value eq \"bulkId:a\"]" } ] } },
            { "method": "POST", "path": "/Devices", "bulkId": "d", "data": { "serialNumber": "1",
                "holders": [{ "value": "bulkId:b" }] } },
            { "method": "POST", "path": "/Users", "bulkId": "u", "data": { "userName": "cyd",
                (enterprise): { "manager": { "value": "bulkId:unknown" } } } },
        ]),
    )
    .await;
    let made = answers(made, &["201", "201", "201", "201", "200", "201", "409"]);
    let ids: Vec<String> =
        made[..4].iter().map(|answer| path_of(answer).rsplit('/').next().unwrap().to_owned()).collect();
    let [g, a, b, h] = &ids[..] else { unreachable!() };
    let members = async |id: &str| -> Vec<String> {
        let group = get(&house, &key, &format!("/scim/v2/Groups/{id}")).await;
        let members = group["members"].as_array().unwrap();
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(members(g).await, std::slice::from_ref(h), "ann was added and removed");
    let of_half = members(h).await;
    assert!(of_half.len() == 3 && [g, h, b].iter().all(|id| of_half.contains(id)), "{of_half:?}");
    let ann = get(&house, &key, &format!("/scim/v2/Users/{a}")).await;
    let bob = get(&house, &key, &format!("/scim/v2/Users/{b}")).await;
    assert_eq!(
        (&ann[enterprise]["manager"]["value"], &bob[enterprise]["manager"]["value"]),
        (&json!(b), &json!(a))
    );
    assert_eq!(bob[enterprise]["department"], "X");
    // The answer's version is that of the resource as it is now.
    assert_eq!(made[1]["version"], ann["meta"]["version"]);
    let device = get(&house, &key, &path_of(&made[5])).await;
    assert_eq!(device["holders"][0]["value"], json!(b));
    house.stop().await;
}

/// Teams may have a lead, leads must have a team: whichever stands first, the team is made first.
#[tokio::test]
async fn a_circle_through_what_is_required_is_made() {
    let attributes = |name: &str, required: bool| json!([{ "name": "label" }, { "name": name, "type": "reference", "referenceTypes": ["uri"], "required": required }]);
    let schema = |id: &str, attributes: &Value| {
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": id, "name": id,
            "description": id, "attributes": attributes })
    };
    let resource_type = |name: &str, schema: &str| {
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": name,
            "endpoint": format!("/{name}s"), "schema": schema })
    };
    let mut registry = Registry::standard();
    registry
        .define(json!([
            schema("urn:acme:1.0:Team", &attributes("lead", false)),
            schema("urn:acme:1.0:Lead", &attributes("team", true)),
            resource_type("Team", "urn:acme:1.0:Team"),
            resource_type("Lead", "urn:acme:1.0:Lead"),
        ]))
        .unwrap();
    let house = House::of(Settings::default(), registry).await;
    let key = house.admin().await;
    let team = json!({ "method": "POST", "path": "/Teams", "bulkId": "t", "data": { "lead": "bulkId:l" } });
    let lead = json!({ "method": "POST", "path": "/Leads", "bulkId": "l", "data": { "team": "bulkId:t" } });
    for operations in [json!([team, lead]), json!([lead, team])] {
        let made = answers(send(&house, &key, &operations).await, &["201", "201"]);
        let (first, second) =
            (get(&house, &key, &path_of(&made[0])).await, get(&house, &key, &path_of(&made[1])).await);
        let refers = |from: &Value, to: &Value| [&from["lead"], &from["team"]].contains(&&to["id"]);
        assert!(refers(&first, &second) && refers(&second, &first), "{first} {second}");
    }
    house.stop().await;
}

#[tokio::test]
async fn what_cannot_be_completed_is_taken_back() {
    let house = House::start().await;
    let key = house.admin().await;
    house.user(&key, "bob").await;
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let manager = |id: &str| json!({ "manager": { "value": format!("bulkId:{id}") } });
    let made = send(
        &house,
        &key,
        &json!([
            { "method": "POST", "path": "/Users", "bulkId": "a", "data": { "userName": "ann", (enterprise): manager("b") } },
            { "method": "POST", "path": "/Users", "bulkId": "b", "data": { "userName": "bob", (enterprise): manager("a") } },
            { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "g", "members": [{ "value": "bulkId:b" }] } },
        ]),
    )
    .await;
    answers(made, &["409", "409", "409"]);
    let all = get(&house, &key, "/scim/v2").await;
    assert_eq!(all["totalResults"], 1, "{all}");
    house.stop().await;
}

#[tokio::test]
async fn errors_stop_the_rest_when_asked_to() {
    let house = House::start().await;
    let key = house.admin().await;
    house.user(&key, "taken").await;
    let user = |name: &str| json!({ "method": "POST", "path": "/Users", "bulkId": uuid::Uuid::from_u128(name.len() as u128 * 7 + u128::from(name.as_bytes()[0])).to_string(), "data": { "userName": name } });
    let operations = json!([user("taken"), user("a"), user("Taken!taken"), user("b")]);
    let body = json!({ "failOnErrors": 1, "Operations": operations });
    answers(send_with(&house, &key, &body).await, &["409"]);
    let twice = json!({ "failOnErrors": 2, "Operations": [user("taken"), user("a"), { "method": "DELETE", "path": "/Users/x" }, user("b")] });
    answers(send_with(&house, &key, &twice).await, &["409", "201", "404"]);
    answers(send_with(&house, &key, &json!({ "Operations": [] })).await, &[]);
    house.stop().await;
}

#[tokio::test]
async fn each_operation_is_authorised_and_limits_are_named() {
    let house = House::start().await;
    let admin = house.admin().await;
    let manager = house.key_of(Some("ACME"), Role::GroupManager, Dialect::Standard).await;
    let mixed = json!([
        { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "mine" } },
        { "method": "POST", "path": "/Users", "bulkId": "u", "data": { "userName": "ann" } },
    ]);
    let made = answers(send(&house, &manager, &mixed).await, &["201", "403"]);
    assert_eq!(made[1]["response"]["status"], "403");
    let announced = house.send(Call::get("/scim/v2/ServiceProviderConfig")).await.expect(200).json();
    let (operations_max, bytes_max) = (
        announced["bulk"]["maxOperations"].as_u64().unwrap(),
        announced["bulk"]["maxPayloadSize"].as_u64().unwrap(),
    );
    let delete = json!({ "method": "DELETE", "path": "/Users/x" });
    let most = vec![delete.clone(); usize::try_from(operations_max).unwrap()];
    answers(send(&house, &admin, &json!(most)).await, &vec!["404"; most.len()]);
    let more = vec![delete; most.len() + 1];
    let refused = send(&house, &admin, &json!(more)).await.expect(413).json();
    assert!(
        refused["detail"].as_str().unwrap().contains(&format!("{operations_max} operations")),
        "{refused}"
    );
    let long = " ".repeat(usize::try_from(bytes_max).unwrap() + 1);
    let long = Call::new("POST", "/scim/v2/Bulk")
        .key(&admin)
        .header("content-type", "application/scim+json")
        .body(long);
    let refused = house.send(long).await.expect(413).json();
    assert!(refused["detail"].as_str().unwrap().contains("maxPayloadSize"), "{refused}");
    for bad in [json!([]), json!({ "Operations": {} }), json!({ "Operations": [], "failOnErrors": 0 })] {
        let call = Call::new("POST", "/scim/v2/Bulk").key(&admin).json(&bad);
        house.send(call).await.expect(400);
    }
    house.send(Call::new("POST", "/scim/v2/Bulk").json(&json!({}))).await.expect(401);
    house.stop().await;
}

#[tokio::test]
async fn a_large_membership_write_is_a_job_whose_number_is_told() {
    let house = House::start().await;
    let key = house.admin().await;
    let members: Vec<Value> =
        (0..300u128).map(|n| json!({ "value": uuid::Uuid::from_u128(n << 64 | 7).to_string() })).collect();
    let operations = json!([{ "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "big", "members": members } }]);
    let made = answers(send(&house, &key, &operations).await, &["201"]);
    // It may have ended by now; if not, its number is there.
    let number = made[0]["response"]["jobId"].as_i64().unwrap_or(1);
    let report = house.finished(&key, &number.to_string()).await;
    assert_eq!(report["membersProcessedCount"], 300);
    house.stop().await;
}
