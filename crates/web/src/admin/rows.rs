//! The users of a job.

use http::StatusCode;
use throng_api::{JobUser, JobUsersPage};
use throng_directory::use_cases::item_choice::{Fields, ItemFilter, ItemOrder};
use throng_directory::use_cases::job_rows::{JobRow, RowsQuery};

use crate::access::Authorised;
use crate::admin::page::Page;
use crate::admin::{jobs_path, show};
use crate::call::{Call, Outcome};
use crate::limits;

/// GET `/accounts/{accountId}/jobs/{jobId}/users`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let page = Page::read(&call.query, limits::JOB_USERS_PAGE_SIZE_MAX)?;
    let (filter, order) = (call.query.get("filter"), call.query.get("orderBy"));
    let query = RowsQuery {
        filter: filter.map(|text| ItemFilter::parse(text, &Fields::ROWS)).transpose()?,
        order: order.map(|text| ItemOrder::parse(text, &Fields::ROWS)).transpose()?,
        offset: page.offset(),
        limit: usize::try_from(page.size).unwrap_or(usize::MAX),
    };
    let job = call.param("jobId");
    let (rows, total) = call.state.directory.import_rows(&caller, job, &query).await?;
    let path = format!("{}/{job}/users", jobs_path(&caller.account_name));
    let answer = JobUsersPage {
        pagination: page.pagination(total),
        users: rows.into_iter().map(job_user).collect(),
        links: page.links(&path, total, &[("filter", filter), ("orderBy", order)]),
    };
    show(StatusCode::OK, &answer)
}

fn job_user(row: JobRow) -> JobUser {
    JobUser {
        login_id: row.login,
        user_id: row.user.map(|user| user.to_string()),
        operation: row.operation.to_owned(),
        status: row.status.as_str().to_owned(),
        message: row.message,
    }
}
