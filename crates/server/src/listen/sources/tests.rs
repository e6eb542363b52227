use super::*;

#[test]
fn an_address_has_so_many_connections_and_a_network_of_ipv6_is_one() {
    let sources = Sources::with(2);
    let address: IpAddr = "192.0.2.1".parse().unwrap();
    let first = sources.take(address, true).unwrap();
    let mapped = sources.take("::ffff:192.0.2.1".parse().unwrap(), true);
    assert!(mapped.is_some() && sources.take(address, true).is_none());
    assert!(sources.take("192.0.2.2".parse().unwrap(), true).is_some());
    let beyond = sources.take(address, false);
    assert!(beyond.is_some(), "a proxy has no bound");
    drop((first, beyond));
    assert!(sources.take(address, true).is_some());

    let six: Vec<_> = ["2001:db8::1", "2001:db8::2"]
        .iter()
        .map(|address| sources.take(address.parse().unwrap(), true).unwrap())
        .collect();
    assert!(sources.take("2001:db8::ffff".parse().unwrap(), true).is_none());
    assert!(sources.take("2001:db8:0:1::1".parse().unwrap(), true).is_some());
    drop((six, mapped));
    assert!(sources.open.lock().unwrap().is_empty(), "who has none takes no room");
}
