use throng_scim::ScimType;
use throng_scim::path::{AttrPath, Path};
use throng_scim::schema::ENTERPRISE_USER_URN;

use crate::support::{assert_refused, group_type, user_type};

fn canonical(text: &str) -> Option<String> {
    AttrPath::parse(text).unwrap().canonical(user_type())
}

#[test]
fn every_spelling_has_one_canonical_name() {
    for (text, name) in [
        ("username", "userName"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName"),
        ("URN:IETF:params:scim:schemas:CORE:2.0:USER:name.familyname", "name.familyName"),
        ("name:familyName", "name.familyName"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:name:familyName", "name.familyName"),
        ("emails", "emails.value"),
        ("Emails.Value", "emails.value"),
        ("groups", "groups.value"),
        ("meta.lastmodified", "meta.lastModified"),
        ("name", "name"),
        ("schemas", "schemas"),
    ] {
        assert_eq!(canonical(text).as_deref(), Some(name), "{text}");
    }
    let manager = format!("{ENTERPRISE_USER_URN}:manager.value");
    assert_eq!(canonical(&manager).as_deref(), Some(manager.as_str()));
    for unknown in [
        "shoeSize",
        "name.nick",
        "urn:example:User:userName",
        ENTERPRISE_USER_URN,
        "urn:ietf:params:scim:schemas:core:2.0:Group:displayName",
    ] {
        assert_eq!(canonical(unknown), None, "{unknown}");
    }
    let description = AttrPath::parse("description").unwrap().canonical(group_type());
    assert_eq!(description.as_deref(), Some("urn:throng:scim:1.0:Group:description"));
}

#[test]
fn parts_are_told_apart() {
    let path = Path::parse(
        r#"urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work]" and primary eq true].value"#,
    )
    .unwrap();
    assert_eq!(path.attribute.attribute, "emails");
    assert_eq!(path.attribute.sub.as_deref(), Some("value"));
    assert_eq!(path.filter.as_ref().unwrap().conjuncts().len(), 2);
    assert_eq!(Path::parse(&path.to_string()).unwrap(), path);
    let unknown = AttrPath::parse("urn:example:2.0:User:a.b").unwrap();
    assert_eq!(
        (unknown.schema.as_deref(), unknown.attribute.as_str(), unknown.sub.as_deref()),
        (Some("urn:example:2.0:User"), "a", Some("b"))
    );
    assert_eq!(AttrPath::parse("members.$ref").unwrap().sub.as_deref(), Some("$ref"));
}

#[test]
fn what_is_no_path_is_refused_with_the_byte() {
    for (text, at) in [
        ("", "byte 0"),
        ("1name", "byte 0"),
        ("name.", "byte 5"),
        ("a.b.c", "byte 3"),
        ("user name", "byte 4"),
        ("näme", "byte 1"),
        ("emails[type eq \"x\"]value", "byte 19"),
        ("emails[type eq \"x\"].", "byte 20"),
        ("emails.value[type eq \"x\"]", "byte 12"),
        (".a", "byte 0"),
    ] {
        assert_refused(Path::parse(text), ScimType::InvalidPath, at);
    }
    for text in [
        "emails[",
        "emails[]",
        "emails[type eq]",
        "emails[type eq \"x\"",
        "emails[a[b pr]]",
        "emails[name.x pr]",
    ] {
        assert_refused(Path::parse(text), ScimType::InvalidFilter, "byte");
    }
    assert!(Path::parse(&"(".repeat(1_000_000)).is_err());
    assert!(Path::parse(&format!("a[{}", "(".repeat(5_000))).is_err());
}
