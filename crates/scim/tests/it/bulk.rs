use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use throng_scim::bulk::{Answer, BulkRequest, Entry, Method, Operation, Target};
use throng_scim::discovery::BulkLimits;
use throng_scim::message::BULK_REQUEST;
use throng_scim::schema::{RESOURCE_TYPE_URN, SCHEMA_URN};
use throng_scim::{Error, Registry, ScimType};

use crate::support::assert_refused;

const LIMITS: BulkLimits = BulkLimits { operations_max: 50, bytes_max: 1_048_576 };

fn read(operations: &Value) -> Result<BulkRequest, Error> {
    BulkRequest::read(json!({"schemas": [BULK_REQUEST], "Operations": operations}), &LIMITS)
}

fn operation(entry: &Entry) -> &Operation {
    entry.operation.as_ref().unwrap()
}

/// RFC 7644 §3.7.3: one of each method; the data of the PATCH is a bare array (erratum 5050).
#[test]
fn rfc7644_3_7_3_every_method() {
    let request = BulkRequest::read(
        json!({
            "schemas": [BULK_REQUEST],
            "failOnErrors": 1,
            "Operations": [
                {"method": "POST", "path": "/Users", "bulkId": "qwerty",
                    "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Alice"}},
                {"method": "PUT", "path": "/Users/b7c14771", "version": "W/\"3694e05e9dff591\"", "data": {"userName": "Bob"}},
                {"method": "PATCH", "path": "/Users/5d8d29d3", "version": "W/\"edac3253e2c0ef2\"",
                    "data": [{"op": "remove", "path": "nickName"}]},
                {"method": "DELETE", "path": "/Users/e9025315", "version": "W/\"0ee8add0a938e1a\""},
            ],
        }),
        &LIMITS,
    )
    .unwrap();
    assert_eq!(request.fail_on_errors, Some(1));
    let methods: Vec<Method> = request.entries.iter().map(|entry| operation(entry).method).collect();
    assert_eq!(methods, [Method::Post, Method::Put, Method::Patch, Method::Delete]);
    assert_eq!(request.entries[0].bulk_id.as_deref(), Some("qwerty"));
    let put = operation(&request.entries[1]);
    assert_eq!((put.endpoint.as_str(), &put.target), ("/Users", &Some(Target::Id("b7c14771".to_owned()))));
    assert_eq!(put.version.as_deref(), Some("W/\"3694e05e9dff591\""));
    let patch = operation(&request.entries[2]);
    assert_eq!(throng_scim::patch::parse_patch(patch.data.clone()).unwrap().len(), 1);
    assert_eq!(operation(&request.entries[3]).data, Value::Null);
    assert_eq!(
        request.plan(&Registry::standard()).iter().map(|step| step.index).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
}

#[test]
fn what_is_wrong_with_the_whole_request_is_refused() {
    let whole = |message: Value| BulkRequest::read(message, &LIMITS);
    assert_refused(whole(json!([])), ScimType::InvalidSyntax, "object");
    assert_refused(whole(json!({"Operations": []})), ScimType::InvalidSyntax, "schemas");
    assert_refused(whole(json!({"schemas": [BULK_REQUEST]})), ScimType::InvalidSyntax, "Operations");
    assert_refused(read(&json!([1])), ScimType::InvalidSyntax, "object");
    for count in [json!(0), json!(-1), json!("1"), json!(1.5)] {
        let message = json!({"schemas": [BULK_REQUEST], "failOnErrors": count, "Operations": []});
        assert_refused(whole(message), ScimType::InvalidValue, "failOnErrors");
    }
    let twice = json!([{"method": "POST", "path": "/Users", "bulkId": "a", "data": {}}, {"method": "DELETE", "path": "/Users/1", "bulkId": "a"}]);
    assert_refused(read(&twice), ScimType::InvalidValue, "bulkId \"a\"");
    assert_refused(read(&json!([{"bulkId": "x".repeat(257)}])), ScimType::InvalidValue, "256 bytes");
    assert_refused(read(&json!([{"bulkId": 1}])), ScimType::InvalidValue, "string");
    let delete = json!({"method": "DELETE", "path": "/Users/1"});
    assert!(read(&json!(vec![delete.clone(); 50])).is_ok());
    let error = read(&json!(vec![delete; 51])).unwrap_err();
    assert_eq!((error.status, error.detail.contains("50 operations (maxOperations)")), (413, true));
    assert!(BulkRequest::too_large(&LIMITS).detail.contains("1048576 bytes (maxPayloadSize)"));
}

