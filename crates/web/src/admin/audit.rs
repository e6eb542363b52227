//! The audit log, as the vendor's family of APIs searches and exports it.

use axum::body::Body;
use http::StatusCode;
use throng_api::{AuditRecord, AuditRecordsPage, AuditSearch};
use throng_directory::Instant;
use throng_directory::model::audit::{Event, Kind};
use throng_directory::model::expression::Order;
use throng_directory::model::faults::Faults;
use throng_directory::model::time::parse_rfc3339;
use throng_directory::use_cases::audit::search::AuditAsked;
use throng_tables::{Cell, Formulas, write_csv};

use crate::access::Authorised;
use crate::admin::page::Page;
use crate::admin::{accounts_path, groups, show};
use crate::audit::record;
use crate::call::{Call, Outcome};
use crate::headers::CSV;
use crate::native::downloads::attachment;
use crate::refusal::Refusal;
use crate::{json, limits};

/// What searches are ordered by.
const ORDERS: &[&str] = &["date", "author"];
/// The columns of an export.
const COLUMNS: [&str; 6] = ["Date", "Event", "Author", "IP Address", "Type", "Audit Data"];

/// Of which of the two APIs a search is.
struct Side {
    kinds: Vec<Kind>,
    /// An order without a direction begins with the latest.
    is_latest_first: bool,
}

impl Side {
    /// People, profiles, jobs and everything else: all but groups.
    fn users() -> Self {
        let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Group).collect();
        Self { kinds, is_latest_first: false }
    }

    fn groups() -> Self {
        Self { kinds: vec![Kind::Group], is_latest_first: true }
    }

    async fn read(self, call: &mut Call) -> Result<AuditAsked, Refusal> {
        let body: AuditSearch = json::read(call).await?;
        let order = call.query.get("orderBy");
        let (by_author, descending) = match order {
            None => (false, self.is_latest_first),
            Some(text) => {
                let order = Order::parse(text, ORDERS)?;
                let is_plain = !text.contains(' ');
                (order.field == "author", order.descending || (is_plain && self.is_latest_first))
            }
        };
        let mut faults = Faults::default();
        let (from, until) = (
            time("startDate", body.start_date.as_ref(), &mut faults),
            time("endDate", body.end_date.as_ref(), &mut faults),
        );
        if from.zip(until).is_some_and(|(from, until)| from > until) {
            faults.form("endDate", "endDate is not before startDate");
        }
        let names: Vec<&str> = Event::ALL.map(Event::as_str).to_vec();
        let event = chosen("event", body.event.as_ref(), (&names, Event::parse), &mut faults);
        let names: Vec<&str> = self.kinds.iter().map(|kind| kind.as_str()).collect();
        let known = |name: &str| Kind::parse(name).filter(|kind| self.kinds.contains(kind));
        let kind = chosen("type", body.kind.as_ref(), (&names, known), &mut faults);
        faults.refuse()?;
        Ok(AuditAsked {
            from,
            until,
            event,
            kinds: kind.map_or(self.kinds, |kind| vec![kind]),
            author: given(body.author.as_ref()),
            address: given(body.ip_address.as_ref()),
            keyword: given(body.search_keyword.as_ref()),
            by_author,
            descending,
        })
    }
}

/// POST `/api/admin/user/v1/accounts/{accountId}/audit-records:search`.
pub(crate) async fn search(caller: Authorised, call: Call) -> Outcome {
    let path = format!("{}/audit-records:search", accounts_path(&caller.account_name));
    searched(&caller, call, Side::users(), &path).await
}

/// POST `/api/admin/group/v1/accounts/{accountId}/audit-records:search`.
pub(crate) async fn search_groups(caller: Authorised, call: Call) -> Outcome {
    let path = format!("{}/audit-records:search", groups::accounts_path(&caller.account_name));
    searched(&caller, call, Side::groups(), &path).await
}

/// POST `/api/admin/user/v1/accounts/{accountId}/audit-records:export`.
pub(crate) async fn export(caller: Authorised, call: Call) -> Outcome {
    exported(&caller, call, Side::users()).await
}

/// POST `/api/admin/group/v1/accounts/{accountId}/audit-records:export`.
pub(crate) async fn export_groups(caller: Authorised, call: Call) -> Outcome {
    exported(&caller, call, Side::groups()).await
}

async fn searched(caller: &Authorised, mut call: Call, side: Side, path: &str) -> Outcome {
    let default = limits::AUDIT_PAGE_SIZE_DEFAULT;
    let page = Page::read_or(&call.query, default, limits::AUDIT_PAGE_SIZE_MAX)?;
    let asked = side.read(&mut call).await?;
    let limit = usize::try_from(page.size).unwrap_or(usize::MAX);
    let (found, total) = call.state.directory.search_audit(caller, asked, (page.offset(), limit)).await?;
    let answer = AuditRecordsPage {
        pagination: page.pagination(total),
        audit_records: found.into_iter().map(record).collect(),
        links: page.links(path, total, &[("orderBy", call.query.get("orderBy"))]),
    };
    show(StatusCode::OK, &answer)
}

async fn exported(caller: &Authorised, mut call: Call, side: Side) -> Outcome {
    let asked = side.read(&mut call).await?;
    let found = call.state.directory.export_audit(caller, asked).await?;
    let mut csv = Vec::new();
    write_csv(&COLUMNS.map(|name| Cell::Text(name.to_owned())), Formulas::Kept, &mut csv);
    for entry in found {
        let AuditRecord { date, event, author, ip_address, kind, audit_data } = record(entry);
        let data = serde_json::Value::Object(audit_data).to_string();
        let cells = [date, event, author, ip_address, kind, data].map(Cell::Text);
        write_csv(&cells, Formulas::Escaped, &mut csv);
    }
    Ok(attachment(CSV, "audit-records.csv", Body::from(csv)))
}

fn given(text: Option<&String>) -> Option<String> {
    text.map(String::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn time(field: &str, text: Option<&String>, faults: &mut Faults) -> Option<Instant> {
    let text = given(text)?;
    let time = parse_rfc3339(&text);
    if time.is_none() {
        faults.form(field, format!("{field} is a time such as 2024-04-11T12:59:28.043Z"));
    }
    time
}

/// What a text names, among names that there are.
fn chosen<T>(
    field: &str,
    text: Option<&String>,
    (names, parse): (&[&str], impl Fn(&str) -> Option<T>),
    faults: &mut Faults,
) -> Option<T> {
    let text = given(text)?;
    let found = parse(&text);
    if found.is_none() {
        faults.form(field, format!("{field} is one of {}", names.join(", ")));
    }
    found
}
