use super::*;

fn check(expression: &str) -> bool {
    let licences = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    allowed(expression, &licences)
}

#[test]
fn met() {
    for expression in [
        "MIT",
        "MIT OR GPL-3.0-only",
        "GPL-3.0-only/MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "GPL-3.0-only AND OpenSSL OR MIT",
        "Apache-2.0 WITH LLVM-exception OR OpenSSL",
    ] {
        assert!(check(expression), "{expression}");
    }
}

#[test]
fn not_met() {
    for expression in [
        "",
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "MIT AND (GPL-3.0-only OR OpenSSL)",
        "MIT WITH Classpath-exception-2.0",
        "(MIT",
        "MIT)",
        "MIT OR",
        "AND MIT",
        "MIT Apache-2.0",
    ] {
        assert!(!check(expression), "{expression}");
    }
}
