use throng_cluster::Options;

use crate::start;

#[test]
fn a_killed_server_comes_back_with_its_data_on_its_port() {
    let mut cluster = start(&Options::default());
    let port = cluster.port();
    cluster.sql("postgres", "create table t (n int); insert into t values (1)").unwrap();
    cluster.kill().unwrap();
    assert!(cluster.sql("postgres", "select n from t").unwrap_err().contains("Connection refused"));
    assert_eq!(cluster.kill().unwrap_err(), "the server does not run");
    cluster.restart().unwrap();
    assert_eq!(cluster.port(), port);
    assert_eq!(cluster.sql("postgres", "select n from t"), Ok("1".to_owned()));
    assert!(cluster.log().unwrap().contains("database system was not properly shut down"));
}

#[test]
fn a_stopped_server_comes_back_too_and_a_running_one_is_stopped_first() {
    let mut cluster = start(&Options::default());
    cluster.sql("postgres", "create table t (n int)").unwrap();
    cluster.stop().unwrap();
    assert!(cluster.log().unwrap().contains("received fast shutdown request"));
    cluster.restart().unwrap();
    cluster.pause().unwrap();
    cluster.restart().unwrap();
    assert_eq!(cluster.sql("postgres", "select count(*) from t"), Ok("0".to_owned()));
    assert!(!cluster.log().unwrap().contains("not properly shut down"));
}
