//! The admin API: an upload, its job, its rows.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::Request;
use serde_json::{Value, json};

use crate::house::{Answer, Call, House};

const BASE: &str = "/api/admin/user/v1/accounts/ACME";
const CSV: &str = "Login Id,Last Name,First Name\n\
                   carol@example.com,Smith,Carol\n\
                   ann@example.com,Jones,Ann\n\
                   bob@example.com,Jones,Bob\n\
                   ann@example.com,Again,Ann\n";

pub fn part(name: &str, file: &str) -> String {
    format!(
        "--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"people.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{file}\r\n"
    )
}

pub fn upload(key: &str, query: &str, body: &str) -> Call {
    Call::new("POST", &format!("{BASE}/users:bulkAdd{query}"))
        .key(key)
        .header("content-type", "multipart/form-data; boundary=XX")
        .body(body)
}

async fn get(house: &House, key: &str, path: &str) -> Answer {
    house.send(Call::get(path).key(key)).await
}

/// Imports the file and waits for its job.
async fn imported(house: &House, key: &str, query: &str) -> Value {
    let body = format!("{}--XX--\r\n", part("file", CSV));
    let accepted = house.send(upload(key, query, &body)).await.expect(202).json();
    let url = accepted["url"].as_str().unwrap();
    assert_eq!(url, format!("{BASE}/jobs/{}", accepted["jobId"].as_str().unwrap()));
    for _ in 0..500 {
        let job = get(house, key, url).await.expect(200).json();
        if job.get("endTime").is_some() {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the import does not end");
}

#[tokio::test]
async fn active_is_what_clients_say_and_true_of_who_is_imported() {
    let house = House::start().await;
    let key = house.admin().await;
    imported(&house, &key, "").await;
    house.user(&key, "dan").await;
    for (filter, found) in [
        ("active%20eq%20true", 3),
        ("active%20eq%20false", 0),
        ("userName%20eq%20%22dan%22%20and%20not%20(active%20pr)", 1),
    ] {
        let list = get(&house, &key, &format!("/scim/v2/Users?filter={filter}")).await.expect(200).json();
        assert_eq!(list["totalResults"], found, "{filter}");
    }
    house.stop().await;
}

#[tokio::test]
async fn a_file_becomes_a_job_with_rows() {
    let house = House::start().await;
    let key = house.admin().await;
    let job = imported(&house, &key, "?jobName=importUserList1").await;
    let id = job["jobId"].as_str().unwrap();
    assert_eq!((&job["name"], &job["operation"]), (&json!("importUserList1"), &json!("ADD")));
    assert_eq!(
        (&job["status"], &job["message"], &job["totalCount"]),
        (&json!("FAILED"), &json!("Import failed"), &json!(4))
    );
    assert_eq!(
        job["details"],
        json!([{ "count": 3, "status": "COMPLETED" }, { "count": 1, "status": "FAILED" }])
    );
    assert_eq!(job["url"], format!("{BASE}/jobs/{id}/users"));

    let users = format!("{BASE}/jobs/{id}/users");
    let page = get(&house, &key, &format!("{users}?pageNumber=2&pageSize=2")).await.expect(200).json();
    assert_eq!(page["pagination"], json!({ "pageNumber": 2, "pageSize": 2, "total": 4 }));
    let logins: Vec<&str> =
        page["users"].as_array().unwrap().iter().map(|u| u["loginId"].as_str().unwrap()).collect();
    assert_eq!(logins, ["bob@example.com", "carol@example.com"]);
    let bob = &page["users"][0];
    assert_eq!(bob["message"], "User successfully added");
    assert_eq!(
        (&bob["operation"], &bob["status"], bob["userId"].as_str().unwrap().len()),
        (&json!("ADD"), &json!("COMPLETED"), 36)
    );
    assert_eq!(page["links"], json!({ "prev": format!("{users}?pageNumber=1&pageSize=2"), "next": "" }));

    let failed = get(&house, &key, &format!("{users}?filter=status:FAILED")).await.expect(200).json();
    assert_eq!(
        (&failed["pagination"]["total"], &failed["users"][0]["loginId"]),
        (&json!(1), &json!("ann@example.com"))
    );
    let filtered = format!("{users}?pageSize=1&filter=lastName%3AJ*&orderBy=firstName%20desc");
    let filtered = get(&house, &key, &filtered).await.expect(200).json();
    assert_eq!(
        (&filtered["pagination"]["total"], &filtered["users"][0]["loginId"]),
        (&json!(2), &json!("bob@example.com"))
    );
    let next = filtered["links"]["next"].as_str().unwrap();
    assert_eq!(
        next,
        format!("{users}?pageNumber=2&pageSize=1&filter=lastName%3AJ%2A&orderBy=firstName%20desc")
    );
    let second = get(&house, &key, next).await.expect(200).json();
    assert_eq!(
        (&second["users"][0]["loginId"], &second["links"]["next"]),
        (&json!("ann@example.com"), &json!(""))
    );
    let doubled = users.replacen("/api/admin/user", "/api/admin/user/api/admin/user", 1);
    get(&house, &key, &doubled).await.expect(200);

    let list = get(&house, &key, &format!("{BASE}/jobs?filter=name:import*&orderBy=startTime"))
        .await
        .expect(200)
        .json();
    assert_eq!((&list["pagination"]["total"], &list["jobs"][0]["jobId"]), (&json!(1), &json!(id)));
    assert_eq!(list["pagination"]["pageSize"], 10);
    house.stop().await;
}

#[tokio::test]
async fn a_taken_name_is_409_and_a_replay_is_the_same_job() {
    let house = House::start().await;
    let key = house.admin().await;
    let job = imported(&house, &key, "?jobName=first").await;
    let body = format!("{}--XX--\r\n", part("file", CSV));
    let taken = house.send(upload(&key, "?jobName=first", &body)).await.expect(409).json();
    assert_eq!(taken["title"], "Conflict");
    let violation =
        json!([{ "field": "jobName", "message": "A job with this name already exists", "code": "20009" }]);
    assert_eq!(taken["violations"], violation);

    let keyed = upload(&key, "?jobName=second", &body).header("idempotency-key", "k");
    let first = house.send(keyed.clone()).await.expect(202);
    let again = house.send(keyed).await.expect(202);
    assert_eq!((first.json(), again.header("idempotent-replayed")), (again.json(), "true"));
    assert_ne!(first.json()["jobId"], job["jobId"]);
    let list = get(&house, &key, &format!("{BASE}/jobs")).await.expect(200).json();
    assert_eq!(list["pagination"]["total"], 2);
    house.stop().await;
}

#[tokio::test]
async fn uploads_that_are_refused_leave_nothing() {
    let house = House::start().await;
    let key = house.admin().await;
    let file = part("file", CSV);
    let end = "--XX--\r\n";
    for (body, what) in [
        (end.to_owned(), "no part"),
        (format!("{}{end}", part("other", CSV)), "another part"),
        (format!("{file}{file}{end}"), "two files"),
        (file.clone(), "no end"),
        (file[..120].to_owned(), "cut off"),
        (format!("{}{end}", part("file", "")), "an empty file"),
        (format!("{}{end}", part("file", "Login Id,Last Name,First Name\n")), "no rows"),
        (format!("{}{end}", part("file", "Login Id,Last Name\na,b\n")), "a missing column"),
        ("not multipart".to_owned(), "no multipart"),
    ] {
        let answer = house.send(upload(&key, "", &body)).await;
        assert_eq!(answer.status.as_u16(), 400, "{what}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    }
    let good = format!("{file}{end}");
    let long = format!("?jobName={}", "x".repeat(256));
    for query in ["?jobName=", "?jobName=a%0Ab", &long, "?dryrun=true"] {
        let answer = house.send(upload(&key, query, &good)).await.expect(400);
        assert_eq!(answer.json()["violations"][0]["code"], "20006", "{query}");
    }
    house
        .send(
            Call::new("POST", &format!("{BASE}/users:bulkAdd"))
                .key(&key)
                .header("content-type", "text/csv")
                .body(CSV),
        )
        .await
        .expect(415);
    let list = get(&house, &key, &format!("{BASE}/jobs")).await.expect(200).json();
    assert_eq!(list["pagination"]["total"], 0);
    let users = get(&house, &key, "/scim/v2/Users").await.expect(200).json();
    assert_eq!(users["totalResults"], 0);
    house.stop().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_imports_nothing() {
    let house = House::start().await;
    let key = house.admin().await;
    let file = part("file", CSV);
    let piece: Result<Bytes, Infallible> = Ok(Bytes::from(file));
    let body = Body::from_stream(stream::select(stream::iter([piece]), stream::pending()));
    let request = Request::post(format!("{BASE}/users:bulkAdd"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "multipart/form-data; boundary=XX");
    let sending = house.send_request(request.body(body).unwrap());
    assert!(tokio::time::timeout(Duration::from_millis(300), sending).await.is_err());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let list = get(&house, &key, &format!("{BASE}/jobs")).await.expect(200).json();
    assert_eq!(list["pagination"]["total"], 0);
    house.stop().await;
}

#[tokio::test]
async fn bad_parameters_of_lists_are_violations() {
    let house = House::start().await;
    let key = house.admin().await;
    let id = imported(&house, &key, "").await["jobId"].as_str().unwrap().to_owned();
    let users = format!("{BASE}/jobs/{id}/users");
    for (path, field, code) in [
        (format!("{users}?pageNumber=0"), "pageNumber", "20006"),
        (format!("{users}?pageNumber=x"), "pageNumber", "20006"),
        (format!("{users}?pageSize=0"), "pageSize", "20006"),
        (format!("{users}?pageSize=1001"), "pageSize", "20007"),
        (format!("{users}?filter=nosuch:x"), "filter", "20006"),
        (format!("{users}?filter=status:NOSUCH"), "filter", "20006"),
        (format!("{users}?filter="), "filter", "20006"),
        (format!("{users}?filter={}", "x".repeat(256)), "filter", "20006"),
        (format!("{users}?orderBy=status"), "orderBy", "20006"),
        (format!("{users}?orderBy=firstname"), "orderBy", "20006"),
        (format!("{users}?pageSize=5&pageSize=5"), "pageSize", "20006"),
        (format!("{BASE}/jobs?pageSize=51"), "pageSize", "20007"),
        (format!("{BASE}/jobs?filter=operation:X"), "filter", "20006"),
        (format!("{BASE}/jobs?orderBy=x"), "orderBy", "20006"),
    ] {
        let answer = get(&house, &key, &path).await.expect(400).json();
        assert_eq!(answer["title"], "Constraint Violation", "{path}");
        assert_eq!(
            (&answer["violations"][0]["field"], &answer["violations"][0]["code"]),
            (&json!(field), &json!(code)),
            "{path}"
        );
    }
    let beyond = get(&house, &key, &format!("{users}?pageNumber=9")).await.expect(200).json();
    assert_eq!((&beyond["users"], &beyond["pagination"]["total"]), (&json!([]), &json!(4)));
    assert_eq!(beyond["links"], json!({ "prev": format!("{users}?pageNumber=1&pageSize=10"), "next": "" }));
    for missing in ["00000000-0000-7000-8000-000000000000", "importUserList1", "5"] {
        get(&house, &key, &format!("{BASE}/jobs/{missing}")).await.expect(404);
        get(&house, &key, &format!("{BASE}/jobs/{missing}/users")).await.expect(404);
    }
    house.stop().await;
}
