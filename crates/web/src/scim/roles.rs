//! `/scim/v2/Roles`: the roles that users can be given, read-only. Roles are data: they grant nothing here.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use throng_scim::filter::Filter;
use throng_scim::message::ListResponse;

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::headers::{SCIM_JSON, answer};
use crate::refusal::Refusal;

/// A role that the configuration names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimRole {
    /// What stands in `roles[].value` of users.
    pub value: String,
    /// For people; the value when absent.
    #[serde(default)]
    pub display: Option<String>,
    /// Its kind.
    #[serde(rename = "type", default = "primary")]
    pub kind: String,
    /// Whether users can be given it.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The grants that it is made of.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Who made it: `system` or `custom`.
    #[serde(default)]
    pub origin: Origin,
}

/// Who made a role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// It comes with the product.
    #[default]
    System,
    /// A customer made it.
    Custom,
}

impl Origin {
    const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Custom => "custom",
        }
    }
}

fn primary() -> String {
    "primary".to_owned()
}

const fn yes() -> bool {
    true
}

impl ScimRole {
    fn to_json(&self) -> Value {
        json!({
            "value": self.value,
            "display": self.display.as_ref().unwrap_or(&self.value),
            "type": self.kind,
            "enabled": self.enabled,
            "contains": self.contains,
        })
    }
}

/// GET `/Roles`. `origin` selects one origin, as `system` or `custom`, or as the filter `origin eq "custom"`. All of them are one page.
pub(crate) async fn list(_caller: Authorised, call: Call) -> Outcome {
    if call.query.get("filter").is_some() {
        let detail = "roles are chosen by the parameter origin alone";
        return Err(throng_scim::Error::invalid_filter(detail).into());
    }
    let origin = call.query.get("origin").map(read_origin).transpose()?;
    let wanted = call.state.roles.iter().filter(|role| origin.is_none_or(|origin| origin == role.origin));
    let roles: Vec<Value> = wanted.map(ScimRole::to_json).collect();
    Ok(answer(StatusCode::OK, SCIM_JSON, ListResponse::all(roles).into_json().to_string()))
}

fn read_origin(text: &str) -> Result<Origin, Refusal> {
    let filter = Filter::parse(text).ok();
    let value = match filter.as_ref().and_then(Filter::equality) {
        Some((path, value)) if path.attribute.eq_ignore_ascii_case("origin") => value,
        _ => text,
    };
    [Origin::System, Origin::Custom].into_iter().find(|origin| origin.as_str() == value).ok_or_else(|| {
        throng_scim::Error::invalid_filter(
            "origin is system or custom, or a filter such as origin eq \"custom\"",
        )
        .into()
    })
}