#[test]
fn what_is_wrong_with_one_operation_concerns_it_alone() {
    for (entry, scim_type, mentions) in [
        (json!({"path": "/Users/1"}), ScimType::InvalidValue, "method"),
        (json!({"method": "GET", "path": "/Users/1"}), ScimType::InvalidValue, "method"),
        (json!({"method": "POST", "path": "/Users", "data": {}}), ScimType::InvalidValue, "needs a bulkId"),
        (json!({"method": "DELETE"}), ScimType::InvalidValue, "path"),
        (json!({"method": "DELETE", "path": "/Users"}), ScimType::InvalidValue, "id is missing"),
        (json!({"method": "DELETE", "path": "/Users/"}), ScimType::InvalidValue, "id is missing"),
        (json!({"method": "DELETE", "path": "/Users/1//"}), ScimType::InvalidValue, "/Users"),
        (json!({"method": "DELETE", "path": "/Users/1/2"}), ScimType::InvalidValue, "/Users"),
        (json!({"method": "DELETE", "path": "/"}), ScimType::InvalidValue, "/Users"),
        (json!({"method": "DELETE", "path": "/Users/1?x=y"}), ScimType::InvalidValue, "parameters"),
        (
            json!({"method": "POST", "bulkId": "a", "path": "/Users/1", "data": {}}),
            ScimType::InvalidValue,
            "no id yet",
        ),
        (json!({"method": "PUT", "path": "/Users/1"}), ScimType::InvalidValue, "PUT needs data"),
        (json!({"method": "PUT", "path": "/Users/1", "data": []}), ScimType::InvalidSyntax, "object"),
        (
            json!({"method": "PUT", "path": "/Users/1", "data": {}, "version": 1}),
            ScimType::InvalidValue,
            "version",
        ),
    ] {
        let good = |path: &str| json!({"method": "delete", "path": path});
        let request = read(&json!([entry, good("Users/1"), good("/Users/1/")])).unwrap();
        assert_refused(request.entries[0].operation.clone(), scim_type, mentions);
        for entry in &request.entries[1..] {
            let found = operation(entry);
            assert_eq!(
                (found.endpoint.as_str(), &found.target),
                ("/Users", &Some(Target::Id("1".to_owned())))
            );
        }
    }
}

