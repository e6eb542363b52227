use axum::body::Body;

use super::*;

fn found(by: ForwardedBy, peer: &str, lines: &[(&str, &str)]) -> String {
    let trusted = Networks::read(&["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]).unwrap();
    let mut request = Request::builder();
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    let peer = SocketAddr::new(peer.parse().unwrap(), 1_234);
    let request = request.extension(ConnectInfo(peer)).body(Body::empty()).unwrap();
    client(&request, &Proxies::new(trusted, by)).unwrap().to_string()
}

fn x(peer: &str, lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
    found(ForwardedBy::XForwardedFor, peer, &lines)
}

fn standard(lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
    found(ForwardedBy::Forwarded, "127.0.0.1", &lines)
}

#[test]
fn who_is_no_proxy_names_nobody() {
    assert_eq!(x("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    assert_eq!(x("::ffff:192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    let request = Request::builder().extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
    let request = request.header("x-forwarded-for", "198.51.100.7").body(Body::empty()).unwrap();
    assert_eq!(
        client(&request, &Proxies::default()),
        Some("127.0.0.1".parse().unwrap()),
        "nobody is, unless said"
    );
    assert_eq!(client(&Request::new(Body::empty()), &Proxies::default()), None);
}

#[test]
fn the_last_who_is_no_proxy_is_the_client() {
    assert_eq!(x("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    assert_eq!(x("::ffff:127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    // What stands left of it was sent by the client.
    assert_eq!(x("127.0.0.1", &["203.0.113.9, 198.51.100.7"]), "198.51.100.7");
    assert_eq!(x("127.0.0.1", &["10.0.0.9, 198.51.100.7, 10.0.0.1"]), "198.51.100.7");
    assert_eq!(x("127.0.0.1", &["203.0.113.9", "198.51.100.7,10.0.0.1", "10.0.0.2"]), "198.51.100.7");
    assert_eq!(x("127.0.0.1", &["[2001:db9::1]:443"]), "2001:db9::1");
    assert_eq!(x("127.0.0.1", &["198.51.100.7:5000"]), "198.51.100.7");
    assert_eq!(x("127.0.0.1", &["10.0.0.9, 10.0.0.1"]), "10.0.0.9", "all are proxies: the first of them");
    let proxies = vec!["10.0.0.1"; PROXIES_MAX].join(",");
    assert_eq!(x("127.0.0.1", &["198.51.100.7", &proxies]), "10.0.0.1", "no further than that");
}

#[test]
fn what_names_nobody_ends_the_search_at_who_wrote_it() {
    for hop in ["unknown", "", "evil", "198.51.100.7 198.51.100.8", "_hidden"] {
        assert_eq!(x("127.0.0.1", &["203.0.113.9", hop]), "127.0.0.1", "{hop}");
        assert_eq!(x("127.0.0.1", &[hop, "10.0.0.1"]), "10.0.0.1", "{hop}");
    }
    assert_eq!(x("127.0.0.1", &[]), "127.0.0.1");
}

#[test]
fn the_standard_header_is_read_where_it_is_the_one() {
    assert_eq!(standard(&["for=198.51.100.7;proto=https"]), "198.51.100.7");
    assert_eq!(standard(&["for=203.0.113.9, by=10.0.0.1;For=\"[2001:db9::1]:47\""]), "2001:db9::1");
    assert_eq!(
        standard(&["for=203.0.113.9", "proto=https;for=198.51.100.7", "for=10.0.0.1"]),
        "198.51.100.7"
    );
    assert_eq!(standard(&["for=203.0.113.9, for=unknown"]), "127.0.0.1");
    let both = [("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "198.51.100.7")];
    assert_eq!(found(ForwardedBy::XForwardedFor, "127.0.0.1", &both), "198.51.100.7");
    assert_eq!(found(ForwardedBy::Forwarded, "127.0.0.1", &both), "203.0.113.9");
}
