//! The native API, as far as it goes: accounts, keys, jobs, limits, health.

pub(crate) mod audit;
pub(crate) mod clients;
pub(crate) mod downloads;
pub(crate) mod events;
pub(crate) mod jobs;
pub(crate) mod keys;

use std::sync::LazyLock;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use throng_api::{AccountCreate, AccountCreated, AccountSettings, Health, Limits};
use throng_directory::limits;
use throng_scim::filter;

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::headers::{JSON, answer};
use crate::refusal::Refusal;
use crate::{json, limits as web_limits};

/// POST `/api/v1/accounts`.
pub(crate) async fn create_account(caller: Authorised, mut call: Call) -> Outcome {
    let asked: AccountCreate = json::read(&mut call).await?;
    call.state.directory.create_account(&caller, &asked.name).await?;
    show(StatusCode::CREATED, &AccountCreated { name: asked.name })
}

/// GET `/api/v1/accounts/{account}/settings`.
pub(crate) async fn account_settings(caller: Authorised, call: Call) -> Outcome {
    let settings = call.state.directory.account_settings(&caller, call.param("account")).await?;
    show(StatusCode::OK, &settings)
}

/// PATCH `/api/v1/accounts/{account}/settings`.
pub(crate) async fn change_account_settings(caller: Authorised, mut call: Call) -> Outcome {
    let asked: AccountSettings = json::read(&mut call).await?;
    let Ok(Value::Object(changes)) = serde_json::to_value(asked) else { return Err(Refusal::internal()) };
    let account = call.param("account");
    let settings = call.state.directory.change_account_settings(&caller, account, changes).await?;
    show(StatusCode::OK, &settings)
}

/// POST `/api/v1/clock/confirm`.
pub(crate) async fn confirm_clock(caller: Authorised, call: Call) -> Outcome {
    call.state.directory.trust_clock(&caller).await?;
    Ok(gone())
}

/// GET `/api/v1/limits`.
pub(crate) async fn limits(_call: Call) -> Outcome {
    show(StatusCode::OK, &announced())
}

/// GET `/health`.
pub(crate) async fn health(call: Call) -> Outcome {
    let directory = &call.state.directory;
    let durability = directory.check().await?.as_str().to_owned();
    let worker_panics = directory.worker_panics();
    let clock_jumped = directory.clock_jumped();
    show(StatusCode::OK, &Health { status: "ok".to_owned(), durability, worker_panics, clock_jumped })
}

/// GET `/openapi.json`.
pub(crate) async fn openapi(_call: Call) -> Outcome {
    static TEXT: LazyLock<String> = LazyLock::new(|| crate::router::openapi().to_string());
    Ok(answer(StatusCode::OK, JSON, TEXT.as_str()))
}

/// The limits, from the constants that are enforced.
fn announced() -> Limits {
    Limits {
        membership_body_bytes_max: limits::MEMBERSHIP_BODY_BYTES_MAX as u64,
        body_bytes_max: limits::BODY_BYTES_MAX as u64,
        upload_bytes_max: limits::UPLOAD_BYTES_MAX,
        upload_parts_max: limits::UPLOAD_PARTS_MAX.into(),
        upload_part_bytes_max: limits::UPLOAD_PART_BYTES_MAX as u64,
        uploads_open_max: limits::UPLOADS_OPEN_MAX,
        uploads_bytes_max: limits::UPLOADS_BYTES_MAX,
        upload_kept_seconds: limits::UPLOAD_KEPT.as_secs(),
        members_per_request_max: limits::MEMBERS_PER_REQUEST_MAX.into(),
        identifier_bytes_max: limits::IDENTIFIER_BYTES_MAX as u64,
        inline_items_max: limits::INLINE_ITEMS_MAX as u64,
        inline_wait_seconds: limits::INLINE_WAIT.as_secs(),
        wait_seconds_max: limits::WAIT_MAX.as_secs(),
        embedded_members_max: limits::EMBEDDED_MEMBERS_MAX as u64,
        detailed_members_max: limits::DETAILED_MEMBERS_MAX,
        embedded_groups_max: limits::EMBEDDED_GROUPS_MAX as u64,
        nesting_depth_max: limits::NESTING_DEPTH_MAX as u64,
        nested_groups_max: limits::NESTED_GROUPS_MAX as u64,
        count_default: limits::COUNT_DEFAULT as u64,
        count_max: limits::COUNT_MAX as u64,
        filter_bytes_max: filter::LENGTH_MAX as u64,
        filter_terms_max: filter::TERMS_MAX as u64,
        list_candidates_max: limits::LIST_CANDIDATES_MAX,
        list_seconds_max: limits::LIST_TIME_MAX.as_secs(),
        sorted_index_max: limits::SORTED_INDEX_MAX as u64,
        resource_bytes_max: limits::RESOURCE_BYTES_MAX as u64,
        page_bytes_max: limits::PAGE_BYTES_MAX as u64,
        audit_searched_max: limits::AUDIT_SEARCHED_MAX as u64,
        audit_exported_max: limits::AUDIT_EXPORTED_MAX as u64,
        audit_told_every_seconds: limits::AUDIT_TOLD_EVERY.as_secs(),
        audit_sources_max: limits::AUDIT_SOURCES_MAX as u64,
        cursor_kept_seconds: limits::CURSOR_KEPT.as_secs(),
        bulk_operations_max: web_limits::BULK.operations_max.into(),
        bulk_bytes_max: web_limits::BULK.bytes_max.into(),
        import_rows_max: limits::IMPORT_ROWS_MAX,
        keys_max: limits::KEYS_MAX as u64,
        key_days_max: limits::KEY_DAYS_MAX,
        access_token_seconds: limits::ACCESS_TOKEN_KEPT.as_secs(),
        job_users_page_size_max: web_limits::JOB_USERS_PAGE_SIZE_MAX,
        jobs_page_size_max: web_limits::JOBS_PAGE_SIZE_MAX,
        groups_page_size_max: web_limits::GROUPS_PAGE_SIZE_MAX,
        profiles_page_size_max: web_limits::PROFILES_PAGE_SIZE_MAX,
        job_name_chars_max: limits::JOB_NAME_CHARS_MAX as u64,
        event_streams_max: web_limits::EVENT_STREAMS_MAX as u64,
        head_bytes_max: web_limits::HEAD_BYTES_MAX.into(),
        idempotency_key_bytes_max: limits::IDEMPOTENCY_KEY_BYTES_MAX as u64,
        idempotency_kept_seconds: limits::IDEMPOTENCY_KEPT.as_secs(),
    }
}

/// Done, and nothing to show.
fn gone() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn show<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Refusal> {
    Ok(answer(status, JSON, text(value)?))
}

fn text<T: Serialize>(value: &T) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Refusal::internal()
    })
}
