use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;

use throng_cluster::{Cluster, Installation, Options};

use crate::start;

/// What `psql` says to one statement on this connection: its output, or what it complains of.
fn psql(cluster: &Cluster, connection: &str, statement: &str) -> Result<String, String> {
    let mut command = Command::new(cluster.installation().bin.join("psql"));
    command.env("PGCONNECT_TIMEOUT", "2").args(["-X", "-A", "-t", "-c", statement, "-d", connection]);
    let done = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if done.status.success() { Ok(text(done.stdout)) } else { Err(text(done.stderr)) }
}

#[test]
fn the_superuser_asks_and_the_application_is_none() {
    let cluster = start(&Options::default());
    assert_eq!(cluster.sql("postgres", "select 1, 'a'; select 2"), Ok("1|a\n2".to_owned()));
    let role = "select rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, rolbypassrls from pg_roles where rolname = \
                current_user";
    assert_eq!(psql(&cluster, &cluster.url("postgres"), role), Ok("f|t|t|t|f".to_owned()));
    assert_eq!(psql(&cluster, &cluster.admin_url("postgres"), role), Ok("t|t|t|t|t".to_owned()));
    assert_eq!(
        psql(&cluster, &cluster.url("postgres"), "create database own"),
        Ok("CREATE DATABASE".to_owned())
    );
    assert_eq!(psql(&cluster, &cluster.url("own"), "create table t (n int)"), Ok("CREATE TABLE".to_owned()));
    let wrong = cluster.url("postgres").replace("throng:", "throng:x");
    let refusal = psql(&cluster, &wrong, "select 1").unwrap_err();
    assert!(refusal.contains("password authentication failed"), "{refusal}");
    assert!(cluster.ca().is_none());
}

#[test]
fn a_failing_statement_is_said_and_ends_the_rest() {
    let cluster = start(&Options::default());
    let complaint = cluster.sql("postgres", "select 1; select 1/0; create table never (n int)").unwrap_err();
    assert!(complaint.contains("division by zero"), "{complaint}");
    assert_eq!(cluster.sql("postgres", "select to_regclass('never') is null"), Ok("t".to_owned()));
    assert!(cluster.sql("nowhere", "select 1").unwrap_err().contains("does not exist"));
}

#[test]
fn settings_are_the_options_and_fsync_stays_on() {
    let settings =
        vec![("shared_buffers".to_owned(), "16MB".to_owned()), ("cluster_name".to_owned(), "o'k".to_owned())];
    let cluster = start(&Options { settings, ..Options::default() });
    let show = |name: &str| cluster.sql("postgres", &format!("show {name}")).unwrap();
    assert_eq!(show("shared_buffers"), "16MB");
    assert_eq!(show("cluster_name"), "o'k");
    assert_eq!(show("fsync"), "on");
    assert_eq!(show("synchronous_commit"), "on");
    assert_eq!(show("server_version_num").len(), 6);
    cluster.set("work_mem", "7MB").unwrap();
    assert_eq!(show("work_mem"), "7MB");
    assert!(cluster.set("no_such_setting", "1").unwrap_err().contains("no_such_setting"));
}

#[test]
fn an_option_that_the_server_refuses_is_shown_with_its_log() {
    let settings = vec![("max_connections".to_owned(), "none".to_owned())];
    let refusal =
        Cluster::start(&Installation::for_tests().unwrap(), &Options { settings, ..Options::default() })
            .err();
    let refusal = refusal.unwrap();
    assert!(refusal.contains("max_connections"), "{refusal}");
}

#[test]
fn with_tls_the_certificate_is_the_authoritys_and_names_this_machine() {
    let cluster = start(&Options { tls: true, ..Options::default() });
    let ca = cluster.ca().unwrap();
    assert!(fs::read_to_string(ca).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    let verified = |ca: &Path| {
        let host = cluster.url("postgres").replace("127.0.0.1", "localhost");
        let connection =
            format!("{host}?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={}", ca.display());
        psql(&cluster, &connection, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")
    };
    assert_eq!(verified(ca), Ok("t".to_owned()));
    let other = start(&Options { tls: true, ..Options::default() });
    let refusal = verified(other.ca().unwrap()).unwrap_err();
    assert!(refusal.contains("certificate verify failed"), "{refusal}");
    let plain = format!("{}?sslmode=disable", cluster.url("postgres"));
    assert_eq!(psql(&cluster, &plain, "select 1"), Ok("1".to_owned()));
}

#[test]
fn a_paused_server_answers_nobody_until_it_goes_on() {
    let cluster = start(&Options::default());
    cluster.pause().unwrap();
    let silence = psql(&cluster, &cluster.url("postgres"), "select 1").unwrap_err();
    assert!(silence.contains("timeout expired"), "{silence}");
    cluster.resume().unwrap();
    assert_eq!(psql(&cluster, &cluster.url("postgres"), "select 1"), Ok("1".to_owned()));
}

#[test]
fn nothing_is_left_of_a_cluster_that_is_dropped() {
    for paused in [false, true] {
        let cluster = start(&Options::default());
        let folder = cluster.sql("postgres", "show data_directory").unwrap();
        let home = Path::new(&folder).parent().unwrap();
        let name = home.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("throng-pg-{}-", std::process::id())), "{name}");
        assert!(home.exists());
        if paused {
            cluster.pause().unwrap();
        }
        let port = cluster.port();
        drop(cluster);
        assert!(!home.exists());
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }
}
