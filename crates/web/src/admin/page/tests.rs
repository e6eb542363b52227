use throng_api::Links;

use super::Page;
use crate::query::Query;

fn page(query: &str) -> Result<Page, (u16, String, Option<&'static str>)> {
    let query = Query::parse(Some(query)).unwrap();
    Page::read(&query, 1_000).map_err(|refusal| (refusal.status().as_u16(), refusal.field, refusal.code))
}

#[test]
fn defaults_and_limits() {
    assert_eq!(page(""), Ok(Page { number: 1, size: 10 }));
    assert_eq!(page("pageNumber=2&pageSize=5"), Ok(Page { number: 2, size: 5 }));
    assert_eq!(page("pageSize=1000"), Ok(Page { number: 1, size: 1_000 }));
    assert_eq!(page("pageSize=1001"), Err((400, "pageSize".to_owned(), Some("20007"))));
    for bad in ["0", "-1", "x", "", "1.5", "+5", " 5", "00"] {
        let raw = format!("pageNumber={}", crate::path::encode(bad));
        assert_eq!(page(&raw), Err((400, "pageNumber".to_owned(), None)), "{bad}");
    }
}

#[test]
fn offsets_saturate() {
    assert_eq!(Page { number: 3, size: 10 }.offset(), 20);
    assert_eq!(Page { number: u64::MAX, size: 1_000 }.offset(), u64::MAX);
}

fn links(number: u64, size: u64, total: u64) -> Links {
    Page { number, size }.links("/p", total, &[])
}

#[test]
fn the_ends_are_empty() {
    let link = |n: u64| format!("/p?pageNumber={n}&pageSize=10");
    assert_eq!(links(1, 10, 45), Links { prev: String::new(), next: link(2) });
    assert_eq!(links(2, 10, 45), Links { prev: link(1), next: link(3) });
    assert_eq!(links(5, 10, 45), Links { prev: link(4), next: String::new() });
    assert_eq!(links(1, 10, 10), Links::default());
    assert_eq!(links(1, 10, 0), Links::default());
}

#[test]
fn beyond_the_end_the_last_page_comes_before() {
    assert_eq!(links(9, 10, 45).prev, "/p?pageNumber=5&pageSize=10");
    assert_eq!(links(9, 10, 45).next, "");
    assert_eq!(links(9, 10, 0).prev, "/p?pageNumber=1&pageSize=10");
}

#[test]
fn every_parameter_in_effect_is_in_the_link() {
    let others = [("filter", Some("firstName:A*&x=1")), ("orderBy", Some("firstName desc"))];
    let links = Page { number: 1, size: 5 }.links("/p", 6, &others);
    assert_eq!(
        links.next,
        "/p?pageNumber=2&pageSize=5&filter=firstName%3AA%2A%26x%3D1&orderBy=firstName%20desc"
    );
}