/// RFC 7644 §3.7.2: groups that are members of each other.
#[test]
fn rfc7644_3_7_2_circular_references() {
    let group = |id: &str, other: &str| {
        json!({"method": "POST", "path": "/Groups", "bulkId": id,
        "data": {"displayName": id, "members": [{"type": "Group", "value": format!("bulkId:{other}")}]}})
    };
    let request = read(&json!([group("qwerty", "ytrewq"), group("ytrewq", "qwerty")])).unwrap();
    let plan = request.plan(&Registry::standard());
    // The second is made first, without its member, and then once more with it.
    assert_eq!(plan.iter().map(|step| step.index).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(plan[0].later, BTreeSet::from(["qwerty".to_owned()]));
    assert!(plan[1].later.is_empty());
    let mut second = operation(&request.entries[1]).clone();
    assert_eq!(second.data_without(&plan[0].later), Some(json!({"displayName": "ytrewq"})));
    second.resolve(&|id| (id == "qwerty").then(|| "7".to_owned())).unwrap();
    assert_eq!(second.data, json!({"displayName": "ytrewq", "members": [{"type": "Group", "value": "7"}]}));

    let itself = read(&json!([group("a", "a")])).unwrap();
    assert_eq!(itself.plan(&Registry::standard())[0].later, BTreeSet::from(["a".to_owned()]));
}

/// Desks that must have a room, and may have a neighbour and parts.
fn desks() -> Registry {
    let reference = |name: &str, required: bool| json!({"name": name, "type": "reference", "referenceTypes": ["Desk"], "required": required});
    let resource_type = json!({"schemas": [RESOURCE_TYPE_URN], "name": "Desk", "endpoint": "/Desks", "schema": "urn:acme:1.0:Desk",
        "schemaExtensions": [{"schema": "urn:acme:1.0:Lease", "required": false}]});
    let schema = |id: &str, attributes: &Value| json!({"schemas": [SCHEMA_URN], "id": id, "name": "x", "description": "y", "attributes": attributes});
    let parts = json!({"name": "parts", "type": "complex", "multiValued": true,
        "subAttributes": [reference("value", true), reference("maker", true), reference("seller", false)]});
    let desk = json!([{"name": "rooms", "type": "reference", "multiValued": true, "referenceTypes": ["Desk"], "required": true},
        reference("neighbour", false), parts]);
    let mut registry = Registry::standard();
    let lease = json!([reference("holder", true), reference("witness", false)]);
    registry
        .define(json!([
            resource_type,
            schema("urn:acme:1.0:Desk", &desk),
            schema("urn:acme:1.0:Lease", &lease)
        ]))
        .unwrap();
    registry
}

/// Whatever is first: what can be made without its reference is made first.
#[test]
fn a_circle_is_broken_where_nothing_required_is_missing() {
    let registry = desks();
    for (needs, does_without) in [
        (json!({"Rooms": ["x", "bulkId:b"]}), json!({"neighbour": "bulkId:a"})),
        (
            json!({"parts": {"value": "x", "maker": "bulkId:b"}}),
            json!({"parts": [{"value": "bulkId:a", "maker": "x"}]}),
        ),
        (
            json!({"parts": [{"value": "x", "maker": "bulkId:b"}]}),
            json!({"parts": {"value": "x", "maker": "x", "seller": "bulkId:a"}}),
        ),
        (
            json!({"urn:acme:1.0:Lease": {"holder": "bulkId:b"}}),
            json!({"URN:acme:1.0:lease": {"holder": "x", "witness": "bulkId:a"}}),
        ),
    ] {
        let post =
            |id: &str, data: &Value| json!({"method": "POST", "path": "/Desks", "bulkId": id, "data": data});
        let (a, b) = (post("a", &needs), post("b", &does_without));
        for (operations, order) in [(json!([a, b]), [1, 0]), (json!([b, a]), [0, 1])] {
            let plan = read(&operations).unwrap().plan(&registry);
            assert_eq!(plan.iter().map(|step| step.index).collect::<Vec<_>>(), order, "{operations}");
            assert_eq!(plan[0].later, BTreeSet::from(["a".to_owned()]), "{operations}");
            assert!(plan[1].later.is_empty(), "{operations}");
        }
    }
}

#[test]
fn references_are_found_and_replaced_wherever_they_stand() {
    let request = read(&json!([
        {"method": "PATCH", "path": "/Groups/bulkId:g", "data": {"Operations": [
            {"op": "add", "path": "members", "value": [{"value": "bulkId:u"}, {"value": "1"}]},
            {"op": "remove", "path": "members[value eq \"bulkId:v\" or value eq \"bulkId:w\"]"},
            {"op": "add", "path": "displayName", "value": "see bulkId:no"},
        ]}},
        {"method": "PUT", "path": "/Users/1", "data": {"userName": "u",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "bulkId:m", "$ref": "bulkId:m"}}}},
    ]))
    .unwrap();
    let mut patch = operation(&request.entries[0]).clone();
    assert_eq!(patch.references().into_iter().collect::<Vec<_>>(), ["g", "u", "v", "w"]);
    let without = patch.data_without(&BTreeSet::from(["u".to_owned(), "v".to_owned()])).unwrap();
    assert_eq!(
        without,
        json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": "1"}]}, {"op": "add", "path": "displayName", "value": "see bulkId:no"}]})
    );
    patch.resolve(&|id| Some(format!("id-{id}"))).unwrap();
    assert_eq!(patch.target, Some(Target::Id("id-g".to_owned())));
    assert_eq!(patch.data["Operations"][1]["path"], "members[value eq \"id-v\" or value eq \"id-w\"]");
    assert_eq!(patch.data["Operations"][0]["value"], json!([{"value": "id-u"}, {"value": "1"}]));
    assert!(patch.references().is_empty());

    let put = operation(&request.entries[1]);
    assert_eq!(
        put.data_without(&BTreeSet::from(["m".to_owned()])),
        Some(json!({"userName": "u", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {}}))
    );
    let error = put.clone().resolve(&|_| None).unwrap_err();
    assert_eq!((error.status, error.detail.contains("bulkId:m")), (409, true));

    let only = read(&json!([{"method": "PATCH", "path": "/Groups/1", "data": [{"op": "add", "path": "members", "value": "bulkId:u"}]}])).unwrap();
    assert_eq!(operation(&only.entries[0]).data_without(&BTreeSet::from(["u".to_owned()])), None);
}

