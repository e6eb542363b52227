//! What a list asks, and its envelope. Source: RFC 7644 §3.4.2.

use axum::response::Response;
use http::StatusCode;
use throng_directory::limits;
use throng_directory::use_cases::lists::ListQuery;
use throng_scim::filter::Filter;
use throng_scim::message::LIST_RESPONSE;

use crate::headers::{SCIM_JSON, answer};
use crate::query::Query;
use crate::refusal::Refusal;

/// Reads `filter`, `startIndex` (less than 1 means 1) and `count` (less than 0 means 0, and never more than
/// `COUNT_MAX`).
///
/// # Errors
/// 400 `invalidFilter`; 400 `invalidValue` for what is no integer.
pub(crate) fn read(query: &Query) -> Result<ListQuery, Refusal> {
    let filter = query.get("filter").map(Filter::parse).transpose()?;
    let start_index = integer(query, "startIndex")?.map_or(1, |n| u64::try_from(n).unwrap_or(0).max(1));
    let count = integer(query, "count")?
        .map_or(limits::COUNT_DEFAULT, |n| usize::try_from(n.max(0)).unwrap_or(usize::MAX))
        .min(limits::COUNT_MAX);
    Ok(ListQuery { filter, start_index, count })
}

fn integer(query: &Query, name: &str) -> Result<Option<i64>, Refusal> {
    let wrong = |_| throng_scim::Error::invalid_value(format!("{name} must be an integer"));
    Ok(query.get(name).map(|text| text.trim().parse().map_err(wrong)).transpose()?)
}

/// A list that is being written.
pub(crate) struct ListWriter {
    body: Vec<u8>,
}

impl ListWriter {
    pub(crate) fn new(total: u64, start_index: u64, items: usize) -> Self {
        let body = format!(
            "{{\"schemas\":[\"{LIST_RESPONSE}\"],\"totalResults\":{total},\"startIndex\":{start_index},\
             \"itemsPerPage\":{items},\"Resources\":["
        );
        Self { body: body.into_bytes() }
    }

    /// Where the next resource goes.
    pub(crate) fn next(&mut self) -> &mut Vec<u8> {
        if self.body.last() != Some(&b'[') {
            self.body.push(b',');
        }
        &mut self.body
    }

    pub(crate) fn response(mut self) -> Response {
        self.body.extend_from_slice(b"]}");
        answer(StatusCode::OK, SCIM_JSON, self.body)
    }
}
