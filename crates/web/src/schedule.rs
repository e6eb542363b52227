//! When a job may begin, as a query says it.

use throng_directory::model::schedule::Priority;
use throng_directory::model::time::parse_rfc3339;
use throng_directory::use_cases::schedules::ScheduleAsked;

use crate::query::Query;
use crate::refusal::Refusal;

/// `notBefore`, `after` and `priority`.
///
/// # Errors
/// 400 naming the parameter.
pub(crate) fn read(query: &Query) -> Result<ScheduleAsked, Refusal> {
    let not_before = query.get("notBefore").map(|text| {
        let refusal = || Refusal::bad("notBefore", "notBefore is a time such as 2026-05-13T04:42:34Z");
        parse_rfc3339(text).ok_or_else(refusal)
    });
    let priority = query.get("priority").map(|text| {
        let refusal = || Refusal::bad("priority", "priority is low, normal or high");
        Priority::parse(text).ok_or_else(refusal)
    });
    Ok(ScheduleAsked {
        not_before: not_before.transpose()?,
        after: query.get("after").map(str::to_owned),
        priority: priority.transpose()?.unwrap_or_default(),
    })
}

/// `dryRun`.
///
/// # Errors
/// 400 for what is neither `true` nor `false`: whoever asks for a dry run must not get a real one.
pub(crate) fn dry_run(query: &Query) -> Result<bool, Refusal> {
    match query.get("dryRun") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refusal::bad("dryRun", "dryRun is true or false")),
    }
}
