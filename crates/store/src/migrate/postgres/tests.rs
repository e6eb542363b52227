use super::{apply_next, make_role, make_schema, number, take_lock, transaction};
use crate::driver::postgres::connect::Connector;
use crate::driver::postgres::link::Link;
use crate::driver::postgres::url::Target;

fn plain(url: &str) -> Link {
    Connector::new(Target::parse(url, None).unwrap(), false, &[]).unwrap().connect_plain().unwrap()
}

#[test]
fn groups_that_were_there_keep_their_names_for_themselves() {
    let database = throng_backends::fresh_database().unwrap();
    let admin = |sql: &str| plain(database.admin_url()).batch(sql).unwrap();
    let count = |sql: &str| number(&mut plain(database.admin_url()), sql, &[]).unwrap();
    admin("drop schema throng cascade");
    let mut owner = plain(database.url());
    make_role(&mut owner).unwrap();
    transaction(&mut owner, |link| {
        take_lock(link)?;
        make_schema(link)
    })
    .unwrap();
    for version in [1, 2] {
        assert_eq!(transaction(&mut owner, apply_next).unwrap().unwrap().0, version);
    }
    for account in [1, 2] {
        let uuid = "decode(repeat('01', 16), 'hex')";
        admin(&format!(
            "insert into throng.groups values ({account}, 1, {uuid}, 1, 1, 1, 'Red', 'red', null, 0, '{{}}')"
        ));
    }
    assert_eq!(transaction(&mut owner, apply_next).unwrap().unwrap().0, 3);
    assert_eq!(count("select count(*) from throng.groups where unique_name = name_key"), 2);
    let forced =
        "select count(*) from pg_class where oid = 'throng.groups'::regclass and relforcerowsecurity";
    assert_eq!(count(forced), 1);
}
