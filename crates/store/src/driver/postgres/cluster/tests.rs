use super::{Found, Verdict, judge};
use crate::migrate;

fn found(stored: Option<(&str, i64)>) -> Found {
    Found {
        process: 1,
        role: "throng_app".to_owned(),
        unrestricted: false,
        read_only: false,
        system: "7".to_owned(),
        timeline: 3,
        stored: stored.map(|(system, timeline)| (system.to_owned(), timeline)),
        min_reader: migrate::VERSION,
    }
}

#[test]
fn the_same_server_is_fit() {
    assert_eq!(judge(&found(Some(("7", 3))), Some("7"), 3), Ok(Verdict::Fit));
    assert_eq!(judge(&found(Some(("7", 3))), None, 0), Ok(Verdict::Fit));
    assert_eq!(judge(&found(None), None, 0), Ok(Verdict::New));
}

#[test]
fn a_promoted_or_restored_database_has_moved() {
    assert_eq!(judge(&found(Some(("7", 2))), Some("7"), 2), Ok(Verdict::Moved));
    assert_eq!(judge(&found(Some(("8", 9))), None, 0), Ok(Verdict::Moved), "loaded into a new cluster");
}

#[test]
fn an_older_timeline_is_refused() {
    for error in [judge(&found(Some(("7", 4))), None, 0), judge(&found(Some(("7", 3))), Some("7"), 4)] {
        assert!(error.clone().unwrap_err().contains("timeline 4"), "{error:?}");
    }
}

#[test]
fn what_is_not_the_database_is_refused() {
    let other = judge(&found(Some(("7", 3))), Some("8"), 3).unwrap_err();
    assert!(other.contains("another database cluster"), "{other}");

    let standby = judge(&Found { read_only: true, ..found(Some(("7", 3))) }, Some("7"), 3).unwrap_err();
    assert!(standby.contains("standby"), "{standby}");

    let owner = Found { unrestricted: true, role: "postgres".to_owned(), ..found(Some(("7", 3))) };
    let refused = judge(&owner, None, 0).unwrap_err();
    assert!(refused.contains("postgres") && refused.contains("throng_app"), "{refused}");

    let newer = Found { min_reader: migrate::VERSION + 1, ..found(Some(("7", 3))) };
    let refused = judge(&newer, None, 0).unwrap_err();
    assert!(refused.contains("newer release"), "{refused}");
}
