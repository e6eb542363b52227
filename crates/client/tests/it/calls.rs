use serde_json::{Value, json};
use throng_api::{AccountSettings, KeyCreate};
use throng_client::{Page, WriteOptions};

use crate::server::{Canned, TOKEN, answer};

#[tokio::test]
async fn accounts_and_keys_are_asked_for() {
    let made = answer("201 Created", r#"{"name":"ACME"}"#);
    let canned = Canned::start(vec![
        made,
        answer("201 Created", r#"{"key":"thr_ACME_2_x","keyId":"2","clientId":"ACME_7"}"#),
    ])
    .await;
    canned.client.create_account("ACME").await.unwrap();
    let (role, client) = ("reader".to_owned(), Some("hr".to_owned()));
    let asked = KeyCreate { role, client, dialect: Some("standard".to_owned()), ..KeyCreate::default() };
    let key = canned.client.create_key("ACME", &asked).await.unwrap().key;
    assert_eq!(key, "thr_ACME_2_x");
    let asked = canned.asked();
    assert_eq!(asked[0].line, "POST /api/v1/accounts");
    assert_eq!(asked[0].text(), r#"{"name":"ACME"}"#);
    assert_eq!(asked[0].header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(asked[1].line, "POST /api/v1/accounts/ACME/keys");
    assert_eq!(asked[1].text(), r#"{"role":"reader","client":"hr","dialect":"standard"}"#);
}

#[tokio::test]
async fn settings_of_accounts_are_asked_for() {
    let all = r#"{"unknown_members":"report","large_group_writes":"job","group_names":"free"}"#;
    let canned = Canned::start(vec![answer("200 OK", all), answer("200 OK", all)]).await;
    let change = AccountSettings { group_names: Some("free".to_owned()), ..AccountSettings::default() };
    let changed = canned.client.change_account_settings("ACME", &change).await.unwrap();
    assert_eq!(changed.unknown_members.as_deref(), Some("report"));
    assert_eq!(canned.client.account_settings("ACME").await.unwrap(), changed);
    let asked = canned.asked();
    assert_eq!(asked[0].line, "PATCH /api/v1/accounts/ACME/settings");
    assert_eq!(asked[0].text(), r#"{"group_names":"free"}"#);
    assert_eq!(asked[1].line, "GET /api/v1/accounts/ACME/settings");
}

#[tokio::test]
async fn an_asynchronous_group_write_gives_its_job() {
    let headers = "202 Accepted\nLocation: /v2/Groups/JobReport/7\nThrong-Job: 7\nETag: W/\"3\"";
    let canned = Canned::start(vec![answer(headers, "")]).await;
    let options = WriteOptions {
        idempotency_key: Some("monday".to_owned()),
        if_match: Some("W/\"2\"".to_owned()),
        ..WriteOptions::respond_async()
    };
    let answer = canned.client.patch_group("3", "{\"Operations\":[]}", &options).await.unwrap();
    assert_eq!((answer.status, answer.job, answer.replayed), (202, Some(7), false));
    assert_eq!(answer.location.as_deref(), Some("/v2/Groups/JobReport/7"));
    assert_eq!(answer.etag.as_deref(), Some("W/\"3\""));
    assert_eq!(answer.body, Value::Null);
    let asked = &canned.asked()[0];
    assert_eq!(asked.line, "PATCH /scim/v2/Groups/3");
    assert_eq!(asked.text(), "{\"Operations\":[]}");
    let sent = |name| asked.header(name);
    assert_eq!(sent("content-type"), Some("application/scim+json"));
    assert_eq!(sent("prefer"), Some("respond-async"));
    assert_eq!(sent("idempotency-key"), Some("monday"));
    assert_eq!(sent("if-match"), Some("W/\"2\""));
}

#[tokio::test]
async fn members_are_counted_whether_shown_or_not() {
    let shown = answer("200 OK", r#"{"id":"3","members":[{"value":"a"},{"value":"b"}]}"#);
    let omitted = answer("200 OK\nThrong-Members-Omitted: 200000", r#"{"id":"3"}"#);
    let canned = Canned::start(vec![shown, omitted, answer("200 OK", r#"{"id":3}"#)]).await;
    assert_eq!(canned.client.count_members("3").await.unwrap(), 2);
    assert_eq!(canned.client.count_members("3").await.unwrap(), 200_000);
    assert_eq!(canned.client.count_members("3").await.unwrap(), 0);
    assert_eq!(canned.client.group("3").await.unwrap().id().unwrap(), "3");
}

#[tokio::test]
async fn lists_carry_their_filter_encoded() {
    let body = r#"{"totalResults":5,"startIndex":2,"itemsPerPage":1,"Resources":[{"id":"x"}]}"#;
    let canned = Canned::start(vec![answer("200 OK", body)]).await;
    let users = canned.client.users(Some("groups.value eq \"3\""), 2, 1).await.unwrap();
    assert_eq!((users.total_results, users.start_index), (5, 2));
    assert_eq!(users.resources, [json!({ "id": "x" })]);
    canned.client.groups(None, 1, 0).await.unwrap();
    let asked = canned.asked();
    assert_eq!(asked[0].line, "GET /scim/v2/Users?startIndex=2&count=1&filter=groups.value+eq+%223%22");
    assert_eq!(asked[1].line, "GET /scim/v2/Groups?startIndex=1&count=0&excludedAttributes=members");
}

#[tokio::test]
async fn a_page_of_job_users_is_asked_for_and_read() {
    let body = r#"{"pagination":{"pageNumber":2,"pageSize":5,"total":7},"users":[{"loginId":"a@b.c","operation":"ADD",
        "status":"FAILED","message":"no"}],"links":{"prev":"/p","next":""}}"#;
    let canned = Canned::start(vec![answer("200 OK", body)]).await;
    let page = Page {
        number: Some(2),
        size: Some(5),
        filter: Some("status:FAILED".to_owned()),
        order_by: Some("lastName desc".to_owned()),
    };
    let users = canned.client.job_users("ACME", "0190-uuid", &page).await.unwrap();
    assert_eq!(users.pagination.total, 7);
    assert_eq!((users.users[0].login_id.as_str(), users.users[0].user_id.as_deref()), ("a@b.c", None));
    let expected = "GET /api/admin/user/v1/accounts/ACME/jobs/0190-uuid/users\
                    ?pageNumber=2&pageSize=5&filter=status%3AFAILED&orderBy=lastName+desc";
    assert_eq!(canned.asked()[0].line, expected);
}

#[tokio::test]
async fn what_stands_in_a_path_is_encoded_and_cannot_leave_it() {
    let canned = Canned::start(vec![answer("200 OK", "{}")]).await;
    canned.client.user("a/b?c d").await.unwrap();
    assert_eq!(canned.asked()[0].line, "GET /scim/v2/Users/a%2Fb%3Fc%20d");
}
