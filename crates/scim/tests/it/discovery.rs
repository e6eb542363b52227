use serde_json::{Value, json};
use throng_scim::discovery::{self, Limits};
use throng_scim::{Error, schema};

use crate::support::STANDARD;

const BASE: &str = "https://scim.example.com/scim/v2";

#[test]
fn the_configuration_announces_the_given_numbers() {
    let limits = Limits {
        filter_results_max: 777,
        page_size_default: 100,
        page_size_max: 999,
        cursor_timeout_seconds: 86_400,
    };
    let config = discovery::service_provider_config(&limits, BASE);
    assert_eq!(config["filter"], json!({"supported": true, "maxResults": 777}));
    assert_eq!(
        config["pagination"],
        json!({"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 999, "cursorTimeout": 86_400})
    );
    for (name, supported) in
        [("patch", true), ("bulk", false), ("changePassword", false), ("sort", false), ("etag", true)]
    {
        assert_eq!(config[name]["supported"], supported, "{name}");
    }
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
    assert_eq!(config["meta"]["location"], format!("{BASE}/ServiceProviderConfig"));
}

#[test]
fn schemas_show_every_characteristic() {
    let list = discovery::schemas(&STANDARD, BASE);
    assert_eq!(list["totalResults"], 4);
    assert_eq!(list["itemsPerPage"], 4);
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
