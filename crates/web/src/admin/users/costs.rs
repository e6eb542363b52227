//! Lists of people that cost too much, in the words of this API: the lists beneath it speak those of SCIM.

use throng_directory::{Error, limits};
use throng_scim::ScimType;

use crate::admin::error::code;
use crate::admin::page::Page;
use crate::refusal::Refusal;

/// What a list or a search of people is refused with; `is_by_login` says in which order it is.
pub(super) fn refusal(error: Error, page: Page, is_by_login: bool) -> Refusal {
    match &error {
        Error::Scim(found) if found.scim_type == Some(ScimType::TooMany) => too_many(page, is_by_login),
        _ => error.into(),
    }
}

fn too_many(page: Page, is_by_login: bool) -> Refusal {
    let max = limits::SORTED_INDEX_MAX as u64;
    let (field, detail) = if !is_by_login && page.offset().saturating_add(page.size) > max {
        let detail = format!(
            "pages go beyond the {max}th person only in the order of loginId: ask for that order, for fewer people by \
             a filter, or for users:bulkExport, which has no pages"
        );
        ("pageNumber", detail)
    } else {
        let detail = "this looks at more people than one request may: ask for a whole loginId or emailId (in a search by \
                      EQUALS, joined by AND), order a list by loginId, or take users:bulkExport, which goes \
                      through all people as a job";
        ("filter", detail.to_owned())
    };
    Refusal { code: Some(code::TOO_MANY), ..Refusal::bad(field, detail) }
}

#[cfg(test)]
mod tests;
