//! The admin API: files out of it.

use std::io::{Cursor, Read};

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
    assert!(again[0].ends_with(faults[0]) && again[1].ends_with(faults[1]), "{again:?}");

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
    let scene = Scene::start().await;
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
