use serde_json::{Value, json};
use throng_scim::discovery::{self, BulkLimits, Limits};
use throng_scim::schema::SERVICE_PROVIDER_CONFIG_URN;
use throng_scim::{Error, schema};

use crate::support::STANDARD;

const BASE: &str = "https://scim.example.com/scim/v2";

#[test]
fn the_configuration_announces_the_given_numbers() {
    let limits = Limits {
        sort: false,
        bulk: None,
        cursor_timeout_seconds: None,
        filter_results_max: 777,
        page_size_default: 100,
        page_size_max: 999,
    };
    let config = discovery::service_provider_config(&limits, BASE);
    assert_eq!(config["filter"], json!({"supported": true, "maxResults": 777}));
    assert_eq!(
        config["pagination"],
        json!({"cursor": false, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 999})
    );
    for (name, supported) in
        [("patch", true), ("bulk", false), ("changePassword", true), ("sort", false), ("etag", true)]
    {
        assert_eq!(config[name]["supported"], supported, "{name}");
    }
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
    assert_eq!(config["meta"]["location"], format!("{BASE}/ServiceProviderConfig"));
    let bulk = Some(BulkLimits { operations_max: 1_000, bytes_max: 1_048_576 });
    let limits = Limits { sort: true, bulk, cursor_timeout_seconds: Some(600), ..limits };
    let config = discovery::service_provider_config(&limits, BASE);
    assert_eq!(
        config["bulk"],
        json!({"supported": true, "maxOperations": 1_000, "maxPayloadSize": 1_048_576})
    );
    assert_eq!(config["sort"]["supported"], true);
    assert_eq!(
        (&config["pagination"]["cursor"], &config["pagination"]["cursorTimeout"]),
        (&json!(true), &json!(600))
    );
    let schema = STANDARD.schema(SERVICE_PROVIDER_CONFIG_URN).unwrap();
    for name in
        config.as_object().unwrap().keys().filter(|name| !["schemas", "meta"].contains(&name.as_str()))
    {
        assert!(schema.attribute(name).is_some(), "{name} is announced but not described");
    }
}

#[test]
fn schemas_show_every_characteristic() {
    let list = discovery::schemas(&STANDARD, BASE);
    assert_eq!(list["totalResults"], 8);
    assert_eq!(list["itemsPerPage"], 8);
    let check = |attribute: &Value| {
        for key in [
            "name",
            "type",
            "description",
            "multiValued",
            "required",
            "caseExact",
            "mutability",
            "returned",
            "uniqueness",
        ] {
            assert!(!attribute[key].is_null(), "{key} is missing of {attribute}");
        }
    };
    for schema in list["Resources"].as_array().unwrap() {
        assert_eq!(schema["meta"]["location"], format!("{BASE}/Schemas/{}", schema["id"].as_str().unwrap()));
        for attribute in schema["attributes"].as_array().unwrap() {
            check(attribute);
            assert_eq!(attribute["type"] == "complex", attribute["subAttributes"].is_array());
            attribute["subAttributes"].as_array().into_iter().flatten().for_each(check);
        }
    }
}

#[test]
fn single_documents_are_found() {
    let user = discovery::schema(&STANDARD, "URN:ietf:params:scim:schemas:core:2.0:user", BASE).unwrap();
    let attribute = |name: &str| {
        user["attributes"].as_array().unwrap().iter().find(|a| a["name"] == name).unwrap().clone()
    };
    assert_eq!(attribute("userName")["uniqueness"], "server");
    assert_eq!(attribute("password")["returned"], "never");
    assert_eq!(attribute("password")["mutability"], "writeOnly");
    assert_eq!(attribute("groups")["mutability"], "readOnly");
    assert_eq!(discovery::schema(&STANDARD, "urn:unknown", BASE), None);
    let group = discovery::resource_type(&STANDARD, "Group", BASE).unwrap();
    assert_eq!(group["schema"], schema::GROUP_URN);
    assert_eq!(
        group["schemaExtensions"],
        json!([{"schema": "urn:throng:scim:1.0:Group", "required": false}])
    );
    assert_eq!(group["meta"]["location"], format!("{BASE}/ResourceTypes/Group"));
    assert_eq!(discovery::resource_types(&STANDARD, BASE)["Resources"][0]["endpoint"], "/Users");
    assert_eq!(discovery::resource_type(&STANDARD, "Device", BASE), None);
}

#[test]
fn errors_have_their_wire_form() {
    assert_eq!(
        Error::uniqueness("userName is taken").to_json(),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409", "scimType": "uniqueness", "detail": "userName is taken"})
    );
    assert_eq!(Error::too_large("x").to_json().get("scimType"), None);
}
