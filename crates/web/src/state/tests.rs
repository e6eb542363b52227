use super::check_base_url;

#[test]
fn a_base_url_has_a_host_and_no_query() {
    for good in
        ["https://throng.example", "http://127.0.0.1:8080/", "https://x.example/throng", "http://[::1]:8080"]
    {
        assert_eq!(check_base_url(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "throng.example",
        "ftp://x",
        "https://",
        "https:///x",
        "https://x?tenant=1",
        "https://x#y",
        "https://x y",
        "https://x\"y",
        "https://x\\y",
        "https://ü.example",
        "https://x\n",
    ] {
        assert!(check_base_url(bad).is_err(), "{bad}");
    }
}
