use super::*;

fn row(login: &str) -> Row {
    Row { key: login.to_lowercase(), login: login.to_owned(), email: login.to_owned(), ..Row::default() }
}

#[test]
fn pages_round_trip() {
    let mut rows = vec![row("Anna@Example.com"), row("bob@example.com"), row("")];
    rows[0].fault = Some(Fault::Duplicate);
    rows[1].roles = vec!["Agent".to_owned(), "Супервайзер".to_owned()];
    rows[1].member_of = vec!["Staff".to_owned()];
    rows[1].position = 77;
    (rows[0].line, rows[2].line) = (2, u32::MAX);
    rows[1].last_name = "x".repeat(300);
    rows[0].password = RowPassword::Sealed(vec![0, 255, 7]);
    rows[1].password = RowPassword::Dropped;
    rows[2].password = RowPassword::Apart;
    rows.push(Row { password: RowPassword::Gone, ..row("dora") });
    rows[2].fault = Some(Fault::Invalid("Login Id must not be empty".to_owned()));
    rows[2].email = "other@example.com".to_owned();
    rows[1].node = "North".to_owned();
    rows[1].owned_groups = vec!["Staff".to_owned(), "Board".to_owned()];
    rows[1].cleared = Cleared::EMAIL.and(Cleared::ROLES);
    rows[2].profile = "Agents".to_owned();
    rows[2].removes = true;
    rows[0].found = Some(Found { user: Some(uuid::Uuid::from_u128(7)), version: Some(3) });
    rows[1].found = Some(Found { user: None, version: None });
    rows[2].found = Some(Found { user: Some(uuid::Uuid::from_u128(8)), version: None });
    let page = encode(1, 9, &rows);
    assert_eq!((page.run, page.page, page.items), (1, 9, 4));
    assert_eq!(decode(&page).unwrap(), rows);
    for some in [&[0, 1, 2, 3][..], &[0, 2], &[1, 3], &[2], &[]] {
        let wanted: Vec<Row> = some.iter().map(|at: &usize| rows[*at].clone()).collect();
        assert_eq!(decode_at(&page, some).unwrap(), wanted);
    }
    assert!(decode_at(&page, &[4]).is_err());
    let mut named = rows.iter();
    each_named(&page, |names| {
        let Row { key, position, first_name, last_name, removes, .. } = named.next().unwrap();
        assert_eq!(names, Names { key, position: *position, first_name, last_name, removes: *removes });
    })
    .unwrap();
    assert!(named.next().is_none());
}

#[test]
fn damage_is_noticed() {
    let mut page = encode(1, 0, &[row("a"), row("b")]);
    let is_refused = |page: &RowPage| decode(page).is_err() && each_named(page, |_| ()).is_err();
    page.items = 3;
    assert!(is_refused(&page));
    page.items = 1;
    assert!(is_refused(&page));
    page.data.truncate(3);
    assert!(is_refused(&page));
}
