//! Pages of the admin API, and the links between them.

use throng_api::{Links, Pagination};

use crate::admin::error::code;
use crate::limits;
use crate::path::encode;
use crate::query::Query;
use crate::refusal::Refusal;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 1.
    pub(crate) number: u64,
    /// Records of a full page, from 1.
    pub(crate) size: u64,
}

impl Page {
    /// Reads `pageNumber` and `pageSize`.
    ///
    /// # Errors
    /// 400 for what is no number of 1 or more, and for more than `size_max` records.
    pub(crate) fn read(query: &Query, size_max: u64) -> Result<Self, Refusal> {
        Self::read_or(query, limits::PAGE_SIZE_DEFAULT, size_max)
    }

    /// The same of a list whose pages have another size when the client names none.
    ///
    /// # Errors
    /// As [`Page::read`].
    pub(crate) fn read_or(query: &Query, size_default: u64, size_max: u64) -> Result<Self, Refusal> {
        let number = positive(query, "pageNumber", u64::MAX)?.unwrap_or(1);
        let size = positive(query, "pageSize", size_max)?.unwrap_or(size_default);
        Ok(Self { number, size })
    }

    /// Records before this page.
    pub(crate) fn offset(self) -> u64 {
        (self.number - 1).saturating_mul(self.size)
    }

    pub(crate) fn pagination(self, total: u64) -> Pagination {
        Pagination { page_number: self.number, page_size: self.size, total }
    }

    /// The neighbouring pages under `path`, with every parameter that is in effect. Beyond the end, `prev` is the
    /// last page that has records.
    pub(crate) fn links(self, path: &str, total: u64, others: &[(&str, Option<&str>)]) -> Links {
        let last = total.div_ceil(self.size).max(1);
        let link = |number: u64| {
            let mut link = format!("{path}?pageNumber={number}&pageSize={}", self.size);
            for (name, value) in others.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
                link.extend(["&", name, "=", &encode(value)]);
            }
            link
        };
        let prev = if self.number > 1 { link(last.min(self.number - 1)) } else { String::new() };
        let next = if self.number < last { link(self.number + 1) } else { String::new() };
        Links { prev, next }
    }
}

fn positive(query: &Query, name: &str, max: u64) -> Result<Option<u64>, Refusal> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || text.bytes().all(|b| b == b'0') {
        return Err(Refusal::bad(name, format!("{name} must be a whole number of 1 or more")));
    }
    match text.parse() {
        Ok(number) if number <= max => Ok(Some(number)),
        _ => Err(Refusal {
            code: Some(code::TOO_MANY),
            ..Refusal::bad(name, format!("{name} is at most {max}"))
        }),
    }
}

#[cfg(test)]
mod tests;
