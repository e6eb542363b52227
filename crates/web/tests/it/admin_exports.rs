//! The admin API: files out of it.

use std::io::{Cursor, Read};

use serde_json::{Value, json};
use throng_directory::{Dialect, Role, Settings};
use throng_tables::{Format, Limits, Row, open};
use zip::ZipArchive;

use crate::admin_bulk::{ADMIN, PEOPLE, Scene};
use crate::house::{Answer, Call};

const TEMPLATE: &str = "Login Id,Account Hierarchy,Last Name,First Name,Display Name,Password,Profile,Roles,Email,\
                        Member Of,Owned Groups";
const EXPORT: &str = "Login Id,Account Hierarchy,Last Name,First Name,Password,Profile,Display Name,Roles,Email,\
                      Member Of,Owned Groups";

/// The files of an archive, in their order.
fn unpacked(answer: &Answer) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(&answer.body)).unwrap();
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.push((file.name().unwrap().into_owned(), bytes));
    }
    files
}

/// A workbook, its header first, cells joined by `|`.
fn sheet(book: &[u8]) -> Vec<String> {
    let mut rows = open(Format::Xlsx, Box::new(Cursor::new(book.to_vec())), &[], Limits::default()).unwrap();
    let (mut sheet, mut row) = (vec![rows.headers().join(",")], Row::default());
    while rows.next_row(&mut row).unwrap() {
        let cells = row.cells.as_ref().unwrap();
        sheet.push(cells.iter().map(|cell| cell.text().unwrap()).collect::<Vec<_>>().join("|"));
    }
    sheet
}

#[track_caller]
fn is_attachment(answer: &Answer, media_type: &str, name: &str) {
    assert_eq!(answer.header("content-type"), media_type);
    assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{name}\""));
    assert_eq!(
        (answer.header("x-content-type-options"), answer.header("cache-control")),
        ("nosniff", "no-store")
    );
}

#[tokio::test]
async fn a31_the_template_is_importable_but_for_its_rows() {
    let scene = Scene::start().await;
    let template = scene.get(&format!("{ADMIN}/users-bulk-template")).await.expect(200);
    is_attachment(&template, "application/octet-stream", "users-bulk-template.xlsx");
    assert_eq!(sheet(&template.body), [TEMPLATE]);
    let refused = scene.send("bulkAdd", &template.body).await.expect(400).json();
    assert_eq!(refused["detail"], "the file has no rows");
    scene.house.stop_to_check().await;
}

const BAD: &str = "Login Id,Account Hierarchy,Last Name,First Name,Display Name,Roles\n\
                   ann,,Jones,<Ann>,=1+1,[a]\n\
                   bob,,Jones,Bob,,\n\
                   cyd,North,Smith,,'=x,\n";

