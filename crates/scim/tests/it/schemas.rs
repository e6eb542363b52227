//! The published schemas beside those of RFC 7643 §8.7, characteristic by characteristic.
//!
//! The fixtures say what the RFC says, with its slips; `schemas` is in them by errata 5999 and 8417.

use serde_json::{Value, json};

use crate::support::{STANDARD, fixtures};

/// Where the published schemas knowingly say something else than §8.7: the attribute, the characteristic, what is
/// published. `docs/scim-conformance.md` names them and their reasons too.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    // Prose of the RFC contradicts §8.7: a reference and a binary are case exact (§2.3.6, §2.3.7; errata 6000, 6001).
    ("User:profileUrl", "caseExact", "true"),
    ("User:photos.value", "caseExact", "true"),
    ("User:groups.$ref", "caseExact", "true"),
    ("User:x509Certificates.value", "caseExact", "true"),
    ("EnterpriseUser:manager.$ref", "caseExact", "true"),
    ("Group:members.$ref", "caseExact", "true"),
    ("Service Provider Configuration:documentationUri", "caseExact", "true"),
    ("Service Provider Configuration:authenticationSchemes.specUri", "caseExact", "true"),
    ("Service Provider Configuration:authenticationSchemes.documentationUri", "caseExact", "true"),
    ("ResourceType:endpoint", "caseExact", "true"),
    // An id is case exact (§3.1), so is what holds one (erratum 8472).
    ("User:groups.value", "caseExact", "true"),
    ("EnterpriseUser:manager.value", "caseExact", "true"),
    ("Group:members.value", "caseExact", "true"),
    // Nobody compares passwords without regard to case.
    ("User:password", "caseExact", "true"),
    // A user's groups are groups (§4.1.2, erratum 8471).
    ("User:groups.$ref", "referenceTypes", r#"["Group"]"#),
    // Required by the prose of §4.2 (erratum 5368).
    ("Group:displayName", "required", "true"),
    // A list by the prose of §6 (erratum 7522).
    ("ResourceType:schemaExtensions", "multiValued", "true"),
    // A list by the prose of §7, and in the attributes beside (erratum 5607).
    ("Schema:attributes.subAttributes.referenceTypes", "multiValued", "true"),
    // Forgotten among the types (§2.3.6, erratum 5606).
    (
        "Schema:attributes.type",
        "canonicalValues",
        r#"["string","complex","boolean","decimal","integer","dateTime","reference","binary"]"#,
    ),
    (
        "Schema:attributes.subAttributes.type",
        "canonicalValues",
        r#"["string","complex","boolean","decimal","integer","dateTime","reference","binary"]"#,
    ),
];

/// What is published beyond §8.7.
const ADDITIONS: &[&str] = &[
    // RFC 9865 §4.
    "Service Provider Configuration:pagination",
    // In §5, forgotten in §8.7.2 (the latter two: erratum 8011).
    "Service Provider Configuration:etag",
    "Service Provider Configuration:authenticationSchemes.type",
    "Service Provider Configuration:authenticationSchemes.primary",
    // In §2.4 and in the example of §8.2, forgotten in §8.7.1.
    "User:addresses.primary",
];

fn compare(place: &str, published: &Value, standard: &Value, found: &mut Vec<(String, String, String)>) {
    for (key, wanted) in standard.as_object().unwrap() {
        if key == "subAttributes" || key == "attributes" {
            compare_lists(place, &published[key], wanted, found);
        } else if published.get(key).unwrap_or(&json!([])) != wanted {
            found.push((place.to_owned(), key.clone(), published[key].to_string()));
        }
    }
    // What the RFC leaves out has its default.
    for (key, value) in published.as_object().unwrap() {
        let default = [json!(false), json!("none"), json!("readWrite"), json!("default")].contains(value);
        assert!(standard.get(key).is_some() || default, "{place} has {key} {value}");
    }
}

fn compare_lists(
    place: &str,
    published: &Value,
    standard: &Value,
    found: &mut Vec<(String, String, String)>,
) {
    let separator = if place.contains(':') { "." } else { ":" };
    let name = |attribute: &Value| format!("{place}{separator}{}", attribute["name"].as_str().unwrap());
    let published: Vec<&Value> = published
        .as_array()
        .unwrap()
        .iter()
        .filter(|attribute| !ADDITIONS.contains(&name(attribute).as_str()))
        .collect();
    let standard = standard.as_array().unwrap();
    let names = |list: &mut dyn Iterator<Item = String>| list.collect::<Vec<_>>();
    assert_eq!(names(&mut published.iter().map(|a| name(a))), names(&mut standard.iter().map(name)));
    for (published, standard) in published.iter().zip(standard) {
        compare(&name(published), published, standard, found);
    }
}

fn check(standard: &Value) {
    let published = STANDARD.schema(standard["id"].as_str().unwrap()).unwrap().to_json();
    let name = standard["name"].as_str().unwrap();
    let mut found = Vec::new();
    compare(name, &published, standard, &mut found);
    let own = |(place, ..): &&(&str, &str, &str)| place.split(':').next() == Some(name);
    let mut known: Vec<(String, String, String)> = DIFFERENCES
        .iter()
        .filter(own)
        .map(|(place, key, value)| ((*place).to_owned(), (*key).to_owned(), (*value).to_owned()))
        .collect();
    found.sort();
    known.sort();
    assert_eq!(found, known);
}

fixtures!(
    "schema",
    check,
    rfc7643_8_7_1_user,
    rfc7643_8_7_1_enterprise_user,
    rfc7643_8_7_1_group,
    rfc7643_8_7_2_service_provider_config,
    rfc7643_8_7_2_resource_type,
    rfc7643_8_7_2_schema,
);

#[test]
fn what_is_published_beyond_the_rfc_is_there() {
    for place in ADDITIONS {
        let (name, path) = place.split_once(':').unwrap();
        let schema = STANDARD.schemas().iter().find(|schema| schema.name == name).unwrap();
        let mut names = path.split('.');
        let attribute = schema.attribute(names.next().unwrap()).unwrap();
        assert!(names.all(|sub| attribute.sub(sub).is_some()), "{place}");
    }
}

#[test]
fn the_page_of_the_standard_names_every_difference() {
    let page = include_str!("../../../../docs/scim-conformance.md");
    let (_, list) = page.split_once("## The published schemas").unwrap();
    let (list, _) = list.split_once("\n## ").unwrap();
    let places = DIFFERENCES.iter().map(|(place, ..)| place).chain(ADDITIONS);
    for place in places {
        assert!(list.contains(&format!("`{place}`")), "{place} is not named");
    }
}
