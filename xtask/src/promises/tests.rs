use std::collections::BTreeSet;
use std::path::Path;

use super::Request;
use super::table::{PROMISES, SECURITY, promise_of, read, read_all};
use crate::tidy::tree::Tree;

/// Every promise that has to be on the page, by its number.
const PROMISED: &[std::ops::RangeInclusive<u32>] = &[1..=17, 38..=38];
/// Where tests are named after what is on the pages.
const FOLDERS: [&str; 3] = ["tests/it/promises", "tests/it/crawler", "tests/it/security"];
/// The requirements of security are numbered from 1 to this.
const REQUIRED: u32 = 60;

fn page(cells: &str) -> String {
    format!("# x\n\n| No. | Promise | Where | The line | Proof |\n|---|---|---|---|---|\n{cells}\n\nmore\n")
}

#[test]
fn rows_are_read_and_refused() {
    let good = page("| g07b | Once. | `a/b.rs::f` | `a \\|\\| b` => `a` | `p g07_once` |");
    let rows = read(PROMISES, &good).unwrap();
    assert_eq!((rows[0].number.as_str(), promise_of(&rows[0])), ("g07b", "g07"));
    assert_eq!((rows[0].piece.as_str(), rows[0].change().as_str()), ("a || b", "\"a || b\" => \"a\""));
    for cells in [
        "| g07 | Once. | `a/b.rs::f` | `a` => `b` | `p g08_once` |",
        "| g07 | Once. | `a/b.rs::f` | `a` => `b` | `p g07` |",
        "| g07 | Once. | `a/b.rs::f` | `a` => `b` |",
        "| g07 |  | `a/b.rs::f` | `a` => `b` | `p g07_once` |",
        "| g07 | Once. |  |  |  |",
    ] {
        assert!(read(PROMISES, &page(cells)).unwrap_err().starts_with("docs/promises.md:5: "), "{cells}");
    }
    // A requirement may be shown by a test that was there before.
    let named_otherwise = page("| s07 | Once. | `a/b.rs::f` | `a` => `b` | `p once` |");
    assert_eq!(read(SECURITY, &named_otherwise).unwrap().len(), 1);
}

#[test]
fn arguments_choose_rows() {
    let of = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Request::of(&words)
    };
    assert_eq!(of("").unwrap(), Request::default());
    assert_eq!(of("--list --only g07").unwrap(), Request { list: true, only: Some("g07".to_owned()) });
    for bad in ["--only", "g07", "--all", "--only g07 --only g08", "--only g07 x"] {
        of(bad).unwrap_err();
    }
    let numbers = |only: &str| {
        let rows = ["g01", "g07a", "g07b"].map(|number| {
            let promise = number.trim_end_matches(['a', 'b']);
            let page = page(&format!("| {number} | x | `a::f` | `a` | `p {promise}_x` |"));
            read(PROMISES, &page).unwrap().remove(0)
        });
        let chosen = of(&format!("--only {only}")).unwrap().choose(rows.to_vec())?;
        Ok::<_, String>(chosen.into_iter().map(|row| row.number).collect::<Vec<_>>())
    };
    assert_eq!(numbers("g07").unwrap(), ["g07a", "g07b"]);
    assert_eq!(numbers("g07b").unwrap(), ["g07b"]);
    numbers("g0").unwrap_err();
}

/// The pages themselves: what they name is there, and nothing is missing on them.
#[test]
fn every_promise_has_a_test_and_a_line_that_stands_once() {
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
    let rows = read_all(|page| Ok(tree.text(page).unwrap().to_owned())).unwrap();
    let broken: Vec<String> = rows.iter().filter_map(|row| row.check(&tree).err()).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let promised: BTreeSet<&str> = rows.iter().map(promise_of).collect();
    for number in PROMISED.iter().cloned().flatten() {
        assert!(promised.contains(format!("g{number:02}").as_str()), "no row of g{number:02}");
    }
    let numbers: BTreeSet<&str> = rows.iter().map(|row| row.number.as_str()).collect();
    assert_eq!(numbers.len(), rows.len(), "two rows have one number");
    // A test that is named after a promise or a requirement is on its page.
    let tests: BTreeSet<&str> = rows.iter().map(|row| row.test.as_str()).collect();
    let is_named_after = |name: &str| {
        let digits = name.strip_prefix(['g', 's']).and_then(|rest| rest.get(..3));
        digits.is_some_and(|digits| digits.ends_with('_') && digits[..2].bytes().all(|b| b.is_ascii_digit()))
    };
    for (path, text) in tree.texts().filter(|(path, _)| FOLDERS.iter().any(|folder| path.contains(folder))) {
        let names = text.lines().filter_map(|line| line.split_once("fn ")?.1.split('(').next());
        for name in names.filter(|name| is_named_after(name)) {
            assert!(tests.contains(name), "{path}: {name} is on neither page");
        }
    }
}

/// Each requirement of security is in a row, or among what is open.
#[test]
fn every_requirement_of_security_is_answered() {
    const OPEN: &str = "\n## What is open\n";
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
    let text = tree.text(SECURITY).unwrap();
    let rows = read(SECURITY, text).unwrap();
    let (_, open) = text.split_once(OPEN).unwrap();
    for number in 1..=REQUIRED {
        let number = format!("s{number:02}");
        let has_row = rows.iter().any(|row| promise_of(row) == number);
        assert!(has_row || open.contains(&format!("**{number}**")), "{SECURITY} says nothing of {number}");
    }
}

/// The chapter of the book about jobs: each test that it names is there.
#[test]
fn every_claim_about_jobs_has_a_test() {
    const CHAPTER: &str = "docs/book/src/jobs.md";
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
    let (_, table) = tree.text(CHAPTER).unwrap().split_once("\n## What shows it\n").unwrap();
    let tests: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_suffix("` |")?.rsplit_once('`').map(|(_, test)| test))
        .collect();
    assert!(tests.len() > 30, "{tests:?}");
    for test in tests {
        let head = format!("fn {test}(");
        let is_there = tree.texts().any(|(path, text)| path.contains("/tests/") && text.contains(&head));
        assert!(is_there, "{CHAPTER}: there is no test {test}");
    }
}