#[tokio::test]
async fn what_failed_comes_as_a_workbook_in_an_archive() {
    let scene = Scene::start().await;
    let (id, _, _) = scene.done("bulkAdd", BAD).await;
    let path = format!("{ADMIN}/jobs/{id}:exportFailedUsers");
    let answer = scene.get(&path).await.expect(200);
    is_attachment(&answer, "application/octet-stream", "failed-users.zip");
    let files = unpacked(&answer);
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].0, "failed-users-0001.xlsx");
    let faults =
        ["First Name must not contain < > ^ @ # or control characters", "First Name must not be empty"];
    let rows = [
        format!("{EXPORT},Description"),
        format!("ann||Jones|<Ann>|||=1+1|a||||{}", faults[0]),
        format!("cyd|North|Smith||||=x|||||{}", faults[1]),
    ];
    assert_eq!(sheet(&files[0].1), rows);
    // It is sent again as it is, and fails as it failed.
    let (_, state, again) = scene.done("bulkAdd", &files[0].1).await;
    assert_eq!((&state[..], again.len()), ("FAILED", 2));
    assert!(
        again[0].contains(faults[0]) && again[1].ends_with(&format!("{} (row 3 of the file)", faults[1])),
        "{again:?}"
    );

    let each = unpacked(&scene.get(&format!("{path}?rowsPerFile=1")).await.expect(200));
    assert_eq!(
        each.iter().map(|(name, _)| &name[..]).collect::<Vec<_>>(),
        ["failed-users-0001.xlsx", "failed-users-0002.xlsx"]
    );
    assert_eq!(sheet(&each[1].1), [&rows[0][..], &rows[2]]);
    let csv = scene.get(&format!("{path}?format=csv")).await.expect(200);
    is_attachment(&csv, "text/csv; charset=utf-8", "failed-users.csv");
    let csv = String::from_utf8(csv.body).unwrap();
    assert_eq!(csv.lines().nth(1).unwrap(), format!("ann,,Jones,<Ann>,,,'=1+1,a,,,,{}", faults[0]));
    let lines = scene.get(&format!("{path}?format=jsonl")).await.expect(200);
    is_attachment(&lines, "application/jsonl", "failed-users.jsonl");
    assert_eq!(String::from_utf8(lines.body).unwrap().lines().count(), 2);
    for wrong in
        ["format=xls", "rowsPerFile=0", "rowsPerFile=1048576", "rowsPerFile=x", "format=csv&rowsPerFile=5"]
    {
        scene.get(&format!("{path}?{wrong}")).await.expect(400);
    }
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a50_the_verb_stands_in_the_segment_of_the_job() {
    let scene = Scene::start().await;
    let (id, _, _) = scene.done("bulkAdd", PEOPLE).await;
    for colon in [":", "%3A", "%3a"] {
        scene.get(&format!("{ADMIN}/jobs/{id}{colon}exportFailedUsers")).await.expect(200);
    }
    scene.get(&format!("{ADMIN}/jobs/{id}:exportfailedusers")).await.expect(404);
    let post = Call::new("POST", &format!("{ADMIN}/jobs/{id}:exportFailedUsers")).key(&scene.key);
    assert_eq!(scene.house.send(post).await.expect(405).header("allow"), "GET, HEAD");
    scene
        .get(&format!("{ADMIN}/jobs/01890000-0000-7000-8000-000000000000:exportFailedUsers"))
        .await
        .expect(404);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a51_failed_users_of_a_running_job_are_409() {
    let scene = Scene::timed().await;
    let accepted = scene.send("bulkAdd?notBefore=2024-04-12T00:00:00Z", PEOPLE).await.expect(202).json();
    let id = accepted["jobId"].as_str().unwrap();
    let path = format!("{ADMIN}/jobs/{id}:exportFailedUsers");
    let refused = scene.get(&path).await.expect(409).json();
    assert_eq!(refused["detail"], "the job has not ended: it is PENDING");
    // Whoever was not attempted is among those to be sent again.
    let abort = Call::new("POST", &format!("/api/v1/accounts/ACME/jobs/{id}/abort")).key(&scene.key);
    scene.house.send(abort).await.expect(200);
    let rows = sheet(&unpacked(&scene.get(&path).await.expect(200))[0].1);
    assert_eq!(
        (rows.len(), &rows[1][..]),
        (4, "ann||Jones|Ann|||Ann J|Agent|ann@example.com|||Operation was stopped")
    );
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a51_a_job_without_failures_has_a_file_of_a_header() {
    let scene = Scene::start().await;
    let (id, _, _) = scene.done("bulkAdd", PEOPLE).await;
    let files = unpacked(&scene.get(&format!("{ADMIN}/jobs/{id}:exportFailedUsers")).await.expect(200));
    assert_eq!((files.len(), sheet(&files[0].1)), (1, vec![format!("{EXPORT},Description")]));
    scene.house.stop_to_check().await;
}

/// The body of an export in a format.
async fn exported(scene: &Scene, query: &str, format: &str) -> (String, Answer) {
    let id = export(scene, query).await;
    let job = scene.ended(&id).await;
    assert_eq!(job["state"], "COMPLETED", "{job}");
    let path = format!("{ADMIN}/jobs/{id}:downloadExportedUsers?{format}");
    (id, scene.get(&path).await.expect(200))
}

/// Asks for an export; its id.
async fn export(scene: &Scene, query: &str) -> String {
    let call = Call::new("POST", &format!("{ADMIN}/users:bulkExport?{query}")).key(&scene.key);
    let accepted = scene.house.send(call).await.expect(202).json();
    let id = accepted["jobId"].as_str().unwrap().to_owned();
    assert_eq!(accepted["url"], format!("{ADMIN}/jobs/{id}:downloadExportedUsers"));
    id
}

/// The logins of an export, in its order.
async fn logins(scene: &Scene, query: &str) -> Vec<String> {
    let (_, answer) = exported(scene, query, "format=jsonl").await;
    let text = String::from_utf8(answer.body).unwrap();
    let line =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["Login Id"].as_str().unwrap().to_owned();
    text.lines().map(line).collect()
}

/// A server with people and groups whose texts are hard on files.
async fn nasty() -> Scene {
    let scene = Scene::start().await;
    let people = [
        json!({ "loginId": "=cmd", "lastName": "=1+1", "firstName": "-2", "displayName": "'=quoted" }),
        json!({ "loginId": "+31", "lastName": "O'Neil, \"Jr\"", "firstName": "''-x", "displayName": "a\u{a0}b",
                "roles": ["[x]", "a, b", "say \"hi\"", "=role"], "emailId": "a@example.com" }),
        json!({ "loginId": "-dash", "lastName": "Łukasz 💥", "firstName": "中文", "displayName": "e\u{301}" }),
        json!({ "loginId": "007", "lastName": "0012", "firstName": "1e5", "displayName": "TRUE",
                "organizationNodeId": "00123", "roles": ["12"] }),
        json!({ "loginId": "quote'", "lastName": "_x0041_", "firstName": "null", "displayName": "[]",
                "roles": ["'=x"] }),
        json!({ "loginId": "plain", "lastName": "Doe", "firstName": "Jane" }),
        json!({ "loginId": "last", "lastName": "\u{202e}rtl", "firstName": "2020-01-01", "displayName": "#" }),
    ];
    for person in &people {
        let mut person = person.clone();
        if person["displayName"] == "#" {
            person["displayName"] = json!("50%");
        }
        let call = Call::new("POST", &format!("{ADMIN}/users")).key(&scene.key).plain(&person);
        scene.house.send(call).await.expect(202);
    }
    for (name, members) in [
        ("=Group", &["=cmd", "plain"][..]),
        ("a, b [c] \"d\"", &["=cmd", "plain", "007"]),
        ("'Quoted", &["last"]),
    ] {
        scene.group(name, members).await;
    }
    let owned = scene.person("=cmd").await["memberOfGroups"].clone();
    let path = format!("{ADMIN}/users/{}", scene.person("plain").await["userId"].as_str().unwrap());
    let call = Call::new("PATCH", &path).key(&scene.key).plain(&json!({ "ownedGroups": owned }));
    scene.house.send(call).await.expect(200);
    // SCIM has values that no cell can say.
    let odd = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "odd", "displayName": "[clear]", "name": { "familyName": " Spaces ", "givenName": "Od\u{1}d" },
        "roles": [{ "value": "ok" }, { "value": " not ok" }],
    });
    scene.scim("POST", "/scim/v2/Users", &odd).await.expect(201);
    scene
}

