use throng_jobs::Instant;
use uuid::Uuid;

use super::*;

#[test]
fn what_was_foreseen_is_taken_only_of_who_is_still_the_same() {
    let row = Row { login: "ann".to_owned(), last_name: "Jones".to_owned(), ..Row::default() };
    let ann = people::user_from_row(&row, Uuid::nil(), Instant::from_micros(1));
    let foreseen = Some(Foreseen { seen: ann.doc.clone(), becomes: None });
    let prospect = Prospect { row, user: None, foreseen };
    assert!(prospect.foreseen_of(&ann).is_some_and(|foreseen| foreseen.becomes.is_none()));
    let changed = User { doc: ann.doc.replace("Jones", "Jonas"), ..ann };
    assert!(prospect.foreseen_of(&changed).is_none());
}

#[test]
fn a_row_that_names_others_is_not_foreseen() {
    assert!(can_be_foreseen(&Row::default()));
    let others: [fn(&mut Row); 6] = [
        |row| row.removes = true,
        |row| row.fault = Some(crate::model::rows::Fault::Duplicate),
        |row| "Agents".clone_into(&mut row.profile),
        |row| row.owned_groups.push("Pilots".to_owned()),
        |row| row.cleared = Cleared::PROFILE,
        |row| row.cleared = Cleared::OWNED_GROUPS,
    ];
    for change in others {
        let mut row = Row::default();
        change(&mut row);
        assert!(!can_be_foreseen(&row));
    }
}
