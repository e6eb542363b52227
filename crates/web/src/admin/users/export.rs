//! `users:bulkExport`.

use http::StatusCode;
use throng_api::JobAccepted;
use throng_directory::model::jobs::ExportFilter;
use throng_directory::use_cases::exports::ExportAsked;
use throng_directory::use_cases::redrive::Followed;

use super::{DEFAULT_ORDER, FIELDS, finds_account};
use crate::access::Authorised;
use crate::admin::listing::Fields;
use crate::admin::{job_path, show, upload};
use crate::call::{Call, Outcome};
use crate::headers::idempotency_key;
use crate::schedule;
use crate::scim::response;

/// As of lists, but that `:` means what the vendor's description of exports says.
const EXPORTS: Fields = Fields { colon_contains: true, ..FIELDS };

/// POST `/accounts/{accountId}/users:bulkExport`.
pub(crate) async fn export(caller: Authorised, call: Call) -> Outcome {
    let query = &call.query;
    let filter = query.get("filter").map(|text| EXPORTS.pieces(text)).transpose()?;
    let filter = filter.map(|(attribute, pieces)| ExportFilter {
        attribute: attribute.to_owned(),
        or_absent: finds_account(attribute, &pieces, &caller.account_name),
        pieces,
    });
    let (order, descending) = EXPORTS.ordered(query.get("orderBy").unwrap_or(DEFAULT_ORDER))?;
    let asked = ExportAsked {
        job_name: upload::job_name(&call)?,
        filter,
        order: order.to_owned(),
        descending,
        idempotency_key: idempotency_key(call.headers())?,
        request: call.request_line(),
        schedule: schedule::read(query)?,
    };
    accepted(&caller, &call.state.directory.export_users(&caller, asked).await?)
}

fn accepted(caller: &Authorised, made: &Followed) -> Outcome {
    let answer = JobAccepted {
        job_id: made.job.uuid.to_string(),
        url: format!("{}:downloadExportedUsers", job_path(&caller.account_name, &made.job)),
        unknown_columns: Vec::new(),
    };
    let mut response = show(StatusCode::ACCEPTED, &answer)?;
    response::mark_replayed(&mut response, made.replayed);
    Ok(response)
}
