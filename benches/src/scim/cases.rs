//! What is read, and the SQL that reads the same rows.

use super::{Case, Key, PREFIX, Sides, USER, encoded};
use crate::Outcome;
use crate::bench::{Base, Bench};
use crate::report::grouped;
use crate::stats::float;

/// Users of a page, as a list has them when nothing is asked.
const PAGE: usize = 100;
/// Members of a page, and users of a page of the walk to the last tenth.
const LARGE_PAGE: usize = 1_000;
/// Users whom the point queries ask for.
const ASKED: usize = 2_000;

/// By which index a page of users is read, behind the second parameter.
const BY_NAME: &str = "where u.account_id = ?1 and u.name_key > ?2 order by u.name_key";
const BY_KEY: &str = "where u.account_id = ?1 and u.user_key > ?2 order by u.user_key";

/// Point queries and pages of users.
///
/// # Errors
/// A walk that does not come to where a page is to be measured.
pub fn lists(sides: &Sides<'_>, base: &Base) -> Outcome<Vec<Case>> {
    let starts =
        format!("/scim/v2/Users?count={PAGE}&filter={}", encoded(&format!("userName sw \"{PREFIX}\"")));
    let sorted = format!("/scim/v2/Users?count={PAGE}&sortBy=userName");
    let plain = format!("/scim/v2/Users?count={LARGE_PAGE}");
    let without_groups = format!("{plain}&excludedAttributes=groups");
    let (tenth, before_tenth) = sides.walk(&sorted, 9)?;
    let (deep, before_deep) = sides.walk(&plain, base.people.len() / LARGE_PAGE * 9 / 10)?;
    let first = |path: &str| format!("{path}&cursor=");
    let (prefix, nobody) = (Key::Text(PREFIX.to_owned()), Key::Text(String::new()));
    let tenth_from = Key::Text(sides.row_of("name_key", &before_tenth)?);
    let deep_from = Key::Number(sides.row_of("user_key", &before_deep)?);
    let by_email =
        "join user_emails e on e.user_key = u.user_key where e.account_id = ?1 and e.email_key = ?2";
    Ok(vec![
        point(sides.bench, base, "userName", "where u.account_id = ?1 and u.name_key = ?2"),
        point(sides.bench, base, "emails.value", by_email),
        page(sides.bench, &format!("userName sw, first {PAGE}"), (first(&starts), prefix), (BY_NAME, PAGE)),
        page(
            sides.bench,
            &format!("sortBy userName, first {PAGE}"),
            (first(&sorted), nobody),
            (BY_NAME, PAGE),
        ),
        page(sides.bench, &format!("sortBy userName, 10th {PAGE}"), (tenth, tenth_from), (BY_NAME, PAGE)),
        page(
            sides.bench,
            &format!("all, first {LARGE_PAGE}"),
            (first(&plain), Key::Number(0)),
            (BY_KEY, LARGE_PAGE),
        ),
        page(
            sides.bench,
            &format!("all, {LARGE_PAGE} in the last tenth"),
            (deep, deep_from),
            (BY_KEY, LARGE_PAGE),
        ),
        page(
            sides.bench,
            &format!("all, first {LARGE_PAGE}, without groups"),
            (first(&without_groups), Key::Number(0)),
            (BY_KEY, LARGE_PAGE),
        ),
    ])
}

/// A page of the members of a group of everybody.
///
/// # Errors
/// A group whose id is no number.
pub fn members(group: &str, bench: &Bench) -> Outcome<Case> {
    let path = format!("/scim/v2/Groups/{group}/members?count={LARGE_PAGE}&cursor=");
    let sql = format!(
        "select m.member_key, u.uuid from memberships m join users u on u.user_key = m.member_key where m.account_id = ?1 \
         and m.group_number = ?2 and m.member_kind = 0 order by m.member_key limit {LARGE_PAGE}"
    );
    Ok(Case {
        what: format!("{LARGE_PAGE} members of {}", grouped(float(bench.people))),
        asked: vec![(path, Key::Number(group.parse()?))],
        sql,
        rows: LARGE_PAGE,
        times: bench.sized(100, 10),
    })
}

/// One user by a value of an attribute, which is the userName for each of them.
fn point(bench: &Bench, base: &Base, attribute: &str, from: &str) -> Case {
    let order = base.people.random_order(17);
    let asked = order.iter().take(ASKED).map(|at| {
        let name = &base.people.names[*at];
        let filter = encoded(&format!("{attribute} eq \"{name}\""));
        (format!("/scim/v2/Users?filter={filter}"), Key::Text(name.clone()))
    });
    Case {
        what: format!("{attribute} eq"),
        asked: asked.collect(),
        sql: format!("{USER}{from}"),
        rows: 1,
        times: bench.sized(ASKED, 200),
    }
}

/// A page of users: its path and where the SQL begins, by which index and how many.
fn page(bench: &Bench, what: &str, asked: (String, Key), (by, rows): (&str, usize)) -> Case {
    Case {
        what: what.to_owned(),
        asked: vec![asked],
        sql: format!("{USER}{by} limit {rows}"),
        rows,
        times: bench.sized(100_000, 10_000) / rows,
    }
}
