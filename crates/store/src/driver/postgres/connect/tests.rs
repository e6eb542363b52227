use super::Connector;
use crate::driver::postgres::url::Target;

fn target() -> Target {
    Target::parse("postgres://u:s3cret@127.0.0.1:1/d?options=-c%20work_mem=8MB", None).unwrap()
}

#[test]
fn settings_travel_with_the_start() {
    let session = [("throng.note".to_owned(), "a b\\c".to_owned())];
    let connector = Connector::new(target(), false, &session).unwrap();
    let options = connector.target.config.get_options().unwrap();
    assert!(options.starts_with("-c work_mem=8MB -c search_path=throng "), "{options}");
    assert!(options.ends_with(" -c throng.note=a\\ b\\\\c"), "{options}");
    assert_eq!(connector.begins(true).read, "begin isolation level repeatable read read only");
}

#[test]
fn behind_a_pooler_settings_begin_each_transaction() {
    let session = [("throng.note".to_owned(), "it's".to_owned())];
    let connector = Connector::new(target(), true, &session).unwrap();
    assert_eq!(connector.target.config.get_options(), Some("-c work_mem=8MB"));
    let write = connector.begins(true).write;
    assert!(write.starts_with("begin isolation level read committed; set local search_path = 'throng'; "));
    assert!(write.contains("; set local throng.note = 'it''s'; "), "{write}");
    assert!(write.contains("set_config('role', 'throng_app', true)"), "{write}");
    assert!(!write.contains("tcp_"), "the wire to the pooler is not the server's: {write}");
    assert!(!connector.begins(false).write.contains("role"));
}

#[test]
fn a_setting_is_a_name() {
    let session = [("x; drop table users".to_owned(), "1".to_owned())];
    assert!(Connector::new(target(), false, &session).is_err());
}

#[test]
fn who_cannot_connect_fails_fast_and_shows_no_password() {
    let connector = Connector::new(target(), false, &[]).unwrap();
    let error = connector.connect().err().unwrap();
    assert!(error.contains("127.0.0.1:1/d cannot be reached"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
    // The gate answers with the same words without trying.
    assert_eq!(connector.connect().err().unwrap(), error);
}