#[test]
fn answers_have_their_wire_form() {
    let request = read(&json!([
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {}},
        {"method": "PUT", "path": "/Users/1", "data": {}},
    ]))
    .unwrap();
    let done = Answer::done(
        &request.entries[1],
        200,
        Some("https://x/Users/1".to_owned()),
        Some("W/\"2\"".to_owned()),
    );
    let refused = Answer::refused(&request.entries[0], &Error::uniqueness("userName is taken"), None);
    assert!(refused.is_error() && !done.is_error());
    assert_eq!(
        Answer::message(vec![refused, done]).to_string(),
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[{"method":"POST","bulkId":"a","status":"409","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"userName is taken"}},{"location":"https://x/Users/1","method":"PUT","version":"W/\"2\"","status":"200"}]}"#
    );
}

proptest! {
    /// Every operation has one step; what a step does not leave for later was made before it; without forward
    /// references the order of the request stays.
    #[test]
    fn plans_make_what_is_referred_to_first(edges in prop::collection::vec(prop::collection::vec(0usize..20, 0..4), 1..20)) {
        let count = edges.len();
        let operations: Vec<Value> = edges.iter().enumerate().map(|(index, edges)| {
            let members: Vec<Value> = edges.iter().map(|to| json!({"value": format!("bulkId:{to}")})).collect();
            json!({"method": "POST", "path": "/Groups", "bulkId": index.to_string(), "data": {"members": members}})
        }).collect();
        let plan = read(&json!(operations)).unwrap().plan(&Registry::standard());
        let mut made = BTreeSet::new();
        for step in &plan {
            for to in &edges[step.index] {
                let exists = *to < count;
                let is_later = step.later.contains(&to.to_string());
                prop_assert_eq!(is_later, exists && !made.contains(to));
            }
            prop_assert!(made.insert(step.index));
        }
        prop_assert_eq!(made.len(), count);
        let backward = edges.iter().enumerate().all(|(index, edges)| edges.iter().all(|to| *to < index || *to >= count));
        if backward {
            prop_assert!(plan.iter().enumerate().all(|(place, step)| step.index == place && step.later.is_empty()));
        }
    }
}

proptest! {
    /// What is needed is made before, as long as needs alone make no circle; only circles make a reference wait.
    #[test]
    fn only_what_can_be_done_without_waits(
        edges in prop::collection::vec(prop::collection::vec((0usize..12, any::<bool>()), 0..4), 1..12),
        ranks in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let edges: Vec<Vec<(usize, bool)>> = edges.iter().enumerate().map(|(from, to)| {
            to.iter().filter(|(to, _)| *to < edges.len()).map(|(to, needed)| (*to, *needed && ranks[*to] < ranks[from])).collect()
        }).collect();
        let operations: Vec<Value> = edges.iter().enumerate().map(|(index, edges)| {
            let of = |needed: bool| edges.iter().filter(|edge| edge.1 == needed).map(|edge| json!(format!("bulkId:{}", edge.0))).collect::<Vec<_>>();
            let parts: Vec<Value> = of(false).into_iter().map(|id| json!({"value": id})).collect();
            json!({"method": "POST", "path": "/Desks", "bulkId": index.to_string(), "data": {"rooms": of(true), "parts": parts}})
        }).collect();
        let reaches = |from: usize, to: usize| {
            let (mut seen, mut stack) = (BTreeSet::new(), vec![from]);
            while let Some(at) = stack.pop() {
                stack.extend(edges[at].iter().map(|edge| edge.0).filter(|next| seen.insert(*next)));
            }
            from == to || seen.contains(&to)
        };
        for step in read(&json!(operations)).unwrap().plan(&desks()) {
            for (to, needed) in &edges[step.index] {
                if step.later.contains(&to.to_string()) {
                    prop_assert!(!needed, "{:?}", step);
                    prop_assert!(reaches(*to, step.index), "{:?}", step);
                }
            }
        }
    }
}

/// Long chains are no deep recursion.
#[test]
fn a_chain_as_long_as_the_request_is_planned_on_a_small_stack() {
    let limits = BulkLimits { operations_max: 20_000, bytes_max: u32::MAX };
    let operations: Vec<Value> = (0..20_000)
        .map(|n| json!({"method": "POST", "path": "/Groups", "bulkId": n.to_string(), "data": {"x": format!("bulkId:{}", n + 1)}}))
        .collect();
    let request =
        BulkRequest::read(json!({"schemas": [BULK_REQUEST], "Operations": operations}), &limits).unwrap();
    let plan = std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(move || request.plan(&Registry::standard()))
        .unwrap()
        .join()
        .unwrap();
    assert_eq!((plan[0].index, plan[19_999].index), (19_999, 0));
}
