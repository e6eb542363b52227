//! SCIM users.

use reqwest::Method;
use serde_json::Value;

use crate::answer::{Answer, ResourceList};
use crate::{Client, Result};

impl Client {
    /// Makes a user from a SCIM resource.
    ///
    /// # Errors
    /// `Refused`: 400 for an attribute, 409 for a taken `userName`.
    pub async fn create_user(&self, user: &Value) -> Result<Answer> {
        self.request(Method::POST, &["scim", "v2", "Users"]).scim_body(user.to_string()).scim().await
    }

    /// A user by id.
    ///
    /// # Errors
    /// `Refused`: 404.
    pub async fn user(&self, id: &str) -> Result<Answer> {
        self.get(&["scim", "v2", "Users", id]).scim().await
    }

    /// Deletes a user, who leaves all groups.
    ///
    /// # Errors
    /// `Refused`: 404.
    pub async fn delete_user(&self, id: &str) -> Result<()> {
        self.request(Method::DELETE, &["scim", "v2", "Users", id]).scim().await.map(drop)
    }

    /// Users that a filter selects: `count` at most, from the `start_index`-th on (from 1).
    ///
    /// # Errors
    /// `Refused`: 400 for the filter.
    pub async fn users(&self, filter: Option<&str>, start_index: u64, count: u64) -> Result<ResourceList> {
        self.get(&["scim", "v2", "Users"]).query(&list_query(filter, start_index, count)).read().await
    }
}

/// The query of a list. Source: RFC 7644 §3.4.2.
pub(crate) fn list_query(filter: Option<&str>, start_index: u64, count: u64) -> Vec<(&'static str, String)> {
    let mut query = vec![("startIndex", start_index.to_string()), ("count", count.to_string())];
    query.extend(filter.map(|filter| ("filter", filter.to_owned())));
    query
}
