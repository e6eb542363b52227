use super::*;

fn contain(networks: &Networks, address: &str) -> bool {
    networks.contain(address.parse().unwrap())
}

#[test]
fn addresses_and_networks_are_told_from_others() {
    let networks = Networks::read(&["192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "::1"]).unwrap();
    for inside in ["192.0.2.1", "::ffff:192.0.2.1", "10.255.0.1", "2001:db8:ffff::1", "::1"] {
        assert!(contain(&networks, inside), "{inside}");
    }
    for outside in ["192.0.2.2", "11.0.0.1", "2001:db9::1", "::2", "127.0.0.1"] {
        assert!(!contain(&networks, outside), "{outside}");
    }
    assert!(!contain(&Networks::default(), "127.0.0.1"), "nobody is in none");
}

#[test]
fn what_is_no_network_is_refused_by_its_name() {
    for wrong in ["proxy.example", "10.0.0.0/33", "", "10.0.0.1:80", "fe80::1%eth0"] {
        let refused = Networks::read(&["10.0.0.1", wrong]).unwrap_err();
        assert!(refused.to_string().starts_with(wrong), "{refused}");
    }
}
