use super::{PostgresSettings, open_postgres};

#[test]
fn no_password_is_shown() {
    let settings = PostgresSettings {
        url: "postgres://u:s3cret@127.0.0.1:1/d".to_owned(),
        session: vec![("throng.token".to_owned(), "s3cret".to_owned())],
        ..PostgresSettings::default()
    };
    assert!(!format!("{settings:?}").contains("s3cret"));
    let error = open_postgres(&settings).err().unwrap();
    assert!(error.to_string().starts_with("the database 127.0.0.1:1/d cannot be reached"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}
