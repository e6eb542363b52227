//! Imports: rows, their outcomes, and the lists of them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Cursor;

use throng_directory::Error;
use throng_directory::model::jobs::{ImportMode, Job};
use throng_directory::model::memberships::Subject;
use throng_directory::model::passwords::Hash;
use throng_directory::port::{Cost, Snapshot, StoreExt};
use throng_directory::use_cases::imports::ImportAsked;
use throng_directory::use_cases::item_choice::{Fields, ItemFilter, ItemOrder};
use throng_directory::use_cases::job_rows::{JobRow, RowsQuery};
use throng_directory::use_cases::schedules::ScheduleAsked;
use throng_jobs::State;

use crate::house::House;

fn asked(name: Option<&str>) -> ImportAsked {
    ImportAsked {
        mode: ImportMode::Add,
        group: None,
        job_name: name.map(str::to_owned),
        sheet: None,
        file_name: Some("people.csv".to_owned()),
        content_type: None,
        idempotency_key: None,
        request: "POST /api/admin/user/v1/accounts/acme/users:bulkAdd".to_owned(),
        schedule: ScheduleAsked::default(),
        dry_run: false,
    }
}

async fn import(house: &House, csv: &str) -> Job {
    let file = Box::new(Cursor::new(csv.to_owned().into_bytes()));
    let imported = house.directory.import(&house.caller, asked(None), file).await.unwrap();
    ended(house, imported.job).await
}

