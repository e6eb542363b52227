//! SCIM 2.0 (RFC 7643, RFC 7644, the cursors of RFC 9865) as pure data and functions: what somebody who builds a
//! directory server needs of the standard, and nothing else.
//!
//! Nothing here reads a clock, a socket or a file, and nothing is stored. Documents come in as bytes or as
//! [`serde_json`] values and go out as normalised attribute maps; what is wrong with them comes out as [`Error`], which
//! knows its own wire form. Answers are strict; requests are read as Entra ID, Okta and the others really send them.
//! Whatever is read, its size, depth and number of terms are limited.
//!
//! # What a server knows
//!
//! A [`Registry`] holds the schemas and resource types of one server: users with the enterprise extension, groups, and
//! whatever it was given as documents. Nothing distinguishes the ones from the others afterwards.
//!
//! ```
//! use serde_json::json;
//! use throng_scim::Registry;
//!
//! let mut registry = Registry::standard();
//! registry.define(json!([
//!     {
//!         "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
//!         "id": "urn:example:scim:1.0:Device",
//!         "name": "Device",
//!         "attributes": [
//!             {"name": "serial", "required": true, "caseExact": true, "mutability": "immutable"},
//!             {"name": "owner", "type": "complex", "subAttributes": [{"name": "value"}, {"name": "since", "type": "dateTime"}]},
//!         ],
//!     },
//!     {
//!         "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
//!         "name": "Device",
//!         "endpoint": "/Devices",
//!         "schema": "urn:example:scim:1.0:Device",
//!     },
//! ]))?;
//! let device = registry.by_endpoint("/Devices").expect("it was defined just now");
//! assert_eq!(device.name, "Device");
//!
//! // What cannot work is refused, with the place and what to do about it.
//! let slip = json!({
//!     "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
//!     "id": "urn:example:scim:1.0:Phone",
//!     "attributes": [{"name": "number", "mutablity": "readOnly"}],
//! });
//! assert_eq!(
//!     registry.define(slip).unwrap_err().to_string(),
//!     "schema urn:example:scim:1.0:Phone, attribute number: \"mutablity\" is not known here: check its spelling"
//! );
//! # Ok::<(), throng_scim::schema::DefinitionError>(())
//! ```
//!
//! # Resources
//!
//! [`json::parse`] reads a body strictly: a name that stands twice is refused. [`resource::read`] makes a resource of
//! it: canonical names in the order of the schema, no read-only and no unassigned attributes, so that equal resources
//! serialise equally. [`resource::replace`] is what a PUT makes of the old resource and the new.
//!
//! ```
//! use throng_scim::json::{self, JsonLimits};
//! use throng_scim::{Registry, resource};
//!
//! let registry = Registry::standard();
//! let body = br#"{"USERNAME": "bjensen", "active": "True", "emails": "b@example.com", "password": "t1meMa$heen"}"#;
//! let user = resource::read_user(json::parse(body, &JsonLimits::default())?, registry.user())?;
//! assert_eq!(
//!     serde_json::to_string(&user.attributes).unwrap(),
//!     r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bjensen","active":true,"emails":[{"value":"b@example.com"}]}"#
//! );
//! // The password never stays among the attributes.
//! assert_eq!(user.password.as_deref(), Some("t1meMa$heen"));
//!
//! let error = resource::read_user(serde_json::json!({"active": "perhaps"}), registry.user()).unwrap_err();
//! assert_eq!(error.to_string(), "400 invalidValue: active must be a boolean, not a string");
//! # Ok::<(), throng_scim::Error>(())
//! ```
//!
//! # Filters
//!
//! [`filter::Filter::parse`] reads a filter, [`filter::Filter::check`] refuses what a resource type cannot be asked,
//! and [`filter::matches`](fn@filter::matches) decides. A planner takes from a filter what its indexes can serve
//! ([`filter::Filter::conjuncts`], [`filter::Filter::equality`], [`path::AttrPath::canonical`]) and leaves the rest to
//! `matches`, so that a filter means the same whichever way it is served.
//!
//! ```
//! use serde_json::json;
//! use throng_scim::Registry;
//! use throng_scim::filter::{Filter, matches};
//!
//! let registry = Registry::standard();
//! let filter = Filter::parse(r#"emails[type eq "work" and value co "@example.com"] and not (active eq false)"#)?;
//! filter.check(registry.user())?;
//!
//! let user = json!({"userName": "bjensen", "active": true, "emails": [{"value": "b@example.com", "type": "work"}]});
//! assert!(matches(&filter, user.as_object().unwrap(), registry.user()));
//!
//! // The text form is a filter again; errors name the byte.
//! assert_eq!(Filter::parse(&filter.to_string())?, filter);
//! let error = Filter::parse("userName eq bjensen").unwrap_err();
//! assert!(error.detail.contains("wrong at byte 12"), "{error}");
//! # Ok::<(), throng_scim::Error>(())
//! ```
//!
//! [`sort::SortKey`] puts resources in order and fits into a cursor.
//!
//! # PATCH
//!
//! [`patch::parse_patch`] reads the operations, [`patch::apply`] applies them all or, on error, none, and says whether
//! anything has changed. The members of a group are not among what it changes, since there may be millions of them:
//! [`group_write`] reads group bodies of any size in one pass and passes each member on as it is met.
//!
//! ```
//! use serde_json::json;
//! use throng_scim::{Registry, ScimType, patch};
//!
//! let registry = Registry::standard();
//! let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bjensen"});
//! let user = user.as_object().unwrap();
//!
//! // As Entra ID sends it: the address does not exist yet, and is made of what the path says.
//! let operations = patch::parse_patch(json!({"Operations": [
//!     {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "b@example.com"},
//!     {"op": "Replace", "path": "active", "value": "False"},
//! ]}))?;
//! let patched = patch::apply(user, &operations, registry.user())?;
//! assert!(patched.changed);
//! assert_eq!(patched.attributes["emails"], json!([{"value": "b@example.com", "type": "work"}]));
//! assert_eq!(patched.attributes["active"], false);
//! assert!(!patch::apply(&patched.attributes, &operations, registry.user())?.changed);
//!
//! let wrong = patch::parse_patch(json!({"Operations": [{"op": "replace", "path": "id", "value": "1"}]}))?;
//! assert_eq!(patch::apply(user, &wrong, registry.user()).unwrap_err().scim_type, Some(ScimType::Mutability));
//! # Ok::<(), throng_scim::Error>(())
//! ```
//!
//! # Answers
//!
//! [`projection::Projection`] leaves out what is not to be shown, [`message::ListResponse`] is a page, and
//! [`discovery`] makes the documents by which clients find out what a server can do: of the same registry, and of the
//! same limits that the server enforces.
//!
//! ```
//! use throng_scim::discovery::{self, Limits};
//! use throng_scim::{Error, Registry};
//!
//! let registry = Registry::standard();
//! let limits = Limits {
//!     sort: true,
//!     bulk: None,
//!     cursor_timeout_seconds: Some(600),
//!     filter_results_max: 1_000,
//!     page_size_default: 100,
//!     page_size_max: 1_000,
//! };
//! let config = discovery::service_provider_config(&limits, "https://example.com/scim/v2");
//! assert_eq!(config["pagination"]["maxPageSize"], 1_000);
//! let types = discovery::resource_types(&registry, "https://example.com/scim/v2");
//! assert_eq!(types["Resources"][1]["meta"]["location"], "https://example.com/scim/v2/ResourceTypes/Group");
//!
//! assert_eq!(Error::uniqueness("userName is taken").to_json()["scimType"], "uniqueness");
//! ```
//!
//! # Many operations at once
//!
//! [`bulk::BulkRequest`] reads a bulk request and plans it, so that references by `bulkId` may point forward, backward
//! and in circles. Running the operations is the server's part.

pub mod bulk;
mod datetime;
pub mod discovery;
pub mod error;
pub mod filter;
pub mod group_write;
pub mod json;
pub mod message;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod sort;

pub use error::{Error, ScimType};
pub use schema::Registry;
