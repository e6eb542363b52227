//! SCIM groups. Bodies are given as they go over the wire: a list of a million members is not copied into trees.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use crate::answer::{Answer, ResourceList};
use crate::users::list_query;
use crate::{Client, Result};

/// How a group write is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// `Prefer`, for example `respond-async` or `wait=10`. Source: RFC 7240.
    pub prefer: Option<String>,
    /// Makes it safe to send the same body again: 1 to 255 printable characters.
    pub idempotency_key: Option<String>,
    /// `If-Match`: write only if the group has this version.
    pub if_match: Option<String>,
}

impl WriteOptions {
    /// Asks for an answer as soon as the write is durable, before it is carried out.
    pub fn respond_async() -> Self {
        Self { prefer: Some("respond-async".to_owned()), ..Self::default() }
    }
}

impl Client {
    /// Makes a group from a SCIM resource in JSON.
    ///
    /// # Errors
    /// `Refused`: 400 for the body, 409 for a taken `displayName`, 413.
    pub async fn create_group(&self, body: impl Into<Bytes>, options: &WriteOptions) -> Result<Answer> {
        self.write_group(Method::POST, &[], body.into(), options).await
    }

    /// Changes a group by a SCIM PATCH in JSON.
    ///
    /// # Errors
    /// `Refused`: 400 for the body, 404, 412 for another version, 413.
    pub async fn patch_group(
        &self,
        group: &str,
        body: impl Into<Bytes>,
        options: &WriteOptions,
    ) -> Result<Answer> {
        self.write_group(Method::PATCH, &[group], body.into(), options).await
    }

    /// Replaces a group by a SCIM resource in JSON; without `members`, the members stay.
    ///
    /// # Errors
    /// As [`Client::patch_group`].
    pub async fn replace_group(
        &self,
        group: &str,
        body: impl Into<Bytes>,
        options: &WriteOptions,
    ) -> Result<Answer> {
        self.write_group(Method::PUT, &[group], body.into(), options).await
    }

    /// Deletes a group; its jobs that have not ended are aborted.
    ///
    /// # Errors
    /// `Refused`: 404.
    pub async fn delete_group(&self, group: &str) -> Result<()> {
        self.request(Method::DELETE, &["scim", "v2", "Groups", group]).scim().await.map(drop)
    }

    /// A group, with its members as far as the server shows them: see [`Answer::members_omitted`].
    ///
    /// # Errors
    /// `Refused`: 404.
    pub async fn group(&self, group: &str) -> Result<Answer> {
        self.get(&["scim", "v2", "Groups", group]).scim().await
    }

    /// Groups that a filter selects, without their members: `count` at most, from the `start_index`-th on (from 1).
    ///
    /// # Errors
    /// `Refused`: 400 for the filter.
    pub async fn groups(&self, filter: Option<&str>, start_index: u64, count: u64) -> Result<ResourceList> {
        let mut query = list_query(filter, start_index, count);
        query.push(("excludedAttributes", "members".to_owned()));
        self.get(&["scim", "v2", "Groups"]).query(&query).read().await
    }

    /// How many members a group has.
    ///
    /// # Errors
    /// `Refused`: 404.
    pub async fn count_members(&self, group: &str) -> Result<u64> {
        let answer = self.group(group).await?;
        let shown = answer.body.get("members").and_then(Value::as_array).map_or(0, Vec::len);
        Ok(answer.members_omitted.unwrap_or(shown as u64))
    }

    async fn write_group(
        &self,
        method: Method,
        rest: &[&str],
        body: Bytes,
        options: &WriteOptions,
    ) -> Result<Answer> {
        let request = self.request(method, &[&["scim", "v2", "Groups"], rest].concat()).scim_body(body);
        let request = request.header("prefer", options.prefer.as_deref());
        let request = request.header("idempotency-key", options.idempotency_key.as_deref());
        request.header("if-match", options.if_match.as_deref()).scim().await
    }
}
