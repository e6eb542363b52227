//! `…/jobs/{jobId}/items/download`: all items of a job as one file, and back again.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::use_cases::job_downloads::DownloadQuery;
use throng_directory::{Dialect, Role};
use throng_tables::{Format, Limits, Row, open};

use crate::house::{Answer, Call};
use crate::imports::{part, upload};
use crate::jobs::Scene;

const JOBS: &str = "/api/v1/accounts/ACME/jobs";
const ITEMS: &str = "index,operation,value,member,outcome,reason,message,changes";
const INPUT: &str = "Login Id,Account Hierarchy,Last Name,First Name,Password,Profile,Display Name,Roles,Email,Member Of,\
                     Owned Groups,Description";

async fn download(scene: &Scene, job: &str, query: &str) -> Answer {
    let path = format!("{JOBS}/{job}/items/download{query}");
    let answer = scene.house.send(Call::get(&path).key(&scene.key)).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

/// The lines of a CSV file, whose values have no line ends here.
fn lines(answer: &Answer) -> Vec<&str> {
    let text = text(answer).strip_suffix("\r\n").unwrap();
    text.split("\r\n").inspect(|line| assert!(!line.contains('\n'))).collect()
}

/// The rows of a workbook as the server itself reads them, with its header.
fn sheet(answer: &Answer) -> Vec<Vec<String>> {
    let body = Box::new(Cursor::new(answer.body.clone()));
    let mut rows = open(Format::Xlsx, body, &[], Limits::default()).unwrap();
    let (mut sheet, mut row) = (vec![rows.headers().to_vec()], Row::default());
    while rows.next_row(&mut row).unwrap() {
        let cells = row.cells.as_ref().unwrap();
        sheet.push(cells.iter().map(|cell| cell.text().unwrap().to_owned()).collect());
    }
    sheet
}

fn objects(answer: &Answer) -> Vec<Value> {
    text(answer).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Imports a file; its job, which has ended.
async fn imported(scene: &Scene, file: &[u8]) -> (String, Value) {
    let mut body = part("file", "").into_bytes();
    // In place of the empty file.
    body.truncate(body.len() - 2);
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--XX--\r\n");
    let call = upload(&scene.key, "", "").body(body);
    let job = scene.house.send(call).await.expect(202).json()["jobId"].as_str().unwrap().to_owned();
    let ended = scene.ended(&job).await;
    (job, ended)
}

const PEOPLE: &str = "Login Id,First Name,Last Name,Display Name,Roles,Email,Member Of,Password\n\
                      zoe,Zoe,Z,,,,,\n\
                      b ad,Bad,-Dash,=1+1,\"[a, \"\"b, c\"\"]\",\"+b@x.example\",,secret\n\
                      ann,Ann,\"O\"\"A\",''=x,one,a@x.example,\"[crew, \"\"deck, lower\"\"]\",\n\
                      cyd,Cyd,C,,[a,,,\n";

#[tokio::test]
async fn failed_rows_come_back_in_their_own_columns() {
    let scene = Scene::of(2).await;
    let (job, ended) = imported(&scene, PEOPLE.as_bytes()).await;
    assert_eq!(ended["counts"]["failed"], 3);
    let number = &ended["number"];

    let all = download(&scene, &job, "").await;
    assert_eq!(all.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(all.header("content-disposition"), format!("attachment; filename=\"job-{number}-items.csv\""));
    let shown = lines(&all);
    assert_eq!(shown[0], ITEMS);
    assert_eq!(shown[1], "2,add,ann,,failed,invalid,Invalid member of group provided,");
    assert!(shown[2].starts_with("1,add,b ad,,failed,invalid,"), "{shown:?}");
    assert!(shown[4].starts_with("0,add,zoe,") && shown[4].ends_with(",created,created,,"), "{shown:?}");
    assert_eq!(shown.len(), 5);
    assert_eq!(lines(&download(&scene, &job, "?outcome=created").await).len(), 2);
    assert_eq!(lines(&download(&scene, &job, "?outcome=created,failed&reason=invalid").await).len(), 4);

    let failed = download(&scene, &job, "?columns=input").await;
    assert_eq!(
        failed.header("content-disposition"),
        format!("attachment; filename=\"job-{number}-input.csv\"")
    );
    let shown = lines(&failed);
    assert_eq!(shown[0], INPUT);
    // Without the password, and so that no spreadsheet computes anything.
    let ann = "ann,,\"O\"\"A\",Ann,,,''=x,one,a@x.example,\"[crew, \"\"deck, lower\"\"]\",,";
    assert_eq!(shown[1], format!("{ann}Invalid member of group provided"));
    assert!(
        shown[2].starts_with("b ad,,'-Dash,Bad,,,'=1+1,\"[a, \"\"b, c\"\"]\",'+b@x.example,,,"),
        "{}",
        shown[2]
    );
    // What could not be read does not come back as something else.
    assert_eq!(shown[3], "cyd,,C,Cyd,,,,[a,,,,Roles: a list opened with '[' is not closed with ']'");
    assert_eq!(shown.len(), 4);
    let created = download(&scene, &job, "?columns=input&outcome=created").await;
    assert_eq!(lines(&created)[1], "zoe,,Z,Zoe,,,,,,,,User successfully added");

    let json = download(&scene, &job, "?columns=input&format=jsonl").await;
    assert_eq!(json.header("content-type"), "application/jsonl");
    let first = &objects(&json)[0];
    assert_eq!((&first["Display Name"], &first["Roles"]), (&json!("'=x"), &json!(["one"])));
    assert_eq!(first["Member Of"], json!(["crew", "deck, lower"]));
    assert_eq!(first["Description"], "Invalid member of group provided");
    let items = objects(&download(&scene, &job, "?format=jsonl").await);
    assert_eq!(json!(items), scene.get(&format!("/{job}/items")).await["items"]);

    let book = download(&scene, &job, "?columns=input&format=xlsx").await;
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    assert_eq!(book.header("content-type"), media_type);
    let rows = sheet(&book);
    assert_eq!(rows[0], INPUT.split(',').collect::<Vec<_>>());
    assert_eq!(rows[1][6], "'=x");
    assert_eq!((&rows[2][2][..], &rows[2][6][..], &rows[2][8][..]), ("-Dash", "=1+1", "+b@x.example"));
    assert_eq!(rows[1][9], "[crew, \"deck, lower\"]");
    assert_eq!(rows.len(), 4);
    let book = sheet(&download(&scene, &job, "?format=xlsx").await);
    assert_eq!((book.len(), book[0].join(",")), (5, ITEMS.to_owned()));
    scene.house.stop().await;
}

#[tokio::test]
async fn failed_rows_are_corrected_and_sent_again() {
    let scene = Scene::of(100).await;
    let user = async |login: &str| {
        let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{login}%22");
        let list = scene.house.send(Call::get(&path).key(&scene.key)).await.expect(200).json();
        list["Resources"][0].clone()
    };
    for format in ["csv", "jsonl", "xlsx"] {
        let people =
            PEOPLE.replace("crew", &format!("crew {format}")).replace("deck", &format!("deck {format}"));
        let people =
            people.replace("ann,", &format!("ann.{format},")).replace("zoe,", &format!("zoe.{format},"));
        let (job, _) = imported(&scene, people.as_bytes()).await;
        scene.group(&format!("crew {format}"), &[]).await;
        scene.group(&format!("deck {format}, lower"), &[]).await;
        // As it is: the groups are there now, the others fail again as they failed before.
        let file = download(&scene, &job, &format!("?columns=input&format={format}")).await;
        let (again, ended) = imported(&scene, &file.body).await;
        assert_eq!(
            (&ended["counts"]["created"], &ended["counts"]["failed"]),
            (&json!(1), &json!(2)),
            "{format}"
        );
        let ann = user(&format!("ann.{format}")).await;
        assert_eq!(ann["displayName"], "'=x", "{format}");
        assert_eq!(ann["name"]["familyName"], "O\"A");
        assert_eq!(ann["groups"].as_array().unwrap().len(), 2);
        let (one, two) = (format!("?columns=input&format={format}"), "?columns=input&format=jsonl");
        let reread = download(&scene, &again, &one).await;
        assert_eq!(
            objects(&download(&scene, &again, two).await),
            objects(&download(&scene, &job, two).await)[1..]
        );
        // Corrected.
        if format != "xlsx" {
            let corrected = text(&reread).replace("b ad", &format!("bad.{format}"));
            let corrected = corrected.replace("cyd", &format!("cyd.{format}")).replace("[a,,", "[a],,");
            let corrected = corrected.replace("\"Roles\":\"[a\"", "\"Roles\":[\"a\"]");
            let (_, ended) = imported(&scene, corrected.as_bytes()).await;
            assert_eq!(ended["outcome"], "succeeded", "{format}: {corrected}");
            let bad = user(&format!("bad.{format}")).await;
            assert_eq!((&bad["displayName"], &bad["name"]["familyName"]), (&json!("=1+1"), &json!("-Dash")));
            assert_eq!(bad["emails"][0]["value"], "+b@x.example");
            let roles: Vec<&Value> =
                bad["roles"].as_array().unwrap().iter().map(|role| &role["value"]).collect();
            assert_eq!(roles, ["a", "b, c"]);
        }
    }
    scene.house.stop().await;
}

#[tokio::test]
async fn items_of_a_group_job_in_files() {
    let scene = Scene::of(2).await;
    let ann = scene.house.user(&scene.key, "ann").await;
    let bob = scene.house.user(&scene.key, "bob").await;
    let group = scene.group("g", &[&bob]).await;
    let values = [ann.as_str(), "=HYPERLINK(\"x\")", "-5", "'=q", "a,b", "a\nb"];
    let list: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
    let job = scene.patch(&group, &json!([{ "op": "replace", "path": "members", "value": list }])).await;
    scene.ended(&job).await;

    let csv = download(&scene, &job, "").await;
    let want = [
        ITEMS.to_owned(),
        format!("0,replace,{ann},{ann},created,created,,"),
        "1,replace,\"'=HYPERLINK(\"\"x\"\")\",,ignored,not_found,,".to_owned(),
        "2,replace,'-5,,ignored,not_found,,".to_owned(),
        "3,replace,''=q,,ignored,not_found,,".to_owned(),
        "4,replace,\"a,b\",,ignored,not_found,,".to_owned(),
        "5,replace,\"a\nb\",,ignored,not_found,,".to_owned(),
        format!("6,remove,{bob},{bob},removed,removed,,"),
    ];
    assert_eq!(text(&csv), want.map(|line| line + "\r\n").concat());
    let items = objects(&download(&scene, &job, "?format=jsonl").await);
    assert_eq!(json!(items), scene.get(&format!("/{job}/items")).await["items"]);
    let book = sheet(&download(&scene, &job, "?format=xlsx&reason=not_found").await);
    let shown: Vec<&str> = book[1..].iter().map(|row| row[2].as_str()).collect();
    // The reader takes an apostrophe off; nobody else does.
    assert_eq!(shown, ["=HYPERLINK(\"x\")", "-5", "=q", "a,b", "a\nb"]);

    // As they were sent, for a program to send them again.
    assert_eq!(text(&download(&scene, &job, "?columns=input").await), "operation,value,reason\r\n");
    let csv = download(&scene, &job, "?columns=input&reason=not_found").await;
    let want = [
        "operation,value,reason",
        "replace,\"=HYPERLINK(\"\"x\"\")\",not_found",
        "replace,-5,not_found",
        "replace,'=q,not_found",
        "replace,\"a,b\",not_found",
        "replace,\"a\nb\",not_found",
    ];
    assert_eq!(text(&csv), want.map(|line| format!("{line}\r\n")).concat());
    let rows = objects(&download(&scene, &job, "?columns=input&outcome=ignored,removed&format=jsonl").await);
    assert_eq!(rows[2], json!({ "operation": "replace", "value": "'=q", "reason": "not_found" }));
    assert_eq!(rows[5], json!({ "operation": "remove", "value": bob, "reason": "removed" }));
    scene.house.stop().await;
}

#[tokio::test]
async fn whom_a_replace_removed_is_named_as_its_values_name_people() {
    let scene = Scene::of(2).await;
    let ann = scene.house.user(&scene.key, "ann").await;
    scene.house.user(&scene.key, "bob").await;
    let group = scene.group("g", &[&ann]).await;
    let body = json!({
        "SocialChorus:1.0:Group": { "identifierField": "userName" },
        "Operations": [{ "op": "replace", "path": "members", "value": [{ "value": "bob" }] }],
    });
    let call = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(&scene.key).json(&body);
    let job = scene.house.send(call).await.header("throng-job").to_owned();
    scene.ended(&job).await;
    let csv = download(&scene, &job, "?columns=input&outcome=created,removed").await;
    assert_eq!(lines(&csv), ["operation,value,reason", "replace,bob,created", "remove,ann,removed"]);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_running_job_is_shown_as_far_as_it_is() {
    // One item a chunk: it lasts.
    let scene = Scene::of(1).await;
    let group = scene.group("g", &[]).await;
    let many: Vec<Value> = (0..6_000).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    let job = scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": many }])).await;
    while scene.get(&format!("/{job}")).await["counts"]["processed"] == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let running = download(&scene, &job, "").await;
    let shown = lines(&running);
    assert_eq!(shown.len(), 6_001);
    let pending = shown.iter().filter(|line| line.ends_with(",pending,pending,,")).count();
    assert!((1..6_000).contains(&pending), "{pending}");
    for (at, line) in shown[1..].iter().enumerate() {
        assert!(line.starts_with(&format!("{at},add,nobody{at},,")), "{line}");
    }
    scene.abort(&job, 200).await;
    let skipped = scene.ended(&job).await["counts"]["skipped"].as_u64().unwrap();
    let left = download(&scene, &job, "?columns=input").await;
    assert_eq!(lines(&left).len() as u64, skipped + 1);
    assert!(lines(&left)[1..].iter().all(|line| line.ends_with(",skipped")));
    scene.house.stop().await;
}

#[tokio::test]
async fn what_cannot_be_had_is_refused() {
    let scene = Scene::of(100).await;
    let (import, _) = imported(&scene, PEOPLE.as_bytes()).await;
    let group = scene.group("g", &[]).await;
    let job = scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": [] }])).await;
    for bad in [
        "format=ods",
        "columns=output",
        "outcome=x",
        "reason=x",
        "outcome=created&reason=not_found",
        "cursor=x",
        "count=9",
    ] {
        let path = format!("{JOBS}/{job}/items/download?{bad}");
        scene.house.send(Call::get(&path).key(&scene.key)).await.expect(400);
    }
    let reader = scene.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    let theirs = scene.house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    for format in ["csv", "jsonl", "xlsx"] {
        let path = |account: &str, job: &str| {
            format!("/api/v1/accounts/{account}/jobs/{job}/items/download?format={format}")
        };
        // Rows of files are the administrators'.
        scene.house.send(Call::get(&path("ACME", &import)).key(&reader)).await.expect(404);
        scene.house.send(Call::get(&path("ACME", &job)).key(&reader)).await.expect(200);
        scene.house.send(Call::get(&path("ACME", &job)).key(&theirs)).await.expect(403);
        for job in [&import, &job, "999999", "x"] {
            scene.house.send(Call::get(&path("OTHER", job)).key(&theirs)).await.expect(404);
        }
        scene.house.send(Call::get(&path("ACME", &job))).await.expect(401);
        let head = scene.house.send(Call::new("HEAD", &path("ACME", &job)).key(&scene.key)).await.expect(200);
        assert!(head.body.is_empty());
    }
    // A job that clears away has neither items nor an input.
    let many: Vec<String> = (0..201).map(|n| format!("group {n}")).collect();
    let ann = scene.house.user(&scene.key, "ann").await;
    for name in &many {
        scene.group(name, &[&ann]).await;
    }
    scene.house.send(Call::new("DELETE", &format!("/scim/v2/Users/{ann}")).key(&scene.key)).await.expect(204);
    let clearing = scene.get("?kind=clear_user").await["jobs"][0]["number"].to_string();
    assert_eq!(lines(&download(&scene, &clearing, "").await), [ITEMS]);
    let path = format!("{JOBS}/{clearing}/items/download?columns=input");
    scene.house.send(Call::get(&path).key(&scene.key)).await.expect(400);
    scene.house.stop().await;
}

#[tokio::test]
async fn a_job_that_goes_away_meanwhile_breaks_its_download_off() {
    let scene = Scene::timed(5_000).await;
    let group = scene.group("g", &[]).await;
    let many: Vec<Value> = (0..9_000).map(|n| json!({ "value": format!("nobody{n}") })).collect();
    let of_group = scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": many }])).await;
    scene.ended(&of_group).await;
    let rows: Vec<String> = (0..3_000).map(|n| format!("user {n},L,F\n")).collect();
    let file = format!("Login Id,Last Name,First Name\n{}", rows.concat());
    let (import, _) = imported(&scene, file.as_bytes()).await;

    let directory = &scene.house.directory;
    let caller = directory.authenticate(&scene.key, "").await.unwrap();
    let mut downloads = Vec::new();
    for job in [&of_group, &import] {
        let mut download = directory.job_download(&caller, job, DownloadQuery::default()).await.unwrap();
        assert!(directory.next_stretch(&mut download).await.unwrap().is_some());
        downloads.push(download);
    }
    scene.house.advance(31 * 86_400_000_000);
    scene.house.throw_away().await;
    for mut download in downloads {
        directory.next_stretch(&mut download).await.unwrap_err();
    }
    scene.house.stop().await;
}

/// How many lines there are of each outcome.
fn by_outcome(answer: &Answer) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in &lines(answer)[1..] {
        *counts.entry(line.split(',').nth(4).unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn every_item_of_a_large_job_is_in_the_file() {
    let scene = Scene::of(5_000).await;
    let mut csv = "Login Id,Last Name,First Name\n".to_owned();
    for n in 0..20_000 {
        // Every seventh is refused.
        let login = format!("user{n}{}", if n % 7 == 0 { " x" } else { "" });
        csv.extend([&login, ",Last,First\n"]);
    }
    let (import, ended) = imported(&scene, csv.as_bytes()).await;
    let counts = |job: &Value| -> BTreeMap<String, u64> {
        let names = ["created", "ignored", "removed", "failed", "skipped", "pending"];
        let counts = names.map(|name| (name.to_owned(), job["counts"][name].as_u64().unwrap()));
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    };
    assert_eq!(ended["counts"]["total"], 20_000);
    assert_eq!(by_outcome(&download(&scene, &import, "").await), counts(&ended));
    let failed = download(&scene, &import, "?columns=input").await;
    assert_eq!(lines(&failed).len(), 20_000usize.div_ceil(7) + 1);
    let book = sheet(&download(&scene, &import, "?format=xlsx&outcome=created").await);
    assert_eq!(book.len(), 20_000 - 20_000usize.div_ceil(7) + 1);
    let ids: Vec<&str> = book[1..].iter().map(|row| row[3].as_str()).collect();

    let group = scene.group("g", &[]).await;
    let members = ids.iter().map(|id| json!({ "value": id }));
    let members: Vec<Value> =
        members.chain((0..2_858).map(|n| json!({ "value": format!("n{n}") }))).collect();
    let job = scene.patch(&group, &json!([{ "op": "add", "path": "members", "value": members }])).await;
    let ended = scene.ended(&job).await;
    assert_eq!(ended["counts"]["total"], members.len());
    let items = download(&scene, &job, "").await;
    assert_eq!(by_outcome(&items), counts(&ended));
    assert!(lines(&items)[1..].iter().enumerate().all(|(at, line)| line.starts_with(&format!("{at},add,"))));
    assert_eq!(objects(&download(&scene, &job, "?format=jsonl&reason=not_found").await).len(), 2_858);
    scene.house.stop().await;
}