#[tokio::test]
async fn an_export_is_an_import_that_changes_nothing() {
    let scene = nasty().await;
    for format in ["xlsx", "csv", "jsonl"] {
        let (id, answer) = exported(&scene, "orderBy=lastName%20desc", &format!("format={format}")).await;
        let file = match format {
            "xlsx" => {
                is_attachment(&answer, "application/zip", "users.zip");
                let files = unpacked(&answer);
                assert_eq!((files.len(), &files[0].0[..]), (1, "users-0001.xlsx"));
                assert_eq!(sheet(&files[0].1)[0], EXPORT);
                files[0].1.clone()
            }
            _ => answer.body,
        };
        for verb in ["bulkUpsert", "bulkUpdate"] {
            let (_, state, rows) = scene.done(verb, &file).await;
            assert_eq!((&state[..], rows.len()), ("NO_CHANGE", 8), "{format}: {rows:?}");
            for row in rows {
                assert!(
                    row.ends_with("| NO_CHANGE | COMPLETED | User is already as asked"),
                    "{format}: {row}"
                );
            }
        }
        let odd = scene.rows(&id).await.into_iter().find(|row| row.starts_with("odd ")).unwrap();
        assert_eq!(
            odd,
            "odd | EXPORT | COMPLETED | User successfully exported (blank, since no cell can say it: Last Name, First Name, \
             Display Name, Roles)"
        );
    }
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a36_leading_signs_of_formulas_are_neutralised() {
    let scene = nasty().await;
    let (_, csv) = exported(&scene, "", "format=csv").await;
    is_attachment(&csv, "text/csv; charset=utf-8", "users.csv");
    let csv = String::from_utf8(csv.body).unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], EXPORT);
    assert_eq!(
        lines[1],
        "'+31,,\"O'Neil, \"\"Jr\"\"\",'''-x,,,a\u{a0}b,\"[\"\"[x]\"\", \"\"a, b\"\", \"\"say \"\"\"\"hi\"\"\"\"\"\", =role]\",a@example.com,,"
    );
    assert_eq!(lines[4], "'=cmd,,'=1+1,'-2,,,''=quoted,,,\"[=Group, \"\"a, b [c] \"\"\"\"d\"\"\"\"\"\"]\",");
    for line in &lines[1..] {
        assert!(!line.starts_with(['=', '+', '-', '@']), "{line}");
        assert!(![",=", ",+", ",-", ",@"].iter().any(|cell| line.contains(cell)), "{line}");
    }
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a33_passwords_are_never_exported() {
    let scene = Scene::start().await;
    let file = "Login Id,Last Name,First Name,Password\nann,Jones,Ann,Kt-12-34-56-78\n";
    assert_eq!(scene.done("bulkAdd", file).await.1, "COMPLETED");
    let (_, answer) = exported(&scene, "", "format=csv").await;
    let csv = String::from_utf8(answer.body).unwrap();
    assert_eq!(csv, format!("{EXPORT}\r\nann,,Jones,Ann,,,,,,,\r\n"));
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a29_an_archive_has_a_thousand_users_a_file() {
    let scene = Scene::start().await;
    let rows: Vec<String> = (0..4_501).map(|number| format!("user{number:05},Last,First\n")).collect();
    let file = format!("Login Id,Last Name,First Name\n{}", rows.concat());
    scene.done("bulkAdd", &file).await;
    let (id, answer) = exported(&scene, "", "").await;
    let sizes = |answer: &Answer| -> Vec<(String, usize)> {
        unpacked(answer).into_iter().map(|(name, book)| (name, sheet(&book).len() - 1)).collect()
    };
    assert_eq!(
        sizes(&answer),
        [1_000, 1_000, 1_000, 1_000, 501]
            .into_iter()
            .zip(1..)
            .map(|(users, file)| (format!("users-{file:04}.xlsx"), users))
            .collect::<Vec<_>>()
    );
    let second = &unpacked(&answer)[1].1;
    assert_eq!(sheet(second)[1], "user01000||Last|First|||||||");
    let path = format!("{ADMIN}/jobs/{id}:downloadExportedUsers");
    let one = scene.get(&format!("{path}?rowsPerFile=1048575")).await.expect(200);
    assert_eq!(sizes(&one), [("users-0001.xlsx".into(), 4_501)]);
    let again = scene.get(&path).await.expect(200);
    let names = |answer: &Answer| unpacked(answer).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&answer));
    // What is downloaded is what was there, whatever became of it.
    scene.done("bulkDelete", "Login Id\nuser00000\n").await;
    assert_eq!(sizes(&scene.get(&path).await.expect(200)), sizes(&answer));
    assert_eq!(scene.rows(&id).await.len(), 1_000);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a9_a_bare_colon_of_an_export_means_contains() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    for (filter, found) in [
        ("lastName:one", &["ann", "bob"][..]),
        ("lastName=one", &[]),
        ("lastName=jones", &["ann", "bob"]),
        ("firstName:*ob", &["bob"]),
        ("loginId=carol", &["carol"]),
        ("emailId:example", &["ann", "bob"]),
        ("loginId:*", &["ann", "bob", "carol"]),
        // Who has no node of his own has the account's, as in lists.
        ("organizationNodeId=acme", &["ann", "bob", "carol"]),
        ("organizationNodeId:cm", &["ann", "bob", "carol"]),
        ("organizationNodeId:*ME", &["ann", "bob", "carol"]),
        ("organizationNodeId=cm", &[]),
        ("organizationNodeId:other", &[]),
    ] {
        assert_eq!(logins(&scene, &format!("filter={filter}")).await, found, "{filter}");
    }
    for (order, found) in [
        ("loginId", ["ann", "bob", "carol"]),
        ("loginId%20desc", ["carol", "bob", "ann"]),
        ("firstName%20desc", ["carol", "bob", "ann"]),
        ("lastName%20desc", ["carol", "ann", "bob"]),
        ("emailId", ["ann", "bob", "carol"]),
    ] {
        assert_eq!(logins(&scene, &format!("orderBy={order}")).await, found, "{order}");
    }
    for wrong in ["filter=nobody:x", "filter=lastName", "orderBy=title", "dryRun=true"] {
        let call = Call::new("POST", &format!("{ADMIN}/users:bulkExport?{wrong}")).key(&scene.key);
        scene.house.send(call).await.expect(400);
    }
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_export_is_a_job_like_others() {
    let scene = Scene::with(Settings { chunk_items: 2, ..Settings::default() }).await;
    scene.done("bulkAdd", PEOPLE).await;
    let id = export(&scene, "jobName=nightly").await;
    scene.ended(&id).await;
    let job = scene.get(&format!("{ADMIN}/jobs/{id}")).await.expect(200).json();
    assert_eq!(
        (&job["operation"], &job["status"], &job["message"]),
        (&json!("EXPORT"), &json!("COMPLETED"), &json!("export completed"))
    );
    assert_eq!(
        (&job["totalCount"], &job["details"]),
        (&json!(3), &json!([{ "count": 3, "status": "COMPLETED" }]))
    );
    let page =
        scene.get(&format!("{ADMIN}/jobs/{id}/users?filter=status:COMPLETED&pageSize=2")).await.expect(200);
    let page = page.json();
    assert_eq!((page["users"].as_array().unwrap().len(), &page["pagination"]["total"]), (2, &json!(3)));
    assert_eq!(page["users"][0]["userId"], scene.person("ann").await["userId"]);
    assert_eq!(
        scene.rows(&id).await,
        ["ann", "bob", "carol"]
            .map(|login| format!("{login} | EXPORT | COMPLETED | User successfully exported"))
    );
    let call = || Call::new("POST", &format!("{ADMIN}/users:bulkExport?jobName=nightly")).key(&scene.key);
    let taken = scene.house.send(call()).await.expect(409).json();
    assert_eq!(taken["violations"][0]["field"], "jobName");
    let unnamed = export(&scene, "").await;
    let listed = scene.get(&format!("{ADMIN}/jobs?filter=operation=EXPORT")).await.expect(200).json();
    assert_eq!(listed["jobs"][0]["jobId"], json!(unnamed));
    let native = scene.ended(&unnamed).await;
    assert_eq!(listed["jobs"][0]["name"], format!("bulkExport-{}", native["number"]));
    assert_eq!((&native["kind"], &native["reasons"]), (&json!("export"), &json!({ "exported": 3 })));
    let items = scene.get(&format!("/api/v1/accounts/ACME/jobs/{unnamed}/items")).await.expect(200).json();
    assert_eq!(
        (&items["items"][0]["operation"], &items["items"][0]["reason"]),
        (&json!("export"), &json!("exported"))
    );
    let failed = scene.get(&format!("{ADMIN}/jobs/{id}:exportFailedUsers?format=csv")).await.expect(200);
    assert_eq!(String::from_utf8(failed.body).unwrap(), format!("{EXPORT},Description\r\n"));
    let undo = Call::new("POST", &format!("/api/v1/accounts/ACME/jobs/{id}/undo")).key(&scene.key);
    scene.house.send(undo).await.expect(409);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_export_with_a_key_is_made_once() {
    let scene = Scene::start().await;
    let call = |query: &str| {
        Call::new("POST", &format!("{ADMIN}/users:bulkExport?{query}"))
            .key(&scene.key)
            .header("idempotency-key", "k1")
    };
    let first = scene.house.send(call("jobName=x&filter=loginId:a")).await.expect(202);
    let again = scene.house.send(call("jobName=x&filter=loginId:a")).await.expect(202);
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), "true"));
    scene.house.send(call("jobName=x&filter=loginId:b")).await.expect(422);
    scene.ended(first.json()["jobId"].as_str().unwrap()).await;
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn an_export_of_nobody_has_a_file_of_a_header() {
    let scene = Scene::start().await;
    let (id, answer) = exported(&scene, "filter=loginId:nobody", "").await;
    let files = unpacked(&answer);
    assert_eq!((files.len(), sheet(&files[0].1)), (1, vec![EXPORT.to_owned()]));
    let job = scene.get(&format!("{ADMIN}/jobs/{id}")).await.expect(200).json();
    assert_eq!((&job["status"], &job["totalCount"]), (&json!("COMPLETED"), &json!(0)));
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a52_a_download_of_what_is_no_whole_export_is_refused() {
    let scene = Scene::timed().await;
    let (import, _, _) = scene.done("bulkAdd", PEOPLE).await;
    let path = |id: &str| format!("{ADMIN}/jobs/{id}:downloadExportedUsers");
    scene.get(&path(&import)).await.expect(404);
    scene.get(&path("01890000-0000-7000-8000-000000000000")).await.expect(404);
    let waits = export(&scene, "notBefore=2024-04-12T00:00:00Z").await;
    let refused = scene.get(&path(&waits)).await.expect(409).json();
    assert_eq!(refused["detail"], "the job has not ended: it is PENDING");
    let stop = Call::new("POST", &format!("{ADMIN}/jobs/{waits}:stop")).key(&scene.key);
    scene.house.send(stop).await.expect(202);
    let refused = scene.get(&path(&waits)).await.expect(409).json();
    assert_eq!(refused["detail"], "the export ended without a file: it is ABORTED");
    // Without the right to see people.
    let done = export(&scene, "").await;
    scene.ended(&done).await;
    let manager = scene.house.key_of(Some("ACME"), Role::GroupManager, Dialect::Standard).await;
    scene.house.send(Call::get(&path(&done)).key(&manager)).await.expect(403);
    let native = format!("/api/v1/accounts/ACME/jobs/{done}");
    scene.house.send(Call::get(&native).key(&manager)).await.expect(404);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn who_is_in_too_many_groups_keeps_them() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    scene.house.set(json!({ "group_names": "free" })).await;
    for number in 0..51 {
        scene.group(&format!("group {number}"), &["ann"]).await;
    }
    scene.group("Twice", &["bob"]).await;
    scene.group("twice", &["carol"]).await;
    let (id, answer) = exported(&scene, "", "format=csv").await;
    let rows = scene.rows(&id).await;
    let blank = "User successfully exported (blank, since no cell can say it: Member Of)";
    assert!(rows.iter().all(|row| row.ends_with(blank)), "{rows:?}");
    let (_, state, _) = scene.done("bulkUpdate", &answer.body).await;
    assert_eq!(state, "NO_CHANGE");
    assert_eq!(scene.person("ann").await["memberOfGroups"].as_array().unwrap().len(), 51);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn who_is_forgotten_is_in_no_export_any_more() {
    let scene = Scene::start().await;
    scene.done("bulkAdd", PEOPLE).await;
    let (id, _) = exported(&scene, "filter=loginId:a", "").await;
    let ann = scene.person("ann").await["userId"].clone();
    let call =
        Call::new("POST", "/api/v1/accounts/ACME/users/forget").key(&scene.key).plain(&json!({ "id": ann }));
    let job = scene.house.send(call).await.expect(202).json();
    scene.ended(job["id"].as_str().unwrap()).await;
    let path = format!("{ADMIN}/jobs/{id}:downloadExportedUsers?format=jsonl");
    let left = String::from_utf8(scene.get(&path).await.expect(200).body).unwrap();
    assert!(left.contains("carol") && !left.contains("ann") && left.lines().count() == 1, "{left}");
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn a52_a_download_of_an_expired_export_is_404_here_and_410_natively() {
    let scene = Scene::timed().await;
    scene.done("bulkAdd", PEOPLE).await;
    let (id, _) = exported(&scene, "", "").await;
    scene.house.advance(31 * 86_400_000_000);
    scene.house.throw_away().await;
    scene.get(&format!("{ADMIN}/jobs/{id}:downloadExportedUsers")).await.expect(404);
    scene.get(&format!("{ADMIN}/jobs/{id}:exportFailedUsers")).await.expect(404);
    for path in ["", "/items/download"] {
        scene.get(&format!("/api/v1/accounts/ACME/jobs/{id}{path}")).await.expect(410);
    }
    scene.house.stop().await;
}
