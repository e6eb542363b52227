use super::*;

fn row() -> Row {
    Row {
        key: "ann".to_owned(),
        login: "Ann".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: "Jones".to_owned(),
        display_name: "Ann \"J\"".to_owned(),
        email: "ann@x".to_owned(),
        roles: vec!["Agent".to_owned(), "Boss".to_owned()],
        node: "acme/emea".to_owned(),
        ..Row::default()
    }
}

#[test]
fn who_is_as_a_row_says_is_seen_from_the_document() {
    let ann = user_from_row(&row(), Uuid::nil(), Instant::from_micros(1));
    assert!(is_as_said(&row(), &ann));
    let changes: [fn(&mut Row); 9] = [
        |row| row.display_name.clear(),
        |row| "Annie".clone_into(&mut row.first_name),
        // Blank, which says nothing: that is looked at further.
        |row| row.first_name.clear(),
        |row| row.last_name.clear(),
        |row| row.roles.push("Agent".to_owned()),
        |row| "x".clone_into(&mut row.node),
        |row| "Agents".clone_into(&mut row.profile),
        |row| row.owned_groups.push("Pilots".to_owned()),
        |row| row.cleared = Cleared::PROFILE.and(Cleared::OWNED_GROUPS),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut other = row();
        change(&mut other);
        assert!(!is_as_said(&other, &ann), "{at}");
    }
    let mut twice = row();
    twice.roles.push("Agent".to_owned());
    let made = user_from_row(&twice, Uuid::nil(), Instant::from_micros(1));
    assert!(!is_as_said(&twice, &made), "two roles of one name become one");
}