async fn ended(house: &House, job: Job) -> Job {
    let uuid = job.uuid.to_string();
    for _ in 0..4_000 {
        let job = house.directory.import_job(&house.caller, &uuid).await.unwrap();
        if job.state.is_terminal() {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the import does not end");
}

async fn rows(house: &House, job: &Job, query: RowsQuery) -> (Vec<JobRow>, u64) {
    house.directory.import_rows(&house.caller, &job.uuid.to_string(), &query).await.unwrap()
}

async fn all_rows(house: &House, job: &Job) -> Vec<JobRow> {
    let query = RowsQuery { limit: 100_000, ..RowsQuery::default() };
    rows(house, job, query).await.0
}

const HEADER: &str = "Login Id,Last Name,First Name,Email,Roles,Member Of,Password\n";

#[tokio::test(flavor = "multi_thread")]
async fn each_row_gets_its_own_outcome() {
    let house = House::start(2).await;
    let csv = format!(
        "{HEADER}zoe@example.com,Zett,Zoe,zoe@example.com,[Agent],,secret\n\
         Anna@Example.com,Berg,Anna,,,,\n\
         anna@example.com,Berg,Anna,,,,\n\
         ,Nobody,Ned,,,,\n\
         bob@example.com,,Bob,,,,\n\
         carl@example.com,Carlson,Carl,not-an-address,,,\n\
         dora@example.com,Dorn,Dora,,,[No Such Group],\n\
         too,few\n"
    );
    let job = import(&house, &csv).await;
    assert_eq!((job.state, job.counts.created, job.counts.failed), (State::Failed, 2, 6));
    let messages: BTreeMap<String, (Option<bool>, String)> = all_rows(&house, &job)
        .await
        .into_iter()
        .map(|row| (row.login.clone(), (row.user.map(|_| true), row.message)))
        .collect();
    let message = |login: &str| messages[login].1.as_str();
    assert_eq!(message("zoe@example.com"), "User successfully added (password ignored)");
    assert_eq!(messages["Anna@Example.com"], (Some(true), "User successfully added".to_owned()));
    let twice = (None, "Login Id is listed more than once in this file (row 4 of the file)".to_owned());
    assert_eq!(messages["anna@example.com"], twice);
    assert_eq!(message("bob@example.com"), "Last Name must not be empty (row 6 of the file)");
    assert_eq!(message("carl@example.com"), "Email is not an e-mail address (row 7 of the file)");
    assert_eq!(message("dora@example.com"), "Invalid member of group provided (row 8 of the file)");
    // The same file again changes nobody: everyone exists.
    let again = import(&house, &format!("{HEADER}zoe@example.com,Zett,Zoe,,,,\n")).await;
    assert_eq!(again.state, State::Failed);
    let message = "A user with this loginId already exists (row 2 of the file)";
    assert_eq!(all_rows(&house, &again).await[0].message, message);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_whole_is_found_by_what_could_be_read() {
    let house = House::start(100).await;
    let csv = format!(
        "{HEADER}Few@example.com,Short\n\
         many@example.com,Long,Lou,lou@example.com,,,,more\n\
         quoted@example.com,Quill,Quinn,\"q\"x,,,\n\
         few@example.com,Short,Sue,,,,\n\
         open@example.com,Olsen,Ole,,[Agent,,\n\
         group@example.com,Grant,Gil,,,[One,\n\
         a b,Blank\n"
    );
    let job = import(&house, &csv).await;
    assert_eq!((job.counts.total, job.counts.failed), (7, 7));
    let seen: Vec<[String; 2]> =
        all_rows(&house, &job).await.into_iter().map(|row| [row.login, row.message]).collect();
    let unclosed = "a list opened with '[' is not closed with ']'";
    let expected = [
        ["a b", "row 8 of the file: has 2 cells where the header has 7"],
        ["Few@example.com", "row 2 of the file: has 2 cells where the header has 7"],
        ["few@example.com", "Login Id is listed more than once in this file (row 5 of the file)"],
        ["group@example.com", &format!("Member Of: {unclosed} (row 7 of the file)")],
        ["many@example.com", "row 3 of the file: has 8 cells where the header has 7"],
        ["open@example.com", &format!("Roles: {unclosed} (row 6 of the file)")],
        ["quoted@example.com", "row 4 of the file: text stands after the closing quote of a cell"],
    ];
    assert_eq!(seen, expected);
    for (filter, login) in [
        ("loginId:FEW@*", "Few@example.com"),
        ("lastName:long", "many@example.com"),
        ("firstName:quinn", "quoted@example.com"),
    ] {
        let query = RowsQuery {
            filter: ItemFilter::parse(filter, &Fields::ROWS).ok(),
            limit: 10,
            ..RowsQuery::default()
        };
        assert_eq!(rows(&house, &job, query).await.0[0].login, login, "{filter}");
    }
    house.stop().await;
}

/// People in an order that is nobody's, more than one run's worth when `n` is large.
fn crowd(n: usize) -> String {
    let mut csv = HEADER.to_owned();
    for k in 0..n {
        let k = k * 7_919 % n;
        writeln!(csv, "user{k:06}@example.com,Last{:03},First{:02},,,,", k % 137, k % 41).unwrap();
    }
    csv
}

#[tokio::test(flavor = "multi_thread")]
async fn several_runs_are_merged_into_one_order() {
    let house = House::start(5_000).await;
    // Three runs, and one login again at the very end.
    let n = 200_003;
    let csv = crowd(n) + "USER000001@example.com,Again,Again,,,,\n";
    let job = import(&house, &csv).await;
    assert_eq!((job.counts.total, job.counts.created, job.counts.failed), (n as u64 + 1, n as u64, 1));
    let (page, total) =
        rows(&house, &job, RowsQuery { offset: 150_000, limit: 3, ..RowsQuery::default() }).await;
    assert_eq!(total, n as u64 + 1);
    let logins: Vec<&str> = page.iter().map(|row| row.login.as_str()).collect();
    // The duplicate stands at place 2, so everything behind it moves by one.
    assert_eq!(logins, ["user149999@example.com", "user150000@example.com", "user150001@example.com"]);
    let failed = ItemFilter::parse("status:FAILED", &Fields::ROWS).unwrap();
    let (page, total) =
        rows(&house, &job, RowsQuery { filter: Some(failed), limit: 10, ..RowsQuery::default() }).await;
    assert_eq!((total, page[0].login.as_str()), (1, "USER000001@example.com"));
    house.stop().await;
}

/// A ready hash that says whose it is.
fn ready(k: usize) -> String {
    format!("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2{k:07}")
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_hashes_find_their_people_through_several_runs() {
    let house = House::sealing(5_000).await;
    // Two runs: in the first nobody has a hash before a certain row, in the second every other row has one.
    let (n, first) = (130_001, 99_000);
    let mut csv = HEADER.to_owned();
    let hash = |at: usize, k: usize| (at >= first && at.is_multiple_of(2)).then(|| ready(k));
    let mut expected = BTreeMap::new();
    for at in 0..n {
        let k = at * 7_919 % n;
        let hash = hash(at, k);
        writeln!(csv, "user{k:06},Last,First,,,,{}", hash.as_deref().unwrap_or("")).unwrap();
        if at % 4_567 == 0 || at + 3 > n || at.abs_diff(first) < 3 {
            expected.insert(format!("user{k:06}"), hash);
        }
    }
    // Of several rows with one login the hash of the first one counts.
    let twice = expected.iter().filter(|(_, hash)| hash.is_some()).map(|(login, _)| login.clone());
    for login in twice {
        writeln!(csv, "{login},Last,First,,,,{}", ready(9_999_999)).unwrap();
    }
    let twice = expected.values().flatten().count() as u64;
    let job = import(&house, &csv).await;
    assert_eq!((job.counts.created, job.counts.failed), (n as u64, twice));
    let read = move |snapshot: &mut dyn Snapshot| {
        let account = snapshot.account("acme")?.unwrap().id;
        for (login, hash) in &expected {
            let Subject::Member(user) = snapshot.resolve_names(account, &[login.as_str()], u64::MAX)?[0]
            else {
                panic!("nobody is called {login}");
            };
            let found = snapshot.passwords(account, user.as_user().unwrap())?;
            let found: Vec<&str> = found.iter().map(Hash::reveal).collect();
            assert_eq!(found, hash.iter().map(String::as_str).collect::<Vec<_>>(), "of {login}");
        }
        assert_eq!(snapshot.row_secrets(account, job.number, 0, 1)?, []);
        Ok(())
    };
    house.store.read(Cost::Point, read).await.unwrap();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_filter_order_and_page_alike_in_every_chunking() {
    let mut seen: Vec<Vec<Vec<JobRow>>> = Vec::new();
    for chunk_items in [7, 5_000] {
        let house = House::start(chunk_items).await;
        let csv = crowd(997) + "user000005@example.com,Twice,Twice,,,,\n";
        let job = import(&house, &csv).await;
        let mut answers = Vec::new();
        for (filter, order) in [
            (None, "loginId"),
            (None, "loginId desc"),
            (None, "lastName"),
            (None, "firstName desc"),
            (Some("status:COMPLETED"), "loginId desc"),
            (Some("status:FAILED"), "loginId"),
            (Some("status:PENDING"), "loginId"),
            (Some("lastName:Last01*"), "firstName"),
            (Some("loginId:*7@EXAMPLE.com"), "loginId"),
            (Some("firstName=first07"), "lastName desc"),
        ] {
            let query = RowsQuery {
                filter: filter.map(|filter| ItemFilter::parse(filter, &Fields::ROWS).unwrap()),
                order: Some(ItemOrder::parse(order, &Fields::ROWS).unwrap()),
                offset: 0,
                limit: 10_000,
            };
            let (whole, total) = rows(&house, &job, query.clone()).await;
            assert_eq!(whole.len() as u64, total, "{filter:?} {order}");
            let mut paged = Vec::new();
            while (paged.len() as u64) < total {
                let page = RowsQuery { offset: paged.len() as u64, limit: 97, ..query.clone() };
                let (page, of) = rows(&house, &job, page).await;
                assert_eq!(of, total);
                assert!(!page.is_empty());
                paged.extend(page);
            }
            assert_eq!(paged, whole, "{filter:?} {order}");
            // Ids differ from one house to the other.
            answers.push(whole.into_iter().map(|row| JobRow { user: None, ..row }).collect());
        }
        seen.push(answers);
        house.stop().await;
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0][5].len(), 1);
    assert_eq!(seen[0][6].len(), 0);
    assert!(seen[0][7].len() > 50 && seen[0][9].len() > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_leaves_no_job_behind() {
    let house = House::start(100).await;
    for (file, wrong) in [
        ("", "columns"),
        (HEADER, "no rows"),
        ("Login Id,First Name\na,b\n", "Last Name"),
        ("[{\"loginId\":\"a\"},\n{\"loginId\":\"b\"}]", "JSON array"),
        ("\n \n", ""),
        ("PK\u{3}\u{4}garbage", ""),
    ] {
        let body = Box::new(Cursor::new(file.to_owned().into_bytes()));
        let error = house.directory.import(&house.caller, asked(Some("x")), body).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { ref field, .. } if field == "file"), "{error:?}");
        assert!(error.to_string().contains(wrong), "{error}");
    }
    assert!(house.directory.import_jobs(&house.caller).await.unwrap().is_empty());
    let good = format!("{HEADER}a@example.com,A,A,,,,\n");
    let file = || Box::new(Cursor::new(good.clone().into_bytes()));
    let first = house.directory.import(&house.caller, asked(Some("x")), file()).await.unwrap();
    assert_eq!(first.job.name.as_deref(), Some("x"));
    let taken = house.directory.import(&house.caller, asked(Some("x")), file()).await.unwrap_err();
    assert!(matches!(taken, Error::AlreadyExists { field: "jobName", .. }), "{taken:?}");
    ended(&house, first.job).await;
    assert_eq!(house.directory.import_jobs(&house.caller).await.unwrap().len(), 1);
    house.stop().await;
}
